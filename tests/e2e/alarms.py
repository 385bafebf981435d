#!/usr/bin/env python3
"""Two agencies, and what somebody has to be told: what expired, runs short, is silent, was taken back, was not acknowledged.

usage: alarms.py BIN_DIR

Every alarm is asked of the command line; the hook is a script that writes down its environment.
"""
import datetime
import json
import os
import subprocess
import sys

from cli import answer, code, events, muster, up
from nodes import Node, free_port, join, wait_for

HOOK = """#!/bin/sh
file=$(mktemp %(folder)s/call.XXXXXX)
{ echo "argc=$#"; pwd; env; } > "$file.new"
mv "$file.new" "$file.done"
"""


def moment(hours):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Two:
    def __init__(self, bin_dir):
        self.yibin, self.cross = Node(bin_dir, "yibin"), Node(bin_dir, "cross")
        self.all = [self.yibin, self.cross]
        self.calls = os.path.join(self.yibin.root, "calls")
        hook = os.path.join(self.yibin.root, "hook")
        os.mkdir(self.calls)
        with open(hook, "w") as file:
            file.write(HOOK % {"folder": self.calls})
        os.chmod(hook, 0o755)
        config = os.path.join(self.yibin.root, "muster.conf")
        with open(config, "w") as file:
            file.write('alarm_hook = "%s"\nalarm_silent_minutes = 90\n' % hook)
        self.yibin.extra += ["--config", config]
        self.clock = os.path.join(os.path.dirname(bin_dir), "lib", "muster-test-clock.so")

    def __enter__(self):
        for node in self.all:
            node.start()
            node.init()
        muster(self.yibin, "space", "create", "flood")
        join(self.yibin, self.cross, "flood")
        wait_for("both are up", lambda: up(self.yibin, "cross") and up(self.cross, "yibin"))
        wait_for("cross has the space", lambda: self.cross.get("/v1/spaces")["items"][0]["right"] == "write")
        return self

    def __exit__(self, kind=None, error=None, trace=None):
        if kind:
            for node in self.all:
                print("--- %s\n%s" % (node.name, node.tail(40)), file=sys.stderr)
        for node in self.all:
            node.close()
        return False

    def hooked(self):
        """Every call of the hook so far: its environment, and `argc`."""
        found = []
        for name in os.listdir(self.calls):
            if name.endswith(".done"):
                with open(os.path.join(self.calls, name)) as file:
                    found.append(dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line))
        return found


def new(node, kind, *words):
    return answer(node, "new", kind, *words)["items"][0]["short"]


def alarms(node, *words):
    return answer(node, "alarms", *words)["items"]


def alarm(node, name, short=None):
    """The alarm of that name about that object, or None."""
    return next((a for a in alarms(node) if a["alarm"] == name and (short is None or (a["object"] or {}).get("short") == short)), None)


def raised(node, name, short=None):
    return wait_for("%s of %s at %s" % (name, short, node.name), lambda: alarm(node, name, short))


def cleared(node, name, short=None):
    wait_for("no %s of %s at %s" % (name, short, node.name), lambda: not alarm(node, name, short))


def fits(text):
    for line in text.splitlines():
        assert len(line) <= 80, "a line of %d columns: %s" % (len(line), line)
    return text


def stock(two):
    """Below its minimum, and a lot that expired: at both nodes, cleared by the owner's change; exit code and screens."""
    yibin, cross = two.all
    muster(yibin, "alarms", "--strict")  # nothing is open: 0
    tents = new(yibin, "resource", "name=Tents", "quantity=12", "minimum=40", "unit={tent}")
    found = raised(yibin, "below-minimum", tents)
    assert found["severity"] == "warning" and found["state"] == "open" and found["space"]["name"] == "flood", found
    assert "12 of at least 40 {tent}" in found["text"] and tents in found["do"], found
    assert raised(cross, "below-minimum", tents)["agency"]["name"] == "yibin"
    assert raised(cross, "below-minimum", tents)["id"] == found["id"], "the same rule about the same object has one id everywhere"
    muster(yibin, "alarms", "--strict", exit=5)
    muster(yibin, "alarms")
    muster(yibin, "alarms", "--strict", "--severity", "critical")
    assert code(yibin, "alarms", "--severity", "loud", exit=2) == "EUSAGE"
    serum = new(yibin, "resource", "name=Serum", "quantity=3", "expires=" + moment(-24), "lot=B7")
    assert "expired at" in raised(yibin, "expired", serum)["text"]
    masks = new(yibin, "resource", "name=Masks", "quantity=3", "expires=" + moment(48))
    assert raised(yibin, "expires-soon", masks)["severity"] == "notice"
    table = fits(muster(yibin, "alarms")[0])
    assert "below-minimum" in table and "Tents" in table and "muster update" in table, table
    shown = fits(muster(yibin, "status")[0])
    assert "is below its minimum" in shown and "muster alarms" in shown, shown
    counts = answer(yibin, "status")["alarms"]["counts"]
    assert (counts["critical"], counts["warning"], counts["notice"]) == (0, 2, 1), counts
    muster(yibin, "update", serum, "quantity=0")
    cleared(yibin, "expired", serum)
    return tents


def hook(two, tents):
    """Called once for what was raised and once for what was cleared, with the documented environment and no argument."""
    calls = wait_for("four calls of the hook", lambda: len(two.hooked()) >= 4 and two.hooked())
    below = [c for c in calls if c["MUSTER_ALARM"] == "below-minimum"]
    assert len(below) == 1, calls
    want = {"argc": "0", "MUSTER_STATE": "raised", "MUSTER_SEVERITY": "warning", "MUSTER_SPACE": "flood", "MUSTER_EXERCISE": "no",
            "MUSTER_SHORT": tents, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    assert {k: below[0].get(k) for k in want} == want, below
    assert len(below[0]["MUSTER_OBJECT"]) == 32 and len(below[0]["MUSTER_ID"]) == 16 and "Tents" in below[0]["MUSTER_TEXT"], below
    allowed = {"argc", "MUSTER_ALARM", "MUSTER_ID", "MUSTER_STATE", "MUSTER_SEVERITY", "MUSTER_SPACE", "MUSTER_EXERCISE", "MUSTER_OBJECT",
               "MUSTER_SHORT", "MUSTER_TEXT", "MUSTER_DO", "PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}
    assert set(below[0]) <= allowed, "a clean environment: %s" % (set(below[0]) - allowed)
    assert {c["MUSTER_STATE"] for c in calls if c["MUSTER_ALARM"] == "expired"} == {"raised", "cleared"}, calls
    wait_for("its status stands in the journal", lambda: "the hook ended with status 0" in two.yibin.tail(200))


def acknowledged(two, tents):
    """Somebody looks after it: out of the exit code, audited, and still so after a restart, in which nothing is raised again."""
    yibin = two.yibin
    identity, since = alarm(yibin, "below-minimum", tents)["id"], alarm(yibin, "below-minimum", tents)["since"]
    assert code(yibin, "alarms", "ack", "ffffffffffff0000", exit=3) == "ENOTFOUND"
    muster(yibin, "alarms", "ack", identity[:8])
    assert "Tents" not in two.yibin.tail(500), "the journal outlasts an erasure: it holds nothing that a record says"
    assert not [a for a in alarms(yibin, "--open") if a["id"] == identity]
    assert "alarm.acknowledged" in events(yibin)
    before = len(two.hooked())
    assert yibin.stop() == 0
    yibin.start()
    found = raised(yibin, "below-minimum", tents)
    assert (found["id"], found["since"], found["state"]) == (identity, since, "acknowledged"), found
    wait_for("the links are up again", lambda: up(yibin, "cross"))
    assert answer(yibin, "status")["alarms"]["counts"]["raised"] == 0, "a restart raises nothing again"
    assert len(two.hooked()) == before
    muster(yibin, "update", tents, "quantity=60")
    cleared(yibin, "below-minimum", tents)
    cleared(two.cross, "below-minimum", tents)


def sources(two):
    """A report that rests on one that was retracted: source changed, until it names it no more."""
    yibin, cross = two.all
    cause = new(cross, "incident", "name=Dike breach", "phase=active", "category=Geo")
    wait_for("yibin has it", lambda: yibin.get("/v1/objects/" + cause))
    flood = new(yibin, "incident", "name=Town under water", "phase=active", "category=Met", "links=secondary-to:" + cause)
    wait_for("cross has it", lambda: cross.get("/v1/objects/" + flood))
    muster(cross, "retract", cause, "--reason", "it was another dike")
    found = raised(yibin, "source-changed", flood)
    assert cause in found["text"] and "retracted" in found["text"], found
    rumour = new(yibin, "incident", "name=A name that goes", "phase=active", "category=Geo")
    muster(yibin, "update", flood, "links=secondary-to:" + rumour)
    cleared(yibin, "source-changed", flood)
    muster(yibin, "erase", rumour, "--ground", "error", "--yes=" + rumour)
    assert "erased" in raised(yibin, "source-changed", flood)["text"]
    muster(yibin, "update", flood, "links=")
    cleared(yibin, "source-changed", flood)


def overdue(two):
    """A request that nobody met, and a mandate that ended."""
    yibin, cross = two.all
    pumps = new(cross, "request", "name=Pumps", "status=submitted", "quantity=4", "unit={pump}", "needed_by=" + moment(-1))
    assert raised(yibin, "request-overdue", pumps)["severity"] == "critical"
    muster(yibin, "alarms", "--strict", "--severity", "critical", exit=5)
    muster(cross, "update", pumps, "status=cancelled", "reason=the rain has ended")
    cleared(yibin, "request-overdue", pumps)


def promises(two):
    """Knowingly promised at risk: told, until it is covered or given back; and terms that have ended."""
    yibin, cross = two.all
    boats = new(cross, "resource", "name=Boats", "quantity=2", "unit={boat}")
    answer(cross, "mint", boats, "2")
    wait_for("yibin has them", lambda: yibin.get("/v1/objects/" + boats))
    answer(yibin, "commit", boats, "2", "--at-risk")
    for node in two.all:
        found = raised(node, "promise-at-risk", boats)
        assert found["number"] == 2 and "muster quantities " + boats in found["do"], found
    power = new(yibin, "mandate", "name=Night duty", "status=draft", "delegate=Duty director", "from=" + moment(-9),
                "expires=" + moment(-1))
    assert alarm(yibin, "mandate-expired", power) is None, "a draft gives no power that could end"
    terms = answer(yibin, "agreement", "propose", "cross", "name=Spring", "tlp_max=TLP:AMBER", "onward=none", "purpose=flood",
                   "valid_to=" + moment(-1))["items"][0]["short"]
    assert raised(cross, "agreement-expired", terms)["severity"] == "warning"
    muster(yibin, "update", terms, "standing=ended")
    cleared(cross, "agreement-expired", terms)


def tasks(two):
    """Given to cross, not acknowledged in time: both are told, and whom it is passed on to; its word counts before it is accepted."""
    yibin, cross = two.all
    task = new(yibin, "task", "name=Evacuate Nanxi", "status=assigned", "assignee=cross", "escalate_to=yibin",
               "acknowledge_by=" + moment(-2), "deadline=" + moment(5))
    assert "cross" in raised(yibin, "task-unacknowledged", task)["text"]
    raised(cross, "task-unacknowledged", task)
    assert raised(yibin, "task-escalated", task)["severity"] == "critical", "passed on to yibin"
    assert alarm(cross, "task-escalated", task) is None, "and to nobody else"
    def source(node, name):
        return [i["object"]["short"] for i in answer(node, "todo", "--source", name)["items"] if i["object"]]
    assert task in source(cross, "tasks") and task in source(yibin, "own-tasks") and task in source(yibin, "alarms")
    said = answer(cross, "task", "ack", task)
    assert (said["state"], said["status"]) == ("said", "acknowledged"), said
    for node in two.all:
        cleared(node, "task-unacknowledged", task)
    cleared(yibin, "task-escalated", task)
    assert task not in source(cross, "tasks") + source(yibin, "own-tasks") + source(yibin, "alarms")
    assert task in source(yibin, "proposals"), "what is left is to write it down"
    assert yibin.get("/v1/objects/" + task)["fields"]["status"] == "assigned", "the task is its giver's: not changed by others"
    muster(yibin, "accept", task)
    wait_for("the giver has accepted it", lambda: cross.get("/v1/objects/" + task)["fields"]["status"] == "acknowledged")
    late = new(yibin, "task", "name=Count the boats", "status=assigned", "assignee=cross", "deadline=" + moment(-1))
    raised(cross, "task-overdue", late)
    assert "why" in muster(cross, "task", "decline", late, exit=2)[1]
    assert code(cross, "task", "done", late, exit=4) == "ESTEP", "it has not begun: its giver could not write that down"
    muster(cross, "task", "ack", late)
    assert code(cross, "task", "ack", late, exit=8) == "EDUPLICATE", "said already, and not answered"
    muster(cross, "task", "done", late, "--outcome", "11 boats")
    cleared(yibin, "task-overdue", late)
    assert code(cross, "task", "ack", late, exit=4) == "ESTEP", "it is past that"
    elsewhere = new(yibin, "task", "name=Guard the bridge", "status=assigned", "assignee=yibin", "deadline=" + moment(2))
    wait_for("cross has it", lambda: cross.get("/v1/objects/" + elsewhere))
    assert code(cross, "task", "ack", elsewhere, exit=4) == "ENOTOWNER", "it is given to another agency"
    assert answer(yibin, "task", "ack", late)["state"] == "written", "the giver's own word is a change"
    said_and_accepted(yibin, cross)


def said_and_accepted(yibin, cross):
    """What was said in three steps is accepted at once, in their order; todo says how many wait, and whose."""
    walk = new(yibin, "task", "name=Walk the dike", "status=assigned", "assignee=cross")
    wait_for("cross has it", lambda: cross.get("/v1/objects/" + walk))
    for word in ("ack", "start", "done"):
        muster(cross, "task", word, walk)
    wait_for("yibin has heard all", lambda: len(answer(yibin, "show", walk)["proposals"]) == 3)
    said = [i["message"] for i in answer(yibin, "todo", "--source", "proposals")["items"] if i["object"]["short"] == walk]
    assert said == ["3 changes of \"Walk the dike\" are proposed, by cross: accept or decline them"], said
    assert "would go to" in muster(yibin, "accept", walk, "--dry-run")[0]
    done = answer(yibin, "accept", walk)
    assert [one["op"] for one in done["also"]] == ["accept", "accept"], done
    shown = answer(yibin, "show", walk)
    assert shown["fields"]["status"] == "done" and not shown["proposals"] and shown["fields"]["started_at"], shown
    assert [h["fields"]["status"] for h in answer(yibin, "history", walk)["items"] if h["op"] == "accept"] == [
        "acknowledged", "started", "done"]


def exercise(two):
    """An alarm of an exercise says so everywhere."""
    yibin = two.yibin
    muster(yibin, "space", "create", "drill", "--exercise")
    before = len(two.hooked())
    rope = answer(yibin, "new", "resource", "name=Rope", "quantity=1", "minimum=2", "--space", "drill")["items"][0]["short"]
    found = raised(yibin, "below-minimum", rope)
    assert found["exercise"] is True and found["space"]["exercise"] is True, found
    assert "EXERCISE" in muster(yibin, "alarms")[0] and "EXERCISE" in muster(yibin, "status")[0]
    call = wait_for("the hook was called", lambda: [c for c in two.hooked() if c["MUSTER_SHORT"] == rope and len(two.hooked()) > before])[0]
    assert call["MUSTER_EXERCISE"] == "yes" and call["MUSTER_TEXT"].startswith("EXERCISE: "), call


def stranger(two):
    """Who knocked and was refused is listed after a restart, with how often."""
    yibin = two.yibin
    nobody = Node(yibin.bin, "nobody")  # it has yibin's card, and yibin has never heard of it
    try:
        nobody.start()
        nobody.init()
        muster(nobody, "space", "create", "lonely")
        nobody.post("/v1/invite", {"card": yibin.get("/v1/card")["card"], "space": "lonely", "right": "write"})
        knock = wait_for("it is refused", lambda: yibin.get("/v1/pending")["items"])[0]
        assert knock["code"] == "EUNKNOWN_NODE", knock
        steps = wait_for("it knows that", lambda: (lambda s: s if any(not e["ok"] and e["step"] == "curve" for e in s) else None)(
            nobody.post("/v1/peers/test", {"agency": "yibin"})["steps"]))
        assert [s["step"] for s in steps if not s["ok"]] == ["curve"] and "does not admit" in steps[-1]["message"], steps
    finally:
        nobody.close()
    known = yibin.get("/v1/pending")["items"][0]
    assert yibin.stop() == 0
    yibin.start()
    after = yibin.get("/v1/pending")["items"]
    assert [(a["key"], a["address"], a["code"]) for a in after] == [(known["key"], known["address"], known["code"])], after
    assert after[0]["count"] >= known["count"] >= 1, (known, after)
    assert known["key"] in muster(yibin, "pending", "-o", "csv")[0]


def silence(two):
    """Cross has ended; an hour and a half later, by a clock that is moved, somebody is told.  And what peer test says then."""
    yibin, cross = two.all
    cross.close()
    wait_for("yibin sees it", lambda: not up(yibin, "cross"))
    assert alarm(yibin, "member-silent") is None
    tested = wait_for("a call was tried", lambda: (lambda s: s if any(not e["ok"] and "refuses connections" in e["message"] for e in s) else None)(
        yibin.post("/v1/peers/test", {"agency": "cross"})["steps"]))
    assert [s["step"] for s in tested if not s["ok"]] == ["tcp"], tested
    said = fits(muster(yibin, "peer", "test", "cross", exit=5)[0])
    assert "127.0.0.1:%d" % cross.port in said and "musterd runs" in said, said
    if not os.path.exists(two.clock):
        print("no clock to be moved: the silence is left out")
        return
    assert yibin.stop() == 0
    yibin.before = ["env", "LD_PRELOAD=" + two.clock, "MUSTER_TEST_CLOCK=%d" % (2 * 3600)]
    yibin.start()
    found = raised(yibin, "member-silent")
    assert found["agency"]["name"] == "cross" and "nothing was heard of cross since" in found["text"], found
    muster(yibin, "alarms", "--strict", exit=5)


def settings(two):
    """A hook that cannot be run is said before the node starts."""
    import subprocess
    config = os.path.join(two.yibin.root, "bad.conf")
    for text, part in (('alarm_hook = "hook.sh"\n', "alarm_hook"), ('alarm_hook = "/nowhere/hook"\n', "alarm_hook"),
                       ("alarm_silent_minutes = 0\n", "alarm_silent_minutes")):
        with open(config, "w") as file:
            file.write(text)
        done = subprocess.run([os.path.join(two.yibin.bin, "musterd"), "--check-config", "--config", config], capture_output=True,
                              text=True, timeout=30)
        assert done.returncode == 2 and part in done.stderr, done


def watched(two):
    """`muster watch` tells of an alarm as it is raised, and as it ends."""
    yibin = two.all[0]
    watch = subprocess.Popen([os.path.join(yibin.bin, "muster"), "--socket", yibin.socket, "--json", "watch"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env={"HOME": yibin.root, "LC_ALL": "C.UTF-8"})
    try:
        lines = map(json.loads, watch.stdout)
        next(line for line in lines if line["op"] == "current")
        boats = new(yibin, "resource", "name=Boats", "quantity=1", "minimum=4")
        told = next(line for line in lines if line["op"] == "alarm" and boats in line["alarm"]["text"])
        assert told["state"] == "raised" and told["alarm"]["alarm"] == "below-minimum", told
        muster(yibin, "update", boats, "quantity=9")
        told = next(line for line in lines if line["op"] == "alarm" and line["state"] == "cleared" and boats in line["alarm"]["text"])
        assert told["alarm"]["alarm"] == "below-minimum", told
    finally:
        watch.kill()
        watch.wait()
        watch.stdout.close()


def main():
    with Two(os.path.abspath(sys.argv[1])) as two:
        settings(two)
        tents = stock(two)
        hook(two, tents)
        acknowledged(two, tents)
        sources(two)
        overdue(two)
        promises(two)
        watched(two)
        tasks(two)
        exercise(two)
        stranger(two)
        silence(two)
    print("alarms are raised once, told, acknowledged, cleared, and remembered")


main()
