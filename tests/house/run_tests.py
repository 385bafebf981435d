#!/usr/bin/env python3
"""Runs ctest in a build folder and prints, as the last line, how many tests passed and failed.

    run_tests.py BUILD [--jobs N] [--without LABEL] [--label LABEL]

The line is `N passed, N failed` or, when some did not run, `N passed, N failed, N skipped`; it is
counted from ctest's JUnit file, not from the screen, because cmocka prints counts of its own there.
The exit status is 0 only when tests ran and none failed.
"""

import argparse
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def count(junit_file):
    """(passed, failed, skipped) of a JUnit file as ctest writes it."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(junit_file).getroot().iter("testcase"):
        status = case.get("status")
        if status == "run":
            passed += 1
        elif status in ("notrun", "disabled") and case.find("failure") is None:
            reason = case.find("skipped")
            message = reason.get("message", "") if reason is not None else ""
            # ctest calls a test whose program is missing "not run": that is a failure.
            if status == "notrun" and not message.startswith("SKIP"):
                failed += 1
            else:
                skipped += 1
        else:
            failed += 1
    return passed, failed, skipped


def line(passed, failed, skipped):
    text = f"{passed} passed, {failed} failed"
    return f"{text}, {skipped} skipped" if skipped else text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--without", help="leave out the tests of this label")
    parser.add_argument("--label", help="run the tests of this label only")
    given = parser.parse_args()
    junit_file = os.path.abspath(os.path.join(given.build, "tests.junit.xml"))
    if os.path.exists(junit_file):
        os.remove(junit_file)
    command = ["ctest", "--test-dir", given.build, "--output-on-failure", "--no-tests=error",
               "-j", given.jobs, "--output-junit", junit_file]
    if given.without:
        command += ["-LE", given.without]
    if given.label:
        command += ["-L", given.label]
    status = subprocess.call(command)
    if not os.path.exists(junit_file):
        print("run_tests: ctest ran no test; its message is above", file=sys.stderr)
        return status or 1
    passed, failed, skipped = count(junit_file)
    if status != 0 and failed == 0:
        print(f"run_tests: ctest ended with {status} although no test failed", file=sys.stderr)
    sys.stdout.flush()
    print(line(passed, failed, skipped), flush=True)
    return 1 if failed or status or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
