#!/usr/bin/env python3
"""Libraries: what the programs are linked with, as the dynamic linker will see it.

    links_test.py PROGRAM...      paths of muster and musterd; one that is not built yet is named and left out
"""

import os
import re
import subprocess
import sys

import house

FORBIDDEN = {
    "musterd": {
        r"libxml2|libcsv": "hostile files are parsed by the command line, in a child under landlock",
        r"libgeos": "geometry of others is the command line's work",
        r"libsqlite3": "the node has one store, LMDB",
        r"libglpk": "GLPK is GPL-3 and stays in muster-solve, a process of its own",
        r"libsmartcols": "screens are the command line's work",
    },
    "muster": {
        r"liblmdb": "the command line reads through the local API, never the node's files",
        r"libczmq|libzmq": "the command line speaks HTTP on a unix socket, never the transport",
        r"libmicrohttpd": "the command line is a client",
        r"libglpk": "GLPK is GPL-3 and stays in muster-solve, a process of its own",
    },
}


def wrong_libraries(program, needed):
    return [(library, reason) for library in needed
            for pattern, reason in FORBIDDEN[program].items() if re.match(pattern, library)]


def needed_by(path):
    """The libraries that a program itself names (what those bring along is their affair)."""
    shown = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+?)\]", shown)


def main():
    complaints = house.Complaints(
        "musterd links no XML, CSV, GEOS, SQLite or GLPK; muster links neither LMDB nor ZeroMQ",
        "a library that is not in the process cannot be attacked through it, nor reached past the local API",
        "look at LIBS and USES of the program's room; the work belongs to the other program")
    house.canary(len(wrong_libraries("musterd", ["libxml2.so.2", "liblmdb.so.0", "libsqlite3.so.0"])) == 2,
                 "libxml2 and SQLite in a made-up musterd")
    house.canary(len(wrong_libraries("muster", ["libzmq.so.5", "libjansson.so.4"])) == 1, "libzmq in a made-up muster")
    seen = []
    for path in sys.argv[1:]:
        name = os.path.basename(path)
        if not os.path.exists(path):
            print(f"{name} is not built yet")
            continue
        needed = needed_by(path)
        house.canary(any(library.startswith("libc.so") for library in needed), f"any library of {name}")
        seen.append(name)
        for library, reason in wrong_libraries(name, needed):
            complaints.add(name, f"is linked with {library}: {reason}")
    if not seen:
        return house.SKIPPED
    return complaints.end("libraries of " + " and ".join(seen))


if __name__ == "__main__":
    sys.exit(main())
