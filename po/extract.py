#!/usr/bin/env python3
"""Sentences for people in the sources, and what po/zh_CN.po says for them.

    po/extract.py update     adds what the catalogue lacks (with an empty msgstr, to be filled in), drops what nobody says
    po/extract.py check      says what is missing or does not fit, and ends with 1 then (the test lang_catalogue)
    po/extract.py missing    prints the English sentences without a translation

No xgettext: it cannot read rows (`.help = "…"`, the rows of errors and alarms), nor `a ? "one" : "other"` in an argument.
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CATALOGUE = os.path.join(ROOT, "po", "zh_CN.po")
FOLDERS = ("lang", "tools", "client", "formats", "node", "protocol/kinds", "protocol/log", "protocol/trust", "protocol/session")
ROW_FILES = ("base/error.h", "decide/alarm.c", "node/link.h")

# Files of the core, which knows no language: every literal of several words is a sentence or a part of one.
PURE = ("decide/alarm.c", "protocol/kinds/decimal.c", "protocol/kinds/geo.c", "protocol/kinds/time3339.c", "protocol/kinds/ucum.c",
        "protocol/kinds/field.c", "protocol/kinds/field_text.c", "protocol/trust/agreement.c", "protocol/trust/policy.c",
        "protocol/log/proof.c", "protocol/log/proof_trust.c", "protocol/session/explain.h")

# Functions and macros whose arguments of these numbers are sentences; all but _, N_ and NC_ translate them themselves.
KEYWORDS = {
    "_": (1,), "N_": (1,), "lang_text": (1,),
    "fault_set": (3,), "fault_why": (2,), "fault_step": (2,),
    "tool_usage": (2, 3), "ask_yes": (3,), "dir_fail": (3, 4), "tool_say": (2,), "tool_hint": (2,),
    "screen_line": (2,), "screen_title": (2,), "html_title": (2,),
    "request_refuse": (3,), "trouble_set": (3,), "trouble_why": (2,), "trouble_do": (2,),
    "doctor_find": (4, 5), "problem_set": (5,), "bundle_say": (3,), "format_problem_set": (6,),
}
KEYWORDS_OF = {"node/api_doctor.c": {"find": (4, 5)}, "formats/read/cap_parse.c": {"note": (5,)}, "formats/read/profile_row.c": {"refuse": (4,)}}
TOKEN = re.compile(r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<char>'(?:[^'\\\n]|\\.)*')"""
                   r"""|(?P<directive>^[ \t]*\#[^\n]*(?:\\\n[^\n]*)*)|(?P<word>[A-Za-z_]\w*)|(?P<other>.)""", re.S | re.M)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "0": "\0", "a": "\a", "'": "'", "f": "\f", "v": "\v"}


def unescape(literal):
    """The bytes of a C string literal, as text."""
    def one(match):
        word = match.group(1)
        if word[0] == "u":
            return chr(int(word[1:], 16))
        if word[0] == "x":
            return bytes([int(word[1:], 16)]).decode("latin-1")
        if word[0] in "01234567":
            return chr(int(word, 8))
        return ESCAPES[word[0]]
    return re.sub(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{1,3}|.)", one, literal[1:-1])


def macros():
    """{name: text} of the macros that are one string: they stand beside the literals of sentences."""
    found = {}
    for folder in FOLDERS + ("base", "crypto"):
        for where, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith((".c", ".h")):
                    with open(os.path.join(where, name), encoding="utf-8") as file:
                        for macro, text in re.findall(r'^#define (\w+) ("(?:[^"\\\n]|\\.)*")\s*$', file.read(), re.M):
                            found[macro] = unescape(text)
    return found


MACROS = {}  # filled once


def tokens_of(source):
    """[(kind, text)] without spaces and comments; adjacent strings are one; directives are read for their words too."""
    found = []
    for match in TOKEN.finditer(source):
        kind, text = match.lastgroup, match.group()
        if kind == "space":
            continue
        if kind == "directive":
            body = re.match(r"\s*#\s*define\s+\w+(?:\([^)]*\))?(.*)", text, re.S)
            if body:
                found += [("other", ";")] + tokens_of(body.group(1).replace("\\\n", "\n")) + [("other", ";")]
            continue
        if kind == "word" and text in MACROS:
            kind, text = "string", quoted(MACROS[text])
        if kind == "string":
            text = unescape(text)
            if found and found[-1][0] == "string":
                found[-1] = ("string", found[-1][1] + text)
                continue
        found.append((kind, text))
    return found


def arguments_of(tokens, start):
    """The arguments of the call whose ( is at `start`: lists of tokens that stand outside of inner calls."""
    arguments, depth, inner, at = [[]], 0, 0, start
    while at < len(tokens):
        kind, text = tokens[at]
        if kind == "other" and text in "([{":
            depth += 1
            if depth > 1 and (inner or (text == "(" and tokens[at - 1][0] == "word")):
                inner += 1
        elif kind == "other" and text in ")]}":
            depth -= 1
            inner -= inner > 0
            if depth == 0:
                return arguments
        elif kind == "other" and text == "," and depth == 1:
            arguments.append([])
        elif not inner:
            arguments[-1].append((kind, text))
        at += 1
    return arguments


def is_option(tokens, at):
    """Is the string at `at` the help of an option, {"name", 'n', "VALUE", "help"}?"""
    row = tokens[max(0, at - 7):at + 2]
    return (len(row) == 9 and row[0][1] == "{" and row[1][0] == "string" and row[2][1] == row[4][1] == row[6][1] == "," and
            (row[3][0] == "char" or row[3][1] == "0") and (row[5][0] == "string" or row[5][1] == "NULL") and row[8][1] == "}")


def rows_of(tokens, path):
    """Sentences of tables that name no function: errors, alarms, options, help and detail of verbs, kinds and fields."""
    found = []
    for at, (kind, text) in enumerate(tokens):
        if kind != "string":
            continue
        before = tokens[at - 1][1] if at else ""
        name = tokens[at - 2][1] if at > 1 else ""
        if is_option(tokens, at):
            found.append((at, text))
        if before == "=" and name in ("help", "detail", "none") and tokens[at - 3][1] == ".":
            found.append((at, text))
    if path in PURE:
        found += [(at, text) for at, (kind, text) in enumerate(tokens)
                  if kind == "string" and " " in text.strip() and "_Static_assert" not in [word for _, word in tokens[max(0, at - 8):at]]]
    at = 0
    while at < len(tokens):
        kind, text = tokens[at]
        if kind == "word" and text == "X" and path in ("base/error.h", "node/link.h") and tokens[at + 1][1] == "(":
            arguments = arguments_of(tokens, at + 1)
            for one in arguments[3:5] if path == "base/error.h" else arguments[1:]:
                found += [(at, string) for kind, string in one if kind == "string"]
        at += 1
    return found


def sentences_of(source, path):
    """[msgid] of one file in the order of the text."""
    tokens = tokens_of(source)
    found = rows_of(tokens, path)
    for at, (kind, text) in enumerate(tokens[:-1]):
        if kind != "word" or tokens[at + 1] != ("other", "("):
            continue
        if text == "NC_":
            strings = [string for one in arguments_of(tokens, at + 1) for kind, string in one if kind == "string"]
            if len(strings) == 2:
                found.append((at, "\4".join(strings)))
            continue
        numbers = KEYWORDS.get(text) or KEYWORDS_OF.get(path, {}).get(text, ())
        arguments = arguments_of(tokens, at + 1) if numbers else []
        for number in numbers:
            if number <= len(arguments):
                found += [(at, string) for kind, string in arguments[number - 1] if kind == "string"]
    return [text for _, text in sorted(found, key=lambda one: one[0]) if is_sentence(text)]


def is_sentence(text):
    """Something a person reads: a letter outside of the conversions."""
    return re.search(r"[A-Za-z]", re.sub(r"%[-+ 0#*.\d]*(?:hh|h|ll|l|z|j)?[a-zA-Z]", "", text.split("\4")[-1])) is not None


def paths():
    found = list(ROW_FILES)
    for folder in FOLDERS:
        for where, _, names in os.walk(os.path.join(ROOT, folder)):
            found += [os.path.relpath(os.path.join(where, name), ROOT) for name in names if name.endswith((".c", ".h"))]
    return sorted(set(found))


def messages():
    """{msgid: first file that says it}, in the order of files and texts."""
    found = {}
    MACROS.update(macros())
    for path in paths():
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            for msgid in sentences_of(file.read(), path):
                found.setdefault(msgid, path)
    return found


# --- the catalogue ---------------------------------------------------------------------------------------------------

HEADER = """# Chinese of muster, for people in emergency management.  po/extract.py adds and drops entries; sentences are edited here.
msgid ""
msgstr ""
"Language: zh_CN\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def quoted(text):
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r"), ("\033", "\\033")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def catalogue_read(path=CATALOGUE):
    """({msgid: msgstr}, [msgid that is fuzzy])."""
    entries, fuzzy, entry, field, flags = {}, [], {}, None, ""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines() + [""]
    for line in lines:
        if line.startswith("#,"):
            flags = line
        if line.startswith("#"):
            continue
        match = re.match(r'(msgctxt|msgid|msgstr)\s+(".*")$', line)
        if match:
            field = match.group(1)
            entry[field] = unescape(match.group(2))
        elif line.startswith('"'):
            entry[field] += unescape(line)
        elif entry:
            msgid = (entry["msgctxt"] + "\4" if "msgctxt" in entry else "") + entry.get("msgid", "")
            if msgid:
                entries[msgid] = entry.get("msgstr", "")
                if "fuzzy" in flags:
                    fuzzy.append(msgid)
            entry, flags = {}, ""
    return entries, fuzzy


def catalogue_write(said, entries, path=CATALOGUE):
    """Writes what is said, with the translations there are; by file, so that two who add do not meet."""
    out, last = [HEADER], ""
    for msgid, where in said.items():
        if where != last:
            out.append(f"\n# --- {where}\n")
            last = where
        context, _, text = msgid.rpartition("\4")
        out.append("\n" + ("#, c-format\n" if conversions(text) else "") + (f"msgctxt {quoted(context)}\n" if context else "") +
                   f"msgid {quoted(text)}\nmsgstr {quoted(entries.get(msgid, ''))}\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(out))


CONVERSION = re.compile(r"%(?:(\d+)\$)?([-+ 0#]*(?:\*|\d+)?(?:\.(?:\*|\d+)?)?(?:hh|h|ll|l|z|j)?[a-zA-Z%])")


def conversions(text):
    """{place: conversion without flags and width} of a printf format; a `*` takes a place of its own."""
    found, place = {}, 0
    for number, conversion in CONVERSION.findall(text):
        if conversion == "%":
            continue
        for _ in range(conversion.count("*")):
            place += 1
            found[place] = "*"
        place += 1
        found[int(number) if number else place] = re.sub(r"^[-+ 0#]*(?:\*|\d+)?(?:\.(?:\*|\d+)?)?", "", conversion)
    return found


def placeholders(text):
    """Names in braces, of the alarms' own formats."""
    return sorted(set(re.findall(r"\{[a-z]+\}", text)))


def complaints(said, entries, fuzzy):
    """[(msgid, what is wrong)]"""
    found = [(msgid, f"is marked fuzzy (said in {said.get(msgid, 'no file')})") for msgid in fuzzy]
    for msgid, where in said.items():
        text = entries.get(msgid, "")
        if not text:
            found.append((msgid, f"{where}: has no translation"))
        elif conversions(msgid) != conversions(text):
            found.append((msgid, f"{where}: the conversions differ: {text}"))
        elif placeholders(msgid) != placeholders(text):
            found.append((msgid, f"{where}: the names in braces differ: {text}"))
        elif msgid.startswith("\n") != text.startswith("\n") or msgid.endswith("\n") != text.endswith("\n"):
            found.append((msgid, f"{where}: only one of the two begins or ends with a new line"))
    return found + [(msgid, "nobody says this any more") for msgid in entries if msgid not in said]


def main():
    said = messages()
    entries, fuzzy = catalogue_read() if os.path.exists(CATALOGUE) else ({}, [])
    if sys.argv[1:] == ["update"]:
        catalogue_write(said, entries)
        print(f"{len(said)} sentences, {sum(1 for one in said if not entries.get(one))} without a translation")
        return 0
    if sys.argv[1:] == ["missing"]:
        for msgid, where in said.items():
            if not entries.get(msgid):
                print(f"{where}\t{quoted(msgid)}")
        return 0
    if sys.argv[1:] != ["check"]:
        sys.exit(__doc__)
    wrong = complaints(said, entries, fuzzy)
    for msgid, what in wrong:
        print(f"{what}\n    {quoted(msgid)}")
    if wrong:
        print(f"\n{len(wrong)} faults.  Mend: po/extract.py update, then write the Chinese into po/zh_CN.po")
        return 1
    print(f"in order: {len(said)} sentences in Chinese")
    return 0


if __name__ == "__main__":
    sys.exit(main())
