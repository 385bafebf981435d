"""A Debian machine for a test: a root booted by its own systemd in namespaces.  Root only."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# What a root would do to the kernel that it shares with this machine, or waits for in vain.
MASKED = ("systemd-sysctl.service", "systemd-modules-load.service", "systemd-remount-fs.service", "sys-kernel-debug.mount",
          "sys-kernel-tracing.mount", "sys-fs-fuse-connections.mount", "dev-hugepages.mount", "dev-mqueue.mount",
          "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "console-getty.service", "getty.target")
DOWN_S, UP_S, ANSWER_S, RUN_S = 20, 40, 10, 120


def cgroup2():
    """Where the unified hierarchy is mounted; None."""
    with open("/proc/mounts") as mounts:
        for line in mounts:
            words = line.split()
            if words[2] == "cgroup2" and os.access(words[1], os.W_OK):
                return words[1]
    return None


def lacking():
    """Why there can be no such machine here; None when there can."""
    if os.geteuid() != 0:
        return "this needs root"
    for program in ("unshare", "nsenter", "dpkg-deb", "ip"):
        if not shutil.which(program):
            return "there is no %s here" % program
    if not cgroup2():
        return "there is no control group hierarchy that can be written to"
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "--cgroup", "--net", "true"], capture_output=True).returncode:
        return "this place allows no namespaces"
    return None


def debootstrap(into, packages):
    """A root with these packages; None, or the last lines of why not."""
    got = subprocess.run(["debootstrap", "--variant=minbase", "--include=" + ",".join(packages), "bookworm", into],
                         capture_output=True, text=True)
    return None if got.returncode == 0 else "\n".join((got.stdout + got.stderr).splitlines()[-5:])


class Machine:
    def __init__(self, fill):
        """fill(root) makes the root, whose folder is not there yet."""
        self.folder = tempfile.mkdtemp(prefix="muster-machine-")
        os.chmod(self.folder, 0o711)
        self.root = self.folder + "/root"
        self.group = os.path.join(cgroup2(), os.path.basename(self.folder))
        self.process = self.init = None
        try:
            fill(self.root)
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        with open(self.root + "/etc/machine-id", "w"):
            pass
        units = self.root + "/etc/systemd/system"
        for name in MASKED:
            if not os.path.lexists(units + "/" + name):
                os.symlink("/dev/null", units + "/" + name)

    def boot(self):
        """Up, or AssertionError.  A systemd that does not answer is started a second time: its own boot is not what is tested."""
        if not self.comes_up():
            self.down()
            assert self.comes_up(), "the root does not boot"

    def comes_up(self):
        os.mkdir(self.group)

        def enter():
            with open(self.group + "/cgroup.procs", "w") as procs:
                procs.write(str(os.getpid()))
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--net",
                                         "--kill-child", HERE + "/root.sh", self.root], stdin=subprocess.DEVNULL, preexec_fn=enter)
        end = time.monotonic() + UP_S
        while time.monotonic() < end and self.process.poll() is None:
            with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as children:
                child = children.read().split()
            if child:
                self.init = child[0]
                try:
                    if self.run("systemctl", "is-system-running", check=False, limit=ANSWER_S).stdout.strip() in ("running", "degraded"):
                        return True
                except subprocess.TimeoutExpired:
                    return False
            time.sleep(0.1)
        return False

    def run(self, *command, check=True, user=None, text=None, limit=RUN_S):
        """In the machine.  user: "NAME" or "NAME:GROUP", by setpriv."""
        inside = ["nsenter", "-t", self.init, "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd=/", "--"]
        if user:
            inside += ["setpriv", "--reuid=" + user, "--regid=" + user, "--init-groups", "--"]
        got = subprocess.run(inside + list(command), capture_output=True, text=True, timeout=limit, input=text or "",
                             env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8",
                                  "DEBIAN_FRONTEND": "noninteractive"})
        if check and got.returncode:
            raise AssertionError("%s ended with %d\n%s%s%s" % (" ".join(command), got.returncode, got.stdout, got.stderr, self.journal()))
        return got

    def journal(self):
        return self.run("journalctl", "-n", "40", "--no-pager", check=False).stdout

    def until(self, what, check, limit=60):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            got = check()
            if got:
                return got
            time.sleep(0.1)
        raise AssertionError("never happened: %s\n%s" % (what, self.journal()))

    def down(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)  # its child, the root's init, goes with it, and everything below
            self.process.wait(DOWN_S)
            self.process = None
        end = time.monotonic() + DOWN_S
        while os.path.isdir(self.group) and time.monotonic() < end:
            for folder, _, _ in os.walk(self.group, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    time.sleep(0.1)  # a process of it is still ending

    def close(self):
        self.down()
        shutil.rmtree(self.folder)


def show(m, *names, unit="musterd"):
    """What systemd says of the unit: {name: value}."""
    text = m.run("systemctl", "show", unit, "--property=" + ",".join(names)).stdout
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def answer(m, *words, user="coordinator", code=0):
    """What `muster WORDS` answers as JSON; the text on standard error when another exit status is wanted."""
    got = m.run("muster", "-o", "json", *words, user=user, check=False)
    assert got.returncode == code, (words, got.returncode, got.stdout, got.stderr)
    return json.loads(got.stdout) if got.stdout.strip() and code == 0 else got.stderr
