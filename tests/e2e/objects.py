#!/usr/bin/env python3
"""Three agencies and objects that change hands: proposals, transfer over a cut, branches, reassignment, a ledger of holders.

usage: objects.py BIN_DIR

Everything goes over the command line; the lines between the nodes are cut and healed.
"""
import sys

from cli import answer, error, muster
from line import Line
from nodes import Node, equal_digests, wait_for

SPACE = "flood"


def refused(node, *words, exit=4):
    """(code, message, why) of a refusal."""
    said = error(node, *words, exit=exit)
    return said["code"], said["message"], said.get("why", "")


def screen(node, *words):
    """What a person sees; no line is wider than the terminal."""
    out = muster(node, *words)[0]
    for line in out.splitlines():
        assert len(line) <= 80, (words, len(line), line)
    return out


def new_incident(node, name, *more):
    stored = answer(node, "new", "incident", "name=" + name, "phase=active", "category=Met", *more)
    return stored["items"][0]["object"]


def show(node, object_id):
    return answer(node, "show", object_id)


def history(node, object_id):
    return answer(node, "history", object_id)["items"]


def up(node):
    return sum(p["state"] == "up" for p in node.get("/v1/peers")["items"])


class Country:
    """Anna and Chen are admins, Boris writes."""

    def __init__(self, bin_dir):
        self.anna, self.boris, self.chen = self.nodes = [Node(bin_dir, name) for name in ("anna", "boris", "chen")]
        self.lines = []
        for node in self.nodes:
            node.start()
            line = Line(node.port)
            self.lines.append(line)
            node.post("/v1/init", {"agency": node.name, "country": "CN", "node": node.name + "-1",
                                   "listen": "tcp://127.0.0.1:%d" % node.port,
                                   "advertise": ["tcp://127.0.0.1:%d" % line.port]})
        muster(self.anna, "space", "create", SPACE)
        for node, right in ((self.boris, "write"), (self.chen, "admin")):
            card = node.get("/v1/card")["card"]
            invite = self.anna.post("/v1/invite", {"card": card, "space": SPACE, "right": right})["invite"]
            node.post("/v1/join", {"invite": invite})
        self.together()

    def together(self, what="the three are connected"):
        wait_for(what, lambda: all(up(n) == 2 for n in self.nodes), 60)

    def cut(self):
        for line in self.lines:
            line.cut()
        wait_for("each is alone", lambda: all(up(n) == 0 for n in self.nodes), 60)

    def heal(self):
        for line in self.lines:
            line.heal()
        self.together("the lines are back")

    def equal(self, what):
        wait_for(what, lambda: equal_digests(self.nodes, SPACE))

    def close(self):
        for node in self.nodes:
            node.close()
        for line in self.lines:
            line.close()


def proposals(c):
    dike = new_incident(c.anna, "Jinsha dike", "severity=Moderate")
    c.equal("all hold the dike")
    code, message, why = refused(c.boris, "update", dike, "severity=Severe")
    assert code == "ENOTOWNER", (code, message, why)
    code, message, why = refused(c.boris, "retract", dike, "--reason", "no")
    assert code == "ENOTOWNER" and "anna" in message and "propose" in why, (code, message, why)
    muster(c.boris, "propose", dike, "severity=Extreme", "--reason", "gauge at 274 m")
    answer(c.chen, "propose", dike, "event=Flood Warning")
    wait_for("Anna sees both proposals", lambda: len(show(c.anna, dike)["proposals"]) == 2)
    seen = screen(c.anna, "show", dike)
    assert "gauge at 274 m" in seen and "muster accept" in seen, seen
    code, message, why = refused(c.anna, "accept", dike)
    assert code == "ESTEP" and "which one" in message, (code, message, why)
    mine, other = [next(p for p in show(c.anna, dike)["proposals"] if p["agency"]["name"] == name) for name in ("boris", "chen")]
    assert refused(c.boris, "accept", dike, mine["record"][:8])[0] == "ENOTOWNER"
    assert "would go to" in muster(c.anna, "accept", dike, mine["record"][:8], "--dry-run")[0]
    accepted = answer(c.anna, "accept", dike, mine["record"][:8])
    assert accepted["about"] == mine["record"], accepted
    assert "--reason" in muster(c.anna, "decline", dike, exit=2)[1]
    muster(c.anna, "decline", dike, "--reason", "named by the weather service")
    assert refused(c.anna, "decline", dike, mine["record"], "--reason", "again")[0] == "ESTEP"
    c.equal("all know the answers")
    for node in c.nodes:
        now = show(node, dike)
        assert now["fields"]["severity"] == "Extreme" and "event" not in now["fields"] and not now["proposals"], now
        answers = {h["agency"]["name"]: h["answer"] for h in history(node, dike) if h["op"] == "propose"}
        assert answers == {"boris": "accepted", "chen": "declined"}, answers
    declined = next(h for h in history(c.chen, dike) if h["op"] == "decline")
    assert declined["reason"] == "named by the weather service" and declined["about"] == other["record"], declined


def seen_meanwhile(c):
    road = new_incident(c.anna, "Road G247")
    revision = str(show(c.anna, road)["revision"])
    heads = show(c.anna, road)["heads"]
    muster(c.anna, "update", road, "severity=Minor", "--seen", revision)
    code, message, _ = refused(c.anna, "update", road, "severity=Severe", "--seen", revision, exit=8)
    assert code == "ECHANGED" and "revision" in message, (code, message)
    item = {"op": "update", "object": road, "seen": heads, "fields": {"severity": "Severe"}}
    stored = c.anna.post("/v1/records", {"items": [item]})
    assert stored["items"][0]["error"]["code"] == "ECHANGED", stored
    assert show(c.anna, road)["fields"]["severity"] == "Minor"


def transfer_over_a_cut(c):
    bridge = new_incident(c.anna, "Bridge at Lizhuang", "severity=Moderate")
    assert refused(c.anna, "transfer", bridge, "nobody", exit=3)[0] == "EUNKNOWN_AGENCY"
    muster(c.anna, "transfer", bridge, "boris", "--reason", "on your bank")
    code, message, _ = refused(c.anna, "transfer", bridge, "chen")
    assert code == "ESTEP" and "boris" in message, (code, message)
    c.equal("all hold the bridge")
    wait_for("the others see the offer", lambda: all(len(show(n, bridge)["offers"]) == 1 for n in c.nodes))
    code, message, _ = refused(c.chen, "take", bridge)
    assert code == "ESTEP" and "boris" in message, (code, message)
    assert "muster take" in screen(c.boris, "show", bridge)
    c.cut()
    muster(c.boris, "accept", bridge)
    muster(c.boris, "update", bridge, "event=Flood Warning")
    muster(c.anna, "update", bridge, "severity=Extreme")  # she has not heard: the owner that she was
    late = history(c.anna, bridge)[-1]["record"]
    c.heal()
    c.equal("all agree again")
    for node in c.nodes:
        now = show(node, bridge)
        assert now["owner"]["name"] == "boris" and not now["conflict"], now
        assert now["fields"]["severity"] == "Moderate" and now["fields"]["event"] == "Flood Warning", now
        assert [r["record"] for r in now["late"]] == [late] and now["late"][0]["answer"] == "open", now["late"]
        ops = {h["op"]: h for h in history(node, bridge)}
        assert ops["offer"]["answer"] == "taken" and ops["offer"]["to"]["name"] == "boris", ops["offer"]
        assert next(h for h in history(node, bridge) if h["record"] == late)["state"] == "late"
    assert refused(c.anna, "update", bridge, "severity=Minor")[0] == "ENOTOWNER"
    assert "late" in screen(c.boris, "history", bridge)
    assert "late" in screen(c.boris, "show", bridge)
    muster(c.boris, "accept", bridge, late[:8])
    c.equal("the late change is adopted")
    for node in c.nodes:
        now = show(node, bridge)
        assert now["fields"]["severity"] == "Extreme" and now["late"][0]["answer"] == "accepted", now
    # Offered back, and refused.
    muster(c.boris, "transfer", bridge, "anna")
    wait_for("Anna sees it", lambda: show(c.anna, bridge)["offers"])
    muster(c.anna, "decline", bridge, "--reason", "no staff there")
    wait_for("Boris hears it", lambda: not show(c.boris, bridge)["offers"])
    assert show(c.boris, bridge)["owner"]["name"] == "boris"


def late_steps(c):
    """What a former owner did unseen besides changes: said as what it is, with the command that does it."""
    road = new_incident(c.anna, "Road to Nanxi", "severity=Moderate")
    muster(c.anna, "transfer", road, "boris")
    c.equal("all hold it")
    asked = answer(c.chen, "propose", road, "severity=", "--reason", "not known")["record"]
    wait_for("all know what is proposed", lambda: all(len(show(n, road)["proposals"]) == 1 for n in c.nodes))
    c.cut()
    muster(c.boris, "take", road)
    muster(c.anna, "decline", road, "--reason", "it is known")
    muster(c.anna, "retract", road, "--reason", "another road")
    c.heal()
    c.equal("all agree again")
    short = show(c.boris, road)["short"]
    seen = screen(c.boris, "show", road)
    assert "(cleared)" in seen and "it is known" in seen and "another road" in seen, seen
    assert "muster retract %s --reason TEXT" % short in seen, seen
    late = seen[seen.index("late, of a former owner"):]
    assert "muster decline %s %s --reason TEXT" % (short, asked[:8]) in late and "muster accept" not in late, late
    for record in show(c.boris, road)["late"]:  # an accept would write a record that changes nothing
        before = len(history(c.boris, road))
        said = error(c.boris, "accept", road, record["record"][:8], exit=4)
        assert said["code"] == "ESTEP" and "late %s of anna: it sets no field" % record["op"] in said["message"], said
        again = {"retract": "muster retract %s --reason TEXT" % short,
                 "decline": "muster decline %s %s --reason TEXT" % (short, asked[:8])}[record["op"]]
        assert again in str(said["do"]), said
        assert len(history(c.boris, road)) == before
    muster(c.boris, "decline", road, asked[:8], "--reason", "so it is")
    assert not show(c.boris, road)["proposals"]


def joint_branches(c):
    area = new_incident(c.chen, "Jinsha flood", "severity=Moderate", "--joint")
    c.equal("all hold the joint one")
    muster(c.anna, "update", area, "affected=120")
    c.equal("one after the other: no branch")
    assert not show(c.boris, area)["conflict"]
    c.cut()
    muster(c.anna, "update", area, "severity=Severe", "description=left bank")
    muster(c.boris, "update", area, "severity=Extreme")
    c.heal()
    c.equal("all hold both branches")
    branches = None
    for node in c.nodes:
        now = show(node, area)
        assert now["conflict"] and len(now["branches"]) == 2, now
        values = {v["agency"]["name"]: v["value"] for x in now["conflicts"] if x["field"] == "severity" for v in x["values"]}
        assert values == {"anna": "Severe", "boris": "Extreme"}, now["conflicts"]
        assert now["fields"]["severity"] == "Extreme", "the more severe one is shown meanwhile"
        branches = branches or [b["record"] for b in now["branches"]]
        assert branches == [b["record"] for b in now["branches"]], "the same order at every node"
        assert {b["agency"]["name"]: b["fields"]["severity"] for b in now["branches"]} == {"anna": "Severe", "boris": "Extreme"}
    seen = screen(c.chen, "show", area)
    assert any("Severe" in line and "Extreme *" in line for line in seen.splitlines()), seen
    assert "muster resolve" in seen
    code, message, _ = refused(c.chen, "resolve", area, exit=2)
    assert code == "EMISSING" and "severity" in message, (code, message)
    muster(c.chen, "resolve", area, "--branch", "9", exit=2)
    left = [b["agency"]["name"] for b in show(c.chen, area)["branches"]].index("anna") + 1
    muster(c.chen, "resolve", area, "--branch", str(left), "--reason", "read on site")
    c.equal("all hold the resolution")
    for node in c.nodes:
        now = show(node, area)
        assert not now["conflict"] and now["fields"]["severity"] == "Severe" and not now["conflicts"], now
        last = history(node, area)[-1]
        assert last["op"] == "resolve" and sorted(last["supersedes"]) == sorted(branches), last
    assert refused(c.anna, "resolve", area, "--shown")[0] == "ESTEP"


def holder(node, object_id, name):
    return next(h for h in answer(node, "holders", object_id)["items"] if h["agency"]["name"] == name)


def retraction_with_a_ledger(c):
    cap = ["sender=yibin@weather.example", "identifier=51-2026-0117", "sent=2026-07-01T06:00:00+08:00"]
    wrong = new_incident(c.anna, "Breach at Nanxi", *cap)
    right = new_incident(c.anna, "Seepage at Nanxi", "references=yibin@weather.example,51-2026-0001,2026-06-30T06:00:00+08:00")
    c.equal("all hold both")
    wait_for("all have said that they hold it",
             lambda: all(holder(c.anna, wrong, n)["state"] == "current" for n in ("anna", "boris", "chen")))
    assert "--reason" in muster(c.anna, "retract", wrong, exit=2)[1]
    c.lines[1].cut()  # Boris is away: nobody reaches him
    c.boris.stop()
    muster(c.anna, "retract", wrong, "--reason", "it was another dike")
    wait_for("Chen says that it knows", lambda: holder(c.anna, wrong, "chen")["told"])
    boris = holder(c.anna, wrong, "boris")
    assert boris["told"] is False and boris["state"] == "behind" and boris["version"] == 1 and boris["silent_since"], boris
    lacks = {p["agency"]["name"]: (p["state"], p["behind"]) for p in answer(c.anna, "status")["peers"]}
    assert lacks["boris"][0] == "silent" and lacks["boris"][1] > 0 and lacks["chen"][1] == 0, lacks
    first = answer(c.anna, "holders", wrong)["items"][0]
    assert first["agency"]["name"] == "boris", "who has not been told comes first"
    seen = screen(c.anna, "holders", wrong)
    assert "HAS IT, NOT TOLD" in seen and "1 of 2 other members" in seen, seen
    again = refused(c.anna, "update", wrong, "severity=Minor")  # it would count again, unnoticed
    assert again[0] == "ESTEP" and "retracted" in again[1], again
    muster(c.anna, "supersede", wrong, "--by", right, "--reason", "reported twice")
    c.boris.start()
    c.lines[1].heal()
    c.together()
    c.equal("Boris has heard all of it")
    wait_for("Boris says so", lambda: holder(c.anna, wrong, "boris")["told"] and holder(c.anna, wrong, "boris")["state"] == "current")
    assert "all 2 other members have said that they know" in screen(c.anna, "holders", wrong)
    whole = new_incident(c.anna, "A change of many fields", "affected=1200", "area_desc=between the old bridge and the new one")
    assert "the new one" in screen(c.anna, "history", whole), "what does not fit goes on below"
    assert "the new one" in screen(c.anna, "log", whole)
    csv = muster(c.anna, "history", whole, "-o", "csv")[0]
    assert '""affected"":1200' in csv, csv  # all fields, not the name alone
    assert "stock below" not in screen(c.anna, "gaps", whole) and "stock below" in screen(c.anna, "gaps")
    said = muster(c.anna, "list", "incidents", "--near", "foo", exit=2)[1]
    assert "muster help list" in said and "not understood" not in said, said
    for node in c.nodes:
        now = show(node, wrong)
        assert now["superseded"] and not now["retracted"] and now["superseded_by"]["id"] == right, now
        reasons = {h["op"]: h.get("reason") for h in history(node, wrong)}
        assert reasons["retract"] == "it was another dike" and reasons["supersede"] == "reported twice", reasons
        chain = show(node, right)["fields"]["references"]
        assert chain == ["yibin@weather.example,51-2026-0001,2026-06-30T06:00:00+08:00",
                         "yibin@weather.example,51-2026-0117,2026-07-01T06:00:00+08:00"], chain
    assert refused(c.anna, "supersede", wrong, "--by", wrong, exit=2)[0] == "EUSAGE"
    assert "superseded by" in screen(c.boris, "show", wrong)


def an_owner_that_is_gone(c):
    pump = new_incident(c.boris, "Pump station")
    muster(c.boris, "update", pump, "affected=40")
    c.equal("all hold the pump station")
    removed = answer(c.anna, "space", "remove", "boris", "--yes=boris")
    wait_for("Chen can approve", lambda: removed["operation"][:12] in muster(c.chen, "space", "log")[0])
    assert answer(c.chen, "space", "approve", removed["operation"][:12])["verdict"] == "effective"
    wait_for("Anna has heard it", lambda: not any(m["agency"]["name"] == "boris" for m in c.anna.get("/v1/spaces/flood")["members"]))
    gone = holder(c.anna, pump, "boris")  # who was removed keeps what it has, and stands in the ledger
    assert gone["past"] and gone["right"] == "none" and gone["version"] == 2 and gone["state"] == "current", gone
    assert not any(holder(c.anna, pump, n)["past"] for n in ("anna", "chen"))
    assert "NO MEMBER ANY MORE" in screen(c.anna, "holders", pump)
    assert refused(c.chen, "update", pump, "severity=Severe")[0] == "ENOTOWNER"
    moved = answer(c.anna, "space", "reassign", pump, "chen")
    assert moved["verdict"] == "waits-for-approvals", moved
    assert show(c.anna, pump)["owner"]["name"] == "boris"
    wait_for("Chen sees it", lambda: moved["operation"][:12] in muster(c.chen, "space", "log")[0])
    assert answer(c.chen, "space", "approve", moved["operation"][:12])["verdict"] == "effective"
    two = [c.anna, c.chen]
    wait_for("both see the new owner", lambda: all(show(n, pump)["owner"]["name"] == "chen" for n in two))
    for node in two:  # what the owner wrote before it was gone, and was seen, stays
        assert show(node, pump)["fields"]["affected"] == 40 and not show(node, pump)["has_late"], show(node, pump)
    muster(c.chen, "update", pump, "severity=Severe")
    wait_for("both agree", lambda: equal_digests(two, SPACE))
    for node in two:
        assert holder(node, pump, "boris")["state"] == "behind", "it does not hold what came after its removal"
        assert show(node, pump)["fields"]["severity"] == "Severe" and not show(node, pump)["conflict"]
        moves = [h for h in history(node, pump) if h["op"] == "reassign"]
        assert len(moves) == 1 and moves[0]["to"]["name"] == "chen" and moves[0]["agency"]["name"] == "anna", moves


def main():
    c = Country(sys.argv[1])
    try:
        for part in (proposals, seen_meanwhile, transfer_over_a_cut, late_steps, joint_branches, retraction_with_a_ledger, an_owner_that_is_gone):
            part(c)
            print("ok", part.__name__, flush=True)
    except BaseException:
        for node in c.nodes:
            print("--", node.name, node.tail(15), sep="\n")
        raise
    finally:
        c.close()


if __name__ == "__main__":
    main()
