#!/usr/bin/env python3
"""Every screen that matters at every kind of terminal: 40 columns, dumb, without colour, none at all, one that goes away;
and questions where nobody can answer.

usage: terminal.py BIN_DIR
"""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import unicodedata

from cli import answer, muster
from nodes import Node, join, wait_for

ESCAPE = re.compile(r"\x1b[\[\]()][0-9;?]*[A-Za-z]?|\x1b.")
COPIED = re.compile(r"\S{30,}|^.{0,24}\b(muster|musterd|sudo|systemctl|journalctl) ")  # commands, paths, ids, endpoints: never broken, because they are copied


def at_terminal(node, words, columns, **env):
    """What a person sees at a terminal of so many columns; (text as written, exit code)."""
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([os.path.join(node.bin, "muster"), "--socket", node.socket, "--no-pager", *words], stdin=subprocess.DEVNULL,
                               stdout=secondary, stderr=secondary, close_fds=True,
                               env=dict({"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": "", "TERM": "xterm-256color"}, **env))
    os.close(secondary)
    seen = b""
    while True:
        try:
            piece = os.read(primary, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(primary)
    return seen.decode(), process.wait(timeout=30)


def columns_of(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def lines_of(seen):
    return [ESCAPE.sub("", line).split("\r")[-1] for line in seen.replace("\r\n", "\n").split("\n")]


def too_wide(seen, columns):
    """Lines that are wider than the terminal and are nothing that is copied whole."""
    return [line for line in lines_of(seen) if columns_of(line) > columns and not COPIED.search(line)]


def screens(ids):
    """Words, exit code."""
    return [(["status"], 0), (["list", "incident"], 0), (["list", "resource"], 0), (["show", ids["incident"]], 0), (["history", ids["incident"]], 0),
            (["todo"], 0), (["gaps"], 0), (["quantities"], 0), (["quantities", ids["resource"]], 0), (["doctor"], None), (["help"], 0),
            (["help", "list"], 0), (["help", "incident"], 0), (["help", "bundle", "export"], 0), (["peer", "list"], 0), (["peer", "test", "boris"], 0), (["space", "show"], 0),
            (["space", "log"], 0), (["alarms"], None), (["holders", ids["incident"]], 0), (["audit"], 0), (["pending"], 0), (["sitrep", ids["incident"]], 0),
            (["search", "dike"], 0), (["show", "inc-zzzzz"], 3), (["shwo"], 2), (["list", "nothing"], 2)]


def narrow(node, ids):
    """Readable at 40, 60 and 80 columns in both languages; what is left out for lack of room is said."""
    wrong = []
    for lang in ("en", "zh"):
        for columns in (40, 60, 80):
            for words, code in screens(ids):
                seen, ended = at_terminal(node, words + ["--lang", lang], columns)
                if code is not None and ended != code:
                    wrong.append("%s at %d: exit %s" % (words, columns, ended))
                for line in too_wide(seen, columns):
                    wrong.append("%s at %d in %s: %d columns: %r" % (" ".join(words), columns, lang, columns_of(line), line))
    assert not wrong, "\n" + "\n".join(wrong)


def nothing_lost_silently(node, ids):
    """Where a table has no room, each row becomes a block with every field; a column that is left out is named."""
    named = 0
    for words in (["list", "incident"], ["list", "resource"], ["peer", "list"]):
        titles = [t for t in lines_of(at_terminal(node, words, 300)[0]) if t.strip()]
        titles = next(re.split(r"  +", t.strip()) for t in titles if len(re.split(r"  +", t.strip())) >= 5 and ":" not in t)
        for columns in (40, 62, 70, 80):
            seen = " ".join(at_terminal(node, words, columns)[0].split())
            missing = [t for t in titles if t not in seen]
            assert not missing, (words, columns, missing, seen)
            named += "no room for" in seen
    assert named, "no screen was too narrow: nothing is proven"
    whole = at_terminal(node, ["list", "incident"], 40)[0]
    assert "宜宾市老桥以北" in "".join(line.strip() for line in lines_of(whole)), "a block cuts nothing: " + whole


def plain(node, ids):
    """No terminal, TERM=dumb, NO_COLOR: not one escape sequence; the same words."""
    for words, code in screens(ids):
        for says, env in (("dumb", {"TERM": "dumb"}), ("no colour", {"NO_COLOR": "1"}), ("no TERM", {"TERM": ""})):
            seen, ended = at_terminal(node, words, 80, **env)
            assert "\x1b[3" not in seen and "\x1b[1" not in seen and "\x1b[4" not in seen, (says, words, seen[:400])
            if says == "dumb":
                assert "\x1b" not in seen, (says, words, seen[:400])
            assert code is None or ended == code, (says, words, ended)
        done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env={"HOME": node.root, "LC_ALL": "C", "PATH": ""}, timeout=30)
        assert "\x1b" not in done.stdout + done.stderr and (code is None or done.returncode == code), (words, done)
        assert (done.stdout if code in (0, None) else done.stderr).strip(), words


def gone_away(node, ids):
    """A reader that stops reading ends the writer quietly; a stdout that is closed or full is told, with exit 1."""
    base = [os.path.join(node.bin, "muster"), "--socket", node.socket]
    env = {"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""}
    for words in (["list", "incident", "--all"], ["help"], ["export", "-o", "ndjson"], ["status"]):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(base + words, stdin=subprocess.DEVNULL, stdout=write, stderr=subprocess.PIPE, text=True, env=env, timeout=30)
        os.close(write)
        assert done.returncode in (-13, 0) and "Traceback" not in done.stderr and "rror" not in done.stderr, (words, done)
        with open("/dev/full", "w") as full:
            done = subprocess.run(base + words, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True, env=env, timeout=30)
        assert done.returncode in (1, 10) and "No space left" in done.stderr, (words, done)
        done = subprocess.run(["/bin/sh", "-c", '"$@" >&-', "sh"] + base + words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env=env, timeout=30)
        assert done.returncode == 1 and "could not be written" in done.stderr, (words, done)
    # nor is a file that the closed descriptor would have become written over
    assert answer(node, "check")["ok"]


QUESTIONS = (  # a verb that asks, and the option that its refusal names
    (["space", "remove", "boris"], '--yes="boris"'), (["space", "leave"], '--yes="flood"'), (["erase", "{incident}", "--ground", "mistake"], "--yes="),
    (["confirm", "boris"], "muster confirm"), (["peer", "remove", "boris"], "--yes"),
    (["key", "export-root", "{root}/root.key"], "--passphrase-file"), (["backup", "{root}"], "--passphrase-file"))


def scrolled_away(node, ids):
    """On a list longer than the terminal the last line repeats how complete it is; what is missing is in yellow."""
    short, _ = at_terminal(node, ["list", "incident"], 80)
    assert "".join(lines_of(short)).count("complete as of") == 1, short
    for words in (["list", "--all"], ["help", "list"]):
        long, _ = at_terminal(node, words, 80)
        lines = [line for line in lines_of(long) if line]
        assert len(lines) > 24, "nothing has scrolled: %s" % words
        if words[0] == "list":
            assert lines[1].startswith("complete as of") and lines[-1].startswith("complete as of"), (lines[:3], lines[-3:])
            assert "\x1b[1;33m" not in long, "nothing is missing, and it is yellow"
        else:
            assert "complete as of" not in lines[-1]


def missing(node, ids):
    """After a partner fell silent: yellow at the head, and counted below."""
    wait_for("boris is silent", lambda: answer(node, "list")["complete"]["silent"])
    for words in (["list", "--all"], ["status"], ["todo"]):
        seen, _ = at_terminal(node, words, 80)
        assert re.match(r".*\n\x1b\[1;33mcomplete as of .*boris silent since", seen.replace("\r", "")), (words, seen[:400])
    lines = [line for line in lines_of(at_terminal(node, ["list", "--all"], 80)[0]) if line]
    assert lines[-1].endswith("; silent: 1"), lines[-3:]


def nobody_to_ask(node, ids):
    """A question without a terminal never waits: exit 2, and the option that answers it."""
    for words, option in QUESTIONS:
        words = [w.format(incident=ids["incident"], root=node.root) for w in words]
        done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""}, timeout=30)
        assert done.returncode == 2 and option in done.stderr, (words, done)
        silent = subprocess.Popen([os.path.join(node.bin, "muster"), "--socket", node.socket, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})
        try:
            assert silent.wait(timeout=30) == 2, "it waits for an answer through a pipe: %s" % words
        finally:
            silent.kill()
            silent.communicate()


def answered_no(node, ids):
    """A question that is answered by something else than yes: it says that nothing was done, and nothing was."""
    for said in (b"no\n", b"\n", b"\x04"):
        primary, secondary = pty.openpty()
        process = subprocess.Popen([os.path.join(node.bin, "muster"), "--socket", node.socket, "erase", ids["incident"], "--ground", "error"],
                                   stdin=secondary, stdout=secondary, stderr=secondary, close_fds=True,
                                   env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": "", "TERM": "dumb"})
        os.close(secondary)
        os.write(primary, said)
        seen = b""
        try:
            while chunk := os.read(primary, 4096):
                seen += chunk
        except OSError:  # the other end is closed
            pass
        os.close(primary)
        assert process.wait(timeout=30) == 0 and b"nothing was done" in seen, (said, seen)
    assert not answer(node, "show", ids["incident"])["erased"]


def main():
    node, boris = Node(sys.argv[1], "anna"), Node(sys.argv[1], "boris")
    try:
        for one in (node, boris):
            one.start()
            one.init()
        muster(node, "space", "create", "flood")
        join(node, boris, "flood")
        made = [answer(node, "new", "incident", "name=Dike breach at Yibin, north of the old bridge 宜宾市老桥以北堤坝决口 %d" % i, "phase=active", "category=Met",
                       "severity=Severe", "urgency=Immediate", "description=%s" % ("water over the crest, people on roofs " * 6)) for i in range(3)]
        resource = answer(node, "new", "resource", "name=Diesel pumps of the water works in Cuiping", "quantity=40", "unit={pump}", "status=Available")
        ids = {"incident": answer(node, "list", "incident")["items"][0]["short"], "resource": answer(node, "list", "resource")["items"][0]["short"]}
        assert len(made) == 3 and resource
        muster(node, "mint", ids["resource"], "40")
        wait_for("boris has it", lambda: len(boris.get("/v1/objects?kind=incident")["items"]) == 3)
        for part in (narrow, nothing_lost_silently, plain, gone_away, nobody_to_ask, answered_no):
            part(node, ids)
            print("ok", part.__name__, flush=True)
        for i in range(25):
            muster(node, "new", "observation", "name=gauge %d" % i)
        scrolled_away(node, ids)
        boris.stop()
        missing(node, ids)
    except BaseException:
        print(node.tail(), file=sys.stderr)
        raise
    finally:
        node.close()
        boris.close()


main()
