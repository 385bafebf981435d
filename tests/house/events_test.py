#!/usr/bin/env python3
"""Every event that the code emits is a row of node/journal.h, so that its level and meaning are known."""
import re
import sys

import house

ROW = re.compile(r'^\s*J\((\w+), "([^"]+)"', re.M)
# Where a name is given as a string: by the core, by the link, straight to the journal or the audit.
EMITTED = re.compile(r'\b(?:core_event|link_journal|journal_write|journal_format|audit_add|audit_add_key)\s*\(([^;]*?);', re.S)
NAME = re.compile(r'"([a-z]+[.-][a-z_]+)"')


def emitted(source):
    """[(line, name)] of the names that stand as strings in a call that emits an event."""
    found = []
    for call in EMITTED.finditer(source):
        for name in NAME.finditer(call.group(1)):
            found.append((source.count("\n", 0, call.start(1) + name.start()) + 1, name.group(1)))
    return found


def main():
    complaints = house.Complaints(
        "every event has a row in node/journal.h", "an event without a row has no level, is in no page, and nobody can alert on it",
        "add J(NAME, \"event.name\", LEVEL, durable) there and its meaning to node/event_help.c, then print docs/MONITORING.md")
    house.canary(emitted('x();\ncore_event(core, "no.such", id,\n "text of it");') == [(2, "no.such")], "a made-up event")
    rows = {name for _, name in ROW.findall(house.text("node/journal.h"))}
    count = 0
    for path in [p for room in ("node", "protocol", "store", "crypto") for p in house.files(".c", under=room)]:
        for line, name in emitted(house.code(house.text(path), keep_strings=True)):
            count += 1
            if name not in rows:
                complaints.add(f"{path}:{line}", f"the event {name} is not in the table")
    house.canary(count > 20, "that it reads the sources at all")
    return complaints.end(f"{count} events as strings, {len(rows)} rows")


if __name__ == "__main__":
    sys.exit(main())
