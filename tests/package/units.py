"""The units beside the daemon's own, in a machine of machine.py: nightly backup, weekly check, the feed into PostgreSQL."""
import glob
import json
import os

from machine import answer, show
from postgres import Postgres

PASSPHRASE = ("--passphrase-file", "/var/tmp/passphrase")
BACKUPS_KEPT = 14
FEED = "muster-feed@flood"


def backed_up(m):
    """The nightly unit's backup, and a restore in the node's place: the records are there, and the node goes on in a new log."""
    items = answer(m, "list", "incident")["items"]
    m.run("tee", "/var/tmp/passphrase", text="four words nobody says\n")
    m.run("chmod", "0600", "/var/tmp/passphrase")
    m.run("muster", "backup", "--make-key", "/var/tmp/backup.key", *PASSPHRASE)
    m.run("systemctl", "start", "muster-backup")
    assert show(m, "ConditionResult", unit="muster-backup") == {"ConditionResult": "no"}, "without a key it does nothing"
    m.run("install", "-m", "0644", "/var/tmp/backup.key.pub", "/etc/muster/backup.pub")
    m.run("systemctl", "start", "muster-backup")
    made, = m.run("sh", "-c", "ls /var/lib/muster-backup/*.muster-backup").stdout.split()
    assert m.run("stat", "-c", "%U %a", made, "/var/lib/muster-backup").stdout.split() == ["muster", "600", "muster", "700"]
    answer(m, "new", "incident", "name=after the backup", "phase=active", "category=Met")
    m.run("systemctl", "stop", "musterd")
    m.run("mv", "/var/lib/muster", "/var/tmp/lost")
    m.run("install", "-d", "-o", "muster", "-g", "muster", "-m", "0700", "/var/lib/muster")
    m.run("muster", "restore", made, "/var/lib/muster", "--key", "/var/tmp/backup.key", *PASSPHRASE)
    m.run("systemctl", "start", "musterd")
    restored = answer(m, "list", "incident")["items"]
    assert {item["id"] for item in restored} == {item["id"] for item in items}, restored
    m.run("rm", "-r", "/var/tmp/lost")


def checked(m):
    """The weekly unit reads everything, and fails where the check does."""
    m.run("systemctl", "start", "muster-check")
    assert show(m, "Result", "ExecMainStatus", unit="muster-check") == {"Result": "success", "ExecMainStatus": "0"}
    m.run("systemctl", "stop", "musterd")
    assert m.run("systemctl", "start", "muster-check", check=False).returncode, "no node, no check"
    m.run("systemctl", "start", "musterd")


def read_back(m):
    """The weekly unit reads the newest backup back, says so to the node, and fails where the backup is damaged."""
    unit = "muster-restore-check"
    m.run("systemctl", "start", unit)  # that it ran, and did not only find its condition unfulfilled, is what the node says
    told = [one for one in json.loads(m.run("muster", "doctor", "--json", check=False).stdout)["items"] if one["check"] == "care"]
    assert any(one["message"].startswith("a backup was last read back: 0 hours") and one["state"] == "ok" for one in told), told
    newest = m.run("sh", "-c", "ls -1t /var/lib/muster-backup/*.muster-backup | head -n 1").stdout.strip()
    m.run("cp", "-p", newest, "/var/tmp/whole")
    m.run("sh", "-c", "printf x | dd of='%s' bs=1 seek=3000 conv=notrunc 2>/dev/null" % newest)
    assert m.run("systemctl", "start", unit, check=False).returncode, "a damaged backup is no success"
    assert "EDAMAGED" in m.run("journalctl", "-u", unit, "-o", "cat", "--no-pager").stdout
    m.run("mv", "/var/tmp/whole", newest)
    m.run("systemctl", "reset-failed", unit)
    m.run("systemctl", "start", unit)


def timers(m):
    """They wait for their hour; of the backups the newest stay."""
    names = ("muster-backup.timer", "muster-check.timer", "muster-restore-check.timer")
    m.run("systemctl", "enable", "--now", *names)
    for unit in names:
        state = show(m, "ActiveState", "NextElapseUSecRealtime", unit=unit)
        assert state["ActiveState"] == "active" and state["NextElapseUSecRealtime"], state
    m.run("sh", "-c", "cd /var/lib/muster-backup && mv *.muster-backup first.muster-backup && for i in $(seq 20); do touch -d \"-$i days\" old-$i.muster-backup; done && chown muster *")
    m.run("systemctl", "start", "muster-backup")
    kept = m.run("ls", "/var/lib/muster-backup").stdout.split()
    assert len(kept) == BACKUPS_KEPT and {"old-%d.muster-backup" % i for i in range(1, BACKUPS_KEPT - 1)} < set(kept), kept


def feed_pid(m):
    """The feed's main process; None: it does not run."""
    state = show(m, "ActiveState", "MainPID", unit=FEED)
    return state["MainPID"] if state["ActiveState"] == "active" else None


def objects(db):
    return set(db.rows("SELECT id FROM muster.object"))


def feed_starts(m):
    """The feed's service into a PostgreSQL outside the machine, by a socket in it; killed, it goes on.  The database; None."""
    psql = glob.glob(m.root + "/usr/bin/psql")
    if not psql or not Postgres.is_here():
        print("no PostgreSQL here: the feed's service is not tried", flush=True)
        return None
    db = Postgres(m.root + "/srv")
    with open(m.root + "/usr/share/muster/sql/muster.sql", encoding="utf-8") as file:
        db.psql(file.read())
    with open(m.root + "/etc/muster/feed-flood.env", "w") as out:
        out.write("PGHOST=%s\nPGUSER=feed\nPGDATABASE=postgres\n" % db.dir[len(m.root):])
    m.run("systemctl", "enable", "--now", FEED)
    m.until("all is in the database", lambda: {item["id"] for item in answer(m, "list", "incident")["items"]} == objects(db))
    first = feed_pid(m)
    m.run("systemctl", "kill", "--signal=KILL", FEED)
    made = answer(m, "new", "incident", "name=while the feed was dead", "phase=active", "category=Met")["items"][0]["object"]
    m.until("systemd starts it again, and it goes on", lambda: made in objects(db))
    assert feed_pid(m) not in (None, first)
    uid = m.run("id", "-u", "muster-feed").stdout.strip()
    status = m.run("cat", "/proc/%s/status" % feed_pid(m)).stdout
    assert "\nUid:\t%s\t" % uid in status and "\nCapEff:\t0000000000000000\n" in status and "\nSeccomp:\t2\n" in status, status
    return db


def feed_ends(m, db):
    """The database is gone; the service tries again, until it is removed."""
    if db:
        db.close()
        assert not os.path.exists(db.dir)
