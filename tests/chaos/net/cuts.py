"""Scenarios of lines that are cut or lose packets, and of hosts that move."""
import os

from trio import LIMIT, PORT, Trio, equal_digests, wait_for


def connected(bin_dir):
    """all are connected and all write"""
    with Trio(bin_dir) as t:
        t.all_meet("at first")
        t.write_each(20)
        print("  equal %.2f s after the last of 60 records" % t.converge("all connected"))
        t.check()


def cut(bin_dir):
    """one node's cable is pulled while all write; everybody says whom it does not hear"""
    with Trio(bin_dir) as t:
        t.all_meet("at first")
        t.write_each(5)
        t.net.hosts["c"].unplug()
        t.write_each(20)
        for node, missing in ((t.a, ["C"]), (t.b, ["C"]), (t.c, ["A", "B"])):
            wait_for("%s says it does not hear %s" % (node.name, missing), lambda: node.silent() == missing, LIMIT)
        t.write_each(20)
        wait_for("the two that are left agree", lambda: equal_digests([t.a, t.b]), LIMIT)
        assert t.c.digest() != t.a.digest()
        t.net.hosts["c"].plug_in()
        print("  equal %.2f s after the cable is back" % t.converge("the cable is back"))
        t.all_meet("at the end")
        t.check()


def loss(bin_dir):
    """everything to and from one node is lost for a while, its link stays up"""
    for seconds in (2, 10) + ((60,) if os.environ.get("MUSTER_LONG") else ()):
        with Trio(bin_dir) as t:
            t.all_meet("at first")
            host = t.net.hosts["c"]
            others = [t.net.hosts["a"], t.net.hosts["b"]]
            host.drop()
            for other in others:
                other.drop(source=host)
            t.write_for(seconds)
            assert t.c.digest() != t.a.digest()
            for each in [host] + others:
                each.drop_nothing()
            print("  %d s of loss: equal %.2f s after it" % (seconds, t.converge("after %d s of loss" % seconds)))
            t.all_meet("at the end")


def one_way(bin_dir):
    """one node does not get the packets of one other, which gets its own"""
    with Trio(bin_dir) as t:
        t.all_meet("at first")
        t.net.hosts["a"].drop(source=t.net.hosts["c"])
        t.write_each(10)
        wait_for("all agree while it lasts", lambda: equal_digests(t.nodes, objects=len(t.expected)), LIMIT)
        for node, missing in ((t.a, ["C"]), (t.c, ["A"])):
            wait_for("%s says it does not hear %s" % (node.name, missing), lambda: node.silent() == missing, LIMIT)
        t.write_each(10)
        took = t.converge("through the third node", silent={t.a: ["C"], t.c: ["A"]})
        print("  equal %.2f s after the last record, through the third node" % took)
        t.net.hosts["a"].drop_nothing()
        t.write_each(10)
        t.all_meet("after healing")
        t.converge("after healing")


def part(hosts):
    hosts["a"].drop(source=hosts["c"])
    hosts["c"].drop(source=hosts["a"])


def chain(bin_dir):
    """two nodes never reach each other at all, the third relays"""
    with Trio(bin_dir, setup=part) as t:
        t.write_each(20)
        took = t.converge("through the middle", silent={t.a: ["C"], t.c: ["A"]})
        print("  equal %.2f s after the last of 60 records" % took)
        assert t.a.peer(t.c)["state"] != "up" and t.c.peer(t.a)["state"] != "up"
        t.check()


def only_out(hosts):
    for letter in "ac":
        hosts[letter].drop(calls_only=True)


def outbound(bin_dir):
    """two nodes can call but not be called, as behind most firewalls"""
    with Trio(bin_dir, setup=only_out) as t:
        t.write_each(20)
        took = t.converge("calls in one direction", silent={t.a: ["C"], t.c: ["A"]})
        print("  equal %.2f s after the last of 60 records" % took)
        for node in (t.a, t.c):
            assert node.peer(t.b)["state"] == "up" and t.b.peer(node)["state"] == "up"
        assert t.a.peer(t.c)["state"] != "up"


def moved(bin_dir):
    """a node gets another address: first it calls from there, then its new card lets it be called"""
    with Trio(bin_dir) as t:
        t.all_meet("at first")
        t.write_each(5)
        t.converge("before the move")
        host = t.net.hosts["a"]
        old = host.endpoint()
        host.move(101)
        t.write_each(10)
        print("  equal %.2f s after the move, the card still says %s" % (t.converge("after the move"), old))
        t.all_meet("after the move")
        assert t.b.peer(t.a)["endpoints"] == [old]

        # What the user does: the new address under `advertise` in the settings, and a restart.
        assert t.a.stop() == 0
        t.a.advertise(host.endpoint())
        t.a.start()
        for node in (t.b, t.c):
            wait_for("%s has the new card" % node.name, lambda: node.peer(t.a)["endpoints"] == [host.endpoint()], LIMIT)

        # From now on nobody hears a call of it: it is met only if the others call the new address.
        assert t.a.stop() == 0
        for letter in "bc":
            t.net.hosts[letter].drop(source=host, calls_only=True)
        t.a.start()
        t.write_each(10)
        print("  equal %.2f s after the restart, called at port %d of the new address" %
              (t.converge("called at the new address"), PORT))
        for node in (t.b, t.c):
            assert node.peer(t.a)["state"] == "up"
