#!/usr/bin/env python3
"""Manual pages: each program, option and setting has its place in them, and scdoc takes every page."""
import glob
import os
import re
import shutil
import subprocess
import sys

BIN, SOURCE = sys.argv[1], sys.argv[2]


def page(name):
    with open(os.path.join(SOURCE, "docs/man", name + ".scd")) as file:
        return file.read().replace("\\_", "_")


def printed(*command):
    return subprocess.run([os.path.join(BIN, command[0]), *command[1:]], capture_output=True, text=True, check=True).stdout


def main():
    faults = []
    options = re.findall(r"^  -(\w), --([\w-]+)", printed("musterd", "--help"), re.M)
    assert len(options) > 8, options
    for letter, name in options:
        if "*-%s*, *--%s*" % (letter, name) not in page("musterd.8"):
            faults.append("musterd(8) lacks --%s" % name)
    settings = re.findall(r"^#(\w+) = ", printed("musterd", "--print-config"), re.M)
    reloads = re.findall(r"change is applied by a (\w+)\)(?:\n#  .*)?\n#(\w+) = ", printed("musterd", "--print-config"))
    assert len(settings) >= 6 and len(reloads) == len(settings), (settings, reloads)
    for change, name in reloads:
        if not re.search(r"^\*%s\* \((?:list, )?%s\)$" % (name, change), page("muster.conf.5"), re.M):
            faults.append("muster.conf(5) lacks *%s* (%s)" % (name, change))
    for name in re.findall(r"^\*(\w+)\* \(", page("muster.conf.5"), re.M):
        if name not in settings:
            faults.append("muster.conf(5) has %s, which is no setting" % name)
    for option in re.findall(r"^  (--[\w-]+)", printed("muster-verify", "--help"), re.M):
        if "*%s*" % option not in page("muster-verify.1"):
            faults.append("muster-verify(1) lacks %s" % option)
    sources = sorted(glob.glob(os.path.join(SOURCE, "docs/man/*.scd")))
    assert len(sources) >= 6, sources
    if shutil.which("scdoc"):
        for source in sources:
            with open(source) as text:
                made = subprocess.run(["scdoc"], stdin=text, capture_output=True, text=True)
            if made.returncode or ".TH" not in made.stdout:
                faults.append("%s: %s" % (source, made.stderr.strip()))
    print("\n".join(faults) or "%d options, %d settings, %d pages" % (len(options), len(settings), len(sources)))
    sys.exit(1 if faults else 0)


main()
