"""Scenarios of processes and data directories: killed, restored, copied."""
import os
import shutil

from trio import LIMIT, HostNode, Trio, equal_digests, wait_for

BULK, BYTES_EACH = 1500, 400
OUTSIDE_BACKUP = ("guard", "secrets", "keys")  # what a backup by the manual does not hold


def killed(bin_dir):
    """a node is killed again and again in the middle of a catch-up"""
    with Trio(bin_dir) as t:
        t.all_meet("at first")
        host = t.net.hosts["c"]
        t.c.kill()
        t.write(t.a, BULK, "bulk", BYTES_EACH)
        t.write(t.b, 50)
        host.narrow(1000)
        there = 0
        for number in range(3):
            t.c.start()
            before = there
            wait_for("more of the bulk is at c", lambda: t.c.digest()[1] > before + 100, LIMIT, 0.02)
            there = t.c.digest()[1]
            t.c.kill()
            assert there < len(t.expected), "the catch-up was over before kill %d: nothing was tried" % (number + 1)
        host.widen()
        t.c.start()
        assert t.c.digest()[1] >= there, "what was shown before the kill is gone"
        t.write(t.c, 10)
        print("  3 kills, the last at %d of %d objects; equal %.2f s after the last start" %
              (there, len(t.expected), t.converge("after the kills")))
        t.check()


def copy_data(node, to):
    shutil.copytree(node.data, to)


def restored(bin_dir):
    """a node goes on from an older copy of its data, whole or without what a backup leaves out"""
    for whole in (True, False):
        with Trio(bin_dir) as t:
            t.all_meet("at first")
            t.write_each(10)
            t.converge("before the backup")
            assert t.c.stop() == 0
            backup = os.path.join(t.root, "backup")
            copy_data(t.c, backup)
            t.c.start()
            t.write_each(10)
            t.converge("after the backup")
            logs = t.a.logs_of(t.c)
            if whole:
                t.c.kill()
            else:
                assert t.c.stop() == 0  # the guard is certain of what was written only at a clean end
                for name in OUTSIDE_BACKUP:
                    here, there = os.path.join(t.c.data, name), os.path.join(backup, name)
                    (shutil.rmtree if os.path.isdir(there) else os.remove)(there)
                    shutil.move(here, there)
            shutil.rmtree(t.c.data)
            shutil.move(backup, t.c.data)
            t.c.start()
            t.write(t.c, 10)
            t.write(t.a, 10)
            took = t.converge("after the restore")
            new = t.a.logs_of(t.c) - logs
            assert new, "c wrote on in a log that it had lost the end of"
            event = "log.incarnation" if whole else "store.behind"
            assert t.c.audit_has(event), "c does not say %s" % event
            t.write_each(5)
            t.converge("afterwards")
            print("  %s: equal %.2f s after the start, %d new log, no fork; warnings %s" %
                  ("a copy of everything" if whole else "guard and secrets kept", took, len(new),
                   [warning["code"] for warning in t.c.get("/v1/status")["warnings"]]))
            t.check()


def cloned(bin_dir):
    """a copy of a node's data runs as a second process elsewhere"""
    with Trio(bin_dir, letters="abcd") as t:
        t.all_meet("at first")
        t.write_each(10)
        t.converge("before the copy")
        assert t.c.stop() == 0
        clone = HostNode(bin_dir, t.net.hosts["d"], t.root)
        copy_data(t.c, clone.data)
        t.extra.append(clone)
        t.c.start()
        t.all_meet("after the copy")
        clone.start()
        t.write(t.c, 10, "original")
        t.write(clone, 10, "copy")
        four = t.nodes + [clone]
        wait_for("a partner tells of the copy",
                 lambda: t.a.audit_has("node.cloned") or t.b.audit_has("node.cloned"), LIMIT)
        wait_for("the original or the copy says so",
                 lambda: t.c.audit_has("node.cloned") or clone.audit_has("node.cloned"), LIMIT)
        for _ in range(5):
            for node in four:
                t.write(node, 4, "both")
        for node in four:
            assert node.space()["forks"] == 0, "%s reports a fork" % node.name
        # The two take each other's place at the partners: what only the copy holds at its end is lost with it.
        assert clone.stop() == 0
        t.extra.remove(clone)
        wait_for("the three agree after the copy ended", lambda: equal_digests(t.nodes), LIMIT)
        names = t.a.names()
        lost = t.expected - names
        assert names <= t.expected and all("-d-" in name for name in lost), lost
        t.expected = names
        t.write_each(5)
        print("  equal %.2f s after the copy ended, without %d records that it kept for itself; no fork" %
              (t.converge("after the copy ended"), len(lost)))
        for node in four:
            assert not node.journal_has("log.fork"), "%s saw a fork" % node.name
        t.check()


def rebooted(bin_dir):
    """a node's machine loses power and is back before the others miss it: that is no copy of it"""
    with Trio(bin_dir, letters="abcd") as t:
        t.all_meet("at first")
        t.write_each(10)
        t.converge("before")
        # The kernel that comes back knows nothing of old connections: another namespace, with the same address.
        t.net.hosts["c"].unplug()
        t.c.kill()
        t.net.hosts["d"].move(3)
        t.c.before = t.net.hosts["d"].inside()
        t.c.start()
        t.write_each(10)
        print("  equal %.2f s after the reboot" % t.converge("after the reboot"))
        t.all_meet("after the reboot")
        for node in t.nodes:
            assert not node.journal_has("node.cloned"), "%s takes a restart for a copy" % node.name
