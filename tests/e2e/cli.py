"""The command line at a node, as a person or a script uses it.  Every call names the exit code that it must end with."""
import json
import os
import subprocess
from urllib.parse import quote


def muster(node, *words, exit=0, input=None, cwd=None):
    """Runs `muster WORDS` at that node; (stdout, stderr).  AssertionError when the exit code is another one; None: any will do."""
    done = subprocess.run([os.path.join(node.bin, "muster"), "--socket", node.socket, *map(str, words)],
                          stdin=subprocess.DEVNULL if input is None else None, input=input, cwd=cwd,
                          capture_output=True, text=True, timeout=120,
                          env=dict({"HOME": node.root, "LC_ALL": "C.UTF-8", "PATH": ""}, **getattr(node, "env", {})))
    assert exit is None or done.returncode == exit, "muster %s: exit %d instead of %d\n%s%s" % (
        " ".join(map(str, words)), done.returncode, exit, done.stdout, done.stderr)
    return done.stdout, done.stderr


def answer(node, *words, exit=0):
    """What it answers as JSON."""
    return json.loads(muster(node, *words, "--json", exit=exit)[0])


def error(node, *words, exit):
    """Why it refuses: the error's code, message, why, do."""
    out, err = muster(node, *words, "--json", exit=exit)
    assert not out, "a refusal printed an answer: %s" % out
    return json.loads(err)["error"]


def code(node, *words, exit):
    """The name of the error with which it refuses."""
    return error(node, *words, exit=exit)["code"]


def member(node, name, space):
    """The member of that name as the node sees the space, or None."""
    return next((m for m in node.get("/v1/spaces/" + quote(space))["members"] if m["agency"]["name"] == name), None)


def up(node, name):
    """Is there a connection to the agency of that name?"""
    return any(p["agency"]["name"] == name and p["state"] == "up" for p in node.get("/v1/peers")["items"])


def events(node):
    """Names of the newest events in its audit."""
    return {e["event"] for e in node.get("/v1/audit?limit=500")["items"]}
