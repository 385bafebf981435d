"""Scenarios of narrow lines: a flash does not wait for bulk."""
import time

from trio import Trio, wait_for

KBITS = {256: 1500, 64: 450}  # kbit/s, and how many records of bulk to make it last for half a minute or more
BYTES_EACH = 400
STEP = 0.05


def flash(bin_dir):
    """a flash alert is written during a catch-up that fills a line of 256 and of 64 kbit/s"""
    for kbit, records in KBITS.items():
        with Trio(bin_dir) as t:
            t.all_meet("at first")
            t.write_each(2)
            t.converge("before the cut")
            host = t.net.hosts["c"]
            host.unplug()
            bulk = set(t.write(t.a, records, "bulk", BYTES_EACH))
            host.narrow(kbit)
            host.plug_in()
            begin = time.monotonic()
            wait_for("a part of the bulk is at c", lambda: len(bulk & t.c.names()) > records // 10, 300, STEP)
            started = time.monotonic()
            [alert] = t.write(t.a, 1, "alert", flash=True)
            wait_for("the flash is at c", lambda: alert in t.c.names(), 300, STEP)
            took, there = time.monotonic() - started, len(bulk & t.c.names())
            assert not t.c.is_whole(), "c says it lacks nothing while the bulk is on its way"
            assert there < records * 3 // 4, "the flash came with %d of %d records of bulk" % (there, records)
            t.converge("the bulk is there", limit=600)
            print("  %d kbit/s: the flash took %.2f s, %d of %d records of bulk were there; all %.1f s after the cut" %
                  (kbit, took, there, records, time.monotonic() - begin))
