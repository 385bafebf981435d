#!/usr/bin/env python3
"""Whatever a person or a program gets of an exercise space says so: every verb, in every form that it has.

usage: exercise.py BIN_DIR

The table below names every verb of `muster help`; one that is missing fails the test, so that a new verb is looked at.  A row is
what the verb is called with; it is run in every form, and what it answers must say EXERCISE.  A verb that shows
nothing of a space has its reason instead.
"""
import csv
import io
import json
import os
import subprocess
import sys

from nodes import Node, join, wait_for

MARK = "EXERCISE 演练"

# What comes of writing is one line about the record that was written, or a question: no screen of the space.
WRITES = "writes; its answer names the record alone"
NODE = "is about this node, not about a space"
FILE = "a file of sealed bytes, or of a card"
FORMS = ("table", "json", "csv", "tsv", "ndjson")

VERBS = {
    "status": ["status"],
    "list": ["list", "incidents"],
    "search": ["search", "dike"],
    "todo": ["todo"],
    "sitrep": ["sitrep", "INC"],
    "log": ["log", "INC"],
    "watch": ["watch", "--after", "CURSOR", "--count", "1"],
    "show": ["show", "INC"],
    "history": ["history", "INC"],
    "holders": ["holders", "INC"],
    "evaluate": ["evaluate", "INC"],
    "ahp": ["ahp", "IND"],
    "ahp verify": ["ahp", "verify", "IND"],
    "score": ["score", "IND", "L=0.5", "S=1", "--try"],
    "score verify": ["score", "verify", "ASS"],
    "digest": ["digest"],
    "explain": ["explain", "zhaotong", "INC"],
    "gaps": ["gaps"],
    "allocate": ["allocate", "Boats"],
    "allocate verify": "reads a file: what it was made from says whose it is",
    "quantities": ["quantities"],
    "alarms": ["alarms"],
    "space list": ["space", "list"],
    "space show": ["space", "show", "drill"],
    "space log": ["space", "log"],
    "export": ["export", "incidents"],
    "prove": FILE,
    "verify": "reads a file: the unit tests of proofs look at its mark",
}
for verb in ("new alert update propose accept decline transfer take resolve retract supersede share attach erase hold unhold request "
             "offer commit refuse withdraw dispatch arrive release return mint grant cover reclaim import").split():
    VERBS[verb] = WRITES
for verb in "right remove suspend lift policy approve rotate leave cut reassign create use retain retention".split():
    VERBS["space " + verb] = WRITES
for verb in ("init card invite join pending confirm check audit help completion version key doctor backup restore metrics bench maintenance config retention "
             "reload").split():
    VERBS[verb] = NODE
FAMILIES = {"peer": NODE, "pending": NODE, "key": NODE, "config": NODE, "compact": NODE, "upgrade": NODE, "card": NODE, "agreement": "agreements are about spaces, not in one alone",
            "bundle": FILE, "attach": FILE, "operator": NODE, "node": NODE, "space": WRITES,
            "task": WRITES, "alarms": WRITES}

# Forms of export: what stands in a file of an exercise.
EXPORTS = {"ndjson": "\"exercise\":true", "geojson": "\"exercise\":true", "csv": "EXERCISE", "hxl": "EXERCISE", "cap": "Exercise", "atom": "EXERCISE",
           "edxl-rm": "Exercise", "edxl-have": "EXERCISE"}


def run(node, *words):
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})
    return done.returncode, done.stdout, done.stderr


def verbs(node):
    """Every verb that help names: lines of two spaces, the verb, and what it does; a long one stands alone."""
    names, verbs_part = [], run(node, "help")[1].split("\noptions, ")[0]
    for line in verbs_part.splitlines():
        if line.startswith("  ") and line[2:3].isalpha():
            names.append(line[2:].split("  ")[0].strip())
    return names


def marked(form, out):
    """Does what a program or a person reads say that it is an exercise?"""
    if form == "json":
        return '"exercise":true' in json.dumps(json.loads(out), separators=(",", ":"))
    if form == "ndjson":
        return all('"exercise":true' in line.replace(": ", ":") for line in out.splitlines())
    if form in ("csv", "tsv"):  # in each line: the mark, or in a table of several spaces its own column; todo says what is of the node alone
        rows = list(csv.DictReader(io.StringIO(out), delimiter="," if form == "csv" else "\t"))
        return all(row.get("exercise") in (MARK, "true") or row.get("source") == "partners" for row in rows)
    return "EXERCISE" in out or '"exercise":true' in out  # export without -o gives lines of JSON


def every_verb(node, names, wrong):
    for verb in verbs(node):
        row = VERBS.get(verb, FAMILIES.get(verb.split()[0]))
        if row is None:
            wrong.append("muster %s is not in the table of this test: say how it is called, or why it shows nothing of a space" % verb)
            continue
        if isinstance(row, str):
            continue
        words = [names.get(word, word) for word in row]
        for form in FORMS:
            if verb == "export" and form != "table":
                continue  # each of its forms below
            code, out, err = run(node, *words, *([] if form == "table" else ["-o", form]))
            if code == 2 and form in ("csv", "tsv"):
                continue  # it has no table (forms.py)
            if code == 0 and not out and form == "ndjson":
                continue  # a list of nothing
            if code != 0 or not out:
                wrong.append("%s (%s) ends with %d: %s" % (" ".join(words), form, code, err))
            elif verb == "alarms" and form == "json" and not json.loads(out)["items"]:
                pass  # it is of all spaces: each alarm has its mark, and here is none
            elif not marked(form, out):
                wrong.append("%s (%s) does not say EXERCISE:\n%s" % (" ".join(words), form, out[:600]))


def every_export(node, names, wrong):
    for form, mark in EXPORTS.items():
        words = ["export", "incidents" if form in ("ndjson", "geojson", "csv", "hxl", "cap", "atom") else "resources", "-o", form]
        code, out, err = run(node, *words)
        if code != 0:
            wrong.append("%s ends with %d: %s" % (" ".join(words), code, err))
        elif mark not in out.replace(": ", ":"):
            wrong.append("%s has no \"%s\":\n%s" % (" ".join(words), mark, out[:600]))
    for words in (["sitrep", names["INC"], "--html"], ["log", names["INC"], "--html"]):
        if MARK not in run(node, *words)[1]:
            wrong.append("%s does not say EXERCISE" % " ".join(words))
    if "EXERCISE" not in run(node, "list", "-o", "id")[2]:
        wrong.append("list -o id says nothing beside the ids")
    for line in node.call("GET", "/v1/feed", raw=True)[1].splitlines():
        if line and not json.loads(line)["exercise"]:
            wrong.append("a line of the feed: %s" % line)


def main(bin_dir):
    nodes = [Node(bin_dir, name) for name in ("yibin", "zhaotong")]
    try:
        for node in nodes:
            node.start()
            node.init()
        yibin, zhaotong = nodes
        yibin.post("/v1/spaces", {"name": "drill", "exercise": True})
        join(yibin, zhaotong, "drill")
        wait_for("the exercise is there", lambda: zhaotong.get("/v1/spaces/drill")["exercise"])
        incident = yibin.post("/v1/records", {"items": [{"op": "create", "kind": "incident", "exercise": True, "fields": {
            "name": "Dike breach", "phase": "active", "category": ["Geo"], "severity": "Extreme", "urgency": "Immediate",
            "certainty": "Observed", "area": ["CIRCLE 28.77,104.62 5"]}}]})["items"][0]["short"]
        request = {"name": "Boats", "status": "submitted", "quantity": "12", "unit": "{boat}", "incident": incident}
        stock = {"name": "Clinic", "quantity": "40", "unit": "{tent}", "beds_total": 3, "facility_status": "Normal", "lat": "28.7",
                 "lon": "104.6"}
        rated = {"name": "Risk", "status": "Draft", "indicators": ["L=level", "S=people"], "matrix": ["L/S=2"], "weights": ["L=0.667", "S=0.333"],
                 "aggregation": "weighted-sum"}
        for kind, fields in (("request", request), ("resource", stock), ("indicator-set", rated)):
            got = yibin.post("/v1/records", {"items": [{"op": "create", "kind": kind, "exercise": True, "fields": fields}]})
        rated = json.loads(run(yibin, "score", got["items"][0]["short"], "L=0.5", "S=1", "--json")[1])["short"]
        first = json.loads(yibin.call("GET", "/v1/feed", raw=True)[1].splitlines()[0])
        wrong = []
        every_verb(yibin, {"INC": incident, "IND": got["items"][0]["short"], "ASS": rated, "CURSOR": first["cursor"]}, wrong)
        every_export(yibin, {"INC": incident}, wrong)
        assert marked("csv", "exercise,b\n%s,1" % MARK) and not marked("csv", "a,b\n1,2") and not marked("json", '{"exercise":false}')
        assert not wrong, "\n".join(wrong)
    finally:
        for node in nodes:
            node.close()
    print("exercise: every verb, form, export and feed says that it is one")


if __name__ == "__main__":
    main(sys.argv[1])
