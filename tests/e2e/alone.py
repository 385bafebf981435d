#!/usr/bin/env python3
"""An agency's only node loses its keys: the root key, from a safe, makes new ones count, over the data that are there, and from the
agency's card where nothing is there.  Without the root key it is a new agency, and says so.

usage: alone.py BIN_DIR
"""
import os
import shutil
import sys

from cli import answer, error, events, muster, up
from nodes import Node, equal_digests, free_port, join, running, wait_for


def incident(node, name):
    muster(node, "new", "incident", "name=" + name, "phase=active", "category=Met", "--space", "flood")


def names(node):
    return sorted(i["fields"]["name"] for i in node.get("/v1/objects?kind=incident&limit=500")["items"])


def keys_lost(node):
    node.stop()
    os.unlink(os.path.join(node.data, "secrets", "node.key"))
    open(os.path.join(node.data, "secrets", "certify-anew"), "w").close()
    node.start()
    assert not node.get("/v1/status")["ready"]


def partner_takes_the_card(anna, boris, safe):
    """A node that nobody has heard of is let in by its agency's newest card, and by nothing else."""
    old, new, another = (os.path.join(safe, name) for name in ("old.card", "new.card", "another.card"))
    muster(boris, "card", "-O", another)
    muster(anna, "card", "-O", new)
    assert error(boris, "peer", "set", "anna", "card=" + another, exit=4)["code"] == "EKEYCHANGED"
    assert error(boris, "peer", "set", "nobody", "note=x", exit=3)["code"] == "EUNKNOWN_AGENCY"
    assert not up(boris, "anna")
    muster(boris, "peer", "set", "anna", "card=" + new)
    assert "peer.set" in events(boris)


def an_address_and_a_note(anna, boris):
    """Both stay on the node, over a restart too; the address is called before those of the card."""
    elsewhere = "tcp://127.0.0.1:%d" % free_port()
    assert error(boris, "peer", "set", "anna", "endpoint=nowhere", exit=2)["code"] == "EENDPOINT"
    set_ = answer(boris, "peer", "set", "anna", "endpoint=" + elsewhere, "note=duty officer 117")
    assert set_["endpoint"] == elsewhere and set_["note"] == "duty officer 117", set_
    row = lambda: next(p for p in boris.get("/v1/peers")["items"] if p["state"] != "refused" and p["agency"]["name"] == "anna")
    wait_for("it is the first", lambda: row()["endpoints"][0] == elsewhere)
    boris.stop()
    boris.start()
    assert row()["endpoints"][0] == elsewhere and row()["note"] == "duty officer 117" and len(row()["endpoints"]) == 2, row()
    assert "duty officer 117" in muster(boris, "peer", "show", "anna")[0]
    muster(boris, "peer", "set", "anna", "endpoint=")
    wait_for("the card's alone", lambda: elsewhere not in row()["endpoints"] and row()["note"])


def main():
    anna, boris = (Node(sys.argv[1], name) for name in ("anna", "boris"))
    safe = os.path.join(anna.root, "safe")
    os.mkdir(safe)
    words, wrong, root, other = (os.path.join(safe, name) for name in ("words", "wrong", "root", "other"))
    for path, text in ((words, "four words nobody says\n"), (wrong, "four words somebody says\n")):
        with open(path, "w") as f:
            f.write(text)
    signed = ["--root", root, "--passphrase-file", words]
    here = ["--listen", "tcp://127.0.0.1:%d" % anna.port]
    with running(anna, boris, lines=30):
        for node in (anna, boris):
            node.start()
        muster(anna, "init", "anna", "--node", "anna-1", *here, *signed)
        boris.init()
        muster(boris, "key", "export-root", other, "--passphrase-file", words)
        muster(anna, "space", "create", "flood")
        join(anna, boris, "flood", right="admin")
        incident(anna, "of anna")
        wait_for("both hold it", lambda: equal_digests([anna, boris], "flood", 1))
        boris.stop()
        incident(anna, "seen by anna alone")

        keys_lost(anna)
        refused = error(anna, "init", "anna", "--root", root + ".new", "--passphrase-file", words, exit=8)
        assert refused["code"] == "EREADY" and not os.path.exists(root + ".new"), "no keys were made for what is refused: %s" % refused
        refused = error(anna, "init", "anna", exit=8)
        assert refused["code"] == "EREADY" and "--root FILE" in refused["do"][0], refused
        assert error(anna, "init", "--root", root, exit=2)["code"] == "EUSAGE"
        assert error(anna, "init", "--node", "anna-2", "--root", other, "--passphrase-file", words, exit=4)["code"] == "EROOTKEY"
        assert error(anna, "init", "--node", "anna-2", "--root", root, "--passphrase-file", wrong, exit=4)["code"] == "EPASSPHRASE"
        next_one = error(anna, "init", "--node", "anna-2", "--root", root + ".next", "--passphrase-file", words, exit=4)
        assert next_one["code"] == "EROOTKEY" and "next one" in next_one["why"], next_one
        assert not anna.get("/v1/status")["ready"], "what was refused changed nothing"
        anna.stop()
        anna.start()  # the new keys are there by now
        muster(anna, "init", "--node", "anna-2", *here, *signed)
        assert anna.get("/v1/status")["ready"] and names(anna) == ["of anna", "seen by anna alone"], names(anna)
        assert not os.path.exists(os.path.join(anna.data, "secrets", "certify-anew"))
        muster(anna, "key", "revoke", "anna-1", "--yes=anna-1", *signed)
        boris.start()
        partner_takes_the_card(anna, boris, safe)
        wait_for("the partner meets it again", lambda: up(boris, "anna"))
        wait_for("what nobody else had has arrived", lambda: equal_digests([anna, boris], "flood", 2))
        incident(anna, "after")
        incident(boris, "by the partner")
        wait_for("they go on", lambda: equal_digests([anna, boris], "flood", 4))
        muster(anna, "space", "create", "second")  # it governs
        assert answer(anna, "audit", "--verify")["ok"] and answer(anna, "check")["ok"]
        assert [n["name"] for n in answer(anna, "key", "list")["nodes"] if n["state"] == "valid"] == ["anna-2"]

        an_address_and_a_note(anna, boris)

        # The disk too: nothing is left but the root key and the agency's newest card.
        card = os.path.join(safe, "anna.muster-card")
        muster(anna, "card", "-O", card)
        anna.stop()
        shutil.rmtree(anna.data)
        anna.start()
        refused = error(anna, "init", "--node", "anna-3", *signed, exit=3)
        assert refused["code"] == "ENOTFOUND" and "--certificate CARD" in refused["do"][0], refused
        assert error(anna, "init", "--node", "anna-3", "--certificate", words, *signed, exit=2)["code"], "no card"
        muster(anna, "init", "--node", "anna-3", "--certificate", card, *here, *signed)
        assert anna.get("/v1/status")["ready"]
        newest, invite = os.path.join(safe, "newest.card"), os.path.join(safe, "anna.invite")
        muster(anna, "card", "-O", newest)
        muster(boris, "peer", "set", "anna", "card=" + newest)
        muster(boris, "invite", newest, "--space", "flood", "--right", "admin", "-O", invite)
        muster(anna, "join", invite)
        wait_for("the partner gives back what it holds", lambda: equal_digests([anna, boris], "flood", 4))
        muster(anna, "key", "revoke", "anna-2", "--yes=anna-2", *signed)  # not before: what this node does not hold would not count
        incident(anna, "a third time")
        wait_for("it goes on", lambda: equal_digests([anna, boris], "flood", 5))
        print("an agency's only node was certified anew by its root key, twice")


main()
