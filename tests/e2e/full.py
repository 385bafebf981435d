#!/usr/bin/env python3
"""A full disk under a real node: writing, receiving, importing, backing up, exporting.  Each is a sentence and exit code 10,
nothing that was acknowledged is lost, and all goes on by itself when room comes.

usage: full.py BIN_FOLDER

Runs in a mount namespace of its own, with a tmpfs as the disk; skipped when this user may not mount one.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from cli import answer, code, error, muster
from nodes import Node, Refused, equal_digests, join, running, wait_for

DISK_MIB = 224
FIXTURE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "format-1.tar.xz")


class Disk:
    """A tmpfs, and a file in it that takes the room that is left."""

    def __init__(self, path):
        os.mkdir(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm,mode=0700" % DISK_MIB, "none", path], check=True)
        self.path, self.filler = path, os.path.join(path, "filler")

    def free(self):
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def leave(self, left):
        """So many bytes are left, to a page."""
        self.empty()
        with open(self.filler, "wb") as f:
            if self.free() > left:
                os.posix_fallocate(f.fileno(), 0, self.free() - left)

    def empty(self):
        if os.path.exists(self.filler):
            os.unlink(self.filler)


def incident(name, flash=False, **fields):
    return {"op": "create", "flash": flash, "kind": "incident", "fields": dict({"name": name, "phase": "active", "category": ["Met"]}, **fields)}


def write(node, name, **fields):
    """True when it was acknowledged; a refusal must be for the full disk."""
    try:
        stored = node.post("/v1/records", {"items": [incident(name, **fields)]})
    except Refused as refusal:
        assert refusal.code == "EFULL" and refusal.error["exit"] == 10 and refusal.error["do"], refusal.error
        return False
    if stored["refused"]:
        assert stored["items"][0]["error"]["code"] == "EFULL", stored
        return False
    return True


def names(node):
    found, after = set(), ""
    while after is not None:
        page = node.get("/v1/objects?kind=incident&limit=500" + ("&after=" + after if after else ""))
        found |= {item["fields"]["name"] for item in page["items"]}
        after = page["next"]
    return found


def little_room(a, b, disk):
    """Below the reserve only what is urgent is stored, of partners and of one's own; then room comes."""
    disk.leave(24 * 1024 * 1024)
    wait_for("A refuses what can wait", lambda: not write(a, "ours while there is little room"))
    for i in range(40):
        assert write(b, "from B %d" % i)
    assert any(w["code"] == "EFULL" for w in a.get("/v1/status")["warnings"])
    assert write(a, "an alert while there is little room", flash=True), "what is urgent was refused"
    assert write(b, "an alert of B", flash=True)
    wait_for("A has the alert of B", lambda: "an alert of B" in names(a))
    found = [one for one in answer(a, "doctor", exit=5)["items"] if one["check"] == "disk"]
    assert found[0]["state"] == "wrong" and "free space" in found[0]["do"], found
    assert "the disk is full" in muster(a, "status")[0]
    wait_for("B has ours", lambda: "an alert while there is little room" in names(b))
    assert not any(name.startswith("from B") for name in names(a)), "bulk was taken in below the reserve"
    disk.empty()
    wait_for("intake resumes by itself", lambda: equal_digests([a, b]))


def no_room_at_all(a, b, disk, acknowledged):
    """Down to the last byte; reading goes on; nothing acknowledged is lost, over a kill too."""
    disk.leave(0)
    for i in range(4000):
        name = "at the end %d" % i
        if not write(a, name, description="x" * 4000):
            break
        acknowledged.add(name)
    else:
        raise AssertionError("the disk was never full")
    said = error(a, "new", "incident", "name=one more", "phase=active", "category=Met", "description=" + "y" * 3000, exit=10)
    assert said["code"] == "EFULL" and said["do"], said
    assert acknowledged <= names(a)
    assert muster(a, "list", "incidents", "--limit", "5")[0]
    disk.leave(0)
    a.kill()
    a.start()
    assert acknowledged <= names(a), "lost: %s" % sorted(acknowledged - names(a))[:5]
    assert "one more" not in names(a)


def files_find_no_room(a, disk, folder):
    """What is written into files on the full disk leaves nothing behind."""
    key = os.path.join(folder, "backup.key")
    passphrase = os.path.join(folder, "passphrase")
    with open(passphrase, "w") as f:
        f.write("four words nobody says\n")
    muster(a, "backup", "--make-key", key, "--passphrase-file", passphrase)
    before = sorted(os.listdir(disk.path))
    backup, export = os.path.join(disk.path, "a.muster-backup"), os.path.join(disk.path, "all.ndjson")
    note = os.path.join(folder, "photo")
    with open(note, "wb") as f:
        f.write(os.urandom(2 * 1024 * 1024))
    first = next(one["id"] for one in a.get("/v1/objects?kind=incident&limit=500")["items"] if one["fields"]["name"] == "before 0")
    for what, words in (("backup", ["backup", backup, "--to", key + ".pub"]), ("export", ["export", "incidents", "-o", "ndjson", "-O", export]),
                        ("compact", ["compact"]), ("attach", ["attach", first, note])):
        said = json.loads(muster(a, *words, "--json", exit=10)[1].splitlines()[-1])["error"]  # behind its progress
        assert said["code"] == "EFULL" and said["message"] and said["do"], (what, said)
        assert sorted(os.listdir(disk.path)) == before, (what, os.listdir(disk.path))
        assert not os.path.exists(os.path.join(a.data, "main", "data.mdb.compact"))
    return backup, export, key, first, note


def an_import_stops_and_is_repeated(a, disk, folder):
    """What went in stays, the rest is refused for the full disk; the same command again brings the rest, and nothing twice."""
    path, rows = os.path.join(folder, "hospitals.csv"), 60000
    with open(path, "w") as f:
        f.write("name,lat,lon\n")
        for i in range(rows):
            f.write("Hospital %d with a name that is not short at all and goes on for some time,28.%04d,104.%04d\n" % (i, i % 9999, i % 9999))
    before = a.digest()[1]
    disk.leave(66 * 1024 * 1024)
    out, err = muster(a, "import", path, "--json", exit=10)
    assert "EFULL" in err and "Traceback" not in err, err
    assert not out or json.loads(out)["interrupted"], out
    held = a.digest()[1]
    disk.empty()
    wait_for("there is room again", lambda: write(a, "after the import"))
    answer(a, "import", path)
    assert a.digest()[1] == before + rows + 1, (before, held, a.digest())
    answer(a, "import", path)
    assert a.digest()[1] == before + rows + 1
    print("an import of %d rows stopped after %d, and the second one brought the rest" % (rows, held - before))


def room_comes(a, b, disk, acknowledged, files):
    backup, export, key, first, note = files
    disk.empty()
    wait_for("writing goes on by itself", lambda: write(a, "room again"))
    assert acknowledged <= names(a)
    muster(a, "backup", backup, "--to", key + ".pub")
    muster(a, "backup", "--verify", backup)
    muster(a, "export", "incidents", "-o", "ndjson", "-O", export)
    muster(a, "compact")
    muster(a, "attach", first, note)
    wait_for("both hold the same", lambda: equal_digests([a, b]), limit=60)
    assert answer(a, "check")["ok"]


def an_upgrade_wants_room(bin_dir, disk):
    node = Node(bin_dir, "old", disk.path)
    os.mkdir(node.data, 0o700)
    subprocess.run(["tar", "-C", node.data, "-xJf", FIXTURE], check=True)
    disk.leave(8 * 1024 * 1024)
    before = {name: open(os.path.join(node.data, name), "rb").read() for name in ("format", "guard", "main/data.mdb", "keys/data.mdb")}
    done = subprocess.run([os.path.join(bin_dir, "musterd"), "--data", node.data, "--socket", node.socket], capture_output=True, text=True, timeout=60)
    said = " ".join(done.stderr.split())
    assert done.returncode == 10 and "code: EFULL" in said and "MB are needed" in said and "nothing was changed" in said, said
    assert before == {name: open(os.path.join(node.data, name), "rb").read() for name in before}
    disk.empty()
    try:
        node.start()
        assert node.digest()[1] == 20
        assert node.stop() == 0
    finally:
        node.close()
    shutil.rmtree(node.data)


def main():
    bin_dir = sys.argv[1]
    root = tempfile.mkdtemp(prefix="muster-full-")
    disk = Disk(os.path.join(root, "disk"))
    a, b = Node(bin_dir, "yibin", disk.path), Node(bin_dir, "zhaotong", root)
    try:
        with running(a, b, lines=30):
            for node in (a, b):
                node.start()
                node.init()
            a.post("/v1/spaces", {"name": "flood"})
            join(a, b, "flood")
            wait_for("B is in", lambda: b.get("/v1/spaces")["items"])
            acknowledged = {"before %d" % i for i in range(50) if write(a, "before %d" % i)}
            assert len(acknowledged) == 50
            wait_for("B has all", lambda: equal_digests([a, b], objects=50))
            little_room(a, b, disk)
            no_room_at_all(a, b, disk, acknowledged)
            files = files_find_no_room(a, disk, root)
            room_comes(a, b, disk, acknowledged, files)
            an_import_stops_and_is_repeated(a, disk, root)
            an_upgrade_wants_room(bin_dir, disk)
            for node in (a, b):
                assert node.stop() == 0
    finally:
        subprocess.run(["umount", disk.path], check=False)
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    if os.environ.get("MUSTER_TEST_UNSHARED") != "1":
        if subprocess.run(["unshare", "-m", "mount", "--make-rprivate", "/"], capture_output=True, check=False).returncode != 0:
            print("skipped: this user may not mount a small tmpfs")
            sys.exit(77)
        os.environ["MUSTER_TEST_UNSHARED"] = "1"
        os.execvp("unshare", ["unshare", "-m", "sh", "-c", 'mount --make-rprivate / && exec "$0" "$@"', sys.executable, "-B", *sys.argv])
    main()
