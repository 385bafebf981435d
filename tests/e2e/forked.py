#!/usr/bin/env python3
"""A copied data directory runs on the other side of a cut and promises the same pumps once more: seen by everybody when the sides
meet, told with what to do, and no pump is promised safely twice.

Anna owns the pumps and has given Boris fifteen.  Boris promises ten of them to Anna's side; a copy of its data directory, started
where nobody has heard of that, promises ten of the same to the other side.

usage: forked.py BIN_DIR
"""
import os
import shutil
import sys

from cli import answer, muster, up
from nodes import Node, equal_digests, join, running, wait_for

SPACE, PUMPS, GIVEN, PROMISED = "flood", 40, 15, 10


def stored(said):
    return said["items"][0]["object"]


def agree(nodes):
    wait_for("all hold the same", lambda: equal_digests(nodes, SPACE) and
             len({n.get("/v1/digest")["quantities"] for n in nodes}) == 1, 60)


def connected(nodes):
    wait_for("all are connected", lambda: all(up(a, b.name) for a in nodes for b in nodes if a is not b), 60)


def at_risk(node, pumps):
    sums = answer(node, "quantities", pumps)["quantities"]
    return sums if sums["safe"] == 0 and sums["at_risk"] == PROMISED else None


def said_of(node):
    """The states of the promises that do not hold; each with what to do."""
    found = answer(node, "quantities")["items"]
    assert all(i["do"] for i in found), found
    return {i["state"] for i in found}


def alarms(node, *names):
    """All of these, or None."""
    raised = [a for a in answer(node, "alarms", exit=None)["items"] if a["alarm"] in names]
    return raised if {a["alarm"] for a in raised} == set(names) else None


def promise(node, pumps, what):
    """As soon as two partners have confirmed its log."""
    place = stored(answer(node, "new", "incident", "name=" + what, "phase=active", "category=Met"))
    wait_for(what + " has its promise", lambda: "EUNCONFIRMED" not in muster(node, "commit", pumps, str(PROMISED), "--for", place,
                                                                             "--json", exit=None)[1], 60, 0.5)
    return place


def main(bin_dir):
    anna, boris, chen, dora, erik = nodes = [Node(bin_dir, name) for name in ("anna", "boris", "chen", "dora", "erik")]
    with running(*nodes):
        for node in nodes:
            node.start()
            node.init()
        anna.post("/v1/spaces", {"name": SPACE})
        for node in nodes[1:]:
            join(anna, node, SPACE)
        connected(nodes)
        for node in nodes:
            answer(node, "new", "incident", "name=here is " + node.name, "phase=active", "category=Met")
        pumps = stored(answer(anna, "new", "resource", "name=Pumps", "quantity=%d" % PUMPS, "unit={pump}"))
        answer(anna, "mint", pumps)
        agree(nodes)
        answer(anna, "grant", pumps, str(GIVEN), "boris")
        agree(nodes)
        assert all(n.stop() == 0 for n in (boris, dora, erik))
        shutil.copytree(boris.data, os.path.join(boris.root, "copy"))

        # The one promises where Anna and Chen are.
        boris.start()
        connected((anna, boris, chen))
        promise(boris, pumps, "Nanxi school")
        agree((anna, boris, chen))
        assert answer(anna, "quantities", pumps)["quantities"]["safe"] == PROMISED

        # The copy promises the same where Dora and Erik are.
        assert all(n.stop() == 0 for n in (anna, boris, chen))
        shutil.move(boris.data, os.path.join(boris.root, "first"))
        shutil.move(os.path.join(boris.root, "copy"), boris.data)
        for node in (boris, dora, erik):
            node.start()
        connected((boris, dora, erik))
        promise(boris, pumps, "Lizhuang ferry")
        assert answer(dora, "quantities", pumps)["quantities"]["safe"] == PROMISED

        # They meet.
        anna.start()
        chen.start()
        connected(nodes)
        for node in nodes:
            wait_for("the fork is seen at " + node.name, lambda: [w for w in answer(node, "status", exit=None)["warnings"]
                                                                  if w["code"] == "EFORK"])
            sums = wait_for("neither promise is safe at " + node.name, lambda: at_risk(node, pumps))
            assert sums["risky"] == 1 and sums["minted"] == PUMPS, sums
            found = answer(node, "quantities")["items"]
            assert [(i["units"], i["state"], i["agency"]["name"]) for i in found] == [(PROMISED, "at-risk", "boris")], found
            assert "do not count on it" in found[0]["do"] or node is boris and "wait for what it builds on" in found[0]["do"], found
            told = [i for i in answer(node, "todo")["items"] if i["source"] in ("promises", "logs")]
            assert {i["source"] for i in told} == {"promises", "logs"} and all(i["urgency"] == "now" and i["do"] for i in told), told
            raised = wait_for("the alarms at " + node.name, lambda: alarms(node, "log-forked", "promise-at-risk"))
            assert all(a["do"] for a in raised), raised
            screen = muster(node, "quantities", pumps)[0]
            assert "0 safe, %d at risk" % PROMISED in screen and all(len(line) <= 80 for line in screen.splitlines()), screen
        print("ok both sides see the fork and count on neither promise", flush=True)

        # A majority says which of the two counts: the other is told as what it is.
        log = next(l for l in anna.get("/v1/spaces/" + SPACE)["logs"] if l["agency"]["name"] == "boris" and l["role"] == "data")
        assert log["fork_at"], log
        answer(anna, "space", "cut", log["id"][:12], "--position", str(log["prefix"]))
        wait_for("what the copy promised is cut off where it runs", lambda: said_of(boris) == {"cut-off"}, 60)
        for node in nodes:
            sums = answer(node, "quantities", pumps)["quantities"]
            assert sums["safe"] == 0 and said_of(node) <= {"at-risk", "cut-off"}, (node.name, sums)  # its author signed both
        print("ok one of the two counts, by a majority; safe it is not: its author signed both", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
