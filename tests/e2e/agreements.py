#!/usr/bin/env python3
"""Three real nodes and what is decided before anything is written: who would receive it, and whether they really do.

usage: agreements.py BIN_DIR
"""
import os
import sys

from cli import answer, error as refusal, muster, up
from nodes import Node, Refused, equal_digests, join, wait_for


def member(node, name, space="flood"):
    return next((m for m in node.get("/v1/spaces/" + space)["members"] if m["agency"]["name"] == name), None)


def incident(name, *more):
    return ["new", "incident", "name=" + name, "phase=active", "category=Met", *more]


def heads(node):
    """Digest, objects, and how far every log goes: none of it may move in a rehearsal."""
    return [(s["name"], node.digest(s["id"]),
             sorted((l["id"], l["prefix"], l["records"]) for l in node.get("/v1/spaces/" + s["id"])["logs"]))
            for s in node.get("/v1/spaces")["items"]]


def rehearsed(node, *words):
    """The answer to a dry run, after which nothing may have moved."""
    before = heads(node)
    said = answer(node, *words, "--dry-run")
    assert said["dry_run"] is True and heads(node) == before, said
    return said


def hops(said):
    return {r["agency"]["name"]: r["hop"] for r in said["recipients"]}


def getting(said):
    return {r["agency"]["name"] for r in said["recipients"] if r["gets"]}


def holds(node, name, space="flood"):
    return any(i["fields"]["name"] == name for i in node.get("/v1/objects?kind=incident&limit=500&space=" + space)["items"])


def write_and_compare(anna, others, name, *space):
    """What the rehearsal said is who really gets it: everybody of the list, and nobody else, once they are quiet."""
    said = rehearsed(anna, *incident(name), *space)
    muster(anna, *incident(name), *space)
    for node in others:
        if node.name in getting(said):
            wait_for("%s gets %s" % (node.name, name), lambda: holds(node, name))
    return said


def dry_run_all_connected(anna, boris, chen):
    said = write_and_compare(anna, [boris, chen], "all are here")
    assert hops(said) == {"boris": "direct", "chen": "direct"} and said["stored"] == 1, said
    text = muster(anna, *incident("x"), "--dry-run")[0]
    assert "would go to:" in text and "boris (write)" in text and "nothing was written" in text, text
    assert all(len(line) <= 80 for line in text.splitlines()), text


def dry_run_suspended(anna, boris, chen):
    said = rehearsed(anna, "space", "suspend", "chen")
    assert "in force at once" in said["message"] and getting(said) == {"boris", "chen"}, said
    muster(anna, "space", "suspend", "chen")
    wait_for("Chen hears that it is suspended", lambda: member(chen, "chen")["suspended"])
    wait_for("Boris too", lambda: member(boris, "chen")["suspended"])
    before = chen.digest("flood")
    said = write_and_compare(anna, [boris], "while Chen is suspended")
    assert getting(said) == {"boris"} and hops(said)["chen"] == "none", said
    assert next(r for r in said["recipients"] if r["agency"]["name"] == "chen")["rule"] == "suspended", said
    assert "would not get it:" in muster(anna, *incident("x"), "--dry-run")[0]
    muster(anna, *incident("and another"))
    wait_for("Boris holds that one too", lambda: holds(boris, "and another"))
    assert chen.digest("flood") == before
    assert refusal(chen, *incident("no"), "--dry-run", exit=4)["code"] == "ESUSPENDED"
    muster(anna, "space", "lift", "chen")
    wait_for("Chen gets what it missed", lambda: equal_digests([anna, boris, chen], "flood"))


def dry_run_relay(anna, boris, chen):
    """Chen may only carry; then it is away, and Boris carries for it."""
    muster(anna, "space", "right", "chen", "relay")
    wait_for("Chen hears it", lambda: member(chen, "chen")["right"] == "relay")
    said = rehearsed(anna, *incident("sealed"))
    row = next(r for r in said["recipients"] if r["agency"]["name"] == "chen")
    assert row["gets"] and not row["reads"], row
    assert "cannot read it" in " ".join(muster(anna, *incident("x"), "--dry-run")[0].split())
    muster(anna, "space", "right", "chen", "write")
    wait_for("Chen may write again", lambda: member(chen, "chen")["right"] == "write" and member(boris, "chen")["right"] == "write")
    chen.stop()
    wait_for("Anna knows that Chen has gone", lambda: not up(anna, "chen"))
    said = write_and_compare(anna, [boris], "carried by Boris")
    row = next(r for r in said["recipients"] if r["agency"]["name"] == "chen")
    assert row["hop"] == "via" and [a["name"] for a in row["via"]] == ["boris"], row
    anna.stop()
    chen.start()
    wait_for("Boris brought it to Chen, Anna was away", lambda: holds(chen, "carried by Boris"))
    boris.stop()
    chen.stop()
    anna.start()
    said = rehearsed(anna, *incident("nobody is here"))
    assert set(hops(said).values()) == {"waits"} and getting(said) == {"boris", "chen"}, said
    boris.start()
    chen.start()
    wait_for("all are back", lambda: all(up(anna, n) for n in ("boris", "chen")))
    wait_for("and equal", lambda: equal_digests([anna, boris, chen], "flood"))


def dry_run_of_every_verb(anna, boris, chen):
    """Nothing moves, whatever is rehearsed; what would be refused is refused with the same code."""
    id = answer(anna, *incident("every verb"))["items"][0]["object"]
    wait_for("Boris holds it", lambda: holds(boris, "every verb"))
    path = os.path.join(anna.root, "note.txt")
    with open(path, "w") as out:
        out.write("a note\n")
    assert rehearsed(anna, "update", id, "phase=closed")["stored"] == 1
    assert rehearsed(anna, "attach", id, path)["stored"] == 1
    table = os.path.join(anna.root, "stock.csv")
    with open(table, "w") as out:
        out.write("item,quantity\nTent,5\nPump,2\n")
    said = rehearsed(anna, "import", table)
    assert said["stored"] == 2 and getting(said) == {"boris", "chen"}, said
    for words in (["space", "right", "chen", "read"], ["space", "policy", "admins-min=1"], ["space", "rotate"],
                  ["space", "reassign", id, "boris"], ["space", "create", "another"]):
        rehearsed(anna, *words)
    assert rehearsed(anna, "space", "remove", "chen")["still"] == 0
    assert refusal(boris, "update", id, "phase=closed", "--dry-run", exit=4)["code"] == "ENOTOWNER"
    assert refusal(boris, "space", "remove", "chen", "--dry-run", exit=4)["code"] == "ENORIGHT"
    assert refusal(anna, "space", "leave", "--dry-run", exit=4)["code"] == "ELASTADMIN"
    assert refusal(anna, "space", "policy", "admins-min=5", "--dry-run", exit=4)["code"] == "EPOLICY"


FLOOD_AREA = "CIRCLE 28.77,104.62 50"
INSIDE, OUTSIDE = "location=28.8,104.6", "location=31.2,121.5"


def signing(anna, boris, chen):
    """Terms are in force once both have signed exactly them; a change asks for both signatures again."""
    made = answer(anna, "agreement", "propose", "boris", "-s", "flood", "name=Jinsha", "kinds=incident", "area=" + FLOOD_AREA,
                  "tlp_max=TLP:AMBER", "onward=none", "purpose=flood response", "retention_days=20")
    id = made["items"][0]["object"]
    assert answer(anna, "agreement", "show", id)["status"] == "waits-for-signatures"
    muster(anna, *incident("not bound yet"), OUTSIDE, "-s", "flood")
    terms = wait_for("Boris sees the terms", lambda: boris.get("/v1/agreements/" + id))
    assert [a["name"] for a in terms["missing"]] == ["boris"] and terms["space"]["name"] == "flood", terms
    assert refusal(boris, "agreement", "sign", id, exit=2)["code"] == "EUSAGE"  # a script says --yes
    wait_for("Chen sees them too", lambda: chen.get("/v1/agreements/" + id))
    assert refusal(chen, "agreement", "sign", id, "--yes", exit=4)["code"] == "EAGREEMENT"  # no party
    rehearsed(boris, "agreement", "sign", id)
    assert answer(boris, "agreement", "sign", id, "--yes")["status"] == "in-force"
    assert refusal(boris, "agreement", "sign", id, "--yes", exit=8)["code"] == "EDUPLICATE"
    for node in (anna, chen):
        wait_for(node.name + " sees it in force", lambda: node.get("/v1/agreements/" + id)["in_force"])
    kept = answer(anna, "retention", "-s", "flood")
    assert kept["days"] == 0 and [(k["days"], k["shorter"]) for k in kept["agreed"]] == [(20, True)], kept
    assert "Jinsha" in kept["agreed"][0]["agreement"] and "keeps longer" in " ".join(muster(boris, "retention", "-s", "flood")[0].split())
    assert answer(chen, "retention", "-s", "flood")["agreed"] == [], "Chen is no party"
    old = answer(boris, "agreement", "show", id)["head"]
    muster(anna, "update", id, "purpose=flood response and relief")
    wait_for("Boris's signature is of other terms", lambda: boris.get("/v1/agreements/" + id)["status"] == "waits-for-signatures")
    try:
        boris.post("/v1/agreements/%s/sign" % id, {"head": old})
        raise AssertionError("terms that were replaced were signed")
    except Refused as error:
        assert error.code == "ECHANGED", error.error
    muster(boris, "agreement", "sign", id, "--yes")
    for node in (anna, chen):
        wait_for(node.name + " sees it in force again", lambda: node.get("/v1/agreements/" + id)["in_force"])
    text = muster(anna, "agreement", "show", id)[0]
    assert "in-force" in text and "signed by" in text and "anna, boris" in text.replace("boris, anna", "anna, boris"), text
    assert all(len(line) <= 80 for line in (text + muster(anna, "agreement", "list")[0]).splitlines()), text


def deciding(anna, boris, chen):
    """What the terms do not let in is refused with the term named; whoever is no party is not bound."""
    for says, words, part in (("a class above", [INSIDE, "tlp=TLP:RED"], "TLP class is above"),
                              ("another area", [OUTSIDE], "not inside the agreed area"),
                              ("no place", [], "names no place")):
        error = refusal(anna, *incident(says), *words, "-s", "flood", exit=4)
        assert error["code"] == "EAGREEMENT" and part in error["message"] and "Jinsha (agr-" in error["message"], error
        assert refusal(anna, *incident(says), *words, "-s", "flood", "--dry-run", exit=4)["code"] == "EAGREEMENT"
    error = refusal(boris, "new", "evaluation", "name=x", "report_type=lessons", "-s", "flood", exit=4)
    assert "this kind is not agreed" in error["message"], error
    muster(chen, *incident("Chen is no party"), OUTSIDE, "tlp=TLP:RED", "-s", "flood")
    id = answer(anna, *incident("inside"), INSIDE, "tlp=TLP:GREEN", "-s", "flood")["items"][0]["object"]
    assert "TLP class" in refusal(anna, "update", id, "tlp=TLP:RED", exit=4)["message"]
    muster(anna, "update", id, "phase=closed")
    assert "TLP class" in muster(anna, "agreement", "simulate", "incident", INSIDE, "tlp=TLP:RED", "-s", "flood", exit=4)[0]


def routing(anna, boris, chen):
    """With two spaces and no -s the terms say which one; what was said beforehand is what happens."""
    assert refusal(anna, *incident("where"), OUTSIDE, exit=2)["code"] == "EUSAGE"
    said = answer(anna, "agreement", "simulate", "incident", INSIDE)
    assert said["allowed"] and said["space"]["name"] == "flood" and said["agreement"]["name"] == "Jinsha", said
    said = rehearsed(anna, *incident("by its terms"), INSIDE)
    assert said["space"]["name"] == "flood" and said["agreement"]["name"] == "Jinsha" and getting(said) == {"boris", "chen"}, said
    text = muster(anna, *incident("by its terms"), INSIDE)[0]
    assert "into flood, by the agreement Jinsha" in text, text
    for node in (boris, chen):
        wait_for(node.name + " has it", lambda: holds(node, "by its terms"))
    assert not holds(anna, "by its terms", "regional")


def onward(anna, boris, chen):
    """Boris, who does not own it, shares Anna's incident into a space with Dora in it only as the terms allow."""
    id = wait_for("Boris has it", lambda: next((i["id"] for i in boris.get("/v1/objects?space=flood&kind=incident&limit=500")["items"]
                                               if i["fields"]["name"] == "by its terms"), None))
    error = refusal(boris, "share", id, "--to", "regional", "-s", "flood", exit=4)
    assert error["code"] == "EAGREEMENT" and "Jinsha (agr-" in error["message"] and "nobody but the owner" in error["message"], error
    agreement = answer(anna, "agreement", "list", "-s", "flood")["items"][0]["id"]
    muster(anna, "update", agreement, "onward=with-consent", "-s", "flood")
    wait_for("Boris has the new terms", lambda: boris.get("/v1/agreements/" + agreement)["fields"]["onward"] == "with-consent")
    muster(boris, "agreement", "sign", agreement, "--yes")
    assert "consent" in refusal(boris, "share", id, "--to", "regional", "-s", "flood", exit=4)["message"]
    photo = os.urandom(200000)
    with open(os.path.join(anna.root, "photo.jpg"), "wb") as out:
        out.write(photo)
    muster(anna, "attach", id, os.path.join(anna.root, "photo.jpg"), "-s", "flood")
    wait_for("Boris knows of the photo", lambda: boris.get("/v1/objects/%s?space=flood" % id)["fields"].get("attachments"))
    assert refusal(boris, "agreement", "consent", id, "--to", "anna", "-s", "flood", exit=4)["code"] == "ENOTOWNER"
    rehearsed(anna, "agreement", "consent", id, "--to", "boris", "-s", "flood")
    muster(anna, "agreement", "consent", id, "--to", "boris", "-s", "flood")
    wait_for("Boris has the consent", lambda: boris.post("/v1/objects/%s/share?space=flood" % id, {"to": "regional", "dry_run": True}))
    said = rehearsed(boris, "share", id, "--to", "regional", "-s", "flood")
    assert said["space"]["name"] == "regional" and getting(said) == {"anna", "chen"}, said
    made = answer(boris, "share", id, "--to", "regional", "-s", "flood")
    assert made["because"] == "its owner has consented", made
    assert "attachments" in made["left_out"], made  # nobody has fetched the photo here: it was asked for now
    there = os.path.join(boris.root, "photo.jpg")
    muster(boris, "attach", "get", id, "-O", there, "-s", "flood")
    made = answer(boris, "share", id, "--to", "regional", "-s", "flood")
    assert made["state"] == "updated" and "attachments" not in made["left_out"], made
    sealed = boris.get("/v1/objects/%s?space=regional" % made["object"])["fields"]["attachments"]
    assert len(sealed) == 1 and sealed[0].endswith(":photo.jpg"), sealed
    assert sealed[0] not in boris.get("/v1/objects/%s?space=flood" % id)["fields"]["attachments"], "another key in another space"
    wait_for("Chen knows of it in the other space", lambda: holds(chen, "by its terms", "regional") and
             chen.get("/v1/objects/%s?space=regional" % made["object"])["fields"].get("attachments") == sealed)
    muster(chen, "attach", "get", made["object"], "-O", os.path.join(chen.root, "photo.jpg"), "-s", "regional")
    with open(os.path.join(chen.root, "photo.jpg"), "rb") as got:
        assert got.read() == photo
    for node in (anna, chen):
        wait_for(node.name + " has the copy", lambda: holds(node, "by its terms", "regional"))
    copy = boris.get("/v1/objects/%s?space=regional" % made["object"])
    assert copy["owner"]["name"] == "boris" and copy["fields"]["alias"] == ["muster:" + id], copy
    again = answer(boris, "share", id, "--to", "regional", "-s", "flood")
    assert again["object"] == made["object"] and again["state"] == "updated", again
    now = boris.get("/v1/objects/%s?space=regional" % made["object"])["fields"]["attachments"]
    assert now == sealed, "the same file was sealed a second time"
    muster(anna, "update", id, "phase=closed", "-s", "flood")
    wait_for("Boris has the change", lambda: boris.get("/v1/objects/%s?space=flood" % id)["fields"]["phase"] == "closed")
    assert "consent" in refusal(boris, "share", id, "--to", "regional", "-s", "flood", exit=4)["message"]  # of other content
    own = answer(anna, "share", id, "--to", "regional", "-s", "flood")
    assert own["because"] == "this agency owns it" and not own["left_out"], own
    assert anna.get("/v1/objects/%s?space=regional" % own["object"])["fields"]["attachments"], "its own files are here"
    red = answer(chen, *incident("for those named"), "tlp=TLP:RED", "-s", "flood")["items"][0]["object"]
    assert "TLP:RED" in refusal(chen, "share", red, "--to", "regional", "-s", "flood", exit=4)["message"]


def explaining(anna, boris, chen):
    """The same answer as the data path gives: who has it, who does not, and why."""
    id = answer(anna, *incident("why"), INSIDE, "-s", "flood")["items"][0]["object"]
    wait_for("Boris has acknowledged it", lambda: answer(anna, "explain", "boris", id)["rule"] == "holds")
    said = answer(anna, "explain", "boris", id)
    assert said["holds"] and said["reading"] == "reads" and said["prefix"] >= said["position"] and not said["change"], said
    muster(anna, "space", "suspend", "chen", "-s", "flood")
    wait_for("Chen is suspended", lambda: member(chen, "chen")["suspended"] and member(boris, "chen")["suspended"])
    late = answer(anna, *incident("late"), INSIDE, "-s", "flood")["items"][0]["object"]
    said = answer(anna, "explain", "chen", late)
    assert said["rule"] == "suspended" and not said["allowed"] and "lift" in said["change"], said
    muster(anna, "space", "lift", "chen", "-s", "flood")
    wait_for("Chen has it now", lambda: answer(anna, "explain", "chen", late)["rule"] == "holds" and holds(chen, "late"))
    chen.stop()
    wait_for("it is gone", lambda: not up(anna, "chen"))
    away = answer(anna, *incident("away"), INSIDE, "-s", "flood")["items"][0]["object"]
    said = answer(anna, "explain", "chen", away)
    assert said["rule"] == "no-connection" and said["since"] and said["allowed"] and not said["holds"], said
    assert [a["name"] for a in said["way"]["via"]] == ["boris"], said
    assert answer(anna, "explain", "chen", id)["rule"] == "holds", "what it acknowledged it still holds"
    text = muster(anna, "explain", "chen", away)[0]
    assert "no-connection" in text and "through boris" in text and all(len(l) <= 80 for l in text.splitlines()), text
    muster(anna, "space", "remove", "chen", "--yes=chen", "-s", "flood")
    said = answer(anna, "explain", "chen", away)
    assert said["rule"] == "removed" and not said["allowed"] and "majority" in said["change"], said
    assert [(o["space"], o["allowed"], o["says"]) for o in said["onward"]] == [("regional", True, "this agency owns it")], said["onward"]
    asked = answer(boris, "explain", "chen", id)  # who does not own it is bound by the terms
    assert asked["rule"] == "removed" and [(o["space"], o["allowed"]) for o in asked["onward"]] == [("regional", False)], asked
    assert asked["onward"][0]["agreement"].startswith("Jinsha") and "consent" in asked["onward"][0]["says"], asked["onward"]
    seen = " ".join(muster(boris, "explain", "chen", id)[0].split())
    assert "regional:" in seen and "Jinsha" in seen, seen
    assert getting(rehearsed(anna, *incident("after"), INSIDE)) == {"boris"}
    assert refusal(anna, "explain", "nobody", id, exit=3)["code"] == "EUNKNOWN_AGENCY"
    assert refusal(anna, "explain", "boris", "inc-zzzzz", exit=3)["code"] == "ENOTFOUND"
    chen.start()
    wait_for("Chen is shown its removal", lambda: member(chen, "chen") is None)
    assert not holds(chen, "away"), "a removed agency got what was written while it was away"
    muster(anna, "space", "right", "boris", "relay", "-s", "flood")
    said = answer(anna, "explain", "boris", away)
    assert said["reading"] == "carries" and said["allowed"], said
    answer(anna, "space", "create", "later", "--history", "join")
    old = answer(anna, *incident("before Boris came"), "-s", "later")["items"][0]["object"]
    join(anna, boris, "later")
    wait_for("Boris has acknowledged it", lambda: answer(anna, "explain", "boris", old, "-s", "later")["rule"] == "holds")
    said = answer(anna, "explain", "boris", old, "-s", "later")
    assert said["reading"] == "sealed-before" and "before it joined" in said["reading_says"], said
    new = answer(anna, *incident("after Boris came"), "-s", "later")["items"][0]["object"]
    wait_for("what is new it reads", lambda: answer(anna, "explain", "boris", new, "-s", "later")["reading"] == "reads")
    error = refusal(anna, "explain", "chen", old, "-s", "nowhere", exit=3)
    assert error["code"] == "EUNKNOWN_SPACE", error
    said = answer(anna, "explain", "chen", old, "-s", "later")
    assert said["rule"] == "not-a-member" and "muster invite" in said["change"], said


def second_space(anna, boris, chen):
    anna.post("/v1/spaces", {"name": "regional"})
    for node in (boris, chen):
        join(anna, node, "regional")
    wait_for("all are in the second space", lambda: all(member(n, m.name, "regional") for n in (anna, boris, chen) for m in (anna, boris, chen)))


def main():
    nodes = [Node(sys.argv[1], name) for name in ("anna", "boris", "chen")]
    anna, boris, chen = nodes
    try:
        for node in nodes:
            node.start()
            node.init()
        anna.post("/v1/spaces", {"name": "flood"})
        join(anna, boris, "flood")
        join(anna, chen, "flood")
        wait_for("all three are members everywhere", lambda: all(member(n, m.name) for n in nodes for m in nodes))
        wait_for("and connected", lambda: all(up(anna, n) for n in ("boris", "chen")) and up(boris, "chen"))
        for part in (dry_run_all_connected, dry_run_of_every_verb, dry_run_suspended, dry_run_relay, second_space, signing, deciding,
                     routing, onward, explaining):
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
