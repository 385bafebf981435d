#!/usr/bin/env python3
"""Every request of the local API says what goes in and comes out: each row of node/api_rows.c has one in node/api_shapes.c."""
import re
import sys

import house

ROW = re.compile(r'^    \{"(GET|POST)", "([^"]+)"', re.M)


def without(rows, shapes):
    """The requests of `rows` that `shapes` does not have, and the other way round."""
    here, there = set(ROW.findall(rows)), set(ROW.findall(shapes))
    return sorted(here - there), sorted(there - here)


def main():
    complaints = house.Complaints(
        "every request of the local API has a shape", "programs read docs/openapi.json, and the tests compare answers with it",
        "add a row to node/api_shapes.c (node/openapi.h says how), build, then MUSTERD=build/dev/bin/musterd python3 tests/unit/api/openapi_test.py write")
    house.canary(without('    {"GET", "/v1/a", 0},\n', '    {"GET", "/v1/b", NULL},\n') == ([("GET", "/v1/a")], [("GET", "/v1/b")]), "a row without a shape")
    rows = house.text("node/api_rows.c")
    missing, over = without(rows, house.text("node/api_shapes.c"))
    for method, path in missing:
        complaints.add("node/api_rows.c", f"{method} {path} has no shape")
    for method, path in over:
        complaints.add("node/api_shapes.c", f"{method} {path} is no row any more")
    return complaints.end(f"{len(ROW.findall(rows))} requests with their shapes")


if __name__ == "__main__":
    sys.exit(main())
