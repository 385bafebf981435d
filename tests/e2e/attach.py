#!/usr/bin/env python3
"""Two real nodes and files beside their records: attached at one, fetched at the other, through the command line.

usage: attach.py BIN_FOLDER
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from nodes import Node, Unix, join, wait_for

MIB = 1024 * 1024


def muster(node, *words, code=0):
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120, check=False)
    if done.returncode != code:
        raise AssertionError("muster %s ended with %d, not %d\n%s%s" % (" ".join(words), done.returncode, code, done.stdout,
                                                                        done.stderr))
    return done.stdout


def put(node, path, content):
    """A POST of bytes as they are: status and answer."""
    connection = Unix(node.socket, 60)
    try:
        connection.request("POST", path, content, {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def written(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(content)
    return path


def same(path, content):
    with open(path, "rb") as f:
        return f.read() == content


def a_photo_travels_to_who_fetches_it(a, b, folder):
    photo, plan = os.urandom(3 * MIB + 17), b"one page\n"
    made = a.post("/v1/records", {"items": [{"op": "create", "kind": "incident", "fields": {
        "name": "Jinsha dike", "phase": "active", "category": ["Met"]}}]})
    incident = made["items"][0]["object"]
    incident = incident["id"] if isinstance(incident, dict) else incident
    muster(a, "attach", incident, written(folder, "breach.jpg", photo), "--type", "image/jpeg")
    muster(a, "attach", incident, written(folder, "plan.txt", plan))
    wait_for("both attachments are named at B",
             lambda: len(b.get("/v1/objects/" + incident)["fields"].get("attachments", [])) == 2)
    refs = b.get("/v1/objects/" + incident)["fields"]["attachments"]
    assert refs[0].endswith(":image/jpeg:breach.jpg") and refs[1].endswith(":plan.txt"), refs
    out = os.path.join(folder, "out.jpg")
    muster(b, "attach", "get", incident, "breach.jpg", "-O", out)
    assert same(out, photo)
    newest = os.path.join(folder, "out.txt")
    muster(b, "attach", "get", incident, "-O", newest)
    assert same(newest, plan)
    muster(b, "attach", "get", incident, "other.jpg", "-O", newest, code=3)
    # Once fetched it is here: without A, and after a restart.
    a.stop()
    b.stop()
    b.start()
    os.remove(out)
    muster(b, "attach", "get", incident, "breach.jpg", "-O", out)
    assert same(out, photo)
    a.start()
    return incident


def what_is_refused(a, b, incident, folder):
    status, answer = put(a, "/v1/blobs", b"x" * (8 * MIB + 1))
    assert status == 413 and answer["error"]["code"] == "ETOOBIG", (status, answer)
    status, answer = put(a, "/v1/blobs", b"")
    assert status == 400, (status, answer)
    status, answer = put(a, "/v1/blobs?name=map.bin", b"y" * (8 * MIB))
    assert status == 200 and answer["attachment"].endswith(":map.bin"), answer
    # What no object names cannot be fetched, whoever knows its id.
    status, content = a.get("/v1/objects/%s/attachments/%s" % (incident, answer["id"]), raw=True)
    assert status == 404, (status, content)
    status, content = a.get("/v1/objects/%s/attachments/xyz" % incident, raw=True)
    assert status == 400, (status, content)
    # Named but not to be had: A is gone before B fetches.
    muster(a, "attach", incident, written(folder, "late.txt", b"late"))
    wait_for("the third is named at B", lambda: len(b.get("/v1/objects/" + incident)["fields"]["attachments"]) == 3)
    a.stop()
    late = os.path.join(folder, "late.out")
    muster(b, "--timeout", "1", "attach", "get", incident, "late.txt", "-O", late, code=7)
    assert not os.path.exists(late)
    a.start()
    muster(b, "attach", "get", incident, "late.txt", "-O", late)
    assert same(late, b"late")


def main():
    folder = tempfile.mkdtemp(prefix="muster-attach-")
    nodes = [Node(sys.argv[1], name) for name in ("Yibin", "Zhaotong")]
    a, b = nodes
    try:
        for node in nodes:
            node.start()
            node.init()
        a.post("/v1/spaces", {"name": "flood"})
        join(a, b, "flood")
        incident = a_photo_travels_to_who_fetches_it(a, b, folder)
        what_is_refused(a, b, incident, folder)
        print("ok")
    finally:
        for node in nodes:
            node.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
