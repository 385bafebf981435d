#!/usr/bin/env python3
"""One day of a flood, at six agencies of two countries: from the first alert to figures on which both sides agree.

usage: flood.py BIN_DIR [--rewrite]     with MUSTER_LONG=1 in the environment there is much more stock to carry

Every step is asked of the command line.  What a coordinator sees of the day is docs/FLOOD.md: it is told anew each time and
must come out the same; --rewrite writes it.  The clocks stand where the story stands and are turned forward by the test.
"""
import csv
import difflib
import os
import sys
import time

from flood_stage import HERE, ROUND_MS, KBIT, LIMIT, SKIP, NoNetwork, Stage
from cli import answer, code, member, muster
from nodes import wait_for

SPACE = "Red River"
COMPLETE = "^complete as of|^  .*not met yet"  # left out where it depends on how far the lines have come
DATA = os.path.join(HERE, "..", "data")
PAGE = os.path.join(HERE, "..", "..", "docs", "FLOOD.md")
LONG = bool(os.environ.get("MUSTER_LONG"))
DEPOTS = 2 if LONG else 0  # that have the same stock list again


def stored(said):
    """The full id of what was written."""
    return said["items"][0]["object"]


def short(node, object_id):
    return answer(node, "show", object_id)["short"]


def first_word(s):
    """05:30 Six agencies of two countries meet in one space"""
    s.page.say("""The Red River rises on both sides of a border. Honghe, Hekou and a Red Cross are in one country; Lao Cai, Yen Bai
               and Bat Xat in the other. Each has a node of its own, and there is no server. Yen Bai is on a satellite line
               (%d ms there and back, %d kbit/s); Bat Xat has no line at all, only a stick that a driver carries.""" % (ROUND_MS, KBIT))
    s.page.screen(s.honghe, "space", "create", SPACE, "--purpose", "one picture of the flood, on both banks")
    for agency in s.all[1:]:
        card, invite = (os.path.join(s.stick, agency.name + ".muster-" + what) for what in ("card", "invite"))
        shown = s.page.screen if agency is s.laocai else muster
        shown(agency, "card", "-O", card)
        shown(s.honghe, "invite", card, "--space", SPACE, "--right", "admin" if agency is s.laocai else "write", "-O", invite)
        if agency is not s.batxat:
            shown(agency, "join", invite, **({"keep": "^joined|^Red River"} if agency is s.laocai else {}))
            wait_for("%s is a member" % agency.name, lambda: member(agency, agency.title, SPACE), 120)
    muster(s.honghe, "bundle", "export", "--for", "Bat Xat", "-O", s.stick)
    s.page.say("""On the telephone each reads one half of the code and the other types it. Once all have done that, nobody needs
               to trust a card alone.""")
    s.page.say("Bat Xat joins from what the driver brings: the invite, and a bundle with it.")
    s.page.screen(s.batxat, "join", s.stick, keep="joined|new, |reply")
    s.empty_stick()
    s.calls()
    s.flood = stored(answer(s.laocai, "new", "incident", "name=Flood of the Red River", "phase=active", "category=Met",
                            "severity=Moderate", "--joint"))
    s.agree("the space")
    s.page.say("Lao Cai opens the incident for all of them: a joint one, which every member may change.")
    s.page.screen(s.honghe, "show", short(s.honghe, s.flood))


def flash(s):
    """06:10 A dike breaks while the stock lists fill the satellite line"""
    s.page.say("""Honghe's stock lists and the alerts of the weather services go in, as they came: real files, of which some are
               malformed. A malformed file is refused with its line, the others go in. That is a lot for the satellite
               line, and it is still busy with them when a dike breaks.""")
    muster(s.honghe, "import", *stock(s))
    muster(s.honghe, "import", *alerts(), exit=1)
    wait_for("the stock is on its way", lambda: s.hekou.digest()[1] > 150)
    whole = s.honghe.digest()[1]
    s.dike = stored(answer(s.hekou, "new", "incident", "name=Dike broken at Hekou", "phase=active", "category=Geo",
                           "severity=Severe", "location=22.51,103.96", "--key", "dike", "--flash"))
    seen = wait_for("Yen Bai sees the flash alert", lambda: flash_of(s))
    assert seen < whole, "the bulk was there before the alert: %d of %d" % (seen, whole)
    s.page.screen(s.hekou, "new", "incident", "name=Dike broken at Hekou", "phase=active", "category=Geo", "severity=Severe",
                  "location=22.51,103.96", "--key", "dike", "--flash")
    s.page.say("A flash alert overtakes everything else: Yen Bai shows it while most of the stock is still to come.")
    s.page.screen(s.yenbai, "show", short(s.yenbai, s.dike), drop=COMPLETE)
    s.agree("the stock", [a for a in s.online() if a is not s.yenbai])


def flash_of(s):
    """How many objects Yen Bai holds when it shows the flash alert; 0: it does not."""
    held = s.yenbai.digest()[1]
    there = any(i["id"] == s.dike for i in answer(s.yenbai, "list", "incident", "--limit", "500")["items"])
    return held if there else 0


def alerts():
    """The short form leaves the longest out; one of them holds 100 kB of sound."""
    folder = os.path.join(DATA, "cap")
    return [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if LONG or os.path.getsize(os.path.join(folder, n)) < 2000]


def stock(s):
    """The lists as they are; in the long form the warehouse's is there again for other depots."""
    folder = os.path.join(DATA, "resources")
    made = [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if LONG or "hospital" not in n]
    with open(os.path.join(folder, "eden-warehouse_stock.csv"), newline="") as file:
        rows = list(csv.reader(file))
    for n in range(DEPOTS):
        made.append(os.path.join(s.root, "stock-%d.csv" % n))
        with open(made[-1], "w", newline="") as file:
            csv.writer(file).writerows([rows[0]] + [["Depot %d, %s" % (n, r[0])] + r[1:] for r in rows[1:]])
    return made


def pumps(s):
    """07:00 Forty pumps, and who may promise them"""
    s.page.say("""Honghe has forty pumps for both banks. What is promised must be there, whatever happens to the lines: so the right
               to promise lies with one agency at a time. Honghe gives Lao Cai the right to fifteen, for the other bank.""")
    s.pumps = stored(answer(s.honghe, "new", "resource", "name=Pumps", "quantity=40", "unit={pump}", "site=Honghe depot"))
    muster(s.honghe, "mint", s.pumps)
    s.page.screen(s.honghe, "grant", short(s.honghe, s.pumps), 15, "Lao Cai")
    s.wanted = {}
    for moment, agency, units in (("07:10", s.hekou, 25), ("07:20", s.yenbai, 15)):
        s.at(moment)
        s.wanted[agency.name] = stored(answer(agency, "request", "name=Pumps for " + agency.title, "quantity=%d" % units,
                                              "unit={pump}", "deliver_to=" + agency.title, "incident=" + s.flood,
                                              "needed_by=2026-07-14T18:00:00Z"))
    s.agree("the pumps")
    s.page.screen(s.laocai, "quantities", short(s.laocai, s.pumps), order="honghe-1  |laocai-1  ")
    s.page.say("Hekou asks for twenty-five, Yen Bai for fifteen.")
    s.page.screen(s.laocai, "list", "request")


def promised_on_both_sides(s):
    """09:00 The exchange at the border loses its power; both sides go on"""
    s.cut()
    s.at("09:30")
    s.page.say("""For three hours nothing passes the border. Each side sees how far its picture goes, and works on.""")
    s.page.screen(s.laocai, "status", keep="^Red River.*node|^complete|^  2026|^  since|^AGENCY|silent|^$")
    s.at("10:00")
    s.page.say("Honghe promises its twenty-five to Hekou. Lao Cai wants twenty for Yen Bai, and is told what it may promise.")
    s.page.screen(s.honghe, "commit", short(s.honghe, s.wanted["hekou"]), 25, "--from", short(s.honghe, s.pumps))
    s.page.screen(s.laocai, "commit", short(s.laocai, s.wanted["yenbai"]), 20, "--from", short(s.laocai, s.pumps), exit=8)
    s.page.screen(s.laocai, "commit", short(s.laocai, s.wanted["yenbai"]), 15, "--from", short(s.laocai, s.pumps))
    s.at("10:20")
    s.page.say("""The Red Cross has promised a school three pumps. It has no right to any, and says so knowingly: the promise is
               marked on every screen until somebody covers it.""")
    assert code(s.redcross, "commit", s.pumps, 3, exit=8) == "ESHORT"
    s.page.screen(s.redcross, "commit", short(s.redcross, s.pumps), 3, "--at-risk")


def changed_on_both_sides(s):
    """11:00 Both sides change the same incident"""
    s.page.say("Hekou measures on its bank, Lao Cai on the other. Neither can know of the other's change.")
    s.page.screen(s.hekou, "update", short(s.hekou, s.flood), "severity=Extreme", "affected=1200")
    s.at("11:10")
    s.page.screen(s.laocai, "update", short(s.laocai, s.flood), "severity=Severe", "affected=4000")
    s.page.say("The dike is Hekou's incident: nobody else can change it. Yen Bai, downstream, proposes a change to its owner.")
    assert code(s.yenbai, "update", s.dike, "severity=Extreme", exit=4) == "ENOTOWNER"
    s.page.screen(s.yenbai, "propose", short(s.yenbai, s.dike), "severity=Extreme", "--reason", "gauge at Yen Bai +3 m since nine")
    for one, other in ((s.hekou, s.laocai), (s.laocai, s.hekou)):
        assert answer(one, "show", s.flood)["conflict"] is False, "%s has heard of the other side" % one.name


def healed(s):
    """12:00 The exchange is back: one picture, and what does not fit is shown"""
    s.heal()
    s.agree("after three hours")
    for agency in s.online():
        found = answer(agency, "quantities", s.pumps)["quantities"]
        assert (found["minted"], found["safe"], found["at_risk"], found["void"]) == (40, 40, 3, 0), (agency.name, found)
        now = answer(agency, "show", s.flood)
        assert now["conflict"] and len(now["branches"]) == 2, now
    s.page.say("""No pump is safely promised twice: forty are there, forty are promised. Three more were promised at risk, by the
               Red Cross, and every agency sees which.""")
    s.page.screen(s.yenbai, "quantities", short(s.yenbai, s.pumps), drop=COMPLETE, order="^[0-9a-f]{12}  ")
    s.page.say("Both changes of the incident are there, side by side. The more severe is shown until somebody decides.")
    s.page.screen(s.redcross, "show", short(s.redcross, s.flood), drop="linked from|  ← |" + COMPLETE)
    s.at("12:20")
    s.page.say("Both have measured their own bank: the numbers belong together. Lao Cai resolves it.")
    s.page.screen(s.laocai, "resolve", short(s.laocai, s.flood), "severity=Extreme", "affected=5200", "--reason",
                  "1200 on the left bank and 4000 on the right")
    s.page.screen(s.hekou, "accept", short(s.hekou, s.dike))
    s.agree("resolved")
    s.page.screen(s.honghe, "history", short(s.honghe, s.flood), drop=COMPLETE)
    for agency in s.online():
        now = answer(agency, "show", s.flood)
        assert not now["conflict"] and now["fields"]["severity"] == "Extreme" and now["fields"]["affected"] == 5200, now
        assert answer(agency, "show", s.dike)["fields"]["severity"] == "Extreme"


def delivered(s):
    """13:00 The pumps go, and the promise at risk is covered"""
    going = [(s.honghe, s.hekou, 25), (s.laocai, s.yenbai, 15)]
    sent = {to.name: next(i for i in answer(of, "list", "deployment")["items"] if i["fields"]["request"] == s.wanted[to.name])
            for of, to, _ in going}
    s.page.say("Lorries leave both depots. Each side signs its own step: who sends says that it left, who gets it says what came.")
    s.page.screen(s.honghe, "dispatch", sent["hekou"]["short"], "carrier=Lorry 4")
    muster(s.laocai, "dispatch", sent["yenbai"]["short"], "carrier=Boat 2")
    s.agree("on the way")
    s.at("15:30")
    s.page.screen(s.hekou, "arrive", sent["hekou"]["short"])
    s.at("16:00")
    s.page.screen(s.yenbai, "arrive", sent["yenbai"]["short"], 12, "--discrepancy", "three without hoses")
    s.agree("arrived")
    s.at("16:30")
    s.page.say("The dike at Hekou holds. Five pumps come home and cover what the Red Cross has promised its school.")
    muster(s.hekou, "release", sent["hekou"]["short"])
    s.agree("let go")
    s.page.screen(s.honghe, "return", sent["hekou"]["short"], 5)
    s.page.screen(s.honghe, "grant", short(s.honghe, s.pumps), 3, "Red Cross")
    s.agree("granted")
    risky = answer(s.redcross, "quantities")["items"][0]
    assert risky["state"] == "at-risk" and risky["own"], risky
    s.page.screen(s.redcross, "cover", short(s.redcross, s.pumps), risky["record"][:12])
    s.agree("covered")
    for agency in s.online():
        found = answer(agency, "quantities", s.pumps)["quantities"]
        assert found["at_risk"] == 0 and found["void"] == 0 and found["safe"] <= found["minted"], (agency.name, found)


def taken_back(s):
    """17:00 A wrong report is taken back, and who has not heard of it is known"""
    s.wrong = stored(answer(s.hekou, "new", "incident", "name=Bridge at Hekou has fallen", "phase=active", "category=Infra"))
    s.agree("the wrong report")
    driver(s, s.laocai, s.batxat)
    s.agree("the stick", s.all)
    s.page.say("""The driver has been at Bat Xat; its node holds all that the others hold, and nobody ever called it. Then Hekou
               finds that the bridge stands. What was wrong is taken back, not deleted, and one look tells who has said that
               they know. Bat Xat has no line on which it could say so to Hekou: somebody must drive, or find a telephone.""")
    s.at("17:20")
    s.page.screen(s.hekou, "retract", short(s.hekou, s.wrong), "--reason", "the bridge stands, seen on site")
    s.agree("taken back")
    wait_for("all that have a line have said that they know", lambda: all(
        h["told"] for h in answer(s.hekou, "holders", s.wrong)["items"] if h["agency"]["name"] != "Bat Xat"), LIMIT)
    s.page.screen(s.hekou, "holders", short(s.hekou, s.wrong), drop=COMPLETE)
    s.page.say("Why was Bat Xat not told? The code that sends is asked, and says what would change it.")
    s.page.screen(s.hekou, "explain", "Bat Xat", short(s.hekou, s.wrong), drop="on its way|carry it there|^ +meet$")


def driver(s, one, other):
    """A bundle there and its reply back."""
    s.empty_stick()
    muster(one, "bundle", "export", "--for", other.title, "-O", s.stick)
    assert answer(other, "bundle", "import", s.stick)["refused"] == 0
    assert answer(one, "bundle", "import", s.stick, "--no-reply")["refused"] == 0
    s.empty_stick()


def judged(s):
    """20:00 How well it went, computed on both sides of the border"""
    s.page.say("The figures of the day come from the records, and everybody who holds them can compute them again.")
    figures = [answer(a, "evaluate", s.flood) for a in (s.honghe, s.laocai)]
    for one in figures:
        one.pop("complete")
    assert figures[0] == figures[1], figures
    s.page.screen(s.honghe, "evaluate", short(s.honghe, s.flood), drop=COMPLETE)
    kept = stored(answer(s.honghe, "evaluate", s.flood, "--write"))
    s.agree("the figures")
    s.page.say("Honghe signs them as an evaluation. Lao Cai does not take its word for it.")
    s.page.screen(s.laocai, "evaluate", short(s.laocai, kept))
    s.page.say("The driver takes the last stick to Bat Xat: six nodes, one state.")
    driver(s, s.laocai, s.batxat)
    s.agree("at the end of the day", s.all)
    for agency in (s.batxat, s.yenbai, s.honghe):
        s.page.screen(agency, "digest", drop="objects, |" + COMPLETE)
    with open(s.batxat.journal, encoding="utf-8") as file:
        assert "event=peer.up" not in file.read(), "somebody has called Bat Xat"


ACTS = (first_word, flash, pumps, promised_on_both_sides, changed_on_both_sides, healed, delivered, taken_back, judged)


def main():
    begin = time.monotonic()
    try:
        with Stage(sys.argv[1]) as s:
            for act in ACTS:
                time_of_day, title = act.__doc__.split(" ", 1)
                s.at(time_of_day)
                s.page.head("%s · %s" % (time_of_day, title))
                act(s)
                print("%-6s %s (%.1f s)" % (time_of_day, title, time.monotonic() - begin), flush=True)
            told = s.page.text()
    except NoNetwork as reason:
        print("skipped: %s" % reason)
        return SKIP
    if "--rewrite" in sys.argv:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(told)
    return compare(told)


def compare(told):
    """The day went as the page says."""
    with open(PAGE, encoding="utf-8") as file:
        kept = file.read()
    changes = list(difflib.unified_diff(kept.splitlines(), told.splitlines(), "docs/FLOOD.md", "this day", lineterm="", n=2))
    if changes:
        print("\n".join(changes), "\nthe day is told otherwise than in docs/FLOOD.md; if that is right: flood.py BIN_DIR --rewrite",
              sep="", file=sys.stderr)
    return 1 if changes else 0


sys.exit(main())
