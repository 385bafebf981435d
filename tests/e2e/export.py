#!/usr/bin/env python3
"""What came in goes out again: every format of muster export from a running node, read back with other eyes.

usage: export.py BIN_DIR
"""
import csv
import json
import os
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as xml

from nodes import Node

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
DE = "{urn:oasis:names:tc:emergency:EDXL:DE:1.0}"
ALERT = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>a-1</identifier><sender>ops@flood.example</sender>
<sent>2026-05-12T14:28:01+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><category>Met</category><event>flood</event><urgency>Expected</urgency><severity>Severe</severity>
<certainty>Likely</certainty><headline>Flood &amp; rain</headline><area><areaDesc>Leshan</areaDesc>
<polygon>29.5,103.7 29.6,103.7 29.6,103.8 29.5,103.7</polygon></area></info></alert>
"""


def muster(node, *words, exit=0):
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, cwd=node.root,
                          env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})
    assert done.returncode == exit, "muster %s: exit %d instead of %d\n%s%s" % (
        " ".join(words), done.returncode, exit, done.stdout, done.stderr)
    return done.stdout, done.stderr


def elements(text):
    """[(path, text)] of an XML document, in order."""
    found = []

    def walk(element, path):
        path += "/" + element.tag
        found.append((path, (element.text or "").strip()))
        for child in element:
            walk(child, path)
    walk(xml.fromstring(text), "")
    return found


def cap(node):
    with open(os.path.join(node.root, "a.xml"), "w") as file:
        file.write(ALERT)
    muster(node, "import", "a.xml")
    item = node.get("/v1/objects?kind=incident")["items"][0]
    out = muster(node, "export", item["short"], "-o", "cap")[0]
    was, now = elements(ALERT), elements(out)
    assert [e for e in was if e not in now] == [], (was, now)
    assert {path.rsplit("/", 1)[1] for path, text in now if (path, text) not in was} <= {CAP + "language"}, now
    assert muster(node, "export", item["id"], "-o", "cap", "--original")[0] == ALERT

    # Changed here, it is another message: a new identifier that names the old one.
    muster(node, "update", item["short"], "severity=Extreme")
    changed = dict(elements(muster(node, "export", item["short"], "-o", "cap")[0]))
    top = "/" + CAP + "alert/" + CAP
    assert changed[top + "identifier"] == "muster.%s.2" % item["id"], changed
    assert changed[top + "msgType"] == "Update" and changed[top + "sender"] == "anna", changed
    assert changed[top + "references"] == "ops@flood.example,a-1,2026-05-12T14:28:01+08:00", changed
    assert changed[top + "info/" + CAP + "severity"] == "Extreme", changed


def maps(node):
    muster(node, "new", "resource", "name=Tents", "quantity=40", "unit={tent}", "lat=28.5", "lon=104.25", "tlp=TLP:AMBER")
    shapes = json.loads(muster(node, "export", "-o", "geojson")[0])
    assert [f["geometry"]["type"] for f in shapes["features"]] == ["Polygon", "Point"], shapes
    assert shapes["features"][1]["geometry"]["coordinates"] == [104.25, 28.5] and shapes["exercise"] is False
    muster(node, "export", "-o", "gpkg", "-O", "map.gpkg")
    with sqlite3.connect(os.path.join(node.root, "map.gpkg")) as db:
        assert db.execute("SELECT name, quantity, tlp FROM resource").fetchall() == [("Tents", "40", "TLP:AMBER")]
        assert db.execute("SELECT count(*) FROM rtree_incident_geom").fetchone() == (1,)
    assert "exists already" in muster(node, "export", "-o", "gpkg", "-O", "map.gpkg", exit=8)[1]
    muster(node, "export", "-o", "gpkg", "-O", "map.gpkg", "--yes")
    assert sorted(f for f in os.listdir(node.root) if "gpkg" in f) == ["map.gpkg"]
    muster(node, "export", "-o", "gpkg", exit=2)
    muster(node, "export", "-o", "gpkg", "-O", "nowhere/map.gpkg", exit=3)


def tables(node):
    muster(node, "new", "resource", "name==HYPERLINK(1)", "quantity=1")
    rows = list(csv.reader(muster(node, "export", "resources", "-o", "hxl")[0].splitlines()))
    assert rows[0][:2] == ["id", "name"] and rows[1][:2] == ["#meta+id", "#item+name"]
    assert [row[1] for row in rows[2:]] == ["Tents", "'=HYPERLINK(1)"], rows
    assert all(len(row) == len(rows[0]) for row in rows)
    marked = muster(node, "export", "resources", "-o", "csv", "--excel")[0]
    assert marked.startswith("\ufeffid,name"), marked[:20]
    assert "which kind" in muster(node, "export", "-o", "csv", exit=2)[1]
    lines = [json.loads(line) for line in muster(node, "export", "resources", "quantity=40", "-o", "ndjson")[0].splitlines()]
    assert [line["fields"]["name"] for line in lines] == ["Tents"]
    assert muster(node, "export", "--since", "2000d")[0].count("\n") == 3
    assert muster(node, "export", "--since", "2099-01-01T00:00:00Z")[0] == ""
    muster(node, "export", "--since", "yesterday", exit=2)


def messages(node):
    muster(node, "new", "resource", "name=City hospital", "beds_total=100", "beds_available=7", "tlp=TLP:RED")
    muster(node, "new", "request", "name=Boats", "status=submitted", "quantity=12", "unit={boat}")
    for form, tag in (("edxl-rm", "{urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg}RequestResource"),
                      ("edxl-have", "{urn:oasis:names:tc:emergency:EDXL:HAVE:1.0}HospitalStatus")):
        root = xml.fromstring(muster(node, "export", "-o", form)[0])
        assert root.findtext(DE + "combinedConfidentiality") == "TLP:RED"
        assert len(list(root.iter(tag))) == 1, form
    assert "no place for the kind incident" in muster(node, "export", "incidents", "-o", "edxl-have", exit=2)[1]


def released(node):
    muster(node, "new", "incident", "name=ours alone", "phase=active", "category=Geo")
    feed = xml.fromstring(muster(node, "export", "-o", "atom")[0])
    entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 1 and "ours alone" not in xml.tostring(feed, "unicode")
    assert len(list(entries[0].iter(CAP + "alert"))) == 1
    muster(node, "export", "-o", "cap", "-O", "alerts/")
    assert len(os.listdir(os.path.join(node.root, "alerts"))) == 2
    assert "several" in muster(node, "export", "-o", "cap", exit=2)[1]
    muster(node, "export", "inc-zzzzz", "-o", "cap", exit=3)
    assert "form of muster export" in muster(node, "list", "-o", "cap", exit=2)[1]


def main():
    node = Node(os.path.abspath(sys.argv[1]), "anna")
    try:
        node.start()
        node.init()
        node.post("/v1/spaces", {"name": "flood"})
        for part in (cap, maps, tables, messages, released):
            part(node)
            print("ok", part.__name__, flush=True)
    except BaseException:
        print(node.tail(), file=sys.stderr)
        raise
    finally:
        node.close()


main()
