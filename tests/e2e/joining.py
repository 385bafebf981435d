#!/usr/bin/env python3
"""Real nodes over the command line: how agencies join, what is refused and why, and the audit that keeps it.

usage: joining.py BIN_DIR
"""
import os
import subprocess
import sys

from cli import answer, error, muster
from nodes import Node, Refused, join, wait_for


def path(node, name):
    return os.path.join(node.root, name)


def audit(node, *words):
    return answer(node, "audit", *words)["items"]


def audit_is_signed(anna, boris, chen):
    join(anna, boris, "flood")
    wait_for("both decisions are signed", lambda: {"space.created", "space.invited"} <=
             {e["event"] for e in audit(anna) if e["signed"]})
    rows = audit(anna, "--what", "space")
    assert rows and all(e["event"].startswith("space.") for e in rows), rows
    assert all(e["by"].startswith("user ") for e in rows), rows
    assert all(e["agency"]["name"] == "boris" for e in audit(anna, "--who", "boris"))
    assert [e for e in audit(anna, "--who", "boris") if e["event"] == "space.invited"]
    assert not audit(anna, "--until", "1d") and audit(anna, "--since", "1d")
    assert error(anna, "audit", "--since", "yesterday", exit=2)["code"] == "EUSAGE"
    assert error(anna, "audit", "--who", "nobody", exit=3)["code"] == "EUNKNOWN_AGENCY"
    table = muster(anna, "audit")[0]
    assert "space.invited" in table and max(map(len, table.splitlines())) <= 80, table
    head = muster(anna, "audit", "-o", "csv")[0].splitlines()[0]
    assert "event" in head and "number" in head, head
    assert answer(anna, "audit", "--verify")["ok"]


def refusals_are_kept(anna, boris, chen):
    """The same slip is one entry, however often; another slip is another."""
    invite = anna.post("/v1/invite", {"card": chen.get("/v1/card")["card"], "space": "flood", "right": "read"})["invite"]
    with open(path(boris, "foreign.muster-invite"), "w") as f:
        f.write(invite)
    for _ in range(5):
        assert error(boris, "join", path(boris, "foreign.muster-invite"), exit=4)["code"] == "EWRONGPEER"
    mine = [e for e in audit(boris, "--refused") if e["event"] == "request.refused"]
    assert len(mine) == 1 and "another node" in mine[0]["detail"], mine
    assert error(boris, "confirm", "anna", "11111", "22222", "33333", exit=4)["code"] == "EPAIRCODE"
    wait_for("both are signed", lambda: len([e for e in audit(boris, "--refused") if e["signed"]]) == 2)
    boris.stop()
    boris.start()
    kept = [e for e in audit(boris, "--refused") if e["event"] == "request.refused"]
    assert sorted(e["times"] for e in kept) == [1, 1, 4], kept
    assert answer(boris, "audit", "--verify")["ok"]


def export_is_verified(anna, boris, chen):
    out, card = path(anna, "a.muster-audit"), path(anna, "anna.muster-card")
    muster(anna, "card", "-O", card)
    assert answer(anna, "audit", "--export", out)["entries"] > 3
    assert error(anna, "audit", "--export", out, exit=8)["code"] == "EDUPLICATE"
    assert error(anna, "audit", "--export", path(anna, "b"), "--what", "space", exit=2)["code"] == "EUSAGE"
    held = answer(anna, "verify", out, "--card", card)
    assert held["ok"] and held["first"] == 1 and held["agency"]["name"] == "anna", held
    assert error(anna, "verify", out, exit=9)["code"] == "EUNKNOWN_AGENCY"
    muster(boris, "card", "-O", path(anna, "boris.muster-card"))
    assert error(anna, "verify", out, "--card", path(anna, "boris.muster-card"), exit=9)["code"] == "EUNKNOWN_AGENCY"
    static = subprocess.run([os.path.join(anna.bin, "muster-verify"), out, "--card", card], capture_output=True, text=True)
    assert static.returncode == 0 and "AUDIT of anna" in static.stdout, static
    with open(out, "rb") as f:
        whole = f.read()
    at = whole.index(b"space.invited")
    for changed in (whole[:at] + b"S" + whole[at + 1:], whole[:-1] + bytes([whole[-1] ^ 1]), whole[:-200]):
        with open(path(anna, "changed"), "wb") as f:
            f.write(changed)
        problem = error(anna, "verify", path(anna, "changed"), "--card", card, exit=9)
        assert "does not hold" in problem["why"], problem
        assert subprocess.run([os.path.join(anna.bin, "muster-verify"), path(anna, "changed"), "--card", card],
                              capture_output=True).returncode == 9


def lines(node):
    return node.get("/v1/pending")["lines"]


def make_line(node, *more):
    return answer(node, "invite", "--once", "--right", "write", "--space", "flood", *more)


def joins_by_a_line(anna, boris, chen):
    """One line, no file: knock, accept, joined; both sides have the same pair code."""
    made = make_line(anna, "--svg", path(anna, "line.svg"))
    assert len(made["line"]) <= 195 and made["line"] == made["line"].upper(), made
    with open(path(anna, "line.svg")) as f:
        assert "<svg" in f.read()
    knocked = answer(chen, "join", made["line"].lower())
    assert knocked["state"] == "waiting" and knocked["agency"]["name"] == "anna", knocked
    row = next(r for r in lines(anna) if r["id"] == made["id"])
    assert row["state"] == "waits" and row["agency"]["name"] == "chen" and row["pair"] == knocked["pair"], row
    shown = muster(anna, "pending")[0]
    assert "chen waits: muster pending accept" in shown and max(map(len, shown.splitlines())) <= 80, shown
    assert not chen.get("/v1/spaces")["items"]  # a knock gives nothing
    accepted = answer(anna, "pending", "accept", "chen")
    assert accepted["pair"] == knocked["pair"] and accepted["right"] == "write", accepted
    wait_for("Chen has joined by itself", lambda: chen.get("/v1/join")["state"] == "joined")
    wait_for("it has the space", lambda: chen.get("/v1/spaces")["items"][0]["joined"])
    assert "joined the space flood of anna" in muster(chen, "join", "--state")[0]
    wait_for("they are connected as partners", lambda: any(
        p["agency"]["name"] == "chen" and p["state"] == "up" for p in anna.get("/v1/peers")["items"]))
    assert {"line.made", "line.knocked", "line.accepted"} <= {e["event"] for e in audit(anna)}


def lines_that_are_refused(anna, boris, chen):
    """Used, mistyped, of nobody, taken back, expired; a stranger without a token gets nothing."""
    spare = Node(boris.bin, "dora")
    try:
        spare.start()
        spare.init()
        used = make_line(anna)
        answer(boris, "join", used["line"])
        wait_for("Boris knocked", lambda: any(r["id"] == used["id"] and r["state"] == "waits" for r in lines(anna)))
        problem = error(spare, "join", used["line"], exit=4)
        assert problem["code"] == "EWRONGPEER" and "used by another node" in problem["message"], problem
        assert any(e["event"] == "line.refused" and "another node had used" in e["detail"] for e in audit(anna, "--refused"))
        row = next(r for r in lines(anna) if r["id"] == used["id"])
        assert row["agency"]["name"] == "boris" and row["others"] == 1, row
        muster(anna, "pending", "refuse", used["id"])
        wait_for("Boris is told", lambda: boris.get("/v1/join")["state"] == "ended")
        assert error(boris, "join", "--state", exit=4)["code"] == "EPERMISSION"
        assert error(anna, "pending", "accept", "nobody", exit=3)["code"] == "ENOTFOUND"

        typo = used["line"].replace("MUSTER1:", "MUSTER1:0" if used["line"][8] != "0" else "MUSTER1:1", 1)
        typo = typo[:9] + typo[10:]
        assert error(spare, "join", typo, exit=9)["code"] == "EHASH"
        assert error(spare, "join", "MUSTER2:AAAA/X", exit=1)["code"] == "EVERSION"
        assert error(anna, "join", make_line(anna)["line"], exit=4)["code"] == "EWRONGPEER"  # its own
        assert error(chen, "invite", "--once", "--right", "write", "--space", "flood", exit=4)["code"] == "ENORIGHT"
        assert error(anna, "invite", "--once", "--right", "write", "--valid", "1y", exit=2)["code"] == "EUSAGE"

        expired = make_line(anna, "--valid", "1s")
        wait_for("its time is over", lambda: any(r["id"] == expired["id"] and r["state"] == "expired" for r in lines(anna)))
        assert error(spare, "join", expired["line"], exit=4)["code"] == "EEXPIRED"
        assert any("expired" in e["detail"] for e in audit(anna, "--what", "line.refused"))

        before = spare.get("/v1/status")["peers"]
        foreign = make_line(anna)["line"]
        anna.stop()
        problem = error(spare, "join", foreign, exit=5)
        assert "ends at \"tcp\"" in problem["message"], problem
        anna.start()
        wait_for("the node goes on by itself when the other is back", lambda: spare.get("/v1/join")["state"] == "waiting")
        assert spare.get("/v1/status")["peers"] == before
        muster(spare, "join", "--end")
    finally:
        spare.close()


def a_changed_key_is_an_alarm(anna, boris, chen):
    """Somebody comes as Boris, with another agency key."""
    false_boris = Node(boris.bin, "boris")
    try:
        false_boris.start()
        false_boris.init("Boris")
        card = path(anna, "false.muster-card")
        muster(false_boris, "card", "-O", card)
        assert answer(anna, "card", "show", card)["known"] == "changed"
        stick = path(anna, "stick")
        os.mkdir(stick)
        muster(false_boris, "card", "-O", stick)  # a folder is written into, under a name that every stick takes
        muster(false_boris, "card", "-O", stick + "/", exit=8)
        assert os.listdir(stick) == ["boris.muster-card"] and open(os.path.join(stick, "boris.muster-card")).read() == open(card).read()
        members = len(anna.get("/v1/spaces/flood")["members"])
        problem = error(anna, "invite", card, "--right", "write", "--space", "flood", exit=4)
        assert problem["code"] == "EKEYCHANGED" and "call the agency" in problem["do"][0], problem
        assert len(anna.get("/v1/spaces/flood")["members"]) == members
        assert any(w["code"] == "EKEYCHANGED" for w in anna.get("/v1/status")["warnings"])
        assert "identity.changed" in {e["event"] for e in audit(anna, "--refused")}
        line = make_line(anna)
        assert answer(false_boris, "join", line["line"])["state"] == "waiting"
        assert error(anna, "pending", "accept", line["id"], exit=4)["code"] == "EKEYCHANGED"
        muster(anna, "invite", card, "--right", "read", "--space", "flood", "--another-agency", "-O", path(anna, "i"))
        assert len(anna.get("/v1/spaces/flood")["members"]) == members + 1
    finally:
        false_boris.close()


def unconfirmed_is_shown(anna, boris, chen):
    """On every screen until the code was typed; and where the policy says so, rights wait for it."""
    muster(anna, "new", "incident", "name=dike", "phase=active", "category=Met")
    one = answer(anna, "list", "incident")["items"][0]["short"]
    screens = (["status"], ["list", "incident"], ["show", one], ["history", one], ["peer", "list"], ["peer", "show", "chen"],
               ["space", "list"], ["space", "show"], ["space", "log"], ["pending"], ["audit"], ["check"])
    for words in screens:
        shown = muster(anna, *words)[0]
        assert "not confirmed by voice: " in shown and "chen" in shown.split("not confirmed by voice: ")[1].splitlines()[0], shown
    muster(anna, "space", "policy", "confirm-first=2")
    muster(anna, "space", "right", "chen", "read")
    problem = error(anna, "space", "right", "chen", "write", exit=4)
    assert problem["code"] == "EVOICE" and "muster confirm" in problem["do"][0], problem
    pair = anna.get("/v1/peers/chen/pair")["digits"].split()
    false = error(anna, "confirm", "boris", *pair, exit=4)  # the code of another agency
    assert false["code"] == "EPAIRCODE", false
    muster(anna, "confirm", "chen", *pair)
    assert answer(anna, "space", "right", "chen", "write")["verdict"] == "effective"
    kept = {e["event"] for e in audit(anna)}
    assert {"peer.confirmed", "control.denied", "request.refused"} <= kept, kept
    names = muster(anna, "list", "incident")[0].split("not confirmed by voice: ")[1].splitlines()[0]
    assert "chen" not in names, names


BAD = (  # what the node is asked, with what, and the refusal
    ("a card without a card", "/v1/card/read", {"card": "hello"}, "EUSAGE"),
    ("a card that was cut off", "/v1/card/read", "cut", "ETRUNCATED"),
    ("a card with another byte", "/v1/card/read", "byte", "EHASH"),
    ("an invite for somebody else", "/v1/join", "foreign", "EWRONGPEER"),
    ("an invite that was changed", "/v1/join", "invite byte", "EHASH"),
    ("a line that was mistyped", "/v1/join", {"line": "MUSTER1:" + "0" * 116 + "/A:1"}, "EHASH"),
    ("a line that was cut off", "/v1/join", {"line": "MUSTER1:" + "0" * 80}, "ETRUNCATED"),
    ("the last admin that steps down", "/v1/spaces/flood/right", {"agency": "anna", "right": "read"}, "ELASTADMIN"),
    ("the last admin that leaves", "/v1/spaces/flood/leave", {}, "ELASTADMIN"),
    ("more admins than there are", "/v1/spaces/flood/policy", {"fields": {"admins-min": 9}}, "EPOLICY"),
)


def bad_input_is_refused_and_kept(anna, boris, chen):
    card = boris.get("/v1/card")["card"]
    invite = anna.post("/v1/invite", {"card": card, "space": "flood", "right": "read"})["invite"]
    swap = lambda text: text[:200] + ("A" if text[200] != "A" else "B") + text[201:]
    special = {"cut": {"card": card[:len(card) // 2]}, "byte": {"card": swap(card)}, "foreign": {"invite": invite},
               "invite byte": {"invite": swap(invite)}}
    for says, where, body, want in BAD:
        count = len(audit(anna, "--refused"))
        try:
            anna.post(where, special.get(body, body) if isinstance(body, str) else body)
            raise AssertionError("not refused: " + says)
        except Refused as problem:
            assert problem.code == want and problem.error["message"] and problem.error["do"], (says, problem.error)
        if want != "EUSAGE":  # a slip of the pen is no attempt
            after = audit(anna, "--refused")
            assert len(after) == count + 1, (says, after[:3])
    cut = error(anna, "join", "MUSTER1:" + "0" * 80, exit=1)
    assert cut["code"] == "ETRUNCATED" and "copy the whole line" in cut["do"][0], cut
    assert answer(anna, "audit", "--verify")["ok"] and answer(anna, "check")["ok"]


def text_survives_mail_and_chat(anna, boris, chen):
    """Quoted, wrapped, with a greeting around it, copied from a chat with spaces and other ends of lines."""
    card = boris.get("/v1/card")["card"]
    rows = card.splitlines()
    forms = {
        "as it is": card,
        "quoted twice": "\n".join("> > " + r for r in rows),
        "wrapped at 40": "\n".join(r if r.startswith(("-", "=")) else r[:40] + "\n" + r[40:] for r in rows),
        "in a mail": "Dear colleagues,\r\n\r\nour card:\r\n\r\n" + "\r\n".join(rows) + "\r\n\r\n-- \r\nBoris\r\n",
        "from a chat": "[12:01] Boris:\n" + "\n".join("  " + r + "  \t" for r in rows),
        "with empty lines": "\n\n".join(rows),
    }
    for says, text in forms.items():
        read = anna.post("/v1/card/read", {"card": text})
        assert read["agency"]["name"] == "boris", says


def main():
    nodes = [Node(sys.argv[1], name) for name in ("anna", "boris", "chen")]
    anna, boris, chen = nodes
    try:
        for node in nodes:
            node.start()
            node.init()
        anna.post("/v1/spaces", {"name": "flood"})
        for part in (audit_is_signed, refusals_are_kept, export_is_verified, joins_by_a_line, lines_that_are_refused,
                     unconfirmed_is_shown, bad_input_is_refused_and_kept, text_survives_mail_and_chat,
                     a_changed_key_is_an_alarm):
            part(*nodes)
            print("ok", part.__name__, flush=True)
    except BaseException:
        for node in nodes:
            print("--- %s\n%s" % (node.name, node.tail()), file=sys.stderr)
        raise
    finally:
        for node in nodes:
            node.close()


main()
