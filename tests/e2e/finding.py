#!/usr/bin/env python3
"""Two agencies with stock, alerts and an incident: what is found by filters, words, place and time, and what is not any more.

usage: finding.py BIN_DIR

Real data: the stock list and the CAP alerts of tests/data.
"""
import json
import os
import random
import re
import subprocess
import sys
import time

from cli import answer, error, muster
from nodes import Node, equal_digests, join, wait_for

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")


def ids(node, *words):
    return [item["short"] for item in answer(node, *words)["items"]]


def names(node, *words):
    return sorted(item["fields"].get("name", "") for item in answer(node, *words)["items"])


def make(node, kind, *fields):
    return answer(node, "new", kind, *fields)["items"][0]["short"]


def filled(yibin, zhaotong):
    """What both agencies write; the ids by a word for each."""
    made = {
        "dike": make(yibin, "incident", "name=南溪区堤防决口 Dike breach", "phase=active", "severity=Extreme", "category=Geo",
                     "area=CIRCLE 28.8458,104.9814 5", "geocode=GB2260=511503"),
        "quake": make(yibin, "incident", "name=珙县地震 Earthquake", "phase=warned", "severity=Severe", "category=Geo",
                      "area=POLYGON 28.4,104.6 28.5,104.6 28.5,104.8 28.4,104.8 28.4,104.6", "geocode=GB2260=511526"),
        "slide": make(zhaotong, "incident", "name=盐津山洪 Flash flood", "phase=active", "severity=Extreme", "category=Met",
                      "area=CIRCLE 28.1086,104.2344 10", "geocode=GB2260=530623"),
        "pumps": make(zhaotong, "request", "name=水泵 pumps for the dike", "status=submitted", "quantity=20", "unit={pump}"),
    }
    wait_for("both hold the same", lambda: equal_digests([yibin, zhaotong]))
    return made


def by_filters(node, made):
    rows = [
        ("phase", ["list", "incidents", "phase=active"], {"dike", "slide"}),
        ("category", ["list", "incidents", "category=Geo"], {"dike", "quake"}),
        ("severity and phase", ["list", "incidents", "severity=Extreme", "phase=active", "category=Met"], {"slide"}),
        ("owner", ["list", "incidents", "--owner", "zhaotong"], {"slide"}),
        ("owner over all kinds", ["list", "--owner", "zhaotong"], {"slide", "pumps"}),
        ("near", ["list", "incidents", "--near", "28.77,104.62,45"], {"dike", "quake"}),
        ("nearer", ["list", "incidents", "--near", "28.84,104.99,10"], {"dike"}),
        ("inside a polygon", ["list", "incidents", "--in", "POLYGON 28,104 28,105 28.3,105 28.3,104 28,104"], {"slide"}),
        ("a code", ["list", "incidents", "--code", "511503"], {"dike"}),
        ("a city's code", ["list", "incidents", "--code", "5115"], {"dike", "quake"}),
        ("a province's code with its zeros", ["list", "incidents", "--code", "GB2260=510000"], {"dike", "quake"}),
        ("another list of codes", ["list", "incidents", "--code", "SAME=511503"], set()),
        ("nothing before all", ["list", "incidents", "--until", "2020-01-01"], set()),
        ("all since then", ["list", "incidents", "--since", "2020-01-01"], {"dike", "quake", "slide"}),
        ("Chinese words", ["search", "堤防"], {"dike"}),
        ("one character", ["search", "震"], {"quake"}),
        ("English, any case", ["search", "DIKE"], {"dike", "pumps"}),
        ("both languages together", ["search", "决口", "breach"], {"dike"}),
        ("no piece of a word", ["search", "breac"], set()),
        ("of one kind", ["search", "dike", "--kind", "request"], {"pumps"}),
    ]
    for says, words, want in rows:
        got = set(ids(node, *words))
        assert got == {made[w] for w in want}, "%s: %s\n%s instead of %s of %s" % (node.name, says, got, want, made)
    for says, words in (("no place", ["list", "--near", "here"]), ("no area", ["list", "--in", "SQUARE 1,1"]),
                        ("no time", ["list", "--since", "yesterday"]), ("no word", ["search", "!?"]),
                        ("two places", ["list", "--near", "1,1,1", "--in", "CIRCLE 1,1 1"])):
        refused = error(node, *words, exit=2)
        assert refused["message"], says


def by_pages(node):
    """Pages of any size give every object once, in the same order."""
    for words in (["list", "--all"], ["list", "resources", "--all"], ["list", "incidents", "category=Met", "--all"],
                  ["list", "--sort", "kind", "--order", "asc", "--all"], ["list", "--owner", "zhaotong", "--order", "asc", "--all"],
                  ["list", "incidents", "--near", "40,-100,4000", "--all"], ["list", "incidents", "--near", "38,-118,600", "--all"],
                  ["list", "incidents", "--in", "POLYGON 25,-125 49,-125 49,-66 25,-66 25,-125", "--order", "asc", "--all"]):
        whole = ids(node, *words)
        assert whole, words
        paged, cursor = [], None
        while True:
            page = answer(node, *[w for w in words if w != "--all"], "--limit", "7", *(["--cursor", cursor] if cursor else []))
            paged += [item["short"] for item in page["items"]]
            cursor = page["next"]
            if not cursor:
                break
        assert paged == whole, "%s: %d of %d" % (words, len(paged), len(whole))
    found, cursor = [], None
    whole = ids(node, "search", "blanket", "--limit", "200")
    while True:
        page = answer(node, "search", "blanket", "--limit", "3", *(["--cursor", cursor] if cursor else []))
        found += [item["short"] for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert found == whole and len(whole) > 3, (found, whole)


def as_it_was(yibin, zhaotong, made):
    """--at: the words of before, on both nodes, marked."""
    moment = max(item["changed"] for item in answer(yibin, "list", "--all")["items"])
    wait_for("the clock has gone on", lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) > moment, step=0.2)
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    wait_for("and on", lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) > moment, step=0.2)
    muster(yibin, "update", made["dike"], "name=南溪区已封堵 Closed", "phase=recovery", "severity=Minor")
    later = make(yibin, "incident", "name=Later", "phase=warned", "category=Geo")
    wait_for("both hold the same", lambda: equal_digests([yibin, zhaotong]))
    for node in (yibin, zhaotong):
        then = answer(node, "list", "incidents", "--at", moment, "--all")
        shown = {item["short"]: item["fields"] for item in then["items"]}
        assert then["at"] == moment and later not in shown, then
        assert shown[made["dike"]]["severity"] == "Extreme" and "决口" in shown[made["dike"]]["name"], shown
        assert made["dike"] not in ids(node, "list", "incidents", "severity=Minor", "--at", moment)
        assert made["dike"] in ids(node, "list", "incidents", "severity=Minor")
        assert "AS IT WAS before" in muster(node, "list", "incidents", "--at", moment)[0]
        assert ids(node, "search", "决口") == [], "an old word finds it"
        assert ids(node, "search", "封堵") == [made["dike"]]


def while_others_write(node):
    """What does not change between pages is given once, in every order; what changes moves to the newest end."""
    whole = ids(node, "list", "resources", "--all")
    still, moving = whole[1:], whole[0]
    for words, twice in ((["--order", "desc"], False), (["--order", "asc"], True), (["--sort", "name"], False), (["--sort", "kind"], False)):
        seen, cursor, page = [], None, 0
        while page == 0 or cursor:
            got = answer(node, "list", "resources", "--limit", str(len(whole) // 3), *words, *(["--cursor", cursor] if cursor else []))
            seen += [item["short"] for item in got["items"]]
            cursor = got["next"]
            if page == 0:
                muster(node, "update", moving, "comments=" + " ".join(words))
                make(node, "resource", "name=zz new " + words[1], "quantity=1")
            page += 1
        assert page >= 3, "the list was one page"
        for one in still:
            assert seen.count(one) == 1, "%s: %s is there %d times" % (words, one, seen.count(one))
        assert not twice or moving in seen, "ascending, nothing is missed"


def by_links(yibin, made):
    """What names an object is found by its short id; tokens that are no columns, and what is wrong in a filter."""
    task = make(yibin, "task", "name=Pump it dry", "status=assigned", "assignee=nobody", "incident=" + made["dike"])
    assert ids(yibin, "list", "tasks", "incident=" + made["dike"]) == [task]
    assert ids(yibin, "list", "tasks", "incident=" + made["quake"]) == []
    urgent = make(yibin, "incident", "name=Urgent", "phase=warned", "category=Met", "urgency=Future")
    assert ids(yibin, "list", "incidents", "urgency=Future", "--limit", "500").count(urgent) == 1
    assert urgent not in ids(yibin, "list", "incidents", "urgency=Past")
    assert error(yibin, "list", "tasks", "incident=inc-zzzzzzzzzz", exit=3)["code"] == "ENOTFOUND"
    assert "nothing fits" in muster(yibin, "list", "incidents", "urgency=Past", "--code", "999999")[0]


def crowded(node):
    """Place and tokens together among hundreds, some of them rare: the same as looking at each, whole and by pages, before and
    after they changed."""
    chance = random.Random(7)
    phases, severities = ["warned", "active", "recovery"], ["Minor", "Moderate", "Severe", "Extreme"]

    def said(i):
        return {"phase": "closed" if i % 97 == 5 else chance.choice(phases), "severity": chance.choice(severities),
                "category": [chance.choice(["Geo", "Met"])]}

    sectors = [dict(said(i), name="Sector %d" % i, location="%.3f,%.3f" % (45 + chance.random(), 10 + chance.random()),
                    geocode=["GB2260=%06d" % (990000 + i % 3)]) for i in range(700)]
    made = node.post("/v1/records", {"space": "flood", "items": [{"op": "create", "kind": "incident", "fields": s} for s in sectors]})
    assert not made["refused"], made["refused"]
    for i, item in enumerate(made["items"]):
        sectors[i]["id"] = item["object"]

    def compare():
        for near in ("45.5,10.5,300", "45.5,10.5,15", "45.3,10.7,40"):
            for want in ({"severity": "Extreme"}, {"phase": "active", "severity": "Severe"}, {"phase": "closed"},
                         {"phase": "closed", "severity": "Minor"}, {"phase": "warned", "severity": "Extreme", "category": "Met"},
                         {"phase": "active", "code": "990001"}):
                words = ["list", "incidents", "--near", near] + ["%s=%s" % (k, v) for k, v in want.items() if k != "code"]
                words += ["--code", want["code"]] if "code" in want else []
                there = {item["id"] for item in answer(node, "list", "incidents", "--near", near, "--all")["items"]}
                right = {s["id"] for s in sectors if s["id"] in there and all(
                    v in s[k] if k == "category" else "GB2260=" + v in s["geocode"] if k == "code" else s[k] == v
                    for k, v in want.items())}
                got = [item["id"] for item in answer(node, *words, "--all")["items"]]
                assert len(got) == len(set(got)) and set(got) == right, "%s: %d of %d" % (words, len(set(got) & right), len(right))
                paged, cursor = [], None
                while cursor is not None or not paged:
                    page = answer(node, *words, "--limit", "9", *(["--cursor", cursor] if cursor else []))
                    paged += [item["id"] for item in page["items"]]
                    cursor = page["next"]
                    if not cursor:
                        break
                assert paged == got, words
                found[near] = found.get(near, 0) + len(got)

    found = {}
    compare()
    assert all(count > 10 for count in found.values()), "the questions are too small to show anything: %s" % found
    for s in sectors[::5]:
        s.update({k: v for k, v in said(1).items() if k != "phase"})  # which has its steps
    done = node.post("/v1/records", {"space": "flood", "items": [
        {"op": "update", "object": s["id"], "fields": {k: s[k] for k in ("severity", "category")}} for s in sectors[::5]]})
    assert not done["refused"], done["refused"]
    compare()


def hostile(node):
    """Questions that mean harm are answered, or refused in a sentence; the node goes on."""
    crossing = "POLYGON 28,104 29,105 28,105 29,104 28,104"
    for words in (["--in", "CIRCLE 0,0 20038", "--all"], ["--near", "10,-179.99,50"], ["--near", "89.99,10,500"],
                  ["--search", "no such text", "--all"],
                  ["--at", "2030-01-01", "--all"], ["--at", "1970-01-02", "--all"]):
        assert "items" in answer(node, "list", *words), words
    assert answer(node, "list", "--at", "1970-01-02", "--all")["items"] == []
    many = "POLYGON " + " ".join("%.4f,%.4f" % (28 + i * 1e-5, 104 + i % 7) for i in range(100000)) + " 28,104"
    for says, words in (("1,000 filters", ["incidents"] + ["severity=Extreme"] * 1000), ("too many points", ["--in", many[:100000]]),
                        ("an outline that crosses itself", ["--in", crossing]),
                        ("a line there and back", ["--in", "POLYGON " + "28,104 29,105 " * 150 + "28,104"]),
                        ("a polygon that is open", ["--in", "POLYGON 28,104 29,104 29,105 28,105"]),
                        ("no number", ["--near", "nan,nan,nan"]), ("beyond the pole", ["--near", "91,0,1"]),
                        ("another node's cursor", ["--cursor", "00"]), ("17 filters", ["incidents"] + ["severity=Extreme"] * 17)):
        refused = error(node, "list", *words, exit=2)
        assert refused["code"] == "EUSAGE" and len(refused["message"]) < 300, (says, refused)
    assert answer(node, "list", "incidents", *["severity=Extreme"] * 16)["items"]


def todo(node, source):
    """{short id or None: item} of one source."""
    return {(item["object"] or {}).get("short"): item for item in answer(node, "todo", "--source", source)["items"]}


def what_needs_us(yibin, zhaotong, made):
    """todo and gaps: each source finds what it is for, on the side that can act, and not after it was done."""
    dike, pumps = made["dike"], made["pumps"]
    muster(zhaotong, "update", pumps, "incident=" + dike, "priority=Urgent", "needed_by=2020-01-01T00:00:00Z")
    shelf = make(yibin, "resource", "name=Pumps", "quantity=5", "unit={pump}", "minimum=8", "expires=2020-01-01T00:00:00Z")
    store = make(yibin, "resource", "name=Pumps in store", "quantity=30", "unit={pump}")
    task = make(yibin, "task", "name=Evacuate", "status=assigned", "assignee=zhaotong", "acknowledge_by=2020-01-01T00:00:00Z")
    wait_for("both hold the same", lambda: equal_digests([yibin, zhaotong]))
    assert todo(yibin, "requests")[pumps]["urgency"] == "now" and pumps not in todo(zhaotong, "requests")
    assert todo(zhaotong, "approve")[pumps]["do"] == ["muster update %s status=approved" % pumps]
    assert task in todo(zhaotong, "tasks") and task in todo(yibin, "own-tasks") and task not in todo(yibin, "tasks")
    assert len([i for i in answer(yibin, "todo", "--source", "stock")["items"] if i["object"]["short"] == shelf]) == 2
    assert todo(zhaotong, "stock") == {}
    assert "muster confirm 'zhaotong'" in [i["do"][0] for i in answer(yibin, "todo", "--source", "partners")["items"]]
    for node in (yibin, zhaotong):
        gap = {i["short"]: i for i in answer(node, "gaps")["items"]}[pumps]
        assert (gap["needed"], gap["missing"], gap["late"], gap["incident"]["short"]) == ("20", "20", True, dike), gap
        assert [i["short"] for i in answer(node, "gaps")["stock"]] == [shelf]
    muster(zhaotong, "update", pumps, "status=approved")
    wait_for("both hold the same", lambda: equal_digests([yibin, zhaotong]))
    muster(yibin, "mint", store)
    muster(yibin, "offer", pumps, "12", "--from", store)
    offer = answer(yibin, "list", "deployments", "status=offered")["items"][0]["short"]
    wait_for("the offer is there", lambda: offer in todo(zhaotong, "offers"))
    assert pumps not in todo(yibin, "requests") and pumps not in todo(zhaotong, "approve")
    assert {i["short"]: i for i in answer(zhaotong, "gaps", dike)["items"]}[pumps]["offered"] == "12"
    muster(yibin, "transfer", dike, "zhaotong")
    wait_for("command is offered", lambda: dike in todo(zhaotong, "transfers"))
    assert dike not in todo(yibin, "transfers")
    muster(zhaotong, "take", dike)
    wait_for("and taken", lambda: dike not in todo(zhaotong, "transfers") and equal_digests([yibin, zhaotong]))
    muster(yibin, "propose", dike, "severity=Moderate")
    wait_for("a proposal", lambda: dike in todo(zhaotong, "proposals"))
    muster(zhaotong, "decline", dike, "--reason", "no")
    assert dike not in todo(zhaotong, "proposals")
    for node in (yibin, zhaotong):
        for words in (["todo"], ["gaps"], ["search", "pumps"], ["list", "incidents", "--near", "28.84,104.99,10"]):
            at_the_head(node, *words)
    assert error(yibin, "todo", "--source", "nonsense", exit=2)["message"]


def reports(yibin, zhaotong, made):
    """The situation report and the activity log: the same on both nodes, and no text of a record is more than text."""
    dike, sly = made["dike"], "<script>alert(1)</script>\u202e=cmd"
    muster(yibin, "new", "task", "name=" + sly, "status=assigned", "assignee=nobody", "incident=" + dike)
    wait_for("both hold the same", lambda: equal_digests([yibin, zhaotong]))
    sections = ("parts", "sitreps", "requests", "deployments", "tasks", "observations", "warnings", "losses", "unknown")
    ours, theirs = answer(yibin, "sitrep", dike), answer(zhaotong, "sitrep", dike)
    for section in sections:
        assert ours[section] == theirs[section], (section, ours[section], theirs[section])
    assert [i["short"] for i in ours["requests"]] == [made["pumps"]] and len(ours["deployments"]) == 1, ours
    assert len(ours["resources"]) == 1 and ours["resources"][0]["quantities"]["promises"] >= 0
    assert "urgency" in ours["unknown"]["fields"]
    page, _ = muster(yibin, "sitrep", dike, "--html")
    assert "&lt;script&gt;" in page and "<script" not in page and "\u202e" not in page and "=cmd" in page, page
    text, _ = muster(yibin, "sitrep", dike)
    assert "\u202e" not in text and made["pumps"] in text and "complete as of" in text and "what is not known" in text
    assert error(yibin, "sitrep", made["pumps"], exit=2)["code"] == "EKIND"
    ours, theirs = answer(yibin, "log", dike), answer(zhaotong, "log", dike)
    done = [(i["record"], i["op"]) for i in ours["items"]]
    assert done == [(i["record"], i["op"]) for i in theirs["items"]] and len(done) >= 10
    assert [i["time"] for i in ours["items"]] == sorted(i["time"] for i in ours["items"])
    assert {"create", "update", "offer", "take", "propose", "decline"} <= {op for _, op in done}
    assert answer(yibin, "log", dike, "--until", "2020-01-01")["items"] == []
    page, _ = muster(yibin, "log", dike, "--html")
    assert "ICS 214" in page and "<script" not in page
    assert "ICS 214" in muster(yibin, "log", dike)[0]


def watching(yibin, zhaotong):
    """watch: only what comes after it began, of the kind that was asked for."""
    watch = subprocess.Popen([os.path.join(zhaotong.bin, "muster"), "--socket", zhaotong.socket, "--json", "watch", "incidents",
                              "--count", "1"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        lines = [json.loads(watch.stdout.readline()), json.loads(watch.stdout.readline())]
        assert [line["op"] for line in lines] == ["begin", "current"], lines
        make(yibin, "resource", "name=Not an incident", "quantity=1")
        seen = make(yibin, "incident", "name=Seen at once", "phase=latent", "category=Geo")
        line = next(line for line in map(json.loads, watch.stdout) if line["op"] != "current")
        assert (line["op"], line["short"]) == ("put", seen), line
        assert watch.wait(30) == 0
    finally:
        watch.kill()
        watch.wait()
        watch.stdout.close()


def at_the_head(node, *words):
    """The line directly below the first, or AssertionError: how complete the screen is.  Folded lines are joined."""
    screen = muster(node, *words)[0]
    lines = screen.replace("\n  ", " ").split("\n")
    assert re.match(r"(all \d+ spaces: )?complete as of ", lines[1]), (words, screen)
    assert screen.count("complete as of") == 1, "it is said again, and nothing has scrolled: %s" % screen
    return lines[1]


def every_head(node, made):
    """Every screen that is made from records says there how complete it is."""
    for words in (["status"], ["list"], ["list", "incidents", "--all"], ["list", "resources", "--limit", "2"], ["list", "tasks", "name=nothing"],
                  ["search", "pumps"], ["todo"], ["gaps"], ["quantities"], ["alarms"], ["holders", made["dike"]],
                  ["history", made["dike"]], ["log", made["dike"]], ["sitrep", made["dike"]], ["evaluate", made["dike"]], ["show", made["dike"]],
                  ["erase", made["dike"], "--status"], ["space", "show"]):
        at_the_head(node, *words)
    shelf = ids(node, "list", "resources")[0]
    at_the_head(node, "quantities", shelf)
    for words in (["sitrep", made["dike"], "--html"], ["log", made["dike"], "--html"]):
        page = muster(node, *words)[0]
        assert 0 < page.find("<p>complete as of ") < page.find("<h2>"), (words, page)


def how_complete(yibin, zhaotong):
    """Silence is named with its moment and outlives a restart; what is known of trust grows old and says so."""
    complete = answer(yibin, "list")["complete"]
    assert complete["silent"] == [] and complete["logs"] == complete["of"] and complete["as_of"], complete
    zhaotong.stop()
    wait_for("zhaotong is silent", lambda: [s["agency"]["name"] for s in answer(yibin, "list")["complete"]["silent"]] == ["zhaotong"])
    then = answer(yibin, "list")["complete"]
    assert then["silent"][0]["since"] and then["as_of"], then
    for words in (["list"], ["search", "pumps"], ["gaps"], ["todo"], ["status"], ["show", ids(yibin, "list", "incidents")[0]]):
        head = at_the_head(yibin, *words)
        assert "zhaotong silent since" in head, (words, head)
    muster(yibin, "list", "--strict", exit=5)
    assert not [w for w in yibin.get("/v1/status")["warnings"] if "as of" in w["message"]]
    yibin.stop()
    yibin.start()
    again = answer(yibin, "list")["complete"]
    assert again["as_of"] == then["as_of"] and again["silent"][0]["agency"]["name"] == "zhaotong", (then, again)
    yibin.stop()
    shim = os.path.abspath(os.path.join(yibin.bin, "..", "lib", "muster-test-clock.so"))
    if not os.path.exists(shim):
        return  # a build under a sanitizer has no clock that can be set
    yibin.before = ["env", "LD_PRELOAD=" + shim, "MUSTER_TEST_CLOCK=%d" % (8 * 24 * 3600)]
    yibin.start()
    later = answer(yibin, "list")["complete"]
    assert later["as_of"] == then["as_of"], "eight days later it is not complete as of now: %s" % later
    old = [w["message"] for w in yibin.get("/v1/status")["warnings"] if "as of" in w["message"]]
    assert len(old) == 1 and "card and certificates of zhaotong" in old[0], old  # yibin is the admin itself


def main(bin_dir):
    nodes = [Node(bin_dir, name) for name in ("yibin", "zhaotong")]
    try:
        for node in nodes:
            node.start()
            node.init()
        yibin, zhaotong = nodes
        yibin.post("/v1/spaces", {"name": "flood"})
        join(yibin, zhaotong, "flood")
        wait_for("connected", lambda: zhaotong.get("/v1/spaces/flood").get("members"))
        made = filled(yibin, zhaotong)
        for node in nodes:
            by_filters(node, made)
        muster(yibin, "import", *[os.path.join(DATA, "resources", "eden-%s.csv" % name) for name in ("warehouse_stock", "hospital")])
        muster(zhaotong, "import", os.path.join(DATA, "cap"), exit=1)  # two of the alerts are malformed
        wait_for("the stock is on both", lambda: equal_digests(nodes))
        for node in nodes:
            by_pages(node)
        while_others_write(yibin)
        by_links(yibin, made)
        as_it_was(yibin, zhaotong, made)
        hostile(yibin)
        what_needs_us(yibin, zhaotong, made)
        reports(yibin, zhaotong, made)
        watching(yibin, zhaotong)
        every_head(yibin, made)
        crowded(zhaotong)
        how_complete(yibin, zhaotong)
    except BaseException:
        for node in nodes:
            print("--- %s\n%s" % (node.name, node.tail(20)), file=sys.stderr)
        raise
    finally:
        for node in nodes:
            node.close()
    print("finding: filters, words, place, time and an earlier moment agree on two nodes")

if __name__ == "__main__":
    main(sys.argv[1])
