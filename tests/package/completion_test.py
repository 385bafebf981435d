#!/usr/bin/env python3
"""Completion in bash, zsh and fish: each script is given to its shell, and the shell is asked what it would offer."""
import os
import shutil
import subprocess
import sys
import tempfile

MUSTER = os.path.join(sys.argv[1], "muster")

# The line up to the cursor, something that is offered, something that is not.
ROWS = (
    ("the first word is a verb", ["muster", "sta"], "status", "incident"),
    ("a family's second word", ["muster", "space", "cr"], "create", "status"),
    ("a verb's own option", ["muster", "invite", "--ri"], "--right", "--sort"),
    ("an alias has the options of its verb", ["muster", "ls", "--so"], "--sort", "--right"),
    ("a global option everywhere", ["muster", "status", "--js"], "--json", "--right"),
    ("kinds", ["muster", "new", "inc"], "incident", "status"),
    ("fields of a kind", ["muster", "new", "incident", "na"], "name=", "incident"),
)
# zsh's helpers, reduced to printing what would be offered; the real ones do the rest on a terminal.
ZSH = """
compdef() { : }
_files() { print -r -- files }
_describe() { [[ $1 == -o ]] && shift; local -a given; given=(${(P)2}); print -rl -- ${given%%%%:*} }
compadd() { print -rl -- "$@" }
source %s
words=("$@"); CURRENT=$#words
_muster
"""
BASH = """
source %s
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
compopt() { :; }
_muster
printf '%%s\\n' "${COMPREPLY[@]}"
"""


def asked(shell, script, words):
    if shell == "fish":
        command = ["fish", "--no-config", "-c", "source %s; complete -C '%s'" % (script, " ".join(words))]
    else:
        command = [shell] + (["-f"] if shell == "zsh" else ["--norc"]) + ["-c", (ZSH if shell == "zsh" else BASH) % script, shell] + words
    got = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert not got.stderr, got.stderr
    found = [line.split("\t")[0] for line in got.stdout.splitlines()]
    # bash filters by itself; the other two leave it to the shell
    return [word for word in found if word.startswith(words[-1])]


def main():
    seen = []
    with tempfile.TemporaryDirectory() as folder:
        for shell in ("bash", "zsh", "fish"):
            script = os.path.join(folder, "muster." + shell)
            with open(script, "w") as out:
                subprocess.run([MUSTER, "completion", shell], stdout=out, check=True)
            assert os.path.getsize(script) > 2000, shell
            if not shutil.which(shell):
                print("%s is not installed: its script is printed and not asked" % shell)
                continue
            for says, words, offered, never in ROWS:
                got = asked(shell, script, words)
                assert offered in got and never not in got, "%s: %s: %s" % (shell, says, got)
            seen.append(shell)
    refused = subprocess.run([MUSTER, "completion", "tcsh"], capture_output=True, text=True)
    assert refused.returncode == 2 and "fish" in refused.stderr and not refused.stdout
    assert "bash" in seen, "bash is there on every Debian"
    print("asked: " + ", ".join(seen))


main()
