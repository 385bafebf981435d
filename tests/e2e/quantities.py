#!/usr/bin/env python3
"""Three agencies and 40 pumps: promised on both sides of a cut and never twice; a delivery from request to return.

usage: quantities.py BIN_DIR

Every line between the daemons goes through a relay, so that ending the relays is a cut.  Every step is asked of the command line.
"""
import os
import subprocess
import sys

from cli import answer, code, error, muster, up
from nodes import Node, equal_digests, free_port, join, wait_for

RELAY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "relay.py")


class Town:
    def __init__(self, bin_dir):
        self.all = [Node(bin_dir, name) for name in ("yibin", "zhaotong", "cross")]
        self.relays = []

    def __enter__(self):
        for node in self.all:
            node.start()
            node.outside = free_port()
            muster(node, "init", node.name, "--country", "CN", "--node", node.name + "-1", "--listen",
                   "tcp://127.0.0.1:%d" % node.port, "--advertise", "tcp://127.0.0.1:%d" % node.outside)
        self.heal()
        return self

    def __exit__(self, kind=None, error=None, trace=None):
        if kind:
            for node in self.all:
                print("--- %s\n%s" % (node.name, node.tail(30)), file=sys.stderr)
        self.cut()
        for node in self.all:
            node.close()
        return False

    def heal(self):
        for node in self.all:
            relay = subprocess.Popen([sys.executable, RELAY, str(node.outside), str(node.port), os.devnull],
                                     stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
            assert relay.stdout.readline().strip() == b"ready"
            self.relays.append(relay)

    def cut(self):
        for relay in self.relays:
            relay.terminate()
            relay.wait()
            relay.stdout.close()
        self.relays = []

    def alone(self):
        return not any(up(node, other.name) for node in self.all for other in self.all if other is not node)

    def agree(self, what):
        """Equal objects and equal quantities on all."""
        def equal():
            digests = [n.get("/v1/digest") for n in self.all]
            return equal_digests(self.all) and len({d["quantities"] for d in digests}) == 1
        wait_for("%s: the same everywhere" % what, equal, 60)


def fits(text):
    for line in text.splitlines():
        assert len(line) <= 80, "a line of %d columns: %s" % (len(line), line)
    return text


def sums(node, resource):
    found = answer(node, "quantities", resource)["quantities"]
    assert found["safe"] <= found["minted"], found
    return found


def stored(said):
    return said["items"][0]["object"]


def status(node, delivery):
    return answer(node, "show", delivery)["fields"]["status"]


def pumps_through_a_cut(t, yibin, zhaotong, cross):
    pumps = stored(answer(yibin, "new", "resource", "name=Pumps", "quantity=40", "unit={pump}"))
    refused = error(yibin, "commit", pumps, "5", exit=8)
    assert refused["code"] == "ESHORT" and "muster mint" in refused["do"][0], refused
    answer(yibin, "mint", pumps)  # as many as the record says
    assert sums(yibin, pumps)["free"] == 40
    assert code(yibin, "mint", pumps, exit=2) == "EUSAGE"  # all is minted
    t.agree("the pumps")
    assert code(zhaotong, "mint", pumps, "5", exit=4) == "ENOTOWNER"
    assert code(yibin, "mint", pumps, "9" * 30, exit=2) == "EUSAGE"
    answer(yibin, "grant", pumps, "15", "ZHAOTONG")  # names are found whatever the case
    assert answer(yibin, "explain", "Zhaotong", pumps)["peer"]["name"] == "zhaotong"
    t.agree("the grant")

    refused = error(yibin, "commit", pumps, "40", exit=8)
    assert "25 are yours to promise" in refused["message"] and "zhaotong" in refused["why"] and "commit" in refused["do"][0], refused
    assert code(cross, "commit", pumps, "1", exit=8) == "ESHORT"

    t.cut()
    wait_for("everybody is alone", t.alone)
    answer(yibin, "commit", pumps, "25")
    answer(zhaotong, "commit", pumps, "10")
    for node, units in ((yibin, "1"), (zhaotong, "6"), (cross, "3")):
        assert code(node, "commit", pumps, units, exit=8) == "ESHORT"
    answer(cross, "commit", pumps, "3", "--at-risk")
    assert sums(cross, pumps)["at_risk"] == 3
    t.heal()
    t.agree("after the cut")

    for node in t.all:
        found = sums(node, pumps)
        assert (found["minted"], found["safe"], found["at_risk"], found["void"]) == (40, 35, 3, 0), found
        listed = answer(node, "quantities")["items"]
        assert [(i["units"], i["state"], i["agency"]["name"], i["own"]) for i in listed] == [(3, "at-risk", "cross", node is cross)], listed
        assert listed[0]["do"]
        assert "promises at risk" in muster(node, "status")[0]
    risky = answer(cross, "quantities")["items"][0]["record"]
    assert "muster cover" in answer(cross, "quantities")["items"][0]["do"]
    assert code(cross, "cover", pumps, risky[:12], exit=8) == "ESHORT"
    answer(zhaotong, "return", pumps, "5")
    t.agree("the return")
    answer(yibin, "grant", pumps, "3", "cross")
    t.agree("the second grant")
    answer(cross, "cover", pumps, risky[:12])
    t.agree("the cover")
    for node in t.all:
        found = sums(node, pumps)
        assert (found["safe"], found["at_risk"]) == (38, 0), found
        assert answer(node, "quantities")["items"] == []
    told = [(i["op"], i["fields"].get("units")) for i in answer(yibin, "history", pumps)["items"]]
    assert ("mint", 40) in told and ("grant", 15) in told and ("commit", 25) in told, told
    screen = fits(muster(yibin, "quantities", pumps)[0])
    assert "38 safe" in screen and "covered" in screen and "yours" in screen, screen
    assert "FREE" in fits(muster(yibin, "list", "resource")[0])
    fits(muster(yibin, "quantities")[0])
    return pumps


def a_delivery_there_and_back(t, yibin, zhaotong, cross):
    boats = stored(answer(yibin, "new", "resource", "name=Boats", "quantity=8", "unit={boat}", "site=Depot 2"))
    answer(yibin, "mint", boats, "8")
    wanted = stored(answer(zhaotong, "request", "name=Boats for Nanxi", "quantity=6", "unit={boat}", "deliver_to=Nanxi"))
    t.agree("the request")

    # An offer and its refusal: the units come back.
    refused = answer(yibin, "offer", wanted, "2", "--from", boats)["object"]
    t.agree("an offer")
    assert sums(yibin, boats)["free"] == 6
    assert code(cross, "refuse", refused, "--reason", "not mine", exit=4) == "ESTEP"  # neither side
    answer(zhaotong, "refuse", refused, "--reason", "wooden ones are no use")
    t.agree("a refusal")
    bound = [i["do"][0] for i in answer(yibin, "todo")["items"] if "not wanted" in i["message"]]
    assert len(bound) == 1 and bound[0].startswith("muster release dep-"), bound
    answer(yibin, "release", refused)
    assert sums(yibin, boats)["free"] == 8
    assert not any("not wanted" in i["message"] for i in answer(yibin, "todo")["items"])

    # Two deliveries meet the request in parts; one of them is offered and accepted.
    offered = answer(yibin, "offer", wanted, "4", "--from", boats)["object"]
    sure = answer(yibin, "commit", wanted, "2", "--from", boats)["object"]
    t.agree("both deliveries")
    assert code(yibin, "commit", wanted, "3", "--from", boats, exit=8) == "ESHORT"
    assert len(answer(yibin, "list", "deployment")["items"]) == 3  # what is short leaves nothing behind
    asked = error(yibin, "dispatch", offered, exit=4)
    assert asked["code"] == "ESTEP" and "committed" in asked["message"], asked  # not before it is accepted; the legal steps are named
    asked = error(yibin, "commit", offered, exit=4)
    assert "who asked" in asked["message"] and "withdrawn" in asked["message"], asked  # not by who offered
    answer(zhaotong, "commit", offered)
    assert code(zhaotong, "commit", offered, exit=8) == "EDUPLICATE"
    t.agree("the acceptance")
    answer(yibin, "dispatch", offered, "carrier=Lorry 4")
    t.agree("on the way")
    assert code(yibin, "arrive", offered, exit=4) == "ESTEP"
    assert code(zhaotong, "arrive", offered, "3", exit=2)  # what is missing is said
    answer(zhaotong, "arrive", offered, "3", "--discrepancy", "one sank")
    t.agree("there")
    shown = answer(cross, "show", offered)["fields"]
    assert (shown["status"], shown["quantity_arrived"], shown["discrepancy"]) == ("arrived", "3", "one sank"), shown
    answer(zhaotong, "release", offered)
    t.agree("let go")
    answer(yibin, "return", offered, "3")
    t.agree("home again")
    assert status(cross, offered) == "returned"
    assert code(yibin, "return", offered, "1", exit=8) == "EDUPLICATE"  # what came home stays as it was said
    assert answer(yibin, "show", offered)["fields"]["quantity_returned"] == "3"
    found = sums(cross, boats)
    assert (found["safe"], found["minted"]) == (3, 8), found  # two underway, one used up
    assert sums(yibin, boats)["free"] == 5
    assert code(zhaotong, "release", offered, exit=4) == "ESTEP"  # the end

    answer(yibin, "withdraw", sure, "--reason", "the bridge is closed")
    assert sums(yibin, boats)["free"] == 7
    # Unasked, and what cannot be met from here.
    gift = answer(yibin, "offer", "1", "--from", boats, "destination=Anywhere")["object"]
    t.agree("a gift")
    answer(cross, "commit", gift)
    said = answer(cross, "refuse", wanted, "--reason", "we have no boats")
    assert said["status"] == "refused"
    t.agree("all of it")
    ops = {(i["op"], i["agency"]["name"]) for i in answer(cross, "history", offered)["items"]}
    assert ("update", "yibin") in ops and ("update", "zhaotong") in ops, ops  # each side signed its own steps


def a_unique_asset_is_handed_on(t, yibin, zhaotong, cross):
    crane = stored(answer(yibin, "new", "resource", "name=Crane", "quantity=1", "unit={crane}"))
    answer(yibin, "mint", crane)
    t.agree("the crane")
    answer(yibin, "grant", crane, "1", "zhaotong")
    t.agree("handed on")
    assert code(yibin, "commit", crane, "1", exit=8) == "ESHORT"
    answer(zhaotong, "grant", crane, "1", "cross")
    t.agree("handed on again")
    answer(cross, "commit", crane, "1")
    t.agree("promised once")
    assert sums(yibin, crane)["safe"] == 1


def main():
    with Town(sys.argv[1]) as t:
        yibin, zhaotong, cross = t.all
        muster(yibin, "space", "create", "flood")
        for node in (zhaotong, cross):
            join(yibin, node, "flood")
        wait_for("all are connected", lambda: all(up(a, b.name) for a in t.all for b in t.all if a is not b), 60)
        for node in t.all:  # a log exists once its owner has written
            muster(node, "new", "incident", "name=here", "phase=active", "category=Met")
        t.agree("three incidents")
        pumps_through_a_cut(t, yibin, zhaotong, cross)
        a_delivery_there_and_back(t, yibin, zhaotong, cross)
        a_unique_asset_is_handed_on(t, yibin, zhaotong, cross)
    print("quantities: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
