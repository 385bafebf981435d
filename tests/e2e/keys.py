#!/usr/bin/env python3
"""Root keys off the nodes, rotation, a second node that comes and is revoked, operators, a certificate that ends.

usage: keys.py BIN_DIR
"""
import os
import sys
import time

from cli import answer, code as refused, events, muster
from nodes import Node, Refused, equal_digests, join, wait_for


def warnings(node, code):
    return [w["message"] for w in node.get("/v1/status")["warnings"] if w["code"] == code]


def up(node, name):
    return any(p["node"] == name and p["state"] == "up" for p in node.get("/v1/peers")["items"])


def incident(node, name):
    done = answer(node, "new", "incident", "name=" + name, "phase=active", "category=Met", "--space", "flood")
    return done["items"][0]["object"] if "items" in done else done["object"]


def files_with(root, needle):
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    if needle in f.read():
                        found.append(path)
    return found


class World:
    def __init__(self, bin_dir):
        self.anna, self.boris = Node(bin_dir, "anna"), Node(bin_dir, "boris")
        self.depot = Node(bin_dir, "depot")
        self.safe = os.path.join(self.anna.root, "safe")
        os.mkdir(self.safe)
        self.words = os.path.join(self.safe, "words")
        with open(self.words, "w") as f:
            f.write("four words nobody says\n")
        self.root, self.chen_root = os.path.join(self.safe, "anna.key"), os.path.join(self.safe, "boris.key")

    def secret(self, path):
        with open(path, "rb") as f:
            return f.read()

    def signed(self, path=None):
        return ["--root", path or self.root, "--passphrase-file", self.words]


def founding(w):
    """Anna's root key lies on its node until it is moved; Boris's never does."""
    w.anna.init()
    muster(w.boris, "init", "boris", "--country", "CN", "--node", "boris-1", "--listen", "tcp://127.0.0.1:%d" % w.boris.port,
           *w.signed(w.chen_root))
    assert refused(w.boris, "init", "boris", "--root", w.chen_root + "2", "--passphrase-file", w.words, exit=8) == "EREADY"
    assert warnings(w.anna, "EROOTKEY") and not warnings(w.boris, "EROOTKEY")
    assert answer(w.boris, "key", "list")["root_file"] is None


def export(w):
    data = os.path.join(w.anna.data, "secrets")
    plain = w.secret(os.path.join(data, "agency-root.key"))[27:27 + 32]
    after = w.secret(os.path.join(data, "agency-next.key"))[27:27 + 32]
    assert files_with(w.anna.data, plain) and files_with(w.anna.data, after)
    assert refused(w.anna, "key", "export-root", w.root, exit=2) == "EUSAGE"  # nobody to ask for a passphrase
    muster(w.anna, "key", "export-root", w.root, "--passphrase-file", w.words)
    for needle in (plain, after):
        assert not files_with(w.anna.data, needle) and not files_with(w.safe, needle)
    assert os.path.getsize(w.root) and os.path.getsize(w.root + ".next")
    assert not warnings(w.anna, "EROOTKEY")
    assert refused(w.anna, "key", "export-root", w.root + "2", "--passphrase-file", w.words, exit=3) == "ENOTFOUND"
    assert "not on this node" in muster(w.anna, "key", "list")[0]


def meeting(w):
    w.anna.post("/v1/spaces", {"name": "flood"})
    join(w.anna, w.boris, "flood")
    wait_for("both are there", lambda: up(w.anna, "boris-1") and up(w.boris, "anna-1"))
    incident(w.anna, "first")
    wait_for("both hold it", lambda: equal_digests([w.anna, w.boris], "flood", 1))


def rotation(w):
    before = answer(w.anna, "key", "list")["root"]
    assert refused(w.anna, "key", "rotate", *w.signed(), "--yes=anna", exit=9) == "ECOMMITMENT"  # today's key is not the next
    assert refused(w.anna, "key", "rotate", *w.signed(w.chen_root), "--yes=anna", exit=9) == "ECOMMITMENT"
    assert refused(w.anna, "key", "rotate", *w.signed(w.root + ".next"), exit=2) == "EUSAGE"
    wrong = os.path.join(w.safe, "wrong")
    with open(wrong, "w") as f:
        f.write("quite other words\n")
    assert refused(w.anna, "key", "rotate", "--root", w.root + ".next", "--passphrase-file", wrong, "--yes=anna",
                   exit=4) == "EPASSPHRASE"
    foreign = w.boris.get("/v1/identity")["statements"][0]
    try:
        w.anna.post("/v1/identity", {"statements": [foreign]})
        raise AssertionError("a statement of another agency was taken")
    except Refused as no:
        assert no.code == "ECHAIN", no
    assert "request.refused" in events(w.anna)
    muster(w.anna, "key", "rotate", *w.signed(w.root + ".next"), "--yes=anna")
    now = answer(w.anna, "key", "list")["root"]
    assert now != before
    card = w.anna.get("/v1/card")["card"]
    wait_for("Boris has the card with the new root", lambda: w.boris.post("/v1/card/read", {"card": card})["known"] == "same")
    assert refused(w.anna, "key", "renew", "anna-1", *w.signed(), exit=4) == "EROOTKEY"  # the old root signs nothing any more
    w.root += ".next"
    muster(w.anna, "key", "renew", "anna-1", *w.signed())
    assert "identity.stated" in events(w.anna)


def second_node(w):
    request, card = os.path.join(w.safe, "depot.request"), os.path.join(w.safe, "depot.card")
    muster(w.depot, "init", "--node", "depot", "-O", request)
    assert refused(w.anna, "key", "certify", w.words, *w.signed(), exit=1) == "EBADVALUE"
    assert refused(w.depot, "init", "--certificate", w.words, "--listen", "tcp://127.0.0.1:%d" % w.depot.port, exit=2) == "EUSAGE"
    early = os.path.join(w.safe, "early.card")
    muster(w.anna, "card", "-O", early)
    assert refused(w.depot, "init", "--certificate", early, exit=4) == "EUNKNOWN_NODE"
    muster(w.anna, "key", "certify", request, *w.signed(), "-O", card)
    muster(w.depot, "init", "--certificate", card, "--listen", "tcp://127.0.0.1:%d" % w.depot.port)
    wait_for("the agency's two nodes meet", lambda: up(w.anna, "depot") and up(w.depot, "anna-1"))
    wait_for("the depot is let in by Boris", lambda: up(w.boris, "depot"))
    wait_for("the depot holds all", lambda: equal_digests([w.anna, w.depot], "flood", 1))
    incident(w.depot, "from the depot")
    wait_for("all three hold it", lambda: equal_digests([w.anna, w.boris, w.depot], "flood", 2))
    w.anna.post("/v1/spaces", {"name": "later"})
    wait_for("a space made later comes by itself", lambda: any(
        s["name"] == "later" for s in w.depot.get("/v1/spaces")["items"]))
    assert refused(w.depot, "space", "suspend", "boris", "--space", "flood", exit=4) == "ENOTLEAD"


def operators(w):
    me = str(os.getuid())
    muster(w.anna, "key", "operator", "add", "duty officer", "--role", "coordinator", "--user", me, *w.signed())
    shown = answer(w.anna, "key", "list")["operators"]
    assert [o["name"] for o in shown] == ["duty officer"] and shown[0]["roles"] == "coordinator", shown
    made = incident(w.anna, "by the duty officer")

    def said(node):
        items = node.get("/v1/objects/%s/history?space=flood" % made)["items"]
        return items[0]["operator"]

    assert said(w.anna)["name"] == "duty officer" and said(w.anna)["state"] == "verified"
    wait_for("Boris sees who pressed the button", lambda: said(w.boris) and said(w.boris)["state"] == "verified")
    assert "duty officer" in muster(w.boris, "history", made, "--space", "flood", "-o", "csv")[0]  # a screen cuts the name
    assert refused(w.anna, "space", "create", "mine", exit=4) == "EROLE"
    muster(w.anna, "key", "operator", "user", "none", "--user", me)
    muster(w.anna, "key", "operator", "add", "guest", "--role", "viewer", "--user", me, *w.signed())
    assert refused(w.anna, "new", "incident", "name=no", "phase=active", "category=Met", "--space", "flood", exit=4) == "EROLE"
    assert muster(w.anna, "list", "incident", "--space", "flood")[0]
    muster(w.anna, "key", "operator", "user", "duty officer", "--user", me)
    report = answer(w.anna, "new", "evaluation", "name=after", "report_type=after-action", "status=Draft", "--space", "flood")
    report = report["items"][0]["object"] if "items" in report else report["object"]
    for status in ("Under Review",):
        muster(w.anna, "update", report, "status=" + status, "--space", "flood")
    muster(w.anna, "key", "operator", "user", "none", "--user", me)
    muster(w.anna, "key", "operator", "add", "both", "--role", "coordinator", "--role", "approver", "--user", me, *w.signed())
    approve = ("update", report, "status=Approved", "approved_by=head", "--space", "flood")
    muster(w.anna, "key", "operator", "user", "duty officer", "--user", me)
    assert refused(w.anna, *approve, exit=4) == "EROLE"
    muster(w.anna, "key", "operator", "user", "both", "--user", me)
    muster(w.anna, "update", report, "comments=I wrote this", "--space", "flood")
    assert refused(w.anna, *approve, exit=4) == "EDUTY"
    muster(w.anna, "key", "operator", "user", "none", "--user", me)
    muster(w.anna, "key", "operator", "add", "head", "--role", "approver", "--user", me, *w.signed())
    assert refused(w.anna, "update", report, "comments=no", "--space", "flood", exit=4) == "EROLE"
    muster(w.anna, *approve)
    muster(w.anna, "key", "operator", "user", "none", "--user", me)
    muster(w.anna, "key", "operator", "revoke", "duty officer", *w.signed(), "--yes=duty officer")
    wait_for("Boris sees that the operator was revoked", lambda: said(w.boris)["state"] == "revoked")


def revocation(w):
    epochs = {e["id"] for e in w.anna.get("/v1/spaces/flood")["epochs"]}
    wait_for("all three hold the same", lambda: equal_digests([w.anna, w.boris, w.depot], "flood"))
    assert refused(w.anna, "key", "revoke", "depot", *w.signed(), exit=2) == "EUSAGE"
    muster(w.anna, "key", "revoke", "depot", *w.signed(), "--yes=depot")
    assert refused(w.anna, "key", "revoke", "depot", *w.signed(), "--yes=depot", exit=8) == "EDUPLICATE"
    wait_for("nobody lets the depot in", lambda: not up(w.anna, "depot") and not up(w.boris, "depot"))
    wait_for("another epoch is opened", lambda: any(
        e["usable"] and e["id"] not in epochs for e in w.anna.get("/v1/spaces/flood")["epochs"]))
    incident(w.boris, "after")
    wait_for("those who stay go on", lambda: equal_digests([w.anna, w.boris], "flood"))
    objects = w.anna.digest("flood")[1]
    assert w.depot.digest("flood")[1] == objects - 1
    assert refused(w.anna, "key", "certify", os.path.join(w.safe, "depot.request"), *w.signed(), exit=4) == "EREVOKED"
    assert "node.revoked" in events(w.boris)


def expiry(w):
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    muster(w.anna, "key", "renew", "anna-1", "--until", at, *w.signed())
    wait_for("the node warns of its own certificate", lambda: any("expired" in m for m in warnings(w.anna, "EEXPIRED")))
    wait_for("Boris warns of it too", lambda: any("expired" in m for m in warnings(w.boris, "EEXPIRED")))
    count = w.anna.digest("flood")[1]
    incident(w.anna, "with an old certificate")
    wait_for("it works all the same", lambda: equal_digests([w.anna, w.boris], "flood", count + 1))
    w.anna.stop()
    w.anna.start()
    wait_for("after a restart too", lambda: up(w.boris, "anna-1"))
    muster(w.anna, "key", "renew", "anna-1", *w.signed())
    assert not warnings(w.anna, "EEXPIRED")
    wait_for("Boris warns no more", lambda: not warnings(w.boris, "EEXPIRED"))


def main():
    w = World(sys.argv[1])
    nodes = [w.anna, w.boris, w.depot]
    try:
        for node in nodes:
            node.start()
        for part in (founding, export, meeting, rotation, second_node, operators, revocation, expiry):
            part(w)
            print("ok", part.__name__, flush=True)
    except BaseException:
        for node in nodes:
            print("--- %s\n%s" % (node.name, node.tail()), file=sys.stderr)
        raise
    finally:
        for node in nodes:
            node.close()


main()
