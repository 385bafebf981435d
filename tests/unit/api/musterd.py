"""A musterd of one's own in a directory of its own, and a client of its local API.  Standard library only."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import openapi

MUSTERD = os.environ["MUSTERD"]
PATIENCE_S = 60


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=PATIENCE_S):
        super().__init__("muster", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Refused(Exception):
    def __init__(self, status, error):
        super().__init__("%s %s" % (status, error))
        self.status, self.error, self.code = status, error, error.get("code")


def until(what, check):
    """Polls until check() gives something true; for what another process does in its own time."""
    end = time.monotonic() + PATIENCE_S
    while True:
        got = check()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError("never happened: " + what)
        time.sleep(0.02)


def free_port():
    """A port that nobody had a moment ago: for a node whose card must stay right over a restart."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Musterd:
    """A daemon that is stopped with the with-block; restart() keeps its data.  Each answer is compared with the document."""

    DOCUMENT = openapi.document() if os.path.exists(openapi.PATH) else None

    def __init__(self, name="node", listen=None, options=(), environment=None):
        self.dir = tempfile.mkdtemp(prefix="muster-" + name + "-")
        self.data, self.socket = self.dir + "/data", self.dir + "/api.sock"
        self.name, self.options = name, list(options)
        self.listen = listen or "tcp://127.0.0.1:%d" % free_port()
        self.environment = dict(os.environ, **(environment or {}))
        for variable in ("MUSTER_DATA", "MUSTER_SOCKET", "MUSTER_LISTEN"):
            if environment is None or variable not in environment:
                self.environment.pop(variable, None)
        self.process, self.journal, self.reader = None, [], None

    def command(self):
        return [MUSTERD, "--config", "/dev/null", "--data", self.data, "--socket", self.socket,
                "--listen", self.listen] + self.options

    def start(self):
        self.process = subprocess.Popen(self.command(), stderr=subprocess.PIPE, env=self.environment)
        self.reader = threading.Thread(target=self._read, args=(self.process.stderr,))
        self.reader.start()
        until("%s answers" % self.name, lambda: self._answers())
        return self

    def _read(self, stream):
        for line in stream:
            self.journal.append(line.decode())

    def _answers(self):
        if self.process.poll() is not None:
            self.reader.join()
            raise AssertionError("musterd ended with %s:\n%s" % (self.process.returncode, "".join(self.journal)))
        try:
            return self.get("/v1/status")
        except (OSError, http.client.HTTPException):
            return None

    def stop(self, how=signal.SIGTERM):
        """The exit code."""
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE_S)
        self.reader.join()
        self.process.stderr.close()
        self.process = None
        return code

    def restart(self, how=signal.SIGTERM):
        code = self.stop(how)
        self.start()
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print("journal of %s:\n%s" % (self.name, "".join(self.journal)))
        code = self.stop() if self.process else 0
        shutil.rmtree(self.dir)
        if kind is None and code != 0:
            raise AssertionError("musterd ended with %s:\n%s" % (code, "".join(self.journal)))

    # --- asking ---------------------------------------------------------------------------------

    def raw(self, method, path, body=None):
        """Status, content type and bytes."""
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()
        finally:
            connection.close()

    def call(self, method, path, body=None):
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        status, kind, data = self.raw(method, path, body)
        answer = json.loads(data)
        faults = self.DOCUMENT.faults(method, path, status, kind, answer) if self.DOCUMENT else []
        assert not faults, "%s %s is not as docs/openapi.json says: %s" % (method, path, "; ".join(faults[:4]))
        if status != 200:
            raise Refused(status, answer["error"])
        return answer

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None):
        return self.call("POST", path, body)

    # --- shorthand --------------------------------------------------------------------------------

    def init(self, agency, **more):
        return self.post("/v1/init", dict(agency=agency, **more))

    def space(self, name="flood", **more):
        return self.post("/v1/spaces", dict(name=name, **more))["space"]

    def write(self, *items, **more):
        return self.post("/v1/records", dict(items=list(items), **more))

    def refusal(self, method, path, body=None):
        """The code with which it is refused; "" if it is not."""
        try:
            self.call(method, path, body)
            return ""
        except Refused as refused:
            error = refused.error
            for part in ("message", "why", "do", "exit"):
                assert error.get(part), "a refusal without %s: %s" % (part, error)
            return refused.code


def incident(name, op="create", **more):
    fields = {"name": name, "phase": "active", "category": ["Met"]}
    fields.update(more.pop("fields", {}))
    return dict(op=op, kind="incident", fields=fields, **more)


def run_tests(scope):
    """Runs every function whose name begins with test_, in order; names say what is tested."""
    for name, function in list(scope.items()):
        if name.startswith("test_") and callable(function):
            print(name, flush=True)
            function()
    print("all passed")
