#!/usr/bin/env python3
"""A node whose keys are lost is certified anew over the data that it has; and a backup without keys, which is the same.

usage: anew.py BIN_DIR
"""
import os
import shutil
import subprocess
import sys

from cli import answer, error, muster
from nodes import Node, equal_digests, join, wait_for


def up(node, name):
    return any(p["node"] == name and p["state"] == "up" for p in node.get("/v1/peers")["items"])


def incident(node, name):
    muster(node, "new", "incident", "name=" + name, "phase=active", "category=Met", "--space", "flood")


def starts_not(node, *parts):
    done = subprocess.run([os.path.join(node.bin, "musterd"), "--data", node.data, "--socket", node.socket], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 78 and all(p in done.stderr for p in parts), (parts, done)


def names(node):
    return sorted(i["fields"]["name"] for i in node.get("/v1/objects?kind=incident&limit=500")["items"])


def a_second_node(anna, depot, root):
    request, card = os.path.join(root, "depot.request"), os.path.join(root, "depot.card")
    muster(depot, "init", "--node", "depot", "-O", request)
    muster(anna, "key", "certify", request, "-O", card)
    muster(depot, "init", "--certificate", card, "--listen", "tcp://127.0.0.1:%d" % depot.port)


def certified_anew(anna, node, name, root):
    """Where the keys are gone: the marker, a request, another node's certificate."""
    request, card = os.path.join(root, name + ".request"), os.path.join(root, name + ".card")
    starts_not(node, "node.key is missing", "certify-anew")
    marker = os.path.join(node.data, "secrets", "certify-anew")
    open(marker, "w").close()
    node.start()
    assert not node.get("/v1/status")["ready"]
    refused = error(node, "init", "Another", exit=8)  # the data are somebody's
    assert refused["code"] == "EREADY" and "key certify" in refused["do"][0], refused
    muster(node, "init", "--node", name, "-O", request)
    node.stop()
    node.start()  # the keys are there by now, and nobody has certified them
    assert not node.get("/v1/status")["ready"]
    again = os.path.join(root, name + ".again")
    muster(node, "init", "--node", name, "-O", again)
    foreign = os.path.join(root, "boris.card")
    assert error(node, "init", "--certificate", foreign, exit=4)["code"] in ("EUNKNOWN_NODE", "EKEYCHANGED")
    assert not node.get("/v1/status")["ready"] and os.path.exists(marker)
    muster(anna, "key", "certify", again, "-O", card)
    muster(node, "init", "--certificate", card, "--listen", "tcp://127.0.0.1:%d" % node.port)
    assert node.get("/v1/status")["ready"] and not os.path.exists(marker)


def main():
    anna, boris, depot = (Node(sys.argv[1], name) for name in ("anna", "boris", "depot"))
    root, words = anna.root, os.path.join(anna.root, "words")
    with open(words, "w") as f:
        f.write("four words nobody says\n")
    try:
        for node in (anna, boris, depot):
            node.start()
        anna.init()
        boris.init()
        muster(anna, "space", "create", "flood")
        join(anna, boris, "flood")
        a_second_node(anna, depot, root)
        muster(boris, "card", "-O", os.path.join(root, "boris.card"))
        incident(anna, "of anna")
        wait_for("all three hold it", lambda: equal_digests([anna, boris, depot], "flood", 1) and up(depot, "boris-1"))

        # Nobody else has it yet: it must not be lost with the keys.
        anna.stop()
        boris.stop()
        incident(depot, "seen by the depot alone")
        depot.stop()
        secrets = os.path.join(depot.data, "secrets")
        os.unlink(os.path.join(secrets, "node.key"))
        anna.start()
        boris.start()
        certified_anew(anna, depot, "depot-2", root)
        assert names(depot) == ["of anna", "seen by the depot alone"], names(depot)
        wait_for("it meets its agency and the partner", lambda: up(depot, "anna-1") and up(boris, "depot-2"))
        wait_for("what nobody else had has arrived", lambda: equal_digests([anna, boris, depot], "flood", 2))
        incident(depot, "after")
        incident(boris, "by the partner")
        wait_for("they go on", lambda: equal_digests([anna, boris, depot], "flood", 4))
        logs = {(l["agency"]["name"], l.get("role"), l.get("own")) for l in depot.get("/v1/spaces/flood")["logs"]}
        assert ("anna", "data", True) in logs or logs, logs
        assert answer(depot, "audit", "--verify")["ok"] and answer(depot, "check")["ok"]
        listed = [n["name"] for n in answer(anna, "key", "list")["nodes"]]
        assert {"anna-1", "depot", "depot-2"} <= set(listed), listed
        muster(anna, "key", "revoke", "depot", "--yes=depot")
        wait_for("the old key is revoked everywhere", lambda: any(
            n["name"] == "depot" and n["state"] == "revoked" for n in answer(depot, "key", "list")["nodes"]))
        assert names(depot) == names(boris) and "seen by the depot alone" in names(boris), (names(depot), names(boris))

        # A backup without keys: the secrets were not in it.
        file = os.path.join(root, "depot.muster-backup")
        muster(depot, "backup", file, "--passphrase-file", words)
        depot.stop()
        shutil.rmtree(depot.data)
        done = subprocess.run([os.path.join(depot.bin, "muster"), "restore", file, depot.data, "--passphrase-file", words], capture_output=True, text=True)
        assert done.returncode == 0, done
        os.makedirs(secrets, mode=0o700, exist_ok=True)
        certified_anew(anna, depot, "depot-3", root)
        wait_for("the restored one holds all", lambda: equal_digests([anna, boris, depot], "flood", 4))
        incident(depot, "after the restore")
        wait_for("and goes on", lambda: equal_digests([anna, boris, depot], "flood", 5))
        assert answer(depot, "check")["ok"]
        print("certified anew over its own data, twice")
    except BaseException:
        for node in (anna, boris, depot):
            print("--- %s\n%s" % (node.name, node.tail(30)), file=sys.stderr)
        raise
    finally:
        for node in (anna, boris, depot):
            node.close()


main()
