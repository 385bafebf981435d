#!/usr/bin/env python3
"""muster config: where each setting is from, and setting one without ever leaving a file that musterd refuses.

usage: config.py BIN_FOLDER
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from cli import answer, error, muster
from nodes import Node, running, wait_for


def item(shown, name):
    return next(one for one in shown["items"] + shown["cli"] if one["name"] == name)


def tree(folder):
    """Every file below it and what it holds."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name)) as f:
                found[os.path.join(place, name)] = f.read()
    return found


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def origins(node, conf):
    write(conf, "# ours\nlog_level = \"warning\"\n")
    write(os.path.join(os.path.dirname(conf), "conf.d", "10-site.conf"), "alarm_silent_minutes = 90\n")
    shown = answer(node, "config", "show", "--file", conf)
    assert item(shown, "log_level")["from"] == conf + ":2" and item(shown, "log_level")["value"] == "warning"
    assert item(shown, "alarm_silent_minutes")["from"].endswith("conf.d/10-site.conf:1")
    assert item(shown, "metrics")["from"] == "built in"
    assert item(shown, "cli.socket")["from"] == "--socket" and item(shown, "cli.socket")["value"] == node.socket
    assert item(shown, "cli.color") == {"name": "cli.color", "value": "auto", "from": "built in"}
    node.env = {"MUSTER_METRICS": "127.0.0.1:7119", "MUSTER_COLOR": "never"}
    write(os.path.join(node.root, ".config", "muster", "cli.conf"), "lang = zh\ncolor = always\n")
    shown = answer(node, "config", "show", "--file", conf)
    assert item(shown, "metrics")["from"] == "MUSTER_METRICS" and item(shown, "metrics")["value"] == "127.0.0.1:7119"
    assert item(shown, "cli.lang")["from"].endswith("cli.conf:1") and item(shown, "cli.lang")["value"] == "zh"
    assert item(shown, "cli.color")["from"] == "MUSTER_COLOR" and item(shown, "cli.color")["value"] == "never"
    os.unlink(os.path.join(node.root, ".config", "muster", "cli.conf"))
    node.env = {}
    assert muster(node, "config", "get", "log_level", "--file", conf)[0] == "warning\n"
    assert answer(node, "config", "get", "cli.output")["value"] == "json"
    assert muster(node, "config", "check", "--file", conf)[0] == conf + ": fine, 2 files read\n"
    assert error(node, "config", "get", "log_lvel", "--file", conf, exit=3)["code"] == "ENOTFOUND"


def what_is_refused_changes_nothing(node, conf):
    """Each leaves every file byte by byte as it was, and says why."""
    later = os.path.join(os.path.dirname(conf), "conf.d", "95-later.conf")
    write(later, "alarm_silent_minutes = 5\n")
    before = tree(os.path.dirname(conf))
    for words, code, exit, part in (
            (["log_level", "loud"], "ECONFIG", 2, "loud"),
            (["metrics", "0.0.0.0:7118"], "EENDPOINT", 2, "0.0.0.0"),
            (["listen", "udp://127.0.0.1:1"], "EENDPOINT", 2, "udp"),
            (["listen"] + ["tcp://127.0.0.1:%d" % n for n in range(1, 9)], "ETOOBIG", None, "more than 4"),
            (["data"], "EUSAGE", 2, "one value"),
            (["data", "/a", "/b"], "EUSAGE", 2, "one value"),
            (["data", "/a\nsocket = /b"], "EUSAGE", 2, "control character"),
            (["data", "/a", "--unset"], "EUSAGE", 2, "--unset"),
            (["nonsense", "1"], "ENOTFOUND", 3, "nonsense"),
            (["alarm_silent_minutes", "7"], "ECONFIG", 2, "no effect")):
        said = None
        for each in ([exit] if exit is not None else range(1, 11)):
            try:
                said = error(node, "config", "set", *words, "--file", conf, exit=each)
                break
            except AssertionError:
                if exit is not None:
                    raise
        assert said and said["code"] == code and part in said["message"] and said["do"], (words, said)
        assert tree(os.path.dirname(conf)) == before, words
    said = error(node, "config", "set", "alarm_silent_minutes", "7", "--file", conf, exit=2)
    assert "95-later.conf:1" in said["why"], said
    os.unlink(later)
    assert not answer(node, "-n", "config", "set", "log_level", "debug", "--file", conf)["written"]
    assert "90-set.conf" not in "".join(tree(os.path.dirname(conf)))


def set_and_applied(node, conf):
    """What is set is in force after what the command says: a reload, or a restart."""
    done = answer(node, "config", "set", "alarm_silent_minutes", "120", "--file", conf)
    assert done["change"] == "reload" and done["running"] == "90", done
    assert item(answer(node, "config", "show", "--file", conf), "alarm_silent_minutes")["from"] == done["file"] + ":2"
    out, _ = muster(node, "config", "show", "--file", conf)
    assert "the running node has 90: systemctl reload musterd" in out, out
    node.process.send_signal(signal.SIGHUP)
    wait_for("the reload applies it", lambda: "running" not in answer(node, "config", "get", "alarm_silent_minutes", "--file", conf))
    done = answer(node, "config", "set", "metrics", "127.0.0.1:%d" % node.port, "--file", conf)
    assert done["change"] == "restart" and done["running"] == "none", done
    assert node.stop() == 0
    node.start()
    assert "running" not in answer(node, "config", "get", "metrics", "--file", conf)
    for value in ("/a \"b\" \\c", "/a $HOME ${HOME}", "/'#'//x"):
        answer(node, "config", "set", "data", value, "--file", conf)
        assert answer(node, "config", "get", "data", "--file", conf)["value"] == value
    answer(node, "config", "set", "listen", "tcp://127.0.0.1:1", "tcp://127.0.0.1:2", "--file", conf)
    assert answer(node, "config", "get", "listen", "--file", conf)["value"] == "tcp://127.0.0.1:1 tcp://127.0.0.1:2"
    for name in ("data", "listen", "metrics", "alarm_silent_minutes"):
        answer(node, "config", "set", name, "--unset", "--file", conf)
    assert answer(node, "config", "get", "alarm_silent_minutes", "--file", conf)["value"] == "90"
    assert tree(os.path.dirname(conf))[done["file"]].strip() == "# Written by muster config set: one setting a line."


def another_file_than_the_node_reads(node, conf):
    """It is said, no value is called the running one's, and musterd's own user gets into the folder that is made."""
    other = os.path.join(node.root, "other", "muster.conf")
    write(other, "")
    said = muster(node, "config", "set", "log_level", "error", "--file", other)[0]
    assert "another file" in said and conf in said and "reload" not in said, said
    assert os.stat(os.path.join(os.path.dirname(other), "conf.d")).st_mode & 0o777 == 0o755
    said = muster(node, "config", "show", "--file", other)[0]
    assert "muster config show --file " + conf in said.replace("\n  ", " ") and "the running node has" not in said, said
    assert "another file" not in muster(node, "config", "show", "--file", conf)[0]


def what_is_wrong_is_named(node, conf):
    """A file that musterd refuses: file and line; `set` may be what mends it."""
    answer(node, "config", "set", "log_level", "debug", "--file", conf)
    drop_in = os.path.join(os.path.dirname(conf), "conf.d", "90-set.conf")
    write(drop_in, "# x\nlog_level = \"loud\"\n")
    said = error(node, "config", "check", "--file", conf, exit=2)
    assert "90-set.conf:2" in said["message"], said
    assert error(node, "config", "show", "--file", conf, exit=2)["code"] == "ECONFIG"
    assert answer(node, "config", "set", "log_level", "info", "--file", conf)["value"] == "info"
    muster(node, "config", "check", "--file", conf)
    assert error(node, "config", "check", "--file", conf + ".none", exit=2)["code"] == "ECONFIG"
    alone = os.path.join(node.root, "alone")
    os.mkdir(alone)
    shutil.copy(os.path.join(node.bin, "muster"), alone)
    here, node.bin = node.bin, alone
    said = error(node, "config", "check", exit=2)
    assert "not installed" in said["why"] and said["do"] == ["apt install musterd"], said
    node.bin = here


def habits_are_named(node):
    """A space or a form that this call did not name: the refusal says who did."""
    file = os.path.join(node.root, ".config", "muster", "cli.conf")
    write(file, "lang = en\nspace = nowhere\n")
    said = error(node, "list", exit=3)
    assert said["code"] == "EUNKNOWN_SPACE" and said["why"].endswith('"nowhere" is said by %s:2' % file), said
    assert any("muster space use" in step for step in said["do"]), said
    node.env = {"MUSTER_SPACE": "gone"}
    said = error(node, "list", exit=3)
    assert said["why"].endswith('"gone" is said by MUSTER_SPACE') and any("MUSTER_SPACE" in step for step in said["do"]), said
    assert "said by" not in (error(node, "list", "--space", "elsewhere", exit=3)["why"] or "")
    os.unlink(file)
    node.env = {"MUSTER_OUTPUT": "cap"}
    said = " ".join(muster(node, "config", "check", exit=2)[1].split())
    assert "cap is a form of muster export" in said and "said by MUSTER_OUTPUT" in said, said
    # A habit is meant for the verbs that have it; an option of this call is refused where it has no meaning.
    node.env = {"MUSTER_OUTPUT": "csv"}
    assert muster(node, "completion", "bash")[0].startswith("#") and muster(node, "help", "list")[0].startswith("usage:")
    node.env = {}
    assert "no -o csv of it" in " ".join(muster(node, "completion", "bash", "-o", "csv", exit=2)[1].split())


def columns_are_straight(node, conf):
    for lang in ("en", "zh"):
        done = subprocess.run([os.path.join(node.bin, "musterd"), "--check-config", "--config", conf], capture_output=True, text=True, check=True,
                              env={"PATH": "", "MUSTER_LANG": lang, "LC_ALL": "C.UTF-8"})
        rows = [re.match(r"  ([a-z_]+) +", line) for line in done.stdout.splitlines()[1:]]
        starts = {row.end() for row in rows if row}
        assert sum(map(bool, rows)) >= 8 and len(starts) == 1, done.stdout
        assert {len(line) - len(line.lstrip()) for line, row in zip(done.stdout.splitlines()[1:], rows) if not row} == {starts.pop() + 2}, done.stdout


def main():
    bin_dir = sys.argv[1]
    root = tempfile.mkdtemp(prefix="muster-config-")
    conf = os.path.join(root, "etc", "muster.conf")
    node = Node(bin_dir, "yibin", root, extra=["--config", conf])
    try:
        with running(node):
            write(conf, "")
            origins(node, conf)
            node.start()
            node.init()
            what_is_refused_changes_nothing(node, conf)
            set_and_applied(node, conf)
            another_file_than_the_node_reads(node, conf)
            what_is_wrong_is_named(node, conf)
            habits_are_named(node)
            columns_are_straight(node, conf)
            assert node.stop() == 0
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
