#!/usr/bin/env python3
"""What one node exports another one imports: every format and field; imports that are interrupted; files that are wrong.

usage: imports.py BIN_DIR
"""
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys

from cli import answer, error, muster
from nodes import Node, wait_for

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
ROWS = 20000
MEMORY = 11 << 20
HOSTILE = "=1+1 \"q\", ;\\ <b>&amp;</b> '); DROP TABLE x; -- \u202egnp \u5b9c\u5bbe\nline"


def said_by(node, *words, exit=0):
    """What it says beside its answer, on one line."""
    return " ".join(muster(node, *words, exit=exit)[1].split())


def path(node, name):
    return os.path.join(node.root, name)


def space(node, name, **more):
    node.post("/v1/spaces", dict(name=name, **more))


def fields(node, name):
    """{object's name: its fields, without the alias that an import adds}, of all objects of a space."""
    lines = muster(node, "--space", name, "export", "-o", "ndjson")[0].splitlines()
    found = {}
    for line in map(json.loads, lines):
        line["fields"].pop("alias", None)
        found[line["fields"]["name"]] = dict(line["fields"], kind=line["kind"])
    return found


def write_objects(a):
    space(a, "home")
    muster(a, "new", "incident", "name=Min river " + HOSTILE.replace("\n", " "), "phase=active", "category=Met;Geo", "headline=" + HOSTILE,
           "area=POLYGON 10,20 10,21 11,21 10,20", "location=28.5,104.25", "affected=1200", "onset=2026-05-01T08:00:00+08:00",
           "parameter=a=b;c")
    muster(a, "new", "resource", "name=Tents", "quantity=40.50", "unit={tent}", "lat=28.5", "lon=104.25", "comments=" + HOSTILE,
           "tlp=TLP:AMBER", "beds_total=7")
    muster(a, "new", "request", "name=Boats", "status=submitted", "quantity=12", "substitutes=raft\\;boat;canoe",
           "deliver_point=1,2", "beneficiaries=12", "justification=" + HOSTILE)
    muster(a, "new", "request", "name=Closed", "status=submitted")
    muster(a, "update", a.get("/v1/objects?kind=request&space=home&limit=1")["items"][0]["id"], "status=cancelled")
    return fields(a, "home")


def round_trips(a, b):
    was = write_objects(a)
    assert len(was) == 4 and was["Closed"]["status"] == "cancelled", was
    files = {"ndjson": ["-o", "ndjson"], "geojson": ["-o", "geojson"]}
    for kind in ("incident", "resource", "request"):
        files[kind + ".csv"] = [kind, "-o", "csv"]
        files[kind + ".hxl"] = [kind, "-o", "hxl"]
    for name, words in files.items():
        muster(a, "--space", "home", "export", *words, "-O", path(a, name))
    for group in (["ndjson"], ["geojson"], [n for n in files if n.endswith("csv")], [n for n in files if n.endswith("hxl")]):
        space(b, group[0])
        said = said_by(b, "--space", group[0], "import", *[path(a, n) for n in group])
        now = fields(b, group[0])
        assert "in a state that only steps of a workflow reach" in said, said
        assert now.pop("Closed") == {"name": "Closed", "status": "draft", "comments": "status: cancelled", "kind": "request"}
        before = {name: dict(each) for name, each in was.items() if name != "Closed"}
        assert now == before, (group, [(k, before.get(k), now.get(k)) for k in set(before) | set(now) if before.get(k) != now.get(k)])
        again = answer(b, "--space", group[0], "import", *[path(a, n) for n in group])
        assert (again["stored"], again["existing"], again["refused"]) == (0, 4, 0), again
        home = answer(a, "--space", "home", "import", *[path(a, n) for n in group])
        assert (home["stored"], home["existing"]) == (0, 4), "what comes back to where it is from is doubled: %s" % home
    forced = error(b, "--space", "ndjson", "import", path(a, "ndjson"), "--format", "gpkg", exit=2)
    assert "--format is one of" in forced["message"], forced
    assert "no JSON" in said_by(b, "--space", "ndjson", "import", path(a, "ndjson"), "--format", "geojson", exit=1)


def messages(a, b):
    """A request goes out as EDXL-RM, is answered by a message, and the answer names it here."""
    space(b, "partner")
    asked = a.get("/v1/objects?kind=request&space=home&status=submitted")["items"][0]
    muster(a, "--space", "home", "export", asked["id"], "-o", "edxl-rm", "-O", path(a, "ask.xml"))
    muster(b, "--space", "partner", "import", path(a, "ask.xml"))
    got = b.get("/v1/objects?kind=request&space=partner")["items"][0]["fields"]
    assert (got["name"], got["quantity"], got["status"], got["requester"]) == ("Boats", "12", "submitted", "a"), got
    uuid = asked["id"]
    uuid = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
    with open(path(a, "reply.xml"), "w") as file:
        file.write("""<ResponseToRequestResource xmlns="urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg"
            xmlns:rm="urn:oasis:names:tc:emergency:EDXL:RM:1.0"><MessageID>b-1</MessageID>
            <PrecedingMessageID>urn:uuid:%s</PrecedingMessageID><ResourceInformation><ResponseInformation>
            <rm:ResponseType>Accept</rm:ResponseType></ResponseInformation><Resource><Name>Boats of B</Name></Resource>
            <AssignmentInformation><Quantity><rm:MeasuredQuantity><rm:Amount>8</rm:Amount></rm:MeasuredQuantity></Quantity>
            </AssignmentInformation></ResourceInformation></ResponseToRequestResource>""" % uuid)
    muster(a, "--space", "home", "import", path(a, "reply.xml"))
    offer = a.get("/v1/objects?kind=deployment&space=home")["items"][0]
    assert (offer["fields"]["status"], offer["fields"]["request"], offer["fields"]["quantity"]) == ("offered", asked["id"], "8")
    assert offer["id"] in json.dumps(a.get("/v1/objects/%s?space=home" % asked["id"])["links"]), "the answer is not at its request"
    space(a, "drill", exercise=True)
    muster(a, "--space", "drill", "new", "request", "name=Drill", "status=submitted")
    muster(a, "--space", "drill", "export", "requests", "-o", "edxl-rm", "-O", path(a, "drill.xml"))
    assert "exercise" in said_by(b, "--space", "partner", "import", path(a, "drill.xml"), exit=1)


def stock(file, rows):
    with open(file, "w") as out:
        out.write("Item Name,Quantity,Unit,Warehouse\n")
        for i in range(rows):
            out.write("Tent %d,%d,pcs,Depot %d\n" % (i, i % 90, i % 7))
    return file


def begin(node, name, file, *words):
    return subprocess.Popen([os.path.join(node.bin, "muster"), "--socket", node.socket, "--space", name, "import", file, *words],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})


def objects(node, name):
    return node.digest(name)[1]


def interrupted(node):
    file = stock(path(node, "big.csv"), ROWS)
    for name, hurt in (("stopped", signal.SIGINT), ("killed", signal.SIGKILL)):
        space(node, name)
        work = begin(node, name, file)
        wait_for("a first batch is in", lambda: objects(node, name), step=0.002)
        work.send_signal(hurt)
        said = " ".join("".join(work.communicate(timeout=60)).split())
        here = objects(node, name)
        assert 0 < here < ROWS, "it was over before it could be interrupted: %d" % here
        if hurt == signal.SIGINT:
            assert work.returncode == 130 and "stopped by you after %d objects" % here in said, (work.returncode, said)
        else:
            assert work.returncode == -signal.SIGKILL
        whole(node, name, file, here)
    space(node, "gone")
    work = begin(node, "gone", file, "--json")
    wait_for("a first batch is in", lambda: objects(node, "gone"), step=0.002)
    node.kill()
    out, said = work.communicate(timeout=60)
    assert work.returncode == 6 and "broke off after" in said and "nothing is doubled" in " ".join(said.split()), (work.returncode, said)
    got = json.loads(out)
    assert got["interrupted"] and got["files"][0]["format"] == "stock", got
    node.start()
    here = objects(node, "gone")
    assert 0 < got["stored"] <= here, "what was told as stored is not there: %d of %d" % (here, got["stored"])
    whole(node, "gone", file, here)


def whole(node, name, file, here):
    """The same again: what is here is recognised, and all of it is here in the end, once."""
    done = answer(node, "--space", name, "import", file)
    assert done["existing"] >= here and done["stored"] + done["existing"] == ROWS and not done["interrupted"], (here, done)
    assert objects(node, name) == ROWS


def streams(node):
    """A file of more bytes than its writer may have memory: objects go through it, page by page."""
    if not os.path.exists(os.path.join(node.bin, "..", "lib", "muster-test-stick.so")):
        print("not tried: a sanitizer needs more memory than that")
        return
    for form, least in (("ndjson", MEMORY), ("geojson", 0), ("sql", MEMORY)):
        done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, "--space", "stopped", "export", "-o", form],
                              stdin=subprocess.DEVNULL, capture_output=True, env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""},
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)), timeout=120)
        assert done.returncode == 0 and len(done.stdout) > least, (form, len(done.stdout), done.stderr[-300:])


def wrong_files(node):
    space(node, "wrong")
    good = b"Item Name,Quantity\nTent,1\n"
    files = os.path.join(node.root, "wrong")
    os.mkdir(files)
    rows = [  # name, bytes, options, exit, what is said
        ("empty.csv", b"", [], 1, "the file is empty"),
        ("spaces.csv", b" \n\r\n", [], 1, "the file is empty"),
        ("heads.csv", b"Item Name,Quantity\n", [], 0, "nothing in it"),
        ("bom.csv", b"\xef\xbb\xbf" + good, [], 0, ""),
        ("ends.csv", b"Item Name,Quantity\r\nA,1\nB,2\rC,3\r\n", [], 0, ""),
        ("latin.csv", b"Item Name,Quantity\nCaf\xe9,1\n", [], 1, "--encoding latin1"),
        ("latin1.csv", b"Item Name,Quantity\nCaf\xe9,1\n", ["--encoding", "latin1"], 0, ""),
        ("twice.csv", b"Item Name,Quantity\nCaf\xc3\xa9,1\n", ["--encoding", "latin1"], 1, "leave --encoding out"),
        ("mixed.csv", b"Item Name,Quantity\nCaf\xe9,1\nT\xc3\xa9,1\n", [], 1, "mixes encodings"),
        ("utf16.csv", good.decode().encode("utf-16"), [], 1, "UTF-16"),
        ("zero.csv", b"Item Name,Quantity\nTe\0nt,1\n", [], 1, "0x00"),
        ("quote.csv", b"Item Name,Quantity\n\"Tent,1\n", [], 1, "quote"),
        ("short.csv", b"Item Name,Quantity\nTent\nBed,2\n", [], 1, "short.csv:2"),
        ("half.ndjson", b'{"kind":"resource","fields":{"name":"Half"}}\n{"kind":"reso', [], 1, "half.ndjson:2"),
        ("kind.ndjson", b'{"kind":"tank","fields":{"name":"x"}}\n', [], 1, "no kind of objects"),
        ("field.ndjson", b'{"kind":"resource","fields":{"name":"Left","colour":"red"}}\n', [], 0, "it is left out: 1"),
        ("token.ndjson", b'{"kind":"resource","fields":{"name":"x","status":"Gone"}}\n', [], 1, "token.ndjson:1"),
        ("open.geojson", geojson("Polygon", [[[0, 0], [1, 0], [1, 1], [0, 1]]]), [], 1, "not closed"),
        ("tie.geojson", geojson("Polygon", [[[104, 28], [105, 29], [104, 29], [105, 28], [104, 28]]]), [], 1, "crosses its edge 3"),
        ("line.geojson", geojson("LineString", [[0, 0], [1, 0]]), [], 1, "LineString"),
        ("far.geojson", geojson("Point", [30, 104]), [], 1, "longitude first"),
        ("area.geojson", geojson("Polygon", [[[0, 0], [1, 0], [1, 1], [0, 0]]], kind="resource"), [], 1, "is at a point"),
        ("none.geojson", geojson("Point", [1, 2], kind=None), [], 2, "--kind"),
        ("named.geojson", geojson("Point", [1, 2], kind=None), ["--kind", "resource"], 0, ""),
        ("crs.geojson", b'{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:3857"}},"features":[]}', [], 1, "3857"),
        ("tag.csv", b"Name,How many,Where\n#item+name,#capacity,loc\nTent,1,Depot\n", ["--kind", "resource"], 1, "which is none"),
        ("tags.csv", b"Name,Colour\n#item+name,#item+colour\nTagged,red\n", ["--kind", "resource"], 0, "no field for #item+colour"),
        ("columns.csv", b"name,qantity\nTent,1\n", ["--kind", "resource"], 1, "quantity"),
        ("other.xml", b"<kml/>", [], 1, "no CAP alert"),
        ("doctype.xml", b"<!DOCTYPE a><a xmlns='urn:oasis:names:tc:emergency:EDXL:RM:1.0'/>", [], 1, "DOCTYPE"),
    ]
    for name, content, options, code, says in rows:
        file = os.path.join(files, name)
        with open(file, "wb") as out:
            out.write(content)
        said = said_by(node, "--space", "wrong", "import", file, *options, exit=code)
        assert says in said, (name, says, said)
        assert not code or name in said, (name, said)
    here = {each["fields"]["name"]: each["fields"] for each in node.get("/v1/objects?space=wrong&limit=500")["items"]}
    assert set(here) == {"Tent", "A", "B", "C", "Caf\u00e9", "Bed", "Half", "Left", "Shelter", "Tagged"}, sorted(here)
    assert here["Tagged"]["comments"] == "Colour: red" and here["Shelter"]["lat"] == "2", here
    muster(node, "--space", "wrong", "import", os.path.join(files, "not-there"), exit=3)
    os.mkdir(os.path.join(files, "nothing"))
    assert "no files in it" in said_by(node, "--space", "wrong", "import", os.path.join(files, "nothing"))
    if os.geteuid() != 0:  # root reads everything
        os.chmod(os.path.join(files, "bom.csv"), 0)
        muster(node, "--space", "wrong", "import", os.path.join(files, "bom.csv"), exit=1)
    cut = '{"type":"Feature","properties":{"kind":"incident","name":"Fiji","phase":"warned","category":"Met"},' \
          '"geometry":{"type":"Polygon","coordinates":[[[170,-20],[-170,-20],[-170,-10],[170,-10],[170,-20]]]}}'
    with open(os.path.join(files, "fiji.geojson"), "w") as out:
        out.write(cut)
    muster(node, "--space", "wrong", "import", os.path.join(files, "fiji.geojson"))
    area = node.get("/v1/objects?space=wrong&kind=incident")["items"][0]["fields"]["area"]
    assert len(area) == 2 and all(max(abs(float(p.split(",")[1])) for p in each.split()[1:]) == 180 for each in area), area


def geojson(form, coordinates, kind="incident"):
    properties = {"name": "Shelter", "phase": "active", "category": "Met"} if kind == "incident" else {"name": "Shelter"}
    if kind:
        properties["kind"] = kind
    return json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties, "geometry": {"type": form, "coordinates": coordinates}}]}).encode()


def other_eyes(node):
    """SQLite reads the map; other programs of others: readers.py."""
    space(node, "alerts")
    muster(node, "--space", "alerts", "import", os.path.join(DATA, "cap"), exit=1)  # two are malformed on purpose
    muster(node, "--space", "alerts", "new", "resource", "name=Tents", "lat=28.5", "lon=104.25")
    total = objects(node, "alerts")
    muster(node, "--space", "alerts", "export", "-o", "gpkg", "-O", path(node, "map.gpkg"))
    with sqlite3.connect(path(node, "map.gpkg")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert sum(db.execute("SELECT count(*) FROM " + t).fetchone()[0] for t in ("incident", "resource")) == total


def main():
    a, b = Node(os.path.abspath(sys.argv[1]), "a"), Node(os.path.abspath(sys.argv[1]), "b")
    try:
        for node in (a, b):
            node.start()
            node.init()
        for part, nodes in ((round_trips, (a, b)), (messages, (a, b)), (wrong_files, (b,)), (other_eyes, (a,)),
                            (interrupted, (b,)), (streams, (b,))):
            part(*nodes)
            print("ok", part.__name__, flush=True)
    except BaseException:
        print(a.tail(), b.tail(), file=sys.stderr)
        raise
    finally:
        a.close()
        b.close()


main()
