#!/usr/bin/env python3
"""Real nodes without any network between them, and a stick: invite, bundles both ways, equal digests.

usage: bundle.py BIN_FOLDER [FOLDER]

The cards name an endpoint at which nobody listens, so no call ever arrives; everything goes through files and the command
line.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from nodes import Node, equal_digests, wait_for


NOWHERE = "tcp://127.0.0.1:1"


def muster(node, *words, code=0):
    """Runs the command line against the node; its standard output."""
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120, check=False)
    if done.returncode != code:
        raise AssertionError("muster %s ended with %d, not %d\n%s%s" % (" ".join(words), done.returncode, code, done.stdout,
                                                                        done.stderr))
    return done.stdout


def answer(node, *words, code=0):
    return json.loads(muster(node, "-o", "json", *words, code=code))


def init(node):
    node.post("/v1/init", {"agency": node.name, "country": "CN", "node": node.name + "-1",
                           "listen": "tcp://127.0.0.1:%d" % node.port, "advertise": [NOWHERE]})


def incidents(node, count, name):
    for at in range(0, count, 200):
        items = [{"op": "create", "kind": "incident", "fields": {"name": "%s %d" % (name, i), "phase": "active", "category": ["Met"]}}
                 for i in range(at, min(at + 200, count))]
        stored = node.post("/v1/records", {"items": items})
        assert stored["refused"] == 0, stored


def no_network(*nodes):
    for node in nodes:
        with open(node.journal) as f:
            assert "event=peer.up" not in f.read(), node.name
        for peer in node.get("/v1/peers")["items"]:
            assert peer["state"] != "up", peer  # last_met may be set: what a bundle brings is a sign of life too
            assert peer["endpoints"] == [NOWHERE], peer


def bundles(stick):
    return sorted(f for f in os.listdir(stick) if f.endswith(".muster-bundle"))


def a_newcomer_with_only_a_stick(a, b, stick):
    muster(a, "space", "create", "flood")
    incidents(a, 1000, "Jinsha dike")
    muster(b, "card", "-O", os.path.join(stick, "b.muster-card"))
    muster(a, "invite", os.path.join(stick, "b.muster-card"), "--right", "write", "-O", os.path.join(stick, "b.muster-invite"))
    would = answer(a, "bundle", "export", "--for", b.name, "--dry-run")
    assert would["segments"] > 0 and not would["files"] and not bundles(stick), would
    muster(b, "join", os.path.join(stick, "b.muster-invite"))
    made = answer(a, "bundle", "export", "--for", b.name, "-O", stick)
    assert len(bundles(stick)) == 1 and made["files"][0]["bytes"] == os.path.getsize(made["files"][0]["file"])
    print("1000 incidents for a newcomer: %d bytes" % made["files"][0]["bytes"])
    shown = answer(b, "bundle", "show", made["files"][0]["file"])
    assert shown["mine"] and shown["agency"]["name"] == a.name and shown["spaces_known"] == 1, shown
    assert not answer(a, "bundle", "show", made["files"][0]["file"])["mine"]
    taken = answer(b, "bundle", "import", stick)
    assert taken["new"] > 0 and taken["refused"] == 0, taken
    assert equal_digests([a, b], objects=1000), (a.digest(), b.digest())
    no_network(a, b)
    return made["files"][0]["file"]


def a_folder_is_enough(a, c, stick):
    """The third one: card to A, one folder back, `join FOLDER`, and its reply is taken by A."""
    folder = os.path.join(stick, "for-c")
    os.makedirs(folder)
    muster(c, "card", "-O", os.path.join(stick, "c.muster-card"))
    muster(a, "invite", os.path.join(stick, "c.muster-card"), "--right", "write", "-O", os.path.join(folder, "c.muster-invite"))
    shutil.copy(os.path.join(stick, "b.muster-invite"), folder)  # another's lies there too
    muster(a, "bundle", "export", "--for", c.name, "-O", folder)
    said = muster(c, "join", folder)
    assert "joined the space flood" in said and "reply for" in said, said
    assert equal_digests([a, c], objects=1000), (a.digest(), c.digest())
    muster(a, "bundle", "import", folder, "--no-reply")  # its own file lies there too, and is passed over
    again = answer(a, "bundle", "export", "--for", c.name, "--dry-run")
    assert again["segments"] == 0, again
    no_network(a, c)


def the_way_back(a, b, stick):
    reply = [f for f in bundles(stick) if ".reply." in f]
    assert len(reply) == 1, bundles(stick)
    incidents(b, 50, "Road G247")
    said = muster(a, "bundle", "import", os.path.join(stick, reply[0]), "--no-reply")
    assert "new" in said, said
    out = os.path.join(stick, "more.muster-bundle")
    answer(b, "bundle", "export", "--for", a.name, "-O", out)
    back = answer(a, "bundle", "import", out, "--reply", os.path.join(stick, "thanks.muster-bundle"))
    assert back["new"] > 0 and back["refused"] == 0 and back["files"][0]["answers_this_node"], back
    print("50 incidents on the way back: %d bytes" % os.path.getsize(out))
    assert equal_digests([a, b], objects=1050)
    thanks = answer(b, "bundle", "import", os.path.join(stick, "thanks.muster-bundle"), "--no-reply")
    assert thanks["new"] == 1, thanks  # that the third one was added meanwhile
    again = answer(b, "bundle", "export", "--for", a.name, "--dry-run")
    assert again["segments"] == 0, again


def what_is_refused(a, b, stick, first):
    before = b.digest()
    content = open(first, "rb").read()
    bad = os.path.join(stick, "bad.muster-bundle")
    for says, changed, code in (("cut off", content[:len(content) // 2], 1), ("damaged", content[:-200] + b"\0" + content[-199:], 9),
                                ("longer", content + b"x", 1), ("no bundle", b"hello", 1)):
        with open(bad, "wb") as f:
            f.write(changed)
        muster(b, "bundle", "import", bad, code=code)
        assert b.digest() == before, says
        print("a file that is %s is refused with exit %d" % (says, code))
    os.unlink(bad)
    muster(a, "bundle", "import", first, code=4)  # its own file, for B
    for _ in range(2):
        old = answer(b, "bundle", "import", first, "--no-reply")
        assert old["new"] == 0 and old["refused"] == 0, old
    assert b.digest() == before
    muster(a, "bundle", "export", "--for", "Nobody", code=3)


def restarts_and_parts(a, b, stick):
    for node in (a, b):
        assert node.stop() == 0
        node.start()
    incidents(a, 10000, "after the restart")
    made = answer(a, "bundle", "export", "--for", b.name, "--all", "--part-size", "1", "-O", os.path.join(stick, "all.muster-bundle"))
    sizes = [f["bytes"] for f in made["files"]]
    assert len(sizes) > 1, sizes
    print("everything in parts: %s bytes" % sizes)
    parts = [f["file"] for f in made["files"]]
    taken = answer(b, "bundle", "import", *reversed(parts))
    assert taken["refused"] == 0, taken
    wait_for("both hold the same", lambda: equal_digests([a, b], objects=11050))
    no_network(a, b)


def main():
    folder = sys.argv[2] if len(sys.argv) > 2 else None
    root = folder or tempfile.mkdtemp(prefix="muster-bundle-")
    stick = os.path.join(root, "stick")
    os.makedirs(stick)
    a, b, c = (Node(sys.argv[1], name, root) for name in ("Yibin", "Zhaotong", "宜宾市救援队"))
    try:
        for node in (a, b, c):
            node.start()
            init(node)
        first = a_newcomer_with_only_a_stick(a, b, stick)
        a_folder_is_enough(a, c, stick)
        the_way_back(a, b, stick)
        what_is_refused(a, b, stick, first)
        restarts_and_parts(a, b, stick)
        print("ok")
    finally:
        for node in (a, b, c):
            node.close()
        if not folder:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
