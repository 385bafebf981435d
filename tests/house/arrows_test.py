#!/usr/bin/env python3
"""Arrows, by text: what a room includes, and what its CMakeLists.txt asks for, follow the map of the house."""

import os
import re
import sys

import house

# Outside headers that one room alone may include: the other rooms stay ignorant of the library behind them.
OUTSIDE = [
    (r"sodium(/.*|\.h)", {"crypto"}),
    (r"lmdb\.h", {"store"}),
    (r"czmq(_.*|\.h)", {"node"}),
    (r"zmq\.h", {"node"}),
    (r"microhttpd\.h", {"node"}),
    (r"confuse\.h", {"node", "tools"}),
    (r"libxml/.*", {"formats"}),
    (r"csv\.h", {"formats"}),
    (r"zstd\.h", {"protocol"}),
    (r"utf8proc\.h", {"tools", "protocol"}),
    (r"(libsmartcols/)?libsmartcols\.h", {"tools"}),
    (r"sqlite3\.h", {"formats"}),
    (r"(geos_c|glpk)\.h", set()),
]
# muster-solve is a program of its own; only its file may include GLPK.
ALLOWED_FILES = {("tools/solve.c", "glpk.h"), ("tools/muster_solve.c", "glpk.h")}


def uses_of(room):
    """What the room's CMakeLists.txt asks for, its programs included."""
    path = f"{room}/CMakeLists.txt"
    uses = set()
    for _, arguments in house.cmake_calls(path, "muster_room"):
        uses |= set(arguments.get("USES", []))
    for _, arguments in house.cmake_calls(path, "muster_uses"):
        uses |= set(arguments.get("", []))
    return {name for name in uses if name in house.ARROWS}


def wrong_includes(room, uses, path, source):
    """[(line, what)] of the includes of one file that its room does not allow."""
    found = []
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', house.code(source, True), re.M):
        line, header = house.line_of(house.code(source, True), match.start()), match.group(2)
        first = header.split("/")[0]
        if first in house.ARROWS and "/" in header:
            if first != room and first not in uses:
                found.append((line, f'{room}/ may not use {first}/, but includes "{header}"'))
            continue
        if match.group(1) == '"' and ".." in header.split("/"):
            found.append((line, f'"{header}" goes round the include directories of the rooms'))
        for pattern, owners in OUTSIDE:
            if re.fullmatch(pattern, header) and room not in owners and (path, header) not in ALLOWED_FILES:
                where = " and ".join(sorted(owners)) or "no room"
                found.append((line, f"<{header}> belongs to {where}"))
    return found


def main():
    complaints = house.Complaints(
        "a room includes only the rooms it may use (house.ARROWS, USES in its CMakeLists.txt), and a library's "
        "header only in the room that owns the library",
        "what a room cannot reach, it cannot come to depend on; the core stays testable without socket and disk",
        "move the code to the room that may do this, or let the core ask for it through an event or storage.h; "
        "a new arrow is a change of the design: house.ARROWS, CMake and docs/ARCHITECTURE.md together")

    wrong = '#include "store/store.h"\n/* #include <lmdb.h> */\n#include <sodium.h>\n#include "../node/link.h"\n'
    house.canary([line for line, _ in wrong_includes("protocol", {"base"}, "x.c", wrong)] == [1, 3, 4],
                 "three wrong includes in a made-up file")

    count = 0
    for room in house.rooms():
        uses = uses_of(room)
        for other in sorted(uses - house.ARROWS[room] - {room}):
            complaints.add(f"{room}/CMakeLists.txt", f"asks for {other}/, which {room}/ may not use")
        for path in house.files(".c", ".h", ".inc", under=room):
            count += 1
            for line, what in wrong_includes(room, uses, path, house.text(path)):
                complaints.add(f"{path}:{line}", what)
    return complaints.end(f"the includes of {count} files in {len(house.rooms())} rooms")


if __name__ == "__main__":
    sys.exit(main())
