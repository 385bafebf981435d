#!/usr/bin/env python3
"""A year in the life of five agencies, accelerated: who joins, what changes hands, what goes wrong, and what can be proved.

usage: year.py BIN_DIR          with MUSTER_LONG=1 in the environment every month is full of records

Five daemons in network namespaces of their own; one of them never has a line and takes part by stick.  Each daemon's clock
is set to the month that it is.  Every step is asked of the command line.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos", "net"))
from net import PORT, SKIP, Net, NoNetwork  # noqa: E402
from cli import answer, code, member, muster, up  # noqa: E402
from nodes import Node, equal_digests, wait_for  # noqa: E402

SPACE = "river"
LIMIT = 180.0
DAY, MONTH = 86400, 30 * 86400
BUSY = 2000 if os.environ.get("MUSTER_LONG") else 3  # records that an agency writes in a month besides
OUTSIDE_BACKUP = ("guard", "secrets", "keys")
CANARY = "the canary sings beneath Jinsha bridge"


class Agency(Node):
    """A daemon in a host of its own; `month` sets its clock at the next start."""

    def __init__(self, bin_dir, net, letter, name, root, stick):
        super().__init__(bin_dir, name, root=root, before=[])
        self.host, self.stick, self.month, self.words = net.hosts[letter], stick, 0, None

    def turn(self, month, days=0):
        """From the next start on it is that month of the year, give or take days."""
        self.month = month
        shift = (month - 1) * MONTH + days * DAY
        shim = os.path.join(self.bin, "..", "lib", "muster-test-clock.so")
        self.before = self.host.inside() + ["env", "LD_PRELOAD=" + os.path.abspath(shim), "MUSTER_TEST_CLOCK=%d" % shift]

    def init(self):
        muster(self, "init", self.name, "--country", "CN", "--node", self.name + "-1", "--listen", "tcp://0.0.0.0:%d" % PORT,
               "--advertise", self.host.endpoint())

    def write(self, name, *more):
        """An incident; its full id."""
        return answer(self, "new", "incident", "name=" + name, "phase=active", "category=Met", *more)["items"][0]["object"]

    def busy(self, month):
        """What else there is to write; resources, so that the incidents are few."""
        for at in range(0, BUSY, 200):
            items = [{"op": "create", "kind": "resource", "fields": {"name": "%s at %s %d" % (month, self.name, at + i)}}
                     for i in range(min(200, BUSY - at))]
            assert self.post("/v1/records", {"items": items})["stored"] == len(items)

    def names(self):
        return {item["fields"]["name"] for item in answer(self, "list", "incident", "--limit", "500")["items"]}

    def restart(self, month, days=0):
        self.stop()
        self.turn(month, days)
        self.start()

    def path(self, name):
        return os.path.join(self.root, self.name + "-" + name)


class Year:
    def __init__(self, bin_dir):
        self.bin, self.net, self.root = os.path.abspath(bin_dir), Net("abcde"), None
        self.all, self.kept = [], {}

    def __enter__(self):
        self.net.__enter__()
        self.root = tempfile.mkdtemp(prefix="muster-year-")
        self.stick = os.path.join(self.root, "stick")
        os.makedirs(self.stick)
        for letter, name in zip("abcde", ("anna", "boris", "chen", "dan", "elena")):
            agency = Agency(self.bin, self.net, letter, name, self.root, self.stick)
            setattr(self, name, agency)
            self.all.append(agency)
        return self

    def __exit__(self, kind=None, error=None, trace=None):
        if kind and kind is not KeyboardInterrupt:
            for agency in self.all:
                print("--- %s\n%s" % (agency.name, agency.tail(30)), file=sys.stderr)
        for agency in self.all:
            agency.close()
        if self.root:
            shutil.rmtree(self.root, ignore_errors=True)
        self.net.__exit__()
        return False

    def online(self):
        return [a for a in (self.anna, self.boris, self.chen, self.elena) if a.process and not getattr(a, "gone", False)]

    def agree(self, what, *agencies):
        wait_for("%s: equal digests" % what, lambda: equal_digests(agencies or self.online(), SPACE), LIMIT)

    def carry(self, one, other):
        """A bundle there on the stick, and its reply back."""
        for name in os.listdir(self.stick):
            if name.endswith((".muster-bundle", ".muster-parts")):
                os.remove(os.path.join(self.stick, name))
        muster(one, "bundle", "export", "--for", other.name, "-O", self.stick)
        taken = answer(other, "bundle", "import", self.stick)
        assert taken["refused"] == 0, taken
        back = answer(one, "bundle", "import", self.stick, "--no-reply")
        assert back["refused"] == 0, back


def join(admin, newcomer, right):
    card, invite = newcomer.path("card"), newcomer.path("invite")
    muster(newcomer, "card", "-O", card)
    muster(admin, "invite", card, "--space", SPACE, "--right", right, "-O", invite)
    muster(newcomer, "join", invite)


def january(y):
    """five agencies join, one of them by stick only"""
    y.dan.host.unplug()
    for agency in y.all:
        agency.turn(1)
        agency.start()
        agency.init()
    muster(y.anna, "space", "create", SPACE)
    for agency, right in ((y.boris, "admin"), (y.chen, "admin"), (y.elena, "write")):
        join(y.anna, agency, right)
        if agency is y.chen:
            approve_what_waits(y.boris)  # of two admins both must agree to a third
        wait_for("%s is a member" % agency.name, lambda: member(agency, agency.name, SPACE), LIMIT)
    muster(y.dan, "card", "-O", os.path.join(y.stick, "dan.muster-card"))
    muster(y.anna, "invite", os.path.join(y.stick, "dan.muster-card"), "--space", SPACE, "--right", "write", "-O",
           os.path.join(y.stick, "dan.muster-invite"))
    for agency in y.all:
        if agency is not y.dan:
            agency.write("January at " + agency.name)
    y.agree("January", *y.online())
    muster(y.anna, "bundle", "export", "--for", "dan", "-O", y.stick)
    muster(y.dan, "join", y.stick)
    y.dan.write("January at dan")
    y.carry(y.dan, y.anna)
    y.agree("January with Dan", *y.all)
    assert y.dan.names() == {"January at " + a.name for a in y.all}, y.dan.names()
    for peer in y.dan.get("/v1/peers")["items"]:
        assert peer["state"] != "up" and not peer["last_met"], "Dan has met %s" % peer


def approve_what_waits(agency):
    """The one operation that waits for approvals at that agency."""
    waits = wait_for("%s sees what waits" % agency.name, lambda: [i for i in answer(agency, "space", "log")["items"] if i["still"]],
                     LIMIT)
    assert len(waits) == 1, waits
    assert answer(agency, "space", "approve", waits[0]["operation"])["verdict"] == "effective"


def march(y):
    """Boris moves its root key to a safe, and changes it"""
    words, root = os.path.join(y.root, "words"), os.path.join(y.root, "safe-boris.key")
    with open(words, "w") as f:
        f.write("seven plain words that nobody says here\n")
    sealed = ("--passphrase-file", words)
    before = answer(y.boris, "key", "list")
    muster(y.boris, "key", "export-root", root, *sealed)
    assert code(y.boris, "key", "rotate", "--root", root, *sealed, "--yes=boris", exit=9) == "ECOMMITMENT"
    muster(y.boris, "key", "rotate", "--root", root + ".next", *sealed, "--yes=boris")
    after = answer(y.boris, "key", "list")
    assert after["root"] != before["root"], "Boris has the root key that it had"
    card = y.boris.path("new-card")
    muster(y.boris, "card", "-O", card)
    for agency in (y.anna, y.chen, y.elena):
        wait_for("%s has Boris's new card" % agency.name, lambda: answer(agency, "card", "show", card)["known"] == "same", LIMIT)
    y.boris.write("signed under a new root")
    y.agree("March")


def may(y):
    """Chen's disk is lost and comes back from a backup"""
    assert y.chen.stop() == 0
    backup = os.path.join(y.root, "backup")
    shutil.copytree(y.chen.data, backup)
    for name in OUTSIDE_BACKUP:
        path = os.path.join(backup, name)
        (shutil.rmtree if os.path.isdir(path) else os.remove)(path)
    y.chen.turn(5)
    y.chen.start()
    lost = y.chen.write("written at Chen after the backup")
    y.agree("May")
    assert y.chen.stop() == 0
    for name in OUTSIDE_BACKUP:  # they lie elsewhere than the disk that broke
        shutil.move(os.path.join(y.chen.data, name), os.path.join(backup, name))
    shutil.rmtree(y.chen.data)
    shutil.move(backup, y.chen.data)
    y.chen.start()
    said = {e["event"] for e in answer(y.chen, "audit")["items"]}
    assert "store.behind" in said, said
    y.chen.write("written at Chen after the restore")
    y.agree("May, after the restore")
    assert answer(y.chen, "show", lost)["fields"]["name"] == "written at Chen after the backup"
    for agency in y.online():
        assert not [w for w in answer(agency, "status")["warnings"] if w["code"] == "EFORK"], "Chen forked its log"


def july(y):
    """Elena is removed while its line is cut, and writes as if it were last year"""
    y.agree("June")
    before = y.anna.names()
    y.elena.host.unplug()
    for agency in (y.anna, y.boris, y.chen):
        agency.restart(7)
    y.elena.restart(1, days=-365)
    written = y.elena.write("back-dated by Elena")
    y.elena.write("and another")
    proposed = answer(y.anna, "space", "remove", "elena", "--yes=elena")
    assert proposed["verdict"] == "waits-for-approvals", proposed
    approve_what_waits(y.boris)
    wait_for("Chen has heard of it", lambda: member(y.chen, "elena", SPACE) is None, LIMIT)
    after = y.anna.write("written after Elena had gone")
    said = [answer(who, "history", what)["items"][0]["time"] for who, what in ((y.elena, written), (y.anna, after))]
    assert said[0][:7] < said[1][:7], "what Elena wrote is not back-dated: %s" % said
    y.elena.host.plug_in()
    wait_for("Elena is shown its removal", lambda: member(y.elena, "elena", SPACE) is None, LIMIT)
    assert code(y.elena, "new", "incident", "name=no", "phase=active", "category=Met", exit=4) == "ENOTMEMBER"
    y.elena.gone = True
    y.agree("July without Elena")
    for agency in (y.anna, y.boris, y.chen):
        assert agency.names() == before | {"written after Elena had gone"}, agency.names() ^ before
    assert code(y.elena, "show", after, exit=3) == "ENOTFOUND"


def august(y):
    """keys are changed while Chen is cut off; what it writes under the old ones is read all the same"""
    y.chen.host.unplug()
    muster(y.anna, "space", "rotate")
    mine = y.anna.write("under the new keys")
    theirs = y.chen.write("under the old keys")
    assert code(y.chen, "show", mine, exit=3) == "ENOTFOUND"
    y.chen.host.plug_in()
    y.agree("August")
    for agency in (y.anna, y.boris, y.chen):
        assert answer(agency, "show", mine)["fields"]["name"] == "under the new keys"
        assert answer(agency, "show", theirs)["fields"]["name"] == "under the old keys"


def october(y):
    """what a person said is erased while Chen is away; no byte of it stays on any disk"""
    told = y.boris.write(CANARY)
    y.agree("October")
    y.carry(y.anna, y.dan)
    holders = (y.anna, y.boris, y.chen, y.dan)
    for agency in holders:
        assert CANARY in muster(agency, "-o", "json", "show", told)[0], agency.name
        wait_for("it lies on the disk of %s" % agency.name, lambda: on_disk(agency, CANARY), LIMIT)
    assert y.chen.stop() == 0
    muster(y.boris, "erase", told, "--ground", "consent-withdrawn", "--yes=" + told)
    y.chen.start()
    y.carry(y.anna, y.dan)
    for agency in holders:
        wait_for("%s has overwritten it" % agency.name, lambda: answer(agency, "erase", "--status", told)["overwritten"], LIMIT)
        assert CANARY not in muster(agency, "-o", "json", "show", told)[0], agency.name
        assert not on_disk(agency, CANARY), "at %s the canary is still in %s" % (agency.name, on_disk(agency, CANARY))
    def receipts():
        return {r["agency"]["name"]: r["state"] for r in answer(y.boris, "erase", "--status", told)["said"][0]["receipts"]}
    wait_for("Boris has their receipts", lambda: receipts()["anna"] == receipts()["chen"] == "holds", LIMIT)
    y.agree("October, afterwards")


def on_disk(agency, text):
    """Files of the agency's data that hold these words."""
    found = []
    for folder, _, names in os.walk(agency.data):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                if text.encode() in f.read():
                    found.append(name)
    return found


def december(y):
    """a stranger verifies what Boris said, with a file and a card, on a clean directory"""
    said = y.boris.write("Boris said it in December")
    y.agree("December")
    clean = os.path.join(y.root, "court")
    os.makedirs(clean)
    proof, card = os.path.join(clean, "what-boris-said"), os.path.join(clean, "boris.muster-card")
    muster(y.anna, "prove", said, "--disclose", "-O", proof)
    muster(y.boris, "card", "-O", card)
    done = subprocess.run([os.path.join(y.bin, "muster-verify"), "--json", "--card", card, proof], cwd=clean, env={},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Boris said it in December" in done.stdout, done.stdout
    changed = bytearray(open(proof, "rb").read())
    changed[len(changed) // 2] ^= 1
    open(proof, "wb").write(changed)
    assert subprocess.run([os.path.join(y.bin, "muster-verify"), "--card", card, proof], cwd=clean, env={},
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60).returncode == 9
    y.carry(y.anna, y.dan)
    y.agree("at the end of the year", y.anna, y.boris, y.chen, y.dan)


MONTHS = (january, march, may, july, august, october, december)


def main():
    try:
        with Year(sys.argv[1]) as y:
            for month in MONTHS:
                begin = time.monotonic()
                month(y)
                for agency in y.online():
                    agency.busy(month.__name__)
                print("%-10s %s (%.1f s)" % (month.__name__, month.__doc__, time.monotonic() - begin), flush=True)
    except NoNetwork as reason:
        print("skipped: %s" % reason)
        return SKIP
    return 0


sys.exit(main())
