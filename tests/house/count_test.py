#!/usr/bin/env python3
"""The count that `make test` ends with: what ctest's JUnit file says, in every way a test can end."""

import os
import subprocess
import sys
import tempfile

import house
import run_tests

# says, CMake of the tests, the last line, whether the run succeeds
CASES = [
    ("counts what passed", ["ok COMMAND true"], "1 passed, 0 failed", True),
    ("counts what failed", ["ok COMMAND true", "bad COMMAND false"], "1 passed, 1 failed", False),
    ("names what was skipped", ["ok COMMAND true", "skip COMMAND sh -c \"exit 77\""], "1 passed, 0 failed, 1 skipped", True),
    ("takes a program that is not there for a failure", ["ok COMMAND true", "gone COMMAND /nowhere/at_all"],
     "1 passed, 1 failed", False),
    ("takes a crash for a failure", ["ok COMMAND true", "crash COMMAND sh -c \"kill -SEGV $$\""],
     "1 passed, 1 failed", False),
    ("is not content when everything was skipped", ["skip COMMAND sh -c \"exit 77\""],
     "0 passed, 0 failed, 1 skipped", False),
    ("is not misled by counts that a test prints", ["ok COMMAND echo 7 passed, 3 failed"], "1 passed, 0 failed", True),
]


def main():
    complaints = house.Complaints(
        "the last line of `make test` counts the tests, and its status is 0 only when some passed and none failed",
        "a count that flatters hides the failure that matters", "mend tests/house/run_tests.py")
    for says, tests, want, success in CASES:
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "CMakeLists.txt"), "w", encoding="utf-8") as file:
                file.write("cmake_minimum_required(VERSION 3.25)\nproject(made_up NONE)\nenable_testing()\n")
                for test in tests:
                    name = test.split()[0]
                    file.write(f"add_test(NAME {test})\nset_tests_properties({name} PROPERTIES SKIP_RETURN_CODE 77)\n")
            build = os.path.join(folder, "build")
            subprocess.run(["cmake", "-S", folder, "-B", build], stdout=subprocess.DEVNULL, check=True)
            done = subprocess.run([sys.executable, run_tests.__file__, build], capture_output=True, text=True, check=False)
            last = done.stdout.rstrip("\n").split("\n")[-1]
            print(f"the count {says}: {last}")
            if last != want or (done.returncode == 0) != success:
                complaints.add(says, f'the last line was "{last}" with status {done.returncode}, not "{want}"')
    return complaints.end(f"{len(CASES)} ways a run can end")


if __name__ == "__main__":
    sys.exit(main())
