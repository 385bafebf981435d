#!/usr/bin/env python3
"""Every exit code of the command line, from a command that ends with it.

usage: exits.py BIN_DIR
"""
import os
import re
import signal
import subprocess
import sys

from cli import answer, muster
from nodes import Node, join, running, wait_for

BIN = os.path.abspath(sys.argv[1])
ROOM = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TROUBLE = os.path.join(BIN, "..", "lib", "muster-test-trouble.so")
SKIP = 77


def interrupted(node):
    """A command that goes on until somebody ends it: what a shell says of it."""
    done = subprocess.Popen([os.path.join(BIN, "muster"), "--socket", node.socket, "watch"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    wait_for("it watches", lambda: node.get("/v1/status") and done.poll() is None and os.path.exists("/proc/%d/exe" % done.pid) and
             os.readlink("/proc/%d/exe" % done.pid).endswith("/muster"))
    done.send_signal(signal.SIGINT)
    _, err = done.communicate(timeout=20)
    return 128 - done.returncode if done.returncode < 0 else done.returncode, err


def main():
    anna, boris, carla = (Node(BIN, name) for name in ("anna", "boris", "carla"))
    with running(anna, boris, carla):
        for node in (anna, boris, carla):
            node.start()
            node.init()
        muster(anna, "space", "create", "flood")
        join(anna, boris, "flood", right="read")
        wait_for("boris is in", lambda: boris.digest("flood"))
        incident = answer(anna, "new", "incident", "name=Dike breach", "phase=active", "category=Geo")["items"][0]["object"]
        wait_for("boris has it", lambda: boris.digest("flood")[1] == 1)
        line = answer(anna, "invite", "--once", "--right", "write", "--space", "flood")["line"]
        bundle = os.path.join(anna.root, "not a proof")
        with open(bundle, "w") as f:
            f.write("this is no proof\n")
        malformed = os.path.join(anna.root, "malformed.xml")
        with open(malformed, "w") as f:
            f.write("<alert>")
        gone = Node(BIN, "gone", root=anna.root)
        full = Node(BIN, "anna", root=anna.root)
        full.socket, full.env = anna.socket, {"LD_PRELOAD": TROUBLE, "MUSTER_TEST_FULL_FROM": "1"}
        # code, what happened, at which node, words, the error's name (None: there is none)
        rows = [
            (0, "done", anna, ["status"], None),
            (1, "failed", anna, ["import", malformed], None),
            (2, "usage", anna, ["status", "--no-such-option"], "EUSAGE"),
            (2, "a question that nobody can answer", anna, ["erase", incident, "--ground", "error"], "EUSAGE"),
            (3, "a named thing is not there", anna, ["show", "inc-zzzzz"], "ENOTFOUND"),
            (4, "a rule is against it", boris, ["new", "incident", "name=No", "phase=active", "category=Met"], "ENORIGHT"),
            (5, "something is missing", anna, ["doctor"], None),
            (6, "no node", gone, ["status"], "EUNREACHABLE"),
            (7, "not confirmed in time; it goes on", carla, ["--timeout", "2", "join", line, "--wait"], None),
            (8, "done before", anna, ["init", "anna"], "EREADY"),
            (9, "a proof that is none", anna, ["verify", bundle], None),
            (10, "no room on the disk", full, ["card", "-O", os.path.join(anna.root, "full.card")], "EFULL"),
        ]
        wrong = []
        for code, says, node, words, name in rows:
            done = subprocess.run([os.path.join(BIN, "muster"), "--socket", node.socket, *words, "--json"], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, env=dict({"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""}, **getattr(node, "env", {})))
            found = re.search(r'"code":"(\w+)"', done.stderr)
            if done.returncode != code or (name and (not found or found.group(1) != name)) or (name and done.stdout):
                wrong.append("%d, %s: muster %s ends with %d\n%s%s" % (code, says, " ".join(words), done.returncode, done.stdout, done.stderr))
        code, err = interrupted(anna)
        if code != 128 + signal.SIGINT or err:
            wrong.append("interrupted: it ends with %d, and says %s" % (code, err))
        with open(os.path.join(ROOM, "tools", "command.h"), encoding="utf-8") as f:
            count = int(re.search(r"EXIT_CODES = (\d+)", f.read()).group(1))
        wrong += ["no command here ends with %d" % c for c in range(count) if c not in {row[0] for row in rows}]
        assert not wrong, "\n".join(wrong)
        print("a command for every exit code")


if __name__ == "__main__":
    if not os.path.exists(TROUBLE):
        print("skipped: this build has no disk that is full where a test says")
        sys.exit(SKIP)
    main()
