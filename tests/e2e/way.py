#!/usr/bin/env python3
"""Joining that explains itself: whatever is in the way to a partner, `peer test`, `doctor` and `join` name the first thing and
its remedy, and what they name is true.

usage: way.py BIN_DIR
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos", "net"))
from net import PORT, Net, NoNetwork, ip  # noqa: E402
from cli import answer, muster, up  # noqa: E402
from nodes import Node, free_port, join, wait_for  # noqa: E402

ORDER = ["name", "tcp", "curve", "clock", "membership", "right", "disk"]


def first(node, partner, want, part, remedy, exit=5):
    """The first failure is of that step; message and remedy say that; a person is shown both, and doctor says the same."""
    steps = answer(node, "peer", "test", partner, exit=exit)["steps"]
    assert [s["step"] for s in steps] == ORDER[:len(steps)], steps
    failed = [s for s in steps if not s["ok"]]
    assert failed and failed[0]["step"] == want and part in failed[0]["message"] and remedy in failed[0]["do"], (want, part, remedy, steps)
    assert all(bool(s["do"]) != s["ok"] for s in steps), steps
    said = muster(node, "peer", "test", partner, exit=exit)[0]
    assert want in said and "FAILED" in said and max(map(len, said.splitlines())) <= 80, said
    return failed[0]


def knows_its_right(node, partner):
    """The two can be connected before the space's control has said who is in it."""
    return any(s["step"] == "right" and not s["waits"] for s in node.post("/v1/peers/test", {"agency": partner})["steps"])


def doctor_says(node, partner, want, state="wrong"):
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, "doctor", "--json", "--backups",
                           os.path.join(node.root, "backups")], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode in ((5,) if state == "wrong" else (0, 5)), done
    found = [f for f in json.loads(done.stdout)["items"] if f["check"] in ("partners", "clock") and f["message"].startswith(partner)]
    assert any(f["state"] == state and want in f["message"] and f["do"] for f in found), (want, found)


def member_at(node, endpoint, name, bin_dir, root):
    """A partner whose card names that endpoint: invited, and never there."""
    other = Node(bin_dir, name, root)
    other.start()
    other.post("/v1/init", {"agency": name, "country": "CN", "node": name + "-1", "listen": "tcp://127.0.0.1:%d" % other.port,
                            "advertise": [endpoint]})
    join(node, other, "flood")
    other.stop()
    return other


def names_and_ports(bin_dir):
    """A name that nobody knows, a port that is closed, a stranger, one who cannot be called."""
    root = tempfile.mkdtemp(prefix="muster-way-")
    a = Node(bin_dir, "a", root)
    others = []
    try:
        a.start()
        a.init()
        muster(a, "space", "create", "flood")
        closed = "tcp://127.0.0.1:%d" % free_port()
        others += [member_at(a, "tcp://no-such-host.invalid:7117", "wrongname", bin_dir, root), member_at(a, closed, "closed", bin_dir, root)]
        first(a, "wrongname", "name", "cannot be resolved", "card with a name that can be found")
        doctor_says(a, "wrongname", "name: ")
        first(a, "closed", "tcp", closed + ": the other machine refuses connections", "musterd runs")
        doctor_says(a, "closed", "tcp: ")
        assert "does not answer" not in a.tail(200), "the journal guessed before it knew: " + a.tail(200)

        stranger = Node(bin_dir, "stranger", root)  # it has a's card; a has never heard of it
        others.append(stranger)
        stranger.start()
        stranger.init()
        muster(stranger, "space", "create", "lonely")
        stranger.post("/v1/invite", {"card": a.get("/v1/card")["card"], "space": "lonely", "right": "write"})
        wait_for("it knocked", lambda: a.get("/v1/pending")["items"])
        first(stranger, "a", "curve", "does not admit this node's key (400)", "muster card")
        doctor_says(stranger, "a", "curve: ")

        fake = Node(bin_dir, "fake", root)  # another key answers where the card of "moved" points
        others.append(fake)
        fake.start()
        fake.init()
        others.append(member_at(a, "tcp://127.0.0.1:%d" % fake.port, "moved", bin_dir, root))
        first(a, "moved", "curve", "", "exchange cards again")

        none = Node(bin_dir, "none", root)
        others.append(none)
        none.start()
        none.post("/v1/init", {"agency": "none", "country": "CN", "node": "none-1", "listen": "tcp://127.0.0.1:%d" % none.port, "advertise": []})
        if not none.get("/v1/status").get("advertise"):
            join(a, none, "flood")
            none.stop()
            wait_for("it is gone", lambda: not up(a, "none"))
            first(a, "none", "name", "names no endpoint", "card with an endpoint")
    finally:
        for node in (a, *others):
            node.close()
        shutil.rmtree(root, ignore_errors=True)


def behind_the_call(bin_dir):
    """Clock, membership, right, disk: each in its turn, between nodes that are connected."""
    root = tempfile.mkdtemp(prefix="muster-way-")
    clock = os.path.abspath(os.path.join(bin_dir, "..", "lib", "muster-test-clock.so"))
    small = os.path.join(root, "small")
    os.makedirs(small)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m,mode=0700", "tmpfs", small], capture_output=True).returncode == 0
    a, b, c = Node(bin_dir, "a", small if mounted else root), Node(bin_dir, "b", root), Node(bin_dir, "c", root)
    if os.path.exists(clock):
        c.before = ["env", "LD_PRELOAD=" + clock, "MUSTER_TEST_CLOCK=3600"]
    try:
        for node in (a, b, c):
            node.start()
            node.init()
        muster(a, "space", "create", "flood")
        join(a, b, "flood", right="read")
        join(a, c, "flood")
        wait_for("they are connected", lambda: up(b, "a") and up(c, "a") and up(a, "b"))
        wait_for("b knows its right", lambda: knows_its_right(b, "a"))
        first(b, "a", "right", "may only read in flood", "ask an admin (a) for: muster space right b write")
        doctor_says(b, "a", "right: ", state="note")
        assert all(s["ok"] for s in answer(a, "peer", "test", "b")["steps"]), "for a nothing is in the way"
        muster(a, "space", "right", "b", "relay")
        first(a, "b", "right", "may not read in flood", "muster space right b read")
        muster(a, "space", "right", "b", "write")
        wait_for("b may write", lambda: all(s["ok"] for s in b.post("/v1/peers/test", {"agency": "a"})["steps"]))
        muster(a, "space", "suspend", "b")
        first(a, "b", "right", "suspended in flood", "muster space lift b")
        muster(a, "space", "lift", "b")
        if c.before:
            ahead = first(a, "c", "clock", "ahead of this node's", "timedatectl")
            behind = first(c, "a", "clock", "behind this node's", "timedatectl")
            assert [3590 <= int(s["message"].split(" s ")[0].split()[-1]) <= 3610 for s in (ahead, behind)] == [True, True], (ahead, behind)
            doctor_says(a, "c", "3600 s ahead" if "3600" in ahead["message"] else "s ahead")
        if mounted:
            free = os.statvfs(small)
            with open(os.path.join(small, "filler"), "wb") as f:
                left = free.f_bavail * free.f_frsize - (40 << 20)
                while left > 0:
                    left -= f.write(bytes(min(left, 1 << 20)))
            wait_for("the disk is seen as full", lambda: not a.post("/v1/peers/test", {"agency": "b"})["steps"][-1]["ok"])
            first(a, "b", "disk", "MiB are free on this node's disk", "free space")
            os.unlink(os.path.join(small, "filler"))
            assert all(s["ok"] for s in wait_for("there is room again", lambda: (
                lambda s: s if s[-1]["ok"] else None)(a.post("/v1/peers/test", {"agency": "b"})["steps"]))), "all is well"
        else:
            print("not tried: a full disk, because nothing can be mounted here")
        muster(a, "space", "remove", "b", "--yes=b")
        gone = wait_for("b is no member any more", lambda: (lambda s: s if not all(x["ok"] for x in s) else None)(
            a.post("/v1/peers/test", {"agency": "b"})["steps"]))
        assert [s["step"] for s in gone if not s["ok"]][0] in ("curve", "membership"), gone
    except BaseException:
        for node in (a, b, c):
            print("--- %s\n%s" % (node.name, node.tail()), file=sys.stderr)
        raise
    finally:
        for node in (a, b, c):
            node.close()
        if mounted:
            subprocess.run(["umount", "-l", small], check=False)
        shutil.rmtree(root, ignore_errors=True)


class Far(Node):
    def __init__(self, bin_dir, host, name, root):
        super().__init__(bin_dir, name, root, before=host.inside())
        self.host = host

    def begin(self, *advertise):
        self.start()
        self.post("/v1/init", {"agency": self.name, "country": "CN", "node": self.name + "-1", "listen": "tcp://0.0.0.0:%d" % PORT,
                               "advertise": list(advertise) or [self.host.endpoint()]})


def far_away(bin_dir):
    """What only a network can do: an address to which no way leads, a firewall that drops, and `join` that says so."""
    root = tempfile.mkdtemp(prefix="muster-way-")
    try:
        with Net("abc") as net:
            a, b, c = (Far(bin_dir, net.hosts[letter], letter, root) for letter in "abc")
            try:
                a.begin()
                b.begin()
                c.begin("tcp://10.99.0.9:%d" % PORT)  # nowhere in this network
                muster(a, "space", "create", "flood")
                net.hosts["a"].drop(source=net.hosts["b"], calls_only=True)
                net.hosts["b"].drop(source=net.hosts["a"], calls_only=True)
                invite = a.post("/v1/invite", {"card": b.get("/v1/card")["card"], "space": "flood", "right": "write"})["invite"]
                file = os.path.join(root, "b.muster-invite")
                with open(file, "w") as f:
                    f.write(invite)
                said = muster(b, "join", file)[0]
                assert "joined the space" in said and "not connected yet, the way ends at \"tcp\"" in said, said
                first(b, "a", "tcp", "nothing comes back", "firewall")
                doctor_says(b, "a", "tcp: ")
                net.hosts["a"].drop_nothing()
                net.hosts["b"].drop_nothing()
                wait_for("the firewall is open, and membership has arrived",
                         lambda: up(b, "a") and knows_its_right(b, "a"))
                assert all(s["ok"] for s in answer(b, "peer", "test", "a")["steps"])
                join(a, c, "flood")
                c.stop()
                first(a, "c", "tcp", "no way leads to that address", "own network")
                ip("-n", net.hosts["b"].namespace, "link", "set", "lo", "up")
            finally:
                for node in (a, b, c):
                    node.close()
    except NoNetwork as reason:
        print("not tried: firewalls and routes, because %s" % reason)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def main():
    for part in (names_and_ports, behind_the_call, far_away):
        part(sys.argv[1])
        print("ok", part.__name__, flush=True)


main()
