#!/usr/bin/env python3
"""What a list, a search and a watch show first, and what a script can rely on: sorting, newest first, ends and exit codes.

usage: looking.py BIN_DIR
"""
import os
import subprocess
import sys

from cli import answer, muster
from nodes import Node, running, wait_for

MARK = "EXERCISE 演练"


def shorts(node, *words):
    return [item["short"] for item in answer(node, *words)["items"]]


def pages(node, *words):
    """The same, two at a time."""
    found, cursor, count = [], None, 0
    while cursor or not count:
        page = answer(node, *words, "--limit", "2", *(["--cursor", cursor] if cursor else []))
        found += [item["short"] for item in page["items"]]
        assert len(page["items"]) <= 2
        cursor, count = page["next"], count + 1
    return found, count


def make(node, kind, name, *fields):
    return answer(node, "new", kind, "name=" + name, *fields)["items"][0]["short"]


def sorting(node):
    """--sort and --order, on the first page and behind it; equal names keep one order."""
    stock = {name: make(node, "resource", name, "quantity=1") for name in ("pumps", "Boats", "帐篷", "blankets", "水泵")}
    named = sorted(stock, key=lambda name: name.encode())
    for order, want in ((["--order", "asc"], named), (["--order", "desc"], named[::-1])):
        names = [item["fields"]["name"] for item in answer(node, "list", "resources", "--sort", "name", *order)["items"]]
        assert sorted(names) == sorted(want)
        if order[1] == "desc":
            assert names == [item["fields"]["name"] for item in answer(node, "list", "resources", "--sort", "name", "--order", "asc")["items"]][::-1], names
    made = list(stock.values())
    assert shorts(node, "list", "resources") == made[::-1], "not newest first"
    assert shorts(node, "list", "resources", "--order", "asc") == made
    muster(node, "update", stock["Boats"], "quantity=2")
    assert shorts(node, "list", "resources")[0] == stock["Boats"], "what was changed last is not the first"
    for words in (["--sort", "name"], ["--sort", "changed"], ["--sort", "kind"], ["--sort", "name", "--order", "desc"], ["--order", "asc"]):
        found, count = pages(node, "list", "resources", *words)
        assert found == shorts(node, "list", "resources", *words, "--all") and count == 3, (words, found)
    first = answer(node, "list", "resources", "--sort", "name")["items"]
    text = muster(node, "list", "resources", "--sort", "name")[0]
    places = [text.index(item["short"]) for item in first]
    assert places == sorted(places), "the table stands in another order than the JSON"
    return stock


def searching(node):
    """Newest object first, whatever the language of the words and wherever they stand."""
    told = [make(node, "observation", "Water 水位 over the dike"), make(node, "observation", "gauge", "description=the dike holds, 水位 falls"),
            make(node, "incident", "堤防渗漏 dike seeps", "phase=active", "category=Geo", "description=水位"),
            make(node, "observation", "水位 steady at the dike dike dike")]
    muster(node, "update", told[1], "value=3", "property=level")
    want = told[::-1]  # the newest object: neither a later change, nor the title, nor more of the word moves it
    for words in (["dike"], ["水位"], ["位"], ["DIKE", "水位"], ["水位", "dike"]):
        wait_for("%s is found" % words, lambda: len(shorts(node, "search", *words)) == 4)
        assert shorts(node, "search", *words) == want, (words, shorts(node, "search", *words), told)
        assert pages(node, "search", *words)[0] == shorts(node, "search", *words), words
    assert shorts(node, "search", "dike", "--kind", "incident") == [told[2]]
    assert shorts(node, "search", "堤防", "steady") == []
    assert "nothing says that" in muster(node, "search", "堤防", "steady")[0]


def started(node, *words):
    return subprocess.Popen([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})


def ended(watch):
    watch.kill()
    watch.communicate()


def watching(node):
    """A person sees the head, then a line a change, marked as an exercise; a script gets an exit code for each end."""
    watch = started(node, "watch", "--count", "2")
    try:
        head, complete = watch.stdout.readline(), watch.stdout.readline()
        assert head.startswith("drill  " + MARK) and complete.startswith("complete as of "), (head, complete)
        seen = make(node, "incident", "Seen 看见", "phase=latent", "category=Geo")
        line = watch.stdout.readline()
        assert line.startswith(MARK) and "put" in line and seen in line and "Seen 看见" in line, line
        muster(node, "update", seen, "phase=active")
        line = watch.stdout.readline()
        assert line.startswith(MARK) and seen in line and "active" in line, line
        assert watch.wait(30) == 0, "after N changes it ends with 0"
    finally:
        ended(watch)
    for words, code in ((["watch", "frobs"], 2), (["watch", "--space", "nowhere"], 3), (["watch", "--count", "0"], 2),
                        (["watch", "--after", "not a cursor"], 2), (["--socket", "/nonexistent", "watch"], 6)):
        muster(node, *words, exit=code)
    watch = started(node, "watch")
    try:
        watch.stdout.readline()
        node.stop()
        assert watch.wait(30) == 6, "the node went away: %s" % watch.stderr.read()
    finally:
        ended(watch)
    node.start()


def main(bin_dir):
    node = Node(bin_dir, "yibin")
    with running(node, lines=20):
        node.start()
        node.init()
        muster(node, "space", "create", "drill", "--exercise")
        sorting(node)
        searching(node)
        watching(node)
    print("looking: sorted, newest first, page by page; a watch ends with a code")


if __name__ == "__main__":
    main(sys.argv[1])
