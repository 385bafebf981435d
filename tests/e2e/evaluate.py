#!/usr/bin/env python3
"""Two real nodes and the figures of a response: computed from the records, kept, and computed again by the partner.

usage: evaluate.py BIN_DIR
"""
import json
import sys

from cli import answer, error, muster
from nodes import Node, equal_digests, join, running, wait_for


def new(node, kind, **fields):
    """An object; its full id."""
    words = ["%s=%s" % (name, value) for name, value in fields.items()]
    return answer(node, "new", kind, *words)["items"][0]["object"]


def at(minute):
    return "2026-07-14T%02d:%02d:00+08:00" % (8 + minute // 60, minute % 60)


def a_response(anna, boris):
    """Boris asks for boats and tents; Anna sends half of the boats in time, and the wrong number is corrected."""
    flood = new(boris, "incident", name="Nanxi flood", phase="active", category="Met")
    other = new(boris, "incident", name="another", phase="active", category="Geo")
    boats = new(boris, "request", name="boats", status="submitted", quantity=12, incident=flood, needed_by="2100-01-01T00:00:00Z")
    new(boris, "request", name="tents", status="submitted", quantity=4, incident=flood)
    new(boris, "request", name="elsewhere", status="submitted", quantity=1000, incident=other)
    new(boris, "request", name="not asked yet", status="draft", quantity=1000, incident=flood)
    wait_for("Anna knows what is asked", lambda: equal_digests([anna, boris]))
    new(anna, "deployment", name="six boats", status="committed", request=boats, quantity=6, offered_at=at(0),
        committed_at=at(5), arrived_at=at(90), quantity_arrived=6)
    new(anna, "deployment", name="no more", status="refused", request=boats, quantity=6, reason="none left")
    new(anna, "sitrep", name="morning", report_type="ManagementReportingSummary", incident=flood, period_to=at(0))
    return flood


def figures_are_equal_at_both(anna, boris, flood):
    wait_for("both hold the same", lambda: equal_digests([anna, boris]))
    texts = [muster(node, "evaluate", flood, "--json")[0] for node in (anna, boris)]
    both = [json.loads(text) for text in texts]
    for one in both:
        one.pop("complete")
    assert json.dumps(both[0]) == json.dumps(both[1]), texts
    measures, counts = both[0]["measures"], both[0]["counts"]
    assert measures["fill_rate"] == "0.3750", measures       # 6 of 16
    assert measures["timeliness"] == "0.5000", measures      # 6 of the 12 that had a time
    assert measures["over_supply"] == "0.0000", measures
    assert measures["offer_to_arrival_s"] == 90 * 60, measures
    assert measures["request_to_offer_s"] == 0, measures     # offered before it was asked: clocks differ
    assert "correction_s" not in measures and "first_word_s" not in measures, measures
    assert counts == {"requests": 2, "offers": 1, "arrivals": 1, "reports": 1, "first_words": 0, "corrections": 0}, counts
    screen = muster(boris, "evaluate", flood)[0]
    assert "37.50 %" in screen and "1 h 30 min" in screen and "not known" in screen, screen
    assert max(map(len, screen.splitlines())) <= 80, screen
    return both[0]


def a_partner_computes_them_again(anna, boris, flood, computed):
    kept = answer(anna, "evaluate", flood, "--write")["items"][0]["object"]
    wait_for("Boris has Anna's figures", lambda: equal_digests([anna, boris]))
    fields = answer(boris, "show", kept)["fields"]
    assert {name: fields[name] for name in computed["measures"]} == computed["measures"], fields
    assert computed["inputs"] in fields["method"] and fields["subject"] == flood, fields
    assert "are right" in muster(boris, "evaluate", kept)[0]
    muster(anna, "update", kept, "fill_rate=0.9000")
    wait_for("Boris has the embellished ones", lambda: equal_digests([anna, boris]))
    refused = error(boris, "evaluate", kept, exit=9)
    assert refused["code"] == "EFIGURES" and "0.9000" in refused["message"] and "fill_rate" in refused["message"], refused


def other_times(anna, boris, flood):
    assert answer(boris, "evaluate", flood, "--from", "2099-01-01T00:00:00Z")["counts"]["requests"] == 0
    assert answer(boris, "evaluate", flood, "--to", "2099-01-01T00:00:00Z")["counts"]["requests"] == 2
    assert error(boris, "evaluate", flood, "--from", "yesterday", exit=2)["code"] == "EUSAGE"
    assert error(boris, "evaluate", "inc-zzzzz", exit=3)["code"] == "ENOTFOUND"


def a_wrong_word_is_put_right(anna, boris, flood):
    wrong = new(boris, "release", name="120 evacuated", status="draft", incident=flood, text="120 have left.",
                known_at=at(0))
    muster(boris, "update", wrong, "published_at=" + at(10))
    right = new(boris, "release", name="1200 evacuated", status="draft", incident=flood, text="1,200 have left.",
                corrects=wrong, published_at=at(40))
    assert right
    found = answer(boris, "evaluate", flood)["measures"]
    assert found["first_word_s"] == 600 and found["correction_s"] == 1800, found


def main():
    anna, boris = nodes = [Node(sys.argv[1], name) for name in ("anna", "boris")]
    with running(*nodes):
        for node in nodes:
            node.start()
            node.init()
        anna.post("/v1/spaces", {"name": "flood"})
        join(anna, boris, "flood")
        wait_for("Boris may write", lambda: boris.get("/v1/status")["spaces"][0]["right"] == "write")
        flood = a_response(anna, boris)
        computed = figures_are_equal_at_both(anna, boris, flood)
        a_partner_computes_them_again(anna, boris, flood, computed)
        for part in (other_times, a_wrong_word_is_put_right):
            part(anna, boris, flood)
            print("ok", part.__name__, flush=True)


main()
