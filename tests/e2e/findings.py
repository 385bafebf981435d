#!/usr/bin/env python3
"""Every finding of `muster doctor` is made true once, and prints what to do about it.

The sentences are read out of the sources, so that a new finding fails here until somebody makes it true.

usage: findings.py BIN_DIR        as root: small disks, other users and locked memory need it (else exit 77)
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from cli import answer, muster, up
from nodes import Node, free_port, join, wait_for
from views import BEFORE, CHUNK, files_end_at, incidents

BIN = os.path.abspath(sys.argv[1])
ROOM = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CLOCK = os.path.join(BIN, "..", "lib", "muster-test-clock.so")
SKIP, NOBODY = 77, 65534
DAY_S = 24 * 3600
SOURCES = {"tools/doctor.c": "doctor_find", "tools/doctor_here.c": "doctor_find", "node/api_doctor.c": "find"}
# Sentences that other files make and doctor hands on; "%s" alone stands in the sources of doctor for them.
HANDED_ON = ["the agency's root key lies on this node: whoever gets into it can become the agency",
             "this node was revoked by its agency: partners do not let it in, and it writes nothing",
             "the certificate of this node, %s ends in %s; the node goes on working",
             "the certificate of this node, %s expired %s; the node goes on working",
             "the certificate of %s's node %s expired %s; the node goes on working"]
seen = []  # every finding of every run: {check, state, message, do}


# --- what the sources can say ------------------------------------------------------------------------------------------------

def arguments(text, at):
    """The arguments of the call whose bracket opens at that place, cut at its own commas."""
    depth, out, now, quoted = 0, [], "", False
    while True:
        c = text[at]
        if quoted:
            now += c
            if c == "\\":
                at += 1
                now += text[at]
            elif c == '"':
                quoted = False
        elif c == "," and depth == 1:
            out.append(now.strip())
            now = ""
        else:
            depth += (c == "(") - (c == ")")
            if not depth:
                return out + [now.strip()]
            quoted = c == '"'
            if depth > 1 or c != "(":
                now += c
        at += 1


def literals(expression):
    """The strings in it, neighbours joined."""
    parts = re.findall(r'"(?:[^"\\]|\\.)*"(?:\s*(?:"(?:[^"\\]|\\.)*"|MUSTER_VERSION))*', expression)
    return ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"|(MUSTER_VERSION)', part) and
                    [a.replace('\\"', '"') if a or not b else "%s" for a, b in re.findall(r'"((?:[^"\\]|\\.)*)"|(MUSTER_VERSION)', part)])
            for part in parts]


def calls():
    """[(file, check, states, formats)] of every finding in the sources."""
    found = []
    for path, name in SOURCES.items():
        with open(os.path.join(ROOM, path), encoding="utf-8") as f:
            text = f.read()
        for match in re.finditer(r"(?<![\w_])%s\(" % name, text):
            args = arguments(text, match.end() - 1)
            if args[0] != "list":
                continue  # the function itself
            check, = literals(args[1])
            states = set(re.findall(r"\b(?:DOCTOR_)?(OK|FINE|NOTE|WRONG)\b", args[2]))
            found.append((path, check, {{"OK": "ok", "FINE": "ok"}.get(s, s.lower()) for s in states}, literals(args[4])))
    return found


def is_said(form, message):
    return re.fullmatch("".join(".*" if part.startswith("%") else re.escape(part) for part in re.split(r"(%[.0-9]*(?:ll|z)?[a-z])", form)), message, re.S)


def missing():
    """What no run has shown: sentences, and states of a check."""
    out = []
    for path, check, states, forms in calls():
        for form in forms:
            if not any(one["check"] == check and is_said(form, one["message"]) for one in seen):
                out.append('%s: nothing here makes true: %s: "%s"' % (path, check, form))
        for state in states:
            if not any(one["check"] == check and one["state"] == state and any(is_said(form, one["message"]) for form in forms) for one in seen):
                out.append("%s: %s is never %s: %s" % (path, check, state, forms))
    return out + ["no doctor was told: " + form for form in HANDED_ON if not any(is_said(form, one["message"]) for one in seen)]


# --- looking -------------------------------------------------------------------------------------------------------------------

def look(node, *words, want=(), backups=None):
    """Doctor's findings, each with a remedy; `want` are [(check, state, part of the message)] that must be among them."""
    found = answer(node, "doctor", "--backups", backups or os.path.join(node.root, "none"), *words, exit=None)["items"]
    for one in found:
        assert bool(one["do"]) == (one["state"] != "ok"), "a finding without a remedy, or a remedy without one: %s" % one
    seen.extend(found)
    for check, state, part in want:
        assert any(one["check"] == check and one["state"] == state and part in one["message"] for one in found), \
            "%s, %s, %s is not among\n%s" % (check, state, part, "\n".join(map(str, found)))
    return found


def sees(node, *want, words=()):
    """Waits until doctor finds that."""
    def there():
        found = answer(node, "doctor", "--backups", os.path.join(node.root, "none"), *words, exit=None)["items"]
        return all(any(one["check"] == c and one["state"] == s and p in one["message"] for one in found) for c, s, p in want)
    wait_for("doctor finds %s" % (want,), there)
    look(node, *words, want=want)


def begin(node, *more):
    node.start()
    muster(node, "init", node.name, "--listen", "tcp://0.0.0.0:%d" % node.port, "--advertise", "tcp://127.0.0.1:%d" % node.port, *more)


def clocked(seconds=None, **more):
    env = {"LD_PRELOAD": CLOCK, **more}
    return {**env, "MUSTER_TEST_CLOCK": str(seconds)} if seconds else env


def other_version(name):
    """The programs of an older version: the same ones, but for the number that they tell."""
    place = os.path.join(tempfile.mkdtemp(prefix="muster-old-"), "bin")
    os.mkdir(place)
    for program in ("muster", "musterd"):
        with open(os.path.join(BIN, program), "rb") as f:
            whole = f.read()
        version = re.search(rb"muster/(\d+\.\d+\.\d+)", whole).group(1)
        with open(os.path.join(place, program), "wb") as f:
            f.write(whole.replace(version, b"0.0." + b"0" * (len(version) - 5) + b"9"))
        os.chmod(os.path.join(place, program), 0o755)
    return Node(place, name, extra=["--metrics", "none"])


def as_nobody(node):
    """The node runs as another user, in a folder of that user."""
    inside = os.path.join(node.root, "inside")
    os.chmod(node.root, 0o711)
    os.mkdir(inside, 0o700)
    os.chown(inside, NOBODY, NOBODY)
    node.data, node.socket = os.path.join(inside, "data"), os.path.join(inside, "api.sock")
    node.before = ["prlimit", "--memlock=0", "--nofile=512", "setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"]
    return node


def disk(folder, mib):
    os.makedirs(folder, mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700,size=%dm" % mib, "tmpfs", folder], check=True)


# --- the findings ----------------------------------------------------------------------------------------------------------------

def nothing_installed():
    """Nobody there; data that are missing, open, not this user's, on a full disk; settings that are wrong; musterd missing."""
    node = Node(BIN, "nobody")
    try:
        where = ("--data", node.data)
        look(node, *where, want=[("node", "wrong", "no such socket"), ("data", "wrong", node.data), ("settings", "ok", "")])
        os.mkdir(node.data, 0o700)
        look(node, *where, want=[("files", "ok", node.data), ("disk", "ok", "MiB free"), ("keys", "note", "no node in"), ("backup", "note", "no backup")])
        os.chmod(node.data, 0o755)
        look(node, *where, want=[("files", "wrong", "others on this machine may get at")])
        node.env = {"MUSTER_LISTEN": "nowhere"}
        look(node, *where, want=[("settings", "wrong", '"nowhere" is no endpoint')])
        node.env = clocked(-20 * 365 * DAY_S)
        look(node, *where, want=[("clock", "wrong", "the clock says the year 20")])
        node.env = clocked(MUSTER_TEST_CLOCK_SYNC="0")
        look(node, *where, want=[("clock", "note", "no time service")])
        node.env = clocked(MUSTER_TEST_CLOCK_SYNC="1")
        look(node, *where, want=[("clock", "ok", "a time service sets it")])
        node.env = {}
        with socket.socket() as taken:
            try:
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                taken.bind(("127.0.0.1", 7117))
                taken.listen()
            except OSError:
                pass  # it is taken then
            look(node, *where, want=[("ports", "note", "something listens on port 7117")])
        small = os.path.join(node.root, "small")
        disk(small, 8)
        look(node, "--data", small, want=[("disk", "wrong", "MiB free in " + small)])
        alone = os.path.join(node.root, "bin")
        os.mkdir(alone)
        shutil.copy(os.path.join(BIN, "muster"), alone)
        with open(os.path.join(alone, "as-nobody"), "w") as f:
            f.write("#!/bin/sh\nexec /usr/bin/setpriv --reuid=%d --regid=%d --clear-groups %s/muster \"$@\"\n" % (NOBODY, NOBODY, alone))
        node.bin = alone
        look(node, *where, want=[("settings", "note", "musterd is not installed")])
        os.rename(os.path.join(alone, "muster"), os.path.join(alone, "muster.elf"))
        with open(os.path.join(alone, "muster"), "w") as f:
            f.write("#!/bin/sh\nexec /usr/bin/setpriv --reuid=%d --regid=%d --clear-groups %s/muster.elf \"$@\"\n" % (NOBODY, NOBODY, alone))
        os.chmod(os.path.join(alone, "muster"), 0o755)
        os.chmod(node.root, 0o711)
        os.chmod(node.data, 0o700)
        look(node, *where, want=[("files", "note", "cannot be looked at by this user")])
    finally:
        node.close()


def backups_of(node):
    folder = os.path.join(node.root, "backups")
    os.mkdir(folder)
    with open(os.path.join(folder, "one.muster-backup"), "w") as f:
        f.write("x")
    look(node, backups=folder, want=[("backup", "ok", "0 hours old")])
    os.utime(os.path.join(folder, "one.muster-backup"), (time.time() - 5 * DAY_S,) * 2)
    look(node, backups=folder, want=[("backup", "wrong", "120 hours old")])
    look(node, backups=os.path.join(folder, "one.muster-backup"), want=[("backup", "note", "one.muster-backup: ")])


def a_node_alone():
    """Before and after init, a card that leads nowhere, metrics, files, limits."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        node = as_nobody(Node(BIN, "anna", extra=["--metrics", "127.0.0.1:%d" % taken.getsockname()[1]]))
        try:
            node.start()
            look(node, want=[("node", "wrong", "no agency yet"), ("metrics", "wrong", "cannot be served"), ("node", "ok", "answers on"),
                             ("limits", "note", "512 descriptors"), ("limits", "note", "cannot be locked in memory"), ("upgrade", "ok", "of format")])
            muster(node, "init", "anna", "--listen", "tcp://127.0.0.1:%d" % node.port, "--advertise", "tcp://no-such-host.invalid:7117")
            look(node, want=[("ports", "wrong", "listens on this machine only"), ("reach", "wrong", "cannot be resolved"), ("care", "note", "no backup was made"),
                             ("care", "note", "read back later"), ("care", "note", "never checked"), ("partners", "note", "no partners yet"),
                             ("intake", "ok", "new records"), ("space", "ok", "are free in it"), ("files", "ok", "only this node's user"),
                             ("keys", "note", "root key lies on this node")])
            os.chmod(os.path.join(node.data, "secrets", "node.key"), 0o644)
            look(node, want=[("files", "wrong", "node.key")])
            os.chmod(os.path.join(node.data, "secrets", "node.key"), 0o600)
            os.chown(os.path.join(node.data, "secrets"), 0, 0)
            look(node, want=[("files", "note", "cannot be looked at")])
            os.chown(os.path.join(node.data, "secrets"), NOBODY, NOBODY)
            backups_of(node)
        finally:
            node.close()


def a_card_that_leads_nowhere():
    """No address on it, or one that nobody answers at: wrong while nobody is connected, a note while somebody is."""
    anna, boris = (Node(BIN, name, extra=["--metrics", "none"]) for name in ("anna", "boris"))
    try:
        anna.start()
        muster(anna, "init", "anna", "--listen", "tcp://0.0.0.0:%d" % anna.port, "--first-space", "flood")
        look(anna, want=[("ports", "wrong", "the card names no endpoint")])
        anna.stop()
        nowhere = os.path.join(anna.root, "nowhere.conf")
        with open(nowhere, "w") as f:
            f.write('advertise = {"tcp://127.0.0.1:%d"}\n' % free_port())
        anna.extra += ["--config", nowhere]
        anna.start()
        look(anna, want=[("reach", "wrong", "refuses connections")])
        begin(boris)
        join(anna, boris, "flood")
        wait_for("they meet", lambda: up(anna, "boris"))
        look(anna, want=[("reach", "note", "refuses connections")])
    finally:
        anna.close()
        boris.close()


def years_pass():
    """Certificates that end, care that is long ago; then moved out root keys, all well."""
    node = Node(BIN, "anna", extra=["--metrics", "127.0.0.1:%d" % free_port()])
    words, root = os.path.join(node.root, "words"), os.path.join(node.root, "agency.key")
    with open(words, "w") as f:
        f.write("four words nobody says\n")
    try:
        begin(node)
        muster(node, "key", "export-root", root, "--passphrase-file", words)
        for verb in (("backup", os.path.join(node.root, "b"), "--passphrase-file", words), ("backup", "--verify", os.path.join(node.root, "b")), ("check",)):
            muster(node, *verb)
        look(node, want=[("keys", "ok", "the root key is not on this node"), ("limits", "ok", "descriptors"), ("metrics", "ok", "http://"), ("ports", "ok", "listens on"),
                         ("care", "ok", "the last backup was made"), ("care", "ok", "last read back"), ("care", "ok", "found all well"),
                         ("reach", "ok", "answers"), ("disk", "ok", "MiB free")])
        for days, want in ((5 * 365 - 10, ("keys", "wrong", "ends in ")), (5 * 365 + 10, ("keys", "wrong", "expired "))):
            node.stop()
            node.before = ["env", "LD_PRELOAD=" + CLOCK, "MUSTER_TEST_CLOCK=%d" % (days * DAY_S)]
            node.start()
            look(node, want=[want, ("care", "note", "the last backup was made"), ("care", "note", "last read back"), ("care", "note", "found all well")])
    finally:
        node.close()


def an_older_format():
    """Data of an earlier musterd: made new, with a copy that somebody should look after."""
    node = Node(BIN, "old", extra=["--metrics", "none"])
    try:
        os.mkdir(node.data, 0o700)
        subprocess.run(["tar", "-C", node.data, "-xJf", os.path.join(ROOM, "tests", "data", "format-1.tar.xz")], check=True)
        node.start()
        look(node, want=[("upgrade", "note", "from before an upgrade is kept (format 1)")])
    finally:
        node.close()


def a_node_put_out():
    """Its agency revokes it."""
    anna, depot = (Node(BIN, name, extra=["--metrics", "none"]) for name in ("anna", "depot"))
    request, card = os.path.join(anna.root, "depot.request"), os.path.join(anna.root, "depot.card")
    try:
        begin(anna)
        muster(anna, "space", "create", "flood")
        depot.start()
        muster(depot, "init", "--node", "depot", "-O", request)
        muster(anna, "key", "certify", request, "-O", card)
        muster(depot, "init", "--certificate", card, "--listen", "tcp://127.0.0.1:%d" % depot.port)
        wait_for("they meet", lambda: any(p["node"] == "depot" and p["state"] == "up" for p in anna.get("/v1/peers")["items"]))
        muster(anna, "key", "revoke", "depot", "--yes=depot")
        sees(depot, ("keys", "wrong", "this node was revoked"))
    finally:
        anna.close()
        depot.close()


def a_small_disk():
    """Little room is a note; none stops what comes in."""
    node = Node(BIN, "small", extra=["--metrics", "none"])
    disk(node.data, 200)
    try:
        begin(node)
        look(node, want=[("disk", "note", "MiB free")])
        with open(os.path.join(node.data, "fill"), "wb") as f:
            os.chmod(f.name, 0o600)
            try:
                while True:
                    f.write(b"\0" * 65536)
            except OSError:
                pass
        sees(node, ("disk", "wrong", "nothing in bulk is taken in"))

        def refused():  # it rests for a moment after each write that finds no room
            muster(node, "space", "create", "space-%d" % len(seen), exit=None)  # what governs is written to the last byte
            return any(one["check"] == "intake" and one["state"] == "wrong" for one in look(node))
        wait_for("nothing new is taken in", refused)
    finally:
        node.close()


def views_that_the_disk_fails():
    """views.py says more: how they come back."""
    node = Node(BIN, "views", extra=["--metrics", "none"], before=["env", "--ignore-signal=XFSZ"])
    try:
        begin(node)
        muster(node, "space", "create", "flood")
        assert incidents(node, BEFORE, "before")[1] is None
        look(node, want=[("views", "ok", "all records")])
        files_end_at(node, os.path.getsize(os.path.join(node.data, "derived", "data.mdb")))
        wait_for("own records wait", lambda: incidents(node, CHUNK, "while it fails")[1] == "EVIEWS")
        look(node, want=[("views", "wrong", "the disk failed the views")])
    finally:
        node.close()


def space_in_the_file():
    """More than 256 MiB are free in the data file, and more than half of it."""
    node = Node(BIN, "space", extra=["--metrics", "none"])
    try:
        begin(node)
        muster(node, "space", "create", "flood")
        photo = os.path.join(node.root, "photo")
        with open(photo, "wb") as f:
            f.write(os.urandom(8 * 1024 * 1024))
        ids = []
        for i in range(34):
            with open(photo, "r+b") as f:
                f.write(b"%08d" % i)
            ids.append(answer(node, "new", "incident", "name=%d" % i, "phase=active", "category=Met")["items"][0]["object"])
            muster(node, "attach", ids[-1], photo)
        for each in ids:
            muster(node, "erase", each, "--ground", "error", "--yes=" + each)
        sees(node, ("space", "note", "are free in it"))
    finally:
        node.close()


def partners():
    """A partner of an older version, silent, revoked, with another clock; this node of an older version."""
    anna, boris = Node(BIN, "anna", extra=["--metrics", "none"]), other_version("boris")
    try:
        begin(anna)
        begin(boris)
        muster(anna, "space", "create", "flood")
        join(anna, boris, "flood")
        sees(anna, ("versions", "note", "boris runs muster/0.0."), ("partners", "ok", "1 of 1 connected"))
        newer, boris.bin = boris.bin, BIN  # muster of this version at a musterd of the other
        look(boris, want=[("versions", "wrong", "the node is 0.0.")])
        boris.bin = newer
        boris.stop()
        sees(anna, ("partners", "wrong", "boris, tcp: "), ("reach", "ok", ""))
        boris.before = ["env", "LD_PRELOAD=" + CLOCK, "MUSTER_TEST_CLOCK=3600"]
        boris.start()
        sees(anna, ("clock", "wrong", "boris's clock is 3"))
        boris.stop()
        boris.before = ["env", "LD_PRELOAD=" + CLOCK, "MUSTER_TEST_CLOCK=-3600"]
        boris.start()
        sees(anna, ("clock", "wrong", " s behind this node's"))
        anna.stop()
        anna.before = ["env", "LD_PRELOAD=" + CLOCK, "MUSTER_TEST_CLOCK=%d" % (5 * 366 * DAY_S)]
        anna.start()
        look(anna, want=[("keys", "wrong", "the certificate of boris's node ")])
        anna.stop()
        anna.before = []
        boris.stop()
        boris.before = []
        anna.start()
        boris.start()
        wait_for("they meet", lambda: up(anna, "boris"))
        copy = Node(BIN, "copy", root=boris.root, extra=["--metrics", "none", "--listen", "tcp://127.0.0.1:%d" % free_port()])
        boris.stop()
        shutil.copytree(boris.data, copy.data)
        boris.start()
        wait_for("they meet again", lambda: up(anna, "boris"))
        copy.start()
        sees(anna, ("alarms", "wrong", "same keys"))
        copy.close()
    finally:
        anna.close()
        boris.close()
        shutil.rmtree(os.path.dirname(boris.bin), ignore_errors=True)


class Between:
    """In front of a node's API: it changes what status says, and refuses the test of a partner; for what no healthy node shows."""

    def __init__(self, node, change):
        self.node, self.change = node, change
        self.path = os.path.join(node.root, "between.sock")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                there, _ = self.socket.accept()
            except OSError:
                return
            with there:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += there.recv(65536)
                line, rest = head.split(b"\r\n", 1)
                method, path, _ = line.decode().split(" ")
                length = int((re.search(rb"(?i)content-length: (\d+)", rest) or [0, 0])[1])
                body = rest.split(b"\r\n\r\n", 1)[1]
                while len(body) < length:
                    body += there.recv(65536)
                status, value = self.change(method, path, self.node.call(method, path, json.loads(body) if body else None))
                text = json.dumps(value).encode()
                there.sendall(b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(text), text))

    def close(self):
        self.socket.close()


def what_no_healthy_node_shows():
    """Records that were set aside or wait for a key, a copy kept from an upgrade, a partner that cannot be asked about."""
    anna, boris = (Node(BIN, name, extra=["--metrics", "none"]) for name in ("anna", "boris"))

    def change(method, path, value):
        if path == "/v1/status":
            value["spaces"][0].update(quarantined=3, waiting_for_key=2)
            for peer in value["peers"]:
                peer["state"] = "silent"
        if path == "/v1/peers/test":
            changes["asked"] = changes.get("asked", 0) + 1
            if changes["asked"] == 1:
                return 503, {"error": {"code": "EBUSY", "exit": 1, "message": "this node has too much to do", "why": None, "do": [], "object": None}}
        return 200, value

    changes = {}
    try:
        begin(anna)
        begin(boris)
        muster(anna, "space", "create", "flood")
        join(anna, boris, "flood")
        wait_for("they meet", lambda: up(anna, "boris"))
        between = Between(anna, change)
        real, anna.socket = anna.socket, anna.socket
        front = Node(BIN, "front", root=anna.root)
        front.socket = between.path
        look(front, want=[("records", "wrong", "3 records are set aside"), ("records", "note", "2 segments wait for a key"),
                          ("partners", "note", "the way there cannot be tested")])
        look(front, want=[("partners", "ok", "boris can be reached")])
        between.close()
    finally:
        anna.close()
        boris.close()


def main():
    for step in [s for s in (nothing_installed, a_node_alone, a_card_that_leads_nowhere, years_pass, an_older_format, a_node_put_out, a_small_disk, partners, what_no_healthy_node_shows, views_that_the_disk_fails, space_in_the_file) if len(sys.argv) < 3 or s.__name__ in sys.argv[2:]]:
        began = time.monotonic()
        step()
        print("%s: %.1f s" % (step.__name__, time.monotonic() - began), flush=True)
    left = missing()
    assert not left, "\n".join(left)
    assert calls() and len(calls()) > 40, "the sources were not understood"
    print("every finding of doctor was made true, and says what to do")


if __name__ == "__main__":
    if os.geteuid() or not os.path.exists(CLOCK) or not shutil.which("setpriv"):
        print("skipped: needs root, setpriv and the test's clock")
        sys.exit(SKIP)
    if "MUSTER_TEST_INSIDE" not in os.environ:
        os.environ["MUSTER_TEST_INSIDE"] = "1"
        if subprocess.run(["unshare", "--mount", "--propagation", "private", "true"], capture_output=True).returncode:
            print("skipped: this place allows no mounts")
            sys.exit(SKIP)
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv])
    main()
