"""A clean Debian root, without a network: made of the files of packages that are installed on this machine.  Root only.

It holds Debian's essential packages and those that are asked for, with what they depend on, and nothing else: not a file
that no package brought, and of this machine's settings none but the accounts that came with packages.
"""
import glob
import os
import re
import subprocess

INFO = "/var/lib/dpkg/info/"
# Read by people only; left out, as a small machine's dpkg would.
UNREAD = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/info/", "/usr/share/lintian/")
MADE = ("/mnt", "/srv", "/opt", "/media", "/root", "/usr/local/lib")  # by base-files, when it is configured
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
UID_OF_PEOPLE = 1000


def stanzas():
    """{package: {field: text}} of what is installed here."""
    found = {}
    with open("/var/lib/dpkg/status", encoding="utf-8") as file:
        for text in file.read().split("\n\n"):
            fields = dict(re.findall(r"^(\S+):[ \t]*((?:.*)(?:\n[ \t].*)*)", text, re.M))
            if fields.get("Status") == "install ok installed":
                fields[""] = text.strip() + "\n"
                found[fields["Package"]] = fields
    return found


def closure(packages, wanted):
    """Names of the essential and the wanted with all that they need; KeyError names what is not installed here."""
    provided = {}
    for name, fields in packages.items():
        for each in fields.get("Provides", "").split(","):
            provided.setdefault(each.split("(")[0].strip(), name)
    found, open_ = set(), list(wanted) + [name for name, fields in packages.items() if fields.get("Essential") == "yes"]
    while open_:
        name = open_.pop()
        if name in found:
            continue
        found.add(name)
        for group in (packages[name].get("Pre-Depends", "") + "," + packages[name].get("Depends", "")).split(","):
            names = [re.split(r"[ (:]", one.strip())[0] for one in group.split("|") if one.strip()]
            names = [one if one in packages else provided.get(one) for one in names]
            if names:
                open_.append(next(one for one in names if one))
    return found


def lacking(wanted):
    """Of those, which are not installed here."""
    packages = stanzas()
    return [name for name in wanted if name not in packages]


def newest(pattern):
    """[the last by name of the packages here whose name fits], or []."""
    return sorted(name for name in stanzas() if re.fullmatch(pattern, name))[-1:]


def info_files(name):
    return glob.glob(INFO + name + ".*") + glob.glob(INFO + name + ":*")


def unmerged(path):
    """Where the file is that a package calls /bin/NAME, on a machine whose /bin is another name of /usr/bin."""
    first, _, rest = path[1:].partition("/")
    if rest and first in MERGED and os.path.islink("/" + first):
        return os.path.join("/", os.readlink("/" + first), rest)
    return path


def copy(paths, into):
    """Those of the paths that exist, as they are; folders without what is in them."""
    there = sorted({unmerged(path) for path in paths if path != "/" and os.path.lexists(path)})
    out = subprocess.Popen(["tar", "-c", "-C", "/", "--no-recursion", "--null", "--verbatim-files-from", "--files-from=-"],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    take = subprocess.Popen(["tar", "-x", "-p", "-C", into], stdin=out.stdout)
    out.stdout.close()
    out.stdin.write(b"\0".join(path[1:].encode() for path in there))
    out.stdin.close()
    assert (out.wait(), take.wait()) == (0, 0), "tar did not copy"


def accounts(into):
    """Accounts of packages, as this machine numbers them; nobody can log in."""
    for name in ("passwd", "group"):
        with open("/etc/" + name) as file:
            rows = [line.strip().split(":") for line in file]
        rows = [row for row in rows if not row[0].startswith("muster") and (int(row[2]) < UID_OF_PEOPLE or int(row[2]) > 65000)]
        with open("%s/etc/%s" % (into, name), "w") as file:
            file.writelines(":".join(row[:3] + [""] if name == "group" else row) + "\n" for row in rows)
        with open("%s/etc/%s" % (into, "shadow" if name == "passwd" else "gshadow"), "w") as file:
            file.writelines("%s:*:%s\n" % (row[0], "19000:0:99999:7:::" if name == "passwd" else ":") for row in rows)
        os.chmod("%s/etc/%s" % (into, "shadow" if name == "passwd" else "gshadow"), 0o640)


def make(into, wanted):
    """Fills the new folder; at most some 300 MB."""
    os.mkdir(into, 0o755)
    packages = stanzas()
    names = closure(packages, wanted)
    paths = ["/" + name for name in MERGED if os.path.islink("/" + name)]
    info = [path for name in names for path in info_files(name)]
    for path in info:
        if path.endswith(".list"):
            with open(path) as file:
                paths += [line.rstrip("\n") for line in file]
    paths = [path for path in paths if not path.startswith(UNREAD)]
    folders = ["/var", "/var/lib", "/var/lib/dpkg", "/var/lib/dpkg/info", "/var/lib/dpkg/updates", "/var/lib/dpkg/triggers", "/etc/alternatives"]
    paths += folders + info + ["/etc/shells", "/var/lib/shells.state", INFO + "format", "/var/lib/dpkg/diversions", "/var/lib/dpkg/statoverride", "/var/lib/dpkg/arch"]
    paths += ["/var/lib/dpkg/alternatives"] + glob.glob("/etc/pam.d/common-*")
    copy(paths, into)
    for name in MADE:
        os.makedirs(into + name, exist_ok=True)
    for path in glob.glob("/var/lib/dpkg/alternatives/*"):  # awk and the like, which are in no package's list
        chosen = "/etc/alternatives/" + os.path.basename(path)
        if os.path.islink(chosen) and os.path.lexists(into + os.readlink(chosen)):
            with open(path) as file:
                copy([path, chosen, file.read().split("\n")[1]], into)
    with open(into + "/var/lib/dpkg/status", "w", encoding="utf-8") as file:
        file.write("\n".join(packages[name][""] for name in sorted(names)))
    for path in ("/var/lib/dpkg/available", "/etc/machine-id", "/etc/fstab", "/etc/environment"):
        with open(into + path, "w"):
            pass
    for name, text in (("hostname", "muster-test\n"), ("hosts", "127.0.0.1 localhost muster-test\n::1 localhost\n")):
        with open(into + "/etc/" + name, "w") as file:
            file.write(text)
    if not os.path.exists(into + "/etc/nsswitch.conf"):
        with open(into + "/etc/nsswitch.conf", "w") as file:
            file.write("passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
    accounts(into)
    os.chmod(into + "/tmp", 0o1777)
    os.chmod(into + "/var/tmp", 0o1777)
    subprocess.run(["chroot", into, "ldconfig"], check=True)
