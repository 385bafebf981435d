#!/usr/bin/env python3
"""What came in goes out again: every format of muster export from a running node, read back with other eyes.

usage: export.py BIN_DIR
"""
import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as xml

from nodes import Node

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
DE = "{urn:oasis:names:tc:emergency:EDXL:DE:1.0}"
GRAMMAR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "schema", "cap12.rng")
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
    assert exit is None or done.returncode == exit, "muster %s: exit %d instead of %d\n%s%s" % (
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


def message(node, id, version=None):
    """(what it is called as a reference, its type, what it names) of an incident's alert as it goes out now; of an earlier version
    its name alone."""
    text = muster(node, "export", id, "-o", "cap")[0]
    root = xml.fromstring(text)
    if version:
        return next(name for name in root.findtext(CAP + "references").split() if ",muster.%s.%d," % (id, version) in name)
    if shutil.which("xmllint"):
        done = subprocess.run(["xmllint", "--noout", "--relaxng", GRAMMAR, "-"], input=text, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (done.stderr, text)
    parts = [root.findtext(CAP + name) for name in ("sender", "identifier", "sent", "msgType", "references")]
    return ",".join(parts[:3]), parts[3], (parts[4] or "").split()


def corrections(node):
    """A chain of messages: each names all that it follows, the last takes them back; and whoever takes its place names it too."""
    id = json.loads(muster(node, "new", "incident", "name=Breach at km 4", "phase=active", "category=Geo", "--json")[0])["items"][0]["object"]
    chain = [message(node, id)]
    assert chain[0][1:] == ("Alert", []), chain
    for change in ("severity=Severe", "severity=Extreme"):
        muster(node, "update", id, change)
        chain.append(message(node, id))
    muster(node, "retract", id, "--reason", "it was another dike")
    chain.append(message(node, id))
    assert [m[1] for m in chain] == ["Alert", "Update", "Update", "Cancel"], chain
    for at, (name, _, names) in enumerate(chain):
        assert names == [m[0] for m in chain[:at]], (at, chain)
        assert name not in names
    assert len({m[0] for m in chain}) == 4, "two texts under one name"
    # A message that came in, withdrawn here: its own name is the one that is taken back.
    came = node.get("/v1/objects?kind=incident&identifier=a-1")["items"][0]["id"]
    muster(node, "retract", came, "--reason", "a test transmission")
    name, kind, names = message(node, came)
    assert kind == "Cancel" and names[0] == "ops@flood.example,a-1,2026-05-12T14:28:01+08:00" and len(names) == 2, names
    assert muster(node, "export", came, "-o", "cap", "--original", exit=None)[0] == "", "the withdrawn text goes out as if it held"
    # Releases carry the three as one text; a correction of one names it.
    wrong, right = (json.loads(muster(node, "new", "release", "name=" + text, "status=draft", "text=" + text, *more, "--json")[0])
                    ["items"][0]["object"] for text, more in (
                        ("1200 evacuated", ["identifier=info@yibin.example,r-1,2026-07-01T06:00:00+08:00"]),
                        ("120 evacuated", ["msg_type=Update", "identifier=info@yibin.example,r-2,2026-07-01T07:00:00+08:00"])))
    last = json.loads(muster(node, "new", "release", "name=119 evacuated", "status=draft", "msg_type=Update", "--json")[0])["items"][0]["object"]
    muster(node, "supersede", wrong, "--by", right, "--reason", "a nought too many")
    muster(node, "supersede", right, "--by", last, "--reason", "counted again")
    said = {json.loads(line)["id"]: json.loads(line)["fields"].get("references")
            for line in muster(node, "export", "releases", "-o", "ndjson")[0].splitlines()}
    assert said[right] == ["info@yibin.example,r-1,2026-07-01T06:00:00+08:00"], said
    assert said[last] == ["info@yibin.example,r-2,2026-07-01T07:00:00+08:00"], said


def standing(messages):
    """What stands for somebody who gets them in that order: CAP 1.2 (3.2.1): an Update supersedes, a Cancel takes back what it names,
    whether it came before or comes after."""
    names = {name for _, _, references in messages for name in references}
    return [name for name, kind, _ in messages if kind in ("Alert", "Update") and name not in names]


def successions(node):
    """An alert that takes the place of others names their messages, their Cancels too: whoever gets all, in whatever order, is left
    with the successor; whoever gets the Cancel first is not left with a hazard that is said to be over and nothing else."""
    def new(name):
        return json.loads(muster(node, "new", "incident", "name=" + name, "phase=active", "category=Geo", "--json")[0])["items"][0]["object"]

    one, two, last = new("Slide at km 4"), new("Slide at km 5"), new("Slides, km 4 to 5")
    sent = {id: [message(node, id)] for id in (one, two, last)}
    muster(node, "update", one, "severity=Severe")
    sent[one].append(message(node, one))
    muster(node, "supersede", one, "--by", last, "--reason", "one slide")
    for id in (one, last):
        sent[id].append(message(node, id))
    cancel, update = sent[one][2], sent[last][1]
    assert cancel[1:] == ("Cancel", [m[0] for m in sent[one][:2]]), cancel
    assert update[1] == "Update" and set(update[2]) == {m[0] for m in sent[one]} | {sent[last][0][0]}, update
    assert ",muster.%s.1.1," % last in update[0], update
    note = xml.fromstring(muster(node, "export", one, "-o", "cap")[0]).findtext(CAP + "note")
    assert note == "Superseded by muster." + last, note
    # Changed, it is the next version, and names that one as well; the second whose place it takes comes on top.
    muster(node, "update", last, "severity=Extreme")
    sent[last].append(message(node, last))
    assert ",muster.%s.2.1," % last in sent[last][2][0] and set(sent[last][2][2]) == set(update[2]) | {update[0]}, sent[last]
    muster(node, "supersede", two, "--by", last, "--reason", "one slide")
    for id in (two, last):
        sent[id].append(message(node, id))
    assert {m[0] for m in sent[two]} <= set(sent[last][3][2]) and sent[last][3][1] == "Update", sent[last]
    # A third one takes its place: it names all of them, over both steps.
    final = new("Valley closed")
    sent[final] = [message(node, final)]
    muster(node, "supersede", last, "--by", final)
    for id in (last, final):
        sent[id].append(message(node, id))
    assert sent[last][-1][1] == "Cancel" and sent[final][-1][1] == "Update"
    assert set(sent[final][-1][2]) == {m[0] for id in (one, two, last) for m in sent[id]} | {sent[final][0][0]}, sent[final]
    everything = [m for id in sent for m in sent[id]]
    assert len({m[0] for m in everything}) == len(everything), "two texts under one name"
    for order in (everything, everything[::-1], sorted(everything)):
        assert standing(order) == [sent[final][-1][0]], standing(order)
    # Made to count again, the old one is an Update of its own, and the successor what it was.
    muster(node, "update", last, "severity=Minor", "--again")
    again = message(node, last)
    assert again[1] == "Update" and sent[last][-1][0] in again[2], again
    assert message(node, final) == sent[final][0], message(node, final)
    # Each in the place of the other cannot be written here; of what another agency wrote apart none holds (refusals.py).


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


def entries(node):
    """{title: its alert} of the feed of what is released."""
    atom = "{http://www.w3.org/2005/Atom}"
    feed = xml.fromstring(muster(node, "export", "-o", "atom")[0])
    return {entry.findtext(atom + "title"): entry.find(atom + "content")[0] for entry in feed.findall(atom + "entry")}


def releases(node):
    """A text for the public is a message once it is published; a correction names it, a withdrawal takes it back."""
    def new(*words):
        return json.loads(muster(node, "new", "release", "status=draft", "tlp=TLP:CLEAR", *words, "--json")[0])["items"][0]["object"]

    def publish(id, at="2026-07-01T08:00:00+08:00"):
        for step in (["verified"], ["approved"], ["published", "published_at=" + at]):
            muster(node, "update", id, "status=" + step[0], *step[1:])

    first = new("name=Evacuation, 08:00", "text=1200 people have left", "claims=evacuated=1200;as of=08:00", "audience=Nanxi;Cuiping")
    out, said = muster(node, "export", first, "-o", "cap", exit=4)
    assert "<alert" not in out and "never published" in said, said
    assert "Evacuation, 08:00" not in entries(node)
    publish(first)
    alert = entries(node)["Evacuation, 08:00"]
    info = alert.find(CAP + "info")
    assert alert.findtext(CAP + "msgType") == "Alert" and alert.findtext(CAP + "scope") == "Public", "of the public"
    assert [info.findtext(CAP + n) for n in ("headline", "description", "audience", "effective")] == [
        "Evacuation, 08:00", "1200 people have left", "Nanxi; Cuiping", "2026-07-01T08:00:00+08:00"]
    assert [(p.findtext(CAP + "valueName"), p.findtext(CAP + "value")) for p in info.findall(CAP + "parameter")] == [
        ("evacuated", "1200"), ("as of", "08:00")]
    name, kind, names = message(node, first)
    assert (kind, names) == ("Alert", []) and "muster.%s.1" % first in name, (name, kind, names)

    # The one that puts it right names it; the wrong one, marked corrected, is an update of its own.
    second = new("name=Evacuation, 09:00", "text=120 people have left", "corrects=" + first)
    publish(second)
    right, kind, names = message(node, second)
    assert (kind, names) == ("Update", [name]), (kind, names)
    muster(node, "update", first, "status=corrected", "reason=a nought too many")
    assert message(node, first)[1:] == ("Update", [name])
    assert {"Evacuation, 08:00", "Evacuation, 09:00"} <= set(entries(node))
    muster(node, "update", second, "status=withdrawn", "reason=nobody knows")
    assert message(node, second)[1] == "Cancel" and right in message(node, second)[2], message(node, second)
    assert entries(node)["Evacuation, 09:00"].findtext(CAP + "msgType") == "Cancel"

    # What was withdrawn as a draft was never said; nor is what is retracted before it was.
    never = new("name=Never")
    muster(node, "update", never, "status=withdrawn")
    assert "never published" in muster(node, "export", never, "-o", "cap", exit=4)[1]
    muster(node, "retract", new("name=Neither"), "--reason", "a test")
    assert not {"Never", "Neither"} & set(entries(node))
    # What another one has taken the place of does not hold any more, under whatever name it went out.
    old, new_one = new("name=Old", "text=x"), new("name=Instead", "text=y")
    for id in (old, new_one):
        publish(id)
    was = message(node, old)[0]
    muster(node, "supersede", old, "--by", new_one, "--reason", "a nought too many")
    assert message(node, old)[1:] == ("Cancel", [was]), message(node, old)
    assert entries(node)["Old"].findtext(CAP + "msgType") == "Cancel" and entries(node)["Instead"].findtext(CAP + "msgType") == "Update"
    assert message(node, new_one)[2] == [message(node, new_one, 1), was, message(node, old)[0]], message(node, new_one)
    # In the place of a draft, which was never said, it follows nothing; what another one's draft is to replace is taken back all the
    # same, and the draft names it from its first message on.
    draft, plain, next_one = new("name=Draft", "text=x"), new("name=Plain", "text=y"), new("name=Next", "text=z")
    publish(plain)
    muster(node, "supersede", draft, "--by", plain)
    assert message(node, plain)[1:] == ("Alert", []), message(node, plain)
    assert "never published" in muster(node, "export", draft, "-o", "cap", exit=4)[1]
    muster(node, "supersede", plain, "--by", next_one)
    taken_back = message(node, plain)
    assert taken_back[1] == "Cancel" and "never published" in muster(node, "export", next_one, "-o", "cap", exit=4)[1]
    publish(next_one)
    name, kind, names = message(node, next_one)
    assert kind == "Update" and ",muster.%s.1," % next_one in name and names == taken_back[2] + [taken_back[0]], (name, kind, names)
    # One that corrects another and is put in its place names each of its messages once.
    wrong, right = new("name=Wrong", "text=x"), None
    publish(wrong)
    right = new("name=Right", "text=y", "corrects=" + wrong)
    publish(right)
    muster(node, "supersede", wrong, "--by", right)
    names = message(node, right)[2]
    assert len(names) == len(set(names)) == 3 and message(node, wrong)[0] in names, names
    # Under embargo it is nobody's yet; with a label it is not everybody's.
    later = new("name=Later", "text=x", "embargo_until=2099-01-01T00:00:00Z")
    publish(later)
    assert "not be told before 2099" in muster(node, "export", later, "-o", "cap", exit=4)[1]
    muster(node, "update", later, "tlp=TLP:GREEN", "embargo_until=")
    assert message(node, later)[1] == "Update" and "Later" not in entries(node)
    # Under the name by which it went out.
    named = new("name=Named", "text=x", "identifier=info@yibin.example,r-9,2026-07-01T06:00:00+08:00")
    publish(named)
    assert message(node, named)[0] == "info@yibin.example,r-9,2026-07-01T06:00:00+08:00", message(node, named)


def main():
    node = Node(os.path.abspath(sys.argv[1]), "anna")
    try:
        node.start()
        node.init()
        node.post("/v1/spaces", {"name": "flood"})
        for part in (cap, maps, tables, messages, released, corrections, successions, releases):
            part(node)
            print("ok", part.__name__, flush=True)
    except BaseException:
        print(node.tail(), file=sys.stderr)
        raise
    finally:
        node.close()


main()
