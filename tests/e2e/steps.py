#!/usr/bin/env python3
"""A node that signs steps of a delivery which are not its agency's: kept, shown with the reason, and counted on no screen.

Anna brings, Boris has asked, Chen is neither; Chen's musterd is the one of the tests that asks nobody whose step it is
(careless.c).  Every screen is asked of the command line, at every node.

usage: steps.py BIN_DIR CARELESS_DIR
"""
import sys

from cli import answer, error, muster, up
from nodes import Node, equal_digests, join, running, wait_for

SPACE = "flood"


class Careless(Node):
    """The same node with the other musterd; the command line is everybody's."""

    def start(self, *words, **options):
        own, self.bin = self.bin, sys.argv[2]
        try:
            return super().start(*words, **options)
        finally:
            self.bin = own


def stored(said):
    return said["items"][0]["object"]


def agree(nodes):
    wait_for("all hold the same", lambda: equal_digests(nodes, SPACE) and
             len({n.get("/v1/digest")["quantities"] for n in nodes}) == 1, 60)


def of_source(node, source):
    return [item for item in answer(node, "todo")["items"] if item["source"] == source]


def counts_as(nodes, delivery, counts, written):
    """Every screen of every node says `counts`, and where another state was written last it says so beside it."""
    states = ("offered", "committed", "dispatched", "arrived", "consumed", "returned")
    short = answer(nodes[0], "show", delivery)["short"]
    for node in nodes:
        shown = answer(node, "show", delivery)
        assert shown["fields"]["status"] == counts, (node.name, shown["fields"])
        assert shown.get("unsound") == (written if written != counts else None), (node.name, shown)
        for state in states:
            found = [i["id"] for i in answer(node, "list", "deployment", "status=" + state)["items"]]
            assert found == ([delivery] if state == counts else []), (node.name, state, found)
        row = answer(node, "list", "deployment")["items"][0]
        assert row["fields"]["status"] == counts, (node.name, row)
        found = wait_for("words are indexed a little later", lambda: [i for i in answer(node, "search", shown["fields"]["name"])["items"]
                                                                       if i["id"] == delivery], 5)
        assert [i["fields"]["status"] for i in found] == [counts], (node.name, found)
        lines = [l for l in muster(node, "list", "deployment", "-o", "tsv")[0].splitlines()[1:]]
        assert len(lines) == 1 and counts in lines[0].split("\t"), (node.name, lines)
        screen = muster(node, "list", "deployment")[0]
        assert short in screen and counts in screen, (node.name, screen)
        assert written == counts or written not in screen.replace(counts, ""), (node.name, screen)


def gap_of(node, wanted):
    return next(i for i in answer(node, "gaps")["items"] if i["id"] == wanted)


def wrong_at(nodes, delivery, by, part):
    for node in nodes:
        wrong = [i for i in answer(node, "history", delivery)["items"] if i.get("wrong")]
        assert wrong and all(i["agency"]["name"] == by and "does not count" in i["wrong"] for i in wrong), (node.name, wrong)
        assert any(part in i["wrong"] for i in wrong), (node.name, wrong)
        assert any(part in i["wrong"] for i in answer(node, "show", delivery)["wrong_steps"]), node.name
        assert "does not count" in " ".join(muster(node, "show", delivery)[0].split()), node.name


def main(bin_dir):
    anna, boris, chen = nodes = Node(bin_dir, "anna"), Node(bin_dir, "boris"), Careless(bin_dir, "chen")
    with running(*nodes):
        for node in nodes:
            node.start()
            node.init()
        anna.post("/v1/spaces", {"name": SPACE})
        join(anna, boris, SPACE)
        join(anna, chen, SPACE)
        wait_for("all are connected", lambda: all(up(a, b.name) for a in nodes for b in nodes if a is not b), 60)
        pumps = stored(answer(anna, "new", "resource", "name=Stock", "quantity=40", "unit={pump}"))
        answer(anna, "mint", pumps)
        flood = stored(answer(boris, "new", "incident", "name=Nanxi", "phase=active", "category=Met"))
        wanted = stored(answer(boris, "request", "name=Pumps", "quantity=6", "unit={pump}", "incident=" + flood))
        agree(nodes)
        delivery = answer(anna, "offer", wanted, "6", "--from", pumps)["object"]
        agree(nodes)

        # A third one takes the offer: to Boris it still waits, and Anna is told to send nothing.
        assert error(anna, "update", delivery, "status=committed", exit=4)["code"] == "ESTEP"  # an honest node is asked
        answer(chen, "update", delivery, "status=committed", "committed_at=2026-07-14T16:00:00+08:00")
        agree(nodes)
        counts_as(nodes, delivery, "offered", "committed")
        wrong_at(nodes, delivery, "chen", "who asked for it")
        assert [i["object"]["id"] for i in of_source(boris, "offers")] == [delivery]
        assert not of_source(anna, "sent")
        for node in nodes:
            gap = gap_of(node, wanted)
            assert (gap["offered"], gap["promised"], gap["missing"]) == ("6", "0", "6"), (node.name, gap)
        print("ok a step of who asked, by a third one", flush=True)

        # Boris takes it; that counts, although Chen's record is in its past.
        answer(boris, "commit", delivery)
        agree(nodes)
        counts_as(nodes, delivery, "committed", "committed")
        assert [i["object"]["id"] for i in of_source(anna, "sent")] == [delivery]
        answer(anna, "dispatch", delivery)
        agree(nodes)

        # Chen says that it has arrived, and ends it: nothing has come, in no sum and in no report.
        answer(chen, "update", delivery, "status=arrived", "arrived_at=2026-07-14T20:00:00+08:00")
        answer(chen, "update", delivery, "status=consumed")
        agree(nodes)
        counts_as(nodes, delivery, "dispatched", "consumed")
        wrong_at(nodes, delivery, "chen", "who asked for it")
        for node in nodes:
            assert not [i for i in answer(node, "gaps")["items"] if i["id"] == wanted] or gap_of(node, wanted)["arrived"] == "0"
            report = answer(node, "sitrep", flood)
            assert [d["status"] for d in report["deployments"]] == ["dispatched"], (node.name, report["deployments"])
        print("ok it has arrived, says who cannot", flush=True)

        # The one who asked says so: that counts at once.  A node that starts anew says the same.
        answer(boris, "arrive", delivery)
        agree(nodes)
        counts_as(nodes, delivery, "arrived", "arrived")
        assert anna.stop() == 0
        anna.start()
        counts_as((anna,), delivery, "arrived", "arrived")
        print("ok who asked says that it has arrived", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
