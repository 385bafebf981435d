#!/usr/bin/env python3
"""The packages in a clean Debian root with its own systemd: installed, used, upgraded, removed, purged.

usage: install_test.py BIN_FOLDER SOURCE_FOLDER DEB_FOLDER

The packages are made of what the build folder holds, and the root of files of Debian packages that are installed here:
nothing is compiled or fetched.  With MUSTER_LONG (`make test-packages`) they are those of DEB_FOLDER, built from the sources,
and the root is debootstrap's, kept in DEB_FOLDER/base.  Root only; where something is missing it is skipped and says why.
The root has no network but lo.
"""
import glob
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))
import clean_root
import machine
import prebuilt
import units
from machine import answer, show
from nodes import Node, wait_for

BIN, SOURCE, DEBS = (os.path.abspath(word) for word in sys.argv[1:4])
CLOCK = os.path.join(BIN, "..", "lib", "muster-test-clock.so")
# What a removal leaves, beside the data: accounts, which a file that was kept may still belong to, and what dpkg, apt,
# systemd and the C library note for themselves.
STAYS = re.compile(r"^/(var/lib/muster(-backup)?(/|$)|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|etc/machine-id$|etc/ld\.so\.cache$|"
                   r"etc/\.pwd\.lock$|etc/(resolv\.conf|mtab)$|root/\.ssh$|"
                   r"var/(log|cache|tmp)/|var/lib/(dpkg|apt|systemd|private)(/|$)|tmp/|run/|dev/|proc/|sys/|mnt/)")


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def say(text):
    print(text, flush=True)


def packages(folder):
    found = {os.path.basename(path).split("_")[0]: path for path in glob.glob(folder + "/*.deb")}
    return {name: path for name, path in found.items() if not name.endswith("-dbgsym")}


def depends(paths):
    names = set()
    for path in paths:
        text = subprocess.run(["dpkg-deb", "-f", path, "Depends", "Pre-Depends"], capture_output=True, text=True, check=True).stdout
        for line in text.splitlines():
            names |= {alternative.split("|")[0].split("(")[0].strip() for alternative in line.split(":", 1)[1].split(",")}
    return sorted(name for name in names if name)


def tree(root):
    """{path: what it is} of all that is not the kernel's."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            found[path[len(root):]] = os.readlink(path) if os.path.islink(path) else ""
    return {path: what for path, what in found.items() if not STAYS.match(path)}


def journal(m):
    return m.run("journalctl", "-u", "musterd", "-o", "cat", "--no-pager").stdout


def install(m, paths):
    for path in paths:
        shutil.copy(path, m.root + "/var/tmp/")
    m.run("apt-get", "install", "-y", "--no-install-recommends", *("/var/tmp/" + os.path.basename(path) for path in paths))


def sandboxed(m):
    pid = show(m, "MainPID")["MainPID"]
    status = dict(line.split(":\t", 1) for line in m.run("cat", "/proc/%s/status" % pid).stdout.splitlines() if ":\t" in line)
    uid = m.run("id", "-u", "muster").stdout.strip()
    assert status["Uid"].split()[0] == uid != "0", status["Uid"]
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, (name, status[name])
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    inside = ["nsenter", "-t", pid, "--mount", "--"]
    for path in ("/usr/x", "/etc/muster/x", "/var/x", "/srv/x"):
        assert m.run(*inside, "touch", path, check=False).returncode, path + " can be written to by the service"
    limits = m.run("cat", "/proc/%s/limits" % pid).stdout
    files = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])  # what this machine allows at most
    assert re.search(r"Max locked memory +8388608", limits) and re.search(r"Max open files +%d " % files, limits), limits
    assert "memory_unlocked" not in journal(m)


def groups(m):
    """Who may do what, by the kernel's word for who is at the other end of the socket."""
    for name, group in (("coordinator", "muster"), ("reader", "muster-read"), ("stranger", None)):
        m.run("useradd", "--no-create-home", name, *(["--groups", group] if group else []))
    refused = answer(m, "init", "Spy", user="stranger", code=4)
    assert "EPERMISSION" in refused and "group muster" in refused, refused
    answer(m, "init", "Cruz Roja", "--listen", "tcp://127.0.0.1:7117", "--advertise", "tcp://127.0.0.1:7117")
    answer(m, "space", "create", "flood")
    assert answer(m, "status", user="reader")
    answer(m, "new", "incident", "name=no", "phase=active", "category=Met", user="reader", code=4)


def partner(m, b):
    """Another agency's node in the same network joins; records go both ways, and by stick."""
    b.before = ["nsenter", "-t", m.init, "--net", "--"]
    b.start()
    b.init("Red Cross")
    with open(m.root + "/var/tmp/b.muster-card", "w") as out:
        out.write(b.get("/v1/card")["card"])
    answer(m, "invite", "/var/tmp/b.muster-card", "--space", "flood", "--right", "write", "-O", "/tmp/b.muster-invite")
    b.post("/v1/join", {"invite": m.run("cat", "/tmp/b.muster-invite").stdout})
    answer(m, "new", "incident", "name=dike", "phase=active", "category=Met")
    wait_for("the partner has the record", lambda: b.digest("flood")[1] == 1)
    b.stop()
    answer(m, "new", "incident", "name=while away", "phase=active", "category=Met")
    m.run("install", "-d", "-o", "coordinator", "/tmp/stick")
    answer(m, "bundle", "export", "--for", "Red Cross", "-O", "/tmp/stick")
    carried = m.run("sh", "-c", "ls /tmp/stick/*.muster-bundle").stdout.split()
    assert carried, "a bundle was written"
    b.before = ["unshare", "--net", "--"]  # no network at all
    b.start()
    for path in carried:
        local = os.path.join(b.root, os.path.basename(path))
        with open(local, "wb") as out:
            out.write(subprocess.run(["nsenter", "-t", m.init, "--mount", "--root", "cat", path], capture_output=True, check=True).stdout)
        subprocess.run([BIN + "/muster", "--socket", b.socket, "bundle", "import", local], check=True, capture_output=True, timeout=60)
    assert b.digest("flood")[1] == 2, "the stick brought what the line could not"


def reloads(m):
    before = show(m, "MainPID")["MainPID"]
    drop_in = m.root + "/etc/muster/conf.d/10-site.conf"
    with open(drop_in, "w") as out:
        out.write("advertise = {\"tcp://node.example:7117\"}\n")
    m.run("systemctl", "reload", "musterd")
    m.until("the new address holds", lambda: answer(m, "status") and "setting.applied" in journal(m))
    with open(drop_in, "a") as out:
        out.write("colour = red\n")
    assert m.run("systemctl", "reload", "musterd", check=False).returncode, "a reload with wrong settings fails"
    assert "10-site.conf:2: " in journal(m), journal(m)
    with open(drop_in, "w") as out:
        out.write("log_level = debug\n")
    m.run("systemctl", "reload", "musterd")
    state = show(m, "MainPID", "ActiveState")
    assert state == {"MainPID": before, "ActiveState": "active"}, state


def watched(m):
    """A daemon that hangs is started again; damaged settings stop the circle of restarts."""
    folder = m.root + "/etc/systemd/system/musterd.service.d"
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/watch.conf", "w") as out:
        out.write("[Service]\nWatchdogSec=2\n")
    m.run("systemctl", "daemon-reload")
    m.run("systemctl", "restart", "musterd")
    m.run("systemctl", "kill", "--signal=SIGSTOP", "--kill-whom=main", "musterd")
    m.until("the watchdog starts it again", lambda: show(m, "NRestarts", "ActiveState") == {"NRestarts": "1", "ActiveState": "active"})
    shutil.rmtree(folder)
    m.run("systemctl", "daemon-reload")
    with open(m.root + "/etc/muster/conf.d/20-wrong.conf", "w") as out:
        out.write("listen = 7\n")
    assert m.run("systemctl", "restart", "musterd", check=False).returncode
    state = show(m, "ActiveState", "ExecMainStatus")
    assert state == {"ActiveState": "failed", "ExecMainStatus": "2"}, state
    assert "20-wrong.conf:1: " in journal(m)
    os.unlink(m.root + "/etc/muster/conf.d/20-wrong.conf")
    m.run("systemctl", "restart", "musterd")


def before_the_clock_is_right(m):
    """A machine without a battery starts in 1970; the node starts too, and goes on when the clock is right."""
    if not os.path.exists(CLOCK):
        say("the clock that a test sets was not built here: no start in 1970")
        return
    shutil.copy(CLOCK, m.root + "/usr/local/lib/clock.so")
    os.chmod(m.root + "/usr/local/lib/clock.so", 0o755)
    folder = m.root + "/run/systemd/system/musterd.service.d"
    m.run("mkdir", "-p", "/run/systemd/system/musterd.service.d")
    back = -int(m.run("date", "+%s").stdout) + 60
    m.run("tee", "/run/systemd/system/musterd.service.d/clock.conf",
          text="[Service]\nEnvironment=LD_PRELOAD=/usr/local/lib/clock.so MUSTER_TEST_CLOCK=%d\n" % back)
    m.run("systemctl", "daemon-reload")
    m.run("systemctl", "restart", "musterd")
    assert show(m, "ActiveState")["ActiveState"] == "active", folder
    items = answer(m, "list", "incident")["items"]
    assert len(items) == 2, items
    m.run("rm", "-r", "/run/systemd/system/musterd.service.d")
    m.run("systemctl", "daemon-reload")
    m.run("systemctl", "restart", "musterd")
    os.unlink(m.root + "/usr/local/lib/clock.so")
    answer(m, "new", "incident", "name=after the clock", "phase=active", "category=Met")


def newer(path, into):
    """The same package with a higher version."""
    folder = into + "/newer"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-R", path, folder], check=True)
    with open(folder + "/DEBIAN/control") as file:
        text = file.read()
    with open(folder + "/DEBIAN/control", "w") as file:
        file.write(re.sub(r"^Version: (.*)$", r"Version: \1+next", text, flags=re.M))
    out = into + "/" + os.path.basename(path).replace("_", "_next_", 1)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", folder, out], check=True, capture_output=True)
    return out


def upgraded(m, debs):
    with open(m.root + "/etc/muster/muster.conf", "a") as out:
        out.write("\nlog_level = \"notice\"\n")
    before, items, feed = show(m, "MainPID"), answer(m, "list", "incident")["items"], units.feed_pid(m)
    install(m, [newer(debs[name], m.folder) for name in ("musterd", "muster")])
    assert show(m, "MainPID") != before and show(m, "ActiveState")["ActiveState"] == "active", "the new version runs"
    m.until("it answers", lambda: m.run("muster", "status", user="coordinator", check=False).returncode == 0)
    assert [item["id"] for item in answer(m, "list", "incident")["items"]] == [item["id"] for item in items]
    with open(m.root + "/etc/muster/muster.conf") as file:
        assert "\nlog_level = \"notice\"\n" in file.read(), "what an administrator changed stays"
    if feed:
        m.until("the feed runs in the new version", lambda: units.feed_pid(m) not in (None, feed))


def removed(m, debs, before):
    m.run("apt-get", "remove", "-y", *debs)
    for unit in ("musterd", "muster-feed@flood", "muster-backup.timer"):
        assert m.run("systemctl", "is-active", unit, check=False).stdout.strip() in ("inactive", "unknown"), unit
    assert not os.path.exists(m.root + "/usr/sbin/musterd") and os.path.exists(m.root + "/etc/muster/muster.conf")
    keys = os.listdir(m.root + "/var/lib/muster/secrets")
    purge = m.run("dpkg", "--purge", *debs)
    told = purge.stderr + purge.stdout
    assert "/var/lib/muster;" in told and "/var/lib/muster-backup;" in told, "purge says what stays"
    assert m.run("sh", "-c", "ls /var/lib/muster-backup/*.muster-backup").stdout, "backups are not removed with a program"
    assert os.listdir(m.root + "/var/lib/muster/secrets") == keys != [], "keys are not removed with a program"
    left = {path: what for path, what in tree(m.root).items() if before.get(path) != what}
    assert not left, left
    assert not m.run("sh", "-c", "ls -d /run/muster 2>/dev/null", check=False).stdout
    assert "muster" not in m.run("systemctl", "list-unit-files", "--no-legend").stdout


def unused(m, debs):
    """Installed, never made a node, purged: nothing stays at all."""
    m.run("rm", "-rf", "/var/lib/muster", "/var/lib/muster-backup")
    install(m, [debs["musterd"]])
    m.until("it waits for init", lambda: "waits for muster init" in journal(m))
    m.run("apt-get", "purge", "-y", "musterd")
    assert not os.path.exists(m.root + "/var/lib/muster")


def needed(debs):
    """What the root holds besides Debian's essential packages."""
    return ["systemd", "adduser", "apt"] + [name for name in depends(debs.values()) if not name.startswith(("systemd", "libmuster"))]


def bootstrapped(debs):
    """A root of debootstrap; made anew when what the packages depend on has changed."""
    base, wanted = DEBS + "/base", needed(debs)
    stamp = base + "/var/tmp/packages-of-this-root"
    if os.path.exists(stamp):
        with open(stamp) as file:
            if file.read().split() == wanted:
                return base
    say("debootstrap: a clean root")
    for folder in (base, base + ".part"):
        shutil.rmtree(folder, ignore_errors=True)
    why = machine.debootstrap(base + ".part", wanted)
    if why:
        shutil.rmtree(base + ".part", ignore_errors=True)
        skip("debootstrap: " + why)
    os.rename(base + ".part", base)
    with open(stamp, "w") as file:
        file.write("\n".join(wanted))
    return base


def sources(folder):
    """(packages, what fills the machine's root); skips where one of them cannot be had."""
    if os.environ.get("MUSTER_LONG"):
        debs = packages(DEBS)
        if not set(debs) >= {"musterd", "muster", "muster-doc"}:
            skip("there are no packages in %s: make deb" % DEBS)
        base = bootstrapped(debs)
        return debs, lambda root: subprocess.run(["cp", "-a", base, root], check=True)
    why = prebuilt.make(os.path.dirname(BIN), SOURCE, folder)
    if why:
        skip(why)
    debs = packages(folder)
    wanted = needed(debs)
    missing = clean_root.lacking(wanted)
    if missing:
        skip("not installed here: " + " ".join(missing))
    return debs, lambda root: clean_root.make(root, wanted + clean_root.newest(r"postgresql-client-[0-9]+"))


def main():
    why = machine.lacking()
    if why:
        skip(why)
    with tempfile.TemporaryDirectory(prefix="muster-packages-") as folder:
        debs, fill = sources(folder + "/debs")
        lived_through(debs, machine.Machine(fill), Node(BIN, "partner"))


def lived_through(debs, m, b):
    db = None
    try:
        before = tree(m.root)
        m.boot()
        say("booted, offline")
        install(m, debs.values())
        assert show(m, "ActiveState", "SubState") == {"ActiveState": "active", "SubState": "running"}
        steps = (groups, sandboxed, lambda m: partner(m, b), units.backed_up, units.checked, units.read_back, units.timers, reloads, watched,
                 before_the_clock_is_right)
        for step in steps:
            step(m)
            say("%s: seen" % (step.__name__ if step.__name__ != "<lambda>" else step.__code__.co_names[0]))
        db = units.feed_starts(m)
        upgraded(m, debs)
        say("upgraded: seen")
        units.feed_ends(m, db)
        db = None
        removed(m, debs, before)
        say("removed: seen")
        unused(m, debs)
        say("unused: seen")
    finally:
        units.feed_ends(m, db)
        b.close()
        m.close()


main()
