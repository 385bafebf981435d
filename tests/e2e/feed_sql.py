#!/usr/bin/env python3
"""The change feed into a real PostgreSQL: taken twice to the same state, cut off half-way, an erasure, another life, and
its service killed in the middle.

usage: feed_sql.py BIN_DIR        (exit 77, with the reason, where PostgreSQL is not installed)
"""
import os
import re
import shutil
import signal
import subprocess
import sys

from nodes import Node, wait_for
from postgres import Postgres

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def feed(node, *words):
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, "export", "-o", "sql", *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          env={"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""})
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(node, *items):
    made = node.post("/v1/records", {"items": list(items), "wait": True})
    assert not made["refused"], made
    return [i["object"] for i in made["items"]]


def resource(name, **fields):
    return {"op": "create", "kind": "resource", "fields": dict(fields, name=name)}


STATE = "SELECT id, kind, fields, revision, exercise, conflict FROM muster.object ORDER BY id"
HOSTILE = "'); DROP TABLE muster.object; -- \\. \\N \t\n\r\" 岷江 \u202e"
ONE_LINE = " ".join(HOSTILE.split())  # a name has no line ends


def cursor(db):
    return db.rows("SELECT cursor FROM muster.position")[0]


def whole(node, db):
    first, second = write(node, resource(ONE_LINE, comments=HOSTILE), resource("\\.", quantity="3"))
    write(node, *[resource("many %d" % i) for i in range(3000)])
    script = feed(node)
    assert script.count("BEGIN;") >= 2  # several batches
    db.psql(script)
    assert db.rows("SELECT count(*) FROM muster.object") == ["3002"]
    assert db.rows("SELECT fields->>'name' = '\\.' FROM muster.object WHERE id = '%s'" % second) == ["t"]
    name = node.get("/v1/objects/" + first)["fields"]["name"]
    hexed = db.rows("SELECT encode(convert_to(fields->>'name', 'UTF8'), 'hex') FROM muster.object WHERE id = '%s'" % first)
    assert bytes.fromhex(hexed[0]).decode() == name and "DROP TABLE" in name
    assert db.rows("SELECT count(*) FROM muster.inbox") == ["0"]
    assert db.rows("SELECT current_at IS NOT NULL AND NOT sweeping FROM muster.position") == ["t"]
    return first, second


def twice(node, db, first):
    before, at = db.rows(STATE), cursor(db)
    write(node, {"op": "update", "kind": "resource", "object": first, "fields": {"quantity": "7"}})
    script = feed(node, "--after", at)
    db.psql(script)
    once, moved = db.rows(STATE), cursor(db)
    assert once != before and moved != at
    db.psql(script)
    assert db.rows(STATE) == once and cursor(db) == moved
    db.psql(feed(node))  # all of it once more
    assert db.rows(STATE) == once and cursor(db) == moved


def cut(node, db):
    """A batch that does not come to its end counts for nothing, and the position says so."""
    at, before = cursor(db), db.rows(STATE)
    write(node, *[resource("cut %d" % i) for i in range(10)])
    script = feed(node, "--after", at)
    for end in (script.index("\\.\n") - 20, script.index("SELECT muster.apply()"), script.index("COMMIT;")):
        db.psql(script[:end], check=False)
        assert db.rows(STATE) == before and cursor(db) == at and db.rows("SELECT count(*) FROM muster.inbox") == ["0"], end
    db.psql(script)
    assert len(db.rows(STATE)) == len(before) + 10 and cursor(db) != at


def gap(node, db):
    """A feed of another life does not go on from here."""
    life = cursor(db).split("-")[0]
    other = feed(node, "--after", cursor(db)).replace(life, "0123456789abcdef")
    done = db.psql(other, check=False)
    assert done.returncode != 0 and "does not go on" in done.stderr, done


def erase(node, db):
    """What the feed calls erased goes, and what is sent late of it does not come back."""
    victim, = write(node, resource("to be erased"))
    late = feed(node, "--after", cursor(db))
    db.psql(late)
    held = "SELECT count(*) FROM muster.object WHERE id = '%s' AND fields->>'name' = 'to be erased'" % victim
    assert db.rows(held) == ["1"]
    at = cursor(db)
    node.post("/v1/objects/%s/erase" % victim, {"ground": "error"})
    wait_for("the feed says so", lambda: '"op":"erase"' in feed(node, "--after", at))
    db.psql(feed(node, "--after", at))
    assert db.rows(held) == ["0"]
    assert db.rows("SELECT count(*) FROM muster.erased WHERE id = '%s'" % victim) == ["1"]
    db.psql("UPDATE muster.position SET number = %d" % (int(at.split("-")[1]) - 1))  # as if the older were applied again
    db.psql(late)
    assert db.rows(held) == ["0"]


def another_life(node, db):
    node.stop()
    shutil.rmtree(os.path.join(node.data, "derived"))
    node.start()
    space = db.rows("SELECT space_id FROM muster.position")[0]
    db.psql("INSERT INTO muster.object SELECT space_id, 'ghost', kind, short, owner_id, owner, created, changed, revision,"
            " exercise, tlp, conflict, provisional, retracted, fields, branches, round FROM muster.object LIMIT 1")
    db.psql(feed(node, "--after", cursor(db), "--resync"))
    assert db.rows("SELECT count(*) FROM muster.object WHERE id = 'ghost'") == ["0"]
    assert int(db.rows("SELECT count(*) FROM muster.object")[0]) == node.digest("flood")[1]


def unit_command(space):
    """What muster-feed@SPACE starts, from the unit; its program is the one in the sources."""
    with open(os.path.join(ROOT, "packaging/sql/muster-feed@.service"), encoding="utf-8") as file:
        line, = re.findall(r"^ExecStart=(.*)$", file.read(), re.M)
    program, *words = line.replace("%i", space).split()
    assert program == "/usr/lib/muster/muster-feed", line
    return [os.path.join(ROOT, "packaging/sql/muster-feed"), *words]


class Service:
    """muster-feed@flood as systemd runs it: a group of processes, ended together."""

    def __init__(self, node, db):
        env = dict(db.env, MUSTER=os.path.join(node.bin, "muster"), MUSTER_SOCKET=node.socket, HOME=node.root)
        self.run = subprocess.Popen(unit_command("flood"), stdin=subprocess.DEVNULL, env=env, start_new_session=True)

    def end(self, how):
        os.killpg(self.run.pid, how)
        self.run.wait()


def service(node, db):
    """From where the database stands, until it is stopped."""
    run = Service(node, db)
    try:
        made, = write(node, resource("while it runs"))
        wait_for("it is in the database", lambda: db.rows("SELECT id FROM muster.object WHERE id = '%s'" % made) == [made])
    finally:
        run.end(signal.SIGTERM)


# A row of this name waits for the test, inside the batch that brings it.
GATE = """
CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.fields->>'name' = '%s' THEN PERFORM pg_advisory_xact_lock(7); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gate BEFORE INSERT ON muster.object FOR EACH ROW EXECUTE FUNCTION gate();
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def killed(node, db):
    """The service is killed inside a batch, again and again; what it then comes to is what one run without a kill comes to."""
    doomed, *_ = write(node, *[resource("killed %d" % i) for i in range(3500)])
    batches = [re.findall(r'"name":"killed (\d+)"', batch) for batch in feed(node, "--after", cursor(db)).split("COMMIT;\n")]
    stops = [int(batch[len(batch) // 2]) for batch in batches if batch]
    assert len(stops) >= 2, batches
    for stop in stops:
        at, before = cursor(db), db.rows(STATE)
        db.psql(GATE % ("killed %d" % stop))
        holder = subprocess.Popen(["psql", "-X", "-q", "-A", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=db.env)
        holder.stdin.write("SELECT 'held' FROM pg_advisory_lock(7);\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "held\n"
        run = Service(node, db)
        try:
            wait_for("the batch of %d is at the gate" % stop, lambda: db.rows(WAITING) == ["1"])
        finally:
            run.end(signal.SIGKILL)
        holder.communicate()  # lets go of the lock; the killed one's transaction has nobody who would commit it
        wait_for("PostgreSQL has seen the end of it", lambda: db.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()") == ["0"])
        db.psql("DROP TRIGGER gate ON muster.object; DROP FUNCTION gate();")
        assert db.rows("SELECT count(*) FROM muster.inbox") == ["0"]
        assert db.rows("SELECT count(*) FROM muster.object WHERE fields->>'name' = 'killed %d'" % stop) == ["0"]
        if stop == stops[0]:
            assert db.rows(STATE) == before and cursor(db) == at, "the first batch did not come to its end"
        else:
            assert cursor(db) != at, "the batches before it did"
    node.post("/v1/objects/%s/erase" % doomed, {"ground": "error"})  # while no service runs
    wait_for("the feed says so", lambda: '"op":"erase"' in feed(node, "--after", cursor(db)))
    run = Service(node, db)
    try:
        wait_for("it has caught up", lambda: db.rows("SELECT count(*) FROM muster.erased WHERE id = '%s'" % doomed) == ["1"] and
                 int(db.rows("SELECT count(*) FROM muster.object")[0]) == node.digest("flood")[1])
    finally:
        run.end(signal.SIGTERM)
    once = db.another("once")
    once.psql(schema())
    once.psql(feed(node))
    assert db.rows(STATE) == once.rows(STATE) and cursor(db) == cursor(once)
    held = "SELECT count(*) FROM muster.object WHERE id = '%s' AND fields->>'name' IS NOT NULL" % doomed
    assert db.rows(held) == once.rows(held) == ["0"]


def schema():
    with open(os.path.join(ROOT, "packaging/sql/muster.sql"), encoding="utf-8") as file:
        return file.read()


def main():
    if not Postgres.is_here():
        print("skipped: PostgreSQL is not installed (apt-get install postgresql)")
        sys.exit(77)
    db = Postgres()
    node = Node(os.path.abspath(sys.argv[1]), "anna")
    try:
        node.start()
        node.init()
        node.post("/v1/spaces", {"name": "flood"})
        db.psql(schema())
        first, _ = whole(node, db)
        print("ok whole", flush=True)
        db.psql(schema())  # again, as after an upgrade: nothing is lost
        twice(node, db, first)
        print("ok twice", flush=True)
        for part in (cut, gap, erase, another_life, service, killed):
            part(node, db)
            print("ok", part.__name__, flush=True)
    except BaseException:
        print(node.tail(), file=sys.stderr)
        raise
    finally:
        node.close()
        db.close()


main()
