#!/usr/bin/env python3
"""docs/THREATS.md: each attack names tests that exist.

    threats_test.py BUILD_FOLDER      whose ctest knows the tests
"""

import re
import sys

import house


def rows_of(page):
    """[(line, [tests])] of the tables whose last column is headed `test`."""
    rows, inside = [], False
    for number, line in enumerate(page.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            inside = False
        elif cells[-1] == "test":
            inside = True
        elif inside and not set(cells[-1]) <= {"-"}:
            rows.append((number, [name.strip() for name in cells[-1].split(",")]))
    return rows


def main():
    made_up = "| a | test |\n|---|---|\n| x | one, two |\n\n| b | c |\n|---|---|\n| y | no |\n"
    house.canary(rows_of(made_up) == [(3, ["one", "two"])], "a row with its tests")
    complaints = house.Complaints(
        "an attack in docs/THREATS.md names tests that exist (ctest -N)",
        "a defence that nobody tries is a hope",
        "correct the name, write the test, or say `no test yet`")
    known = house.tests_of(sys.argv[1])
    rows = rows_of(house.text("docs/THREATS.md"))
    house.canary(len(rows) > 30, "the tables of docs/THREATS.md")
    for line, names in rows:
        for name in names:
            if name not in known and name != "no test yet":
                complaints.add(f"docs/THREATS.md:{line}", f"names the test {name}, which does not exist")
    return complaints.end(f"{len(rows)} attacks with a test that exists")


if __name__ == "__main__":
    sys.exit(main())
