#!/usr/bin/env python3
"""Arrows, by building: every room links as a shared object with no symbol of a room that it may not use.

    arrows_build_test.py BUILD_FOLDER C_COMPILER

First the canary: a made-up house whose rooms include, and call, what they may not.
"""

import os
import subprocess
import sys
import tempfile

import house

CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(made_up LANGUAGES C)
option(MUSTER_ARROWS "" ON)
include({root}/cmake/room.cmake)
foreach(room low good curious sly)
  add_subdirectory(${{room}})
endforeach()
"""
ROOMS = {
    "low": ("muster_room(low FILES low.c)", {"low.h": "int low_value(void);\n",
                                             "low.c": '#include "low/low.h"\nint low_value(void) { return 1; }\n'}),
    "good": ("muster_room(good FILES good.c USES low)",
             {"good.c": '#include "low/low.h"\nint good(void);\nint good(void) { return low_value(); }\n'}),
    "curious": ("muster_room(curious FILES curious.c)",
                {"curious.c": '#include "low/low.h"\nint curious(void);\nint curious(void) { return 1; }\n'}),
    "sly": ("muster_room(sly FILES sly.c)",
            {"sly.c": "int low_value(void);\nint sly(void);\nint sly(void) { return low_value(); }\n"}),
}


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def made_up_house(folder, compiler):
    source, build = os.path.join(folder, "source"), os.path.join(folder, "build")
    os.makedirs(source)
    with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as file:
        file.write(CMAKE.format(root=house.ROOT))
    for room, (call, contents) in ROOMS.items():
        os.makedirs(os.path.join(source, room))
        for name, content in {"CMakeLists.txt": call + "\n", **contents}.items():
            with open(os.path.join(source, room, name), "w", encoding="utf-8") as file:
                file.write(content)
    status, output = run("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_C_COMPILER={compiler}")
    house.canary(status == 0, "how to configure a made-up house:\n" + output)
    status, output = run("ninja", "-C", build, "muster_good")
    house.canary(status == 0, "that a room may use what is in its USES:\n" + output)
    status, output = run("ninja", "-C", build, "muster_curious")
    house.canary(status != 0 and "low/low.h" in output, "an include of a room that is not in USES:\n" + output)
    status, output = run("ninja", "-C", build, "muster_sly")
    house.canary(status != 0 and "low_value" in output, "a call into a room that is not in USES:\n" + output)


def main():
    build, compiler = sys.argv[1], sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        made_up_house(folder, compiler)
    status, output = run("cmake", "-S", house.ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                         f"-DCMAKE_C_COMPILER={compiler}", "-DMUSTER_ARROWS=ON", "-DMUSTER_TESTS=OFF")
    if status == 0:
        status, output = run("ninja", "-C", build, "-j", "2", "-k", "0")
    complaints = house.Complaints(
        "every room builds as a shared object in which nothing is left undefined (make arrows)",
        "static libraries let a wrong call pass silently: whatever another room linked is there",
        "call only rooms in this room's USES; if the design really needs the arrow, add it to USES, "
        "house.ARROWS and docs/ARCHITECTURE.md")
    if status != 0:
        interesting = [line for line in output.splitlines()
                       if "undefined reference" in line or "error: " in line or "CMake Error" in line]
        for line in interesting[:40] or output.splitlines()[-40:]:
            complaints.add("build", line)
    return complaints.end(f"{len(house.rooms())} rooms, each linked alone; and the canary rooms were refused")


if __name__ == "__main__":
    sys.exit(main())
