#!/usr/bin/env python3
"""Two real nodes decide by figures: weights from judgements, written at one agency and computed again at the other.

usage: decide.py BIN_DIR
"""
import os
import sys

from cli import answer, code, error, muster
from nodes import Node, equal_digests, join, wait_for

# A family's judgements on eight properties of a house (T. L. Saaty, EJOR 145, 2003): the published CR is 0.17.
HOUSE = """,size,transport,neighbourhood,age,yard,modern,condition,finance
size,1,5,3,7,6,6,1/3,1/4
transport,1/5,1,1/3,5,3,3,1/5,1/7
neighbourhood,1/3,3,1,6,3,4,6,1/5
age,1/7,1/5,1/6,1,1/3,1/4,1/7,1/8
yard,1/6,1/3,1/3,3,1,1/2,1/5,1/6
modern,1/6,1/3,1/4,4,2,1,1/5,1/6
condition,3,5,1/6,7,5,5,1,1/2
finance,4,7,5,8,6,6,2,1
"""
FLOOD = {"name": "Flood risk, county", "status": "Draft",
         "indicators": "L=likelihood;S=severity;E=extent;L1=water above warning level;L2=rain expected;S1=people in the lowlands",
         "parents": "L1=L;L2=L;S1=S",
         "matrix": "L/S=2;L/E=4;S/E=2;L1/L2=3"}


def new(node, kind, **fields):
    words = ["%s=%s" % (name, value) for name, value in fields.items()]
    return answer(node, "new", kind, *words)["items"][0]["object"]


def table(node, name, text):
    path = os.path.join(node.root, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def files_are_tried_out(anna):
    house = table(anna, "house.csv", HOUSE)
    found = answer(anna, "ahp", "--matrix", house)
    assert found["cr"] == "0.1691" and not found["accepted"], found
    weights = {i["code"]: i["weight"] for i in found["groups"][0]["items"]}
    assert weights["finance"] == "0.333189" and sum(float(w) for w in weights.values()) == 1, weights
    mend = found["groups"][0]["mend"]
    assert (mend["a"], mend["b"], mend["said"]) == ("neighbourhood", "condition", "6"), mend
    assert answer(anna, "ahp", "--matrix", house, "--ri", "ahpsurvey")["cr"] == "0.1697"
    mended = HOUSE.replace("3,4,6,1/5", "3,4,%s,1/5" % mend["better"]).replace("condition,3,5,1/6", "condition,3,5,")
    assert answer(anna, "ahp", "--matrix", table(anna, "mended.csv", mended))["cr"] == mend["cr"]
    screen = muster(anna, "ahp", "--matrix", house)[0]
    assert "CR is above 0.10" in screen and max(map(len, screen.splitlines())) <= 80, screen
    cells = (("1/3,1/4\n", "1/3,\n", 2, "compared size with finance"),  # both of the two cells are empty
             ("7,6,6", "7,12,6", 1, "row size, column yard: \"12\" is no judgement"),
             ("size,1,5", "size,1,7", 1, "row size, column transport"),
             ("\nage,", "\nedge,", 1, "\"edge\""))
    for cell, other, exit, says in cells:
        broken = HOUSE.replace(cell, other).replace("finance,4,", "finance,,")
        refused = error(anna, "ahp", "--matrix", table(anna, "broken.csv", broken), exit=exit)
        assert says in refused["message"], (cell, refused)
    assert code(anna, "ahp", exit=2) == "EUSAGE"
    assert code(anna, "ahp", "--matrix", "/nowhere.csv", exit=3) == "ENOTFOUND"


def weights_are_stored_and_verified(anna, boris):
    flood = new(anna, "indicator-set", **FLOOD)
    assert code(anna, "ahp", "verify", flood, exit=2) == "EMISSING"
    found = answer(anna, "ahp", flood)
    assert [g["under"] for g in found["groups"]] == [None, "L"] and found["cr"] == "0.0000", found
    assert found["groups"][0]["items"][0]["weight"] == "0.571429", found
    muster(anna, "ahp", flood, "--store")
    fields = answer(anna, "show", flood)["fields"]
    assert fields["weights"] == ["L=0.571429", "S=0.285714", "E=0.142857", "L1=0.750000", "L2=0.250000", "S1=1.000000"], fields
    assert fields["cr"] == "0.0000" and fields["ri_table"] == "AHPWR" and fields["lambda_max"] == "3.0000", fields
    wait_for("Boris has the weights", lambda: equal_digests([anna, boris]))
    assert "are right" in muster(boris, "ahp", "verify", flood)[0]
    muster(anna, "update", flood, "weights=L=0.57;S=0.33;E=0.1;L1=0.75;L2=0.25;S1=1")
    wait_for("Boris has the embellished ones", lambda: equal_digests([anna, boris]))
    refused = error(boris, "ahp", "verify", flood, exit=9)
    assert refused["code"] == "EFIGURES" and "S=0.33" in refused["message"] and "0.285714" in refused["message"], refused
    muster(anna, "update", flood, "matrix=L/S=2;L/E=4;L1/L2=3")
    refused = error(anna, "ahp", flood, exit=2)
    assert refused["code"] == "EMISSING" and "S with E" in refused["message"], refused
    return flood


def several_experts(anna, boris, flood):
    paths = [table(anna, name + ".csv", ",L,S,E\nL,1,%s,%s\nS,,1,%s\nE,,,1\n" % cells)
             for name, cells in (("li", ("2", "8", "4")), ("wang", ("1/2", "2", "5")), ("zhao", ("0.5", "4", "3")))]
    words = [w for path in paths for w in ("--matrix", path)]
    muster(anna, "ahp", flood, *words, "--store")
    fields = answer(anna, "show", flood)["fields"]
    assert fields["matrix"][:3] == ["S/L=1.2599", "L/E=4", "S/E=3.9149"], fields   # the cube roots of 2, 64 and 60
    assert fields["respondents"] == 3 and fields["group_method"] == "geometric-mean", fields
    wait_for("Boris has the mean", lambda: equal_digests([anna, boris]))
    assert "are right" in muster(boris, "ahp", "verify", flood)[0]


def contradictions_want_a_reason(anna, boris, flood):
    wild = table(anna, "wild.csv", ",L,S,E\nL,1,9,1/5\nS,,1,7\nE,,,1\n")
    refused = error(anna, "ahp", flood, "--matrix", wild, "--store", exit=4)
    assert refused["code"] == "ECONSISTENCY" and "0.10" in refused["message"] and "--override" in " ".join(refused["do"]), refused
    refused = error(anna, "update", flood, "cr=0.31", exit=4)
    assert refused["code"] == "ECONSISTENCY" and "override_reason" in refused["message"], refused
    muster(anna, "ahp", flood, "--matrix", wild, "--store", "--override", "one expert, the flood is here")
    assert code(anna, "update", flood, "override_reason=", exit=4) == "ECONSISTENCY"
    muster(anna, "update", flood, "purpose=of the day")  # a change of other fields is no matter of consistency
    wait_for("Boris has it with its reason", lambda: equal_digests([anna, boris]))
    assert "the flood is here" in muster(boris, "ahp", "verify", flood)[0]
    paths = table(anna, "li.csv", ",L,S,E\nL,1,2,4\nS,,1,2\nE,,,1\n")
    muster(anna, "ahp", flood, "--matrix", paths, "--store")
    assert not answer(anna, "show", flood)["fields"].get("override_reason")


def main():
    anna, boris = nodes = [Node(sys.argv[1], name) for name in ("anna", "boris")]
    try:
        for node in nodes:
            node.start()
            node.init()
        anna.post("/v1/spaces", {"name": "flood"})
        join(anna, boris, "flood")
        wait_for("Boris may write", lambda: boris.get("/v1/status")["spaces"][0]["right"] == "write")
        files_are_tried_out(anna)
        flood = weights_are_stored_and_verified(anna, boris)
        for part in (several_experts, contradictions_want_a_reason):
            part(anna, boris, flood)
            print("ok", part.__name__, flush=True)
    except BaseException:
        for node in nodes:
            print("--- %s\n%s" % (node.name, node.tail()), file=sys.stderr)
        raise
    finally:
        for node in nodes:
            node.close()


main()
