"""The client as other programs get it: installed, found by pkg-config, an example compiled and run against a node.

usage: install_test.py BUILD_DIR CC    (MUSTERD in the environment)
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "unit", "api"))
from musterd import Musterd

SKIPPED = 77


def run(*words, exit=0, **more):
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, **more)
    assert done.returncode == exit, "%s: exit %d\n%s%s" % (" ".join(words), done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def main():
    build, compiler = sys.argv[1:3]
    if not shutil.which("pkg-config"):
        print("pkg-config is not installed")
        return SKIPPED
    root = tempfile.mkdtemp(prefix="muster-client-")
    try:
        run("cmake", "--install", build, "--component", "client", "--prefix", root)
        found = glob.glob(root + "/lib*/**/muster-client.pc", recursive=True)
        assert len(found) == 1, found
        environment = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(found[0]))
        flags = run("pkg-config", "--cflags", "--libs", "muster-client", env=environment)[0].split()
        libraries = run("pkg-config", "--variable=libdir", "muster-client", env=environment)[0].strip()
        example = glob.glob(root + "/share/doc/**/incidents.c", recursive=True)[0]
        program = root + "/incidents"
        run(compiler, "-std=c11", "-Wall", "-Werror", example, *flags, "-Wl,-rpath," + libraries, "-o", program)
        headers = {os.path.relpath(path, root) for path in glob.glob(root + "/include/**/*.h", recursive=True)}
        assert headers == {"include/muster/client/" + name for name in ("client.h", "fault.h", "url.h")} | {"include/muster/base/error.h"}, headers
        exported = run("nm", "-D", "--defined-only", os.path.realpath(libraries + "/libmuster-client.so"))[0]
        names = {line.split()[-1].split("@")[0] for line in exported.splitlines()} - {"MUSTER_CLIENT_0"}
        assert "client_call" in names and all(name.startswith(("client_", "fault_", "url_", "error_")) for name in names), names
        _, told = run(program, root + "/no.sock", exit=6)
        assert "why: " in told and "do: " in told and "code: EUNREACHABLE" in told, told
        with Musterd() as node:
            _, told = run(program, node.socket, exit=6)
            assert "code: ENOTREADY" in told, told
            node.init("A")
            node.space("flood")
            out, _ = run(program, node.socket, "Dam at Xuzhou")
            stored, listed = out.splitlines()
            assert stored.startswith("stored inc-") and listed == stored.split()[1] + " Dam at Xuzhou", out
            assert [item["fields"]["name"] for item in node.get("/v1/objects?kind=incident")["items"]] == ["Dam at Xuzhou"]
            _, told = run(program, node.socket, "x" * 5000, exit=1)
            assert "code: ETOOBIG" in told, told
    finally:
        shutil.rmtree(root)
    print("installed, compiled, asked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
