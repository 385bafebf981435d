#!/usr/bin/env python3
"""Every example of `muster help VERB` and `muster help KIND` is typed, as it stands, at real nodes, and does what the verb is for.

usage: help.py BIN_DIR [VERB…]

Ids, files and names that an example makes up stand for something real: SCENES says what has to be there before, verb by verb, and
what is meant by its words.  Where an example cannot run as it stands, its row says why and what is run instead.  A verb without a
scene needs none: it is run in a space of three agencies that have called each other, with an incident inc-7k2q9 and a resource
res-7k2q9 of Yibin's.  docs_world.py is who types.
"""
import json
import os
import re
import subprocess
import sys
import time

from cli import answer, muster
from docs_world import SPACE, World
from kinds_values import FLOOD
from nodes import wait_for

SKIP = 77
PHRASE = "four words nobody says"
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
HERE_ONLY = {  # an example, what is run instead, why
    "muster export -o sql | psql -v ON_ERROR_STOP=1 muster": ("muster export -o sql > /dev/null", "feed_sql.py has a database"),
    "muster completion fish | source": ("muster completion fish > /dev/null", "that line is fish's; packages install it for fish"),
}


def stored(said):
    return said["items"][0]["short"]


class Scenes:
    """What has to be there before an example.  A scene is a method scene_VERB; it gives {made up: real}, and may change
    self.at (who types), self.answers (what is typed where it asks) and self.exits (how it may end)."""

    def __init__(self, world):
        self.w, self.kinds = world, {}

    def begin(self, *handles):
        """Fresh daemons without agency."""
        self.w.begin(list(handles))
        self.yibin, self.zhaotong, self.redcross, self.depot = (self.w.nodes.get(n) for n in ("yibin", "zhaotong", "redcross", "depot"))

    def federation(self):
        self.begin("yibin", "zhaotong", "redcross")
        self.w.members(["yibin", "zhaotong", "redcross"])
        for node in self.w.nodes.values():  # whoever has written something can be given rights
            self.incident(node)
        self.w.settle()

    def usual(self):
        """{made up: real} of what most examples name."""
        return {"inc-7k2q9": self.incident(), "res-7k2q9": self.pumps()}

    # --- making things ---------------------------------------------------------------------------------------------

    def incident(self, node=None, *more):
        return stored(answer(node or self.yibin, "new", "incident", "name=Flood at Yibin", "phase=active", "category=Met", *more))

    def pumps(self, node=None):
        short = stored(answer(node or self.yibin, "new", "resource", "name=Pumps", "quantity=80", "unit={pump}"))
        muster(node or self.yibin, "mint", short)
        self.w.settle()
        return short

    def request(self, node=None):
        short = stored(answer(node or self.zhaotong, "request", "name=Pumps", "quantity=60", "unit={pump}"))
        self.w.settle()
        return short

    def delivery(self, *steps):
        """Pumps of Yibin's for Zhaotong, so far: offer, commit, dispatch, arrive, release."""
        short = answer(self.yibin, "offer", self.request(), 25, "--from", self.pumps())["short"]
        for step in steps:
            self.w.settle()
            muster(self.yibin if step == "dispatch" else self.zhaotong, step, short)
        self.w.settle()
        return short

    def task(self, *steps):
        short = stored(answer(self.zhaotong, "new", "task", "name=Close the gate", "status=assigned", "assignee=Yibin"))
        self.w.settle()
        for step in steps:
            muster(self.yibin, "task", step, short)
        return {"tas-9d2ck": short}

    def file(self, name, text, node=None):
        with open(os.path.join((node or self.yibin).home, name), "w", encoding="utf-8") as out:
            out.write(text)

    def without(self, *names):
        for name in names:
            if os.path.exists(os.path.join(self.yibin.home, name)):
                os.remove(os.path.join(self.yibin.home, name))

    def agreement(self, *more):
        short = stored(answer(self.zhaotong, "agreement", "propose", "Yibin", "name=Reports", "kinds=incident", "tlp_max=TLP:AMBER", "onward=none",
                              "purpose=flood", "valid_to=2026-12-31T00:00:00Z", *more))
        self.w.settle()
        return {"agr-7k2q9": short}

    def record(self, node, short, op):
        """The beginning of the newest record of that sort."""
        return [r for r in answer(node, "history", short)["items"] if r["op"] == op][-1]["record"][:12]

    def phrase(self):
        path = os.path.join(self.w.root, "phrase")
        with open(path, "w", encoding="utf-8") as out:
            out.write(PHRASE + "\n")
        return path

    # --- every day ---------------------------------------------------------------------------------------------------

    def scene_show(self):
        source = os.path.join(DATA, "cap", "oasis-1.2-appendix-a1.xml")
        muster(self.yibin, "import", source)
        return {"inc-7k2q9": next(i["short"] for i in answer(self.yibin, "list", "incidents")["items"] if i["fields"].get("identifier"))}

    def scene_new(self):
        self.file("headline.txt", "Water over the road\n")
        return {}

    def scene_alert(self):
        """Verified for the second example, issued for the third."""
        words = ("name=Flood", "level=二级", "category=Met", "area_desc=Nanxi", "matters=water", "measures=leave", "--verify")
        return {"wrn-5n8vd": answer(self.yibin, "alert", *words, *(("--issue",) if self.number == 2 else ()))["short"]}

    def scene_propose(self):
        return {"inc-7k2q9": self.incident(self.zhaotong)}

    def proposed(self):
        short = self.incident()
        self.w.settle()
        muster(self.zhaotong, "propose", short, "severity=Extreme")
        self.w.settle()
        return {"inc-7k2q9": short, "3f8a21c0": self.record(self.yibin, short, "propose")}

    scene_accept = scene_decline = proposed

    def scene_take(self):
        short = self.incident(self.zhaotong)
        muster(self.zhaotong, "transfer", short, "Yibin")
        return {"inc-7k2q9": short}

    def scene_resolve(self):
        """Changed at two agencies that did not hear each other."""
        short = self.incident(None, "--joint")
        self.w.settle()
        self.zhaotong.stop()
        muster(self.yibin, "update", short, "severity=Severe")
        self.yibin.stop()
        self.redcross.stop()
        self.zhaotong.start()
        muster(self.zhaotong, "update", short, "severity=Minor")
        self.yibin.start()
        self.redcross.start()
        self.w.settle()
        wait_for("there are two branches", lambda: len(answer(self.yibin, "show", short)["branches"]) == 2)
        return {"inc-7k2q9": short}

    def scene_supersede(self):
        return {"inc-7k2q9": self.incident(), "inc-m3x8d": self.incident()}

    def scene_task_ack(self):
        return self.task()

    def scene_task_start(self):
        return self.task("ack")

    def scene_task_done(self):
        return self.task("ack", "start")

    def scene_task_decline(self):
        return self.task()

    def scene_alarms(self):
        self.exits = (0, 5)  # --strict: one is open
        return {}

    def scene_alarms_ack(self):
        answer(self.yibin, "new", "request", "name=Late", "status=submitted", "quantity=1", "needed_by=2026-07-14T05:00:00Z")
        alarm = wait_for("there is an alarm", lambda: answer(self.yibin, "alarms")["items"])[0]
        return {"3f2a9c41": alarm["id"][:8]}

    def scene_evaluate(self):
        short = self.incident()
        return {"inc-7k2q9": short, "eva-3m8zt": stored(answer(self.yibin, "evaluate", short, "--write"))}

    def scene_ahp(self):
        for name in ("li", "wang"):
            self.file(name + ".csv", ",L1,S1,E1\nL1,1,2,4\nS1,,1,2\nE1,,,1\n")
        return {"ind-4c8rp": stored(answer(self.yibin, "new", "indicator-set", "name=Flood risk", "status=Draft",
                                           "indicators=L1=level;S1=people;E1=area", "matrix=L1/S1=2;L1/E1=4;S1/E1=2"))}

    def scene_ahp_verify(self):
        names = self.scene_ahp()
        muster(self.yibin, "ahp", names["ind-4c8rp"], "--store")
        return names

    def scene_score(self):
        made = stored(answer(self.yibin, "new", "indicator-set", "name=Flood risk", "status=Draft", "indicators=L1=level;S1=people",
                             "weights=L1=0.5;S1=0.5", "bounds=L1=268..276", "scale=none=0;high=3", "aggregation=weighted-sum"))
        return {"ind-4c8rp": made, "inc-7k2q9": self.incident()}

    def scene_score_verify(self):
        names = self.scene_score()
        return {"ass-6t2wk": answer(self.yibin, "score", names["ind-4c8rp"], "L1=272", "S1=high")["short"]}

    def scene_share(self):
        muster(self.yibin, "space", "create", "regional")
        self.extra = ["--space", SPACE]
        return dict(self.usual_in_space())

    def kind_names(self, text):
        """An object of Yibin's for each that the example of a kind names, as far as that example takes it on."""
        self.file("alert.cap", open(os.path.join(DATA, "cap", "oasis-1.2-appendix-a2.xml"), encoding="utf-8").read())
        self.file("stock.csv", "Item,Quantity\nBoat,4\n")
        if self.w.root not in self.kinds:
            self.kinds = {self.w.root: self.one_of_each()}
        return {found: self.kinds[self.w.root][found[:3]] for found in re.findall(r"\b[a-z]{3}-[0-9a-z]{5}\b", text)}

    def one_of_each(self):
        """{prefix: short id}, written in the order of kinds_values.py."""
        made, ids = {}, {}
        for kind, fields in FLOOD.items():
            fields = json.loads(re.sub(r'"\$([a-z-]+)"', lambda m: '"%s"' % ids[m.group(1)], json.dumps(fields)))
            got = self.yibin.post("/v1/records", {"items": [{"op": "create", "kind": kind, "fields": fields}]})["items"][0]
            assert "error" not in got or not got["error"], (kind, got)
            made[got["short"][:3]], ids[kind] = got["short"], got["object"]
        made["tas"] = self.task()["tas-9d2ck"]
        for prefix, *fields in (("wrn", "status=verified"), ("wrn", "status=issued"), ("rel", "status=verified"), ("rel", "status=approved"),
                                ("ass", "status=Under Review"), ("dep", "status=committed")):
            muster(self.yibin, "update", made[prefix], *fields)
        return made

    def usual_in_space(self):
        return {"inc-7k2q9": stored(answer(self.yibin, "--space", SPACE, "new", "incident", "name=Flood", "phase=active", "category=Met"))}

    def scene_attach(self):
        self.file("breach.jpg", "x" * 5000)
        return {"inc-7k2q9": self.incident()}

    def scene_attach_get(self):
        names = self.scene_attach()
        muster(self.yibin, "attach", names["inc-7k2q9"], os.path.join(self.yibin.home, "breach.jpg"), "--type", "image/jpeg")
        os.remove(os.path.join(self.yibin.home, "breach.jpg"))
        return names

    def scene_unhold(self):
        short = self.incident()
        muster(self.yibin, "hold", short)
        return {"inc-7k2q9": short}

    def scene_erase(self):
        return {"inc-7k2q9": getattr(self, "erased", None) or self.remember("erased", self.incident())}

    def remember(self, name, value):
        setattr(self, name, value)
        return value

    # --- resources ---------------------------------------------------------------------------------------------------

    def scene_allocate(self):
        self.pumps()
        self.request()
        return {}

    def scene_allocate_verify(self):
        self.scene_allocate()
        self.file("plan.json", muster(self.yibin, "allocate", "Pumps", "--json")[0])
        return {}

    def scene_offer(self):
        return dict(self.usual(), **{"req-9m4xd": self.request()})

    def scene_commit(self):
        short = answer(self.zhaotong, "offer", self.request(self.yibin), 25, "--from", self.pumps(self.zhaotong))["short"]
        self.w.settle()
        return dict(self.scene_offer(), **{"dep-3f9ah": short})

    def scene_refuse(self):
        self.at = self.zhaotong
        return {"dep-3f9ah": self.delivery()}

    def scene_withdraw(self):
        return {"dep-3f9ah": self.delivery()}

    def scene_dispatch(self):
        return {"dep-3f9ah": self.delivery("commit")}

    def scene_arrive(self):
        self.at = self.zhaotong
        return {"dep-3f9ah": self.delivery("commit", "dispatch")}

    def scene_release(self):
        pumps = self.pumps()
        muster(self.yibin, "commit", pumps, 5)
        if self.number == 0:
            self.at = self.zhaotong
        promise = answer(self.yibin, "quantities", pumps)["promises"][0]["record"][:12]
        return {"dep-3f9ah": self.delivery("commit", "dispatch", "arrive"), "res-7k2q9": pumps, "3f9a1c22b0d4": promise}

    def scene_return(self):
        pumps = self.pumps(self.zhaotong)
        muster(self.zhaotong, "grant", pumps, 20, "Yibin")
        return {"dep-3f9ah": self.delivery("commit", "dispatch", "arrive", "release"), "res-7k2q9": pumps}

    def scene_mint(self):
        return {"res-7k2q9": stored(answer(self.yibin, "new", "resource", "name=Pumps", "quantity=80", "unit={pump}"))}

    def scene_cover(self):
        pumps = self.pumps(self.zhaotong)
        muster(self.yibin, "commit", pumps, 3, "--at-risk")
        self.w.settle()
        muster(self.zhaotong, "grant", pumps, 5, "Yibin")
        self.w.settle()
        risky = [i for i in answer(self.yibin, "quantities", pumps)["promises"] if i["state"] == "at-risk"]
        return {"res-7k2q9": pumps, "3f9a1c22b0d4": risky[0]["record"][:12]}

    def scene_reclaim(self):
        pumps = self.pumps()
        muster(self.yibin, "grant", pumps, 15, "Red Cross")
        return {"res-7k2q9": pumps}

    # --- joining -------------------------------------------------------------------------------------------------------

    def scene_init(self):
        self.begin("yibin")
        return {"muster init": "muster init --listen tcp://127.0.0.1:%d" % self.yibin.port}

    def scene_card_show(self):
        muster(self.redcross, "card", "-O", os.path.join(self.yibin.home, "redcross.muster-card"))
        return {}

    def strangers(self):
        """Yibin has a space; the Red Cross knows nobody yet."""
        self.begin("yibin", "redcross")
        self.w.members(["yibin"])
        muster(self.redcross, "init", "Red Cross", "--node", "redcross-1", "--listen", "tcp://127.0.0.1:%d" % self.redcross.port)

    def scene_invite(self):
        self.strangers()
        return self.scene_card_show()

    def scene_join(self):
        self.strangers()
        self.scene_card_show()
        self.at = self.redcross
        for place in (self.redcross.home, self.w.root + "/media/stick"):
            muster(self.yibin, "invite", os.path.join(self.yibin.home, "redcross.muster-card"), "--right", "write", "-O",
                   os.path.join(place, "redcross.muster-invite"))
        if self.number == 2:
            muster(self.redcross, "join", answer(self.yibin, "invite", "--once", "--right", "write")["line"])
        return {}

    def knocked(self):
        self.strangers()
        muster(self.redcross, "join", answer(self.yibin, "invite", "--once", "--right", "write")["line"])
        wait_for("the Red Cross waits", lambda: "Red Cross" in muster(self.yibin, "pending")[0])
        return {}

    scene_pending = scene_pending_accept = scene_pending_refuse = knocked

    def scene_confirm(self):
        groups = wait_for("there is a code", lambda: self.yibin.get("/v1/peers/Red%20Cross/pair"))["digits"].split()
        own, other = (n.get("/v1/status")["agency"]["id"] for n in (self.yibin, self.redcross))
        if self.number == 0:
            self.answers = [" ".join(groups[3:] if own < other else groups[:3])]
        return {"12345 67890 13579": " ".join(groups[3:])}

    def scene_peer_set(self):
        if self.number == 0:
            muster(self.redcross, "card", "-O", os.path.join(self.yibin.home, "redcross.muster-card"), "--yes")
        return {}

    def scene_peer_remove(self):
        """They share no space any more."""
        muster(self.redcross, "space", "leave", "--yes=" + SPACE)
        self.w.settling = False
        wait_for("it is no member", lambda: all(m["right"] == "none" or m["agency"]["name"] != "Red Cross"
                                                for m in self.yibin.get("/v1/spaces/" + SPACE)["members"]))
        return {}

    def scene_space_create(self):
        self.begin("yibin")
        muster(self.yibin, "init", "Yibin", "--listen", "tcp://127.0.0.1:%d" % self.yibin.port)
        return {}

    def scene_space_lift(self):
        muster(self.yibin, "space", "suspend", "Red Cross")
        return {}

    def scene_space_suspend(self):
        self.w.settling = False  # it gets nothing any more
        return {}

    def two_admins(self):
        muster(self.yibin, "space", "right", "Zhaotong", "admin")
        self.w.settle()

    def scene_space_policy(self):
        self.two_admins()
        return {}

    def scene_space_approve(self):
        self.two_admins()
        muster(self.yibin, "space", "policy", "admins-min=2", exit=0)
        self.at = self.zhaotong
        waits = wait_for("it waits", lambda: [o for o in answer(self.zhaotong, "space", "log")["items"] if o.get("still")])
        return {"3fa2b1c4": waits[0]["operation"][:8]}

    def scene_space_leave(self):
        self.at = self.redcross
        return {}

    def scene_space_cut(self):
        """A log of Zhaotong's that ended."""
        muster(self.zhaotong, "new", "incident", "name=Wrong", "phase=active", "category=Met")
        self.w.settle()
        muster(self.yibin, "space", "remove", "Zhaotong", "--yes=Zhaotong")
        self.w.settling = False
        log = next(l for l in answer(self.yibin, "space", "show")["logs"] if l["agency"]["name"] == "Zhaotong" and l["role"] == "data")
        return {"7c1f02ab": log["id"][:8], "--position 17": "--position 0"}

    def scene_space_reassign(self):
        short = self.incident(self.zhaotong)
        return {"inc-7k2q9": short}

    def scene_agreement_sign(self):
        self.answers = ["y"]
        return self.agreement()

    def scene_agreement_show(self):
        return self.agreement()

    def scene_retention(self):
        muster(self.yibin, "space", "policy", "retention-days=30")
        self.usual()
        self.w.settle()
        self.w.ms += 40 * 24 * 3600 * 1000
        self.w.tell_clock()
        return {"--yes=flood": "--yes=" + SPACE}

    # --- carry -----------------------------------------------------------------------------------------------------------

    def scene_import(self):
        folder = os.path.join(self.yibin.home, "alerts")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(DATA, "cap", "oasis-1.2-appendix-a2.xml"), "rb") as come, open(os.path.join(folder, "a.xml"), "wb") as go:
            go.write(come.read())
        self.file("stock.csv", "Item,Quantity\nBoat,4\n")
        self.file("shelters.geojson", json.dumps({"type": "FeatureCollection", "features": [{
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [104.6, 28.8]}, "properties": {"name": "Nanxi school"}}]}))
        return {}

    def scene_export(self):
        os.makedirs(os.path.join(self.yibin.home, "alerts"), exist_ok=True)
        self.without("stock.csv", "map.geojson")
        self.incident(None, "severity=Extreme")
        line = self.yibin.call("GET", "/v1/feed", raw=True)[1].splitlines()[0]
        return {"00f1e2d3c4b5a697-1024": re.search(rb'"cursor":\s*"([^"]+)"', line).group(1).decode()}

    def bundle(self):
        muster(self.zhaotong, "bundle", "export", "--for", "Yibin", "-O", self.w.root + "/media/stick")
        made = next(n for n in os.listdir(self.w.root + "/media/stick") if n.startswith("yibin-") and n.endswith(".muster-bundle") and ".reply." not in n)
        with open(os.path.join(self.w.root + "/media/stick", made), "rb") as come:
            with open(os.path.join(self.yibin.home, "yibin.muster-bundle"), "wb") as go:
                go.write(come.read())
        return {"zhaotong-20260301-1405.muster-bundle": made}

    scene_bundle_import = scene_bundle_show = bundle

    def scene_verify(self):
        home = self.yibin.home
        muster(self.yibin, "prove", self.incident(), "-O", os.path.join(home, "dike.proof"), "--yes")
        muster(self.yibin, "audit", "--export", os.path.join(home, "may.muster-audit"), "--yes")
        muster(self.yibin, "card", "-O", os.path.join(home, "yibin.muster-card"), "--yes")
        return {}

    # --- run -----------------------------------------------------------------------------------------------------------

    def keys(self):
        """One world for all verbs of keys, because each passphrase takes a second: Yibin, and a depot that has made its request."""
        self.begin("yibin", "depot")
        self.w.members(["yibin"])
        muster(self.depot, "init", "--node", "depot", "-O", os.path.join(self.yibin.home, "depot.request"))

    def scene_key_export_root(self):
        self.answers = [PHRASE, PHRASE]
        return {}

    def asked(self):
        self.answers = [PHRASE]
        return {}

    scene_key_certify = scene_key_renew = scene_key_revoke = asked

    def scene_key_rotate(self):
        self.answers = [PHRASE]
        return {'--yes="Red Cross"': "--yes=Yibin"}

    def scene_key_operator(self):
        self.answers = [PHRASE]
        return {"muster key operator add": "muster key operator add --root /media/safe/agency.key"}

    def scene_backup(self):
        home = self.yibin.home
        if self.number == 0:
            self.answers = [PHRASE, PHRASE]
            return {}
        if not os.path.exists(os.path.join(home, "backup.key")):
            muster(self.yibin, "backup", "--make-key", os.path.join(home, "backup.key"), "--passphrase-file", self.phrase())
        if not os.path.exists(os.path.join(home, "yibin-20260301-1405.muster-backup")):
            muster(self.yibin, "backup", "--to", os.path.join(home, "backup.key.pub"), "--with-keys",
                   os.path.join(home, "yibin-20260301-1405.muster-backup"))
        return {}

    def scene_restore(self):
        self.number = 1
        self.scene_backup()
        self.yibin.stop()
        os.rename(os.path.join(self.yibin.home, "yibin-20260301-1405.muster-backup"),
                  self.w.root + "/media/disk/yibin-20260301-1405.muster-backup")
        os.rename(self.yibin.data, self.yibin.data + ".old")
        self.answers = [PHRASE]
        return {}

    def scene_audit(self):
        return {"2026-05-01": "2026-07-01", "2026-05-31": "2026-07-31"}

    def scene_maintenance(self):
        if self.number == 1:
            muster(self.yibin, "backup", "--make-key", os.path.join(self.yibin.home, "backup.key"), "--passphrase-file", self.phrase(), exit=None)
        return {}

    def scene_bench(self):
        return {"/media/disk": self.yibin.root}

    def scene_doctor(self):
        self.exits = (0, 5)  # a test's node listens on loopback only
        return {}


ENDLESS = ("muster watch", "muster export --follow")
FRESH = ("retention", "resolve", "space_right", "space_remove", "space_suspend", "space_lift", "space_policy", "space_approve", "space_leave", "space_cut",
         "peer_remove", "share", "init", "invite", "join", "pending", "pending_accept", "pending_refuse", "space_create", "restore", "agreement_propose", "agreement_sign")


def verbs(bin_dir):
    """[(verb, its examples)], and those of kinds as `help KIND`."""
    def out(*words):
        return subprocess.run([os.path.join(bin_dir, "muster"), "help", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=True, env={"LC_ALL": "C.UTF-8"}).stdout
    found = []
    names = [l[2:].split("  ")[0].strip() for l in out().split("\noptions, ")[0].splitlines() if re.match(r"  [a-z]", l)]
    for name in names:
        part = next(p for p in out(*name.split()).split("\n————\n") if name == max(
            (n for n in names if p.lstrip().startswith("usage: muster " + n)), key=len, default=None))
        found.append((name, examples(part)))
    for line in out("kinds").splitlines():
        kind = re.match(r"  ([a-z-]+)  ", line)
        if kind:
            found.append(("help " + kind.group(1), examples(out(kind.group(1)).split("\n————\n")[0])))
    return found


def examples(text):
    lines = [l[2:] for l in text.split("\nexamples\n")[1].split("\n\n")[0].splitlines()]
    return [c for c in re.sub(r" \\\n\s*", " ", "\n".join(lines)).split("\n") if c]


def endless(scenes, text):
    """It goes on until it is stopped; what happens meanwhile is told."""
    node = scenes.at
    process = subprocess.Popen(["bash", "-c", "exec " + text], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               cwd=node.home, env=dict(node.env, LC_ALL="C.UTF-8"))
    try:
        end, said = time.monotonic() + 20, b""
        os.set_blocking(process.stdout.fileno(), False)
        while time.monotonic() < end and not (b"inc-" in said or b"req-" in said or b"incident" in said):
            scenes.incident()
            scenes.request(scenes.yibin)
            time.sleep(0.1)
            said += process.stdout.read() or b""
        assert process.poll() is None, "it ended with %s: %s" % (process.returncode, said.decode())
        assert b"inc-" in said or b"req-" in said or b"incident" in said, "it tells nothing: %s" % said.decode()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def meant(scenes, verb, number, text):
    """Sets the scene of an example; the line that is typed in it."""
    scenes.number, scenes.at, scenes.answers, scenes.exits, scenes.extra = number, scenes.yibin, [], (0,), []
    name = verb.replace(" ", "_").replace("-", "_")
    scene = getattr(scenes, "scene_" + name, None)
    names = scene() if scene else scenes.kind_names(text) if verb.startswith("help ") else scenes.usual()
    scenes.at = scenes.at if scenes.at in scenes.w.nodes.values() else scenes.yibin
    scenes.w.settle()
    scenes.w.tick()
    typed = HERE_ONLY.get(text, (text,))[0]
    for made_up, real in names.items():
        typed = typed.replace(made_up, real)
    return " ".join([scenes.w.meant(typed, scenes.at)] + scenes.extra)


def run(scenes, verb, number, text):
    typed = meant(scenes, verb, number, text)
    if typed.startswith(ENDLESS):
        return endless(scenes, typed)
    code, out = scenes.at.types(typed, scenes.answers)
    assert code in scenes.exits and "(null)" not in out, "%s$ %s\nends with %d\n%s" % (scenes.at.name, typed, code, out)
    return None


def finds_a_wrong_one(scenes):
    """A canary: examples that cannot be typed, or do not come to an end that the verb has."""
    scenes.federation()
    for text in ("muster status --frob", "muster show inc-zzzzz", "muster list incidents severity=Extremely"):
        try:
            run(scenes, "status", 0, text)
        except AssertionError:
            continue
        raise SystemExit("nobody noticed that this example is wrong: " + text)


def main():
    bin_dir, only = os.path.abspath(sys.argv[1]), sys.argv[2:]
    if not os.path.exists(os.path.join(bin_dir, "..", "lib", "muster-test-clock.so")):
        print("skipped: this build has no clock that a test sets")
        return SKIP
    begin, count, wrong = time.monotonic(), 0, []
    system = [path for path in ("/etc/muster", "/var/lib/muster", "/var/lib/muster-backup") if not os.path.exists(path)]
    with World(bin_dir) as world:
        scenes, fresh, keys = Scenes(world), False, False
        found = verbs(bin_dir)
        # Verbs of keys in one world; when the root key was rotated the old one certifies nothing any more.
        found.sort(key=lambda row: (row[0].startswith("key "), row[0] == "key rotate"))
        for verb, lines in found:
            if only and verb not in only:
                continue
            for number, text in enumerate(lines):
                alone = verb.replace(" ", "_").replace("-", "_") in FRESH
                try:
                    if verb.startswith("key "):
                        keys = keys or not scenes.keys()
                    elif alone or not fresh or keys:
                        scenes.federation()
                        keys = False
                    fresh = not alone
                    run(scenes, verb, number, text)
                except (AssertionError, KeyError, IndexError, TypeError, StopIteration) as why:
                    wrong.append("help %s: %s\n%s: %s" % (verb, text, type(why).__name__, why))
                    fresh = False
                count += 1
                if "MUSTER_TIMES" in os.environ:
                    print("%6.1f s  %s" % (time.monotonic() - begin, text))
        if not only:
            finds_a_wrong_one(scenes)
        assert count > 20 or only, "only %d examples were found" % count
    wrong += ["an example wrote to %s of this machine" % path for path in system if os.path.exists(path)]
    for text in wrong:
        print(text, "\n", file=sys.stderr)
    print("%d examples typed, %d wrong (%.1f s)" % (count, len(wrong), time.monotonic() - begin))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
