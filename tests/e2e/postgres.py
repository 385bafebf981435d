"""A real PostgreSQL of one's own for a test: never the machine's, and never as root."""
import copy
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

from nodes import wait_for


class Postgres:
    """A cluster of its own in a folder, on a unix socket there; as user postgres when this is root."""

    @staticmethod
    def programs():
        """Where initdb and postgres are; None."""
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        return os.path.dirname(found[-1]) if found and shutil.which("psql") else None

    @classmethod
    def is_here(cls):
        return cls.programs() is not None

    def __init__(self, folder=None):
        """folder: a place for its own folder, that others may enter; a temporary one without."""
        self.bin = self.programs()
        self.dir = tempfile.mkdtemp(prefix="muster-pg-", dir=folder)
        if folder:
            os.chmod(self.dir, 0o755)
        self.before = []
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.dir, user.pw_uid, user.pw_gid)
            self.before = ["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
        self.env = dict(os.environ, PGHOST=self.dir, PGUSER="feed", PGDATABASE="postgres", LC_ALL="C.UTF-8")
        self.run("initdb", "-D", self.dir + "/data", "-U", "feed", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.process = subprocess.Popen(self.before + [self.bin + "/postgres", "-D", self.dir + "/data", "-k", self.dir, "-h", "",
                                                       "-c", "fsync=off"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.dir)
        wait_for("PostgreSQL answers", lambda: self.psql("SELECT 1", check=False).returncode == 0)

    def run(self, name, *words):
        subprocess.run(self.before + [os.path.join(self.bin, name), *words], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, cwd=self.dir)

    def psql(self, script, check=True):
        done = subprocess.run(["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True,
                              text=True, env=self.env, timeout=60)
        assert not check or done.returncode == 0, done.stderr
        return done

    def another(self, name):
        """Another database of this server."""
        self.psql("CREATE DATABASE " + name)
        other = copy.copy(self)
        other.env = dict(self.env, PGDATABASE=name)
        return other

    def rows(self, sql):
        return [line for line in self.psql(sql).stdout.splitlines() if line]

    def close(self):
        self.process.send_signal(signal.SIGINT)  # PostgreSQL's word for: now, whoever is connected
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
