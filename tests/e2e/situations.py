#!/usr/bin/env python3
"""What `muster status` says in the situations in which somebody looks at it, on a screen of 80 by 24, and what `doctor` finds.

usage: situations.py BIN_DIR        Where namespaces are not allowed the full disk is left out, and it says so.
"""
import os
import shutil
import socket
import subprocess
import sys
import unicodedata

from cli import answer, code, muster, up
from nodes import Node, equal_digests, join, wait_for

BIN = os.path.abspath(sys.argv[1])
CLOCK = os.path.join(BIN, "..", "lib", "muster-test-clock.so")
COLUMNS, LINES = 80, 24
AHEAD_S = 3600
DISK_MIB = 90  # little enough that a node says so, and enough to begin


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in line)


def screen(node):
    """The English screen; both languages fit."""
    for lang in ("zh", "en"):
        text = muster(node, "status", "--lang", lang)[0]
        lines = text.splitlines()
        assert len(lines) <= LINES and max(map(width, lines)) <= COLUMNS, "%d lines of up to %d\n%s" % (len(lines), max(map(width, lines)), text)
    return text


def needs(text):
    """What stands under "needs you": [(what, [what to do])], lines that were broken joined again."""
    found = []
    for line in text.split("\nneeds you\n", 1)[1].splitlines():
        if line.startswith("       "):
            found[-1][1].append(line.strip())
        elif found and not found[-1][1]:
            found[-1] = (found[-1][0] + " " + line.strip(), [])
        else:
            found.append((line.strip(), []))
    return found


def wrong(node):
    got = answer(node, "doctor", "--backups", node.root, exit=None)
    return {one["check"]: one["message"] for one in got["items"] if one["state"] == "wrong"}


def named(node, metrics="none"):
    node.extra = ["--metrics", metrics] + node.extra
    return node


def begin(node, *more):
    node.start()
    muster(node, "init", node.name, "--listen", "tcp://0.0.0.0:%d" % node.port, "--advertise", "tcp://127.0.0.1:%d" % node.port, *more)


def new_installation():
    node = named(Node(BIN, "anna"))
    try:
        node.start()
        assert needs(screen(node)) == [("this node has no agency yet", ["muster init NAME"])]
        muster(node, "init", "anna", "--listen", "tcp://127.0.0.1:%d" % node.port)
        first, *_ = needs(screen(node))
        assert "listens on this machine only" in first[0] and "set listen in" in first[1][0], first
        assert wrong(node) == {"ports": "this node listens on this machine only: partners cannot call it"}
    finally:
        node.close()


def settings_that_do_not_hold():
    """Few descriptors, a port for metrics that is somebody else's, a card without an address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        node = named(Node(BIN, "anna", before=["prlimit", "--nofile=512"]), "127.0.0.1:%d" % taken.getsockname()[1])
        try:
            node.start()
            muster(node, "init", "anna", "--listen", "tcp://0.0.0.0:%d" % node.port)
            found = wrong(node)
            assert found["metrics"] == "metrics cannot be served on 127.0.0.1:%d" % taken.getsockname()[1], found
            items = answer(node, "doctor", "--backups", node.root, exit=5)["items"]
            few, = [one for one in items if one["check"] == "limits" and "descriptors" in one["message"]]
            assert few["state"] == "note" and "LimitNOFILE" in few["do"], few
            if not node.get("/v1/status")["advertise"]:
                assert "names no endpoint" in found["ports"], found
        finally:
            node.close()


def small_disk(node):
    """Its data lie in a file system of their own; False where that is not allowed."""
    mount = "mkdir -p -m 700 \"$1\" && mount -t tmpfs -o mode=700,size=%dm tmpfs \"$1\" && shift && exec \"$@\"" % DISK_MIB
    before = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, "sh", node.data]
    if subprocess.run(before + ["true"], capture_output=True).returncode:
        return False
    node.before = before
    return True


def silent_partner(anna, boris, carla):
    boris.stop()
    wait_for("anna sees that Boris is gone", lambda: not up(anna, "boris"))
    text = screen(anna)
    assert "boris silent since" in " ".join(text.split()), text
    assert ("not connected: boris", ["muster peer test \"boris\""]) in needs(text), text
    assert ("to be confirmed by voice: boris, carla", ["muster confirm \"boris\""]) in needs(text), text
    assert needs(text)[-1][0].startswith("the agency's root key lies on this node"), "advice for a quiet hour comes last"
    assert "boris" in wrong(anna)["partners"]
    boris.start()
    wait_for("Boris is back", lambda: up(anna, "boris"))


def full_disk(anna, carla):
    inside = ["nsenter", "-t", str(anna.process.pid), "--mount", "--"]
    fill = os.path.join(anna.data, "fill")
    subprocess.run(inside + ["sh", "-c", "umask 077; dd if=/dev/zero of='%s' bs=64k 2>&1 | grep -q 'No space'" % fill], check=True)
    first, *rest = needs(screen(anna))
    wait_for("it has noticed", lambda: code(anna, "new", "incident", "name=full", "phase=active", "category=Met", exit=10) == "EFULL")
    first, *rest = needs(screen(anna))
    assert first[0].startswith("the disk is full: nothing") and first[1] == ["free space on the disk; muster resumes by itself"], first
    assert not [one for one in rest if "taken in" in one[0] or "disk" in one[0]], "one accident, one sentence"
    assert "0 MiB free" in wrong(anna)["disk"]
    muster(carla, "new", "incident", "name=while the disk was full", "phase=active", "category=Met")
    subprocess.run(inside + ["rm", fill], check=True)
    wait_for("what was missed comes by itself", lambda: equal_digests([anna, carla]))
    assert not [one for one in needs(screen(anna)) if "full" in one[0] and "almost" not in one[0]]


def clock_of_a_partner(anna, boris):
    boris.stop()
    boris.before = ["env", "LD_PRELOAD=" + CLOCK, "MUSTER_TEST_CLOCK=%d" % AHEAD_S]
    boris.start()
    wait_for("Boris is back, an hour ahead", lambda: up(anna, "boris"))
    said = wait_for("anna finds it", lambda: wrong(anna).get("clock"))
    assert said.startswith("boris's clock is 3") and said.endswith("s ahead of this node's"), said
    boris.stop()
    boris.before = []
    boris.start()
    wait_for("his clock is right again", lambda: up(anna, "boris"))


def copied_node(anna, carla):
    carla.stop()
    copy = named(Node(BIN, "copy", root=carla.root))
    copy.extra += ["--listen", "tcp://127.0.0.1:%d" % copy.port]
    shutil.copytree(carla.data, copy.data)
    carla.start()
    try:
        wait_for("Carla is back", lambda: up(anna, "carla"))
        copy.start()
        wait_for("anna is told", lambda: "alarms" in wrong(anna))
        first, *_ = needs(screen(anna))
        assert first == ("another running node uses the same keys as one of ours or of a partner",
                         ["stop one of the two: a copied data directory must never run twice"]), "the worst comes first: %s" % (first,)
    finally:
        copy.close()


def main():
    new_installation()
    settings_that_do_not_hold()
    nodes = anna, boris, carla = [named(Node(BIN, name)) for name in ("anna", "boris", "carla")]
    small = small_disk(anna)
    try:
        for node in nodes:
            begin(node)
        muster(anna, "space", "create", "flood")
        join(anna, boris, "flood")
        join(anna, carla, "flood")
        wait_for("the space has come to both", lambda: boris.digest("flood") and carla.digest("flood"))
        muster(boris, "new", "incident", "name=Dam at Xuzhou", "phase=active", "category=Met")
        wait_for("all have it", lambda: equal_digests(nodes, objects=1) and up(anna, "boris") and up(anna, "carla"))
        silent_partner(anna, boris, carla)
        if small:
            full_disk(anna, carla)
        else:
            print("this place allows no mounts: no full disk", flush=True)
        if os.path.exists(CLOCK):
            clock_of_a_partner(anna, boris)
        copied_node(anna, carla)
        print("every situation is told on one screen, the worst first, with what to do")
    except BaseException:
        print(anna.tail(), boris.tail(), carla.tail())
        raise
    finally:
        for node in nodes:
            node.close()


if __name__ == "__main__":
    main()
