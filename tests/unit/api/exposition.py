"""The text format of Prometheus, read strictly: what a collector would refuse, and what its manual asks of names."""
import math
import re

NAME = re.compile(r"muster_[a-z0-9_]*[a-z0-9]\Z")
SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(?:\{([a-z_]+)="((?:[^"\\\n]|\\[\\n"])*)"\})? (\S+)\Z')
UNITS = ("seconds", "bytes", "info", "total", "max")
WRONG_UNITS = re.compile(r"_(ms|milliseconds|minutes|hours|kb|mb|kilobytes|megabytes|percent)(_|\Z)")


def read(text):
    """{name: {"type", "help", "samples": {label text: value}}}; AssertionError names the line that is wrong."""
    assert text.endswith("\n") and "\r" not in text and "\n\n" not in text, "lines end in one newline"
    metrics, current = {}, None
    for number, line in enumerate(text[:-1].split("\n"), 1):
        where = "line %d: %s" % (number, line)
        if line.startswith("# HELP "):
            name, help = line[7:].split(" ", 1)
            assert NAME.match(name) and not WRONG_UNITS.search(name), where
            assert name not in metrics, where + ": a family that comes twice"
            assert help.endswith(".") and help[0].isupper(), where + ": no sentence"
            current = metrics[name] = {"help": help, "type": None, "samples": {}}
            current_name = name
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert current is not None and name == current_name and current["type"] is None, where
            assert kind in ("gauge", "counter"), where
            assert (kind == "counter") == name.endswith("_total"), where + ": counters, and only they, end in _total"
            current["type"] = kind
        else:
            got = SAMPLE.match(line)
            assert got, where + ": no sample"
            name, label, word, value = got.groups()
            assert current and current["type"] and name == current_name, where + ": not under its own TYPE"
            key = "" if label is None else '%s="%s"' % (label, word)
            assert key not in current["samples"], where + ": a sample that comes twice"
            assert not math.isnan(float(value)) and (current["type"] == "gauge" or float(value) >= 0), where
            current["samples"][key] = float(value)
    for name, metric in metrics.items():
        assert metric["samples"], name + " has no sample"
        labels = {key.split("=")[0] for key in metric["samples"]}
        assert len(labels) == 1, name + ": its samples have different labels"
    return metrics
