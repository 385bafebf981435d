#!/usr/bin/env python3
"""Purity, by symbols: base, protocol, formats/write and decide touch no clock, chance, disk, socket or locale.

    purity_test.py BUILD_FOLDER C_COMPILER

Reads the archives of a plain build (no sanitizer) with nm and size, and holds what they leave undefined
to allowed_symbols.txt.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile

import house

PURE = ["base", "protocol", "formats/write", "decide"]

# What a pure room may not call although it may use the room that has it.
FORBIDDEN = {
    r"crypto_random|sign_keys|box_keys|curve_keys|box_seal": "draws at random; let chance arrive in an event",
    r"crypto_start|crypto_can_lock": "belongs to the process, not to the core",
    r"keyfile_\w+": "touches the disk",
}
# With a remedy of their own, because somebody will want them.
REMEDIES = {
    r"time|gettimeofday|clock\w*|localtime\w*|gmtime\w*|mktime": "the time is in the event (now_ms)",
    r"getenv|secure_getenv|setlocale|newlocale|strtod|strcoll|toupper|tolower|__ctype_\w+":
        "depends on the environment or the locale; use base/text.h, or compare bytes yourself",
    r"f?printf|puts|fputs|fwrite|putchar|perror|std(out|err)|v?fprintf": "the core prints nothing; say it in an action",
    r"rand\w*|random|getrandom|getentropy": "chance arrives in an event",
    r"open|openat|read|write|close|fopen|fread|fclose|socket|send|recv|poll": "files and sockets belong to store/ and node/",
    r"pthread_\w+": "the core has no thread; work for others is an action (verify)",
}


def undefined_of(paths):
    """(undefined, defined) symbols of archives and objects, checked variants under their plain name."""
    shown = subprocess.run(["nm", *paths], capture_output=True, text=True, check=True).stdout
    undefined, defined = set(), set()
    for line in shown.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in ("U", "w"):
            name = words[1].split("@")[0]
            plain = re.fullmatch(r"__(\w+)_chk", name)
            undefined.add(plain.group(1) if plain and plain.group(1) != "stack" else name)
        elif len(words) == 3 and words[1] not in "Uw":
            defined.add(words[2])
    return undefined, defined


def allowed_symbols():
    """{symbol: set of rooms}"""
    allowed = {}
    for number, line in enumerate(house.text("tests/house/allowed_symbols.txt").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 2)
        if len(words) < 3:
            sys.exit(f"tests/house/allowed_symbols.txt:{number}: a row is SYMBOL ROOMS REASON; the reason is missing")
        allowed[words[0]] = set(words[1].split(","))
    return allowed


def impure(room, undefined, own, offered, allowed):
    """[(symbol, why)] of what a room takes from outside and may not; offered: what rooms in its USES define."""
    found = []
    for name in sorted(undefined - own):
        remedy = next((why for pattern, why in FORBIDDEN.items() if re.fullmatch(pattern, name)), None)
        if remedy is None and (name in offered or allowed.get(name, set()) & {"*", room}):
            continue
        remedy = remedy or next((why for pattern, why in REMEDIES.items() if re.fullmatch(pattern, name)),
                                "not in tests/house/allowed_symbols.txt")
        found.append((name, remedy))
    return found


def writable_data(paths):
    """[(object, section, size)] of data that lives between two calls: globals."""
    shown = subprocess.run(["size", "-A", *paths], capture_output=True, text=True, check=True).stdout
    found, member = [], ""
    for line in shown.splitlines():
        words = line.split()
        if line.rstrip().endswith(":") or "(ex " in line:
            member = words[0]
        elif len(words) == 3 and words[1] != "0" and re.match(r"\.(data|bss|tdata|tbss)", words[0]) \
                and ".rel.ro" not in words[0]:
            found.append((member, words[0], words[1]))
    return found


def objects_of(build, room):
    """The archive of a room, or the objects of a part of one; empty when it is not there."""
    name, _, part = room.partition("/")
    if part:
        return sorted(glob.glob(os.path.join(build, name, "CMakeFiles", f"muster_{name}.dir", part, "*.o")))
    archive = os.path.join(build, name, f"libmuster_{name}.a")
    return [archive] if os.path.exists(archive) else []


def try_canary(compiler, allowed):
    with tempfile.TemporaryDirectory() as folder:
        source, made = os.path.join(folder, "impure.c"), os.path.join(folder, "impure.o")
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <string.h>\n#include <time.h>\nvoid crypto_random(void *out, unsigned long len);\n"
                       "long memory;\nlong impure(const char *s);\nlong impure(const char *s) {\n"
                       "  crypto_random(&memory, sizeof memory); return time(0) + (long)strlen(s); }\n")
        subprocess.run([compiler, "-fno-builtin", "-c", source, "-o", made], check=True)
        undefined, own = undefined_of([made])
        names = [name for name, _ in impure("protocol", undefined, own, {"crypto_random"}, allowed)]
        house.canary("time" in names and "crypto_random" in names and "strlen" not in names,
                     "a clock and chance in a made-up file")
        house.canary(len(writable_data([made])) == 1, "a global variable in a made-up file")


def main():
    build, compiler = sys.argv[1], sys.argv[2]
    complaints = house.Complaints(
        "the pure rooms take from outside only what tests/house/allowed_symbols.txt lists, and keep no global data",
        "the same events must give the same actions, in a test, in a replay and on another machine (RULES G1)",
        "see the line above; if a function is truly pure, add a row with the reason to allowed_symbols.txt")
    allowed = allowed_symbols()
    try_canary(compiler, allowed)
    offered = set()
    for room in ("base", "crypto", "protocol"):
        if objects_of(build, room):
            offered |= undefined_of(objects_of(build, room))[1]
    seen = []
    for room in PURE:
        paths = objects_of(build, room)
        if not paths:
            print(f"{room} has no objects yet")
            continue
        seen.append(room)
        undefined, own = undefined_of(paths)
        usable = offered if room != "base" else set()
        for name, why in impure(room, undefined, own, usable, allowed):
            complaints.add(room, f"uses {name}: {why}")
        for member, section, size in writable_data(paths):
            complaints.add(f"{room}: {member}", f"{size} bytes of global data ({section}); give it to the caller's struct")
    house.canary("base" in seen and "protocol" in seen, f"the archives of base and protocol in {build}")
    return complaints.end("symbols and data of " + ", ".join(seen))


if __name__ == "__main__":
    sys.exit(main())
