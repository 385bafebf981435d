#!/usr/bin/env python3
"""A person's name in a record and in a photograph, erased at every member: one was away, one has only a stick.

usage: erase.py BIN_FOLDER

What must be gone is known byte by byte: the words as they were typed, the sealed content (from a proof that disclosed it)
and the sealed pages of the attachment.  Afterwards all bytes of all files of all nodes are read.
"""
import os
import shutil
import subprocess
import sys
import tempfile

from cli import answer, code, muster, up
from nodes import Node, equal_digests, join, wait_for

CANARY = "Mrs. Canary Ångström, Riverside Road 7"
NOWHERE = "tcp://127.0.0.1:1"
PAGE = 4096
CATEGORY = ("phase=active", "category=Met")


def files(node):
    for folder, _, names in os.walk(node.data):
        for name in names:
            yield os.path.join(folder, name)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def main_file(node):
    return read(os.path.join(node.data, "main", "data.mdb"))


def pages(content):
    return {content[at:at + PAGE] for at in range(0, len(content) - PAGE + 1, PAGE)} - {bytes(PAGE)}


def lies_at(node, needles):
    """Which files of the node hold any of these bytes."""
    found = []
    for path in files(node):
        content = read(path)
        if any(needle in content for needle in needles):
            found.append(path)
    return found


def incident(node, name, *fields):
    return answer(node, "new", "incident", "name=" + name, *CATEGORY, *fields)["items"][0]["object"]


def sealed_bytes(node, object_id, folder):
    """Pieces of the sealed content, from a proof that discloses it, as they lie in the node's own file."""
    folder = tempfile.mkdtemp(dir=folder)
    open_file, bare_file = os.path.join(folder, "open.proof"), os.path.join(folder, "bare.proof")
    muster(node, "prove", object_id, "--disclose", "-O", open_file)
    muster(node, "prove", object_id, "-O", bare_file)
    opened, bare, stored = read(open_file), read(bare_file), main_file(node)
    pieces = [opened[at:at + 40] for at in range(0, len(opened) - 40, 8)]
    pieces = [p for p in pieces if p not in bare and p in stored]
    assert len(pieces) >= 4, len(pieces)
    return pieces


def status(node, object_id):
    return answer(node, "erase", "--status", object_id)


def overwritten(node, object_id):
    s = status(node, object_id)
    return s["overwritten"] and not s["bytes_here"] and s["erased"]


def by_stick(giver, taker, folder):
    stick = tempfile.mkdtemp(dir=folder)
    muster(giver, "bundle", "export", "--for", taker.name, "-O", stick)
    taken = answer(taker, "bundle", "import", stick)
    assert taken["refused"] == 0, taken
    return taken


def nothing_left(nodes, needles):
    for node in nodes:
        assert not lies_at(node, needles), (node.name, lies_at(node, needles))


def shows(node, object_id):
    return CANARY in muster(node, "-o", "json", "show", object_id)[0]


def erased_while_one_was_away(anna, boris, chen, folder):
    photo = os.urandom(48 * PAGE)
    path = os.path.join(folder, "photo.jpg")
    with open(path, "wb") as f:
        f.write(photo)
    object_id = incident(anna, CANARY)
    before = pages(main_file(anna))
    muster(anna, "attach", object_id, path)
    wait_for("Boris holds it", lambda: equal_digests([anna, boris], "flood"))
    blob = boris.get("/v1/objects/" + object_id)["fields"]["attachments"][0].split(":")[1]
    wait_for("Boris has fetched the photograph",
             lambda: boris.call("GET", "/v1/objects/%s/attachments/%s" % (object_id, blob), raw=True) == (200, photo))
    by_stick(anna, chen, folder)
    assert shows(chen, object_id) and shows(boris, object_id)
    sealed = sealed_bytes(anna, object_id, folder)
    chunks = [p for p in (pages(main_file(anna)) & pages(main_file(boris))) - before]
    assert len(chunks) >= 24, len(chunks)
    needles = [CANARY.encode(), photo[100:164]] + sealed + chunks
    for node, pieces in ((anna, chunks), (boris, chunks), (chen, sealed)):
        for what in (sealed, [CANARY.encode()], pieces):
            wait_for("it lies on the disk of " + node.name, lambda n=node, p=what: lies_at(n, p))
    assert boris.stop() == 0

    # What is asked before it is done.
    assert code(anna, "erase", object_id, exit=2) == "EUSAGE"
    assert code(anna, "erase", object_id, "--ground", "she asked", "--yes=" + object_id, exit=2) == "EUSAGE"
    assert code(anna, "erase", object_id, "--ground", "error", exit=2) == "EUSAGE"
    assert code(chen, "erase", object_id, "--ground", "error", "--yes=" + object_id, exit=4) == "ENORIGHT"
    would = answer(anna, "erase", object_id, "--ground", "error", "--dry-run")
    assert would["dry_run"] and {r["agency"]["name"] for r in would["recipients"] if r["gets"]} == {"boris", "chen"}, would
    assert shows(anna, object_id)
    done = answer(anna, "erase", object_id, "--ground", "consent-withdrawn", "--yes=" + object_id)
    assert done["targets"] == 2 and not done["others"], done
    assert code(anna, "erase", object_id, "--ground", "error", "--yes=" + object_id, exit=8) == "EDUPLICATE"
    wait_for("Anna has overwritten it", lambda: overwritten(anna, object_id), 60)
    said = status(anna, object_id)["said"][0]
    assert said["ground"] == "consent-withdrawn" and said["by"]["name"] == "anna", said
    states = {r["agency"]["name"]: r["state"] for r in said["receipts"]}
    assert states == {"anna": "holds", "boris": "silent", "chen": "silent"}, states

    # The others hear of it when they meet, and from a stick.
    boris.start()
    wait_for("Boris has overwritten it", lambda: overwritten(boris, object_id), 90)
    by_stick(anna, chen, folder)
    wait_for("Chen has overwritten it", lambda: overwritten(chen, object_id), 60)
    for node in (anna, boris, chen):
        assert not shows(node, object_id)
        assert node.get("/v1/objects/" + object_id)["erased"]
    wait_for("Boris has said that he holds the erase", lambda: {
        r["agency"]["name"]: r["state"] for r in status(anna, object_id)["said"][0]["receipts"]}["boris"] == "holds")
    by_stick(chen, anna, folder)
    assert {r["agency"]["name"]: r["state"] for r in status(anna, object_id)["said"][0]["receipts"]}["chen"] == "holds"
    nothing_left([anna, boris, chen], needles)
    table = muster(anna, "erase", "--status", object_id)[0]
    assert "holds it durably" in table and max(len(line) for line in table.splitlines()) <= 80, table

    # It stays proved that it was said, and what was said is disclosed by nobody.
    for node in (anna, boris, chen):
        proof = os.path.join(folder, node.name + ".proof")
        muster(node, "prove", object_id, "-O", proof)
        muster(node, "verify", proof, "--agency", anna.get("/v1/status")["agency"]["id"])
        assert code(node, "prove", object_id, "--disclose", "-O", proof + ".open", exit=4) == "EERASED"
        assert answer(node, "check")["ok"], node.name
    assert equal_digests([anna, boris, chen], "flood")
    return needles


def a_hold_outranks(anna, boris, folder):
    object_id = incident(boris, CANARY)
    wait_for("Anna holds it", lambda: equal_digests([anna, boris], "flood"))
    sealed = sealed_bytes(boris, object_id, folder)
    assert code(boris, "hold", object_id, exit=4) == "ENORIGHT"
    muster(anna, "hold", object_id)
    wait_for("Boris hears of the hold", lambda: status(boris, object_id)["records"][0]["held"])
    muster(boris, "erase", object_id, "--ground", "legal-obligation", "--yes=" + object_id)
    wait_for("Anna hears of the erase", lambda: status(anna, object_id)["erased"])
    for node in (anna, boris):
        assert not shows(node, object_id)
        assert status(node, object_id)["records"][0]["state"] == "held"
        assert lies_at(node, sealed), node.name
    muster(anna, "unhold", object_id)
    for node in (anna, boris):
        wait_for(node.name + " has overwritten it", lambda n=node: overwritten(n, object_id), 60)
    nothing_left([anna, boris], sealed + [CANARY.encode()])


def a_majority_erases(anna, boris, chen, folder):
    object_id = incident(chen, CANARY)
    by_stick(chen, anna, folder)
    wait_for("Boris holds it", lambda: equal_digests([anna, boris], "flood"))
    sealed = sealed_bytes(chen, object_id, folder)
    assert answer(anna, "space", "right", "boris", "admin")["verdict"] == "effective"
    wait_for("Boris is an admin", lambda: boris.get("/v1/spaces/flood")["right"] == "admin")
    proposed = answer(boris, "erase", object_id, "--ground", "legal-obligation", "--majority", "--yes=" + object_id)
    assert proposed["still"] == 1, proposed
    wait_for("Anna sees what waits", lambda: proposed["operation"][:12] in muster(anna, "space", "log")[0])
    assert shows(anna, object_id)
    assert answer(anna, "space", "approve", proposed["operation"][:12])["verdict"] == "effective"
    for node in (anna, boris):
        wait_for(node.name + " has overwritten it", lambda n=node: overwritten(n, object_id), 60)
    by_stick(anna, chen, folder)
    wait_for("Chen has overwritten it", lambda: overwritten(chen, object_id), 60)
    nothing_left([anna, boris, chen], sealed + [CANARY.encode()])


def killed_in_between(anna, boris):
    """The mark outlives the process: what was deleted and not yet overwritten is overwritten at the next start."""
    object_id = incident(anna, CANARY)
    wait_for("Boris holds it", lambda: equal_digests([anna, boris], "flood"))
    muster(anna, "erase", object_id, "--ground", "error", "--yes=" + object_id)
    wait_for("Boris hears of it", lambda: status(boris, object_id)["erased"])
    boris.kill()
    boris.start()
    wait_for("Boris has overwritten it", lambda: overwritten(boris, object_id), 60)
    wait_for("Anna has overwritten it", lambda: overwritten(anna, object_id), 60)
    nothing_left([anna, boris], [CANARY.encode()])


def retention(anna, boris):
    assert answer(anna, "retention")["days"] == 0
    assert code(anna, "retention", "--apply", "--yes=flood", exit=3) == "ENOTFOUND"
    muster(anna, "space", "policy", "retention-days=30")
    operation = answer(anna, "space", "log")["items"][-1]["operation"]
    wait_for("Boris sees what waits", lambda: operation[:12] in muster(boris, "space", "log")[0])
    muster(boris, "space", "approve", operation[:12])
    wait_for("the bound is in force", lambda: answer(anna, "retention")["days"] == 30)
    assert answer(anna, "retention")["due"] == []
    assert "30 days" in muster(anna, "retention")[0]


def init(node, nowhere=False):
    body = {"agency": node.name, "country": "CN", "node": node.name + "-1", "listen": "tcp://127.0.0.1:%d" % node.port}
    if nowhere:
        body["advertise"] = [NOWHERE]
    node.post("/v1/init", body)


def main():
    folder = tempfile.mkdtemp(prefix="muster-erase-")
    if subprocess.run(["unshare", "-rn", "true"], check=False).returncode:
        print("skipped: a daemon without a network needs unshare -rn")
        return 77
    nodes = [Node(sys.argv[1], "anna", folder), Node(sys.argv[1], "boris", folder),
             Node(sys.argv[1], "chen", folder, before=["unshare", "-rn"])]  # a stick is all that it has
    anna, boris, chen = nodes
    try:
        for node in nodes:
            node.start()
            init(node, nowhere=node is chen)
        anna.post("/v1/spaces", {"name": "flood"})
        join(anna, boris, "flood")
        wait_for("Boris is connected", lambda: up(anna, "boris"))
        card = chen.get("/v1/card")["card"]
        invite = anna.post("/v1/invite", {"card": card, "space": "flood", "right": "write"})["invite"]
        chen.post("/v1/join", {"invite": invite})
        by_stick(anna, chen, folder)
        needles = erased_while_one_was_away(anna, boris, chen, folder)
        a_hold_outranks(anna, boris, folder)
        killed_in_between(anna, boris)
        a_majority_erases(anna, boris, chen, folder)
        retention(anna, boris)
        for node in nodes:  # and after another start
            assert node.stop() == 0
            node.start()
        nothing_left(nodes, needles)
    except BaseException:
        for node in nodes:
            print("--- %s\n%s" % (node.name, node.tail()), file=sys.stderr)
        raise
    finally:
        for node in nodes:
            node.close()
        shutil.rmtree(folder, ignore_errors=True)
    print("erased at three nodes, held, killed in between, by a majority: no byte is left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
