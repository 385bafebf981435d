#!/usr/bin/env python3
"""SPEC.md: a rule `S4.12 [test: name]` names a test that exists; rules without one are listed.

    spec_test.py BUILD_FOLDER      whose ctest knows the tests
"""

import os
import re
import sys

import house

RULE = re.compile(r"^(?:[-*#> ]*)\**(S\d+(?:\.\d+)*)\**(?=[\s.:\[])", re.M)
TEST = re.compile(r"\[tests?:\s*([^\]]*)\]")


def rules_of(spec):
    """{rule: (line, [tests])}; the text of a rule reaches to the next rule, heading or empty line."""
    rules = {}
    for match in RULE.finditer(spec):
        end = re.search(r"\n\s*\n|\n#", spec[match.end():])
        following = RULE.search(spec, match.end())
        stop = min([match.end() + end.start() if end else len(spec)] + ([following.start()] if following else []))
        names = [name.strip().strip("`") for group in TEST.findall(spec[match.start():stop])
                 for name in group.split(",") if name.strip()]
        rules.setdefault(match.group(1), (house.line_of(spec, match.start()), []))[1].extend(names)
    return rules


def missing_tests(rules, known):
    """[(line, rule, name)] of tests that are named but not there; "no test yet" says so openly."""
    return [(line, rule, name) for rule, (line, names) in rules.items() for name in names
            if name != "no test yet" and name not in known]


def main():
    made_up = "S1.1 One. [test: there]\nS1.2 Two\nmore. [test: gone, there]\n\nS1.3 Three.\n\n**S2** x [test: no test yet]\n"
    rules = rules_of(made_up)
    house.canary(list(rules) == ["S1.1", "S1.2", "S1.3", "S2"] and
                 missing_tests(rules, {"there"}) == [(2, "S1.2", "gone")], "a rule with a test that does not exist")
    if not os.path.exists(os.path.join(house.ROOT, "SPEC.md")):
        print("SPEC.md is not there yet")
        return house.SKIPPED
    complaints = house.Complaints(
        "a test that SPEC.md names exists (ctest -N)",
        "a rule that nobody checks is a wish, and a wrong name hides it",
        "correct the name, or write the test; a rule that waits for its test carries no [test: ...]")
    known = house.tests_of(sys.argv[1])
    rules = rules_of(house.text("SPEC.md"))
    for line, rule, name in missing_tests(rules, known):
        complaints.add(f"SPEC.md:{line}", f"{rule} names the test {name}, which does not exist")
    untested = [rule for rule, (_, names) in rules.items() if not [n for n in names if n != "no test yet"]]
    if untested:
        print(f"no test yet ({len(untested)} of {len(rules)} rules): " + ", ".join(untested))
    return complaints.end(f"{len(rules) - len(untested)} rules with a test that exists")


if __name__ == "__main__":
    sys.exit(main())
