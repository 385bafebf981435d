#!/usr/bin/env python3
"""--space: every verb that is about a space refuses a name that no space here has, in the same sentence, and writes nothing.

usage: spaces.py BIN_DIR

The tables here, and behind them exercise.py's, name every verb of `muster help`; one that is missing fails the test.  A row is what
the verb is called with, or why it has no space to look at.  The space is looked at before the object, so any id will do.
"""
import os
import sys

from cli import answer, error, muster
from exercise import FAMILIES as OTHERS, VERBS as EXERCISE, verbs
from nodes import Node, wait_for

NOWHERE = "no-such-space"
NODE = "is about this node, its keys, partners or files"
FILE = "reads a file"

VERBS = {
    "status": ["status"], "list": ["list"], "search": ["search", "dike"], "todo": ["todo"], "sitrep": ["sitrep", "INC"], "log": ["log", "INC"],
    "alert": ["alert", "draft", "INC"], "watch": ["watch"], "show": ["show", "INC"], "history": ["history", "INC"], "holders": ["holders", "INC"],
    "new": ["new", "incident", "name=x", "phase=active", "category=Geo"], "update": ["update", "INC", "name=x"], "propose": ["propose", "INC", "name=x"],
    "accept": ["accept", "INC"], "decline": ["decline", "INC", "--reason", "no"], "transfer": ["transfer", "INC", "zhaotong"], "take": ["take", "INC"],
    "resolve": ["resolve", "INC"], "retract": ["retract", "INC", "--reason", "no"], "supersede": ["supersede", "INC", "--by", "INC"], "task ack": ["task", "ack", "TAS"],
    "task start": ["task", "start", "TAS"], "task done": ["task", "done", "TAS"], "task decline": ["task", "decline", "TAS", "--reason", "no"],
    "alarms": ["alarms"], "evaluate": ["evaluate", "INC"], "digest": ["digest"], "share": ["share", "INC", "--to", "flood"],
    "explain": ["explain", "zhaotong", "INC"], "attach": ["attach", "INC", "FILE"], "attach get": ["attach", "get", "INC", "-O", "OUT"],
    "erase": ["erase", "INC", "--ground", "mistake", "--yes=INC"], "hold": ["hold", "INC"], "unhold": ["unhold", "INC"],
    "gaps": ["gaps"], "quantities": ["quantities"],
    "request": ["request", "name=x", "quantity=1"], "offer": ["offer", "REQ", "1", "--from", "RES"], "commit": ["commit", "RES", "1"],
    "refuse": ["refuse", "REQ", "--reason", "no"], "withdraw": ["withdraw", "DEP", "--reason", "no"], "dispatch": ["dispatch", "DEP"], "arrive": ["arrive", "DEP"],
    "release": ["release", "DEP"], "return": ["return", "DEP"], "mint": ["mint", "RES", "1"], "grant": ["grant", "RES", "1", "yibin"],
    "cover": ["cover", "RES", "DEP"], "reclaim": ["reclaim", "RES", "1", "yibin"],
    "invite": ["invite", "CARD", "--right", "write"], "space log": ["space", "log"], "space show": ["space", "show"], "space right": ["space", "right", "yibin", "read"],
    "space remove": ["space", "remove", "yibin", "--yes=yibin"], "space suspend": ["space", "suspend", "yibin"], "space lift": ["space", "lift", "yibin"],
    "space policy": ["space", "policy"], "space approve": ["space", "approve", "abcd"], "space rotate": ["space", "rotate"],
    "space leave": ["space", "leave", "--yes=%s" % NOWHERE], "space cut": ["space", "cut", "yibin", "--position", "1"], "space reassign": ["space", "reassign", "INC", "yibin"],
    "retention": ["retention"], "import": ["import", "CSV"], "export": ["export", "incidents"], "prove": ["prove", "INC"],
    "agreement list": ["agreement", "list"], "agreement propose": ["agreement", "propose", "zhaotong", "name=x", "kinds=incident"],
    "agreement show": ["agreement", "show", "INC"], "agreement sign": ["agreement", "sign", "INC"],
    "agreement simulate": ["agreement", "simulate", "incident"], "agreement consent": ["agreement", "consent", "INC", "--to", "flood"],
    "bundle export": ["bundle", "export", "--for", "zhaotong", "-O", "DIR"],
}
WITHOUT = {
    "alarms ack": "an alarm has an id of its own", "init": NODE, "card": NODE, "card show": FILE, "join": "the invite names the space",
    "pending": NODE, "pending accept": "the line names the space", "pending refuse": NODE, "confirm": NODE, "space create": "its word is the space",
    "space list": "shows them all", "space use": "its word is the space", "bundle import": "what is in the bundle names its spaces",
    "bundle show": FILE, "verify": FILE, "help": NODE, "completion": NODE, "version": NODE, "metrics": NODE, "audit": NODE, "upgrade": NODE,
    "compact": NODE, "check": NODE, "doctor": NODE, "backup": NODE, "restore": NODE,
}
FAMILIES = {"peer": NODE, "key": NODE, "config": NODE}


def one_of_two(node, names):
    """A space that there is: status, todo and alarms are of it alone."""
    assert [space["name"] for space in answer(node, "status")["spaces"]] == ["flood", "quake"]
    assert [peer["agency"]["name"] for peer in answer(node, "status")["peers"]] == ["zhaotong"]
    muster(node, "update", names["REQ"], "needed_by=2020-01-01T00:00:00Z", "--space", "flood")
    wait_for("an alarm", lambda: answer(node, "status")["alarms"]["items"])
    for space, members, alarms in (("flood", ["zhaotong"], 1), ("quake", [], 0)):
        status = answer(node, "status", "--space", space)
        assert [one["name"] for one in status["spaces"]] == [space], status
        assert [peer["agency"]["name"] for peer in status["peers"]] == members, status
        assert (len(status["alarms"]["items"]) > 0) == bool(alarms), status["alarms"]
        for words in (["todo"], ["alarms"]):
            assert [one["name"] for one in answer(node, *words, "--space", space)["spaces"]] == [space], words
        screen = muster(node, "status", "--space", space)[0]
        assert screen.startswith(space + "  ACTUAL") and ({"flood": "quake", "quake": "flood"}[space]) not in screen, screen
    by_id = answer(node, "status", "--space", answer(node, "status")["spaces"][1]["id"][:8])["spaces"]
    assert [one["name"] for one in by_id] == ["quake"], by_id


def main(bin_dir):
    node, other = Node(bin_dir, "yibin"), Node(bin_dir, "zhaotong")
    wrong, asked = [], 0
    try:
        for one in (node, other):
            one.start()
            one.init()
        for space in ("flood", "quake"):
            muster(node, "space", "create", space)
        made = {"INC": ["incident", "name=Dike", "phase=active", "category=Geo"], "RES": ["resource", "name=Pumps", "quantity=5", "unit={pump}"],
                "REQ": ["request", "name=Pumps", "status=submitted", "quantity=5", "unit={pump}"],
                "TAS": ["task", "name=Walk", "status=assigned", "assignee=yibin"], "DEP": ["deployment", "name=Pumps", "status=offered", "quantity=1"]}
        names = {word: answer(node, "new", *row, "--space", "flood")["items"][0]["short"] for word, row in made.items()}
        for word, text in (("FILE", "a file"), ("CSV", "name,quantity\npumps,3\n"), ("CARD", muster(other, "card")[0])):
            names[word] = os.path.join(node.root, word.lower())
            with open(names[word], "w", encoding="utf-8") as file:
                file.write(text)
        names.update(DIR=node.root, OUT=os.path.join(node.root, "out"))
        muster(node, "invite", names["CARD"], "--right", "write", "--space", "flood", "-O", names["OUT"])
        one_of_two(node, names)
        before = [answer(node, "digest", "--space", space)["digest"] for space in ("flood", "quake")]
        for verb in verbs(node):
            if verb in WITHOUT or verb.split()[0] in FAMILIES:
                assert verb not in VERBS, verb
                continue
            row = VERBS.get(verb, EXERCISE.get(verb, OTHERS.get(verb.split()[0])))
            if isinstance(row, str):
                continue  # has its reason there
            if not row:
                wrong.append("muster %s is not in the table of this test: say how it is called, or why it has no space" % verb)
                continue
            words = [word.replace("INC", names["INC"]) if word.startswith("--yes=") else names.get(word, names["INC"] if word.isupper() and len(word) == 3 else word)
                     for word in row]
            asked += 1
            try:
                refused = error(node, *words, "--space", NOWHERE, exit=3)
                if refused["code"] != "EUNKNOWN_SPACE" or NOWHERE not in refused["message"]:
                    wrong.append("muster %s: %s" % (" ".join(words), refused))
            except AssertionError as said:
                wrong.append(str(said))
        assert [answer(node, "digest", "--space", space)["digest"] for space in ("flood", "quake")] == before, "something was written"
        assert not wrong, "\n".join(wrong)
    finally:
        node.close()
        other.close()
    print("spaces: a name that no space has is refused by each of %d verbs" % asked)


if __name__ == "__main__":
    main(sys.argv[1])
