#!/usr/bin/env python3
"""The catalogue against the sources: nothing is missing, fuzzy or of other conversions; nothing is left over.

usage: catalogue_test.py BUILD_DIR
"""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "po"))
import extract  # noqa: E402

WRONG = (
    ("a sentence without a translation", {"one %s": ""}, []),
    ("a conversion of another type", {"one %s": "一 %d"}, []),
    ("a conversion that is missing", {"one %s": "一"}, []),
    ("two conversions in another order without numbers", {"one %s of %d": "%d 之 %s"}, []),
    ("a name in braces that is missing", {"{what} ends": "结束"}, []),
    ("a new line that is missing", {"one\n": "一"}, []),
    ("a fuzzy one", {"one %s": "一 %s"}, ["one %s"]),
    ("one that nobody says", {"one %s": "一 %s", "two": "二"}, []),
)
RIGHT = ({"one %s": "一 %s"}, {"one %s of %d": "%2$d 之 %1$s"}, {"%u approval%s": "%u 人%.0s"}, {"one\n": "一\n"})

SOURCE = '''
static const struct option_row options[] = {{"to", 'O', "FILE", "an option's help"}, SOME_MACRO(x), {"all", 0, NULL, "another " "one"}};
const struct command command_x = {.name = "x y", .help = "a verb", .example = "muster x"};
int f(void) {
    /* _("a comment") */
    fault_set(&fault, MUSTER_EIO, many ? "%zu files" : "one file", n);
    screen_line(tool, "%s", value_text_at(item, "no sentence"));
    return strcmp(_("wrapped"), NC_("people", "missing"));
}
'''
SAID = ["an option's help", "another one", "a verb", "%zu files", "one file", "wrapped", "people\4missing"]


def main():
    for what, entries, fuzzy in WRONG:
        said = {msgid: "x.c" for msgid in entries if msgid != "two"}
        assert extract.complaints(said, entries, fuzzy), "this test is broken: it did not notice %s" % what
    for entries in RIGHT:
        found = extract.complaints({msgid: "x.c" for msgid in entries}, entries, [])
        assert not found, found
    found = extract.sentences_of(SOURCE, "tools/x.c")
    assert sorted(found) == sorted(SAID), "the sources are read otherwise than they are written: %s" % (found,)

    said = extract.messages()
    entries, fuzzy = extract.catalogue_read()
    wrong = extract.complaints(said, entries, fuzzy)
    for msgid, what in wrong:
        print("%s\n    %s" % (what, extract.quoted(msgid)))
    if wrong:
        sys.exit("%d faults.  Mend: po/extract.py update, then write the Chinese into po/zh_CN.po" % len(wrong))
    with tempfile.TemporaryDirectory() as folder:  # what is written reads back the same, and msgfmt agrees
        path = os.path.join(folder, "again.po")
        extract.catalogue_write(said, entries, path)
        assert extract.catalogue_read(path)[0] == entries, "the catalogue does not read back as it was written"
        subprocess.run(["msgfmt", "--check-format", "-o", os.path.join(folder, "again.mo"), path], check=True)
    built = os.path.join(sys.argv[1], "share", "locale", "zh_CN", "LC_MESSAGES", "muster.mo")
    assert os.path.getsize(built) > 0
    print("%d sentences, all of them in Chinese" % len(said))


if __name__ == "__main__":
    main()
