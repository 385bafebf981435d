"""Real nodes for tests: starting, asking, killing.  Python standard library only."""
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class Unix(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("muster", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Refused(Exception):
    """The node answered with an error; .code and .exit are the error table's."""

    def __init__(self, status, error):
        super().__init__("%s %s: %s" % (status, error.get("code"), error.get("message")))
        self.status, self.code, self.error = status, error.get("code"), error


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Node:
    def __init__(self, bin_dir, name, root=None, extra=(), before=()):
        """before: words in front of musterd's, as `ip netns exec NAME`; they must end by exec."""
        self.bin, self.name, self.extra, self.before = bin_dir, name, list(extra), list(before)
        self.own_root = root is None
        self.root = root or tempfile.mkdtemp(prefix="muster-test-")
        self.data = os.path.join(self.root, name)
        self.socket = os.path.join(self.root, name + ".sock")
        self.journal = os.path.join(self.root, name + ".journal")
        self.port = free_port()
        self.process = None

    def start(self, wait=10.0):
        log = open(self.journal, "ab")
        self.process = subprocess.Popen(
            self.before + [os.path.join(self.bin, "musterd"), "--data", self.data, "--socket", self.socket] + self.extra,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        end = time.monotonic() + wait
        while time.monotonic() < end:
            try:
                return self.get("/v1/status", timeout=5)
            except (OSError, http.client.HTTPException):
                if self.process.poll() is not None:
                    raise AssertionError("musterd of %s ended with %s\n%s" % (self.name, self.process.returncode, self.tail()))
                time.sleep(0.01)
        raise AssertionError("musterd of %s does not answer\n%s" % (self.name, self.tail()))

    def tail(self, lines=20):
        try:
            with open(self.journal, errors="replace") as f:
                return "".join(f.readlines()[-lines:])
        except OSError:
            return ""

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self, limit=10.0):
        """SIGTERM; the exit code."""
        if not self.process:
            return None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(limit)
        self.process = None
        return code

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        if self.own_root:
            shutil.rmtree(self.root, ignore_errors=True)

    def call(self, method, path, body=None, timeout=30, raw=False):
        connection = Unix(self.socket, timeout)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if raw:
            return answer.status, content
        value = json.loads(content)
        if answer.status >= 400:
            raise Refused(answer.status, value.get("error", {}))
        return value

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, body, **options)

    def init(self, agency=None):
        self.post("/v1/init", {"agency": agency or self.name, "country": "CN", "node": self.name + "-1",
                               "listen": "tcp://127.0.0.1:%d" % self.port})

    def digest(self, space=None):
        d = self.get("/v1/digest" + ("?space=" + space if space else ""))
        return d["digest"], d["objects"]


@contextlib.contextmanager
def running(*nodes, lines=40):
    """Around what a test does with its nodes: their journals when it fails, and they are ended in any case."""
    try:
        yield
    except BaseException:
        for node in nodes:
            print("--- journal of %s\n%s" % (node.name, node.tail(lines)))
        raise
    finally:
        for node in nodes:
            node.close()


def join(admin, newcomer, space, right="write"):
    card = newcomer.get("/v1/card")["card"]
    invite = admin.post("/v1/invite", {"card": card, "space": space, "right": right})["invite"]
    return newcomer.post("/v1/join", {"invite": invite})


def wait_for(what, condition, limit=30.0, step=0.05):
    """Waits until condition() is true; AssertionError with the sentence `what` after the limit."""
    end = time.monotonic() + limit
    last = None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except (OSError, http.client.HTTPException, Refused) as error:
            last = error
        time.sleep(step)
    raise AssertionError("not true after %s s: %s (last: %s)" % (limit, what, last))


def equal_digests(nodes, space=None, objects=None):
    digests = [n.digest(space) for n in nodes]
    return all(d == digests[0] for d in digests) and (objects is None or digests[0][1] == objects)
