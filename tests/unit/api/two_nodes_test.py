"""Nodes that meet: cards, invites, pair codes, records on their way, absence and return."""
import base64
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musterd import Musterd, Refused, incident, run_tests, until


def peer(node, agency):
    return next((row for row in node.get("/v1/peers")["items"] if row["agency"]["name"] == agency), None)


def bring_in(host, guest, space="flood", right="write"):
    """Card, invite, join; both answers."""
    invited = host.post("/v1/invite", {"card": guest.get("/v1/card")["card"], "space": space, "right": right})
    joined = guest.post("/v1/join", {"invite": invited["invite"]})
    return invited, joined


def digest(node, space="flood"):
    got = node.get("/v1/digest?space=" + space)
    return got["digest"], got["objects"]


def same(what, *nodes, objects):
    """All nodes come to hold the same, that many objects."""
    def equal():
        try:
            got = [digest(node) for node in nodes]
        except Refused:
            return False  # the space has not arrived yet
        return all(one == got[0] for one in got) and got[0][1] == objects
    try:
        until(what, equal)
    except AssertionError:
        for node in nodes:
            status = node.get("/v1/status")
            print(node.name, status["spaces"], status["peers"])
        raise


def test_two_agencies_meet():
    with Musterd("a") as a, Musterd("b") as b:
        a.init("Cruz Roja", node="a-1")
        b.init("红十字会", node="b-1")
        space = a.space("flood")
        before = a.write(incident("written before", fields={"original": {"media_type": "text/plain",
                                                                        "base64": base64.b64encode(b"x" * 3000).decode()}}))["items"][0]
        assert b.refusal("POST", "/v1/join", {"invite": "nothing"}) == "EUSAGE"
        assert a.refusal("POST", "/v1/invite", {"card": a.get("/v1/card")["card"], "space": "flood", "right": "write"}) == "EUSAGE"
        assert a.refusal("POST", "/v1/invite", {"card": b.get("/v1/card")["card"], "space": "flood", "right": "king"}) == "EUSAGE"
        assert b.post("/v1/card/read", {"card": a.get("/v1/card")["card"]})["known"] == "no"
        invited, joined = bring_in(a, b)
        assert invited["agency"]["name"] == "红十字会" and joined["agency"]["name"] == "Cruz Roja"
        assert joined["space"] == {"id": space["id"], "name": "flood"}
        assert invited["pair"] == joined["pair"] and len(invited["pair"]["words"].split()) == 9
        assert a.refusal("POST", "/v1/join", {"invite": invited["invite"]}) == "EWRONGPEER"
        assert b.post("/v1/card/read", {"card": a.get("/v1/card")["card"]})["known"] == "same"

        same("what was written before arrives", a, b, objects=1)
        shown = b.get("/v1/objects/" + before["short"])
        assert shown["fields"]["name"] == "written before" and shown["owner"]["name"] == "Cruz Roja"
        assert b.raw("GET", "/v1/objects/%s/evidence/original" % before["object"])[2] == b"x" * 3000
        history = b.get("/v1/objects/%s/history" % before["object"])["items"]
        assert [(row["op"], row["agency"]["name"], row["node"], row["state"]) for row in history] == [("create", "Cruz Roja", "a-1", "counts")]

        b.write(incident("of the guest", flash=True))
        same("a record goes the other way", a, b, objects=2)
        a.write({"op": "update", "object": before["object"], "fields": {"phase": "closed"}})
        until("a change arrives", lambda: b.get("/v1/objects/" + before["object"])["fields"]["phase"] == "closed")
        got = b.write({"op": "update", "object": before["object"], "fields": {"phase": "active"}})["items"][0]
        assert got["state"] == "refused" and got["error"]["code"] == "ENOTOWNER", "what another agency owns stays its own"

        until("both are up", lambda: peer(a, "红十字会")["state"] == peer(b, "Cruz Roja")["state"] == "up")
        row = peer(a, "红十字会")
        assert row["node"] == "b-1" and row["software"].startswith("muster/") and abs(row["skew_ms"]) < 60000
        steps = a.post("/v1/peers/test", {"agency": "红十字会"})["steps"]
        assert [step["step"] for step in steps] == ["name", "tcp", "curve", "clock", "membership", "right", "disk"]
        assert all(step["ok"] for step in steps), steps


def test_the_pair_code_is_typed():
    with Musterd("a") as a, Musterd("b") as b:
        a.init("A")
        b.init("B")
        a.space()
        invited, _ = bring_in(a, b)
        agency = invited["agency"]["id"]
        digits, words = invited["pair"]["digits"].split(), invited["pair"]["words"].split()
        assert a.get("/v1/peers/%s/pair" % agency)["digits"] == invited["pair"]["digits"]
        assert b.get("/v1/peers/A/pair")["words"] == invited["pair"]["words"]
        wrong = "%05d" % ((int(digits[3]) + 1) % 100000)
        for says, body, code in (("a wrong group", {"typed": " ".join([wrong] + digits[4:]), "first": 4, "last": 6}, "EPAIRCODE"),
                                 ("too few groups", {"typed": digits[3], "first": 4, "last": 6}, "EUSAGE"),
                                 ("no code at all", {"typed": "yes", "first": 4, "last": 6}, "EUSAGE"),
                                 ("no range", {"typed": " ".join(digits)}, "EUSAGE")):
            assert a.refusal("POST", "/v1/peers/B/confirm", body) == code, says
        assert a.get("/v1/peers/B/pair")["confirmed"] is False
        assert a.post("/v1/peers/B/confirm", {"typed": " ".join(digits[3:]), "first": 4, "last": 6})["confirmed"]
        assert b.post("/v1/peers/A/confirm", {"typed": " ".join(words), "first": 1, "last": 9})["confirmed"]
        until("it is shown", lambda: peer(a, "B")["confirmed"] and a.get("/v1/peers/B/pair")["confirmed"])
        assert next(m for m in a.get("/v1/spaces/flood")["members"] if m["agency"]["name"] == "B")["confirmed"]
        a.restart()
        assert peer(a, "B")["confirmed"], "over a restart"
        assert a.refusal("GET", "/v1/peers/Nobody/pair") == "EUNKNOWN_AGENCY"
        assert a.refusal("POST", "/v1/peers/B/remove") == "EPERMISSION", "a member is not forgotten"


def test_who_was_away_catches_up():
    with Musterd("a") as a, Musterd("b") as b:
        a.init("A")
        b.init("B")
        a.space()
        a.write(incident("one"))
        bring_in(a, b)
        same("the first record", a, b, objects=1)
        b.stop(signal.SIGKILL)
        for batch in range(5):
            assert a.write(*[incident("away %d %d" % (batch, i)) for i in range(300)])["stored"] == 300
        until("the other one is silent", lambda: peer(a, "B")["state"] == "silent" and
              [one["agency"]["name"] for one in a.get("/v1/objects?limit=1")["complete"]["silent"]] == ["B"])
        b.start()
        same("all that was missed", a, b, objects=1501)
        for node, how in ((a, signal.SIGTERM), (b, signal.SIGTERM), (a, signal.SIGKILL)):
            node.restart(how)
            node.write(incident("after a restart of %s" % node.name))
        same("both write after restarts", a, b, objects=1504)
        checked = b.post("/v1/check")
        assert checked["ok"], checked


def test_a_restored_node_goes_on_without_a_fork():
    with Musterd("a") as a, Musterd("b") as b:
        a.init("A")
        b.init("B")
        a.space()
        a.write(incident("before the backup"))
        bring_in(a, b)
        same("the first record", a, b, objects=1)
        a.stop()
        shutil.copytree(a.data + "/main", a.dir + "/backup")
        a.start()
        lost = a.write(incident("after the backup"))["items"][0]
        same("it left before the disk broke", a, b, objects=2)
        a.stop()
        shutil.rmtree(a.data + "/main")
        shutil.copytree(a.dir + "/backup", a.data + "/main")
        a.start()
        assert any("event=store.behind" in line for line in a.journal), "it notices"
        a.write(incident("after the restore"))
        same("what was lost came back, and what is new went out", a, b, objects=3)
        assert a.get("/v1/objects/" + lost["object"])["fields"]["name"] == "after the backup"
        for node in (a, b):
            status = node.get("/v1/status")["spaces"][0]
            assert status["forks"] == 0 and status["quarantined"] == 0, status
        a.restart()
        a.write(incident("and later"))
        same("all is as ever", a, b, objects=4)


def test_three_agencies_carry_for_each_other():
    with Musterd("a") as a, Musterd("b") as b, Musterd("c") as c:
        for node, agency in ((a, "A"), (b, "B"), (c, "C")):
            node.init(agency)
        a.space()
        bring_in(a, b)
        bring_in(a, c, right="read")
        a.write(incident("of a"))
        same("the space arrives", a, b, c, objects=1)
        b.write(incident("of b"))
        same("all three hold both", a, b, c, objects=2)
        until("b and c know each other", lambda: (peer(b, "C") or {}).get("state") == (peer(c, "B") or {}).get("state") == "up")
        got = c.refusal("POST", "/v1/records", {"items": [incident("of a reader")]})
        assert got == "ENORIGHT", got
        a.stop(signal.SIGKILL)
        b.write(incident("while a is away"))
        same("it goes without the founder", b, c, objects=3)
        b.stop(signal.SIGKILL)
        a.start()
        same("what b wrote comes from c", a, c, objects=3)
        b.start()
        same("and in the end all are equal", a, b, c, objects=3)


def test_a_stranger_knocks_and_is_shown():
    with Musterd("a") as a, Musterd("b") as b:
        a.init("A")
        b.init("B")
        a.space("of a")
        b.space("of b")
        # b knows a by its card, a has never heard of b
        b.post("/v1/invite", {"card": a.get("/v1/card")["card"], "space": "of b", "right": "write"})
        knock = until("it is shown", lambda: a.get("/v1/pending")["items"])[0]
        assert knock["code"] == "EUNKNOWN_NODE" and knock["count"] >= 1 and knock["address"] and len(knock["key"]) == 64
        until("the other side knows why", lambda: peer(b, "A")["state"] == "refused" and peer(b, "A")["reason"])
        steps = b.post("/v1/peers/test", {"agency": "A"})["steps"]
        assert [step["ok"] for step in steps] == [True, True, False] and steps[2]["step"] == "curve" and steps[2]["do"]
        invite = b.post("/v1/invite", {"card": a.get("/v1/card")["card"], "space": "of b", "right": "write"})
        a.post("/v1/join", {"invite": invite["invite"]})
        until("after joining nobody knocks any more", lambda: peer(b, "A")["state"] == "up" and not a.get("/v1/pending")["items"])


if __name__ == "__main__":
    run_tests(globals())
