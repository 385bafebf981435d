/* hostile_texts.h — texts that would break out of a cell, an element, a string, a command or a screen. */
#ifndef MUSTER_TESTS_FORMATS_HOSTILE_TEXTS_H
#define MUSTER_TESTS_FORMATS_HOSTILE_TEXTS_H

static const struct {
    const char *says, *text;
} hostile[] = {
    {"a formula",                        "=HYPERLINK(\"http://evil.example\",\"click\")"},
    {"a formula with plus",              "+1+cmd|' /C calc'!A0"},
    {"a formula with minus",             "-2+3"},
    {"a formula with at",                "@SUM(A1:A9)"},
    {"a full-width formula",             "\xef\xbc\x9d" "1+1"},
    {"an apostrophe before a formula",   "'=1"},
    {"two apostrophes before a formula", "''=1"},
    {"an apostrophe",                    "'tis"},
    {"a negative number",                "-12.5"},
    {"an apostrophe and a number",       "'-12.5"},
    {"quotes, commas and semicolons",    "\"a\",\"\"b;c\\;d\\\\"},
    {"lines",                            "one\ntwo\r\nthree"},
    {"markup",                           "<script>alert('x')</script> & ]]> <!-- &amp;"},
    {"SQL",                              "'); DROP TABLE muster.object; --\\.\\N\\\\"},
    {"JSON",                             "\"},{\"kind\":\"incident\""},
    {"a terminal's escapes",             "\x1b[2J\x1b]0;title\x07"},
    {"text that turns round",            "\xe2\x80\xae" "gnp.exe"},
    {"nothing to see",                   "a\xe2\x80\x8b" "b\xef\xbb\xbf" "c"},
    {"line and paragraph separators",    "a\xe2\x80\xa8" "b\xe2\x80\xa9" "c"},
    {"C1 and DEL",                       "a\xc2\x85" "b\x7f" "c"},
    {"spaces at the ends",               "  two before, one after "},
    {"other scripts",                    "宜宾 Ψ ش \xf0\x9f\x9a\x91"},
    {"a tag",                            "#item+name"},
    {"the end of a CDATA section",       "a]]>b"},
    {"references to characters",         "&#0;&#x1b;&#xFFFE;&bogus;"},
    {"what XML forbids",                 "a\x01" "b\x0b" "c\xef\xbf\xbe" "d\xef\xbf\xbf" "e"},
    {"a tab and a bare return",          "a\tb\rc"},
    {"marks that pile up",               "Z\xcc\x81\xcc\x81\xcc\x81" "algo"},
    {"isolates and embeddings",          "\xe2\x81\xa6" "a\xe2\x81\xa9\xe2\x80\xab" "b\xe2\x80\xac"},
    {"an instruction",                   "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>"},
};

#endif
