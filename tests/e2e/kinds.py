#!/usr/bin/env python3
"""One record of every kind through the command line: written, listed on 80 columns, shown, read back unchanged, moved along.

usage: kinds.py BIN_DIR
"""
import json
import os
import re
import shlex
import subprocess
import sys
import unicodedata

from kinds_values import FLOOD
from nodes import Node

BY_TYPE = {"text": "x", "texts": ["a; b", "c\\d"], "int": 7, "decimal": "0.50", "time": "2026-07-14T08:00:00+08:00",
           "point": "28.5,104.5", "area": ["CIRCLE 28.5,104.5 2"], "flag": True}
BY_FORM = ({"country": "CN", "currency": "CNY", "glide": "FL-2026-000123-CHN", "lat": "28.5", "lon": "104.5",
            "unit": "{boat}", "size_unit": "km2"})


def muster(node, *words, exit=0):
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60,
                          env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": "", "COLUMNS": "80"})
    assert done.returncode == exit, "muster %s: exit %d instead of %d\n%s%s" % (
        " ".join(words), done.returncode, exit, done.stdout, done.stderr)
    return done.stdout if exit == 0 else done.stderr


def refusal(node, *words, exit):
    return json.loads(muster(node, *words, "--json", exit=exit))["error"]


def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in line)


def fits(text, what):
    for line in text.splitlines():
        assert columns(line) <= 80, "%s: a line of %d columns\n%s" % (what, columns(line), line)


def resolved(value, ids):
    """With $KIND replaced by the id of that kind's record."""
    if isinstance(value, str) and value.startswith("$"):
        return ids[value[1:]]
    if isinstance(value, list):
        return [resolved(v, ids) for v in value]
    if isinstance(value, dict):
        return {k: resolved(v, ids) for k, v in value.items()}
    return value


def as_text(value):
    """As a person types it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return ";".join("%s:%s" % (v["role"], v["object"]) for v in value)
    if isinstance(value, list):
        return ";".join(v.replace("\\", "\\\\").replace(";", "\\;") for v in value)
    return str(value)


def shown(node, name):
    return json.loads(muster(node, "show", name, "--json"))


def one_of_each(node):
    ids, shorts = {}, {}
    for kind, written in FLOOD.items():
        fields = resolved(written, ids)
        made = json.loads(muster(node, "new", kind, *("%s=%s" % (k, as_text(v)) for k, v in fields.items()), "--json"))
        made = made.get("items", [made])[0]
        ids[kind], shorts[kind] = made["object"] if isinstance(made["object"], str) else made["object"]["id"], made["short"]
        answer = shown(node, shorts[kind])
        assert answer["kind"] == kind and answer["id"] == ids[kind]
        assert answer["fields"] == fields, "%s\nwritten %s\nread    %s" % (kind, fields, answer["fields"])
    return ids, shorts


def screens(node, tables, ids, shorts):
    for kind, table in tables.items():
        listed = json.loads(muster(node, "list", kind, "--json"))["items"]
        assert [item["id"] for item in listed] == [ids[kind]], kind
        text = muster(node, "list", kind)
        fits(text, "list " + kind)
        assert shorts[kind] in text, text
        fits(re.sub(r"(?m)^  muster .*$", "", muster(node, "help", kind)), "help " + kind)
        page, state = muster(node, "show", shorts[kind]), FLOOD[kind].get("status")
        fits(page, "show " + kind)
        assert FLOOD[kind]["name"] in page, page
        assert table["prefix"] == shorts[kind][:3], kind
        assert not state or kind in ("resource",) or any(s["from"] is None and s["to"] == state for s in table["steps"]) or \
            not table["steps"], "%s starts as %s" % (kind, state)


def every_field(node, tables, ids):
    """Every field of every table, with a value of its type, is written and comes back as it was."""
    for kind, table in tables.items():
        first = {s["to"] for s in table["steps"] if s["from"] is None and not s["needs"]}
        fields = {}
        for f in table["fields"]:
            states = [t for t in f["tokens"] if t in first]
            if f["type"] == "token":
                fields[f["name"]] = states[0] if f["state"] and states else f["tokens"][-1]
            elif f["type"] == "tokens":
                fields[f["name"]] = f["tokens"]
            elif f["type"] == "object":
                fields[f["name"]] = ids["incident"]
            elif f["type"] == "links":
                fields[f["name"]] = [{"role": r, "object": ids["incident"]} for r in f["tokens"]
                                     if r != "secondary-to"]  # to what it causes as well: that would be a circle
            elif f["type"] != "evidence":
                fields[f["name"]] = {"pair": ["A=b; c", "B=="], "pair-decimal": ["A=-0.5", "B=2"], "ratio": ["A/B=9"]}.get(
                    f["form"], BY_FORM.get(f["name"], BY_TYPE[f["type"]]))
        made = node.post("/v1/records", {"items": [{"op": "create", "kind": kind, "fields": fields}]})["items"][0]
        assert made.get("state") != "refused", "%s: %s" % (kind, made)
        assert shown(node, made["short"])["fields"] == fields, kind
        fits(muster(node, "show", made["short"]), "show " + kind)


def links(node, ids, shorts):
    """What an incident causes and is part of is seen from both ends, and no longer when the link is taken back."""
    def both(name):
        return shown(node, name)["links"]

    def ends(list, field="links"):
        return [(link["role"], link["short"], link["title"]) for link in list if link["field"] == field]

    made = {}
    for name, roles in (("Landslide at km 12", "secondary-to:%s"), ("Road G246 blocked", "part-of:%s"), ("岷江大洪水", "duplicates:%s")):
        out = json.loads(muster(node, "new", "incident", "name=" + name, "phase=active", "category=Geo",
                                "links=" + roles % shorts["incident"], "--json"))
        made[name] = out.get("items", [out])[0]["short"]
    muster(node, "update", shorts["incident"], "links=causes:" + made["Landslide at km 12"])
    slide, flood = made["Landslide at km 12"], both(shorts["incident"])
    assert ends(flood["to"]) == [("causes", slide, "Landslide at km 12")], flood
    assert sorted(ends(flood["from"])) == sorted([
        ("secondary-to", slide, "Landslide at km 12"), ("part-of", made["Road G246 blocked"], "Road G246 blocked"),
        ("duplicates", made["岷江大洪水"], "岷江大洪水"), ("about", shorts["sitrep"], FLOOD["sitrep"]["name"])]), flood
    assert (None, shorts["request"], FLOOD["request"]["name"]) in ends(flood["from"], "incident"), flood
    assert ends(both(slide)["from"]) == [("causes", shorts["incident"], "岷江洪水")]
    page = muster(node, "show", slide)
    fits(page, "show with links")
    assert "→ secondary-to %s, 岷江洪水" % shorts["incident"] in page and "← causes %s, 岷江洪水" % shorts["incident"] in page, page
    muster(node, "update", slide, "links=")
    assert ends(both(slide)["to"]) == [] and slide not in str(both(shorts["incident"])["from"]), "it was taken back"
    nobody = "00" * 16
    muster(node, "update", slide, "links=causes:" + nobody)
    assert both(slide)["to"] == [{"field": "links", "role": "causes", "object": nobody}], "a link to what is not here"


def workflows(node, shorts):
    """Every state that leads nowhere from here is refused with the ones that do."""
    error = refusal(node, "update", shorts["deployment"], "status=arrived", exit=4)
    assert error["code"] == "ESTEP" and "offered leads to committed, refused, withdrawn" in error["message"], error
    error = refusal(node, "update", shorts["deployment"], "status=refused", "reason=", exit=2)
    assert error["code"] == "EMISSING" and "reason" in error["message"], error
    for step in ("committed", "dispatched", "arrived", "released", "returning", "returned"):
        muster(node, "update", shorts["deployment"], "status=" + step, "comments=" + step)
    error = refusal(node, "update", shorts["deployment"], "status=dispatched", exit=4)
    assert error["code"] == "ESTEP" and "is the end of the deployment" in error["message"], error
    assert refusal(node, "new", "request", "name=x", "status=fulfilled", exit=4)["code"] == "ESTEP"
    muster(node, "update", shorts["warning"], "status=verified")
    error = refusal(node, "update", shorts["warning"], "status=issued", "measures=", exit=2)
    assert error["code"] == "EMISSING" and error["message"].startswith("measures"), error
    for phase in ("recovery", "closed", "active"):
        muster(node, "update", shorts["incident"], "phase=" + phase)
    assert shown(node, shorts["deployment"])["fields"]["status"] == "returned"


def examples(node, shorts):
    """The examples that `muster help KIND` prints work as they stand, but for the made-up ids, and the state that the
    records here happen to be in."""
    for kind in FLOOD:
        lines = re.findall(r"(?m)^  (muster .*)$", muster(node, "help", kind).split("\n————\n")[0].split("\nexamples\n")[1])
        assert lines, kind
        for line in lines:
            by_prefix = {s[:3]: s for s in shorts.values()}
            words = shlex.split(re.sub(r"\b([a-z]{3})-[a-z0-9]{5}\b", lambda m: by_prefix[m.group(1)], line))[1:]
            if words[0] == "import":
                continue
            if words[0] == "update" and any(w.startswith(("status=", "stage=")) for w in words):
                words = [w for w in words if not w.startswith(("status=", "stage="))] + ["comments=as in the example"]
            muster(node, *words, "--dry-run")


def main(bin_dir):
    node = Node(bin_dir, "yibin")
    try:
        node.start()
        node.init("Yibin EMB")
        node.post("/v1/spaces", {"name": "flood"})
        tables = {k["name"]: k for k in node.get("/v1/kinds")["items"]}
        tables = {name: t for name, t in tables.items() if name in FLOOD}
        assert len(tables) == len(FLOOD)
        ids, shorts = one_of_each(node)
        screens(node, tables, ids, shorts)
        links(node, ids, shorts)
        every_field(node, tables, ids)
        workflows(node, shorts)
        examples(node, shorts)
        assert node.stop() == 0
    finally:
        node.close()
    print("ok")


if __name__ == "__main__":
    main(sys.argv[1])
