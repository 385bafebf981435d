#!/usr/bin/env python3
"""SPEC.md section 3: every domain string of the sources is in its table, and every one of the table in the sources.

It also looks at the rules: no number twice, and a [test: ...] with every rule.
"""

import glob
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
ROOMS = ("base", "crypto", "protocol", "store", "formats", "decide", "client", "node", "tools")
DOMAIN = re.compile(r'"(muster/1/[a-z/-]+)"')
ROW = re.compile(r"^\| `(muster/1/[a-z/-]+)` \|", re.M)
RULE = re.compile(r"^S(\d+(?:\.\d+)+)\b(.*?)(?=^S\d+\.\d+|^#|^$)", re.M | re.S)


def differences(sources, spec):
    used, listed = set(DOMAIN.findall(sources)), ROW.findall(spec)
    rules = RULE.findall(spec)
    found = [f"{domain}: in the sources, not in SPEC 3" for domain in sorted(used - set(listed))]
    found += [f"{domain}: in SPEC 3, not in the sources" for domain in sorted(set(listed) - used)]
    found += [f"{domain}: twice in SPEC 3" for domain in sorted(set(listed)) if listed.count(domain) > 1]
    numbers = [number for number, _ in rules]
    found += [f"S{number}: given twice" for number in sorted(set(numbers)) if numbers.count(number) > 1]
    found += [f"S{number}: says no test" for number, text in rules if "[test: " not in text]
    return found, len(listed), len(rules)


def main():
    canary, _, _ = differences('"muster/1/a" "muster/1/b"', "| `muster/1/b` |\n| `muster/1/c` |\nS1.1 x\nS1.1 y [test: z]\n")
    if len(canary) != 4:
        print("the check itself is broken:", canary)
        return 1
    sources = ""
    for room in ROOMS:
        for path in glob.glob(os.path.join(ROOT, room, "**", "*.[ch]"), recursive=True):
            with open(path, encoding="utf-8") as source:
                sources += source.read()
    with open(os.path.join(ROOT, "SPEC.md"), encoding="utf-8") as spec:
        found, domains, rules = differences(sources, spec.read())
    for line in found:
        print(line)
    print(f"{domains} domains, {rules} rules")
    print(f"{0 if found else 1} passed, {len(found)} failed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
