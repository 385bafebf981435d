"""A small network of its own: namespaces joined by a bridge, whose lines a test cuts, thins out and narrows.

Every host is a namespace with one line, `line0`, to the bridge in a namespace of its own.  Nothing is made in
the namespace of the machine, and addresses 10.77.0.x exist inside only.  Packets are dropped where they arrive by
small filters of tc (clsact and cls_bpf), so iproute2 is all that is needed.
"""
import os
import shutil
import subprocess

SKIP = 77
PORT = 7117
TC_DROP, TC_NEXT = 2, 0xFFFFFFFF  # what a filter of tc answers
LINE, MTU = "line0", 1500


class NoNetwork(Exception):
    """Namespaces cannot be made here; the sentence says why."""


def ip(*words):
    done = subprocess.run(["ip"] + [str(w) for w in words], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise OSError("ip %s: %s" % (" ".join(map(str, words)), done.stderr.strip()))
    return done.stdout


def tc(namespace, *words):
    done = subprocess.run(["ip", "netns", "exec", namespace, "tc"] + [str(w) for w in words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise OSError("tc %s: %s" % (" ".join(map(str, words)), done.stderr.strip()))


def drop_program(source=None, calls_only=False):
    """Classic BPF over an Ethernet frame: drops IPv4 from `source` (or all), or of it only what opens a connection."""
    steps = [(0x28, None, 12), (0x15, "no", 0x0800)]                      # the frame is IPv4
    if source:
        number = int.from_bytes(bytes(int(part) for part in source.split(".")), "big")
        steps += [(0x20, None, 26), (0x15, "no", number)]                 # from there
    if calls_only:
        steps += [(0x30, None, 23), (0x15, "no", 6),                      # TCP; the kernel sends no IP options
                  (0x30, None, 47), (0x54, None, 0x12), (0x15, "no", 2)]  # SYN without ACK
    steps += [(0x06, None, TC_DROP), (0x06, None, TC_NEXT)]
    end, lines = len(steps) - 1, []
    for at, (code, jump, value) in enumerate(steps):
        lines.append("%d 0 %d %d" % (code, end - at - 1 if jump else 0, value))
    return "%d,%s" % (len(steps), ",".join(lines))


class Host:
    def __init__(self, net, letter, number):
        self.net, self.letter = net, letter
        self.namespace = net.prefix + letter
        self.plug = "plug-" + letter  # the line's other end, at the bridge
        self.address = "10.77.0.%d" % number
        self.rules = 0
        net.add_namespace(self.namespace)
        ip("-n", self.namespace, "link", "add", LINE, "type", "veth", "peer", "name", self.plug, "netns", net.bridge)
        ip("-n", net.bridge, "link", "set", self.plug, "master", "br0", "up")
        ip("-n", self.namespace, "link", "set", "lo", "up")
        ip("-n", self.namespace, "link", "set", LINE, "up")
        ip("-n", self.namespace, "addr", "add", self.address + "/24", "dev", LINE)
        tc(self.namespace, "qdisc", "add", "dev", LINE, "clsact")

    def endpoint(self):
        return "tcp://%s:%d" % (self.address, PORT)

    def inside(self):
        """The words that run a program in this host; they end by exec, so the pid is the program's."""
        return ["ip", "netns", "exec", self.namespace]

    def unplug(self):
        ip("-n", self.net.bridge, "link", "set", self.plug, "down")

    def plug_in(self):
        ip("-n", self.net.bridge, "link", "set", self.plug, "up")

    def drop(self, source=None, calls_only=False):
        """Drops what arrives: everything, or what one host sends, or only what opens a connection."""
        self.rules += 1
        tc(self.namespace, "filter", "add", "dev", LINE, "ingress", "pref", self.rules, "protocol", "all", "bpf", "da",
           "bytecode", drop_program(source.address if source else None, calls_only))

    def drop_nothing(self):
        tc(self.namespace, "filter", "del", "dev", LINE, "ingress")
        self.rules = 0

    def narrow(self, kbit, queue_ms=1000):
        """Both directions of the line carry no more than `kbit` kbit/s and queue at most `queue_ms`, as a modem does."""
        for namespace, device in ((self.namespace, LINE), (self.net.bridge, self.plug)):
            # A burst must hold a whole frame; segmentation offload would make frames of 64 kB.
            subprocess.run(["ip", "netns", "exec", namespace, "ip", "link", "set", device, "gso_max_size", str(MTU)],
                           stdin=subprocess.DEVNULL, capture_output=True, check=False)
            tc(namespace, "qdisc", "replace", "dev", device, "root", "tbf", "rate", "%dkbit" % kbit, "burst", 2 * MTU,
               "latency", "%dms" % queue_ms)

    def widen(self):
        for namespace, device in ((self.namespace, LINE), (self.net.bridge, self.plug)):
            tc(namespace, "qdisc", "del", "dev", device, "root")

    def move(self, number):
        """Another address from now on; the old one is gone."""
        old, self.address = self.address, "10.77.0.%d" % number
        ip("-n", self.namespace, "addr", "del", old + "/24", "dev", LINE)
        ip("-n", self.namespace, "addr", "add", self.address + "/24", "dev", LINE)


class Net:
    """with Net("abc") as net: net.hosts["a"] …; everything is removed at the end, however that comes."""

    def __init__(self, letters):
        self.prefix = "muster%d-" % os.getpid()
        self.bridge = self.prefix + "bridge"
        self.letters, self.namespaces, self.hosts = letters, [], {}

    def add_namespace(self, name):
        ip("netns", "add", name)
        self.namespaces.append(name)

    def __enter__(self):
        if os.geteuid() != 0:
            raise NoNetwork("network namespaces need root")
        for program in ("ip", "tc"):
            if not shutil.which(program):
                raise NoNetwork("%s (iproute2) is not installed" % program)
        try:
            self.add_namespace(self.bridge)
            ip("-n", self.bridge, "link", "add", "br0", "type", "bridge")
            ip("-n", self.bridge, "link", "set", "br0", "up")
            for number, letter in enumerate(self.letters):
                self.hosts[letter] = Host(self, letter, number + 1)
            first = self.hosts[self.letters[0]]
            first.drop(calls_only=True)
            first.drop_nothing()
            first.narrow(1000)
            first.widen()
        except OSError as error:
            self.remove()
            raise NoNetwork("a namespace, a bridge, a filter or a narrow line cannot be made here: %s" % error)
        except BaseException:
            self.remove()
            raise
        return self

    def remove(self):
        while self.namespaces:
            subprocess.run(["ip", "netns", "del", self.namespaces.pop()], stdin=subprocess.DEVNULL, check=False)

    def __exit__(self, *error):
        self.remove()
        return False
