"""Settings: files, drop-ins, environment and options in their order; what a reload applies without dropping a peer."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musterd import MUSTERD, PATIENCE_S, Musterd, incident, run_tests, until

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("MUSTER_")}
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


class Folder:
    """A muster.conf and its conf.d."""

    def __init__(self, files):
        self.path = tempfile.mkdtemp(prefix="muster-config-")
        os.mkdir(self.path + "/conf.d")
        self.file = self.path + "/muster.conf"
        for name, text in files.items():
            self.write(name, text)

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w") as out:
            out.write(text)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        shutil.rmtree(self.path)

    def check(self, *options, environment=None):
        got = subprocess.run([MUSTERD, "--config", self.file, "--check-config", *options], capture_output=True, text=True,
                             timeout=PATIENCE_S, env=dict(CLEAN, **(environment or {})))
        return got.returncode, got.stdout, got.stderr


def settings(out):
    """{name: (value, from)} of what --check-config printed."""
    lines = out.splitlines()[1:]
    assert len(lines) % 2 == 0, out
    found = {}
    for first, second in zip(lines[::2], lines[1::2]):
        name, value = first.split(None, 1)
        assert second.strip().startswith("from: "), second
        found[name] = (value, second.strip()[6:].split(";")[0])
    return found


def test_a_variable_names_the_file_and_an_option_another_one():
    with Folder({"muster.conf": "log_level = \"debug\"\n"}) as named, Folder({"muster.conf": "log_level = \"error\"\n"}) as given:
        environment = dict(CLEAN, MUSTER_CONFIG=named.file)
        for options, level, file in (((), "debug", named.file), (("--config", given.file), "error", given.file)):
            got = subprocess.run([MUSTERD, "--check-config", *options], capture_output=True, text=True, timeout=PATIENCE_S, env=environment)
            assert got.returncode == 0 and settings(got.stdout)["log_level"] == (level, file + ":1"), (got.stdout, got.stderr)
        for wrong, says in (("", "MUSTER_CONFIG must be a path"), ("/nowhere/muster.conf", "/nowhere/muster.conf")):
            got = subprocess.run([MUSTERD, "--check-config"], capture_output=True, text=True, timeout=PATIENCE_S,
                                 env=dict(CLEAN, MUSTER_CONFIG=wrong))
            assert got.returncode == 2 and says in got.stderr, (got.returncode, got.stderr)


def test_what_comes_later_replaces_what_came_before():
    rows = (
        ("nothing says anything", {}, {}, (), "log_level", "info", "built in"),
        ("the file", {"muster.conf": "# mine\nlog_level = \"warning\"\n"}, {}, (), "log_level", "warning", "muster.conf:2"),
        ("a drop-in after the file", {"muster.conf": "log_level = warning\n", "conf.d/10-a.conf": "log_level = \"debug\"\n"},
         {}, (), "log_level", "debug", "conf.d/10-a.conf:1"),
        ("drop-ins by the order of their names", {"conf.d/9.conf": "data = /nine\n", "conf.d/10.conf": "data = /ten\n"},
         {}, (), "data", "/nine", "conf.d/9.conf:1"),
        ("a name that does not end in .conf is not read", {"conf.d/a.conf~": "rubbish", "conf.d/.b.conf": "rubbish",
                                                          "conf.d/.conf": "rubbish"}, {}, (), "log_level", "info", "built in"),
        ("the environment after drop-ins", {"conf.d/a.conf": "log_level = debug\n"}, {"MUSTER_LOG_LEVEL": "error"}, (),
         "log_level", "error", "MUSTER_LOG_LEVEL"),
        ("an option after the environment", {}, {"MUSTER_DATA": "/from/environment"}, ("--data", "/from/option"), "data",
         "/from/option", "--data"),
        ("a list is replaced as a whole", {"muster.conf": "listen = {\"tcp://127.0.0.1:1\", \"tcp://127.0.0.1:2\"}\n",
                                           "conf.d/a.conf": "listen = {\"tcp://127.0.0.1:3\"}\n"}, {}, (), "listen",
         "tcp://127.0.0.1:3", "conf.d/a.conf:1"),
        ("a list is added to", {"muster.conf": "listen = {\"tcp://127.0.0.1:1\"}\n",
                                "conf.d/a.conf": "listen += {\"tcp://127.0.0.1:3\"}\n"}, {}, (), "listen",
         "tcp://127.0.0.1:1 tcp://127.0.0.1:3", "conf.d/a.conf:1"),
        ("a list is emptied", {"muster.conf": "advertise = {\"tcp://a.example:1\"}\n", "conf.d/a.conf": "advertise = {}\n"},
         {}, (), "advertise", "as given to init", "conf.d/a.conf"),
        ("a variable holds a list with spaces", {"muster.conf": "listen = {\"tcp://127.0.0.1:1\"}\n"},
         {"MUSTER_LISTEN": "tcp://127.0.0.1:5 tcp://127.0.0.1:6"}, (), "listen", "tcp://127.0.0.1:5 tcp://127.0.0.1:6",
         "MUSTER_LISTEN"),
        ("options replace a list, together", {"muster.conf": "listen = {\"tcp://127.0.0.1:1\"}\n"}, {},
         ("--listen", "tcp://127.0.0.1:7", "--listen", "tcp://127.0.0.1:8"), "listen",
         "tcp://127.0.0.1:7 tcp://127.0.0.1:8", "--listen"),
    )
    for says, files, environment, options, name, value, origin in rows:
        with Folder(dict({"muster.conf": ""}, **files)) as folder:
            code, out, err = folder.check(*options, environment=environment)
            assert code == 0, (says, err)
            assert all(len(line) <= 80 or folder.path in line for line in out.splitlines()), (says, out)
            got = settings(out)[name]
            assert got == (value, origin if not origin.count(".conf") else "%s/%s" % (folder.path, origin)), (says, got)


def test_a_variable_that_was_mistyped_is_named():
    rows = (("one letter too many", "MUSTER_LISTENN", 2, "MUSTER_LISTEN?"), ("two letters that changed places", "MUSTER_LGO_LEVEL", 2, "MUSTER_LOG_LEVEL?"),
            ("one of muster", "MUSTER_SPACEE", 2, "MUSTER_SPACE?"), ("one of muster itself", "MUSTER_SPACE", 0, ""), ("of a hook", "MUSTER_STATE", 0, ""),
            ("of the tests", "MUSTER_TEST_CLOK", 0, ""), ("of another program", "MUSTER_PORT_7117_TCP_PROTO", 0, ""), ("in small letters", "muster_spacee", 0, ""))
    with Folder({"muster.conf": ""}) as folder:
        for says, name, code, meant in rows:
            got, out, err = folder.check(environment={name: "x"})
            assert got == code and (not code or name in err and meant in err and "unset " + name in err), (says, got, err)
        got, out, err = folder.check("--json", environment={"MUSTER_DATTA": "/x"})
        assert got == 2 and "MUSTER_DATA?" in out + err, (got, out, err)
    os.environ["MUSTER_LISTENN"] = "tcp://127.0.0.1:1"
    try:
        with Musterd() as node:  # a start is not stopped by it
            until("the journal names the variable", lambda: any(
                "MUSTER_LISTENN is not known and does nothing; did you mean MUSTER_LISTEN?" in line for line in node.journal))
    finally:
        del os.environ["MUSTER_LISTENN"]


def test_what_is_wrong_is_told_with_its_line():
    rows = (
        ("an unknown setting in a drop-in", "conf.d/20-x.conf", "\n\ncolour = \"red\"\n", 3, "ECONFIG"),
        ("a value that is not allowed", "conf.d/20-x.conf", "# level\nlog_level = \"loud\"\n", 2, "ECONFIG"),
        ("an endpoint that cannot be listened on", "muster.conf", "\nlisten = {\n  \"tcp://127.0.0.1:1\",\n  \"udp://x:1\"}\n", 4,
         "EENDPOINT"),
        ("a fifth endpoint", "muster.conf", "listen = {%s}\n" % ", ".join("\"tcp://127.0.0.1:%d\"" % n for n in range(5)), 1,
         "ETOOBIG"),
        ("a value behind comments of all shapes", "muster.conf",
         "# one\n// two\n/* three\n four */ data = \"/x#y//z\" # five\nlisten = {tcp://127.0.0.1:1} // six\ncolour = 1\n", 6, "ECONFIG"),
        ("a string that does not end", "muster.conf", "# a\ndata = \"/x\n", 3, "ECONFIG"),
        ("an empty path", "muster.conf", "data = \"\"\n", 1, "ECONFIG"),
    )
    for says, name, text, line, code in rows:
        with Folder({"muster.conf": ""}) as folder:
            folder.write(name, text)
            exit_code, out, err = folder.check()
            assert exit_code in (1, 2) and not out, (says, exit_code, out)
            assert "%s/%s:%d: " % (folder.path, name, line) in err.splitlines()[0], (says, err)
            assert err.splitlines()[3] == "  code: " + code, (says, err)
    with Folder({"muster.conf": ""}) as folder:
        for number in range(64):
            folder.write("conf.d/%02d.conf" % number, "")
        exit_code, _, err = folder.check()
        assert exit_code == 1 and "conf.d" in err.splitlines()[0], err
        exit_code, _, err = folder.check(environment={"MUSTER_LOG_LEVEL": "loud"})
        assert exit_code == 1, "the files are read first"


def test_the_installed_file_is_the_one_that_is_printed():
    printed = subprocess.run([MUSTERD, "--print-config"], capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout
    with open(SOURCE + "/packaging/muster.conf") as kept:
        assert kept.read() == printed, "build/dev/bin/musterd --print-config > packaging/muster.conf"
    bare = "\n".join(line[1:] if line.startswith("#") and " = " in line and not line.startswith("# ") else line
                     for line in printed.splitlines())
    with Folder({"muster.conf": bare}) as folder:
        code, out, err = folder.check()
        assert code == 0, err
        assert all(origin.startswith(folder.file) for _, origin in settings(out).values()), "every setting of the table is in it"


def peer(node):
    return node.get("/v1/peers")["items"][0]


def lines(node, event):
    return [line for line in node.journal if "event=%s " % event in line]


def test_a_reload_applies_what_it_can_and_tells_the_rest():
    with Folder({"muster.conf": ""}) as folder, Musterd("b") as b:
        a = Musterd("a")
        a.command = lambda: [MUSTERD, "--config", folder.file, "--data", a.data, "--socket", a.socket]
        folder.write("conf.d/listen.conf", "listen = {\"%s\"}\n" % a.listen)
        with a:
            a.init("Cruz Roja", node="a-1")
            b.init("红十字会", node="b-1")
            a.space("flood")
            invite = a.post("/v1/invite", {"card": b.get("/v1/card")["card"], "space": "flood", "right": "write"})
            b.post("/v1/join", {"invite": invite["invite"]})
            until("b is connected", lambda: peer(b)["state"] == "up" and peer(a)["state"] == "up")
            since = peer(b)["since"]
            other = a.listen.replace("127.0.0.1", "localhost")
            folder.write("conf.d/move.conf", "advertise = {\"%s\"}\nlog_level = debug\nlisten = {\"tcp://127.0.0.1:0\"}\n" % other)
            a.process.send_signal(signal.SIGHUP)
            until("the partner has the new address", lambda: peer(b)["endpoints"] == [other])
            assert a.get("/v1/status")["advertise"] == [other]
            assert peer(b)["state"] == "up" and peer(b)["since"] == since, "the connection is the same one"
            until("the reload is told", lambda: lines(a, "node.reload"))
            assert "3 settings changed" in lines(a, "node.reload")[0]
            applied, waits = lines(a, "setting.applied"), lines(a, "setting.waits")
            assert len(applied) == 2 and "advertise: " in applied[0] and "move.conf:1" in applied[0] and "log_level: debug" in applied[1]
            assert len(waits) == 1 and "listen: " in waits[0] and "restart" in waits[0] and "move.conf:3" in waits[0]
            folder.write("conf.d/move.conf", "advertise = {\"tcp://gone.example:1\"}\nlog_level = \"loud\"\n")
            a.process.send_signal(signal.SIGHUP)
            until("the refusal is told", lambda: lines(a, "setting.refused"))
            assert "move.conf:2: " in lines(a, "setting.refused")[0]
            assert a.get("/v1/status")["advertise"] == [other], "settings that cannot be read change nothing"
            a.write(incident("after the reloads"))
            until("and records go on", lambda: b.get("/v1/digest?space=flood")["objects"] == 1)


if __name__ == "__main__":
    run_tests(globals())
