#!/usr/bin/env python3
"""Real nodes over the command line: how agencies join, what is refused and why, and the audit that keeps it.

usage: joining.py BIN_DIR
"""
import json
import os
import subprocess
import sys

from nodes import Node, join, wait_for


def muster(node, *words, exit=0):
    """The CLI at that node; (stdout, stderr).  The exit code must be the one given."""
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})
    assert done.returncode == exit, "muster %s: exit %d instead of %d\n%s%s" % (
        " ".join(words), done.returncode, exit, done.stdout, done.stderr)
    return done.stdout, done.stderr


def answer(node, *words, exit=0):
    return json.loads(muster(node, *words, "--json", exit=exit)[0])


def error(node, *words, exit):
    return json.loads(muster(node, *words, "--json", exit=exit)[1])["error"]


def path(node, name):
    return os.path.join(node.root, name)


def audit(node, *words):
    return answer(node, "audit", *words)["items"]


def audit_is_signed(anna, boris, chen):
    join(anna, boris, "flood")
    wait_for("both decisions are signed", lambda: {"space.created", "space.invited"} <=
             {e["event"] for e in audit(anna) if e["signed"]})
    rows = audit(anna, "--what", "space")
    assert rows and all(e["event"].startswith("space.") for e in rows), rows
    assert all(e["by"].startswith("user ") for e in rows), rows
    assert all(e["agency"]["name"] == "boris" for e in audit(anna, "--who", "boris"))
    assert [e for e in audit(anna, "--who", "boris") if e["event"] == "space.invited"]
    assert not audit(anna, "--until", "1d") and audit(anna, "--since", "1d")
    assert error(anna, "audit", "--since", "yesterday", exit=2)["code"] == "EUSAGE"
    assert error(anna, "audit", "--who", "nobody", exit=3)["code"] == "EUNKNOWN_AGENCY"
    table = muster(anna, "audit")[0]
    assert "space.invited" in table and max(map(len, table.splitlines())) <= 80, table
    head = muster(anna, "audit", "-o", "csv")[0].splitlines()[0]
    assert "event" in head and "number" in head, head
    assert answer(anna, "audit", "--verify")["ok"]


def refusals_are_kept(anna, boris, chen):
    """The same slip is one entry, however often; another slip is another."""
    invite = anna.post("/v1/invite", {"card": chen.get("/v1/card")["card"], "space": "flood", "right": "read"})["invite"]
    with open(path(boris, "foreign.muster-invite"), "w") as f:
        f.write(invite)
    for _ in range(5):
        assert error(boris, "join", path(boris, "foreign.muster-invite"), exit=4)["code"] == "EWRONGPEER"
    mine = [e for e in audit(boris, "--refused") if e["event"] == "request.refused"]
    assert len(mine) == 1 and "another node" in mine[0]["detail"], mine
    assert error(boris, "confirm", "anna", "11111", "22222", "33333", exit=4)["code"] == "EPAIRCODE"
    wait_for("both are signed", lambda: len([e for e in audit(boris, "--refused") if e["signed"]]) == 2)
    boris.stop()
    boris.start()
    kept = [e for e in audit(boris, "--refused") if e["event"] == "request.refused"]
    assert sorted(e["times"] for e in kept) == [1, 1, 4], kept
    assert answer(boris, "audit", "--verify")["ok"]


def export_is_verified(anna, boris, chen):
    out, card = path(anna, "a.muster-audit"), path(anna, "anna.muster-card")
    muster(anna, "card", "-O", card)
    assert answer(anna, "audit", "--export", out)["entries"] > 3
    assert error(anna, "audit", "--export", out, exit=8)["code"] == "EDUPLICATE"
    assert error(anna, "audit", "--export", path(anna, "b"), "--what", "space", exit=2)["code"] == "EUSAGE"
    held = answer(anna, "verify", out, "--card", card)
    assert held["ok"] and held["first"] == 1 and held["agency"]["name"] == "anna", held
    assert error(anna, "verify", out, exit=9)["code"] == "EUNKNOWN_AGENCY"
    muster(boris, "card", "-O", path(anna, "boris.muster-card"))
    assert error(anna, "verify", out, "--card", path(anna, "boris.muster-card"), exit=9)["code"] == "EUNKNOWN_AGENCY"
    static = subprocess.run([os.path.join(anna.bin, "muster-verify"), out, "--card", card], capture_output=True, text=True)
    assert static.returncode == 0 and "AUDIT of anna" in static.stdout, static
    with open(out, "rb") as f:
        whole = f.read()
    at = whole.index(b"space.invited")
    for changed in (whole[:at] + b"S" + whole[at + 1:], whole[:-1] + bytes([whole[-1] ^ 1]), whole[:-200]):
        with open(path(anna, "changed"), "wb") as f:
            f.write(changed)
        problem = error(anna, "verify", path(anna, "changed"), "--card", card, exit=9)
        assert "does not hold" in problem["why"], problem
        assert subprocess.run([os.path.join(anna.bin, "muster-verify"), path(anna, "changed"), "--card", card],
                              capture_output=True).returncode == 9


def main():
    nodes = [Node(sys.argv[1], name) for name in ("anna", "boris", "chen")]
    anna, boris, chen = nodes
    try:
        for node in nodes:
            node.start()
            node.init()
        anna.post("/v1/spaces", {"name": "flood"})
        for part in (audit_is_signed, refusals_are_kept, export_is_verified):
            part(*nodes)
            print("ok", part.__name__, flush=True)
    except BaseException:
        for node in nodes:
            print("--- %s\n%s" % (node.name, node.tail()), file=sys.stderr)
        raise
    finally:
        for node in nodes:
            node.close()


main()
