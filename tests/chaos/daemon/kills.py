#!/usr/bin/env python3
"""musterd is killed again and again under write load: no acknowledged record is lost, none is there by half.

usage: kills.py BIN_DIR [KILLS]     default 200
"""
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "e2e"))
from nodes import Node, Refused  # noqa: E402

BATCH = 7


def main():
    kills = int(os.environ.get("MUSTER_KILLS", sys.argv[2] if len(sys.argv) > 2 else "200"))
    chance = random.Random(int(os.environ.get("MUSTER_SEED", "1")))
    node = Node(sys.argv[1], "a")
    try:
        node.start()
        node.init("A")
        node.post("/v1/spaces", {"name": "load"})
        acknowledged, number = {}, 0
        for kill in range(kills):
            dead = threading.Event()

            def write():
                nonlocal number
                while not dead.is_set():
                    number += 1
                    batch = [{"op": "create", "kind": "resource", "key": "batch-%d-%d" % (number, i),
                              "fields": {"name": "b%d-%d" % (number, i), "comments": "x" * chance.randrange(400)}}
                             for i in range(BATCH)]
                    try:
                        answer = node.post("/v1/records", {"items": batch}, timeout=10)
                    except (OSError, ValueError, Refused, Exception) as error:
                        if isinstance(error, AssertionError):
                            raise
                        return  # the kill came: what was not acknowledged may or may not be there
                    for sent, got in zip(batch, answer["items"]):
                        assert got["state"] == "stored", got
                        acknowledged[sent["key"]] = got["object"]

            writer = threading.Thread(target=write)
            writer.start()
            time.sleep(chance.uniform(0.005, 0.06))
            node.kill()
            dead.set()
            writer.join()
            node.start()
            if kill % 20 == 19 or kill == kills - 1:
                check(node, acknowledged)
        print("%d kills, %d acknowledged records: none lost, none by half" % (kills, len(acknowledged)))
        assert len(acknowledged) > kills, "too little was written to prove anything"
        assert node.stop() == 0
    finally:
        node.close()


def check(node, acknowledged):
    # The same key again gives the object of that time: it is known, durably.
    items = [{"op": "create", "kind": "resource", "key": key, "fields": {"name": "again"}} for key in acknowledged]
    for at in range(0, len(items), 400):
        for sent, got in zip(items[at:at + 400], node.post("/v1/records", {"items": items[at:at + 400]})["items"]):
            assert got["state"] == "existing" and got["object"] == acknowledged[sent["key"]], (sent["key"], got)
    # Batches are whole: every number that is there at all is there seven times.
    seen, cursor = {}, ""
    while True:
        page = node.get("/v1/objects?kind=resource&limit=500" + ("&cursor=" + cursor if cursor else ""))
        for item in page["items"]:
            number = item["fields"]["name"].split("-")[0]
            seen[number] = seen.get(number, 0) + 1
        cursor = page.get("next")
        if not cursor:
            break
    torn = {n: c for n, c in seen.items() if c != BATCH}
    assert not torn, "batches by half: %s" % torn
    assert sum(seen.values()) >= len(acknowledged)
    report = node.post("/v1/check")
    assert report["ok"] and not report["damaged"], report


main()
