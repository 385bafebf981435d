"""What differs each day is replaced by what stays: ids, records, codes.  A page that was printed once can then be compared."""
import re


class Names:
    """Ids by kind and number, records by number, both in the order in which they are first seen."""

    ID = re.compile(r"\b(agr|ass|cor|dep|eva|exe|fin|inc|ind|los|man|obs|org|pla|rec|rel|req|res|rol|rum|sit|tas|wrn)-([0-9a-z]{5,})\b")
    HEX = re.compile(r"(?<![\w.-])(?=[0-9a-f]*\d)[0-9a-f]{8,}(?![\w-])")
    DIGITS, WORDS = "12345 67890 " * 3, "one two three four five six seven eight nine"

    def __init__(self):
        self.ids, self.records, self.kinds = {}, [], {}
        self.kept = set()  # ids that a page has made up: they stay as they are

    def same_each_day(self, line):
        line = re.sub(r"^(  digits  |  words   ).*", lambda m: m.group(1) + (self.DIGITS if "dig" in m.group(1) else self.WORDS), line)
        line = re.sub(r"\b[0-9a-f]{8}\+(\d)", r"both    ", line)
        line = self.ID.sub(self.id, line)
        return self.HEX.sub(self.record, line)

    def id(self, match):
        kind, text = match.groups()
        if match.group(0) in self.kept:
            return match.group(0)
        if match.group(0) not in self.ids:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            self.ids[match.group(0)] = "%s-%0*d" % (kind, len(text), self.kinds[kind])
        return self.ids[match.group(0)]

    def record(self, match):
        """A record is named by as many digits as are needed; the same one stays the same."""
        text = match.group(0)
        for number, known in enumerate(self.records, 1):
            if known.startswith(text) or text.startswith(known):
                self.records[number - 1] = max(known, text, key=len)
                return "%0*d" % (len(text), number)
        self.records.append(text)
        return "%0*d" % (len(text), len(self.records))

    def meant(self, text):
        """What a page names, as it is called today."""
        back = {name: real for real, name in self.ids.items()}
        text = self.ID.sub(lambda m: back.get(m.group(0), m.group(0)), text)
        return self.HEX.sub(self.record_meant, text)

    def record_meant(self, match):
        text = match.group(0)
        number = int(text) if text.isdigit() else 0
        known = self.records[number - 1] if 0 < number <= len(self.records) else ""
        return known[:len(text)] if len(known) >= len(text) else text
