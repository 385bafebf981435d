#!/usr/bin/env python3
"""Words: one word a thing, in documents and on screens; and nothing that is true on one machine only."""

import re
import sys

import house

# what people write -> the project's word
SYNONYMS = {
    r"tenants?": "agency",
    r"blockchains?|distributed ledgers?": "log (hash-chained, signed; there is no consensus and no coin)",
    r"master|slave": "owner, or say what the thing does",
    r"whitelists?|blacklists?": "allowed, refused",
    r"workspaces?|chat ?rooms?": "space",
    r"epoch numbers?": "epoch (it is named by its hash)",
    r"business cards?|contact cards?": "card",
    r"dashboards?": "console",
    r"super ?users?": "admin of the space, or operator of the node",
}
# Words of others: documents that speak of other systems, and the word list of BIP-39.
OTHERS = ("LICENSE", "tests/", "docs/COMPARISON.md", "crypto/words_english.c")

MACHINE = {
    r"(?<![\w.~/-])/(?:work|home|root|Users|workspace|builds|mnt)/[\w.-]+": "a path of somebody's machine",
    r"(?<![\w.~/-])/tmp/b-\w+": "a path of somebody's machine",
    r"https?://[\w.-]*(?:artifactory|nexus|mirror|proxy|registry)[\w.-]*": "a host of somebody's network, or a registry",
    r"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?:\.\d{1,3})?:\d+/": "an address of somebody's network",
}


def prose(path, content):
    """What people read: documents whole, of C only its strings."""
    return strings_only(content) if path.endswith((".c", ".h")) else content


def strings_only(content):
    lines = [""] * (content.count("\n") + 1)
    for match in house.TOKEN.finditer(content):
        if match.group("string"):
            lines[house.line_of(content, match.start()) - 1] += " " + match.group("string")
    return "\n".join(lines)


def found_in(table, content):
    """[(line, found, what)]"""
    return [(house.line_of(content, match.start()), match.group(0), what)
            for pattern, what in table.items() for match in re.finditer(pattern, content)]


def main():
    synonyms = {rf"(?i)\b(?:{pattern})\b": word for pattern, word in SYNONYMS.items()}
    complaints = house.Complaints(
        "documents and screens use the words of the project, and no file names one machine",
        "two words for one thing cost a call at three in the morning; a path of one machine is wrong on all others",
        "write the word given; take paths from arguments, MUSTER_SOURCE_DIR or a temporary folder")
    house.canary([line for line, _, _ in found_in(synonyms, "the Tenant\nmastery\nblockchain")] == [1, 3],
                 "two synonyms in a made-up document")
    house.canary(strings_only('int master; /* "tenant" */\nputs("slave");').strip() == '"slave"',
                 "which words of C are seen on a screen")
    home = "/" + "home/somebody/muster"
    house.canary(len(found_in(MACHINE, f"cd {home}\n./home/x a/root/b")) == 1, "a path of a machine")
    count = 0
    for path in house.files():
        if path == "tests/house/words_test.py":
            continue
        content = house.text(path)
        if "\0" in content:
            continue
        count += 1
        if not path.startswith("tests/data/"):  # as their authors published them
            for line, found, what in found_in(MACHINE, content):
                complaints.add(f"{path}:{line}", f'"{found}" is {what}')
        read = path.endswith((".md", ".scd", ".html", ".service", ".conf")) or \
            (path.endswith((".c", ".h")) and path.split("/")[0] in house.ARROWS)
        if read and not path.startswith(OTHERS):
            for line, found, what in found_in(synonyms, prose(path, content)):
                complaints.add(f"{path}:{line}", f'"{found}": the word here is {what}')
    return complaints.end(f"the words of {count} files")


if __name__ == "__main__":
    sys.exit(main())
