"""The agencies of docs.py: daemons on loopback, each with a home in which people type, and what a page calls them."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

from cli import muster
from nodes import Node, free_port, wait_for
from sameday import Names

DAY = "2026-07-14"
SPACE = "flood-2026"
CAST = {  # handle: name of the agency, country
    "yibin": ("Yibin", "CN"), "zhaotong": ("Zhaotong", "CN"), "redcross": ("Red Cross", "CN"), "depot": ("Yibin", "CN")}
FOLDERS = ("/media/stick", "/media/safe", "/media/disk")  # of all; what lies on a stick is there for whoever reads it
LIMIT = 30.0


class Typist(Node):
    """A node, the home of who types at it, and its own /etc/muster and /var/lib."""

    def __init__(self, world, handle):
        self.world = world
        self.env = dict(world.env, PATH="%s:/usr/sbin:/usr/bin:/sbin:/bin" % world.bin, LANG="C.UTF-8", TERM="dumb")
        self.title, self.country = CAST[handle]
        self.metrics_port = free_port()
        self.joining = False  # it has typed `muster join`
        super().__init__(world.bin, handle, root=world.root, before=["env"] + ["%s=%s" % p for p in sorted(world.env.items())])
        self.home = os.path.join(world.root, "home-" + handle)
        self.etc = os.path.join(world.root, "etc-" + handle)
        os.makedirs(self.home)
        os.makedirs(os.path.join(self.etc, "conf.d"))
        with open(os.path.join(self.etc, "muster.conf"), "w", encoding="utf-8") as file:
            file.write("# of %s\n" % handle)
        self.extra = ["--config", os.path.join(self.etc, "muster.conf")]
        self.env.update(HOME=self.home, MUSTER_SOCKET=self.socket, MUSTER_DATA=self.data, MUSTER_CONFIG=os.path.join(self.etc, "muster.conf"))

    def types(self, text, answers=()):
        """(exit code, output and errors in their order); answers: what is typed where it asks, on a terminal."""
        self.joining = self.joining or text.startswith("muster join ")
        if answers:
            return self.talks(text, answers)
        done = subprocess.run(["bash", "-o", "pipefail", "-c", text], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd=self.home, timeout=120, env=dict(self.env, LC_ALL="C.UTF-8"))
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def talks(self, text, answers):
        """As types, on a terminal: each question (a line that does not end) gets the next answer."""
        here, there = pty.openpty()
        process = subprocess.Popen(["bash", "-c", text], stdin=there, stdout=there, stderr=there, cwd=self.home, start_new_session=True,
                                   env=dict(self.env, LC_ALL="C.UTF-8", MUSTER_PAGER="cat"))
        os.close(there)
        said, left, end = b"", list(answers), time.monotonic() + LIMIT
        while time.monotonic() < end:
            ready = select.select([here], [], [], 0.2)[0]
            try:
                more = os.read(here, 65536) if ready else None
            except OSError:  # nobody is at the other end any more
                break
            if more == b"":
                break
            said += more or b""
            if not more and left and said and not said.endswith(b"\n"):
                os.write(here, left.pop(0).encode() + b"\n")
        process.kill() if time.monotonic() >= end else None
        code = process.wait()
        os.close(here)
        assert not left, "it did not ask for %s\n%s" % (left, said.decode("utf-8", "replace"))
        return code, said.decode("utf-8", "replace").replace("\r", "")

    def paths(self):
        """What a page calls the places of this node, and where they are; longer names first."""
        return ((self.socket, "/run/muster/api.sock"), (os.path.join(self.root, self.name + "-backups"), "/var/lib/muster-backup"),
                (self.data, "/var/lib/muster"), (self.etc, "/etc/muster"), (self.home, "~"),
                ("tcp://127.0.0.1:%d" % self.port, "tcp://0.0.0.0:7117"))


class PageNames(Names):
    """Codes have halves that differ, so that a page can say which one is typed."""

    DIGITS, WORDS = "12345 67890 13579 24680 98765 43210", "one two three four five six seven eight nine"
    LINE = "MUSTER1:7K2Q9M4XD0T8C2FZ5B1H…"


class World:
    """with World(bin) as world: world.begin(["yibin", "zhaotong"]) starts daemons that have no agency yet."""

    def __init__(self, bin_dir):
        self.bin = os.path.abspath(bin_dir)
        self.nodes, self.root, self.line, self.settling = {}, None, "", True
        self.kept = set()

    def __enter__(self):
        return self

    def __exit__(self, kind=None, error=None, trace=None):
        for node in self.nodes.values():
            node.close()
        if self.root and not os.environ.get("MUSTER_KEEP"):
            shutil.rmtree(self.root, ignore_errors=True)
        self.nodes, self.root = {}, None
        return False

    def begin(self, handles):
        self.__exit__()
        self.root = tempfile.mkdtemp(prefix="muster-docs-")
        self.names, self.line, self.settling = PageNames(), "", True
        self.names.kept = self.kept
        self.clock = os.path.join(self.root, "clock")
        self.env = {"LD_PRELOAD": os.path.join(self.bin, "..", "lib", "muster-test-clock.so"), "MUSTER_TEST_CLOCK_FILE": self.clock}
        self.at("06:00")
        for folder in FOLDERS:
            os.makedirs(self.root + folder)
        for handle in handles:
            self.nodes[handle] = Typist(self, handle)
            self.nodes[handle].start()

    def members(self, handles):
        """All of them in one space, and all have called each other; the first one is its admin."""
        first = self.nodes[handles[0]]
        for handle in handles:
            node = self.nodes[handle]
            muster(node, "init", node.title, "--country", node.country, "--node", node.name + "-1", "--listen",
                   "tcp://127.0.0.1:%d" % node.port, "--advertise", "tcp://127.0.0.1:%d" % node.port)
        muster(first, "space", "create", SPACE, "--purpose", "Jinsha flood, joint command")
        for handle in handles[1:]:
            self.joins(first, self.nodes[handle])
        self.calls(handles)

    def calls(self, handles):
        """All of them have called all others, and typed the codes that they heard."""
        for a, b in [(a, b) for a in handles for b in handles if a != b]:
            one, other = self.nodes[a], self.nodes[b]
            pair = wait_for("%s knows %s" % (a, b), lambda: one.get("/v1/peers/%s/pair" % quote(other.title)), LIMIT)
            muster(one, "confirm", other.title, *pair["digits"].split())
        self.settle()

    def joins(self, admin, node):
        card, invite = (os.path.join(node.home, "%s.muster-%s" % (node.name, what)) for what in ("card", "invite"))
        muster(node, "card", "-O", card)
        muster(admin, "invite", card, "--space", SPACE, "--right", "write", "-O", invite)
        muster(node, "join", invite)
        os.remove(card)
        os.remove(invite)

    def at(self, time_of_day):
        """From now on it is that time, at every agency, and stays it."""
        hours, minutes = map(int, time_of_day.split(":"))
        day = int(time.mktime(time.strptime(DAY + " UTC", "%Y-%m-%d %Z"))) - time.timezone
        self.ms = (day + hours * 3600 + minutes * 60) * 1000
        self.tell_clock()

    def tick(self):
        """A minute later: what was written after another thing is newer on every screen."""
        self.ms += 60 * 1000
        self.tell_clock()

    def tell_clock(self):
        with open(self.clock, "r+b" if os.path.exists(self.clock) else "w+b") as file:
            file.write(self.ms.to_bytes(8, sys.byteorder, signed=True))

    def settle(self):
        """Whoever is in the same space holds the same; a page that cuts lines says `apart`."""
        if not self.settling:
            return
        running = [node for node in self.nodes.values() if node.process]

        def equal():
            held, members = {}, {}  # by the id of a space
            for node in running:
                status = node.get("/v1/status")
                for space in status["spaces"] if status["ready"] else ():
                    if not space["joined"]:
                        return False
                    if space["right"] not in ("none", "relay"):
                        d = node.get("/v1/digest?space=" + space["id"])
                        held.setdefault(space["id"], {})[node.title] = (d["digest"], d.get("quantities"))
                        members.setdefault(space["id"], set()).update(
                            m["agency"]["name"] for m in node.get("/v1/spaces/" + space["id"])["members"] if m["right"] not in ("none", "relay"))
            here = {node.title for node in running if node.joining}
            return all(len(set(by.values())) == 1 and members[i] & here <= set(by) for i, by in held.items())
        wait_for("all hold the same", equal, LIMIT)

    # --- what the page calls things ----------------------------------------------------------------------------

    def meant(self, text, node):
        """A command of the page, as it is typed today at that node."""
        text = text.replace("DATA/", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data") + "/")
        text = self.names.meant(self.halves(text, node)).replace(PageNames.LINE, self.line)
        text = re.sub(r"^sudo -u muster ", "", text)  # the daemon of a test runs as who types
        text = re.sub(r"--user anna", "--user 61001", text)  # nobody of that name need be here
        text = re.sub(r"--user root", "--user %d" % os.getuid(), text)  # who types here
        text = re.sub(r"musterd --check-config$", "musterd --check-config --config %s/muster.conf" % node.etc, text)
        text = re.sub(r'metrics = "127\.0\.0\.1:\d+"', 'metrics = "127.0.0.1:%d"' % node.metrics_port, text)
        text = re.sub(r"tcp://127\.0\.0\.1:711[78]", "tcp://127.0.0.1:%d" % node.port, text)
        for other in self.nodes.values():
            text = text.replace("%s.example:7117" % other.name, "127.0.0.1:%d" % other.port)
        for folder in FOLDERS:
            text = text.replace(folder, self.root + folder)
        for real, name in node.paths():
            if name != "~":
                text = text.replace(name, real)
        return text

    def halves(self, text, node):
        """Of `confirm AGENCY DIGITS` the half that this side hears: whose id is smaller reads the first one."""
        found = re.match(r"muster confirm (\"[^\"]+\"|\S+) \d{5} \d{5} \d{5}$", text)
        if not found:
            return text
        name = found.group(1).strip('"')
        pair = wait_for("%s has a code" % name, lambda: node.get("/v1/peers/%s/pair" % quote(name)), LIMIT)
        groups = pair["digits"].split()
        own, other = (n.get("/v1/status")["agency"]["id"] for n in (node, next(o for o in self.nodes.values() if o.title == name)))
        return 'muster confirm %s %s' % (found.group(1), " ".join(groups[3:] if own < other else groups[:3]))

    def told(self, text, node):
        """What it printed, as the page says it."""
        line = re.search(r"MUSTER1:[0-9A-Z/:.%-]{20,}", text)
        if line:
            self.line = line.group(0)
            text = text.replace(self.line, PageNames.LINE)
        for real, name in node.paths()[:-1]:
            text = text.replace(real, name)
        text = text.replace("tcp://127.0.0.1:%d" % node.port, "tcp://%s.example:7117" % node.name)
        for other in self.nodes.values():
            text = text.replace("127.0.0.1:%d" % other.port, "%s.example:7117" % other.name)
        text = text.replace("61001", "anna").replace(self.root + "/media", "/media").replace(self.root, "")
        return [self.names.same_each_day(l).rstrip() for l in text.rstrip("\n").split("\n")] if text.strip() else []
