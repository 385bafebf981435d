#!/usr/bin/env python3
"""Care of data between real nodes: a backup while others write, a restore elsewhere, the node goes on in a new log.

usage: care.py BIN_FOLDER
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

from nodes import Node, equal_digests, join, running, wait_for


def run(node, *words, code=0):
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=240, check=False)
    if done.returncode != code:
        raise AssertionError("muster %s ended with %d, not %d\n%s%s" % (" ".join(words), done.returncode, code, done.stdout,
                                                                        done.stderr))
    return done


def muster(node, *words, code=0):
    return run(node, *words, code=code).stdout


def answer(node, *words, code=0):
    return json.loads(muster(node, "-o", "json", *words, code=code))


def fault(node, *words, code):
    return json.loads(run(node, "-o", "json", *words, code=code).stderr.splitlines()[-1])["error"]


def incidents(node, count, name):
    for at in range(0, count, 100):
        items = [{"op": "create", "kind": "incident", "fields": {"name": "%s %d" % (name, i), "phase": "active", "category": ["Met"]}}
                 for i in range(at, min(at + 100, count))]
        stored = node.post("/v1/records", {"items": items})
        assert stored["refused"] == 0, stored


def objects(node):
    return node.digest()[1]


def own_logs(node):
    """Ids of the data logs of this node."""
    space = node.get("/v1/spaces/" + node.get("/v1/spaces")["items"][0]["id"])
    return {log["id"] for log in space["logs"] if log["own"] and log["role"] == "data"}


def a_backup_while_writing(a, b, folder):
    """The copy is of one moment: what was acknowledged before it began is in it, and it opens."""
    passphrase = os.path.join(folder, "passphrase")
    with open(passphrase, "w") as f:
        f.write("four words nobody says\n")
    key = os.path.join(folder, "backup.key")
    muster(a, "backup", "--make-key", key, "--passphrase-file", passphrase)
    assert os.stat(key).st_mode & 0o077 == 0
    stop, written = threading.Event(), []

    def writing():
        while not stop.is_set():
            incidents(a, 20, "while it is made %d" % len(written))
            written.append(20)

    writer = threading.Thread(target=writing)
    writer.start()
    try:
        wait_for("something is written", lambda: len(written) > 2)
        sealed = answer(a, "backup", "--to", key + ".pub", "--with-keys", folder)
        to_passphrase = answer(a, "backup", os.path.join(folder, "small.muster-backup"), "--passphrase-file", passphrase)
        before = len(written)
        wait_for("writing goes on", lambda: len(written) > before + 2)
    finally:
        stop.set()
        writer.join()
    assert os.path.getsize(sealed["file"]) == sealed["bytes"] and sealed["keys"] and os.path.basename(sealed["file"]).startswith("yibin-")
    assert to_passphrase["about"]["agency"]["name"] == a.name and not to_passphrase["keys"], to_passphrase
    seen = answer(a, "backup", "--verify", sealed["file"])
    assert not seen["opened"], seen
    seen = answer(a, "backup", "--verify", sealed["file"], "--key", key, "--passphrase-file", passphrase)
    assert seen["opened"] and seen["about"]["node"]["name"] == a.name + "-1" and seen["about"]["keys"], seen
    with open(sealed["file"], "rb") as f, open(os.path.join(a.data, "secrets", "node.key"), "rb") as secret:
        content = f.read()
        assert secret.read()[27:91] not in content and b"dike" not in content
    return sealed["file"], key, passphrase


def what_is_wrong_is_said(a, folder, file, key, passphrase):
    """Cut off, damaged, somebody else's, a wrong passphrase, a directory with something in it: a sentence, and nothing is left."""
    where = os.path.join(folder, "nowhere")
    with open(file, "rb") as f:
        content = f.read()
    bad = os.path.join(folder, "bad.muster-backup")
    wrong = os.path.join(folder, "wrong")
    with open(wrong, "w") as f:
        f.write("another passphrase\n")
    for name, bytes_of_it, error, code in (
            ("cut off", content[:len(content) // 2], "EDAMAGED", 10),
            ("its end is missing", content[:-1], "EDAMAGED", 10),
            ("a flipped bit", content[:-5000] + bytes([content[-5000] ^ 1]) + content[-4999:], "EDAMAGED", 10),
            ("something else", b"PK\x03\x04" * 100, "EBADVALUE", 1),
            ("nothing", b"", "EBADVALUE", 1)):
        with open(bad, "wb") as f:
            f.write(bytes_of_it)
        for words in (["backup", "--verify", bad], ["restore", bad, where, "--key", key, "--passphrase-file", passphrase]):
            done = subprocess.run([os.path.join(a.bin, "muster"), "-o", "json", *words], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=60, check=False)
            said = json.loads(done.stderr.splitlines()[-1])["error"]
            assert said["code"] == error and said["do"] and done.returncode == code, (name, words, said)
            assert not os.path.exists(where), (name, words)
    assert fault(a, "restore", file, where, "--key", key, "--passphrase-file", wrong, code=4)["code"] == "EPASSPHRASE"
    assert fault(a, "restore", file, where, code=2)["code"] == "EUSAGE"
    assert fault(a, "restore", file, a.data, "--key", key, "--passphrase-file", passphrase, code=8)["code"] == "EDUPLICATE"
    assert not os.path.exists(where)


def the_disk_is_lost(a, b, folder, file, key, passphrase):
    """A restored node goes on in a new log and gets back from B what it had written after the backup."""
    incidents(a, 50, "after the backup")
    wait_for("B has all", lambda: equal_digests([a, b]))
    had, before = objects(a), own_logs(a)
    a.kill()
    shutil.rmtree(a.data)
    said = muster(a, "restore", file, a.data, "--key", key, "--passphrase-file", passphrase)
    assert "new incarnation" in said and a.name in said, said
    assert not os.path.exists(os.path.join(a.data, "guard"))
    status = a.start()
    assert any("backup" in w["message"] or "earlier moment" in w["message"] for w in status["warnings"]), status["warnings"]
    assert not os.path.exists(os.path.join(a.data, "keys.restored"))
    assert "earlier moment" in muster(a, "status") or "backup" in muster(a, "status")
    incidents(a, 10, "life goes on")
    wait_for("both hold the same", lambda: equal_digests([a, b], objects=had + 10))
    assert own_logs(a) - before, "no new log"
    incidents(b, 5, "and B writes")
    wait_for("both hold the same", lambda: equal_digests([a, b], objects=had + 15))
    forks = [s["forks"] for n in (a, b) for s in n.get("/v1/status")["spaces"]]
    assert forks == [0, 0], forks
    assert answer(a, "check")["ok"]


def flip_a_value(path):
    """A byte inside a run of overflow pages: a value of its own, which no structure of the file depends on.  How many."""
    with open(path, "r+b") as f:
        content = f.read()
        runs = [at for at in range(0, len(content), 4096)
                if int.from_bytes(content[at + 10:at + 12], "little") == 4 and int.from_bytes(content[at + 12:at + 16], "little") >= 3
                and int.from_bytes(content[at:at + 8], "little") * 4096 == at]
        for at in runs:
            f.seek(at + 6000)
            f.write(bytes([content[at + 6000] ^ 1]))
    return len(runs)


def damaged_bytes_come_again(a, b):
    """Records whose stored bytes were damaged on A's disk are found by a check and come again from B."""
    for i in range(3):
        a.post("/v1/records", {"items": [{"op": "create", "kind": "incident", "fields": {
            "name": "a long one %d" % i, "phase": "active", "category": ["Met"], "description": os.urandom(9000).hex()}}]})
    wait_for("B has them", lambda: equal_digests([a, b]))
    answer(a, "compact")  # free pages look like values too, and what lies over them now may be anything
    assert a.stop() == 0
    flipped = flip_a_value(os.path.join(a.data, "main", "data.mdb"))
    assert flipped >= 3, flipped
    shutil.rmtree(os.path.join(a.data, "derived")) # all is folded again at the start: what cannot be read is passed over
    a.start()
    assert "store.damaged" in a.tail(50)
    found = answer(a, "check", code=5)
    assert not found["ok"] and len([one for one in found["damaged"] if "log" in one]) >= 3, found  # some may be whole again already
    wait_for("all is whole again", lambda: a.post("/v1/check")["ok"], step=1, limit=60)
    assert answer(a, "check")["healing"] == 0 and equal_digests([a, b])
    assert "log.mended" in a.tail(200)


def main():
    bin_dir = sys.argv[1]
    root = tempfile.mkdtemp(prefix="muster-care-")
    folder = os.path.join(root, "disk")
    os.makedirs(folder)
    a, b = Node(bin_dir, "yibin", root), Node(bin_dir, "zhaotong", root)
    try:
        with running(a, b, lines=30):
            for node in (a, b):
                node.start()
                node.init()
            a.post("/v1/spaces", {"name": "flood"})
            join(a, b, "flood")
            wait_for("B is in", lambda: b.get("/v1/spaces")["items"])
            incidents(a, 300, "dike")
            wait_for("B has all", lambda: equal_digests([a, b], objects=300))
            file, key, passphrase = a_backup_while_writing(a, b, folder)
            what_is_wrong_is_said(a, folder, file, key, passphrase)
            the_disk_is_lost(a, b, folder, file, key, passphrase)
            damaged_bytes_come_again(a, b)
            for node in (a, b):
                assert node.stop() == 0
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
