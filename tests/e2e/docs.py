#!/usr/bin/env python3
"""Every command that a document shows is run, in the order of the page, against real daemons; what it prints is what the page says.

usage: docs.py BIN_DIR PAGE… [--rewrite]     pages as README.md, docs/JOINING.md
       docs.py BIN_DIR --words               commands inside sentences of all documents: is there such a verb, option, unit?
       docs.py BIN_DIR --canary              does this test find a wrong page?

What is no command of muster's, and cannot be run here, has a row in EXCEPTIONS: how it is looked at instead, and why.  A command
that is neither run nor in a row fails the test.  markdown.py says how a page is read; DIRECTIVES below, what may stand in its
comments.  --rewrite writes what was printed where the page says something else: read it before you believe it.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.request

import markdown
from docs_world import World
from sameday import Names

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.abspath(os.path.join(HERE, "..", ".."))
SKIP = 77
COLUMNS = 80
READS_S = 10.0  # how long what only reads is asked again until it says what the page says
READS = ("status list ls search todo sitrep log history holders evaluate digest explain gaps quantities alarms pending audit help show "
         "retention doctor check version").split()
READS_TWO = ("peer list", "peer show", "peer test", "space list", "space show", "space log", "agreement list", "agreement show",
             "agreement simulate", "ahp verify", "score verify", "allocate verify", "card show", "key list", "bundle show", "erase --status", "join --state")
CODES = {}  # name of an error: its exit code


def file_text(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


# --- what is looked at instead of run -------------------------------------------------------------------------------------

def make_target(match, world, node):
    for target in match.group(1).split():
        if "=" not in target:
            assert re.search(r"^%s:.*## " % re.escape(target), file_text("Makefile"), re.M), "the Makefile has no target %s" % target


def packages(match, world, node):
    known = re.findall(r"^Package: (\S+)", file_text("debian", "control"), re.M)
    for word in match.group(1).split():
        name = re.sub(r"^\./|[_*].*$", "", word)
        assert name in known, "debian/control has no package %s" % name


def build_packages(match, world, node):
    for word in match.group(1).split():
        assert word in ("git", "make") or word in file_text("packaging", "install-deps.sh"), "no such package is asked for: " + word


def units(match, world, node):
    for unit in match.group(1).split():
        name = unit if "." in unit else unit + ".service"
        assert any(os.path.exists(os.path.join(SOURCE, "packaging", folder, re.sub(r"@[^.]*", "@", name))) for folder in ("systemd", "sql")), \
            "packaging has no unit %s" % name


def groups(match, world, node):
    assert re.search(r"^[gu] %s " % re.escape(match.group(1)), file_text("packaging", "sysusers.d", "musterd.conf"), re.M), \
        "packaging/sysusers.d makes no group %s" % match.group(1)


def service(match, world, node):
    """The node's daemon is stopped and started, as systemd would do it."""
    assert world, "there is no node here"
    verb = match.group(1)
    if verb in ("stop", "restart"):
        node.stop()
    if verb in ("start", "restart"):
        node.start()
    if verb == "reload":
        node.process.send_signal(1)


def metrics(match, world, node):
    """The page is there, on the port that the test's settings say."""
    found = re.search(r'^metrics = "127.0.0.1:(\d+)"', open(os.path.join(node.etc, "conf.d", "10-site.conf"), encoding="utf-8").read(), re.M)
    with urllib.request.urlopen("http://127.0.0.1:%s/readyz" % found.group(1), timeout=10) as page:
        assert page.status == 200


def daemon(match, world, node):
    """The test starts the daemon of that name, so that it ends with the test."""
    assert match.group(1) == match.group(2) == node.name, "this is the daemon of %s" % node.name
    node.start()


def preset(match, world, node):
    assert '"name": "%s"' % match.group(1) in file_text("CMakePresets.json"), "CMakePresets.json has no preset %s" % match.group(1)


def syntax(match, world, node):
    done = subprocess.run(["bash", "-n", "-c", match.group(0)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


EXCEPTIONS = (  # a command, how it is looked at, why it is not run
    (r"make ((?:test|demo|help|build|deb|release|asan|tsan|fuzz|arrows|bench|format|sim|e2e|test-packages)\b.*)", make_target,
     "this test is a part of what make runs"),
    (r"apt(?:-get)? install (?:-y )?(\./.*)", packages, "make test-packages installs them in a Debian root of its own"),
    (r"apt(?:-get)? install -y ([a-z -]+)", build_packages, "a test installs nothing on the machine that it runs on"),
    (r"apt(?:-get)? (?:remove|purge) ([a-z -]+)", packages, "make test-packages does it in a Debian root of its own"),
    (r"systemctl (stop|start|restart|reload) musterd", service, "not by systemd, but the daemon is stopped and started"),
    (r"systemctl (?:enable|disable|status|edit)(?: --now)? ([\w@. -]+)", units, "there is no systemd here; make test-packages has one"),
    (r"journalctl -u (\S+)(?: .*)?", units, "there is no systemd here, and the journal of a test is a file"),
    (r"adduser [a-z]+ (muster[a-z-]*)", groups, "a test makes no accounts on the machine that it runs on"),
    (r"musterd --data ~/(\w+) --socket ~/(\w+)\.sock 2> ~/\w+\.log &", daemon, "a daemon that a test starts must end with it"),
    (r"export PATH=.* MUSTER_SOCKET=.*", syntax, "whoever types here has both already"),
    (r"curl -s http://127.0.0.1:7118/readyz", metrics, "the port may be another program's on the machine that the test runs on"),
    (r"cmake --preset (\S+).*", preset, "this test is a part of what is built"),
    (r"(?:ninja|ctest|git) .*", syntax, "this test is a part of what is built"),
    (r"(?:nft|ufw|firewall-cmd|timedatectl|chronyc) .*", syntax, "it would change the machine that the test runs on"),
)


def exception(text, world, node):
    """Looks at a command that is not run; False when it has to be."""
    for pattern, check, _ in EXCEPTIONS:
        match = re.fullmatch(pattern, text)
        if match:
            check(match, world, node)
            return True
    return False


# --- a page -----------------------------------------------------------------------------------------------------------------

class Page:
    """Runs one page: directives, commands, and what they print."""

    def __init__(self, world, path, rewrite=False, patience_s=READS_S):
        self.patience_s = patience_s
        self.world, self.path, self.rewrite, self.node, self.unshown = world, path, rewrite, None, False
        self.blocks, self.words, self.lines = markdown.read(path)
        self.changed, self.ran = [], 0
        world.kept = {m.group(0) for line in self.lines for m in Names.ID.finditer(line) if not m.group(2).isdigit()}

    def run(self):
        for block in self.blocks:
            self.keep = self.drop = self.exit = None
            self.answers = []
            self.quiet = self.plain = self.any_order = False
            for directive in block.directives:
                self.directive(block, directive)
            if block.what == "conf":
                self.settings(block)
            for command in block.commands:
                self.command(command)
        if self.changed:
            self.write()

    def directive(self, block, text):
        name, _, rest = text.partition(" ")
        if markdown.PROMPT.match(text):
            for command in markdown.hidden([text]):
                command.line, command.shown = block.line, None
                self.command(command)
        elif name in DIRECTIVES:
            DIRECTIVES[name](self, rest)
        else:
            self.fail(block.line, "no such directive: %s" % text)

    def fail(self, line, why):
        raise AssertionError("%s:%d: %s" % (os.path.relpath(self.path, SOURCE), line, why))

    def settings(self, block):
        """A settings file that is shown goes into conf.d, and is read."""
        if not self.node:
            self.fail(block.line, "settings of which node? say `node NAME` in a comment")
        with open(os.path.join(self.node.etc, "conf.d", "10-site.conf"), "w", encoding="utf-8") as file:
            file.write(self.world.meant("\n".join(block.lines), self.node) + "\n")
        code, out = self.node.types("musterd --check-config --config %s/muster.conf" % self.node.etc)
        if code:
            self.fail(block.line, "musterd does not read these settings:\n%s" % out)

    def command(self, command):
        text, world = command.text, self.world
        node = world.nodes.get(command.node) if command.node else self.node
        try:
            if exception(text, world, node):
                return
        except AssertionError as wrong:
            self.fail(command.line, "%s: %s" % (text, wrong))
        if not node:
            self.fail(command.line, "nobody runs this, and it has no row in EXCEPTIONS: %s" % text)
        self.ran += 1
        world.settle()
        world.tick()
        before = None
        end = time.monotonic() + (self.patience_s if reads(text) and not self.rewrite else 0)
        while True:
            code, out = node.types(world.meant(text, node), self.answers)
            told = world.told(out, node)
            real = [l for l in (plain(told) if self.plain else told) if (not self.keep or re.search(self.keep, l)) and not (self.drop and re.search(self.drop, l))]
            while real and not real[-1]:
                real.pop()
            wrong = self.differs(command, code, real)
            if time.monotonic() >= end if not self.rewrite else real == before or not reads(text):
                break
            if not wrong and not self.rewrite:
                break
            before = real
            time.sleep(0.7 if self.rewrite else 0.1)
        if "(null)" in out:
            self.fail(command.line, "%s: something is printed that is not there:\n%s" % (text, out))
        wide = next((l for l in out.splitlines() if len(l) > COLUMNS and "MUSTER1:" not in l and world.root not in l), None)
        if wide and re.match(r"(sudo -u muster )?muster ", text) and "-o " not in text and "--json" not in text and "|" not in text:
            self.fail(command.line, "%s: %d columns: %s" % (text, len(wide), wide))
        if wrong and self.rewrite and command.first is not None:
            self.changed.append((command.first, command.end, real))
        elif wrong:
            self.fail(command.line, "%s$ %s\n%s\n--- printed\n%s" % (node.name, text, wrong, "\n".join(real)))

    def differs(self, command, code, real):
        """What is wrong with what it did, or None."""
        shown = command.shown
        refused = next((re.match(r"  code: (E\w+)", l).group(1) for l in shown or () if re.match(r"  code: E", l)), None)
        want = CODES.get(refused, 1) if refused else self.exit or 0
        if code != want and not (self.rewrite and shown is not None):
            return "it ends with %d, not %d" % (code, want)
        if shown is None or self.quiet or (self.unshown and not [l for l in shown if l]):
            return None
        any_order = self.any_order or command.text.startswith("muster quantities")  # by ids, which are others each day
        if same(shown, real, any_order, bool(re.match(r"muster (status|peer|space show|holders)", command.text))):
            return None
        return "the page says\n%s" % "\n".join(shown)

    def write(self):
        for first, end, real in reversed(self.changed):
            self.lines[first:end] = real + ([""] if first < end and not self.lines[end - 1].strip() else [])
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.lines))
        print("%s: %d outputs written" % (self.path, len(self.changed)))


def members_directive(page, rest):
    page.world.members(rest.split())


def set_of(name, make=lambda page, rest: rest):
    return lambda page, rest: setattr(page, name, make(page, rest))


DIRECTIVES = {
    "cast": lambda page, rest: page.world.begin(rest.split()),  # daemons without agency; those of before end
    "members": members_directive,  # they are in the space flood-2026, of which the first is admin
    "calls": lambda page, rest: page.world.calls(rest.split()),  # they have called each other, and typed the codes
    "at": lambda page, rest: page.world.at(rest),
    "node": set_of("node", lambda page, rest: page.world.nodes[rest]),  # where a command without a name is typed
    "apart": lambda page, rest: setattr(page.world, "settling", False),  # from here on they need not hold the same
    "together": lambda page, rest: setattr(page.world, "settling", True),
    "stop": lambda page, rest: page.world.nodes[rest].stop(),
    "start": lambda page, rest: page.world.nodes[rest].start(),
    "keep": set_of("keep"),  # lines that the page shows; drop: those that it does not
    "drop": set_of("drop"),
    "exit": set_of("exit", lambda page, rest: int(rest)),
    "types": lambda page, rest: page.answers.append(rest),  # where it asks, on a terminal
    "unshown": set_of("unshown", lambda page, rest: True),  # from here on, of a command without output none is compared
    "quiet": set_of("quiet", lambda page, rest: True),  # what is printed is not compared
    "plain": set_of("plain", lambda page, rest: True),  # without the first line of a screen and how complete it is
    "any-order": set_of("any_order", lambda page, rest: True),
}


def reads(text):
    """Does it only read, so that it may be asked again?"""
    words = text.split()
    return words[:1] == ["muster"] and len(words) > 1 and "--write" not in words and "--ack" not in words and (
        words[1] in READS or " ".join(words[1:3]) in READS_TWO)


def plain(lines):
    """Without the lines that every screen has: space, node and time; who is not confirmed; how complete it is."""
    left, gone = [], False
    for line in lines:
        gone = bool(re.match(r"(not confirmed by voice|complete as of)", line)) or (gone and line.startswith("  "))
        if not gone and not re.match(r"\S.*  node \S+ \(.*\)  20\d\d-", line):
            left.append(line)
    return left


def same(shown, real, any_order=False, any_time=False):
    """Do they say the same?  … alone on a line stands for any lines; spaces and where lines break do not matter, nor the minute in
    which somebody was last heard; with any_time no minute at all, with any_order only which words there are."""
    def bare(lines):
        words = " ".join(lines).split()
        text = " ".join(sorted(words) if any_order else words)
        if any_time:
            text = re.sub(r"\d\d:\d\dZ", "--:--Z", text)
        return re.sub(r"(as of|since) ([\d-]+ )?(?:\d\d-\d\d )?\d\d:\d\dZ", r"\1 \2--:--Z", text)
    parts = [[]]
    for line in shown:
        if line.strip() == "…":
            parts.append([])
        else:
            parts[-1].append(line)
    whole, at = bare(real), 0
    if len(parts) == 1:
        return bare(parts[0]) == whole
    for n, part in enumerate(bare(p) for p in parts):
        found = whole.find(part, at) if n < len(parts) - 1 or not part else len(whole) - len(part)
        if found < at or (n == 0 and found != 0) or not whole.startswith(part, found):
            return False
        at = found + len(part)
    return True


# --- commands inside sentences ----------------------------------------------------------------------------------------------

class Verbs:
    """What `muster help` knows."""

    def __init__(self, bin_dir):
        self.bin, self.helps = bin_dir, {}
        out = self.help()
        self.names = set()
        for line in out.splitlines():
            found = re.match(r"  ([a-z]+)((?: [a-z-]+)*?)(?:  +|(?= [a-z]+ ))", line)
            if found and not line.startswith("   "):
                self.names.add(line[2:].split("  ")[0].strip())
        self.names |= {"ls"}
        self.options = set(re.findall(r"(?:^|[ ,])(--?[a-zA-Z][\w-]*)", out))

    def help(self, *words):
        if words not in self.helps:
            self.helps[words] = subprocess.run([os.path.join(self.bin, "muster"), "help", *words], stdin=subprocess.DEVNULL,
                                               capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"})
        done = self.helps[words]
        return done.stdout if done.returncode == 0 else ""

    def wrong(self, text):
        """Why `muster WORDS` cannot be typed, or None."""
        try:
            words = shlex.split(re.sub(r"[|<>&;].*$", "", text))[1:]
        except ValueError as reason:
            return str(reason)
        plain = []
        options = [w for w in words if re.match(r"--?[a-zA-Z]", w)]
        for word in words:
            if re.match(r"[a-z][a-z-]*$", word):
                plain.append(word)
            else:
                break
        if not plain:
            return None if not words or words[0][0] in "-…" or words[0].isupper() else "no verb stands there"
        help_text = (self.help(*plain[:2]) if len(plain) > 1 else "") or self.help(plain[0])
        if not help_text:
            return "there is no verb %s" % " ".join(plain[:2])
        known = self.options | set(re.findall(r"(--?[a-zA-Z][\w-]*)", help_text))
        bad = next((o for o in options if o.split("=")[0] not in known), None)
        return "muster %s has no option %s" % (plain[0], bad) if bad else None


def word_wrong(text, verbs, bin_dir):
    """Why a command inside a sentence cannot be typed, or None; None also for what is no command."""
    if text.split()[:1] == ["muster"] and text != "muster":
        return verbs.wrong(text)
    if text.startswith("musterd -"):
        known = subprocess.run([os.path.join(bin_dir, "musterd"), "--help"], capture_output=True, text=True).stdout
        return next(("musterd has no option %s" % w for w in text.split()[1:] if w.startswith("-") and not re.search(
            re.escape(w.split("=")[0]) + r"\b", known)), None)
    if re.fullmatch(r"[a-z][\w.-]*(?:/[\w.-]+)+\.(?:c|h|py|sh|md|txt|conf|scd|yml|json|sql|rules|supp)", text) and "NAME" not in text:
        rooms = ("", "protocol")  # docs/ARCHITECTURE.md names files of a room from inside of it
        return None if any(os.path.exists(os.path.join(SOURCE, room, text)) for room in rooms) else "there is no such file"
    if text.startswith("build/dev/bin/"):
        name = text.split()[0].rsplit("/", 1)[1]
        return None if os.path.exists(os.path.join(bin_dir, name)) else "nothing of that name is built"
    found = re.match(r"ctest (?:--test-dir \S+ )?-(R|L) (\S+)", text)
    if found:
        tests = subprocess.run(["ctest", "--test-dir", os.path.dirname(bin_dir), "-N", "-" + found.group(1), found.group(2)],
                               capture_output=True, text=True).stdout
        return None if re.search(r"Total Tests: [1-9]", tests) else "ctest knows no such tests"
    if re.match(r"(?:systemctl|journalctl|make|cmake --preset) [a-z-]", text):
        try:
            if not exception(text, None, None) and not re.fullmatch(r"make [A-Z].*", text):
                return "it has no row in EXCEPTIONS"
        except AssertionError as wrong:
            return None if str(wrong) == "there is no node here" else str(wrong)
    return None


def all_words(bin_dir):
    verbs, wrong, count = Verbs(bin_dir), [], 0
    assert len(verbs.names) > 80 and verbs.wrong("muster frobnicate") and verbs.wrong("muster list --frob") and not verbs.wrong("muster list")
    pages = ["README.md", "SPEC.md", "SECURITY.md", "CONTRIBUTING.md"] + sorted(
        os.path.join("docs", n) for n in os.listdir(os.path.join(SOURCE, "docs")) if n.endswith(".md"))
    for page in pages:
        path = os.path.join(SOURCE, page)
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"^```.*?^```", lambda m: "\n" * m.group(0).count("\n"), file.read(), flags=re.M | re.S)
        for n, line in enumerate(text.split("\n"), 1):
            for word in re.findall(r"`([^`]+)`", line):
                count += 1
                why = word_wrong(word, verbs, bin_dir)
                if why:
                    wrong.append("%s:%d: `%s`: %s" % (page, n, word, why))
    assert not wrong, "\n".join(wrong)
    print("%d words in code, every command among them can be typed" % count)


# --- does the test find a wrong page? ---------------------------------------------------------------------------------------

GOOD = """# Canary

<!-- test: cast yibin
members yibin
node yibin -->
```console
yibin$ muster new incident name="Dike breach" phase=active category=Geo
flood-2026  ACTUAL  node yibin-1 (Yibin)  2026-07-14 06:01Z
incident inc-00001: stored

yibin$ muster show inc-00001
…
  name            Dike breach
…

yibin$ muster show inc-zzzzz
muster: inc-zzzzz: nothing has this name or id here
…
  code: ENOTFOUND
```

    muster check
    systemctl enable --now musterd
"""
MUTANTS = (  # what is wrong, in place of what
    ("a verb that is not there", "muster check", "muster chekc"),
    ("a field that is not there", "phase=active", "phaze=active"),
    ("an output that is not printed", "Dike breach\n…", "Bridge breach\n…"),
    ("an exit code that is another one", "code: ENOTFOUND", "code: ESHORT"),
    ("an id of nobody", "show inc-00001", "show inc-00002"),
    ("a unit that is not there", "enable --now musterd", "enable --now mustard"),
    ("a command that nobody runs", "    muster check", "    frobnicate --all"),
    ("a fence without a word", "```console\nyibin$ muster new", "```\nyibin$ muster new"),
    ("a directive that is not there", "members yibin", "mumbers yibin"),
)


def canary(bin_dir):
    with World(bin_dir) as world, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "page.md")

        def runs(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            try:
                Page(world, path, patience_s=0.5).run()
            except (AssertionError, markdown.Wrong) as wrong:
                return str(wrong)
            return None
        found = runs(GOOD)
        assert found is None, "a page that is right is refused: %s" % found
        for says, old, new in MUTANTS:
            assert GOOD.count(old) == 1, "this mutant changes nothing, or too much: %s" % says
            found = runs(GOOD.replace(old, new))
            assert found, "nobody noticed %s" % says
            print("found %s" % says)


def errors(bin_dir):
    """Exit codes by the names of errors, as `muster help errors` prints them."""
    out = subprocess.run([os.path.join(bin_dir, "muster"), "help", "errors"], stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    for line in out.splitlines():
        found = re.match(r" *(E[A-Z_0-9]+) .*?(\d+)\b", line)
        if found:
            CODES[found.group(1)] = int(found.group(2))
    assert CODES.get("ENOTFOUND") == 3 and CODES.get("ESHORT") == 8, "the table of errors is not understood: %s" % out[:300]


def main():
    bin_dir, words = os.path.abspath(sys.argv[1]), [w for w in sys.argv[2:] if w != "--rewrite"]
    begin = time.monotonic()
    if words == ["--words"]:
        return all_words(bin_dir)
    if not os.path.exists(os.path.join(bin_dir, "..", "lib", "muster-test-clock.so")):
        print("skipped: this build has no clock that a test sets")
        return SKIP
    errors(bin_dir)
    if words == ["--canary"]:
        return canary(bin_dir)
    for name in words:
        with World(bin_dir) as world:
            page = Page(world, os.path.join(SOURCE, name), "--rewrite" in sys.argv)
            try:
                page.run()
            except BaseException:
                for node in world.nodes.values():
                    print("--- %s\n%s" % (node.name, node.tail(8)), file=sys.stderr)
                raise
            print("%s: %d commands run (%.1f s)" % (name, page.ran, time.monotonic() - begin))
    return 0


if __name__ == "__main__":
    sys.exit(main())
