"""Debian packages of what a build folder holds: made by debian/rules, but not compiled again.  Root, debhelper."""
import os
import shutil
import subprocess

# In the place of the rules that configure, compile and install.
RULES = """
override_dh_auto_clean override_dh_auto_configure override_dh_auto_build override_dh_autoreconf:
	@:

override_dh_auto_install:
	DESTDIR=$(CURDIR)/debian/tmp cmake --install $(MUSTER_BUILD) --prefix /usr --strip
	python3 -B $(MUSTER_PREBUILT) $(CURDIR)/debian/tmp/usr/lib $(shell dpkg-architecture -qDEB_HOST_MULTIARCH)

override_dh_strip override_dh_dwz override_dh_strip_nondeterminism:
	@:

override_dh_builddeb:
	dh_builddeb -- -Znone
"""


def libraries(folder, machine):
    """Debian's libraries are in a folder that is named after the machine; a build for /usr/local knows nothing of that."""
    if os.path.exists(folder + "/" + machine):
        return
    os.mkdir(folder + "/" + machine)
    for name in os.listdir(folder):
        if name.startswith("libmuster") or name == "pkgconfig":
            os.rename(folder + "/" + name, "%s/%s/%s" % (folder, machine, name))
    path = "%s/%s/pkgconfig/muster-client.pc" % (folder, machine)
    with open(path) as file:
        lines = file.read().splitlines()
    with open(path, "w") as file:
        for line in lines:
            name = line.split("=")[0]
            file.write({"prefix": "prefix=/usr", "libdir": "libdir=${prefix}/lib/" + machine}.get(name, line) + "\n")


def make(build, source, out):
    """Packages of the build into the folder out, which is made; None, or why not."""
    if not shutil.which("dh"):
        return "there is no debhelper here"
    tree = out + "/tree"
    os.makedirs(tree)
    shutil.copytree(source + "/debian", tree + "/debian")
    with open(tree + "/debian/rules", "a") as file:
        file.write(RULES)
    done = subprocess.run(["dpkg-buildpackage", "-b", "-us", "-uc", "-d", "-nc"], cwd=tree, capture_output=True, text=True, timeout=300,
                          env=dict(os.environ, MUSTER_BUILD=build, MUSTER_PREBUILT=os.path.abspath(__file__), DEB_BUILD_OPTIONS="noautodbgsym nocheck"))
    assert done.returncode == 0, "\n".join((done.stdout + done.stderr).splitlines()[-40:])
    shutil.rmtree(tree)
    return None


if __name__ == "__main__":
    import sys
    libraries(*sys.argv[1:3])
