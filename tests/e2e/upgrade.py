#!/usr/bin/env python3
"""Data of format 1, as an earlier musterd left them, become data of this one: a copy is kept, and neither a crash nor a full
disk at any moment costs anything.

usage: upgrade.py BIN_FOLDER
"""
import os
import shutil
import subprocess
import sys
import tempfile

from cli import answer, error, muster
from nodes import Node, running, wait_for

FIXTURE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "format-1.tar.xz")
TROUBLE = "lib/muster-test-trouble.so"
HELD = ("0da983bb6acb506607a3d215ad3fb80f9fa7032627926b8a061d9333d0d2ad85", 20)


def old_data(node):
    shutil.rmtree(node.data, ignore_errors=True)
    os.mkdir(node.data, 0o700)
    subprocess.run(["tar", "-C", node.data, "-xJf", FIXTURE], check=True)


def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def kept(node):
    folder = os.path.join(node.data, "kept")
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def ended(node):
    """Of a start that must fail: the exit code, and what it said."""
    done = subprocess.run([os.path.join(node.bin, "musterd"), "--data", node.data, "--socket", node.socket, *node.extra],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def an_upgrade(node):
    old_data(node)
    before = {name: read(node.data, name) for name in ("main/data.mdb", "keys/data.mdb", "secrets/node.key", "format")}
    node.start()
    assert node.digest() == HELD, node.digest()
    assert read(node.data, "format") == b"muster data 2\n"
    assert len(kept(node)) == 1, kept(node)
    place = os.path.join(node.data, "kept", kept(node)[0])
    for name, content in before.items():
        assert read(place, name) == content, name
        assert os.stat(os.path.join(place, name)).st_mode & 0o077 == 0
    assert sorted(os.listdir(place)) == ["format", "kept.about", "keys", "main", "secrets"], os.listdir(place)
    shown = answer(node, "upgrade")
    assert shown["format"] == 2 and [(row["format"], row["since"] is None) for row in shown["history"]] == [(1, True), (2, False)]
    assert shown["items"][0]["path"] == place and shown["items"][0]["format"] == 1 and shown["items"][0]["bytes"] > 100000, shown
    assert any("muster upgrade --confirm" in w["do"] for w in node.get("/v1/status")["warnings"])
    assert [(one["state"], one["do"][:24]) for one in answer(node, "doctor", exit=None)["items"] if one["check"] == "upgrade"] == \
        [("note", "muster upgrade --confirm")]
    assert "store.upgraded" in {row["event"] for row in answer(node, "audit")["items"]}
    out, _ = muster(node, "upgrade")
    assert "data of format 1 before" in out and place in out, out
    note = next(o for o in node.get("/v1/objects?kind=incident&limit=50")["items"] if o["fields"].get("attachments"))
    out_file = os.path.join(node.root, "note.out")
    muster(node, "attach", "get", note["id"], "-O", out_file)
    assert read(out_file).startswith(b"a note beside the record")
    answer(node, "new", "incident", "name=of format 2", "phase=active", "category=Met")
    assert node.stop() == 0
    node.start()
    assert kept(node) == [os.path.basename(place)] and node.digest()[1] == 21
    assert answer(node, "check")["ok"]


def a_newer_format_is_refused(node):
    assert node.stop() == 0
    with open(os.path.join(node.data, "format"), "w") as f:
        f.write("muster data 3\n")
    code, said = ended(node)
    assert code == 78 and "code: EFORMAT" in said and "of format 3" in said.replace("\n", " ") and "kept" in said, said
    with open(os.path.join(node.data, "format"), "w") as f:
        f.write("muster data 2\n")


def back_to_the_copy(node):
    """As OPERATIONS says it: the directory is exchanged for the copy, which is of an earlier moment, so new logs begin."""
    newer = node.data + ".newer"
    os.rename(node.data, newer)
    os.rename(os.path.join(newer, "kept", os.listdir(os.path.join(newer, "kept"))[0]), node.data)
    status = node.start()
    assert node.digest() == HELD
    assert any("earlier moment" in w["message"] for w in status["warnings"]), status["warnings"]
    answer(node, "new", "incident", "name=in a new log", "phase=active", "category=Met")
    space = node.get("/v1/spaces/flood")
    assert len([log for log in space["logs"] if log["own"] and log["role"] == "data"]) == 2, space["logs"]
    shutil.rmtree(newer)


def confirmed(node):
    assert error(node, "upgrade", "--confirm", exit=2)["code"] == "EUSAGE"
    assert len(kept(node)) == 1
    done = answer(node, "upgrade", "--confirm", "--yes")
    assert done["removed"] == 1 and done["bytes"] > 100000 and kept(node) == [], done
    assert not any("upgrade" in w["do"] for w in node.get("/v1/status")["warnings"])
    assert answer(node, "upgrade")["items"] == [] and answer(node, "upgrade", "--confirm", "--yes")["removed"] == 0
    assert node.stop() == 0


def runs_or_ended(node, environment):
    """Starts it with that trouble: None when it answers, else its exit code."""
    with open(node.journal, "ab") as log:
        node.process = subprocess.Popen(
            [os.path.join(node.bin, "musterd"), "--data", node.data, "--socket", node.socket], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, env=dict(os.environ, LD_PRELOAD=os.path.join(os.path.dirname(node.bin.rstrip("/")), TROUBLE), **environment))

    def seen():
        if node.process.poll() is not None:
            return True
        return node.get("/v1/status", timeout=5)["ready"]

    wait_for("it answers or ends", seen, step=0.01)
    code = node.process.poll()
    if code is not None:
        node.process = None
    return code


def whole(node, what):
    node.start()
    assert node.digest() == HELD, (what, node.digest())
    assert read(node.data, "format") == b"muster data 2\n", what
    copies = kept(node)
    assert copies and all(name.startswith("format-1-") for name in copies), (what, copies)
    for name in copies:
        place = os.path.join(node.data, "kept", name)
        assert read(place, "format") == b"muster data 1\n" and os.path.getsize(os.path.join(place, "main", "data.mdb")) > 100000
    assert answer(node, "check")["ok"], what
    assert [row["format"] for row in answer(node, "upgrade")["history"]] == [1, 2], what
    assert node.stop() == 0


def killed_anywhere(node):
    """Before each call that makes something last, until the node answers: the next start has everything."""
    at = 1
    while True:
        old_data(node)
        code = runs_or_ended(node, {"MUSTER_TEST_KILL_AT": str(at)})
        if code is None:
            break
        assert code == -9, code
        whole(node, "killed at %d" % at)
        at += 1
    node.kill()  # its own end would be killed too
    assert at > 20, "only %d moments were tried" % at
    return at - 1


def full_anywhere(node):
    """From each call on that needs room there is none: a sentence and exit code 10, or a node that runs; then room comes."""
    at, refused = 1, 0
    while True:
        old_data(node)
        code = runs_or_ended(node, {"MUSTER_TEST_FULL_FROM": str(at)})
        if code is None:
            node.kill()
        else:
            assert code == 10, (at, code, node.tail(5))
            assert "code: " in node.tail(3), node.tail(5)
            refused += 1
        whole(node, "full from %d" % at)
        if code is None:
            break
        at += 1
    assert refused > 20, refused
    return refused


def main():
    bin_dir = sys.argv[1]
    root = tempfile.mkdtemp(prefix="muster-upgrade-")
    node = Node(bin_dir, "yibin", root)
    try:
        with running(node):
            an_upgrade(node)
            a_newer_format_is_refused(node)
            back_to_the_copy(node)
            confirmed(node)
            if os.path.exists(os.path.join(os.path.dirname(bin_dir.rstrip("/")), TROUBLE)):
                print("killed at %d moments, full from %d moments on: nothing was lost" % (killed_anywhere(node), full_anywhere(node)))
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
