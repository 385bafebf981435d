#!/usr/bin/env python3
"""Strangers in crowds, and a machine that locks no memory: an honest partner still joins, memory stays bounded.

usage: crowd.py BIN_DIR
"""
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nodes import Node, equal_digests, join, wait_for  # noqa: E402

GREETING = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00CURVE" + bytes(15) + b"\x00" + bytes(31)


def private_kb(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(("Private_Clean", "Private_Dirty")))


def crowd(port, count, says):
    """That many connections that say so much and no more; those that the node refused are left out."""
    sockets = []
    for _ in range(count):
        s = socket.socket()
        s.settimeout(2)
        try:
            s.connect(("127.0.0.1", port))
            if says:
                s.sendall(says)
            sockets.append(s)
        except OSError:
            s.close()
    return sockets


def main():
    a, b = Node(sys.argv[1], "a"), Node(sys.argv[1], "b")
    try:
        a.start()
        b.start()
        a.init()
        b.init()
        a.post("/v1/spaces", {"name": "flood"})
        before = private_kb(a.process.pid)
        for name, says in (("say nothing", b""), ("greet and stop", GREETING[:64])):
            strangers = crowd(a.port, 2000, says)
            grown = private_kb(a.process.pid) - before
            assert len(strangers) > 100, "the crowd is too small to prove anything"
            assert grown < 64 * 1024, "%d kB more for strangers who %s" % (grown, name)
            status = a.get("/v1/status")
            assert status["ready"]
            print("%d strangers who %s: %d kB" % (len(strangers), name, grown))
            if name == "say nothing":
                join(a, b, "flood")  # while they stand there
                a.post("/v1/records", {"items": [{"op": "create", "kind": "resource", "fields": {"name": "tents"}}]})
                wait_for("the honest partner has the record", lambda: equal_digests([a, b], objects=1), limit=60)
            for s in strangers:
                s.close()
        assert a.stop() == 0
        # No memory may be locked: the node says so and works.
        a.process = None
        start = time.monotonic()
        log = open(a.journal, "ab")
        a.process = subprocess.Popen(["prlimit", "--memlock=0:0", os.path.join(a.bin, "musterd"), "--data", a.data,
                                      "--socket", a.socket], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        wait_for("a node without locked memory answers", lambda: a.get("/v1/status")["ready"], limit=20)
        assert a.digest()[1] == 1
        print("without locked memory: up after %.1f s" % (time.monotonic() - start))
        assert a.stop() == 0
    finally:
        a.close()
        b.close()


main()
