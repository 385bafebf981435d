#!/usr/bin/env python3
"""The units: systemd takes them, and what each service may do is little (exposure at most 2.0)."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = sys.argv[1]
EXPOSURE_MAX = 2.0
SERVICES = {"musterd.service", "muster-backup.service", "muster-check.service", "muster-restore-check.service", "muster-feed@.service"}


def exposure(path):
    got = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", path], capture_output=True, text=True)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", got.stdout)
    assert found, got.stdout[-400:] + got.stderr
    return float(found.group(1))


def main():
    if not shutil.which("systemd-analyze"):
        print("skipped: there is no systemd-analyze here")
        sys.exit(77)
    units = sorted(glob.glob(SOURCE + "/packaging/systemd/*") + glob.glob(SOURCE + "/packaging/sql/*.service"))
    assert {os.path.basename(path) for path in units} >= SERVICES, units
    with tempfile.TemporaryDirectory() as folder:
        # systemd-analyze verify looks for the programs: stand-ins that can be run take their place.
        for path in units:
            with open(path) as file:
                text = file.read()
            name = os.path.basename(path).replace("@.", "@x.")
            with open(os.path.join(folder, name), "w") as out:
                out.write(re.sub(r"^(Exec\w+=[-+!]*)/usr/(?:s?bin|lib/muster)/\S+", r"\g<1>/bin/true", text, flags=re.M))
            got = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", os.path.join(folder, name)],
                                 capture_output=True, text=True)
            complaints = [line for line in got.stderr.splitlines() if name in line]
            assert not complaints, complaints
            if name.endswith(".service"):
                score = exposure(os.path.join(folder, name))
                print("%s: %.1f" % (name, score))
                assert score <= EXPOSURE_MAX, (name, score)
        weak = os.path.join(folder, "weak.service")
        with open(weak, "w") as out:
            out.write("[Service]\nExecStart=/bin/true\n")
        assert exposure(weak) > EXPOSURE_MAX, "a unit without a sandbox is found"


main()
