#!/usr/bin/env python3
"""Sticks as they are: pulled out half-way, full, lying, damaged, of a stranger; and joining with nothing but a stick.

usage: stick.py BIN_DIR
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from cli import answer, code, error, muster
from nodes import Node, equal_digests

NOWHERE = "tcp://127.0.0.1:1"
RECORDS = 5000
FAT_NAME = re.compile(r"^[^\x00-\x1f\"*/:<>?\\|]{1,255}(?<![. ])$")


class Stop(Exception):
    """What this machine does not allow to be tried."""


def begin(node):
    node.start()
    node.post("/v1/init", {"agency": node.name, "country": "CN", "node": node.name + "-1",
                           "listen": "tcp://127.0.0.1:%d" % node.port, "advertise": [NOWHERE]})


def incidents(node, count, name):
    for at in range(0, count, 250):
        items = [{"op": "create", "kind": "incident", "fields": {"name": "%s %d" % (name, i), "phase": "active", "category": ["Met"], "description": os.urandom(300).hex()}}
                 for i in range(at, min(at + 250, count))]
        assert node.post("/v1/records", {"items": items})["refused"] == 0


def invite(admin, newcomer, folder):
    muster(newcomer, "card", "-O", os.path.join(folder, newcomer.name + ".muster-card"))
    muster(admin, "invite", os.path.join(folder, newcomer.name + ".muster-card"), "--right", "write", "-O",
           os.path.join(folder, newcomer.name + ".muster-invite"))


def bundles(folder):
    """Parts in their order: NAME, NAME-2…"""
    return sorted((os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".muster-bundle")), key=lambda f: (len(f), f))


def times(folder):
    return {f: os.stat(f).st_mtime_ns for f in bundles(folder)}


def preload(node, **more):
    return dict({"LD_PRELOAD": os.path.abspath(os.path.join(node.bin, "..", "lib", "muster-test-stick.so"))}, **more)


def names_are_of_fat(folder):
    names = os.listdir(folder)
    assert all(FAT_NAME.match(name) and name.isascii() for name in names), names
    assert len({name.lower() for name in names}) == len(names), names


def pulled_out_half_way(a, b, root):
    """The same command goes on where it stopped; what is whole is neither written nor taken twice."""
    stick = os.path.join(root, "pulled")
    os.makedirs(stick)
    invite(a, b, stick)
    muster(b, "join", os.path.join(stick, "b.muster-invite"))
    words = ("bundle", "export", "--for", "b", "--part-size", "1", "-O", stick)
    a.env = preload(a, MUSTER_TEST_STICK=stick, MUSTER_TEST_STICK_AFTER="1900000")
    said = error(a, *words, exit=1)
    a.env = {}
    assert said["code"] == "EIO" and "pulled out" in said["message"] and "same command" in said["do"][0], said
    first = bundles(stick)
    assert len(first) == 1, first
    written = times(stick)

    taken = answer(b, "bundle", "import", stick, "--no-reply", exit=5)
    assert taken["new"] > 0 and [r["why"] for r in taken["lacking"]] == ["unfinished"], taken
    screen = muster(b, "bundle", "import", stick, "--no-reply", exit=5)[1]
    assert "was not written: the export was interrupted" in screen and "same command" in screen, screen

    lists = [f for f in os.listdir(stick) if f.endswith(".muster-parts")]
    with open(os.path.join(stick, lists[0]), "ab") as f:
        f.write(b'{"part":2,"by')  # the line that was being written when the stick went
    made = answer(a, *words)
    kept = [f["kept"] for f in made["files"]]
    assert len(kept) >= 3 and kept[0] and not any(kept[1:]), kept
    assert times(stick)[first[0]] == written[first[0]], "a part that was whole was written again"
    assert not [f for f in os.listdir(stick) if f.endswith(".tmp")], os.listdir(stick)
    names_are_of_fat(stick)

    taken = answer(b, "bundle", "import", stick, "--no-reply")
    assert taken["passed"] == 1 and len(taken["files"]) == len(kept) - 1 and not taken["lacking"], taken
    assert equal_digests([a, b], objects=RECORDS), (a.digest(), b.digest())
    written = times(stick)
    again = answer(a, *words)
    assert all(f["kept"] for f in again["files"]) and times(stick) == written, "what was there was written again"
    assert "nothing was written" in muster(a, *words)[0]
    third = answer(b, "bundle", "import", stick, "--no-reply")
    assert third["passed"] == len(kept) and not third["files"] and third["new"] == 0, third
    print("pulled out after one of %d parts, and carried on" % len(kept))
    return stick, words


def cut(path):
    with open(path, "r+b") as f:
        f.truncate(os.path.getsize(path) // 2)


def zeroes(path):
    size = os.path.getsize(path)
    with open(path, "wb") as f:
        f.truncate(size)


def empty(path):
    open(path, "wb").close()


def changed(path):
    with open(path, "r+b") as f:
        f.seek(os.path.getsize(path) // 2)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 1]))


def link(path):
    os.rename(path, path + ".elsewhere")
    os.symlink(path + ".elsewhere", path)


def device(path):
    os.unlink(path)
    os.symlink("/dev/zero", path)


def pipe(path):
    os.unlink(path)
    os.mkfifo(path)


def huge(path):
    with open(path, "wb") as f:
        f.truncate(5 << 30)


DAMAGES = (  # what happens to the second part, and what is said of it
    ("lost", os.unlink, "missing"), ("cut short", cut, "short"), ("a name without data", empty, "short"),
    ("a size without data", zeroes, "zeroes"), ("one bit turned", changed, "changed"), ("a link", link, "no-file"),
    ("a link to a device", device, "no-file"), ("a pipe", pipe, "no-file"), ("5 GiB", huge, "no-file"))


def a_part_that_is_not_whole(a, b, stick, words):
    """Named, not taken, the rest is taken; the same export mends that part alone."""
    for says, damage, why in DAMAGES:
        before, whole = b.digest(), bundles(stick)
        damage(whole[1])
        forgot = damage is changed  # what was taken before is not looked at again, until musterd starts anew
        if forgot:
            assert b.stop() == 0
            b.start()
        taken = answer(b, "bundle", "import", stick, "--no-reply", exit=5)
        assert [(r["file"], r["why"]) for r in taken["lacking"]] == [(whole[1], why)], (says, taken["lacking"])
        assert b.digest() == before and taken["passed"] + len(taken["files"]) == len(whole) - 1, says
        assert taken["new"] == 0 and bool(taken["files"]) == forgot, says
        written = times(stick) if says != "a link to a device" else {}
        made = answer(a, *words)
        assert [f["kept"] for f in made["files"]] == [f != whole[1] for f in whole], (says, made["files"])
        assert os.path.isfile(whole[1]) and not os.path.islink(whole[1]), says
        for path in whole:
            assert path == whole[1] or not written or times(stick)[path] == written[path], (says, path)
        assert not answer(b, "bundle", "import", stick, "--no-reply")["lacking"], says
        for left in (f for f in os.listdir(stick) if f.endswith(".elsewhere")):
            os.unlink(os.path.join(stick, left))
    print("%d kinds of damage, each named and mended alone" % len(DAMAGES))


def a_stick_that_lies(a, root):
    stick = os.path.join(root, "lies")
    os.makedirs(stick)
    a.env = preload(a, MUSTER_TEST_STICK=stick, MUSTER_TEST_STICK_FORGETS="1")
    said = error(a, "bundle", "export", "--for", "b", "--all", "-O", stick, exit=1)
    a.env = {}
    assert said["code"] == "EIO" and "does not read back" in said["message"] and "another stick" in said["do"][0], said
    assert not bundles(stick) and not [f for f in os.listdir(stick) if f.endswith(".tmp")], os.listdir(stick)


def mounted(kind, *options):
    def run(a, b, root):
        stick = os.path.join(root, kind)
        os.makedirs(stick)
        done = subprocess.run(["mount", *options, stick], capture_output=True, text=True)
        if done.returncode:
            raise Stop(done.stderr.strip())
        return stick
    return run


def a_full_stick(a, b, root):
    stick = mounted("full", "-t", "tmpfs", "-o", "size=1500k", "tmpfs")(a, b, root)
    try:
        words = ("bundle", "export", "--for", "b", "--all", "--part-size", "1", "-O", stick)
        said = error(a, *words, exit=10)
        assert said["code"] == "EFULL" and "full" in said["message"] and "MB are free" in said["why"], said
        kept = bundles(stick)
        assert len(kept) == 1, kept
        assert answer(b, "bundle", "import", stick, "--no-reply", exit=5)["lacking"]
        subprocess.run(["mount", "-o", "remount,size=64m", stick], check=True)
        made = answer(a, *words)
        assert [f["kept"] for f in made["files"]][:2] == [True, False], made
        assert not answer(b, "bundle", "import", stick, "--no-reply")["lacking"]
    finally:
        subprocess.run(["umount", "-l", stick], check=False)


def a_write_protected_stick(a, b, root):
    stick = mounted("protected", "-t", "tmpfs", "-o", "ro", "tmpfs")(a, b, root)
    try:
        said = error(a, "bundle", "export", "--for", "b", "-O", stick, exit=4)
        assert said["code"] == "EPERMISSION" and "write-protected" in said["why"], said
    finally:
        subprocess.run(["umount", "-l", stick], check=False)


def a_stick_with_fat(a, b, root):
    """The file system of sticks itself."""
    image, maker = os.path.join(root, "fat.img"), shutil.which("mkfs.vfat", path="/usr/sbin:/sbin:/usr/bin")
    with open("/proc/filesystems") as f:
        if not maker or "vfat" not in f.read().split():
            raise Stop("no mkfs.vfat, or a kernel without vfat")
    with open(image, "wb") as f:
        f.truncate(64 << 20)
    subprocess.run([maker, image], check=True, capture_output=True)
    stick = mounted("fat", "-o", "loop", image)(a, b, root)
    try:
        words = ("bundle", "export", "--for", "b", "--all", "--part-size", "1", "-O", stick)
        made = answer(a, *words)
        os.unlink(made["files"][1]["file"])
        assert [f["kept"] for f in answer(a, *words)["files"]][:3] == [True, False, True]
        assert not answer(b, "bundle", "import", stick)["lacking"]
        assert code(a, "bundle", "export", "--for", "b", "-O", stick + "/a:b.muster-bundle", exit=1) == "EBADVALUE"
    finally:
        subprocess.run(["umount", "-l", stick], check=False)


def a_stick_of_a_stranger(a, b, root):
    """Names and lists that somebody made up; where the reply goes lies a link to a file of this machine."""
    stick, victim = os.path.join(root, "stranger"), os.path.join(root, "victim")
    os.makedirs(stick)
    with open(victim, "w") as f:
        f.write("mine")
    made = answer(a, "bundle", "export", "--for", "b", "--all", "-O", os.path.join(stick, "good.muster-bundle"))
    self_id = b.get("/v1/status")["agency"]["id"]
    for target in ("good.reply.muster-bundle", "good.reply.muster-parts", "good.reply.muster-bundle.tmp"):
        os.symlink(victim, os.path.join(stick, target))
    os.makedirs(os.path.join(stick, "folder.muster-bundle"))
    head = {"muster": 1, "by": "00", "for": self_id, "all": False, "part_bytes": 0, "space": None, "state": "00"}
    lists = {
        "garbage": b"\xff\xfe not JSON\n" * 100, "deep": b"[" * 100000 + b"\n", "empty": b"",
        "numbers": json.dumps(head).encode() + b'\n{"part":-1,"bytes":-5,"hash":"zz","next":7}\n',
        "endless": json.dumps(head).encode() + b"\n" + b'{"part":1,"bytes":1,"hash":"%s","next":"1-1","left":9}\n' % (b"0" * 64) * 20000,
    }
    for name, content in lists.items():
        with open(os.path.join(stick, name + ".muster-parts"), "wb") as f:
            f.write(content)
    with open(os.path.join(stick, "sparse.muster-parts"), "wb") as f:
        f.truncate(3 << 30)
    taken = answer(b, "bundle", "import", stick, exit=5)
    assert made["files"][0]["file"] in [f["file"] for f in taken["files"]], taken
    with open(victim) as f:
        assert f.read() == "mine", "a link on the stick was followed"
    assert not os.path.islink(os.path.join(stick, "good.reply.muster-bundle")), "the reply went elsewhere"
    crowd = os.path.join(root, "crowd")
    os.makedirs(crowd)
    for i in range(2100):
        open(os.path.join(crowd, "%d.muster-bundle" % i), "wb").close()
    said = muster(b, "bundle", "import", crowd, exit=5)[1]
    assert "52 more files" in said, said[-300:]


def two_of_one_name(a, root, others):
    """Agencies whose names differ in nothing that a stick keeps, in the same minute."""
    stick = os.path.join(root, "names")
    os.makedirs(stick)
    for other in others:
        invite(a, other, root)
    for other in others:
        answer(a, "bundle", "export", "--for", other.name, "-O", stick)
    assert len(bundles(stick)) == len(others), bundles(stick)
    names_are_of_fat(stick)
    incidents(a, 1, "one more")
    answer(a, "bundle", "export", "--for", others[0].name, "-O", stick)  # something is new: a bundle of its own, no other is lost
    assert len(bundles(stick)) == len(others) + 1, bundles(stick)


def what_is_not_for_us(a, b, x, root):
    """Of a federation that is not joined; older than what is here: a sentence, its exit code, nothing lost."""
    stick = os.path.join(root, "foreign")
    os.makedirs(stick)
    muster(x, "space", "create", "elsewhere")
    incidents(x, 3, "foreign")
    invite(x, b, stick)
    answer(x, "bundle", "export", "--for", "b", "-O", stick)
    before = b.digest("flood")
    said = error(b, "bundle", "import", bundles(stick)[0], exit=3)
    assert said["code"] == "EUNKNOWN_SPACE" and said["do"][0], said
    assert code(b, "bundle", "import", stick, exit=3) == "EUNKNOWN_SPACE"
    assert error(a, "bundle", "import", bundles(stick)[0], exit=4)["code"] == "EWRONGPEER"
    assert answer(a, "bundle", "import", stick)["new"] == 0  # of a folder, what is for others is passed over
    old = answer(a, "bundle", "export", "--for", "b", "--all", "-O", os.path.join(stick, "old.muster-bundle"))["files"][0]["file"]
    muster(b, "bundle", "import", os.path.join(root, "names"), exit=0)
    held = b.digest("flood")
    taken = answer(b, "bundle", "import", old, "--no-reply")
    assert taken["new"] == 0 and taken["refused"] == 0 and b.digest("flood") == held and held[1] >= before[1], taken


def joining_with_a_stick_alone(a, c, root):
    """Card out, one folder back, `join FOLDER`, the return bundle with receipts: neither ever calls the other."""
    stick = os.path.join(root, "join")
    os.makedirs(stick)
    assert code(c, "join", os.path.join(stick, "nothing"), exit=3) == "ENOTFOUND"
    said = error(c, "join", stick, exit=3)
    assert "no invite for this node" in said["message"] and "muster invite" in said["do"][0], said
    invite(a, c, stick)
    whole = open(os.path.join(stick, "c.muster-invite")).read()
    with open(os.path.join(stick, "c.muster-invite"), "w") as f:
        f.write(whole[:len(whole) // 2])
    said = error(c, "join", stick, exit=1)
    assert said["code"] == "ETRUNCATED", said
    with open(os.path.join(stick, "c.muster-invite"), "w") as f:
        f.write(whole)
    out = muster(c, "join", stick)[0]
    assert "joined the space flood of a" in out and c.get("/v1/spaces")["items"][0]["name"] == "", "only the invite was there"
    answer(a, "bundle", "export", "--for", "c", "--part-size", "1", "-O", stick)
    lost = bundles(stick)[-1]
    os.rename(lost, lost + ".away")
    joined = answer(c, "join", stick, exit=5)
    assert joined["space"]["name"] == "flood" and [r["file"] for r in joined["bundles"]["lacking"]] == [lost], joined["bundles"]["lacking"]
    os.rename(lost + ".away", lost)
    joined = answer(c, "join", stick)
    assert not joined["bundles"]["lacking"] and joined["bundles"]["new"] > 0, joined["bundles"]
    assert equal_digests([a, c], "flood"), (a.digest("flood"), c.digest("flood"))
    replies = [f for f in bundles(stick) if ".reply." in f]
    assert replies, os.listdir(stick)
    incidents(c, 5, "seen by c")
    answer(c, "bundle", "export", "--for", "a", "-O", stick)
    back = answer(a, "bundle", "import", stick, "--no-reply")
    assert back["new"] > 0 and back["refused"] == 0 and not back["lacking"], back
    assert equal_digests([a, c], "flood"), (a.digest("flood"), c.digest("flood"))
    assert answer(a, "bundle", "export", "--for", "c", "--dry-run")["segments"] == 0, "the receipts did not arrive"
    for node in (a, c):
        with open(node.journal) as f:
            assert "event=peer.up" not in f.read(), "they have met over a line"


def progress_is_told(a, root):
    """For a program: lines of JSON on stderr, the last one with all of it."""
    stick = os.path.join(root, "progress")
    os.makedirs(stick)
    out, err = muster(a, "bundle", "export", "--for", "b", "--all", "--part-size", "1", "-O", stick, "--json")
    lines = [json.loads(line) for line in err.splitlines()]
    total = sum(f["bytes"] for f in json.loads(out)["files"])
    assert lines and lines[-1] == {"muster": 1, "progress": "bundle", "done": total, "of": total}, lines


def main():
    root = tempfile.mkdtemp(prefix="muster-stick-")
    a, b, c, x = (Node(sys.argv[1], name, root) for name in ("a", "b", "c", "x"))
    twins = [Node(sys.argv[1], name, root) for name in ("Yi-bin", "Yi bin")]
    skipped = []
    try:
        for node in (a, b, c, x, *twins):
            begin(node)
        muster(a, "space", "create", "flood")
        incidents(a, RECORDS, "Jinsha dike")
        faults = os.path.exists(preload(a)["LD_PRELOAD"])
        if faults:
            stick, words = pulled_out_half_way(a, b, root)
            a_part_that_is_not_whole(a, b, stick, words)
            a_stick_that_lies(a, root)
        else:
            skipped.append("a stick that fails: no preloading here")
            invite(a, b, root)
            muster(b, "join", os.path.join(root, "b.muster-invite"))
        for part in (a_full_stick, a_write_protected_stick, a_stick_with_fat):
            try:
                part(a, b, root)
                print("ok", part.__name__, flush=True)
            except Stop as reason:
                skipped.append("%s: %s" % (part.__name__, reason))
        progress_is_told(a, root)
        two_of_one_name(a, root, twins)
        a_stick_of_a_stranger(a, b, root)
        what_is_not_for_us(a, b, x, root)
        joining_with_a_stick_alone(a, c, root)
        print("\n".join("not tried: " + s for s in skipped))
    except BaseException:
        for node in (a, b, c, x):
            print("--- %s\n%s" % (node.name, node.tail()), file=sys.stderr)
        raise
    finally:
        for node in (a, b, c, x, *twins):
            node.close()
        shutil.rmtree(root, ignore_errors=True)


main()
