"""The stage of flood.py: six agencies in hosts of their own, a satellite, a border that is cut, a clock, and the page that is told."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos", "net"))
from net import PORT, SKIP, Net, NoNetwork, ip  # noqa: E402
from cli import answer, muster, up  # noqa: E402
from nodes import Node, equal_digests, wait_for  # noqa: E402
from sameday import Names  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
DAY = "2026-07-14"
LIMIT = 900.0 if os.environ.get("MUSTER_LONG") else 240.0
ROUND_MS, KBIT = 600, 64
STATION = "g"  # the host of the ground station: nobody reaches the satellite agency but through it
CHINA, VIETNAM = ("honghe", "hekou", "redcross"), ("laocai", "yenbai", "batxat")
CAST = (  # letter, handle, name of the agency, country
    ("a", "honghe", "Honghe", "CN"), ("b", "hekou", "Hekou", "CN"), ("c", "redcross", "Red Cross", "CN"),
    ("d", "laocai", "Lao Cai", "VN"), ("e", "yenbai", "Yen Bai", "VN"), ("f", "batxat", "Bat Xat", "VN"))


class Agency(Node):
    """A daemon in a host of its own, whose clock is the stage's."""

    def __init__(self, stage, host, handle, title, country):
        self.env = {"LD_PRELOAD": os.path.abspath(os.path.join(stage.bin, "..", "lib", "muster-test-clock.so")),
                    "MUSTER_TEST_CLOCK_FILE": stage.clock}
        words = host.inside() + ["env"] + ["%s=%s" % pair for pair in sorted(self.env.items())]
        super().__init__(stage.bin, handle, root=stage.root, before=words)
        self.host, self.title, self.country = host, title, country
        self.reached = host.address  # where the others call it

    def init(self):
        muster(self, "init", self.title, "--country", self.country, "--node", self.name + "-1", "--listen",
               "tcp://0.0.0.0:%d" % PORT, "--advertise", "tcp://%s:%d" % (self.reached, PORT))

    def hears(self, other):
        return up(self, other.title)


class Stage:
    """with Stage(bin) as s: s.honghe … s.batxat are daemons that run, and s.page is what is told of the day."""

    def __init__(self, bin_dir):
        self.bin, self.net = os.path.abspath(bin_dir), Net("abcdef" + STATION)
        self.all, self.root, self.relay = [], None, None

    def __enter__(self):
        self.net.__enter__()
        self.root = tempfile.mkdtemp(prefix="muster-flood-")
        self.clock, self.stick = os.path.join(self.root, "clock"), os.path.join(self.root, "stick")
        os.makedirs(self.stick)
        self.page = Page(self)
        self.at("05:30")
        try:
            for letter, handle, title, country in CAST:
                agency = Agency(self, self.net.hosts[letter], handle, title, country)
                setattr(self, handle, agency)
                self.all.append(agency)
            self.lines()
            for agency in self.all:
                agency.start()
                agency.init()
        except BaseException:
            self.__exit__()
            raise
        return self

    def lines(self):
        """Bat Xat has none; Yen Bai's goes over the satellite."""
        self.batxat.host.unplug()
        station, dish = self.net.hosts[STATION], self.yenbai.host
        self.yenbai.reached = station.address
        self.relay = subprocess.Popen(
            station.inside() + [sys.executable, os.path.join(HERE, "relay.py"), "%s:%d" % (station.address, PORT),
                                "%s:%d" % (dish.address, PORT), os.devnull, str(ROUND_MS // 2)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self.relay.stdout.readline().strip() == b"ready"
        for other in self.all:
            if other is not self.yenbai:
                self.no_way(dish, other.host.address)
                self.no_way(other.host, dish.address)
        dish.narrow(KBIT, queue_ms=2000)

    def __exit__(self, kind=None, error=None, trace=None):
        if kind and kind is not KeyboardInterrupt:
            for agency in self.all:
                print("--- %s\n%s" % (agency.name, agency.tail(12)), file=sys.stderr)
        for agency in self.all:
            agency.close()
        if self.relay:
            self.relay.terminate()
            self.relay.wait()
            self.relay.stdout.close()
        if self.root and not os.environ.get("MUSTER_KEEP"):
            shutil.rmtree(self.root, ignore_errors=True)
        self.net.__exit__()
        return False

    # --- time and lines --------------------------------------------------------------------------------------

    def at(self, time_of_day):
        """From now on it is that time, at every agency, and stays it; nothing is started again."""
        hours, minutes = map(int, time_of_day.split(":"))
        day = int(time.mktime(time.strptime(DAY + " UTC", "%Y-%m-%d %Z"))) - time.timezone
        with open(self.clock, "r+b" if os.path.exists(self.clock) else "w+b") as file:
            file.write(((day + hours * 3600 + minutes * 60) * 1000).to_bytes(8, sys.byteorder, signed=True))

    @staticmethod
    def no_way(host, address):
        ip("-n", host.namespace, "route", "add", "unreachable", address + "/32")

    def border(self):
        """Both sides, each with the addresses at which it calls the other."""
        china, vietnam = [[getattr(self, n) for n in names] for names in (CHINA, VIETNAM)]
        for mine, theirs in ((china, vietnam), (vietnam, china)):
            for agency in mine:
                for other in theirs:
                    if agency is not self.yenbai and self.batxat not in (agency, other):
                        yield agency, other

    def cut(self):
        """No packet passes the border any more; connections end, as when an exchange loses its power."""
        hosts = [(a.host, b.reached) for a, b in self.border()] + [(self.net.hosts[STATION], b.reached)
                                                                    for b in (self.honghe, self.hekou, self.redcross)]
        for host, address in hosts:
            self.no_way(host, address)
        for host, address in hosts:
            subprocess.run(host.inside() + ["ss", "-K", "dst", address], stdin=subprocess.DEVNULL, capture_output=True, check=True)
        self.cut_lines = hosts
        wait_for("nobody hears anybody beyond the border", lambda: not any(a.hears(b) for a, b in self.border()), LIMIT)

    def heal(self):
        for host, address in self.cut_lines:
            ip("-n", host.namespace, "route", "del", "unreachable", address + "/32")
        wait_for("all hear each other over the border", lambda: all(a.hears(b) for a, b in self.border()), LIMIT)

    def online(self):
        return [a for a in self.all if a is not self.batxat]

    def calls(self):
        """All have called all others and typed the codes that they heard: nobody is a stranger any more."""
        for one in self.all:
            for other in self.all:
                if one is not other:
                    pair = wait_for("%s knows %s" % (one.name, other.name), lambda: one.get("/v1/peers/%s/pair" % quote(other.title)), LIMIT)
                    muster(one, "confirm", other.title, *pair["digits"].split())

    def agree(self, what, agencies=None):
        """Equal objects and equal quantities."""
        agencies = agencies or self.online()

        def equal():
            digests = [a.get("/v1/digest") for a in agencies]
            return equal_digests(agencies) and len({d["quantities"] for d in digests}) == 1
        wait_for("%s: the same at all of %s" % (what, [a.name for a in agencies]), equal, LIMIT)

    def empty_stick(self):
        for name in os.listdir(self.stick):
            os.remove(os.path.join(self.stick, name))


class Page:
    """docs/FLOOD.md as it comes to be: words, and screens in which what differs each day is replaced."""

    def __init__(self, stage):
        self.stage, self.names = stage, Names()
        self.lines = ["# One day of a flood"]
        self.say("""What six agencies of two countries see and type on a day of high water, on nodes of their own. Every screen is
                 real: `tests/e2e/flood.py` lives through the day with real daemons, checks what is claimed here, and fails when
                 this page does not say what was printed. Ids and codes, other ones each day, are numbers here; what depends
                 on how far a slow line has come is left out. Times are UTC.""")

    def say(self, text):
        self.lines += ["", *textwrap.wrap(" ".join(text.split()), 110)]

    def head(self, text):
        self.lines += ["", "## " + text]

    def screen(self, agency, *words, exit=0, keep=None, drop=None, order=None):
        """Runs it, shows it; what it printed, as it was.  keep, drop: the lines in which that expression is found; order:
        neighbours in which it is found stand by the alphabet, not by ids."""
        out, err = muster(agency, *words, exit=exit)
        text = out + (err if exit else "")
        for line in text.splitlines():
            assert len(line) <= 80, "%s: %d columns: %s" % (" ".join(map(str, words)), len(line), line)
        shown = [l for l in text.splitlines() if (not keep or re.search(keep, l)) and not (drop and re.search(drop, l))]
        assert shown or not keep, "nothing of this is shown: %s" % text
        shown = [l for n, l in enumerate(shown) if l or n + 1 < len(shown) and shown[n + 1]]  # one empty line between parts, none at the end
        rows = [n for n, line in enumerate(shown) if order and re.search(order, line)]
        for n, line in zip(rows, sorted((shown[n] for n in rows), key=lambda line: Names.HEX.sub("", line))):
            shown[n] = line
        shown = branches_in_order(shown)
        self.fence(command(agency, words) + shown)
        return text

    def fence(self, lines):
        lines = [self.same_each_day(l).rstrip() for l in lines]
        if self.lines and self.lines[-1] == "```":
            self.lines[-1:] = ["", *lines, "```"]
        else:
            self.lines += ["", "```console", *lines, "```"]

    def same_each_day(self, line):
        line = line.replace(self.stage.stick, "/media/stick").replace(self.stage.root, "~")
        line = re.sub(r"(complete as of [\d-]+) \d\d:\d\dZ", r"\1 --:--Z", line)
        return self.names.same_each_day(line)

    def text(self):
        return "\n".join(self.lines).strip("\n") + "\n"


def branches_in_order(lines):
    """Of two branches the agency first by the alphabet stands left; a node puts them in the order of their ids."""
    begin = next((n for n, line in enumerate(lines) if line.startswith("FIELD ") and " 2: " in line), None)
    if begin is None:
        return lines
    one, two = lines[begin].index("1: "), lines[begin].index("2: ")
    if lines[begin][one + 3:two] <= lines[begin][two + 3:]:
        return lines
    end = next(n for n in range(begin, len(lines)) if lines[n].startswith("to make one"))
    width = max(len(line[two:]) for line in lines[begin:end])
    swapped = [line[:one] + line[two:].ljust(width) + "  " + line[one:two].rstrip() for line in lines[begin:end]]
    swapped[0] = swapped[0].replace("2: ", "0: ").replace("1: ", "2: ").replace("0: ", "1: ")
    return lines[:begin] + swapped + lines[end:]


def command(agency, words):
    """The command as it is typed, broken where 80 columns end."""
    quoted = [w if re.fullmatch(r"[\w=.,:{}/@%+-]+", str(w)) else '"%s"' % w for w in map(str, words)]
    lines, line = [], "%s$ muster" % agency.name
    for word in quoted:
        if len(line) + len(word) + 3 > 80:
            lines.append(line + " \\")
            line = "   "
        line += " " + word
    return lines + [line]
