#!/usr/bin/env python3
"""A warning for the public from its draft until it is lifted: who may issue it, what partners see, and what goes out as CAP.

usage: alert.py BIN_DIR
"""
import os
import re
import sys

from cli import answer, code, error, muster
from nodes import Node, join, wait_for

DRAFT = ("name=Min River flood", "level=二级", "category=Met", "area_desc=Nanxi lowlands", "area=CIRCLE 28.84,104.98 15",
         "matters=water up to 2 m", "measures=leave the lowlands by 18:00")


def cap(node, *words):
    return muster(node, "export", *words, "-o", "cap")[0]


def element(text, name):
    return re.findall("<%s>(.*?)</%s>" % (name, name), text)


def without_operators(yibin, zhaotong):
    """An agency that has none tells nobody apart: one person drafts, verifies and issues."""
    lacks = error(yibin, "alert", "level=二级", exit=2)
    assert lacks["code"] == "EMISSING" and "name" in lacks["message"], lacks
    assert code(yibin, "alert", *DRAFT, "--issue", exit=4) == "ESTEP", "a draft was issued that nobody had verified"
    draft = answer(yibin, "list", "warnings")["items"][0]
    assert draft["fields"]["status"] == "draft", "the refused step took the draft with it"
    assert code(yibin, "alert", draft["short"], "level=五级", exit=2) == "ETOKEN"
    made = answer(yibin, "alert", *DRAFT, "--verify", "--issue")
    assert made["status"] == "issued" and made["fields"]["issuer"] == "yibin" and made["fields"]["tlp"] == "TLP:CLEAR", made
    assert made["fields"]["issued_at"] and made["fields"]["starts"], made
    wait_for("Zhaotong sees that it was issued", lambda: any(
        w["short"] == made["short"] and w["fields"]["status"] == "issued" for w in answer(zhaotong, "list", "warnings")["items"]))
    assert code(zhaotong, "alert", made["short"], "--lift", exit=4) == "ENOTOWNER"
    return draft["short"], made["short"]


def goes_out_as_cap(yibin, draft, issued):
    """The first message is the one that was issued, its drafts are none; what is changed is an update, what is lifted a cancellation."""
    text = cap(yibin, issued)
    assert element(text, "msgType") == ["Alert"] and element(text, "references") == [], text
    assert element(text, "scope") == ["Public"] and element(text, "severity") == ["Severe"], text
    assert element(text, "senderName") == ["yibin"] and element(text, "instruction") == ["leave the lowlands by 18:00"], text
    assert element(text, "description") == ["water up to 2 m"] and element(text, "headline") == ["Min River flood"], text
    first = element(text, "identifier")[0]
    out, err = muster(yibin, "export", draft, "-o", "cap", exit=4)
    assert "<alert" not in out and "never issued" in err, (out, err)
    every = muster(yibin, "export", "warnings", "-o", "cap", "-O", os.path.join(yibin.root, "alerts/"))[1]
    assert "never issued" in every and len(os.listdir(os.path.join(yibin.root, "alerts"))) == 1, every
    answer(yibin, "alert", issued, "measures=leave the lowlands by 17:00")
    changed = cap(yibin, issued)
    assert element(changed, "msgType") == ["Update"] and first in element(changed, "references")[0], changed
    lifted = answer(yibin, "alert", issued, "--lift", "--reason", "the water is falling")
    assert lifted["status"] == "lifted" and lifted["fields"]["lifted_at"], lifted
    over = cap(yibin, issued)
    assert element(over, "msgType") == ["Cancel"] and len(element(over, "references")[0].split()) == 2, over
    again = os.path.join(yibin.root, "lifted.xml")
    with open(again, "w", encoding="utf-8") as file:
        file.write(over)
    assert "imported 1" in muster(yibin, "import", again)[0], "the reader refuses what the writer wrote"


def with_operators(yibin):
    """Who drafted it cannot issue it."""
    me = str(os.geteuid())

    def acts(name):
        muster(yibin, "key", "operator", "user", name, "--user", me)
    muster(yibin, "key", "operator", "add", "both", "--role", "coordinator", "--role", "approver", "--user", me)
    made = answer(yibin, "alert", *DRAFT, "--verify")
    assert made["status"] == "verified"
    assert code(yibin, "alert", made["short"], "--issue", exit=4) == "EDUTY"
    assert code(yibin, "alert", made["short"], "--reject", "--reason", "no", exit=4) == "EDUTY"
    acts("none")
    muster(yibin, "key", "operator", "add", "head", "--role", "approver", "--user", me)
    assert answer(yibin, "alert", made["short"], "--issue")["status"] == "issued"
    acts("none")


def screens(yibin):
    """What is typed next stands below, and a rehearsal writes nothing."""
    before = len(answer(yibin, "list", "warnings")["items"])
    assert "would" in muster(yibin, "alert", *DRAFT, "--dry-run")[0]
    assert len(answer(yibin, "list", "warnings")["items"]) == before
    shown = muster(yibin, "alert", *DRAFT)[0]
    short = re.search(r"wrn-\w+", shown).group(0)
    assert "muster alert %s --verify" % short in shown, shown
    assert "--issue" in muster(yibin, "alert", short, "--verify")[0]
    assert "withdrawn" in muster(yibin, "alert", short, "--withdraw")[0]
    other = answer(yibin, "new", "incident", "name=x", "phase=active", "category=Met")["items"][0]["short"]
    assert code(yibin, "alert", other, "--lift", exit=2) == "EUSAGE"


def main(bin_dir):
    yibin, zhaotong = Node(bin_dir, "yibin"), Node(bin_dir, "zhaotong")
    try:
        for node in (yibin, zhaotong):
            node.start()
            node.init()
        yibin.post("/v1/spaces", {"name": "flood"})
        join(yibin, zhaotong, "flood")
        goes_out_as_cap(yibin, *without_operators(yibin, zhaotong))
        screens(yibin)
        with_operators(yibin)
    except BaseException:
        print(yibin.tail(), file=sys.stderr)
        raise
    finally:
        for node in (yibin, zhaotong):
            node.close()
    print("alert: drafted, verified, issued by another, updated, lifted; CAP says the same")


if __name__ == "__main__":
    main(sys.argv[1])
