"""What the house tests share: reading sources, and complaining kindly.

A house test is a program that prints nothing but a line of summary when the house is in order.  Otherwise
it prints, for every broken rule, where, which rule, why the rule is there and how to mend it, and ends with
status 1.  Every test first runs its check on a made-up house that is wrong (its canary): a check that lets
that pass is broken itself, and says so.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

SKIPPED = 77  # what ctest reads as "skipped"

# The arrows of the house: room -> rooms whose headers it may include and whose functions it may call.
# A new arrow is a decision about the design: change docs/ARCHITECTURE.md in the same commit.
ARROWS = {
    "base": set(),
    "lang": {"base"},
    "crypto": {"base"},
    "protocol": {"crypto", "base"},
    "store": {"protocol", "crypto", "base"},
    "formats": {"lang", "protocol", "crypto", "base"},
    "decide": {"protocol", "crypto", "base"},
    "client": {"lang", "protocol", "crypto", "base"},
    "node": {"lang", "client", "store", "formats", "decide", "protocol", "crypto", "base"},
    "tools": {"lang", "client", "formats", "decide", "protocol", "crypto", "base"},
}


class Complaints:
    """Gathers what is wrong; `end` prints it and gives the exit status."""

    def __init__(self, rule, why, mend):
        self.rule, self.why, self.mend = rule, why, mend
        self.places = []

    def add(self, place, what):
        self.places.append((place, what))

    def end(self, in_order):
        if not self.places:
            print(f"in order: {in_order}")
            return 0
        for place, what in self.places:
            print(f"{place}: {what}")
        print(f"\n  rule: {self.rule}\n  why:  {self.why}\n  mend: {self.mend}\n")
        return 1


def canary(caught, what):
    """Ends the test when its check did not catch `what`, which is wrong on purpose."""
    if not caught:
        sys.exit(f"this test is broken: it did not notice {what}; mend the test before you trust the house")


def tests_of(build):
    """The names of all tests that ctest knows in the folder `build`."""
    shown = subprocess.run(["ctest", "-N", "--test-dir", build], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^\s*Test\s+#\d+: (\S+)", shown, re.M))
    canary("house_spec" in known, "any test of ctest -N")
    return known


def files(*suffixes, under=""):
    """The project's own files, as paths from the root; suffixes such as ".c"; `under` a folder or nothing."""
    listed = None
    try:
        done = subprocess.run(["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z"],
                              capture_output=True, check=False)
        if done.returncode == 0 and done.stdout:
            listed = [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
    except FileNotFoundError:
        pass
    if listed is None:  # an unpacked archive, or a machine without git
        listed = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [f for f in folders if not f.startswith(".git") and f not in ("build", "__pycache__")]
            listed += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(name for name in listed
                  if (not suffixes or name.endswith(suffixes))
                  and (not under or name.startswith(under.rstrip("/") + "/"))
                  and os.path.isfile(os.path.join(ROOT, name)))


def text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def rooms():
    """The rooms that are there."""
    return [room for room in ARROWS if os.path.isfile(os.path.join(ROOT, room, "CMakeLists.txt"))]


TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>'(?:\\.|[^'\\\n])+')
""", re.S | re.X)


def code(source, keep_strings=False):
    """C without its comments, and (unless kept) with empty strings; every line stays on its line."""
    def blank(match):
        found = match.group(0)
        if match.group("comment"):
            return " " + "\n" * found.count("\n")
        if match.group("string"):
            return found if keep_strings else '""'
        return found
    return TOKEN.sub(blank, source)


def line_of(source, offset):
    return source.count("\n", 0, offset) + 1


def cmake_calls(path, function):
    """[(first argument, {KEYWORD: [values]})] of every call of a CMake function in a file."""
    keywords = {"FILES", "USES", "LIBS", "LABEL"}
    source = re.sub(r"#[^\n]*", "", text(path))
    calls = []
    for match in re.finditer(re.escape(function) + r"\s*\(([^)]*)\)", source):
        words = match.group(1).split()
        arguments, current = {}, ""
        for word in words[1:]:
            if word in keywords:
                current = word
                arguments.setdefault(current, [])
            else:
                arguments.setdefault(current, []).append(word)
        calls.append((words[0], arguments))
    return calls
