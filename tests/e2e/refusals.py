#!/usr/bin/env python3
"""Coordination done wrongly, between three real agencies: what cannot be is refused with a sentence that says what, why and what to
do; what a stranger wrote is shown safely; nothing is lost by it.

usage: refusals.py BIN_DIR
"""
import os
import sys

from cli import answer, error, muster, up
from nodes import Node, equal_digests, join, running, wait_for

SPACE = "flood"


def stored(said):
    return said["items"][0]["object"]


def incident(node, name, *more):
    return stored(answer(node, "new", "incident", "name=" + name, "phase=active", "category=Met", *more))


def screen(node, *words, exit=0):
    """What a person sees: no control character, nothing that turns the direction, no line beyond the terminal."""
    out, err = muster(node, *words, exit=exit)
    for line in out.splitlines() + err.splitlines():
        assert len(line) <= 80, (words, len(line), line)
        for c in line:
            assert c >= " " and c != "\x7f" and not "\u0080" <= c <= "\u009f", (words, line)
            assert c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f", (words, line)
    return out + err


def refused(rows):
    """Each row with its exit code, the name of its error and a part of its sentence; all that are not are said at once."""
    wrong = []
    for says, node, words, exit, code, part in rows:
        try:
            said = error(node, *words, exit=exit)
            assert said["code"] == code and part in said["message"] and (said["do"] or said.get("why")), said
            assert "KIND" not in " ".join(said["do"]), said  # what to type has its words filled in
            screen(node, *words, exit=exit)
        except AssertionError as e:
            wrong.append("%s: %s" % (says, e))
    assert not wrong, "\n".join(wrong)


class Basin:
    def __init__(self, bin_dir):
        self.anna, self.boris, self.chen = self.all = [Node(bin_dir, name) for name in ("anna", "boris", "chen")]
        for node in self.all:
            node.start()
            node.init()
        self.anna.post("/v1/spaces", {"name": SPACE})
        join(self.anna, self.boris, SPACE)
        join(self.anna, self.chen, SPACE)
        wait_for("all are connected", lambda: all(up(a, b.name) for a in self.all for b in self.all if a is not b), 60)
        for node in self.all:  # a log exists once its owner has written
            incident(node, "here is " + node.name)
        self.equal()

    def equal(self, what="all hold the same"):
        def same():
            return equal_digests(self.all, SPACE) and len({n.get("/v1/digest")["quantities"] for n in self.all}) == 1
        wait_for(what, same, 60)

    def close(self):
        for node in self.all:
            node.close()


# -- resources and deliveries -------------------------------------------------------------------------------------------------

def resources(b):
    pumps = stored(answer(b.anna, "new", "resource", "name=Pumps", "quantity=40", "unit={pump}"))
    old = stored(answer(b.anna, "new", "resource", "name=Serum", "quantity=4", "unit={pump}", "expires=2020-01-01T00:00:00Z"))
    answer(b.anna, "mint", pumps)
    answer(b.anna, "mint", old)
    wanted = stored(answer(b.boris, "request", "name=Pumps", "quantity=6", "unit={pump}", "deliver_to=Nanxi"))
    boats = stored(answer(b.boris, "request", "name=Boats", "quantity=6", "unit={boat}"))
    over = stored(answer(b.boris, "request", "name=Tents", "quantity=6", "unit={pump}"))
    answer(b.boris, "update", over, "status=cancelled")
    gone = incident(b.anna, "not there")
    answer(b.anna, "retract", gone, "--reason", "a mistake")
    b.equal()
    dora = Node(b.anna.bin, "dora")  # joins and says nothing yet
    with running(dora):
        dora.start()
        dora.init()
        join(b.anna, dora, SPACE)
        said = error(b.anna, "grant", pumps, "1", "dora", exit=7)
        assert said["code"] == "EWAITS" and "has written nothing in flood" in said["message"] and "muster new" in said["do"][0], said
        screen(b.anna, "grant", pumps, "1", "dora", exit=7)
        wait_for("Dora writes", lambda: not muster(dora, "new", "incident", "name=Dora", "phase=active", "category=Met", exit=None)[1])
        wait_for("then it can be done", lambda: muster(b.anna, "grant", pumps, "1", "dora", exit=None)[1] == "")
    offered = answer(b.anna, "offer", wanted, "2", "--from", pumps)["object"]
    b.equal()
    before = answer(b.anna, "quantities", pumps)["quantities"]
    rows = (  # who, what it types, exit, error, what is said
        ("a promise beyond the rights", b.anna, ["commit", pumps, "400"], 8, "ESHORT", "37 are yours to promise"),
        ("a promise of somebody else's units", b.chen, ["commit", pumps, "1"], 8, "ESHORT", "0 are yours to promise"),
        ("a promise of no units", b.anna, ["commit", pumps, "0"], 2, "EUSAGE", "whole number"),
        ("a promise of half a pump", b.anna, ["commit", pumps, "1.5"], 2, "EUSAGE", "whole number"),
        ("a promise of an expired lot", b.anna, ["commit", old, "1"], 4, "EEXPIRED", "expired at 2020-01-01"),
        ("an expired lot, knowingly", b.anna, ["commit", old, "1", "--at-risk"], 4, "EEXPIRED", "nothing of it is promised"),
        ("an expired lot to a request", b.anna, ["commit", wanted, "1", "--from", old], 4, "EEXPIRED", "expired"),
        ("another unit than was asked for", b.anna, ["commit", boats, "2", "--from", pumps], 2, "EUSAGE", "{boat}"),
        ("another unit, only offered", b.anna, ["offer", boats, "2", "--from", pumps], 2, "EUSAGE", "{pump}"),
        ("a promise to a request that is over", b.anna, ["commit", over, "1", "--from", pumps], 4, "ESTEP", "cancelled"),
        ("a promise for it, of units alone", b.anna, ["commit", pumps, "1", "--for", over], 4, "ESTEP", "is cancelled: nothing is promised"),
        ("that, knowingly", b.anna, ["commit", pumps, "1", "--for", over, "--at-risk"], 4, "ESTEP", "is cancelled"),
        ("a promise for what was retracted", b.anna, ["commit", pumps, "1", "--for", gone], 4, "ESTEP", "is withdrawn"),
        ("a grant to oneself", b.anna, ["grant", pumps, "1", "anna"], 2, "EUSAGE", "needs no grant"),
        ("an offer to it", b.anna, ["offer", over, "1", "--from", pumps], 4, "ESTEP", "nothing is brought for it"),
        ("an offer accepted by who made it", b.anna, ["commit", offered], 4, "ESTEP", "who asked for it"),
        ("an offer accepted by a third one", b.chen, ["commit", offered], 4, "ESTEP", "who asked for it"),
        ("something sent that nobody has accepted", b.anna, ["dispatch", offered], 4, "ESTEP", "committed"),
        ("a grant to who is no member", b.anna, ["grant", pumps, "1", "nobody"], 3, "EUNKNOWN_AGENCY", "nobody"),
        ("a resource that is an incident", b.anna, ["offer", wanted, "1", "--from", wanted], 2, "EUSAGE", "is no resource"),
    )
    refused(rows)
    assert answer(b.anna, "quantities", pumps)["quantities"] == before, "a refusal moved units"
    assert len(answer(b.anna, "list", "deployment")["items"]) == 1, "a refusal left a delivery behind"
    return pumps


def a_promise_that_a_cut_takes_away(b, pumps):
    """Chen promised from its rights; a majority has cut its log below that: everybody hears of it, with what to do."""
    answer(b.anna, "grant", pumps, "15", "chen")
    wait_for("Chen has them", lambda: answer(b.chen, "quantities", pumps)["quantities"]["free"] == 15)
    answer(b.chen, "commit", pumps, "10", "--for", incident(b.chen, "Nanxi school"))
    wait_for("Anna sees the promise", lambda: answer(b.anna, "quantities", pumps)["quantities"]["safe"] == 12)
    assert answer(b.anna, "quantities")["items"] == []
    log = next(l for l in b.anna.get("/v1/spaces/" + SPACE)["logs"] if l["agency"]["name"] == "chen" and l["role"] == "data")
    answer(b.anna, "space", "cut", log["id"][:12], "--position", str(log["prefix"] - 1))
    b.equal("the cut is everywhere")
    for node in b.all:
        found = answer(node, "quantities")["items"]
        assert [(i["units"], i["state"], i["agency"]["name"], i["own"]) for i in found] == [(10, "cut-off", "chen", node is b.chen)], found
        assert ("tell whom it was promised to" if node is b.chen else "counts for nothing") in found[0]["do"], found
        assert answer(node, "quantities", pumps)["quantities"]["safe"] == 2
        assert "cut-off" in screen(node, "quantities", pumps)
        assert "do not hold" in screen(node, "todo"), screen(node, "todo")
        assert "wait for a key" not in screen(node, "todo")  # it is here and readable: it does not count
        assert not answer(node, "status")["spaces"][0]["waiting_for_key"] and "wait for a key" not in screen(node, "status")
        raised = wait_for("the alarm at " + node.name, lambda: [a for a in answer(node, "alarms")["items"] if a["alarm"] == "promise-void"])
        assert "muster quantities" in raised[0]["do"], raised


# -- objects ------------------------------------------------------------------------------------------------------------------

def objects(b):
    dike = incident(b.anna, "Dike")
    gone = incident(b.anna, "A person's address")
    b.equal()
    answer(b.anna, "transfer", dike, "boris")
    answer(b.anna, "erase", gone, "--ground", "error", "--yes=" + gone)
    first, second = incident(b.boris, "Reported first"), incident(b.boris, "Reported again")
    answer(b.boris, "supersede", first, "--by", second, "--reason", "newer")
    wait_for("Boris knows of both", lambda: answer(b.boris, "show", dike)["offers"] and answer(b.boris, "show", gone)["erased"])
    wait_for("Chen too", lambda: answer(b.chen, "show", dike)["offers"])
    answer(b.boris, "take", dike)
    wait_for("Chen sees the new owner", lambda: answer(b.chen, "show", dike)["owner"]["name"] == "boris")
    rows = (
        ("a second one takes over", b.chen, ["take", dike], 4, "ESTEP", "not offered to anybody"),
        ("the first one takes it again", b.boris, ["take", dike], 4, "ESTEP", ""),
        ("the former owner changes it", b.anna, ["update", dike, "severity=Severe"], 4, "ENOTOWNER", "owns the object"),
        ("a proposal for what was erased", b.boris, ["propose", gone, "severity=Severe"], 4, "EERASED", "was erased"),
        ("a proposal that changes nothing", b.chen, ["propose", dike], 2, "EUSAGE", ""),
        ("an answer to what nobody proposed", b.boris, ["accept", dike], 4, "ESTEP", "nothing is proposed"),
        ("a resolve of what is no conflict", b.boris, ["resolve", dike, "--shown"], 4, "ESTEP", "one branch"),
        ("superseded by what it took the place of", b.boris, ["supersede", second, "--by", first, "--reason", "x"], 4, "ECIRCLE",
         "superseded would lead back to where it began"),
        ("an area of two points", b.boris, ["update", dike, "area=POLYGON 28,104 29,105"], 2, "EBADVALUE", "area"),
        ("an area that is not closed", b.boris, ["update", dike, "area=POLYGON 28,104 29,104 29,105"], 2, "EBADVALUE", "area"),
        ("an area that crosses itself", b.boris, ["update", dike, "area=POLYGON 28,104 29,105 29,104 28,105 28,104"], 2, "EBADVALUE",
         "its edge 1 (28,104 to 29,105) crosses its edge 3 (29,104 to 28,105)"),
        ("an area that encloses nothing", b.boris, ["propose", dike, "area=POLYGON 28,104 29,105 30,106 28,104"], 2, "EBADVALUE",
         "encloses nothing"),
        ("an area off the earth", b.boris, ["update", dike, "area=CIRCLE 128,104 5"], 2, "EBADVALUE", "area"),
        ("an area of words", b.boris, ["update", dike, "area=the whole valley"], 2, "EBADVALUE", "POLYGON"),
        ("a search for a place nowhere", b.boris, ["list", "incident", "--near", "999,999,5"], 2, "EUSAGE", "LAT,LON,KM"),
        ("a search for nothing", b.boris, ["search", "*"], 2, "EUSAGE", "no word"),
        ("a page of everything", b.boris, ["list", "--limit", "100000"], 2, "EUSAGE", ""),
    )
    refused(rows)


def links_in_a_circle(b):
    """No node writes what closes a circle that it can see; what two wrote apart is kept, shown with what mends it, and mended."""
    upper, lower, gauge = incident(b.anna, "Upper basin"), incident(b.boris, "Lower basin"), incident(b.boris, "Gauge")
    b.equal()
    short = {id: answer(b.anna, "show", id)["short"] for id in (upper, lower, gauge)}
    answer(b.boris, "update", lower, "links=part-of:" + upper)
    answer(b.boris, "update", gauge, "links=part-of:" + lower, "links=causes:" + upper)
    b.equal()
    rows = (
        ("part of what is part of it", b.anna, ["update", upper, "links=part-of:" + lower], 4, "ECIRCLE",
         " > ".join((short[upper], short[lower], short[upper]))),
        ("the same over two steps", b.anna, ["update", upper, "links=part-of:" + gauge], 4, "ECIRCLE", short[gauge] + " > " + short[lower]),
        ("part of itself", b.anna, ["update", upper, "links=part-of:" + upper], 4, "ECIRCLE", short[upper] + " > " + short[upper]),
        ("caused by what it causes", b.anna, ["update", upper, "links=causes:" + gauge], 4, "ECIRCLE", "causes would lead back"),
        ("the same from the other end", b.boris, ["update", gauge, "links=causes:" + upper, "links=secondary-to:" + upper], 4, "ECIRCLE",
         "causes would lead back"),
        ("proposed by another one", b.chen, ["propose", upper, "links=part-of:" + lower], 4, "ECIRCLE", short[lower]),
        ("by one that is new", b.chen, ["new", "incident", "name=x", "phase=active", "category=Met", "links=causes:" + upper,
                                        "links=secondary-to:" + upper], 4, "ECIRCLE", "the new one > " + short[upper]),
    )
    refused(rows)
    answer(b.anna, "update", upper, "links=secondary-to:" + gauge)  # the same said from both ends is none
    answer(b.boris, "update", lower, "links=")
    b.equal()
    apart(b, lambda: answer(b.anna, "update", upper, "links=part-of:" + lower, "links=secondary-to:" + gauge),
          lambda: answer(b.boris, "update", lower, "links=part-of:" + upper))
    for node in b.all:
        shown = answer(node, "show", upper)
        assert {o["id"] for o in shown["circle"]["objects"]} == {upper, lower} and shown["circle"]["role"] == "part-of", shown
        assert {l["short"] for l in shown["links"]["to"]} >= {short[lower]}, shown
        assert "leads back to where it began" in " ".join(screen(node, "show", lower).split())
        assert "Upper basin" in screen(node, "sitrep", upper)
        screen(node, "gaps", upper)
        told = wait_for("todo of " + node.name, lambda: circles(node)) if node is not b.chen else []
        assert len(told) == (node is not b.chen), told  # its owners alone can mend it
    mend = circles(b.anna)[0]["do"][0]
    assert mend.split() == ["muster", "update", short[upper], "links=secondary-to:" + short[gauge]], mend
    answer(b.anna, *mend.split()[1:])
    b.equal()
    for node in b.all:
        wait_for("mended at " + node.name, lambda: not circles(node))
        assert "circle" not in answer(node, "show", lower)


def written_together(b):
    """Of the items of one request each is judged behind those before it: the one that closes a circle is refused, alone."""
    a, c, d = (incident(b.anna, name) for name in ("Ward A", "Ward C", "Ward D"))
    other = incident(b.boris, "Ward of Boris")
    b.equal()
    short = {id: answer(b.anna, "show", id)["short"] for id in (a, c, d, other)}

    def post(*items, **more):
        body = {"items": [dict({"op": "update", "object": id, "fields": {"links": [{"role": r, "object": o} for r, o in links]}}, **given)
                          for id, links, given in items]}
        return b.anna.post("/v1/records", dict(body, **more))["items"]

    pair = ((a, [("part-of", c)], {}), (c, [("part-of", a)], {}), (d, [("part-of", c)], {}))
    said = post(*pair, dry_run=True)
    assert [i["state"] for i in said] == ["stored", "refused", "stored"] and said[1]["error"]["code"] == "ECIRCLE", said
    said = post(*pair)
    assert [i["state"] for i in said] == ["stored", "refused", "stored"] and said[1]["error"]["code"] == "ECIRCLE", said
    assert "part-of would lead back to where it began: %s > %s > %s" % (short[c], short[a], short[c]) in said[1]["error"]["message"], said
    assert "circle" not in answer(b.anna, "show", a) and not circles(b.anna)
    # Turned round in one request: the old link is away first.
    said = post((a, [], {}), (c, [("part-of", a)], {}))
    assert [i["state"] for i in said] == ["stored", "stored"], said
    # What the core refuses afterwards has opened nothing: the circle is named all the same.
    said = post((c, [], {"seen": ["00" * 32]}), (a, [("part-of", c)], {}))
    assert [i["state"] for i in said] == ["refused", "refused"] and said[1]["error"]["code"] == "ECIRCLE", said
    # A change of what belongs to Boris is refused, and leads nowhere.
    said = post((other, [("part-of", d)], {}), (d, [("part-of", other)], {}))
    assert [i["state"] for i in said] == ["refused", "stored"] and said[0]["error"]["code"] == "ENOTOWNER", said
    # A new one, which nobody can name yet, between two.
    fields = {"name": "Ward N", "phase": "active", "category": ["Met"],
              "links": [{"role": "causes", "object": a}, {"role": "secondary-to", "object": c}]}
    said = b.anna.post("/v1/records", {"items": [
        {"op": "create", "kind": "incident", "fields": fields},
        {"op": "update", "object": a, "fields": {"links": [{"role": "causes", "object": c}]}}]})["items"]
    assert [i["state"] for i in said] == ["stored", "refused"], said
    assert "another new one" in said[1]["error"]["message"], said
    assert not circles(b.anna)


def circles(node):
    return [item for item in answer(node, "todo")["items"] if item["source"] == "circles"]


def what_takes_the_place(b):
    """Two objects do not take the place of each other; what two agencies wrote apart is kept, shown, and mended."""
    one, two, three = [incident(b.anna, name) for name in ("Breach", "Breach, again", "Breach, a third time")]
    other = incident(b.boris, "Breach, from below")
    b.equal()
    short = {id: answer(b.anna, "show", id)["short"] for id in (one, two, three, other)}
    answer(b.anna, "supersede", one, "--by", two)
    answer(b.anna, "supersede", two, "--by", three)
    before = len(answer(b.anna, "history", one)["items"])
    refused((
        ("it has its place already", b.anna, ["supersede", one, "--by", two], 8, "EDUPLICATE", "is superseded by %s already" % short[two]),
        ("by what it took the place of", b.anna, ["supersede", two, "--by", one], 4, "ECIRCLE", " > ".join((short[two], short[one], short[two]))),
        ("the same over two steps", b.anna, ["supersede", three, "--by", one], 4, "ECIRCLE", " > ".join((short[one], short[two]))),
        ("by itself", b.anna, ["supersede", three, "--by", three], 2, "EUSAGE", "its own place"),
    ))
    assert len(answer(b.anna, "history", one)["items"]) == before
    answer(b.anna, "supersede", one, "--by", three)  # another one may
    b.equal()
    apart(b, lambda: answer(b.anna, "supersede", three, "--by", other), lambda: answer(b.boris, "supersede", other, "--by", one))
    for node in b.all:
        shown = answer(node, "show", other)["circle"]
        assert shown["role"] == "superseded-by" and {o["short"] for o in shown["objects"]} == {short[i] for i in (one, three, other)}, shown
        assert "none of them counts" in " ".join(screen(node, "show", other).split())
        told = wait_for("todo of " + node.name, lambda: circles(node)) if node is not b.chen else circles(node)
        assert len(told) == (node is not b.chen), told  # its owners alone can mend it
        for item in told:
            assert "none of them counts" in item["message"] and " > " in item["message"], item
            assert item["do"][0].split() == ["muster", "update", item["object"]["short"], "FIELD=VALUE", "--again"], item
            assert item["do"][0] in screen(node, "todo", "--source", "circles"), item
        for id in (one, three, other):
            out = muster(node, "export", id, "-o", "cap")[0]
            assert "<msgType>Cancel</msgType>" in out, out
    assert circles(b.boris)[0]["object"]["id"] == other
    assert [o["id"] for o in answer(b.chen, "show", other)["takes_place_of"]] == [three]
    assert "takes the place of " + short[three] in " ".join(screen(b.chen, "show", other).split())
    answer(b.boris, *circles(b.boris)[0]["do"][0].replace("FIELD=VALUE", "severity=Severe").split()[1:])
    b.equal()
    for node in b.all:
        wait_for("mended at " + node.name, lambda: not circles(node))
    assert {o["id"] for o in answer(b.chen, "show", three)["takes_place_of"]} == {one, two}  # the others stand
    for node in b.all:
        assert "circle" not in answer(node, "show", one) and "circle" not in answer(node, "show", other)


def what_is_said_of_it(b):
    """Cleared fields, names of blanks, who is not known, what is named: each is said as what it is."""
    dike = incident(b.anna, "North dike", "severity=Severe")
    b.equal()
    short = answer(b.anna, "show", dike)["short"]
    blank = ["phase=active", "category=Met"]
    refused((
        ("a name of spaces", b.anna, ["new", "incident", "name=  "] + blank, 2, "EMISSING", "it is blank"),
        ("a name of wide spaces", b.anna, ["new", "incident", "name=\u3000\u200b"] + blank, 2, "EMISSING", "it is blank"),
        ("a change to one", b.anna, ["update", dike, "name= "], 2, "EMISSING", "it is blank"),
        ("a proposal of one", b.boris, ["propose", dike, "name= "], 2, "EMISSING", "it is blank"),
        ("a number for -n", b.anna, ["list", "incident", "-n", "5"], 2, "EUSAGE", "--limit 5"),
        ("a rehearsal of what has none", b.anna, ["alarms", "ack", "0000", "--dry-run"], 2, "EUSAGE", "no dry run"),
        ("the same in one word", b.anna, ["list", "incident", "-n5"], 2, "EUSAGE", "--limit 5"),
    ))
    task = ["new", "task", "name=Close the gate", "status=assigned", "incident=" + dike]
    out, err = muster(b.anna, *task, "assignee=Nobody")
    assert "called \"Nobody\"" in " ".join(err.split()), err
    assert muster(b.anna, *task, "assignee=Boris")[1] == ""
    log = screen(b.anna, "log", dike)
    assert short in log and dike not in log, log
    one = next(i["id"] for i in answer(b.anna, "list", "task")["items"])
    for verb in ("history", "show"):
        assert short in screen(b.anna, verb, one) and dike not in screen(b.anna, verb, one), verb
    answer(b.boris, "propose", dike, "severity=")
    answer(b.chen, "propose", dike, "event=Breach")
    wait_for("Anna sees both", lambda: len(answer(b.anna, "show", dike)["proposals"]) == 2)
    assert "(cleared)" in screen(b.anna, "show", dike) and "(cleared)" in " ".join(screen(b.anna, "history", dike).split())
    todo = [i["message"] for i in answer(b.anna, "todo", "--source", "proposals")["items"] if i["object"]["id"] == dike]
    assert len(todo) == 1 and "2 changes" in todo[0] and "boris" in todo[0] and "chen" in todo[0], todo


def apart(b, anna_does, boris_does):
    """Each is done while no other node is there; afterwards all hold the same again."""
    for node in (b.boris, b.chen):
        assert node.stop() == 0
    anna_does()
    assert b.anna.stop() == 0
    b.boris.start()
    boris_does()
    b.anna.start()
    b.chen.start()
    wait_for("all are connected again", lambda: all(up(x, y.name) for x in b.all for y in b.all if x is not y), 60)
    b.equal()


def what_strangers_write(b):
    """Control characters, marks that turn the direction, formulas: kept as they are, shown as what they are."""
    lines = {"bell and escape": "Breach\x1b[2J\x07 at km 4", "a line of lines": "one\ntwo\ttabs"}
    for says, text in lines.items():  # a name has one line; a longer text is kept as it is (S7.6.8)
        one = {"op": "create", "kind": "incident", "fields": {"name": text, "phase": "active", "category": ["Met"]}}
        said = b.boris.post("/v1/records", {"space": SPACE, "items": [one]})["items"][0]
        assert said["error"]["code"] == "EBADVALUE", (says, said)
        one["fields"].update({"name": says, "description": text})
        told = stored(b.boris.post("/v1/records", {"space": SPACE, "items": [one]}))
        assert answer(b.boris, "show", told)["fields"]["description"] == text, says
        assert "\x1b[2J" not in screen(b.boris, "show", told) and "\x07" not in screen(b.boris, "show", told), says
    names = {
        "right to left": "Depot \u202egpj.exe\u2066",
        "a formula": "=HYPERLINK(\"http://x\",\"open me\")",
        "another formula": "@SUM(1+1)",
        "a long one": "x" * 180,
    }
    for who in ("careless", "bin"):  # no musterd writes two lines into a name: a partner whose program has no such rule does
        assert b.boris.stop() == 0
        b.boris.bin, honest = os.path.join(os.path.dirname(os.path.abspath(b.boris.bin)), who), b.boris.bin
        b.boris.start()
        b.boris.bin = honest
        if who == "bin":
            break
        ids = {says: stored(b.boris.post("/v1/records", {"space": SPACE, "items": [{"op": "create", "kind": "incident", "fields": {
            "name": name, "phase": "active", "category": ["Met"]}}]})) for says, name in names.items()}
    wait_for("all are connected again", lambda: all(up(x, y.name) for x in b.all for y in b.all if x is not y), 60)
    b.equal()
    for says, name in names.items():
        for node in (b.anna, b.boris):
            assert answer(node, "show", ids[says])["fields"]["name"] == name, says  # nothing is lost
            screen(node, "show", ids[says])
            screen(node, "history", ids[says])
    listed = screen(b.anna, "list", "incident")
    assert "<U+202E>" in listed, listed
    for format in ("csv", "tsv"):
        out = muster(b.anna, "list", "incident", "-o", format)[0]
        for line in out.splitlines()[1:]:
            for cell in line.replace('"', "").split("," if format == "csv" else "\t"):
                assert not cell.startswith(("=", "+", "@")), (format, cell)
    screen(b.anna, "todo")
    screen(b.anna, "search", "formula", exit=None)


ALERT = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>tie-1</identifier><sender>met@example.org</sender>
<sent>2026-07-14T12:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><category>Met</category><event>Flood</event><urgency>Immediate</urgency><severity>Severe</severity>
<certainty>Observed</certainty><area><areaDesc>Two lobes</areaDesc><polygon>%s</polygon></area></info></alert>
"""


def an_outline_that_crosses_itself(b):
    """Kept as it came, shown with what is wrong, and found where its lobes are and nowhere else."""
    tie = "28,104 29,105 29,104 28,105 28,104"
    crosses = "its edge 1 (28,104 to 29,105) crosses its edge 3 (29,104 to 28,105)"
    path = os.path.join(b.anna.root, "tie.cap")
    with open(path, "w") as f:
        f.write(ALERT % tie)
    said = " ".join("".join(muster(b.anna, "import", path)).split())
    assert "as its sender drew it" in said and crosses in said, said
    other = stored(b.boris.post("/v1/records", {"space": SPACE, "items": [{
        "op": "create", "kind": "incident", "as_given": True,
        "fields": {"name": "From elsewhere", "phase": "active", "category": ["Met"], "area": ["POLYGON " + tie]}}]}))
    b.equal()
    refused((("the same as one's own", b.boris, ["new", "incident", "name=x", "phase=active", "category=Met", "area=POLYGON " + tie],
              2, "EBADVALUE", crosses),))
    for node in b.all:
        alert = next(i["id"] for i in answer(node, "list", "incident", "--limit", "500")["items"] if i["fields"].get("area_desc") == "Two lobes")
        for id in (alert, other):
            assert [(f["field"], f["item"]) for f in answer(node, "show", id)["flaws"]] == [("area", 1)], node.name
            assert crosses in " ".join(screen(node, "show", id).split()), node.name
        found = {i["id"] for i in answer(node, "list", "incident", "--near", "28.9,104.5,1")["items"]}
        assert found == {alert, other}, (node.name, found)
        assert answer(node, "list", "incident", "--near", "28.5,104.1,1")["items"] == [], node.name  # between its lobes


def main():
    b = Basin(sys.argv[1])
    try:
        pumps = resources(b)
        print("ok resources", flush=True)
        for part in (objects, what_strangers_write, an_outline_that_crosses_itself):
            part(b)
            print("ok", part.__name__, flush=True)
        a_promise_that_a_cut_takes_away(b, pumps)
        print("ok a_promise_that_a_cut_takes_away", flush=True)
        links_in_a_circle(b)
        print("ok links_in_a_circle", flush=True)
        for part in (written_together, what_takes_the_place, what_is_said_of_it):
            part(b)
            print("ok", part.__name__, flush=True)
    except BaseException:
        for node in b.all:
            print("--", node.name, node.tail(15), sep="\n")
        raise
    finally:
        b.close()


if __name__ == "__main__":
    main()
