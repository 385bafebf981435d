"""Groups of this machine: who is in muster-read only reads, muster writes, muster-admin governs; told by the socket, not by words."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musterd import Musterd, incident, run_tests

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SKIPPED = 77
NOBODY = 65534
GIDS = {"muster": 64201, "muster-read": 64202, "muster-admin": 64203}


class Grouped(Musterd):
    """A daemon that sees its own /etc/group, in a mount namespace of its own."""

    def __init__(self, groups):
        super().__init__()
        with open("/etc/group") as file:
            kept = [line for line in file if line.split(":")[0] not in GIDS]
        with open(self.dir + "/group", "w") as file:
            file.writelines(kept + ["%s:x:%d:%s\n" % (name.strip("-"), GIDS[name.strip("-")], "" if name.endswith("-") else "somebody") for name in groups])

    def command(self):
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "mount --bind \"$0\" /etc/group && exec \"$@\"",
                self.dir + "/group", *super().command()]


def as_member(node, groups, requests):
    """The refusals (code, "" for none) that a user of these groups gets."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([GIDS[name] for name in groups])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            codes = [node.refusal(*request) for request in requests]
            os.write(write, ",".join(codes).encode())
        except BaseException as error:
            os.write(write, repr(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        text = file.read()
    os.waitpid(child, 0)
    return text.split(",")


READS = ("GET", "/v1/status")
WRITES = ("POST", "/v1/records", {"items": [incident("x")]})
LIES = ("POST", "/v1/records", {"items": [incident("x")], "user": "root", "uid": 0})  # for who may write they are members that nobody knows
GOVERNS = ("POST", "/v1/spaces/flood/rotate", {})

# says, groups there are (a - behind: nobody is in it), groups of the caller, [refused?] of READS, WRITES, LIES, GOVERNS
CASES = [
    ("nobody's groups", ("muster", "muster-read", "muster-admin"), (), (True, True, True, True)),
    ("a viewer", ("muster", "muster-read", "muster-admin"), ("muster-read",), (False, True, True, True)),
    ("a writer", ("muster", "muster-read", "muster-admin"), ("muster",), (False, False, False, True)),
    ("who is both", ("muster", "muster-read", "muster-admin"), ("muster-read", "muster"), (False, False, False, True)),
    ("an administrator", ("muster", "muster-read", "muster-admin"), ("muster-admin",), (False, False, False, False)),
    ("a writer where no group governs", ("muster", "muster-read"), ("muster",), (False, False, False, False)),
    ("a writer where nobody is in the group that governs", ("muster", "muster-admin-"), ("muster",), (False, False, False, False)),
    ("a viewer where no group writes", ("muster-read",), ("muster-read",), (False, True, True, True)),
    ("a stranger where there is no group", (), ("muster",), (True, True, True, True)),
]


def test_groups():
    for says, there_are, has, refused in CASES:
        with Grouped(there_are) as node:
            node.init("A")
            node.space("flood")
            os.chmod(node.dir, 0o755)
            os.chmod(node.socket, 0o666)  # so that the answer is the node's and not the file system's
            before = node.get("/v1/digest")
            codes = as_member(node, has, [READS, WRITES, LIES, GOVERNS])
            assert codes == ["EPERMISSION" if no else says_so for no, says_so in zip(refused, ("", "", "EUSAGE", ""))], (says, codes)
            if all(refused[1:]):
                assert node.get("/v1/digest") == before, says + ": nothing was written"
                assert any("event=api.denied" in line for line in node.journal), says


# What is asked by POST because of its body, and changes nothing.
LOOKING = {"/v1/card/read", "/v1/agreements/simulate", "/v1/bundles/show"}


def test_no_row_lets_a_viewer_write():
    with open(os.path.join(ROOT, "docs/openapi.json"), encoding="utf-8") as file:
        paths = json.load(file)["paths"]
    posts = sorted(path for path, methods in paths.items() if "post" in methods)
    assert len(posts) > 40, posts
    requests = [("POST", re.sub(r"\{[^}]*\}", "0" * 32, path), {}) for path in posts]
    with Grouped(("muster", "muster-read", "muster-admin")) as node:
        node.init("A")
        node.space("flood")
        os.chmod(node.dir, 0o755)
        os.chmod(node.socket, 0o666)
        before = node.get("/v1/digest")
        codes = dict(zip(posts, as_member(node, ("muster-read",), requests)))
        passed = {path for path, code in codes.items() if code != "EPERMISSION"}
        assert passed == LOOKING, "a viewer may: %s" % sorted(passed)
        assert node.get("/v1/digest") == before


def main():
    if os.geteuid() != 0 or not shutil.which("unshare"):
        print("only root can become somebody else")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        open(folder + "/x", "w").close()
        if subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", "mount --bind \"$0\" /etc/group", folder + "/x"],
                          capture_output=True).returncode:
            print("this machine allows no mount namespace")
            return SKIPPED
    run_tests(globals())
    return 0


if __name__ == "__main__":
    sys.exit(main())
