#!/usr/bin/env python3
"""The change feed into a real NATS JetStream by the example bridge: once, again, and what an erasure leaves.

usage: feed_nats.py BIN_DIR       (exit 77, with the reason, where nats-server is not installed)
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

from nodes import Node, free_port, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOBODY = 65534
BRIDGE = os.path.join(ROOT, "packaging/nats/muster-nats-feed")


def bridge_module():
    """The bridge's own Nats, to look into the stream."""
    source = open(BRIDGE, encoding="utf-8").read().replace("sys.exit(main())", "")
    module = {}
    exec(compile(source, BRIDGE, "exec"), module)  # the file has no .py and runs when imported
    return module


def main():
    server = shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not server:
        print("skipped: nats-server is not installed (apt-get install nats-server)")
        sys.exit(77)
    node = Node(os.path.abspath(sys.argv[1]), "anna")
    folder, port = tempfile.mkdtemp(prefix="muster-nats-"), free_port()
    before = []
    if os.getuid() == 0:  # a server of others gets no more than it needs
        os.chown(folder, NOBODY, NOBODY)
        before = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    nats = subprocess.Popen([*before, server, "-js", "-a", "127.0.0.1", "-p", str(port), "-sd", folder], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    module = bridge_module()
    address = "127.0.0.1:%d" % port

    def bridge():
        subprocess.run([sys.executable, BRIDGE, "flood", "--server", address, "--once"], check=True, timeout=60,
                       stdin=subprocess.DEVNULL, env=dict(os.environ, MUSTER=os.path.join(node.bin, "muster"),
                                                          MUSTER_SOCKET=node.socket, HOME=node.root))

    def state():
        return module["Nats"]("127.0.0.1", port).request("$JS.API.STREAM.INFO.muster", b"")["state"]

    def newest(subject):
        found = module["Nats"]("127.0.0.1", port).request("$JS.API.STREAM.MSG.GET.muster",
                                                          json.dumps({"last_by_subj": subject}).encode())
        return json.loads(base64.b64decode(found["message"]["data"]))

    try:
        node.start()
        node.init()
        space = node.post("/v1/spaces", {"name": "flood"})["space"]["id"]
        wait_for("NATS answers", lambda: module["Nats"]("127.0.0.1", port))
        made = node.post("/v1/records", {"items": [{"op": "create", "kind": "resource", "fields": {"name": "tent %d" % i}}
                                                   for i in range(50)], "wait": True})["items"]
        bridge()
        first = state()
        assert first["messages"] == 52, first  # begin, fifty objects, current
        subject = "muster.%s.%s" % (space, made[0]["object"])
        assert newest(subject)["fields"]["name"] == "tent 0"
        print("ok once", flush=True)
        bridge()
        assert state()["messages"] == 52, state()
        print("ok again", flush=True)
        node.post("/v1/records", {"items": [{"op": "update", "kind": "resource", "object": made[0]["object"],
                                             "fields": {"quantity": "3"}}], "wait": True})
        bridge()
        assert newest(subject)["fields"]["quantity"] == "3" and state()["messages"] == 52, state()
        print("ok change", flush=True)
        node.post("/v1/objects/%s/erase" % made[0]["object"], {"ground": "error"})
        wait_for("the erasure is in the stream", lambda: bridge() or not newest(subject).get("fields"))
        assert state()["messages"] == 52, state()
        print("ok erase", flush=True)
    except BaseException:
        print(node.tail(), file=sys.stderr)
        raise
    finally:
        node.close()
        nats.terminate()
        nats.wait()
        shutil.rmtree(folder, ignore_errors=True)


main()
