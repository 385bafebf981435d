#!/usr/bin/env python3
"""Rooms: each has a README of about ten lines, headers that are manuals, and files that fit in a head."""

import re
import sys

import house

README_LINES = (5, 24)
LINES_WARN, LINES_MAX = 400, 700

# Files that may be longer than LINES_MAX, with the reason.  Tables need no row: they are recognised.
LONG = {
    "protocol/trust/space.c": "what a space knows and how it comes back from disk; next cut: its epochs",
    "protocol/object/apply.c": "the one way from a committed segment to every derived table; next cut: catching up",
}
# A header's functions need no comment each when its top comment describes them as a family.
FAMILIES = {
    "base/bytes.h": r"(cursor|writer|put|get)_\w+",
}


def readme_faults(content):
    """[what] is wrong with a room's README."""
    lines = content.splitlines()
    faults = []
    if not README_LINES[0] <= len(lines) <= README_LINES[1]:
        faults.append(f"has {len(lines)} lines; about ten say what the room is, where to start, rules and traps")
    for words in ("May use", "Used by"):
        if words not in content:
            faults.append(f'does not say "{words}: ..."')
    return faults


def starts_with_comment(content):
    return content.lstrip().startswith("/*")


DECLARATION = re.compile(r"^(?!typedef|return|static|#|\}|\s)[\w \t*]+?[ *](\w+)\([^;{]*\)[^;{]*;", re.M)


def bare_functions(content, family=None):
    """[(line, name)] of declared functions without a comment: none before, behind, or above their group.

    A group is a run of lines without an empty one; the comment above its first line speaks for all."""
    plain = house.code(content)
    raw = content.splitlines()
    found = []
    for match in DECLARATION.finditer(plain):
        if family and re.fullmatch(family, match.group(1)):
            continue
        first = house.line_of(plain, match.start()) - 1
        last = house.line_of(plain, match.end()) - 1
        commented = any("/*" in line or "//" in line for line in raw[first:last + 1])
        line = first - 1
        while not commented and line >= 0 and raw[line].strip():
            commented = "*/" in raw[line] or "//" in raw[line]
            line -= 1
        if not commented:
            found.append((first + 1, match.group(1)))
    return found


def is_table(content):
    """Most of its lines are rows: initialisers, strings, numbers."""
    lines = [line.strip() for line in house.code(content, True).splitlines() if line.strip()]
    rows = [line for line in lines if re.match(r'[{"\[.]|X\(|[-+0-9]', line)]
    return len(rows) * 10 > len(lines) * 7


def canaries():
    house.canary(len(readme_faults("# room\nMay use: nothing.\n")) == 2, "a README that is short and half")
    house.canary(not starts_with_comment("#ifndef X\n"), "a header without a comment")
    bare = bare_functions("/* a */\nint one(void);\nint two(void);\n\nint three(int a,\n  int b);\nint four(void); /* d */\n")
    house.canary(bare == [(5, "three")], "a function without a comment")
    house.canary(is_table("{1, 2},\n{3, 4},\n{5, 6},\n{7, 8},\nint x;\n") and not is_table("int f(void)\n{\nreturn;\n}\n"),
                 "the difference of table and code")


def main():
    canaries()
    complaints = house.Complaints(
        "a room has a README of about ten lines naming what it may use and who uses it; a header says at its top "
        f"what it is for, and each of its functions what it does; a file has about {LINES_WARN} lines",
        "whoever comes new, at night, in a crisis, reads the README, then the header, and only then the code",
        "write the missing words; cut a long file along a word of the vocabulary, or give the reason in LONG")
    headers, long = 0, []
    for room in house.rooms():
        readme = f"{room}/README.md"
        if readme not in house.files(".md", under=room):
            complaints.add(readme, "is missing")
            continue
        for fault in readme_faults(house.text(readme)):
            complaints.add(readme, fault)
    for path in house.files(".c", ".h"):
        content = house.text(path)
        lines = len(content.splitlines())
        if path.split("/")[0] in house.ARROWS:
            if path.endswith(".h"):
                headers += 1
                if not starts_with_comment(content):
                    complaints.add(path, "does not start with a comment that says what it is for")
                inner = path.endswith("_inner.h") or path.endswith("/inside.h")  # of one room, not its public face
                for line, name in [] if inner else bare_functions(content, FAMILIES.get(path)):
                    complaints.add(f"{path}:{line}", f"{name} has no comment, neither has the group it stands in")
        if lines <= LINES_WARN or is_table(content):
            continue
        if lines > LINES_MAX and path not in LONG:
            complaints.add(path, f"has {lines} lines; more than {LINES_MAX} are too many to hold in a head")
        else:
            long.append(f"{path} ({lines})")
    if long:
        print(f"a warning, not a failure: longer than {LINES_WARN} lines: " + ", ".join(long))
    return complaints.end(f"{len(house.rooms())} rooms, {headers} headers")


if __name__ == "__main__":
    sys.exit(main())
