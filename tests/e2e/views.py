#!/usr/bin/env python3
"""A disk that fails the derived tables under a running node: everything else goes on, own records wait with a sentence, and when
the disk is well again the views are whole by themselves, without a restart.

usage: views.py BIN_FOLDER

The failing disk is a limit of the size of files (RLIMIT_FSIZE) just behind what derived/ has at that moment.
"""
import os
import resource
import sys
import tempfile

from cli import error
from nodes import Node, Refused, equal_digests, join, running, wait_for

BEFORE, CHUNK = 1200, 100


def incidents(node, count, name):
    """How many were stored; the error code that refused the rest."""
    for i in range(0, count, CHUNK):
        items = [{"op": "create", "kind": "incident",
                  "fields": {"name": "%s %d of many" % (name, i + n), "phase": "active", "category": ["Met"], "severity": "Severe"}}
                 for n in range(min(CHUNK, count - i))]
        try:
            assert node.post("/v1/records", {"items": items})["refused"] == 0
        except Refused as refusal:
            return i, refusal.code
    return count, None


def look(node, check):
    return [i["state"] for i in node.get("/v1/doctor")["items"] if i["check"] == check]


def objects(node):
    return node.get("/v1/status")["spaces"][0]["objects"]


def files_end_at(node, size):
    hard = resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def settled(node):
    """Bytes of derived/ and main/, once what was derived is committed and its words are noted."""
    def sizes():
        return tuple(os.path.getsize(os.path.join(node.data, which, "data.mdb")) for which in ("derived", "main"))
    wait_for("derived/ is the larger one", lambda: sizes()[0] > sizes()[1])
    return sizes()


def views_come_back(a, b):
    assert incidents(a, BEFORE, "before")[1] is None
    wait_for("B has them", lambda: objects(b) == BEFORE)
    assert look(a, "views") == ["ok"], look(a, "views")
    derived, main = settled(a)
    assert main < derived * 3 // 4, "the limit would fail main/ as well: %d and %d bytes" % (main, derived)
    files_end_at(a, derived)
    assert incidents(a, CHUNK, "while it fails")[1] is None
    more = []  # of those that are stored until it is known that the disk does not keep the views

    def own_records_wait():
        if incidents(a, 1, "while it fails, too")[1] == "EVIEWS":
            return True
        more.append(1)
        return False

    wait_for("own records wait", own_records_wait)
    stored = CHUNK + len(more)
    # Everything else is answered, and what is wrong is said, with an exit code of its own.
    assert a.get("/v1/objects?kind=incident&limit=50")["items"]
    assert any(w["code"] == "EVIEWS" for w in a.get("/v1/status")["warnings"])
    assert look(a, "views") == ["wrong"], look(a, "views")
    refused = error(a, "new", "incident", "name=one more", "phase=active", "category=Met", exit=6)
    assert refused["code"] == "EVIEWS" and refused["do"], refused
    # Records of others are stored meanwhile.
    assert incidents(b, CHUNK, "from B")[1] is None
    with open(a.journal, errors="replace") as f:
        said = [line for line in f if "the views could not be kept" in line]
    assert len(said) == 1, said
    files_end_at(a, resource.RLIM_INFINITY)
    wait_for("the views are whole again", lambda: look(a, "views") == ["ok"], 60)
    all_of_them = BEFORE + stored + CHUNK
    wait_for("A shows all", lambda: objects(a) == all_of_them, 60)
    wait_for("B shows all", lambda: objects(b) == all_of_them, 60)
    assert equal_digests([a, b], "flood", all_of_them)
    assert incidents(a, 1, "after")[1] is None
    wait_for("it is kept again", lambda: "the views are whole and kept again" in open(a.journal, errors="replace").read(), 60)
    wait_for("B has it", lambda: objects(b) == all_of_them + 1)
    assert a.stop() == 0
    a.start()
    assert equal_digests([a, b], "flood", all_of_them + 1)


def main():
    bin_dir = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="muster-views.") as root:
        a = Node(bin_dir, "aldermoor", root, before=["env", "--ignore-signal=XFSZ"])
        b = Node(bin_dir, "brackwater", root)
        with running(a, b):
            for node in (a, b):
                node.start()
                node.init()
            a.post("/v1/spaces", {"name": "flood"})
            join(a, b, "flood")
            views_come_back(a, b)
            assert a.stop() == 0 and b.stop() == 0
    print("views: ok")


if __name__ == "__main__":
    main()
