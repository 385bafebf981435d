"""Clients of the local API that do harm: too many, too slow, too much, and who never listens.  The node goes on and stays small."""
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musterd import Musterd, incident, run_tests, until

NOBODY = 65534
MEGABYTE = 1 << 20
GROWTH_MAX = 48 * MEGABYTE
OTHERS_WAIT_S = 10  # less than an idle connection is kept, so that an answer is not owed to its end


class Small(Musterd):
    """A daemon whose memory is looked at."""

    def memory(self):
        """Bytes of its own; 0 under a sanitizer, which keeps what was freed."""
        with open("/proc/%d/maps" % self.process.pid) as file:
            if re.search(r"lib[at]san", file.read()):
                return 0
        with open("/proc/%d/status" % self.process.pid) as file:
            return int(re.search(r"^RssAnon:\s+(\d+) kB", file.read(), re.M).group(1)) * 1024

    def connect(self):
        """A connection; TimeoutError when the node takes none for OTHERS_WAIT_S."""
        end = time.monotonic() + OTHERS_WAIT_S
        while True:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(OTHERS_WAIT_S)
            try:
                s.connect(self.socket)
                return s
            except BlockingIOError:  # as many as the kernel keeps wait to be taken
                s.close()
                if time.monotonic() > end:
                    raise TimeoutError("the node takes no connection")
                time.sleep(0.01)

    def __enter__(self):
        super().__enter__()
        self.init("A")
        self.space("flood")
        os.chmod(self.dir, 0o755)
        os.chmod(self.socket, 0o666)
        self.write(incident("first"))
        return self


class Other:
    """A process of another user with a function at work; it is asked to end when the with-block does."""

    def __init__(self, work):
        here, there = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                here.close()
                if os.geteuid() == 0:
                    os.setgroups([])
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                held = work()
                there.sendall(b"%d\n" % len(held))
                there.recv(1)
                status = 0
            finally:
                os._exit(status)
        there.close()
        self.here = here

    def __enter__(self):
        self.count = int(self.here.makefile().readline() or -1)
        assert self.count >= 0, "the other process came to nothing"
        return self

    def __exit__(self, *why):
        self.here.close()
        os.waitpid(self.pid, 0)


def answers(node):
    """One question, answered soon."""
    with node.connect() as s:
        s.sendall(b"GET /v1/digest HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n\r\n")
        got = b""
        while True:
            part = s.recv(65536)
            if not part:
                break
            got += part
    assert got.startswith(b"HTTP/1.1 200 "), got[:300]


def many(node, count, first=b""):
    """That many connections, each with its first bytes, all of them kept."""
    held = []
    for _ in range(count):
        s = node.connect()
        try:
            s.sendall(first)
        except OSError:
            pass  # refused already
        held.append(s)
    return held


def test_a_thousand_connections():
    with Small() as node:
        before = node.memory()
        for says, first in (("idle", b""), ("in the middle of a line", b"GET /v1/sta"), ("in the middle of a body",
                            b"POST /v1/records HTTP/1.1\r\nHost: muster\r\nContent-Length: 4000000\r\n\r\n{\"items\":[")):
            with Other(lambda: many(node, 1000, first)):
                if os.geteuid() == 0:  # who is of the same user shares its part of the connections
                    answers(node)
                assert node.memory() - before < GROWTH_MAX, (says, node.memory() - before)
            until("the node answers when they are gone", lambda: node.get("/v1/status")["ready"])


def refused(node, head, chunk, times):
    """The answer to a request whose body goes on and on; b"" when the connection was cut."""
    with node.connect() as s:
        try:
            s.sendall(head)
            for _ in range(times):
                s.sendall(chunk)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the node has had enough
        got = b""
        try:
            while True:
                part = s.recv(65536)
                if not part:
                    return got
                got += part
        except OSError:
            return got


def test_a_hundred_megabytes():
    with Small() as node:
        before = node.memory()
        start = b"POST /v1/records HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n"
        chunk = b"a" * MEGABYTE
        answer = refused(node, start + b"Content-Length: %d\r\n\r\n" % (100 * MEGABYTE), chunk, 100)
        assert answer.split(b" ")[1] in (b"413", b"400") and b"ETOOBIG" in answer, answer[:300]
        sized = b"%x\r\n" % MEGABYTE + chunk + b"\r\n"
        answer = refused(node, start + b"Transfer-Encoding: chunked\r\n\r\n", sized, 1024)
        assert answer == b"" or b"ETOOBIG" in answer, answer[:300]
        answer = refused(node, b"GET /v1/status HTTP/1.1\r\nX: ", chunk, 100)
        assert b" 200 " not in answer, answer[:300]
        answers(node)
        assert node.memory() - before < GROWTH_MAX, node.memory() - before


def write(node, hundreds):
    for _ in range(hundreds):
        done = node.write(*[incident("n%d" % i, fields={"description": "x" * 1000}) for i in range(100)])
        assert done["stored"] == 100, done


def test_who_never_listens():
    with Small() as node:
        write(node, 10)
        before = node.memory()
        silent = []
        for path in [b"/v1/objects?limit=500"] * 20 + [b"/v1/feed?follow=1"] * 12:
            s = node.connect()
            silent.append(s)
            s.settimeout(0)
            request = b"GET %s HTTP/1.1\r\nHost: muster\r\n\r\n" % path
            try:
                for _ in range(1000):  # one behind the other, as far as they are taken
                    s.sendall(request)
            except OSError:
                pass
        for _ in range(20):
            write(node, 1)
            answers(node)
        assert node.memory() - before < GROWTH_MAX, node.memory() - before
        for s in silent:
            s.close()
        assert node.get("/v1/digest")["objects"] == 3001


def test_what_is_no_http():
    with Small() as node:
        for bytes_ in (b"GET\r\n\r\n", b"\xff\xff PUT / HTTP/9.9\r\n\r\n", b"GET /v1/status HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                       b"GET /v1/status HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"):
            assert b" 200 OK" not in refused(node, bytes_, b"", 0), bytes_
            answers(node)
        for bytes_ in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 5000, b'{"items": []}'):
            with node.connect() as s:  # no line that ends: whoever says that goes away again
                s.sendall(bytes_)
            answers(node)


if __name__ == "__main__":
    run_tests(globals())
