#!/usr/bin/env python3
"""The change feed of a real node: order, cursors, following, a crash, a cursor of another life.

usage: feed.py BIN_DIR
"""
import json
import os
import shutil
import subprocess
import sys
import threading

from nodes import Node, wait_for


def muster(node, *words, exit=0):
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, cwd=node.root,
                          env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})
    assert done.returncode == exit, "muster %s: exit %d instead of %d\n%s%s" % (
        " ".join(words), done.returncode, exit, done.stdout, done.stderr)
    return done.stdout, done.stderr


def lines(node, *words, exit=0):
    return [json.loads(line) for line in muster(node, "export", *words, exit=exit)[0].splitlines()]


def write(node, *items):
    made = node.post("/v1/records", {"items": list(items), "wait": True})
    assert not made["refused"], made
    return [i["object"] for i in made["items"]]


def resource(name, **fields):
    return {"op": "create", "kind": "resource", "fields": dict(fields, name=name)}


def all_of(node):
    """The feed as it stands, from the beginning."""
    return lines(node, "--after=")


class Follower:
    """muster export --follow, its lines as they come."""

    def __init__(self, node, *words):
        self.lines = []
        self.process = subprocess.Popen([os.path.join(node.bin, "muster"), "--socket", node.socket, "export", "--follow", *words],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                        env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def ops(self):
        return [line["op"] for line in self.lines]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


def order(anna):
    a, b = write(anna, resource("a"), resource("b"))
    feed = all_of(anna)
    assert [line["op"] for line in feed] == ["begin", "put", "put", "current"], feed
    assert [line.get("id") for line in feed[1:3]] == [a, b]
    assert all(line["space"] == "flood" and line["exercise"] is False for line in feed)
    write(anna, {"op": "update", "kind": "resource", "object": a, "fields": {"quantity": "3"}})
    again = all_of(anna)
    assert [line.get("id") for line in again[1:3]] == [b, a], again  # each once, the newest change last
    behind = lines(anna, "--after", feed[-1]["cursor"])
    assert [(l["op"], l.get("id")) for l in behind] == [("put", a), ("current", None)], behind
    assert behind[0]["fields"] == {"name": "a", "quantity": "3"}
    assert lines(anna, "--after", behind[-1]["cursor"])[0]["op"] == "current"
    assert [l["op"] for l in lines(anna, "incidents", "--after=")] == ["begin", "current"]


def follow(anna):
    start = all_of(anna)[-1]["cursor"]
    follower = Follower(anna, "--after", start)
    try:
        wait_for("it has caught up", lambda: follower.ops() == ["current"])
        c, = write(anna, resource("c"))
        wait_for("it hears of it", lambda: follower.ops() == ["current", "put", "current"])
        assert follower.lines[1]["id"] == c
        write(anna, *[resource("many %d" % i) for i in range(2000)])
        wait_for("all of them come", lambda: follower.ops().count("put") == 2001)
        numbers = [int(line["cursor"].split("-")[1]) for line in follower.lines]
        assert numbers == sorted(numbers)
    finally:
        follower.close()
    return follower.lines[-1]["cursor"]


def follower_opened(anna):
    """A follower that has caught up, or None when there is no room."""
    follower = Follower(anna)
    wait_for("it has caught up, or was refused",
             lambda: follower.ops()[-1:] == ["current"] or follower.process.poll() is not None)
    if follower.process.poll() is None:
        return follower
    follower.close()
    write(anna, resource("a change, on which those who have gone are noticed"))
    return None


def bounds(anna):
    """Sixteen may read at once; one more is told so, and finds room when another has gone."""
    followers = []
    try:
        while len(followers) < 16:
            followers.append(wait_for("there is room", lambda: follower_opened(anna)))
        out = muster(anna, "--json", "export", "--follow", exit=6)[1]
        assert json.loads(out)["error"]["code"] == "EBUSY", out
        followers.pop().close()
        followers.append(wait_for("there is room again", lambda: follower_opened(anna)))
    finally:
        for follower in followers:
            follower.close()
    follower = wait_for("all have gone", lambda: follower_opened(anna))
    follower.close()


def refusals(anna):
    for cursor, error in (("nonsense", "EUSAGE"), ("0000000000000000-99999999999999999999", "EUSAGE"),
                          ("0123456789abcdef-3", "ERESYNC"), (all_of(anna)[0]["cursor"].split("-")[0] + "-999999", "ERESYNC")):
        out = muster(anna, "export", "--after", cursor, "--json", exit=2 if error == "EUSAGE" else 8)[1]
        assert json.loads(out)["error"]["code"] == error, out
    assert lines(anna, "--after", "0123456789abcdef-3", "--resync")[0]["op"] == "begin"
    muster(anna, "export", "resources", "status=available", "--follow", exit=2)
    muster(anna, "export", "--follow", "-o", "gpkg", exit=2)
    muster(anna, "export", "--follow", "-O", "file", exit=2)


def erasure(anna):
    """An erasure travels: drop every earlier state, then what is left; later changes do not hide it."""
    victim, = write(anna, resource("a secret", site="north"))
    cursor = all_of(anna)[-1]["cursor"]
    anna.post("/v1/objects/%s/erase" % victim, {"ground": "error"})
    wait_for("the feed says so", lambda: "erase" in [line["op"] for line in lines(anna, "--after", cursor)])
    told = [line for line in lines(anna, "--after", cursor) if line.get("id") == victim]
    assert told[0]["op"] == "erase" and "fields" not in told[0], told
    assert all("secret" not in json.dumps(line) for line in all_of(anna))
    write(anna, {"op": "update", "kind": "resource", "object": victim, "fields": {"name": "no secret", "quantity": "1"}})
    told = [line for line in lines(anna, "--after", cursor) if line.get("id") == victim]
    assert [line["op"] for line in told] == ["erase", "put"] and told[1]["fields"]["name"] == "no secret", told


def crash(anna, cursor):
    """What was told lasts: after a kill the same numbers mean the same."""
    write(anna, resource("before the crash"))
    told = lines(anna, "--after", cursor)
    anna.kill()
    anna.start()
    again = lines(anna, "--after", cursor)
    assert [(l["op"], l["cursor"], l.get("id")) for l in again] == [(l["op"], l["cursor"], l.get("id")) for l in told]
    assert lines(anna, "--after", told[-1]["cursor"])[0]["op"] == "current"


def another_life(anna):
    """The derived tables made again: an old cursor is refused, and all is sent again."""
    before = all_of(anna)
    anna.stop()
    shutil.rmtree(os.path.join(anna.data, "derived"))
    anna.start()
    assert "ERESYNC" in muster(anna, "export", "--after", before[-1]["cursor"], exit=8)[1]
    after = all_of(anna)
    strip = lambda feed: sorted(json.dumps({k: l[k] for k in l if k != "cursor"}) for l in feed if l["op"] == "put")
    assert strip(before) == strip(after)


def main():
    anna = Node(os.path.abspath(sys.argv[1]), "anna")
    try:
        anna.start()
        anna.init()
        anna.post("/v1/spaces", {"name": "flood"})
        order(anna)
        print("ok order", flush=True)
        cursor = follow(anna)
        print("ok follow", flush=True)
        bounds(anna)
        print("ok bounds", flush=True)
        refusals(anna)
        print("ok refusals", flush=True)
        erasure(anna)
        print("ok erasure", flush=True)
        crash(anna, cursor)
        print("ok crash", flush=True)
        another_life(anna)
        print("ok another_life", flush=True)
    except BaseException:
        print(anna.tail(), file=sys.stderr)
        raise
    finally:
        anna.close()


main()
