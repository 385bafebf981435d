#!/usr/bin/env python3
"""What is installed, without a package manager: every file has its package, every program of a unit its place, and a node
runs from there.  The short form of install_test.py."""
import fnmatch
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
sys.path.insert(0, os.path.join(SOURCE, "tests/e2e"))
from nodes import Node


def patterns():
    """{package: [pattern]} of debian/*.install."""
    found = {}
    for path in glob.glob(SOURCE + "/debian/*.install"):
        with open(path) as file:
            found[os.path.basename(path)[:-8]] = [line.split()[0] for line in file if line.strip()]
    return found


def takes(pattern, path):
    # Debian's libraries are in a folder that is named after the machine.
    path = re.sub(r"^usr/lib/(?=libmuster|pkgconfig/)", "usr/lib/machine/", path)
    return fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(path, pattern + "/*")


def main():
    faults = []
    with tempfile.TemporaryDirectory() as stage:
        subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], env=dict(os.environ, DESTDIR=stage), check=True,
                       capture_output=True)
        files = sorted(os.path.relpath(os.path.join(folder, name), stage) for folder, _, names in os.walk(stage) for name in names)
        rows = patterns()
        assert set(rows) >= {"musterd", "muster", "muster-doc"}, rows
        for path in files:
            owners = [package for package, of in rows.items() if any(takes(pattern, path) for pattern in of)]
            if len(owners) != 1:
                faults.append("%s is in %s" % (path, owners or "no package"))
        for package, of in rows.items():
            faults += ["%s: nothing fits %s" % (package, pattern) for pattern in of if pattern != "etc/muster"
                       and not any(takes(pattern, path) for path in files)
                       and (shutil.which("scdoc") or "/man/" not in pattern)]
        for path in glob.glob("*.md", root_dir=SOURCE) + glob.glob("docs/*.*", root_dir=SOURCE):
            if "usr/share/doc/muster-doc/" + path not in files:
                faults.append("%s is not among the documents that are installed" % path)
        units = [path for path in files if path.startswith("lib/systemd/system/")]
        assert len(units) >= 2, files
        for unit in units:
            with open(os.path.join(stage, unit)) as file:
                for program in re.findall(r"^Exec\w+=[-+!]*(/usr/\S+)", file.read(), re.M):
                    if not os.access(stage + program, os.X_OK):
                        faults.append("%s starts %s, which is not installed" % (unit, program))
        node = Node(stage + "/usr/sbin", "staged", extra=["--config", stage + "/etc/muster/muster.conf"])
        try:
            node.start()
            node.init("Staged")
            told = subprocess.run([stage + "/usr/bin/muster", "--socket", node.socket, "status"], capture_output=True, text=True,
                                  timeout=60)
            if told.returncode or "staged-1" not in told.stdout:
                faults.append("muster status: %s%s" % (told.stdout, told.stderr))
        finally:
            node.close()
    print("\n".join(faults) or "%d files in %d packages" % (len(files), len(rows)))
    sys.exit(1 if faults else 0)


main()
