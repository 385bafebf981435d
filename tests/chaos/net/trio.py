"""Three agencies, each with its daemon in a host of its own, and what is asked of them in every scenario."""
import os
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "e2e"))
from net import PORT, Net  # noqa: E402
from nodes import Node, equal_digests, join, wait_for  # noqa: E402

SPACE = "river"
LIMIT = 180.0  # a call that failed for long is made again within 60 s, a silent connection ends within 40 s
HISTORY_PAGE = 500


class HostNode(Node):
    """A node whose daemon runs in a host; it listens on every address of it and its card says the host's."""

    def __init__(self, bin_dir, host, root, name=None):
        super().__init__(bin_dir, name or host.letter, root=root, before=host.inside())
        self.host = host
        self.config = os.path.join(root, self.name + ".conf")

    def init(self, agency=None):
        self.post("/v1/init", {"agency": agency or self.name.upper(), "country": "CN", "node": self.name + "-1",
                               "listen": "tcp://0.0.0.0:%d" % PORT, "advertise": [self.host.endpoint()]})

    def advertise(self, endpoint):
        """What the manual says to do about a new address; takes effect at the next start."""
        with open(self.config, "w") as f:
            f.write('listen = {"tcp://0.0.0.0:%d"}\nadvertise = {"%s"}\n' % (PORT, endpoint))
        self.extra = ["--config", self.config]

    def space(self):
        return self.get("/v1/status")["spaces"][0]

    def silent(self):
        """Names of the agencies that this node says it does not hear."""
        return sorted(entry["agency"]["name"] for entry in self.space()["complete"]["silent"])

    def peer(self, other):
        for row in self.get("/v1/peers")["items"]:
            if row["agency"]["name"] == other.name.upper():
                return row
        return {"state": "unknown", "endpoints": []}

    def is_whole(self):
        """Says of itself that it lacks nothing: no hole, nothing that waits or was set aside."""
        space = self.space()
        return (space["complete"]["logs"] == space["complete"]["of"] and
                not space["waiting_for_key"] and not space["quarantined"])

    def names(self):
        """The names of all objects it shows."""
        names, cursor = set(), None
        while True:
            page = self.get("/v1/objects?limit=%d%s" % (HISTORY_PAGE, "&cursor=" + cursor if cursor else ""))
            names.update(item["fields"]["name"] for item in page["items"])
            cursor = page.get("next")
            if not cursor:
                return names

    def logs_of(self, other):
        """Ids of the data logs of another node's agency as this node knows them."""
        logs = self.get("/v1/spaces/" + SPACE)["logs"]
        return {log["id"] for log in logs if log["agency"]["name"] == other.name.upper() and log["role"] == "data"}

    def audit_has(self, event):
        """The event is kept where a person looks for it afterwards."""
        return any(row["event"] == event for row in self.get("/v1/audit?limit=500")["items"])

    def journal_has(self, event):
        try:
            with open(self.journal, errors="replace") as f:
                return any("event=" + event in line for line in f)
        except OSError:
            return False


class Trio:
    """with Trio(bin) as t: t.a, t.b, t.c are running members of one space; b made it and invited the others."""

    def __init__(self, bin_dir, letters="abc", setup=None):
        self.bin, self.letters, self.setup = bin_dir, letters, setup
        self.net, self.root = Net(letters), None
        self.nodes, self.extra = [], []
        self.expected = set()
        self.chance = random.Random(7)

    def __enter__(self):
        self.net.__enter__()
        try:
            self.root = tempfile.mkdtemp(prefix="muster-net-")
            for letter in "abc":
                node = HostNode(self.bin, self.net.hosts[letter], self.root)
                setattr(self, letter, node)
                self.nodes.append(node)
            if self.setup:
                self.setup(self.net.hosts)
            for node in self.nodes:
                node.start()
                node.init()
            self.b.post("/v1/spaces", {"name": SPACE})
            join(self.b, self.a, SPACE)
            join(self.b, self.c, SPACE)
            for node in self.nodes:
                wait_for("%s holds the space" % node.name,
                         lambda: node.space()["joined"] and node.space()["right"] != "none", LIMIT)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, kind=None, error=None, trace=None):
        if (kind and kind is not KeyboardInterrupt) or os.environ.get("MUSTER_TELL"):
            self.tell()
        for node in self.nodes + self.extra:
            node.close()
        if self.root:
            shutil.rmtree(self.root, ignore_errors=True)
        self.net.__exit__()
        return False

    def tell(self):
        """What helps to find out why a scenario failed."""
        for node in self.nodes + self.extra:
            print("--- %s\n%s" % (node.name, node.tail(30)), file=sys.stderr)
            try:
                status = node.get("/v1/status", timeout=5)
                print({key: status[key] for key in ("spaces", "peers", "counters", "warnings")}, file=sys.stderr)
            except Exception as error:  # it is down, which is an answer too
                print("no status: %s" % error, file=sys.stderr)

    # --- writing -------------------------------------------------------------------------------------------

    def write(self, node, count=1, label="r", bytes_each=0, **more):
        """Durable records at one node; their names are expected everywhere at the end."""
        names = ["%s-%s-%d" % (label, node.name, len(self.expected) + i) for i in range(count)]
        for at in range(0, count, 200):
            items = []
            for name in names[at:at + 200]:
                fields = {"name": name}
                if bytes_each:  # hexadecimal digits of chance: compression saves half of them, no more
                    fields["comments"] = self.chance.randbytes(bytes_each).hex()
                items.append(dict({"op": "create", "kind": "resource", "fields": fields}, **more))
            answer = node.post("/v1/records", {"items": items})
            assert answer["stored"] == len(items), answer
        self.expected.update(names)
        return names

    def write_each(self, count=1, label="r"):
        for node in self.nodes:
            self.write(node, count, label)

    def write_for(self, seconds):
        """All write for as long as a disturbance lasts."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.write_each()
            time.sleep(0.1)  # the pace of the load

    # --- what must hold ------------------------------------------------------------------------------------

    def converge(self, what, silent=None, nodes=None, limit=LIMIT):
        """Waits until all show the same objects, all of them, and say so; returns the seconds until the digests
        were equal.  silent: {node: names it must say it does not hear}; nobody else may be reported silent."""
        nodes = nodes or self.nodes
        begin = time.monotonic()
        wait_for("%s: equal digests of %d objects" % (what, len(self.expected)),
                 lambda: equal_digests(nodes, objects=len(self.expected)), limit=limit)
        took = time.monotonic() - begin
        for node in nodes:
            assert node.names() == self.expected, "%s: %s shows other objects" % (what, node.name)
            expected = sorted((silent or {}).get(node, []))
            wait_for("%s: %s says it lacks nothing, and does not hear %s" % (what, node.name, expected or "nobody"),
                     lambda: node.is_whole() and node.silent() == expected, limit=limit)
            assert node.space()["forks"] == 0, "%s: %s reports a fork" % (what, node.name)
        return took

    def all_meet(self, what):
        for node in self.nodes:
            for other in self.nodes:
                if node is not other:
                    wait_for("%s: %s and %s are connected" % (what, node.name, other.name),
                             lambda: node.peer(other)["state"] == "up", limit=LIMIT)

    def check(self):
        """Every node verifies what it keeps."""
        for node in self.nodes:
            report = node.post("/v1/check", timeout=60)
            assert report["ok"] and not report["damaged"], report
