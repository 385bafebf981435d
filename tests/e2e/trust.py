#!/usr/bin/env python3
"""Three real nodes, governed over the command line: rights, a removal by a majority, what the removed one gets, refusals.

usage: trust.py BIN_DIR
"""
import sys

from cli import answer, code, events, member as member_of, muster, up
from nodes import Node, equal_digests, join, wait_for


def member(node, name):
    return member_of(node, name, "flood")


def new_incident(node, name):
    muster(node, "new", "incident", "name=" + name, "phase=active", "category=Met")


def rights(anna, boris, chen):
    assert answer(anna, "space", "right", "chen", "read")["verdict"] == "effective"
    wait_for("Chen hears that it may only read", lambda: member(chen, "chen")["right"] == "read")
    assert code(chen, "new", "incident", "name=no", "phase=active", "category=Met", exit=4) == "ENORIGHT"
    assert answer(anna, "space", "right", "chen", "write")["verdict"] == "effective"
    wait_for("Chen hears that it may write again", lambda: member(chen, "chen")["right"] == "write")
    new_incident(chen, "seen by all")
    wait_for("all hold it", lambda: equal_digests([anna, boris, chen], "flood", 1))


def suspension(anna, boris, chen):
    muster(anna, "space", "suspend", "chen")
    wait_for("Chen hears that it is suspended", lambda: member(chen, "chen")["suspended"])
    new_incident(boris, "meanwhile")
    wait_for("the others hold it", lambda: equal_digests([anna, boris], "flood", 2))
    assert chen.digest("flood")[1] == 1
    muster(anna, "space", "lift", "chen")
    wait_for("Chen gets what it missed", lambda: equal_digests([anna, boris, chen], "flood", 2))


def refusals(anna, boris, chen):
    assert code(chen, "space", "suspend", "anna", exit=4) == "ENORIGHT"
    assert code(anna, "space", "remove", "nobody", "--yes=nobody", exit=3) == "EUNKNOWN_AGENCY"
    assert code(anna, "space", "remove", "chen", exit=2) == "EUSAGE"
    assert code(anna, "space", "remove", "chen", "--yes", exit=2) == "EUSAGE"
    assert code(anna, "space", "policy", "admins-min=5", exit=4) == "EPOLICY"
    assert code(anna, "space", "policy", "colour=5", exit=2) == "EFIELD"
    assert code(anna, "space", "approve", "ffffffffff", exit=3) == "ENOTFOUND"
    assert {"control.written", "control.denied"} <= events(anna)


def removal(anna, boris, chen):
    proposed = answer(anna, "space", "remove", "chen", "--yes=chen")
    assert proposed["verdict"] == "waits-for-approvals" and proposed["still"] == 1, proposed
    assert [m["name"] for m in proposed["missing"]] == ["boris"], proposed
    assert "boris" in proposed["message"], proposed
    assert code(anna, "space", "remove", "chen", "--yes=chen", exit=8) == "EPROPOSED"
    short = proposed["operation"][:12]
    wait_for("Boris sees what waits", lambda: "space approve " + short in muster(boris, "space", "log")[0])
    assert member(boris, "chen")
    assert answer(boris, "space", "approve", short)["verdict"] == "effective"
    assert code(boris, "space", "approve", short, exit=8) == "EDUPLICATE"
    wait_for("Anna has heard it", lambda: member(anna, "chen") is None)
    wait_for("Chen is shown its removal", lambda: member(chen, "chen") is None)
    new_incident(anna, "after")
    wait_for("those who stayed hold it", lambda: equal_digests([anna, boris], "flood", 3))
    wait_for("no connection to Chen is left", lambda: not up(anna, "chen") and not up(boris, "chen") and not up(chen, "anna"))
    wait_for("Chen is no partner any more", lambda: all(p["past"] == (p["agency"]["name"] == "chen") for p in anna.get("/v1/peers")["items"]))
    seen = muster(anna, "status")[0]
    assert 'muster peer remove "chen"' in seen and 'peer test "chen"' not in seen, seen
    assert not any("voice" in line and "chen" in line for line in seen.splitlines()), "who was removed is to be called: " + seen
    assert "confirm 'chen'" not in muster(anna, "todo")[0]
    assert chen.digest("flood")[1] == 2
    assert code(chen, "new", "incident", "name=no", "phase=active", "category=Met", exit=4) == "ENOTMEMBER"
    assert "member.removed" in events(anna)
    held = {e["id"] for e in chen.get("/v1/spaces/flood")["epochs"] if e["held"]}
    newest = max(anna.get("/v1/spaces/flood")["epochs"], key=lambda e: e["generation"])
    assert newest["usable"] and newest["id"] not in held, (newest, held)
    epochs = boris.get("/v1/spaces/flood")["epochs"]
    assert any(e["usable"] and e["held"] for e in epochs), epochs


def return_of_one(anna, boris, chen):
    join(anna, chen, "flood")
    waits = next(i for i in anna.get("/v1/spaces/flood/control")["items"] if i["still"])
    assert waits["verb"] == "add" and member(boris, "chen") is None
    wait_for("Boris hears of it", lambda: any(i["still"] for i in boris.get("/v1/spaces/flood/control")["items"]))
    muster(boris, "space", "approve", waits["operation"])
    wait_for("Chen is back", lambda: member(chen, "chen"))
    wait_for("it holds everything", lambda: equal_digests([anna, boris, chen], "flood", 3))
    new_incident(chen, "again")
    wait_for("all hold what it writes now", lambda: equal_digests([anna, boris, chen], "flood", 4))


def leaving(anna, boris, chen):
    muster(boris, "space", "leave", "--yes=flood")
    wait_for("the others have heard it", lambda: member(anna, "boris") is None and member(chen, "boris") is None)
    assert code(anna, "space", "leave", "--yes=flood", exit=4) == "ELASTADMIN"


def main():
    nodes = [Node(sys.argv[1], name) for name in ("anna", "boris", "chen")]
    anna, boris, chen = nodes
    try:
        for node in nodes:
            node.start()
            node.init()
        anna.post("/v1/spaces", {"name": "flood"})
        join(anna, boris, "flood", "admin")
        join(anna, chen, "flood")
        wait_for("all three are members everywhere", lambda: all(member(n, m.name) for n in nodes for m in nodes))
        for part in (rights, suspension, refusals, removal, return_of_one, leaving):
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
