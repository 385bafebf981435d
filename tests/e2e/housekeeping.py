#!/usr/bin/env python3
"""Keeping a node in order while it works: long checks in slices, cancelled when nobody waits, compacting.

usage: housekeeping.py BIN_FOLDER
"""
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from cli import answer, code, error, muster
from nodes import Node, Refused, Unix, running, wait_for


def incidents(node, count, name, **fields):
    """One request each, so that each is a segment of its own."""
    connection = Unix(node.socket, 30)
    for i in range(count):
        item = {"op": "create", "kind": "incident", "fields": dict({"name": "%s %d" % (name, i), "phase": "active",
                                                                  "category": ["Met"]}, **fields)}
        connection.request("POST", "/v1/records", json.dumps({"items": [item]}), {"Content-Type": "application/json"})
        stored = json.loads(connection.getresponse().read())
        assert stored["refused"] == 0, stored
    connection.close()


class Lines:
    """A long request that tells how far it is, line by line."""

    def __init__(self, node, method, path):
        self.connection = Unix(node.socket, 60)
        self.connection.request(method, path)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()

    def __iter__(self):
        return (json.loads(line) for line in self.response)

    def leave(self):
        """As a client that is killed."""
        self.response.close()
        self.connection.close()


def others_are_answered_during_a_check(node):
    """While a check reads everything, other requests are answered, and one of them writes."""
    seen, ended = [], threading.Event()

    def checking():
        for line in Lines(node, "POST", "/v1/check?progress=1"):
            seen.append(line)
            if "answer" in line:
                ended.set()
        ended.set()

    thread = threading.Thread(target=checking)
    thread.start()
    wait_for("the check says how far it is", lambda: seen, step=0.001)
    answered = 0
    incidents(node, 1, "written during the check")
    while not ended.is_set():
        node.get("/v1/status")
        answered += not ended.is_set()
    thread.join()
    assert answered >= 3, "%d requests were answered during the check" % answered
    words = [line["progress"] for line in seen if "progress" in line]
    assert set(words) == {"audit", "values", "segments"} and words == sorted(words, key=["audit", "values", "segments"].index), words
    assert all(line["done"] <= line["of"] for line in seen if "progress" in line), seen
    result = seen[-1]["answer"]
    assert result["ok"] and result["segments"] >= 1500, result
    return result


def a_check_ends_when_its_client_goes(node):
    """With and without progress: the journal says that the rest was not done, and the next one may begin at once."""
    for path, read in (("/v1/check?progress=1", True), ("/v1/check", False)):
        said = node.tail(10000).count("check: its client has gone")
        if read:
            lines = Lines(node, "POST", path)
            assert "progress" in next(iter(lines))
            lines.leave()
        else:
            connection = Unix(node.socket, 30)
            connection.request("POST", path)
            wait_for("the check runs", lambda: refuses_another(node), step=0.001)
            connection.sock.close()
        wait_for("it ends", lambda: node.tail(10000).count("check: its client has gone") == said + 1)
    assert answer(node, "check")["ok"]


def refuses_another(node):
    try:
        Lines(node, "POST", "/v1/check?progress=1").leave()
    except AssertionError as refusal:
        assert b"EBUSY" in refusal.args[0], refusal
        return True
    return False


def progress_for_programs_and_people(node):
    out, err = muster(node, "check", "--json")
    told = [json.loads(line) for line in err.splitlines()]
    assert json.loads(out)["ok"] and {line["progress"] for line in told} == {"audit", "values", "segments"}, told
    assert all(line["done"] == line["of"] for line in told), told
    out, err = muster(node, "check")
    assert "all is well" in out and not err, err
    result = answer(node, "digest")
    assert not result["moved"] and result["objects"] == node.get("/v1/digest")["objects"]
    assert muster(node, "digest", "-o", "id")[0].strip() == result["digest"] == node.digest()[0]


def main_bytes(node):
    return os.path.getsize(os.path.join(node.data, "main", "data.mdb"))


def feed(node, after=None):
    lines = node.call("GET", "/v1/feed" + ("?after=" + after if after else ""), raw=True)[1].splitlines()
    return [json.loads(line) for line in lines if line]


def space_comes_back(node, root):
    """What an erased attachment leaves behind is given back while records are written; a cursor of the feed goes on."""
    files = []
    for i in range(4):
        files.append(os.path.join(root, "photo %d" % i))
        with open(files[-1], "wb") as f:
            f.write(os.urandom(4 * 1024 * 1024))
    ids = []
    for path in files:
        ids.append(answer(node, "new", "incident", "name=" + os.path.basename(path), "phase=active", "category=Met")["items"][0]["object"])
        muster(node, "attach", ids[-1], path)
    before = main_bytes(node)
    assert before > 16 * 1024 * 1024
    for each in ids:
        muster(node, "erase", each, "--ground", "error", "--yes=" + each)
    wait_for("the erased bytes are overwritten", lambda: "store.scrubbed" in node.tail(50), limit=90)
    digest, cursor = node.digest(), feed(node)[-1]["cursor"]
    free = next(one for one in answer(node, "doctor", exit=None)["items"] if one["check"] == "space")
    assert "MiB of the data file are free in it" in free["message"], free
    stop, written = threading.Event(), []

    def writing():
        while not stop.is_set():
            incidents(node, 1, "while it is compacted")
            written.append(1)

    writer = threading.Thread(target=writing)
    writer.start()
    wait_for("something is written", lambda: written)
    out, err = muster(node, "compact", "--json")
    more = len(written)
    wait_for("and after it", lambda: len(written) > more + 3)
    stop.set()
    writer.join()
    done, told = json.loads(out), [json.loads(line) for line in err.splitlines()]
    assert done["before"] >= before and done["after"] < before / 4 and main_bytes(node) < before / 4, (done, before)
    assert [line["progress"] for line in told] == ["copying"] and told[0]["done"] == told[0]["of"], told
    assert not os.path.exists(os.path.join(node.data, "main", "data.mdb.compact"))
    came = [line for line in feed(node, cursor) if line["op"] == "put"]
    assert len(came) == len(written), (len(came), len(written))
    assert node.digest()[1] == digest[1] + len(written)
    assert answer(node, "check")["ok"]
    held = node.digest()
    node.kill()
    node.start()
    assert node.digest() == held and answer(node, "check")["ok"]


def what_stands_in_the_way_of_compacting(node, folder):
    """A backup that is being made, and erased bytes that are not overwritten yet."""
    key = os.path.join(folder, "backup.key")
    with open(os.path.join(folder, "words"), "w") as f:
        f.write("four words nobody says\n")
    muster(node, "backup", "--make-key", key, "--passphrase-file", f.name)
    refused = error(node, "backup", "--to", key, os.path.join(folder, "none.muster-backup"), exit=10)
    assert refused["code"] == "EKEYFILE" and "is the secret half of a backup key" in refused["message"], refused
    assert refused["do"] == ["muster backup --to %s.pub" % key] and not os.path.exists(os.path.join(folder, "none.muster-backup")), refused
    refused = error(node, "backup", "--to", f.name, exit=10)
    assert "is not the public half" in refused["message"], refused
    with open(key + ".pub") as f:
        to = f.read().split()[-1]
    connection = Unix(node.socket, 30)
    connection.request("POST", "/v1/backup", json.dumps({"to": to}), {"Content-Type": "application/json"})
    response = connection.getresponse()  # and it is not read
    assert code(node, "compact", exit=6) == "EBUSY"
    response.close()
    connection.close()
    wait_for("the backup ends", lambda: "backup.failed" in node.tail(20) or "backup.made" in node.tail(20))
    answer(node, "compact")


def derived_is_made_anew(node):
    """As OPERATIONS says: the folder is removed while the node is stopped, and nothing else is different."""
    digest, cursor = node.digest(), feed(node)[-1]["cursor"]
    assert node.stop() == 0
    shutil.rmtree(os.path.join(node.data, "derived"))
    node.start()
    assert node.digest() == digest and answer(node, "check")["ok"]
    assert "ERESYNC" in muster(node, "export", "--after", cursor, exit=8)[1]


def metric(node, name):
    found = [one["value"] for one in answer(node, "metrics")["items"] if one["name"] == name]
    assert len(found) == 1, (name, found)
    return found[0]


def care(node):
    """What doctor says of care: {beginning of the message: state}."""
    return {one["message"].split(":")[0]: one["state"] for one in answer(node, "doctor", exit=None)["items"] if one["check"] == "care"}


def what_was_cared_for_is_known(node, folder):
    """Backup, reading it back, check: never, then when; over a restart; metrics without a port are those of the port."""
    names = ("muster_backup_last_seconds", "muster_restore_check_last_seconds", "muster_check_last_seconds")
    fresh = Node(node.bin, "fresh", folder)
    try:
        fresh.start()
        assert metric(fresh, names[0]) == 0  # before init too
        fresh.init()
        assert [metric(fresh, name) for name in names] == [0, 0, 0]
        assert care(fresh) == {"no backup was made of this node": "note", "no backup was ever read back later": "note",
                               "these data were never checked": "note"}, care(fresh)
        begun = time.time() - 1
        made = answer(fresh, "backup", os.path.join(folder, "fresh.muster-backup"), "--to", os.path.join(folder, "backup.key.pub"))
        wait_for("the node knows", lambda: metric(fresh, names[0]) >= begun)
        assert metric(fresh, names[1]) == 0
        answer(fresh, "backup", "--verify", made["file"])
        answer(fresh, "check")
        assert all(metric(fresh, name) >= begun for name in names)
        assert fresh.stop() == 0
        fresh.start()
        assert all(metric(fresh, name) >= begun for name in names), "forgotten over a restart"
        assert care(fresh) == {"the last backup was made": "ok", "a backup was last read back": "ok",
                               "a check last found all well": "ok"}, care(fresh)
        text, _ = muster(fresh, "metrics")
        assert "# TYPE muster_commits_total counter" in text and 'muster_store_bytes{file="main"} ' in text
        one = next(one for one in answer(fresh, "metrics")["items"] if one["label"] == 'file="main"')
        assert one["name"] == "muster_store_bytes" and one["value"] > 4096, one
        before = metric(fresh, names[1])
        with open(made["file"], "r+b") as f:
            f.truncate(made["bytes"] - 1)
        assert code(fresh, "backup", "--verify", made["file"], exit=10) == "EDAMAGED"
        assert metric(fresh, names[1]) == before, "a damaged backup counted"
        assert fresh.stop() == 0
    finally:
        fresh.close()


def a_round_of_care(node, root):
    """One command for check, compacting and backup: each step says what came of it, and a failure of one stops no other."""
    words, key = os.path.join(root, "round.words"), os.path.join(root, "round.key")
    with open(words, "w") as f:
        f.write("four words nobody says\n")
    muster(node, "backup", "--make-key", key, "--passphrase-file", words)
    done = answer(node, "maintenance")
    assert done["ok"] and [(s["step"], s["done"]) for s in done["items"]] == [("check", True), ("compact", False), ("backup", False)], done
    assert done["items"][0]["answer"]["ok"] and all(s["why"] for s in done["items"][1:]), done
    made = answer(node, "maintenance", "--to", key + ".pub", os.path.join(root, "round.muster-backup"))["items"][2]
    assert made["done"] and made["answer"]["verified"] and os.path.getsize(made["answer"]["file"]) == made["answer"]["bytes"], made
    assert code(node, "maintenance", root, exit=2) == "EUSAGE"
    again = json.loads(muster(node, "maintenance", "--to", key + ".pub", os.path.join(root, "round.muster-backup"), "--json", exit=8)[0])
    assert not again["ok"] and [s["exit"] for s in again["items"]] == [0, 0, 8], "an older backup is not written over: %s" % again
    for lang in ("en", "zh"):
        assert max(map(len, muster(node, "maintenance", "--lang", lang)[0].splitlines())) <= 80


def main():
    bin_dir = sys.argv[1]
    root = tempfile.mkdtemp(prefix="muster-keep-")
    node = Node(bin_dir, "yibin", root)
    try:
        with running(node):
            node.start()
            node.init()
            node.post("/v1/spaces", {"name": "flood"})
            incidents(node, 1500, "dike")
            others_are_answered_during_a_check(node)
            a_check_ends_when_its_client_goes(node)
            progress_for_programs_and_people(node)
            space_comes_back(node, root)
            what_stands_in_the_way_of_compacting(node, root)
            derived_is_made_anew(node)
            what_was_cared_for_is_known(node, root)
            a_round_of_care(node, root)
            assert node.stop() == 0
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
