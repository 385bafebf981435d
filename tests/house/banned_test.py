#!/usr/bin/env python3
"""Banned calls, each with what to write instead.  Comments and strings do not count."""

import re
import sys

import house

# pattern of the name -> what to write instead
IN_PRODUCT = {
    r"strcpy|strcat|stpcpy|strncpy|strncat": "snprintf with the size of the buffer, or memcpy with a length that was checked",
    r"sprintf|vsprintf": "snprintf or vsnprintf, with the size",
    r"gets": "fgets with the size, or read with a bound",
    r"strtok|strtok_r": "a struct cursor (base/bytes.h), or strcspn; strtok writes into its input",
    r"atoi|atol|atoll|atof": "strtol or strtoull with end pointer and errno; atoi cannot say that the text was no number",
    r"[sf]?scanf|v[sf]?scanf": "a parser with bounds; overflow of a number is undefined in scanf",
    r"s?rand(_r)?|s?random|[dl]rand48": "crypto_random outside protocol/; inside it, chance arrives in an event",
    r"system|popen": "fork and execve with an argument array; a shell reads what others wrote",
    r"alloca": "a buffer of a named size, or the arena; the stack has no way to say no",
    r"tmpnam|tempnam|mktemp": "mkstemp or O_TMPFILE; the name can be taken in between",
    r"localtime|gmtime|ctime|asctime|strerror_r": "the _r variant or base/; the plain one shares a buffer between threads",
    r"signal": "sigaction, whose behaviour is defined; signal(X, SIG_IGN) and SIG_DFL are fine",
    r"setjmp|longjmp|sigsetjmp|siglongjmp": "an error code; a jump leaves resources behind",
    r"sleep|usleep|nanosleep": "a timer of the loop, or poll with a deadline",
}
IN_TESTS = {
    r"gets|tmpnam|tempnam|mktemp": "fgets, mkstemp",
    r"s?rand|s?random|[dl]rand48": "a fixed table, or a generator with a printed seed: a failure must come again",
    r"sleep|usleep": "wait for the event itself (a descriptor, a record); a sleep is too short somewhere",
    r"alloca": "an array of a named size",
}
# (file, name): why it may stay.
REASONS = {
    ("node/link_start.c", "srand"): "libzmq draws the names of connections from rand(); the seed is from crypto_random",
    ("tests/hostile/stranger_test.c", "usleep"): "the pace of an attack that dribbles; nothing waits for it",
    ("tests/hostile/member_test.c", "usleep"): "the pace of an attack that pings; nothing waits for it",
    ("store/guard.c", "sscanf"): "every %s has its width, the file has a fixed length and is written back and compared",
}
# A power cut with one of these flags loses what was acknowledged, or leaves a file that nobody can open: only the
# derived tables, which are made anew, may run without sync, and nothing may be written through the map.
SYNC_FLAGS = re.compile(r"\bMDB_(NOSYNC|NOMETASYNC|WRITEMAP|MAPASYNC)\b")
SYNC_ALLOWED = ("store/environment.c", "MDB_NOSYNC", "which == TABLE_DERIVED")
VARIABLE_ARRAY = "-Wvla in CMakeLists.txt stops arrays of variable length"


def banned_calls(table, source):
    """[(line, name, what instead)]"""
    plain = house.code(source)
    found = []
    for pattern, instead in table.items():
        for match in re.finditer(r"(?<![\w.])(?<!->)(" + pattern + r")\s*\(", plain):
            if match.group(1) == "signal" and re.match(r"\s*\w+\s*,\s*SIG_(IGN|DFL)\s*\)", plain[match.end():]):
                continue
            found.append((house.line_of(plain, match.start()), match.group(1), instead))
    return sorted(found)


def sync_flags(path, source):
    """[(line, flag)] that are not the one place where the derived tables are opened."""
    plain = house.code(source).split("\n")
    found = []
    for number, line in enumerate(plain, 1):
        for match in SYNC_FLAGS.finditer(line):
            before = "\n".join(plain[max(0, number - 2):number])
            if (path, match.group(0)) != SYNC_ALLOWED[:2] or SYNC_ALLOWED[2] not in before:
                found.append((number, match.group(0)))
    return found


def main():
    complaints = house.Complaints(
        "no call that cannot be bounded, cannot report failure, reads a shell or cannot be repeated",
        "every byte of a peer passes through this code, and every failing test must fail again",
        "write what stands behind the name; if the call is right here after all, add the file and the reason to "
        "REASONS in tests/house/banned_test.py")
    wrong = '/* strcpy(a, b) */ int f(void) { puts("gets(x)"); x->signal(1); strcpy(a, b);\n return atoi (c); }\n' \
            "signal(SIGPIPE, SIG_IGN); my_system(x); alloca(3);\n"
    house.canary([(line, name) for line, name, _ in banned_calls(IN_PRODUCT, wrong)]
                 == [(1, "strcpy"), (2, "atoi"), (3, "alloca")], "three banned calls in a made-up file")
    house.canary("-Wvla" in house.text("CMakeLists.txt"), "that " + VARIABLE_ARRAY)
    house.canary(sync_flags("store/x.c", "int f = MDB_WRITEMAP;\n") == [(1, "MDB_WRITEMAP")], "a sync flag in a made-up file")
    used, count = set(), 0
    for path in house.files(".c", ".h"):
        product = path.split("/")[0] in house.ARROWS
        count += 1
        if product:
            for line, flag in sync_flags(path, house.text(path)):
                complaints.add(f"{path}:{line}", f"{flag}: a power cut would lose what was acknowledged")
        for line, name, instead in banned_calls(IN_PRODUCT if product else IN_TESTS, house.text(path)):
            if (path, name) in REASONS:
                used.add((path, name))
            else:
                complaints.add(f"{path}:{line}", f"{name}(): write {instead}")
    for path, name in sorted(set(REASONS) - used):
        complaints.add("tests/house/banned_test.py", f"REASONS has a row for {name}() in {path}, which is not there")
    return complaints.end(f"the calls of {count} files")


if __name__ == "__main__":
    sys.exit(main())
