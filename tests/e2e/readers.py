#!/usr/bin/env python3
"""Programs of others read what is exported, and say what the node says.

usage: readers.py BIN_DIR cap|maps

cap: what a CAP file said is what the exported CAP says, element by element; xmllint holds every alert against a grammar of
CAP 1.2 (tests/data/schema), with MUSTER_CAP_XSD=FILE also against the schema that OASIS publishes.
maps: OGR reads the GeoJSON and the GeoPackage, and finds the same in both.
Each is skipped, with its reason, where its program (libxml2-utils, gdal-bin) is not installed.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

from cli import answer, muster
from nodes import Node, running

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
GRAMMAR = os.path.join(DATA, "schema", "cap12.rng")
MALFORMED = ("google-invalid.cap", "google-noaa_errors.cap")  # on purpose
HOSTILE = "=1+1 \"q\", ;\\ <b>&amp;]]> '); DROP TABLE x; -- \u202egnp \u5b9c\u5bbe \U0001f691\nline"
ONE_LINE = HOSTILE.replace("\n", " ")  # a name has no line ends
PAIRS = ("parameter", "eventCode", "geocode")
TIMES = ("sent", "effective", "onset", "expires")
# What 1.2 demands and an older message need not say; what 1.2 does not have.
DEMANDED = {"scope": "Restricted", "restriction": "members of the space in which it was written", "category": "Other",
            "mimeType": "application/octet-stream"}


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
    return done


def path(node, *names):
    return os.path.join(node.root, *names)


# --- CAP -----------------------------------------------------------------------------------------------------------------


def said(text):
    """(version, [(path, text)] of a message in the order in which it stands): in the words of 1.2, empty elements left out."""
    root = xml.fromstring(text)
    version, found = root.tag.rsplit("cap", 1)[1][1:4], []

    def walk(element, where):
        name = element.tag.rsplit("}", 1)[1]
        if "xmldsig" in element.tag or name in ("derefUri", "password"):
            return
        value, here = (element.text or "").strip(), where + "/" + name
        if name in TIMES:
            value = re.sub(r"(T\d\d:\d\d:\d\d)(\.\d+)?", r"\1", value).replace("Z", "-00:00")
        if name in ("polygon", "circle", "references"):
            value = " ".join(value.split())
        if name in PAIRS and not len(element):  # 1.0 writes NAME=VALUE
            found.extend([(here, "")] + [(here + "/" + n, v) for n, v in zip(("valueName", "value"), value.split("=", 1))])
        elif len(element) or value or name == "value":
            found.append((here, "Likely" if value == "Very Likely" else value))
        for child in element:
            walk(child, here)
    walk(root, "")
    return version, found


def the_same(name, before, after):
    (version, was), (now_version, now) = said(before), said(after)
    assert now_version == "1.2", (name, now_version)
    if version != "1.2":
        added = [e for e in now if e not in was]
        assert all(DEMANDED.get(where.rsplit("/", 1)[1]) == text for where, text in added), (name, added)
        now = [e for e in now if e not in added]
    assert was == now, (name, [e for e in was if e not in now], [e for e in now if e not in was], was == sorted(now))
    return len(was)


def alerts_of_others(node):
    """Each alone, before a later one updates it; files of ours to be checked as well."""
    files, elements = [], 0
    for i, name in enumerate(sorted(os.listdir(os.path.join(DATA, "cap")))):
        if name in MALFORMED:
            continue
        space, file = "cap%d" % i, path(node, name)
        node.post("/v1/spaces", {"name": space})
        muster(node, "--space", space, "import", os.path.join(DATA, "cap", name))
        muster(node, "--space", space, "export", "incidents", "-o", "cap", "-O", file)
        with open(os.path.join(DATA, "cap", name), "rb") as before, open(file, "rb") as after:
            elements += the_same(name, before.read(), after.read())
        files.append(file)
    assert len(files) == 15, files
    print("%d alerts say the same, %d elements" % (len(files), elements))
    return files


def alerts_of_ours(node):
    """Of every kind that has a place in CAP, with texts that would break out of it; and what takes them back."""
    node.post("/v1/spaces", {"name": "ours"})
    muster(node, "--space", "ours", "import", *[os.path.join(DATA, "cap", n) for n in os.listdir(os.path.join(DATA, "cap"))], exit=1)
    incident = answer(node, "--space", "ours", "new", "incident", "name=" + ONE_LINE, "phase=active", "category=Met;Geo", "headline=" + HOSTILE,
                      "area=POLYGON 10,20 10,21 11,21 10,20", "location=28.5,104.25", "parameter=a=" + HOSTILE)["items"][0]["object"]
    muster(node, "--space", "ours", "update", incident, "description=" + HOSTILE)
    muster(node, "--space", "ours", "alert", "name=" + ONE_LINE, "level=\u4e8c\u7ea7", "category=Met", "area_desc=" + ONE_LINE,
           "area=CIRCLE 28.84,104.98 15", "matters=" + HOSTILE, "measures=leave", "--verify", "--issue")
    old, new = (answer(node, "--space", "ours", "new", "incident", "name=" + ONE_LINE, "phase=active", "category=Geo", "note=" + HOSTILE)["items"][0]["object"]
                for _ in range(2))
    muster(node, "--space", "ours", "supersede", old, "--by", new, "--reason", HOSTILE)
    muster(node, "--space", "ours", "retract", incident, "--reason", HOSTILE)
    muster(node, "--space", "ours", "export", "-o", "cap", "-O", path(node, "ours/"))
    files = [path(node, "ours", name) for name in os.listdir(path(node, "ours"))]
    kinds = {xml.parse(file).getroot().findtext("{*}msgType") for file in files}
    assert kinds == {"Alert", "Update", "Cancel"}, kinds
    return files


def accepted(files):
    schemas = [("--relaxng", GRAMMAR)]
    if os.environ.get("MUSTER_CAP_XSD"):
        schemas.append(("--schema", os.environ["MUSTER_CAP_XSD"]))
    for option, schema in schemas:
        run("xmllint", "--noout", "--nonet", option, schema, *files)
        print("xmllint accepts %d alerts by %s" % (len(files), os.path.basename(schema)))
    wrong = files[0] + ".wrong"  # what a grammar is good for
    with open(files[0]) as before, open(wrong, "w") as after:
        after.write(before.read().replace("<urgency>", "<urgency>so"))
    for option, schema in schemas:
        assert subprocess.run(["xmllint", "--noout", "--nonet", option, schema, wrong], capture_output=True).returncode == 3


def cap(node):
    accepted(alerts_of_others(node) + alerts_of_ours(node))


# --- maps ----------------------------------------------------------------------------------------------------------------


def rounded(value):
    return [rounded(v) for v in value] if isinstance(value, list) else round(value, 6)


def parts(geometry):
    """Its polygons and points, however they are put together."""
    if geometry["type"] == "GeometryCollection":
        return [p for g in geometry["geometries"] for p in parts(g)]
    whole = geometry["coordinates"]
    return rounded(whole) if geometry["type"].startswith("Multi") else [rounded(whole)]


def features(text):
    """{object: (its name, where it is)} of a GeoJSON; a GeoPackage has the object in a column of its own."""
    return {f["properties"].get("object") or f["id"]: (f["properties"].get("name"), parts(f["geometry"]) if f["geometry"] else [])
            for f in json.loads(text)["features"]}


def maps(node):
    muster(node, "space", "create", "maps")
    muster(node, "import", *[os.path.join(DATA, "cap", n) for n in os.listdir(os.path.join(DATA, "cap")) if n not in MALFORMED])
    muster(node, "new", "resource", "name=" + ONE_LINE, "lat=28.5", "lon=104.25", "comments=" + HOSTILE)
    muster(node, "new", "incident", "name=Fiji", "phase=warned", "category=Met", "area=CIRCLE -17.8,179.9 40", "location=-17.8,177.9")
    total = node.digest("maps")[1]
    for form in ("geojson", "gpkg"):
        muster(node, "export", "-o", form, "-O", path(node, "map." + form))
    with open(path(node, "map.geojson")) as file:
        ours = features(file.read())
    assert len(ours) == total and sum(bool(shape) for _, shape in ours.values()) > 5, len(ours)
    for form, layers in (("geojson", 1), ("gpkg", 2)):
        file = path(node, "map." + form)
        read = run("ogrinfo", "-al", "-so", file)
        counts = [int(line.split(":")[1]) for line in read.stdout.splitlines() if line.startswith("Feature Count")]
        assert len(counts) == layers and sum(counts) == total and "Warning" not in read.stderr, (form, read.stdout, read.stderr)
        names = [line.split(":")[1].strip() for line in read.stdout.splitlines() if line.startswith("Layer name")]
        theirs = {}
        for layer in names:
            theirs.update(features(run("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", file, layer).stdout))
        assert theirs == ours, [(k, ours.get(k), theirs.get(k)) for k in set(ours) | set(theirs) if ours.get(k) != theirs.get(k)][:2]
        print("OGR reads %d features of map.%s, as we wrote them" % (total, form))


PARTS = {"cap": (cap, ("xmllint",), "libxml2-utils"), "maps": (maps, ("ogrinfo", "ogr2ogr"), "gdal-bin")}


def main(bin_dir, part):
    check, programs, package = PARTS[part]
    if not all(map(shutil.which, programs)):
        print("skipped: %s is not here (apt-get install %s)" % (programs[0], package))
        return 77
    node = Node(os.path.abspath(bin_dir), "a")
    with running(node):
        node.start()
        node.init()
        check(node)
    return 0


sys.exit(main(*sys.argv[1:]))
