"""musterd as a process: settings, exit codes, sentences, locks, keys, stopping."""
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musterd import MUSTERD, PATIENCE_S, Musterd, incident, run_tests

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("MUSTER_") or key == "MUSTERD"}
STOP_S = 2


def ended(*options, environment=None):
    """Exit code and stderr of a musterd that does not stay."""
    got = subprocess.run([MUSTERD, *options], capture_output=True, text=True, timeout=PATIENCE_S, env=dict(CLEAN, **(environment or {})))
    return got.returncode, got.stderr, got.stdout


def told(stderr, code):
    """Every failure is told in one shape."""
    lines = stderr.strip().splitlines()[-4:]
    assert [line[:8] for line in lines] == ["muster: ", "  why:  ", "  do:   ", "  code: "], stderr
    assert lines[3] == "  code: " + code, stderr
    return lines[0]


def file_of(node, text):
    path = node.dir + "/muster.conf"
    with open(path, "w") as out:
        out.write(text)
    return path


def test_settings_that_are_wrong():
    node = Musterd()
    for says, text, sentence in (("an unknown name", "data = \"/tmp/x\"\ncolour = \"red\"\n", ":2: "),
                                 ("a cut string", "data = \"/tmp", ":1: "),
                                 ("an endpoint of another kind", "listen = {\"ipc:///x\"}\n", "ipc:///x"),
                                 ("a name to listen on", "listen = {\"tcp://host.example:1\"}\n", "host.example"),
                                 ("an unknown level", "log_level = \"loud\"\n", "loud")):
        path = file_of(node, text)
        for more in ([], ["--check-config"]):
            code, stderr, _ = ended("--config", path, *more)
            assert code == 2, (says, code, stderr)
            line = told(stderr, "EENDPOINT" if "listen" in text else "ECONFIG")
            assert sentence in line, (says, line)
    code, stderr, _ = ended("--config", node.dir + "/missing.conf")
    assert code == 2 and "missing.conf" in told(stderr, "ECONFIG")
    for options in (["--colour"], ["stray"], ["--data"]):
        code, stderr, _ = ended(*options)
        assert code == 2, options
        told(stderr, "EUSAGE")
    node.__exit__(None, None, None)


def test_settings_that_are_right():
    node = Musterd()
    path = file_of(node, "# a comment\ndata = \"%s/fromfile\"\nsocket = \"%s/file.sock\"\nlisten = {\"tcp://127.0.0.1:0\"}\n"
                         "advertise = {\"tcp://node.example:7117\"}\nlog_level = \"warning\"\n" % (node.dir, node.dir))
    code, _, out = ended("--config", path, "--check-config")
    assert code == 0 and node.dir + "/fromfile" in out
    code, _, out = ended("--config", path, "--check-config", environment={"MUSTER_DATA": "/from/environment"})
    assert "/from/environment" in out, "the environment comes before the file"
    code, _, out = ended("--config", path, "--check-config", "--data", "/from/option", environment={"MUSTER_DATA": "/x"})
    assert "/from/option" in out, "an option comes before the environment"
    assert ended("--version")[0] == 0 and "musterd " in ended("--version")[2]
    assert ended("--help")[0] == 0 and "--check-config" in ended("--help")[2]
    node.command = lambda: [MUSTERD, "--config", path]
    node.data, node.socket = node.dir + "/fromfile", node.dir + "/file.sock"
    with node:
        node.init("A")
        assert node.get("/v1/status")["advertise"] == ["tcp://node.example:7117"]
        assert not any("event=node.listening" in line for line in node.journal), "log_level holds"


def test_one_daemon_a_directory():
    with Musterd() as node:
        other = node.dir + "/other.sock"
        code, stderr, _ = ended("--config", "/dev/null", "--data", node.data, "--socket", other)
        assert code == 10 and told(stderr, "ELOCKED")
        code, stderr, _ = ended("--config", "/dev/null", "--data", node.dir + "/data2", "--socket", node.socket)
        assert code == 10 and node.socket in told(stderr, "ELOCKED")
        assert node.get("/v1/status")["ready"] is False, "the first one goes on"


def test_a_socket_left_behind_is_replaced():
    node = Musterd()
    left = socket.socket(socket.AF_UNIX)
    left.bind(node.socket)
    left.close()
    with node:
        assert os.stat(node.socket).st_mode & 0o777 == 0o660
    stays = Musterd()
    with open(stays.socket, "w"):
        pass
    code, stderr, _ = ended(*stays.command()[1:])
    assert code == 10 and "no socket" in told(stderr, "EIO")
    assert os.path.exists(stays.socket), "what is no socket is not removed"
    stays.__exit__(None, None, None)


def test_a_port_in_use():
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    endpoint = "tcp://127.0.0.1:%d" % taken.getsockname()[1]
    with Musterd(listen=endpoint) as node:
        assert node.refusal("POST", "/v1/init", {"agency": "A"}) == "EADDRINUSE"
        assert not os.path.exists(node.data + "/secrets/node.key"), "and no key is left behind"
        assert node.get("/v1/status")["ready"] is False
    taken.close()
    node = Musterd()
    with node:
        node.init("A")
        node.stop()
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        node.listen = "tcp://127.0.0.1:%d" % taken.getsockname()[1]
        code, stderr, _ = ended(*node.command()[1:])
        assert code == 10 and node.listen in told(stderr, "EADDRINUSE")
        taken.close()
        node.listen = "tcp://127.0.0.1:0"
        node.start()


def test_key_files_are_never_made_again():
    node = Musterd()
    with node:
        node.init("A")
        node.stop()
        path = node.data + "/secrets/node.key"
        with open(path, "rb") as file:
            kept = file.read()
        rows = (("open to others", lambda: os.chmod(path, 0o640), "EMODE"),
                ("missing", lambda: os.remove(path), "EKEYFILE"),
                ("cut", lambda: open(path, "wb").write(kept[:-1]), "EKEYFILE"),
                ("changed", lambda: open(path, "wb").write(kept[:40] + b"\x00" + kept[41:]), "EKEYFILE"))
        for says, spoil, want in rows:
            spoil()
            if want == "EKEYFILE" and os.path.exists(path):
                os.chmod(path, 0o600)
            code, stderr, _ = ended(*node.command()[1:])
            assert code == 78, (says, code, stderr)
            assert "node.key" in told(stderr, want), says
            if os.path.exists(path):
                os.remove(path)
            old = os.umask(0o077)
            with open(path, "wb") as file:
                file.write(kept)
            os.umask(old)
        os.chmod(node.data + "/secrets", 0o755)
        assert ended(*node.command()[1:])[0] == 78, "an open directory"
        os.chmod(node.data + "/secrets", 0o700)
        node.start()
        assert node.get("/v1/status")["agency"]["name"] == "A", "with its key it is the same node again"


def test_it_stops_at_once():
    with Musterd() as node:
        node.init("A")
        node.space()
        node.write(incident("x"))
        for how in (15, 2):
            begin = time.monotonic()
            assert node.stop(how) == 0
            assert time.monotonic() - begin < STOP_S, "the supervisor's patience"
            assert not os.path.exists(node.socket), "the socket is gone"
            node.start()
        node.process.send_signal(1)
        assert node.get("/v1/status")["ready"], "a hangup is no end"


def test_the_supervisor_is_told():
    here = Musterd()
    path = here.dir + "/notify"
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(path)
    ear.settimeout(PATIENCE_S)
    here.environment.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="200000", JOURNAL_STREAM="1:1")
    with here:
        assert ear.recv(64) == b"READY=1"
        assert ear.recv(64) == b"WATCHDOG=1"
        assert here.stop() == 0
        heard = ear.recv(64)
        while heard == b"WATCHDOG=1":
            heard = ear.recv(64)
        assert heard == b"STOPPING=1"
        assert here.journal[0].startswith("<5>event=node.started "), here.journal[0]
    ear.close()


if __name__ == "__main__":
    run_tests(globals())
