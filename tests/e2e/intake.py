#!/usr/bin/env python3
"""What is given to muster and not meant so: pipes instead of files, lines without an end, names of two lines, variables and
members that nobody knows.  Each is taken, or refused with one sentence.

usage: intake.py BIN_DIR
"""
import gzip
import json
import os
import subprocess
import sys

from cli import answer, error, muster
from nodes import Node, running

HEAD = "Item Name,Quantity\n"


def run(node, *words, exit=0, env=None, **how):
    """muster, with a standard input or descriptors of its own; (stdout, stderr on one line)."""
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], capture_output=True, text=True, timeout=120,
                          env=dict({"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""}, **(env or {})), **how)
    assert done.returncode == exit, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout, " ".join(done.stderr.split())


def counts(text):
    got = json.loads(text)
    return got["stored"], got["existing"], got["refused"]


def stock(*names):
    return HEAD + "".join("%s,1\n" % name for name in names)


def pipes(node):
    """The same bytes are the same import, whichever way they come."""
    text = stock("Tent", "Bed", "Boat")
    file = os.path.join(node.root, "stock.csv")
    with open(file, "w") as out:
        out.write(text)
    assert counts(run(node, "import", "-", "--json", input=text)[0]) == (3, 0, 0)
    assert counts(run(node, "import", "/dev/stdin", "--json", input=text)[0]) == (0, 3, 0), "a second import doubles"
    assert counts(run(node, "import", file, "--json")[0]) == (0, 3, 0)
    with open(file) as regular:
        assert counts(run(node, "import", "-", "--json", stdin=regular)[0]) == (0, 3, 0)
    into, out = os.pipe()
    os.write(out, text.encode())
    os.close(out)
    got = json.loads(run(node, "import", "/dev/fd/%d" % into, "--json", pass_fds=(into,))[0])  # <(COMMAND) of a shell
    os.close(into)
    assert (got["existing"], got["files"][0]["file"]) == (3, "/dev/fd/%d" % into), got
    fifo = os.path.join(node.root, "fifo")
    os.mkfifo(fifo)
    work = subprocess.Popen([os.path.join(node.bin, "muster"), "--socket", node.socket, "import", fifo], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})
    with open(fifo, "w") as out:  # waits for its reader
        out.write(text)
    said = work.communicate(timeout=60)[0]
    assert work.returncode == 0 and "3 already here" in said, said


def forms(node):
    """Each format by its first bytes, or by the option; a map and a message are read from a pipe as well."""
    rows = [
        ('{"kind":"resource","fields":{"name":"Line"}}\n', [], "ndjson"),
        ('{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[104,28]},'
         '"properties":{"kind":"resource","name":"Map"}}]}', [], "geojson"),
        ("name,quantity\nField,1\n", ["--kind", "resource"], "csv"),
        (stock("Named"), ["--format", "stock"], "stock"),
    ]
    for text, options, form in rows:
        got = json.loads(run(node, "import", "-", "--json", *options, input=text)[0])
        assert (got["stored"], got["files"][0]["format"], got["files"][0]["file"]) == (1, form, "standard input"), got


def refused(node):
    long = "x" * (20 << 20)
    file = os.path.join(node.root, "long.csv")
    with open(file, "w") as out:
        out.write(long)
    packed = os.path.join(node.root, "stock.csv.gz")
    with gzip.open(packed, "wt") as out:
        out.write(stock("Packed"))
    for words, options, code, says in (
            (["import", "-"], {"input": ""}, 1, "standard input:1: the file is empty"),
            (["import", "-", "--lang", "zh"], {"input": ""}, 1, "标准输入"),
            (["import", "-"], {"input": long}, 1, "standard input:1: the first line is longer than 64 kB"),
            (["import", file], {}, 1, "long.csv:1: the first line is longer than 64 kB"),
            (["import", file, "--format", "stock"], {}, 1, "cell longer than 256 kB"),
            (["import", file, "--kind", "resource"], {}, 1, "cell longer than 256 kB"),
            (["import", "-"], {"input": long * 4}, 1, "more than 65536 kB"),
            (["import", packed], {}, 1, "zcat FILE | muster import -"),
            (["import", packed, "--format", "stock"], {}, 1, "zcat FILE | muster import -"),
            (["import", "-", "-"], {"input": stock("Tent")}, 2, "named 2 times"),
            (["import", "/dev/fd/77"], {}, 3, "started without it"),
    ):
        said = run(node, *words, exit=code, **(options or {"stdin": subprocess.DEVNULL}))[1]
        assert says in said and "table is empty" not in said, (words, said)


def counted(node):
    """Rows that the node refuses are counted at their file, in whatever batch they were sent."""
    good, bad = (os.path.join(node.root, name) for name in ("good.ndjson", "bad.ndjson"))
    rows = ["Left", "two\nlines", "three\x1b[31m"] + ["Row %d" % i for i in range(5000)]
    for file, names in ((good, ["Right"]), (bad, rows)):
        with open(file, "w") as out:
            out.write("".join(json.dumps({"kind": "resource", "fields": {"name": name}}) + "\n" for name in names))
    got = answer(node, "import", bad, good, exit=1)
    assert [(f["items"], f["refused"]) for f in got["files"]] == [(5003, 2), (1, 0)], got["files"]
    assert (got["stored"], got["refused"]) == (5002, 2), got
    assert [p["line"] for p in got["problems"]] == [2, 3] and "one line" in got["problems"][0]["message"], got["problems"]
    with open(bad, "w") as out:  # a cell of a table may have lines: where the field has one, they become a space
        out.write("name,quantity,comments\n\"Tent,\nlarge\",1,\"first\nsecond\"\n")
    muster(node, "import", "--kind", "resource", bad)
    fields = next(each["fields"] for each in node.get("/v1/objects?kind=resource&limit=500")["items"] if each["fields"]["name"].startswith("Tent,"))
    assert (fields["name"], fields["comments"]) == ("Tent, large", "first\nsecond"), fields


def lines(node):
    """A text of one line has one, in whatever is written here; a long text has as many as it likes."""
    for words in (("new", "resource", "name=two\nlines"), ("new", "resource", "name=bell\x07"), ("new", "resource", "name=x", "site=a\u2028b"),
                  ("space", "create", "two\nlines")):
        refusal = error(node, *words, exit=2)
        assert "one line" in refusal["message"] and "U+" in refusal["message"], (words, refusal)
    muster(node, "new", "resource", "name=long text", "comments=first\nsecond")
    for path, body in (("/v1/records", {"items": [{"op": "create", "kind": "resource", "fields": {"name": "x", "adm1": "a\tb"}}]}),):
        got = node.post(path, body)
        assert got["refused"] == 1 and "one line" in got["items"][0]["error"]["message"], got


def named(node):
    """What the command line itself sends is known to the node, with a space named too: each verb that has a body of its own."""
    unit = answer(node, "new", "resource", "name=Pump", "quantity=5", "unit={pump}")["items"][0]["object"]
    note = answer(node, "new", "incident", "name=Flood", "phase=active", "category=Geo")["items"][0]["object"]
    for words in (["update", note, "phase=recovery"], ["mint", unit, "3"], ["commit", unit, "1", "--for", note], ["hold", note], ["unhold", note],
                  ["agreement", "simulate", "incident", "name=x"], ["space", "policy", "retention-days=30"], ["space", "rotate"],
                  ["retract", note, "--reason", "ended"], ["erase", note, "--ground", "error", "--yes=" + note]):
        muster(node, *words, "--space", "home")


def variables(node):
    """A mistyped variable is named once, on stderr, and breaks nothing; those of others, of hooks and of tests are not looked at."""
    listed = run(node, "list", "resource", "-o", "csv")[0]
    for env, says in (({"MUSTER_SPACEE": "home"}, "the variable MUSTER_SPACEE is not known and does nothing; did you mean MUSTER_SPACE?"),
                      ({"MUSTER_OUTPT": "json"}, "did you mean MUSTER_OUTPUT?"), ({"MUSTER_SPACEE": "x", "MUSTER_LANG": "zh"}, "是否应为 MUSTER_SPACE"),
                      ({"MUSTER_LONG": "1", "MUSTER_STATE": "raised", "MUSTER_TEST_X": "1", "MUSTER_PORT_7117_TCP": "x"}, "")):
        out, said = run(node, "list", "resource", "-o", "csv", env=env)
        assert (out == listed or "MUSTER_LANG" in env) and says in said and said.count("MUSTER_") == 2 * bool(says), (env, said)
    out, said = run(node, "list", "resource", "--json", env={"MUSTER_SPACEE": "x"})
    assert json.loads(out)["items"] and json.loads(said)["warning"].endswith("did you mean MUSTER_SPACE?"), said
    assert not run(node, "list", "resource", "--quiet", env={"MUSTER_SPACEE": "x"})[1]
    settings = {each["name"] for each in node.get("/v1/settings")["items"]}
    mistyped = {"MUSTER_%sX" % name.upper(): "x" for name in settings}
    said = run(node, "list", "resource", env=mistyped)[1]
    assert settings and all("did you mean MUSTER_%s?" % name.upper() in said for name in settings), "a setting of musterd is no row of variables: " + said


def main():
    node = Node(os.path.abspath(sys.argv[1]), "a")
    with running(node):
        node.start()
        node.init()
        node.post("/v1/spaces", {"name": "home"})
        for part in (pipes, forms, refused, counted, lines, named, variables):
            part(node)
            print("ok", part.__name__, flush=True)


if __name__ == "__main__":
    main()
