#!/usr/bin/env python3
"""Every wrong thing a person can do first: one sentence that says what, why and what to do; the documented exit code;
nothing half done.

usage: bad_input.py BIN_DIR
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nodes import Node, free_port  # noqa: E402

BIN = sys.argv[1]
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
checks = 0
failures = []


def run(arguments, timeout=20, **options):
    return subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
                          errors="replace", **options)


def expect(result, code, *words, what=""):
    """The exit code, and every word in what was said; nothing raw leaks through."""
    global checks
    checks += 1
    try:
        judge(result, code, words, what)
    except AssertionError as wrong:
        failures.append(str(wrong))
        print("WRONG:", wrong)


def judge(result, code, words, what):
    said = result.stderr
    assert result.returncode == code, "%s: exit %s, not %s\n%s" % (what or result.args, result.returncode, code, said)
    for word in words:
        assert word.lower() in said.lower(), "%s: does not say %r:\n%s" % (what or result.args, word, said)
    assert said.strip(), "%s: says nothing" % (what or result.args)
    for leak in ("errno", "assert", "(null)", "Segmentation", "MDB_", "ZMQ_"):
        assert leak not in said, "%s: leaks %r:\n%s" % (what or result.args, leak, said)


def daemon(*arguments, **options):
    return run([os.path.join(BIN, "musterd")] + list(arguments), **options)


def starting(root):
    print("starting musterd wrongly")
    expect(daemon("--no-such-option"), 2, "no-such-option")
    bad = os.path.join(root, "bad.conf")
    with open(bad, "w") as f:
        f.write('data = "%s/x"\nlissen = "tcp://127.0.0.1:1"\n' % root)
    expect(daemon("--config", bad), 2, "bad.conf:2", "lissen")
    with open(bad, "w") as f:
        f.write('listen = { "udp://127.0.0.1:1" }\n')
    expect(daemon("--config", bad, "--data", os.path.join(root, "y")), 2, "tcp://")
    with open(bad, "w") as f:
        f.write('data = "no end\n')
    expect(daemon("--config", bad), 2, "bad.conf:", 'NAME = "VALUE"', what="a setting whose quote does not end")
    with open(bad, "wb") as f:
        f.write(b"\x1b[31m\xff\xfe = 1\n")
    cursed = daemon("--config", bad)
    expect(cursed, 2, "bad.conf:1", what="settings that are no text")
    assert "\x1b" not in cursed.stderr, "a setting file steers the terminal"
    expect(daemon("--config", os.path.join(root, "none.conf")), 2, "none.conf")
    expect(daemon("--data", os.path.join(root, "no", "such", "parent"), "--socket", os.path.join(root, "s")), 10, "no/such/parent")
    wide = os.path.join(root, "wide")
    os.mkdir(wide)
    os.chmod(wide, 0o755)
    expect(daemon("--data", wide, "--socket", os.path.join(root, "s")), 78, "wide", "chmod 0700")
    other = os.path.join(root, "other")
    os.mkdir(other, 0o700)
    open(os.path.join(other, "letter.txt"), "w").close()
    expect(daemon("--data", other, "--socket", os.path.join(root, "s")), 78, "other", "empty")
    assert os.listdir(other) == ["letter.txt"], "a directory of something else was changed"


def running(root):
    print("a running node")
    node = Node(BIN, "a", root)
    muster = [os.path.join(BIN, "muster"), "--socket", node.socket]
    expect(run(muster + ["status"]), 6, node.socket, "musterd")
    try:
        node.start()
        expect(run(muster + ["list", "incident"]), 6, "init")
        expect(run(muster + ["init"]), 2)
        node.init("A")
        expect(run(muster + ["init", "Again"]), 8, "already")
        expect(run(muster + ["list", "incident"]), 3, "space", "muster join")
        node.post("/v1/spaces", {"name": "flood"})
        expect(daemon("--data", node.data, "--socket", os.path.join(root, "second.sock")), 10, "another musterd")
        expect(daemon("--data", os.path.join(root, "second"), "--socket", node.socket), 10, "running there already", what="a second one at the same socket")
        expect(run(muster + ["pending", "accept", "Nobody"]), 3, "muster pending", what="nobody of that name waits")
        expect(run(muster + ["list", "severity=Extreme"]), 2, "severity=Extreme", "name the kind")
        expect(run(muster + ["export", "-o", "shp"]), 2, "gpkg", what="a form that there is not")
        expect(run(muster + ["status", "-o", "shp"]), 2, "ndjson")
        none = run(muster + ["upgrade", "--confirm"])
        assert none.returncode == 0 and "no copy" in none.stdout, "asked about copies that there are not: %s" % none.stderr
        sealed = run(muster + ["backup", os.path.join(root, "b")])
        expect(sealed, 2, "--passphrase-file")
        assert "key file" not in sealed.stderr, "a backup is called a key file"

        print("records")
        expect(run(muster + ["new", "incidnt", "name=x"]), 2, "incidnt", "incident")
        expect(run(muster + ["new", "incident", "name=x", "phase=active", "category=Geology"]), 2, "Geology", "Geo")
        expect(run(muster + ["new", "incident", "name=x", "phase=active", "category=Geo", "severty=Minor"]), 2, "severty", "severity")
        expect(run(muster + ["new", "incident", "phase=active", "category=Geo"]), 2, "name")
        expect(run(muster + ["show", "inc-zzzzz"]), 3, "inc-zzzzz")
        expect(run(muster + ["update", "inc-zzzzz", "name=x"]), 3, "inc-zzzzz")
        expect(run(muster + ["shwo", "x"]), 2, "shwo", "show")
        refused = run(muster + ["--json", "show", "inc-zzzzz"])
        assert refused.stdout == "" and json.loads(refused.stderr)["error"]["exit"] == 3

        print("files")
        before = node.digest()
        files = os.path.join(root, "files")
        os.mkdir(files)

        def file(name, content):
            path = os.path.join(files, name)
            with open(path, "wb") as f:
                f.write(content)
            return path

        expect(run(muster + ["import", os.path.join(files, "none.cap")]), 3, "none.cap")
        expect(run(muster + ["import", file("letter.cap", b"Dear colleagues,\n")]), 1, "letter.cap")
        expect(run(muster + ["import", file("html.xml", b"<html><body>no alert</body></html>")]), 1, "html.xml")
        expect(run(muster + ["import", file("cut.cap", open(os.path.join(DATA, "cap", "google-weather.cap"), "rb").read()[:900])]), 1, "cut.cap")
        expect(run(muster + ["import", file("bomb.cap", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">&x;</alert>')]), 1, "bomb.cap", "DOCTYPE")
        proof = run(muster + ["--json", "verify", os.path.join(files, "letter.cap")])
        assert proof.returncode == 9 and json.loads(proof.stderr)["error"]["code"] == "EFOREIGN", proof.stderr
        expect(run(muster + ["import", "--kind", "incident", file("column.csv", b"name,phase,category,colour\nx,active,Geo,red\n")]), 1, "column.csv:1", ": incident has no field", "colour")
        expect(run(muster + ["import", "/dev/zero"]), 1, "/dev/zero", "device")
        os.mkfifo(os.path.join(files, "pipe"))
        holder = os.open(os.path.join(files, "pipe"), os.O_RDWR)  # somebody holds it open and writes nothing: Ctrl-C ends the waiting
        waits = subprocess.Popen(muster + ["import", os.path.join(files, "pipe")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = waits.stderr.readline()
        waits.send_signal(signal.SIGINT)
        out, err = waits.communicate(timeout=30)
        os.close(holder)
        assert waits.returncode == 130 and "stopped by you after 0 objects" in " ".join(err.split()), (waits.returncode, out, err)
        assert "waiting for what somebody writes" in " ".join((first + err).split()), first + err
        os.unlink(os.path.join(files, "pipe"))
        giant = os.path.join(files, "giant.cap")
        with open(giant, "wb") as f:
            f.truncate(1 << 30)
        expect(run(muster + ["import", giant]), 1, "giant.cap")
        os.unlink(giant)
        expect(run(muster + ["import", file("wrong.csv", b"Colour,Taste\nred,sweet\n")]), 1, "wrong.csv")
        expect(run(muster + ["import", "--kind", "stock", file("wrong2.csv", b"Colour,Taste\nred,sweet\n")]), 1, "wrong2.csv", "Colour")
        head = open(os.path.join(DATA, "resources", "eden-warehouse_stock.csv"), "rb").readline()
        row = b'"Depot","Shelter","Tent%s",,,,"pcs","PHP",1,5,"x"\n'
        expect(run(muster + ["import", "--kind", "stock", file("mixed.csv", head + row % "é".encode() + row % b"\xe9")]), 1, "mixed.csv", "3")
        assert node.digest() == before, "a refused file left something behind"
        expect(run(muster + ["import", file("good.cap", open(os.path.join(DATA, "cap", "google-weather.cap"), "rb").read()),
                             os.path.join(files, "letter.cap")]), 1, "letter.cap", what="one good and one bad file")
        assert node.digest() != before, "the good file did not go in beside the bad one"

        print("cards and invites")
        expect(run(muster + ["invite", file("no.card", b"hello"), "--space", "flood", "--right", "write"]), 2, "no MUSTER CARD", what="a card that is none")
        card = node.get("/v1/card")["card"]
        expect(run(muster + ["invite", file("own.card", card.encode()), "--space", "flood", "--right", "write"]), 2, "own", what="the own card")
        broken = card.replace("A", "B", 1) if "A" in card.split("\n")[2] else card
        lines = card.split("\n")
        lines[3] = lines[3][:-1] + ("A" if lines[3][-1] != "A" else "B")
        expect(run(muster + ["invite", file("broken.card", "\n".join(lines).encode()), "--space", "flood", "--right", "write"]), 9, "once more", what="a card with one character changed")
        expect(run(muster + ["join", file("no.invite", b"-----BEGIN MUSTER INVITE-----\n")]), 1, what="an invite that is cut off")

        print("keys")
        assert node.stop() == 0
        secrets = os.path.join(node.data, "secrets")
        key = os.path.join(secrets, "node.key")
        os.chmod(key, 0o644)
        expect(daemon("--data", node.data, "--socket", node.socket), 78, "node.key", "0600")
        os.chmod(key, 0o600)
        content = open(key, "rb").read()
        with open(key, "wb") as f:
            f.write(content[:-3])
        expect(daemon("--data", node.data, "--socket", node.socket), 78, "node.key")
        with open(key, "wb") as f:
            f.write(content)
        os.rename(key, key + ".away")
        expect(daemon("--data", node.data, "--socket", node.socket), 78, "node.key")
        os.rename(key + ".away", key)

        print("ports and formats")
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", node.port))
            taken.listen()
            expect(daemon("--data", node.data, "--socket", node.socket), 10, str(node.port), "in use")
        stamp = os.path.join(node.data, "format")
        old = open(stamp).read()
        with open(stamp, "w") as f:
            f.write("muster data 99\n")
        expect(daemon("--data", node.data, "--socket", node.socket), 78, "newer")
        with open(stamp, "w") as f:
            f.write(old)
        node.start()
        assert node.digest() != before
        assert node.stop() == 0
    finally:
        node.close()


def main():
    root = tempfile.mkdtemp(prefix="muster-bad-")
    os.chmod(root, 0o700)
    try:
        starting(root)
        running(root)
        assert not failures, "%d of %d refusals are not as documented" % (len(failures), checks)
        print("%d refusals, each with its sentence and its exit code" % checks)
    finally:
        shutil.rmtree(root, ignore_errors=True)


main()
