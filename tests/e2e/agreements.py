#!/usr/bin/env python3
"""Three real nodes and what is decided before anything is written: who would receive it, and whether they really do.

usage: agreements.py BIN_DIR
"""
import json
import os
import subprocess
import sys

from nodes import Node, equal_digests, join, wait_for


def muster(node, *words, exit=0):
    """The CLI at that node; (stdout, stderr).  The exit code must be the one given."""
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})
    assert done.returncode == exit, "muster %s: exit %d instead of %d\n%s%s" % (
        " ".join(words), done.returncode, exit, done.stdout, done.stderr)
    return done.stdout, done.stderr


def answer(node, *words):
    return json.loads(muster(node, *words, "--json")[0])


def refusal(node, *words, exit):
    return json.loads(muster(node, *words, "--json", exit=exit)[1])["error"]


def member(node, name, space="flood"):
    return next((m for m in node.get("/v1/spaces/" + space)["members"] if m["agency"]["name"] == name), None)


def up(node, name):
    return any(p["agency"]["name"] == name and p["state"] == "up" for p in node.get("/v1/peers")["items"])


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
        for part in (dry_run_all_connected, dry_run_of_every_verb, dry_run_suspended, dry_run_relay):
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
