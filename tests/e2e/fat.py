#!/usr/bin/env python3
"""Bundles on the file system that sticks have: real FAT16 and FAT32, in an image, without a kernel that mounts it.

usage: fat.py BIN_DIR

mkfs.vfat makes the file system and mcopy carries files there and back; without them (dosfstools, mtools) it is skipped.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from cli import answer, error, muster
from nodes import Node, equal_digests, running

RECORDS = 5000
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
FAT_FILE_MAX = (1 << 32) - 2  # one byte less than 4 GiB - 1, which FAT32 can name but not every system can write
LINE = re.compile(r"^(\S+) +(\S*) +(\d[\d ]*) \d{4}-\d\d-\d\d +\d+:\d\d *(.*?) *$")


def run(*words, code=0):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=dict(os.environ, PATH=PATH, LC_ALL="C.UTF-8"))
    assert code is None or done.returncode == code, (words, done.returncode, done.stdout[-1000:], done.stderr[-1000:])
    return done


class Stick:
    """An image with a FAT of so many bits."""

    def __init__(self, root, name, bits, size):
        self.image = os.path.join(root, name + ".img")
        with open(self.image, "wb") as file:
            file.truncate(size)
        said = run("mkfs.vfat", "-F", str(bits), "-s", "1" if bits == 32 else "4", "-n", "STICK", self.image)
        assert "fail" not in said.stderr, said.stderr

    def put(self, folder, code=0):
        """All files of the folder, in their order; what mcopy says."""
        return run("mcopy", "-i", self.image, *[os.path.join(folder, n) for n in sorted(os.listdir(folder))], "::", code=code)

    def get(self, folder):
        """All that is on it, in a folder of this machine."""
        os.makedirs(folder, exist_ok=True)
        for name in self.names():
            run("mcopy", "-n", "-i", self.image, "::" + name, os.path.join(folder, name))
        return folder

    def rows(self):
        """[(short name, size, long name)]; the long one is empty where the short one says all."""
        found = [LINE.match(line) for line in run("mdir", "-i", self.image, "::").stdout.splitlines()]
        return [(m[1] + "." + m[2], int(m[3].replace(" ", "")), m[4]) for m in found if m]

    def names(self):
        return [name or short.strip(".") for short, _, name in self.rows()]


def begin(node):
    node.start()
    node.post("/v1/init", {"agency": node.name, "country": "CN", "node": node.name + "-1",
                           "listen": "tcp://127.0.0.1:%d" % node.port, "advertise": ["tcp://127.0.0.1:1"]})


def incidents(node, count, name):
    for at in range(0, count, 250):
        items = [{"op": "create", "kind": "incident", "fields": {"name": "%s %d" % (name, i), "phase": "active", "category": ["Met"],
                                                                 "description": os.urandom(300).hex()}}
                 for i in range(at, min(at + 250, count))]
        assert node.post("/v1/records", {"items": items})["refused"] == 0


def bundles(folder):
    return sorted((os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".muster-bundle")), key=lambda f: (len(f), f))


def folder_of(root, name):
    path = os.path.join(root, name)
    os.makedirs(path)
    return path


def fits_fat(stick, folder):
    """What FAT made of the names and sizes is what was written: nothing was shortened, joined or renamed."""
    rows = stick.rows()
    assert sorted(stick.names()) == sorted(os.listdir(folder)), (stick.names(), os.listdir(folder))
    assert all(re.match(r"^[A-Z0-9~_-]{1,8}\.[A-Z0-9]{0,3}$", short) for short, _, _ in rows), rows
    assert len({short for short, _, _ in rows}) == len(rows) == len({n.lower() for n in stick.names()}), rows
    for short, size, name in rows:
        assert size == os.path.getsize(os.path.join(folder, name or short.strip("."))) <= FAT_FILE_MAX, (short, size)


def there_and_back(a, b, root, bits, size):
    """Card out, invite and bundles back, replies home: over the stick alone."""
    out, stick = folder_of(root, "out%d" % bits), Stick(root, "fat%d" % bits, bits, size)
    muster(b, "card", "-O", os.path.join(out, b.name + ".muster-card"))
    muster(a, "invite", os.path.join(out, b.name + ".muster-card"), "--right", "write", "-O", os.path.join(out, b.name + ".muster-invite"))
    made = answer(a, "bundle", "export", "--for", b.name, "--part-size", "1", "-O", out)
    assert len(made["files"]) >= 3 and not made["older"], made
    stick.put(out)
    fits_fat(stick, out)
    home = stick.get(os.path.join(root, "at-%s" % b.name))
    joined = answer(b, "join", home)
    assert not joined["bundles"]["lacking"] and joined["bundles"]["new"] > 0, joined["bundles"]
    assert equal_digests([a, b], "flood"), (a.digest("flood"), b.digest("flood"))
    replies = folder_of(root, "replies%d" % bits)
    for name in os.listdir(home):
        if ".reply." in name:
            shutil.move(os.path.join(home, name), replies)
    stick.put(replies)
    taken = answer(a, "bundle", "import", stick.get(os.path.join(root, "back%d" % bits)), "--no-reply")
    assert not taken["lacking"], taken
    assert answer(a, "bundle", "export", "--for", b.name, "--dry-run")["segments"] == 0, "the receipts did not arrive"
    print("FAT%d: %d files there and back" % (bits, len(os.listdir(out))))


def names_of_1981(a, b, root):
    """A system without long names: the files are taken when they are named."""
    out, back = folder_of(root, "long"), folder_of(root, "short")
    incidents(a, 3, "short names")
    answer(a, "bundle", "export", "--for", b.name, "-O", out)
    stick = Stick(root, "old", 16, 16 << 20)
    stick.put(out)
    for i, (short, _, name) in enumerate(stick.rows()):
        if name.endswith(".muster-bundle"):
            run("mcopy", "-n", "-i", stick.image, "::" + name, os.path.join(back, short))
    assert "there is no *.muster-bundle" in muster(b, "bundle", "import", back, exit=3)[1]
    taken = answer(b, "bundle", "import", *[os.path.join(back, n) for n in os.listdir(back)], "--no-reply")
    assert taken["new"] > 0 and equal_digests([a, b], "flood"), taken


def full_half_way(a, b, root):
    """A stick that is too small: what went on it is taken and the rest is named; the same command goes on."""
    out = folder_of(root, "all")
    words = ("bundle", "export", "--for", b.name, "--all", "--part-size", "1", "-O")
    whole = answer(a, *words, out)["files"]
    assert len(whole) >= 3, whole
    small = Stick(root, "small", 12, sum(f["bytes"] for f in whole) * 2 // 3 // 4096 * 4096)
    lists = [n for n in os.listdir(out) if n.endswith(".muster-parts")]
    first = folder_of(root, "first")  # the list is the first that was there
    for name in lists:
        shutil.copy(os.path.join(out, name), first)
    small.put(first)
    shutil.rmtree(first)
    parts = folder_of(root, "parts")
    for file in bundles(out):
        shutil.copy(file, parts)
    assert "full" in small.put(parts, code=1).stderr.lower(), "the stick has room for all of it"
    back = small.get(os.path.join(root, "half"))
    before = b.digest("flood")
    taken = answer(b, "bundle", "import", back, "--no-reply", exit=5)
    assert taken["lacking"] and all(r["why"] in ("missing", "short", "zeroes") for r in taken["lacking"]), taken["lacking"]
    assert b.digest("flood") == before and taken["passed"] + len(taken["files"]) + len(taken["lacking"]) == len(whole), taken
    again = answer(a, *words, back)["files"]
    lacking = {os.path.basename(r["file"]) for r in taken["lacking"]}
    assert {os.path.basename(f["file"]) for f in again if not f["kept"]} == lacking and len(lacking) < len(whole), (again, lacking)
    large = Stick(root, "large", 32, 48 << 20)
    large.put(back)
    fits_fat(large, back)
    done = answer(b, "bundle", "import", large.get(os.path.join(root, "done")), "--no-reply")
    assert not done["lacking"] and done["passed"] + len(done["files"]) == len(whole), done
    print("full after %d of %d files, and carried on" % (len(whole) - len(lacking), len(whole)))


def an_older_one_beside_it(a, c, root):
    """What is finished stays when there is more to tell; the new one says that it makes the old one needless, and it does."""
    out = folder_of(root, "older")
    words = ("bundle", "export", "--for", c.name, "--part-size", "1", "-O", out)
    first = answer(a, *words)
    assert not first["older"] and not answer(a, *words)["older"], first
    incidents(a, 5, "since then")
    second = answer(a, *words)
    stem = first["files"][0]["file"]
    assert [(o["file"], o["parts"]) for o in second["older"]] == [(stem, len(first["files"]))], second["older"]
    assert second["older"][0]["bytes"] == sum(f["bytes"] for f in first["files"])
    said = muster(a, *words)[0]
    assert stem in said and "no longer needed" in said, said
    assert os.path.exists(stem), "it was removed, and nobody had asked for that"
    for file in [f["file"] for f in first["files"]] + [stem.replace(".muster-bundle", ".muster-parts")]:
        os.unlink(file)
    assert not answer(a, *words)["older"]
    muster(c, "join", os.path.join(root, "out32", c.name + ".muster-invite"), exit=None)  # it has joined
    taken = answer(c, "bundle", "import", out, "--no-reply")
    assert not taken["lacking"] and equal_digests([a, c], "flood"), taken


def main():
    if not all(shutil.which(program, path=PATH) for program in ("mkfs.vfat", "mcopy", "mdir")):
        print("skipped: no FAT here (apt-get install mtools dosfstools)")
        return 77
    root = tempfile.mkdtemp(prefix="muster-fat-")
    a, b, c = (Node(sys.argv[1], name, root) for name in ("a", "b", "c"))
    try:
        with running(a, b, c):
            for node in (a, b, c):
                begin(node)
            muster(a, "space", "create", "flood")
            incidents(a, RECORDS, "Jinsha dike")
            assert error(a, "bundle", "export", "--for", "a", "--part-size", "4096", exit=2), "a part that FAT cannot hold"
            there_and_back(a, b, root, 16, 16 << 20)
            there_and_back(a, c, root, 32, 48 << 20)
            names_of_1981(a, b, root)
            full_half_way(a, b, root)
            an_older_one_beside_it(a, c, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 0


sys.exit(main())
