#!/usr/bin/env python3
"""What a program asks for with -o json, csv, tsv or id is that, of every verb, and never the screen that a person gets.

usage: forms.py BIN_DIR [--long] [VERB…]

The verbs are those of `muster help --json`, whose shape is looked at first; what has to be there before a verb is in help.py.  An
example of each is typed in each form.  It answers in that form, with the members or columns that its help names, or it refuses with
2 and a sentence that names the form, as its help says too.
"""
import csv
import io
import json
import os
import re
import sys
import time

from cli import muster
from docs_world import World
from help import FRESH, SKIP, Scenes, meant
from nodes import Node

FORMS = ("json", "csv", "tsv", "id")
NAME = re.compile(r"[a-z#][a-z0-9_]*(\.[a-z0-9_]+)*")
# Where the first example of its help is none for this: what is typed instead.  CURSOR is that of the feed's first line.
TYPED = {
    "watch": "muster watch --after CURSOR --count 1", "export": "muster export incidents", "agreement sign": "muster agreement sign agr-7k2q9 --yes",
    "share": "muster share inc-7k2q9 --to regional", "peer remove": "muster peer remove \"Red Cross\" --yes",
    "confirm": "muster confirm \"Red Cross\" 12345 67890 13579", "check": "muster check", "metrics": "muster metrics", "invite": "muster invite redcross.muster-card --right write",
    "completion": "muster completion bash", "resolve": "muster resolve inc-7k2q9 --shown", 
    "card": "muster card", "key export-root": "muster key export-root /media/safe/agency.key --keep",
}
# Answers of another shape that a verb has too, behind its first one in the same federation.
MORE = (("erase", "muster erase --status inc-7k2q9"), ("update", "muster update inc-7k2q9 severity=Severe --dry-run"),
        ("evaluate", "muster evaluate eva-3m8zt"), ("invite", "muster invite --once --right write"), ("peer remove", "muster peer remove \"Red Cross\" --dry-run"),
        ("space policy", "muster space policy"), ("audit", "muster audit --verify"), ("audit", "muster audit --export may.muster-audit --yes"),
        ("upgrade", "muster upgrade --confirm --yes"), ("prove", "muster prove inc-7k2q9 -O dike.proof"))
# Each passphrase, measurement or fresh federation takes seconds.  These print the rows that their help names as all others do, by the
# same lines; they are typed in all forms with --long.
SLOW = {"key rotate": ("csv",), "key revoke": ("csv",), "key export-root": ("csv",), "key operator": ("json", "id"), "key renew": ("csv",),
        "key certify": ("tsv",), "backup": ("json", "csv"), "bench": ("csv",), "restore": ("csv",),
        "init": ("csv",), "space create": ("json",), "resolve": ("csv",), "peer remove": ("csv",), "space right": ("json",),
        "space suspend": ("csv",), "space lift": ("tsv",), "space remove": ("csv",), "space approve": ("id",), "space leave": ("csv",)}
# The shape of `muster help --json`: the members of each item, and of what lies in it.  Members are added, none goes.
SHAPES = {
    "verb": {"about": str, "name": str, "alias": (str, None), "usage": str, "group": str, "summary": str, "detail": (str, None), "options": "option",
             "examples": [str], "exits": "exit", "forms": [str], "keys": [str], "columns": [str]},
    "kind": {"about": str, "name": str, "prefix": str, "label": str, "help": str, "fields": "field", "steps": "step", "examples": [str]},
    "error": {"about": str, "name": str, "exit": int, "means": str, "do": str},
    "option": {"name": str, "letter": (str, None), "value": (str, None), "help": str},
    "exit": {"code": int, "means": str},
    "field": {"name": str, "type": str, "required": bool, "label": str, "help": (str, None), "tokens": [str]},
    "step": {"from": (str, None), "to": str},
}


def shaped(value, want):
    """Has it that shape?"""
    if isinstance(want, str):
        return isinstance(value, list) and all(item_shaped(one, want) for one in value)
    if isinstance(want, list):
        return isinstance(value, list) and all(shaped(one, want[0]) for one in value)
    if isinstance(want, tuple):
        return value is None or shaped(value, want[0])
    return type(value) is want


def item_shaped(item, name):
    return set(item) == set(SHAPES[name]) and all(shaped(item[key], want) for key, want in SHAPES[name].items())


def help_is_data(node):
    """Of verbs, kinds and codes; what it says of all is what it says of one.  Returns the verbs."""
    whole = json.loads(muster(node, "help", "--json")[0])
    assert set(whole) == {"muster", "items", "options"} and whole["muster"] == 1 and shaped(whole["options"], "option")
    for words, about, least in (([], "verb", 100), (["kinds"], "kind", 20), (["errors"], "error", 50)):
        items = json.loads(muster(node, "help", *words, "--json")[0])["items"]
        assert len(items) >= least and all(item["about"] == about for item in items), words
        for item in items:
            assert item_shaped(item, about), item
        one = items[3]
        assert one in json.loads(muster(node, "help", *one["name"].split(), "--json")[0])["items"], one["name"]
        assert json.loads(muster(node, "help", *words, "--json", "--lang", "zh")[0])["items"] == items, "JSON is the same in both languages"
        assert [row[0] for row in table(muster(node, "help", *words, "-o", "tsv")[0], "tsv")[1:]] == [item["name"] for item in items]
        assert muster(node, "help", *words, "-o", "id")[0].split("\n")[:-1] == [item["name"] for item in items]
    for item in whole["items"]:
        assert item["examples"] and {exit["code"] for exit in item["exits"]} >= {0, 1, 2} and "table" in item["forms"], item
        assert item["usage"].startswith("muster " + item["name"])
    assert not shaped({"name": 1}, str) and not item_shaped({"code": 1}, "exit") and not item_shaped({"code": "1", "means": ""}, "exit")
    assert [i["about"] for i in json.loads(muster(node, "help", "release", "--json")[0])["items"]] == ["kind", "verb"]
    assert json.loads(muster(node, "list", "--help", "--json")[0])["items"][0]["name"] == "list"
    assert muster(node, "help", "nothing", "--json", exit=2)[0] == ""
    return whole["items"]


def table(text, form):
    """Rows of csv or tsv, the first one the names of the columns; AssertionError when it is none."""
    if form == "csv":
        assert text.endswith("\r\n") and "\n" not in re.sub(r'"(""|[^"])*"', "", text).replace("\r\n", ""), "lines of csv end with CR LF"
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    else:
        assert text.endswith("\n"), "the last line has no end"
        rows = [line.split("\t") for line in text[:-1].split("\n")]
    assert all(NAME.fullmatch(name) for name in rows[0]), "no names of columns: %s" % rows[0]
    assert all(len(row) == len(rows[0]) for row in rows), "rows are not of the same length: %s" % rows[:3]
    return rows


def looked_at(verb, form, out, cells):
    """AssertionError when that is no answer of the verb in the form.  cells: what csv had, by which an id is known."""
    if form == "json" and verb["name"] == "export":
        assert all("fields" in json.loads(line) for line in out.splitlines()) and out
    elif form == "json":
        answer = json.loads(out)
        assert answer["muster"] == 1
        missing = {key for key in verb["keys"] if not key.endswith("?")} - set(answer)
        assert not missing, "no members %s in %s" % (sorted(missing), sorted(answer))
    elif form == "id":
        assert not out or out.endswith("\n")
        for line in out.splitlines():
            assert line and (not re.search(r"\s", line) or line in cells), "no id: %s" % line
    else:
        rows = table(out, form)
        assert not verb["columns"] or rows[0] == verb["columns"], "columns are %s, not %s" % (rows[0], verb["columns"])
        cells.update(cell for row in rows[1:] for cell in row)


def scene(scenes, verb, number, text, state):
    name = verb["name"]
    alone = name.replace(" ", "_").replace("-", "_") in FRESH
    if name.startswith("key "):
        if not state["keys"]:
            scenes.keys()
    elif alone or not state["fresh"] or state["keys"]:
        scenes.federation()
    state.update(keys=name.startswith("key "), fresh=not alone)
    scenes.erased = None  # each time another object
    if "CURSOR" in text:
        scenes.incident()
        line = scenes.yibin.call("GET", "/v1/feed", raw=True)[1].splitlines()[0]
        text = text.replace("CURSOR", json.loads(line)["cursor"])
    return meant(scenes, name, number, text)


def typed_in(scenes, text, form):
    """(exit code, stdout, what was said beside it)."""
    at, path = scenes.at, os.path.join(scenes.w.root, "out")
    for made in re.findall(r"(?:-O|--make-key|export-root) (\S+)", text):
        for end in ("", ".pub", ".next"):
            if os.path.isfile(os.path.join(at.home, made + end)):
                os.remove(os.path.join(at.home, made + end))
    code, said = at.types("{ %s; } >%s" % (text.replace("muster ", "muster -o %s " % form, 1), path), [] if scenes.answers == ["y"] and "--yes" in text else scenes.answers)
    with open(path, encoding="utf-8", newline="") as file:
        return code, file.read(), said


def every_form(scenes, verb, state, wrong, long):
    """One scene serves as long as the verb can be typed in it once more."""
    text, line, cells = verb.get("typed", TYPED.get(verb["name"], verb["examples"][0])), None, set()
    number = 1 if verb["name"] == "confirm" else 0
    for form in FORMS if "typed" in verb or long and not verb["name"].startswith("key ") else SLOW.get(verb["name"], FORMS):
        for anew in (line is None, not verb["name"].startswith("key ")):  # those build on each other, in one world
            if anew:
                line = scene(scenes, verb, number, text, state)
            try:
                code, out, said = typed_in(scenes, line, form)
            except AssertionError as why:  # it did not ask what it asks in a new scene
                code, out, said = None, "", str(why)
            if code in scenes.exits or (code == 2 and form not in verb["forms"]):
                break
        try:
            if form in verb["forms"] and not (verb["name"] == "export" and form in ("tsv", "id")):
                assert code in scenes.exits, "ends with %d: %s" % (code, said)
                looked_at(verb, form, out, cells)
            else:
                assert code == 2 and not out and re.search(r"\b%s\b" % form, said), "ends with %d: %s" % (code, said)
        except (AssertionError, ValueError, KeyError) as why:
            wrong.append("%s, -o %s: %s: %s\n%s" % (line, form, type(why).__name__, why, out[:400]))


def same_in_both_languages(scenes, wrong):
    """What programs read has no language, also where a cell is a sentence."""
    scenes.federation()
    scenes.pumps()
    scenes.request()
    for line in (["doctor"], ["check"], ["peer", "test", "Red Cross"], ["config", "check"], ["allocate", "Pumps"], ["maintenance"], ["todo"], ["peer", "list"]):
        en, zh = (re.sub(r"\d+ of \d+ MiB|\d+ MiB|-?\d+ ms", "", muster(scenes.yibin, *line, "-o", "csv", "--lang", lang, exit=None)[0]) for lang in ("en", "zh"))
        if en != zh or not en:
            wrong.append("muster %s -o csv has a language:\n%s\n%s" % (" ".join(line), en, zh))


def finds_a_screen():
    """A canary: what these verbs printed once."""
    verb = {"name": "doctor", "keys": ["muster"], "columns": []}
    for form, out in (("csv", "flood  ACTUAL  node yibin-1 (Yibin)\r\n"), ("csv", "all is well\n"), ("tsv", "muster 0.1.0\nmusterd 0.1.0\n"),
                      ("id", "muster 0.1.0\n"), ("id", "  note  clock\n"), ("json", "usage: muster"), ("csv", "3f9a 1\r\n"), ("csv", "a,b\r\n1\r\n")):
        try:
            looked_at(verb, form, out, set())
        except (AssertionError, ValueError):
            continue
        raise SystemExit("nobody noticed that this is no %s: %s" % (form, out))


def main():
    bin_dir, only = os.path.abspath(sys.argv[1]), [word for word in sys.argv[2:] if word != "--long"]
    long = "--long" in sys.argv
    if not os.path.exists(os.path.join(bin_dir, "..", "lib", "muster-test-clock.so")):
        print("skipped: this build has no clock that a test sets")
        return SKIP
    begin, wrong = time.monotonic(), []
    finds_a_screen()
    found = help_is_data(Node(bin_dir, "nobody", root="/nonexistent"))
    with World(bin_dir) as world:
        scenes, state = Scenes(world), {"fresh": False, "keys": False}
        found += [dict(verb, typed=text, keys=["muster"], columns=[]) for name, text in MORE for verb in found if verb["name"] == name]
        found.sort(key=lambda verb: (verb["name"].startswith("key "), verb["name"] == "key rotate"))
        for verb in found:
            if only and verb["name"] not in only and not (verb["name"].startswith("key ") and any(w.startswith("key ") for w in only)):
                continue
            try:
                every_form(scenes, verb, state, wrong, long or bool(only))
            except (AssertionError, KeyError, IndexError, TypeError, StopIteration, OSError) as why:
                wrong.append("muster %s: %s: %s" % (verb["name"], type(why).__name__, why))
                state["fresh"] = False
            if "MUSTER_TIMES" in os.environ:
                print("%6.1f s  %s" % (time.monotonic() - begin, verb["name"]))
        if not only:
            same_in_both_languages(scenes, wrong)
    for text in wrong:
        print(text, "\n", file=sys.stderr)
    print("%d calls in %s, %d wrong (%.1f s)" % (len(only or found), ", ".join(FORMS), len(wrong), time.monotonic() - begin))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
