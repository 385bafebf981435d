#!/usr/bin/env python3
"""Three daemons in network namespaces, whose lines are cut, thinned out and narrowed: they agree again every time.

usage: scenarios.py BIN_DIR [SCENARIO…]     all of them if none is named
       MUSTER_LONG=1 adds the disturbances of a minute
Exit 77 with a reason where namespaces cannot be made (root and iproute2 with cls_bpf and tbf are needed).
"""
import signal
import sys
import time

from net import SKIP, NoNetwork
import cuts
import lines
import lives

SCENARIOS = {
    "connected": cuts.connected, "cut": cuts.cut, "loss": cuts.loss, "one_way": cuts.one_way, "chain": cuts.chain,
    "outbound": cuts.outbound, "moved": cuts.moved, "flash": lines.flash, "killed": lives.killed,
    "restored": lives.restored, "rebooted": lives.rebooted, "cloned": lives.cloned,
}


def interrupted(number, frame):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, interrupted)  # so that namespaces and daemons go in every case
    names = sys.argv[2:] or list(SCENARIOS)
    for name in names:
        begin = time.monotonic()
        print("%s: %s" % (name, SCENARIOS[name].__doc__), flush=True)
        try:
            SCENARIOS[name](sys.argv[1])
        except NoNetwork as reason:
            print("skipped: %s" % reason)
            return SKIP
        except KeyboardInterrupt:
            print("interrupted; everything was removed")
            return 130
        print("  done in %.0f s" % (time.monotonic() - begin), flush=True)
    return 0


sys.exit(main())
