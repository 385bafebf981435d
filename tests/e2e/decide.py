#!/usr/bin/env python3
"""Two real nodes decide by figures: weights from judgements, written at one agency and computed again at the other.

usage: decide.py BIN_DIR
"""
import os
import sys

from cli import answer, code, error, muster
from nodes import Node, equal_digests, join, running, wait_for

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


# A county's set: the river and the rain, the people, the reach; likelihood x severity x extent.
COUNTY = {"name": "Flood risk, Nanxi", "status": "Draft", "version": "1",
          "indicators": "L1=water at Nanxi gauge;L2=rain expected;S1=people in the lowlands;E1=villages reached",
          "dimensions": "L1=likelihood;L2=likelihood;S1=severity;E1=extent", "units": "L1=m;L2=mm", "bounds": "L1=268..276;L2=0..200;E1=0..10",
          "scale": "none=0;some=1;many=4", "weights": "L1=0.4;L2=0.2;S1=0.2;E1=0.2", "aggregation": "dimension-product",
          "thresholds": "一级=0.6;二级=0.4;三级=0.2;四级=0.1", "hysteresis": "0.05"}


def scores_are_made_and_verified(anna, boris, flood):
    incident = new(anna, "incident", name="Nanxi flood", phase="warned", category="Met")
    county = new(anna, "indicator-set", **COUNTY)
    readings = ("L1=274", "L2=100", "S1=many", "E1=8")
    tried = answer(anna, "score", county, *readings, "--try")
    assert "object" not in tried and not answer(anna, "list", "assessments")["items"], tried
    made = answer(anna, "score", county, *readings, "--incident", incident, "--at", "2026-07-14T08:00:00+08:00")
    fields = made["fields"]
    # likelihood (0.4 * 0.75 + 0.2 * 0.5) / 0.6, severity 1, extent 0.8
    assert (fields["likelihood"], fields["severity"], fields["extent"]) == ("0.6667", "1.0000", "0.8000"), fields
    assert fields["result"] == "0.5333" and fields["level"] == "二级", fields
    assert fields["scores"] == ["L1=0.750000", "L2=0.500000", "S1=1.000000", "E1=0.800000"], fields
    kept = answer(anna, "show", made["object"])["fields"]
    assert kept["set"] == county and kept["incident"] == incident and made["set_record"] in kept["method_text"], kept
    screen = muster(anna, "score", county, *readings, "--try")[0]
    assert "level II, orange" in screen and "0.5333" in screen and max(map(len, screen.splitlines())) <= 80, screen
    wait_for("Boris has the assessment", lambda: equal_digests([anna, boris]))
    assert "are right" in muster(boris, "score", "verify", made["object"])[0]
    return county, made["object"]


def a_newer_set_changes_no_old_score(anna, boris, county, first):
    muster(anna, "update", county, "version=2", "bounds=L1=268..290;L2=0..200;E1=0..10", "thresholds=一级=0.9;二级=0.8;三级=0.7;四级=0.1")
    second = answer(anna, "score", county, "L1=274", "L2=100", "S1=many", "E1=8")
    assert second["fields"]["level"] == "四级", second
    wait_for("Boris has both", lambda: equal_digests([anna, boris]))
    for one in (first, second["object"]):
        assert "are right" in muster(boris, "score", "verify", one)[0]
    new(anna, "assessment", name="by hand", status="Draft", result="0.5")
    compared = answer(anna, "score", county, "--compare")
    assert compared["counts"] == {"compared": 2, "same": 1, "higher": 0, "lower": 1, "not_comparable": 1}, compared["counts"]
    old = next(i for i in compared["items"] if i["id"] == first)
    assert (old["level"], old["would"], old["change"]) == ("二级", "四级", "lower"), old
    screen = muster(anna, "score", county, "--compare")[0]
    assert "not comparable 1" in screen.replace("\n  ", " "), screen
    muster(anna, "score", county, "--compare", "--store")
    assert "of 3 past assessments 1 would have the same level" in answer(anna, "show", county)["fields"]["back_test"]
    assert "are right" in muster(anna, "score", "verify", second["object"])[0]  # the set is another record by now
    return second["object"]


def a_level_is_not_left_at_once(anna, boris, county, first):
    muster(anna, "update", county, "bounds=" + COUNTY["bounds"], "thresholds=" + COUNTY["thresholds"])
    words = ("L1=274", "L2=0", "S1=many", "E1=7.2")  # 0.5 * 1 * 0.72 is 0.36: third level, unless it was the second before
    assert answer(anna, "score", county, *words, "--try")["fields"]["level"] == "三级"
    held = answer(anna, "score", county, *words, "--after", first)
    assert held["fields"]["result"] == "0.3600" and held["fields"]["level"] == "二级", held
    muster(anna, "update", first, "level=四级")  # what was cited does not change with its object
    wait_for("Boris has it", lambda: equal_digests([anna, boris]))
    assert "are right" in muster(boris, "score", "verify", held["object"])[0]
    refused = error(boris, "score", "verify", first, exit=9)
    assert refused["code"] == "EFIGURES" and "四级" in refused["message"] and "二级" in refused["message"], refused
    muster(anna, "update", held["object"], "result=0.2000")
    wait_for("Boris has the embellished one", lambda: equal_digests([anna, boris]))
    assert "0.3600" in error(boris, "score", "verify", held["object"], exit=9)["message"]


def wrong_readings(anna, boris, county, flood):
    rows = ((["L1=274"], "EMISSING", "L2"), (["L1=high", "L2=1", "S1=some", "E1=1"], "EUSAGE", "\"high\""),
            (["L1=1", "L1=2"], "EUSAGE", "twice"), (["X9=1"], "EUSAGE", "X9"), (["L1=1", "L2=1", "S1=9", "E1=1"], "EUSAGE", "S1"))
    for words, name, says in rows:
        refused = error(anna, "score", county, *words, exit=2)
        assert refused["code"] == name and says in refused["message"], (words, refused)
    refused = error(anna, "score", flood, "L1=1", exit=2)
    assert refused["code"] == "EMISSING" and "aggregation" in " ".join(refused["do"]), refused
    by_hand = new(anna, "assessment", name="by hand", status="Draft", result="0.5")
    assert code(anna, "score", "verify", by_hand, exit=2) == "EMISSING"
    muster(anna, "update", county, "weights=L1=0.4;L2=0.2;S1=0.2;E1=0.1")
    assert "0.900000" in error(anna, "score", county, "L1=274", exit=1)["message"]


def stock(node, quantity, **fields):
    made = new(node, "resource", name="Pumps", quantity=quantity, unit="{pump}", **fields)
    muster(node, "mint", made)
    return made


def units_are_allocated(anna, boris):
    """Boris asks; Anna has pumps near and far, Boris a few of his own."""
    urgent = new(boris, "request", name="Pumps", status="submitted", quantity=12, unit="{pump}", priority="Urgent", deliver_point="28.77,104.62")
    routine = new(boris, "request", name="pumps", status="submitted", quantity=10, unit="{pump}", priority="Routine", deliver_point="27.34,103.72")
    boxes = new(boris, "request", name="Pumps", status="submitted", quantity=3, unit="{box}")
    near, far = stock(anna, 10, lat="28.70", lon="104.60", unit_value="200"), stock(anna, 4, lat="30.57", lon="104.07")
    his = stock(boris, 5, lat="27.30", lon="103.70")
    bare = new(anna, "resource", name="Pumps", quantity=9, unit="{pump}")
    wait_for("both know all of it", lambda: equal_digests([anna, boris]))
    found = answer(anna, "allocate", "PUMPS", "--unit", "{pump}")
    plan = found["plan"]
    ids = [s["id"] for s in found["inputs"]["sources"]], [d["id"] for d in found["inputs"]["demands"]]
    flows = {(ids[0][l["source"]], ids[1][l["demand"]]): l["units"] for l in plan["lines"]}
    # 19 pumps for 22: the urgent whole; of all ways that do so the shortest one
    assert flows == {(near, urgent): 10, (far, urgent): 2, (far, routine): 2, (his, routine): 5}, (flows, ids)
    assert plan["totals"]["unmet"] == {"urgent": 0, "routine": 3, "low": 0} and plan["gap"] == 0, plan
    assert plan["totals"]["smallest_share"] == {"urgent": "1.0000", "routine": "0.7000", "low": None} and plan["totals"]["cost"] == "2000.00", plan
    assert {i["why"] for i in found["left_out"]} == {"another-unit", "nothing-free"} and len(found["left_out"]) == 2, (found["left_out"], boxes, bare)
    whys = {(ids[0][l["source"]], ids[1][l["demand"]]): l["why"] for l in plan["lines"]}
    assert whys == {(near, urgent): "nearest", (far, urgent): "nearer-serves-others", (far, routine): "nearer-used-up",
                    (his, routine): "nearest"}, whys
    screen = muster(anna, "allocate", "pumps", "--unit", "{pump}")[0]
    assert "nothing was written" in screen and "19 of 22 served" in screen and max(map(len, screen.splitlines())) <= 80, screen
    close = answer(anna, "allocate", "pumps", "--unit", "{pump}", "--within", 50)["plan"]
    assert close["totals"]["served"] == 15 and "too-far" in {r["why"] for r in close["rejected"]}, close
    return urgent, routine, his, found


def a_plan_is_verified_and_offered(anna, boris, urgent, routine, his, found):
    text = muster(anna, "allocate", "pumps", "--unit", "{pump}", "--json")[0]
    path = table(boris, "plan.json", text)
    assert "the plan is right" in muster(boris, "allocate", "verify", path)[0]
    assert answer(boris, "allocate", "verify", path)["plan"] == found["plan"]
    for old, other in (('"units": 10', '"units": 9'), ('"priority": "Urgent"', '"priority": "Low"'), ('"gap": 0', '"gap": 1')):
        assert old in text, text
        assert code(boris, "allocate", "verify", table(boris, "false.json", text.replace(old, other, 1)), exit=9) == "EFIGURES"
    assert code(boris, "allocate", "verify", table(boris, "no.json", "{}"), exit=2) == "EUSAGE"
    assert not answer(anna, "list", "deployments")["items"]
    done = answer(anna, "allocate", "pumps", "--unit", "{pump}", "--propose")
    assert sorted(o["units"] for o in done["offers"]) == [2, 2, 10], done["offers"]  # Boris's own pumps are Boris's to offer
    wait_for("Boris sees the offers", lambda: equal_digests([anna, boris]))
    for offer in done["offers"]:
        fields = answer(boris, "show", offer["object"])["fields"]
        assert fields["status"] == "offered" and fields["request"] in (urgent, routine), fields
        assert done["hash"] in fields["comments"], fields  # the plan that it is from
    again = answer(boris, "allocate", "pumps", "--unit", "{pump}")  # what is offered is promised: only his own are left
    assert [s["id"] for s in again["inputs"]["sources"]] == [his] and again["inputs"]["sources"][0]["yours"], again["inputs"]["sources"]
    assert code(anna, "allocate", "unicorns", exit=3) == "ENOTFOUND"
    assert code(anna, "allocate", "pumps", "--within", "far", exit=2) == "EUSAGE"


def main():
    anna, boris = nodes = [Node(sys.argv[1], name) for name in ("anna", "boris")]
    with running(*nodes):
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
        county, first = scores_are_made_and_verified(anna, boris, flood)
        a_newer_set_changes_no_old_score(anna, boris, county, first)
        a_level_is_not_left_at_once(anna, boris, county, first)
        wrong_readings(anna, boris, county, flood)
        a_plan_is_verified_and_offered(anna, boris, *units_are_allocated(anna, boris))


main()
