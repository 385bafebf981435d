"""Compares the control fold with an independent one, written in Python, on histories that it generates.

    MUSTER_MODEL=/path/to/the/folder/that/holds/model python3 compare_control.py CONTROL_FOLD [--all N]... \\
        [--random SEED] [--hostile SEED] [--seconds S] [--orders]

CONTROL_FOLD is the program of tests/unit/protocol/trust.  --all N: every history of N operations after the
genesis (a lying A, honest B and C).  --random SEED: random spaces from that seed on, with data logs and missing
ancestors, until --seconds have passed.  --orders: feed each one in a shuffled order.  --hostile SEED: random
operations of any kind by anybody, with forks, cuts, second geneses and references to the future.

Ends with status 1 at the first history on which the two differ, and prints it.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.environ.get("MUSTER_MODEL", "."))


PROPOSALS = ("remove", "set", "cut", "policy", "add")


class Driver:
    """The C fold as a process: one trace a line in, one state a line out."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def state(self, data):
        self.process.stdin.write(json.dumps(data) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the driver ended on %s" % json.dumps(data))
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def compare(driver, name, data, expect, shuffle):
    """True if they agree; shuffle: a random.Random that permutes the arrival, or None."""
    if shuffle:
        data = {**data, "ops": shuffle.sample(data["ops"], len(data["ops"]))}
    found = driver.state(data)
    wrong = [key for key in expect if found.get(key) != expect[key]]
    for key in wrong:
        print("%s: %s is %s, expected %s" % (name, key, json.dumps(found.get(key)), json.dumps(expect[key])))
    if wrong:
        print(json.dumps(data))
    return not wrong


def hostile(rng):
    """Operations without any sense of what is allowed: every verb, by anybody, on any past."""
    people, count = "ABCDE", rng.randint(4, 26)
    ops = [{"id": "%04x" % rng.randrange(1, 1 << 16), "by": "A", "log": "A.1", "no": 1, "prev": "", "deps": [],
            "op": "genesis", "admins": list("ABC")[:rng.randint(1, 3)], "history": rng.choice(("all", "join")),
            "policy": {} if rng.random() < .5 else {"p": rng.randint(1, 9)}}]
    ids, agreeable = {ops[0]["id"]}, rng.random() < .5
    while len(ops) < count:
        ident = "%04x" % rng.randrange(1, 1 << 16)
        if ident in ids:
            continue
        ids.add(ident)
        by, recent = rng.choice(people), ops[-5:] if rng.random() < .7 else ops
        mine = [o for o in ops if o["by"] == by]
        prev = rng.choice(mine) if mine and rng.random() < .2 else (mine[-1] if mine else None)
        if rng.random() < .1:
            prev = None
        deps = {rng.choice(recent)["id"] for _ in range(rng.randint(1, 3))} - {prev["id"] if prev else ""}
        if not prev and not deps:
            deps = {ops[0]["id"]}
        op = {"id": ident, "by": by, "log": by + ".1", "no": prev["no"] + 1 if prev else 1,
              "prev": prev["id"] if prev else "", "deps": sorted(deps)}
        last = ops[-1]
        if agreeable and last["op"] in PROPOSALS and last["by"] != by:      # a proposal that is carried
            deps |= {last["id"]} - {op["prev"]}
            op.update({"op": "approve", "target": last["id"], "deps": sorted(deps)})
        else:
            op.update(arguments(rng, ops, people))
        ops.append(op)
    for op in ops:                      # some name what comes later, which is no reference
        if op["op"] in ("approve", "lift") and rng.random() < .1:
            op["target"] = rng.choice(ops)["id"]
    return ops


def arguments(rng, ops, people):
    who, right = rng.choice(people), rng.choice(("none", "relay", "read", "write", "admin", "admin"))
    log = rng.choice(people[:3]) + ".data"
    named = [o for o in ops if o["op"] in ("remove", "set", "add", "cut", "lift", "policy", "suspend")] or ops
    target = rng.choice(named[-6:])["id"]
    cuts = {log: [rng.randint(0, 5), "h%d" % rng.randint(0, 3)]} if rng.random() < .3 else {}
    return rng.choice([
        {"op": "add", "who": who, "right": right}, {"op": "set", "who": who, "right": right, "cuts": cuts},
        {"op": "remove", "who": who, "cuts": cuts}, {"op": "suspend", "who": who},
        {"op": "lift", "target": target}, {"op": "policy", "set": {rng.choice("pq"): rng.randint(1, 99)}},
        {"op": "approve", "target": target}, {"op": "approve", "target": target}, {"op": "approve", "target": target},
        {"op": "ack"}, {"op": "epoch", "to": sorted(rng.sample(people, rng.randint(1, 4))), "wraps": []},
        {"op": "cut", "target_log": who, "no_at": 1, "head": rng.choice(ops)["id"]},
        {"op": "cut", "target_log": log, "no_at": rng.randint(0, 5), "head": "h%d" % rng.randint(0, 3)},
    ])


def hostile_trace(rng, evaluate):
    """With the recipients of half of the epochs put right, as an honest author would."""
    from model.control import Control
    ops = hostile(rng)
    if rng.random() < .1:
        ops.append({**ops[0], "id": "%04x" % rng.randrange(1, 1 << 16), "by": "C", "admins": ["C", "D"]})
        if ops[-1]["id"] in {o["id"] for o in ops[:-1]}:
            ops.pop()
    for n, op in enumerate(ops):
        if op["op"] == "epoch" and rng.random() < .7:
            seen = Control(ops)
            op["to"] = sorted(seen.before(op["id"]).readers()) or ["A"]
    data = {"ops": ops, "logs": [{"id": who + ".data", "by": who,
                                  "ctl": sorted({rng.choice(ops)["id"] for _ in range(2)})} for who in "ABCDE"]}
    if rng.random() < .2:
        data["ops"] = [o for o in ops if o is not ops[len(ops) // 2]]
    return data, evaluate("control", data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--all", type=int, action="append", default=[])
    parser.add_argument("--random", type=int)
    parser.add_argument("--hostile", type=int)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--orders", action="store_true")
    args = parser.parse_args()
    if "MUSTER_MODEL" not in os.environ:
        print("MUSTER_MODEL is not set: give it the folder that holds the model, and run this again")
        return 2
    from model.__main__ import evaluate
    from model.attack import traces
    driver, shuffle, done = Driver(args.program), random.Random(1) if args.orders else None, {}

    def check(what, name, data, expect):
        if not compare(driver, name, data, expect, shuffle):
            raise SystemExit(1)
        done[what] = done.get(what, 0) + 1

    for length in args.all:
        for trace in traces.generate("histories", length, 0):
            check("histories of %d" % length, trace["name"], trace["input"], trace["expect"])
    if args.random is not None:
        end, seed = time.monotonic() + args.seconds, args.random
        while time.monotonic() < end:
            data = traces.control(random.Random("control/%d" % seed))
            check("random", "control-%d" % seed, data, evaluate("control", data))
            seed += 1
    if args.hostile is not None:
        end, seed = time.monotonic() + args.seconds, args.hostile
        while time.monotonic() < end:
            data, expect = hostile_trace(random.Random("hostile/%d" % seed), evaluate)
            check("hostile", "hostile-%d" % seed, data, expect)
            seed += 1
    driver.close()
    print(", ".join("%d %s" % (n, what) for what, n in done.items()) + ": no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
