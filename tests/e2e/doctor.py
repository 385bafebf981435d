#!/usr/bin/env python3
"""What `muster doctor` and `status` say of nodes that are well and of nodes that are not, and how few commands joining takes.

usage: doctor.py BIN_DIR
"""
import os
import shutil
import sys
import time

from cli import answer, muster, up
from nodes import Node, free_port, wait_for


def findings(node, *words, exit):
    got = answer(node, "doctor", "--backups", os.path.join(node.root, "backups"), *words, exit=exit)
    assert got["ok"] == (exit == 0), got
    for one in got["items"]:
        assert one["state"] in ("ok", "note", "wrong") and one["check"] and one["message"], one
        assert bool(one["do"]) == (one["state"] != "ok"), "a finding without a remedy, or a remedy without one: %s" % one
    return got["items"]


def wrong(items):
    return {(one["check"], one["message"]) for one in items if one["state"] == "wrong"}


def has(items, check, state, part=""):
    return any(one["check"] == check and one["state"] == state and part in one["message"] for one in items)


def without_a_node(bin_dir):
    """No node, no data directory; then one that others can read, one that is full of nothing, a port in use."""
    node = Node(bin_dir, "nobody")
    try:
        items = findings(node, "--data", node.data, exit=5)
        assert has(items, "node", "wrong", "no such socket") and has(items, "data", "wrong", node.data), items
        assert has(items, "settings", "ok"), items
        assert has(items, "clock", "ok") or has(items, "clock", "note"), items
        os.mkdir(node.data, 0o700)
        items = findings(node, "--data", node.data, exit=5)
        assert has(items, "files", "ok") and has(items, "disk", "ok") and has(items, "keys", "note", "no node"), items
        os.chmod(node.data, 0o755)
        assert has(findings(node, "--data", node.data, exit=5), "files", "wrong", node.data)
        screen = muster(node, "doctor", "--data", node.data, exit=5)[0]
        assert "do: systemctl start musterd" in screen and max(map(len, screen.splitlines())) <= 80, screen
        assert screen.splitlines()[-1].endswith("begin with the first"), screen
    finally:
        node.close()


def a_node_and_its_ills(node):
    items = findings(node, exit=5)
    assert wrong(items) == {("node", "this node has no agency yet")}, items
    muster(node, "init", "anna", "--listen", "tcp://0.0.0.0:%d" % node.port, "--advertise", "tcp://127.0.0.1:%d" % node.port, "--first-space", "flood")
    items = findings(node, exit=0)
    assert has(items, "reach", "ok", str(node.port)) and has(items, "ports", "ok") and has(items, "intake", "ok"), items
    assert has(items, "keys", "note", "root key") and has(items, "partners", "note", "no partners"), items
    key = os.path.join(node.data, "secrets", "node.key")
    os.chmod(key, 0o644)
    assert wrong(findings(node, exit=5)) == {("files", "others on this machine may get at " + key)}
    os.chmod(key, 0o600)
    backups = os.path.join(node.root, "backups")
    os.mkdir(backups)
    old = os.path.join(backups, "old.muster-backup")
    with open(old, "w") as file:
        file.write("x")
    assert has(findings(node, exit=0), "backup", "ok", "0 hours old")
    os.utime(old, (time.time() - 5 * 86400,) * 2)
    assert has(findings(node, exit=5), "backup", "wrong", "120 hours old")
    shutil.rmtree(backups)


def an_address_that_does_not_answer(bin_dir):
    node = Node(bin_dir, "elsewhere", extra=["--metrics", "none"])
    try:
        node.start()
        gone = free_port()
        for endpoint, part in (("tcp://127.0.0.1:%d" % gone, "refuses connections"), ("tcp://no-such-host.invalid:7117", "cannot be resolved")):
            if not node.process:
                node.start()
            if not node.get("/v1/status")["ready"]:
                muster(node, "init", "elsewhere", "--listen", "tcp://0.0.0.0:%d" % node.port, "--advertise", endpoint)
            else:
                with open(node.root + "/c.conf", "w") as file:
                    file.write('advertise = {"%s"}\n' % endpoint)
                node.extra = ["--config", node.root + "/c.conf", "--metrics", "none"]
                node.stop()
                node.start()
            items = findings(node, exit=5)
            assert has(items, "reach", "wrong", part) and len(wrong(items)) == 1, items
    finally:
        node.close()


def partners(anna, boris):
    """The first failure on the way to a partner, with its remedy; and what a screen says in both languages."""
    boris_name = "boris"
    assert has(findings(anna, exit=0), "partners", "ok", "connected")
    boris.stop()
    wait_for("anna sees that Boris is gone", lambda: not up(anna, boris_name))
    wait_for("and why", lambda: has(answer(anna, "doctor", exit=5)["items"], "partners", "wrong", "the other machine refuses"))
    steps = answer(anna, "peer", "test", boris_name, exit=5)["steps"]
    assert [s["step"] for s in steps] == ["name", "tcp"] and not steps[-1]["ok"] and steps[-1]["do"], "it ends at the first failure"
    for lang in ("en", "zh"):
        for words in (("doctor",), ("status",)):
            screen = muster(anna, *words, "--lang", lang, exit=5 if words == ("doctor",) else 0)[0]
            assert max(map(len, screen.splitlines())) <= 80, screen
    boris.start()
    wait_for("Boris is back", lambda: up(anna, boris_name))
    steps = answer(anna, "peer", "test", boris_name)["steps"]
    assert [s["step"] for s in steps] == ["name", "tcp", "curve", "clock", "membership", "right", "disk"], steps
    assert not wrong(findings(anna, exit=0))


def six_commands(anna, boris):
    """From two fresh installations to the first shared incident; anna's init is the first."""
    commands = 1
    line = answer(anna, "invite", "--once", "--right", "write")["line"]
    muster(boris, "init", "boris", "--listen", "tcp://0.0.0.0:%d" % boris.port, "--advertise", "tcp://127.0.0.1:%d" % boris.port)
    muster(boris, "join", line)
    muster(anna, "pending", "accept", "boris")
    muster(anna, "new", "incident", "name=Dam at Xuzhou", "phase=active", "category=Met")
    commands += 5
    assert commands <= 6
    wait_for("Boris sees the incident", lambda: [i["fields"]["name"] for i in boris.get("/v1/objects?kind=incident")["items"]] == ["Dam at Xuzhou"])
    screen = muster(boris, "status")[0]
    assert "flood" in screen and "complete as of" in screen and "needs you" in screen and "anna" in screen, screen


def main():
    without_a_node(sys.argv[1])
    an_address_that_does_not_answer(sys.argv[1])
    anna, boris = (Node(sys.argv[1], name, extra=["--metrics", "127.0.0.1:%d" % free_port()]) for name in ("anna", "boris"))
    try:
        anna.start()
        boris.start()
        a_node_and_its_ills(anna)
        six_commands(anna, boris)
        partners(anna, boris)
        print("doctor finds what is wrong, six commands to the first shared incident")
    except BaseException:
        print(anna.tail(), boris.tail())
        raise
    finally:
        anna.close()
        boris.close()


if __name__ == "__main__":
    main()
