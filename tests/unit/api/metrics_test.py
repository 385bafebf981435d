"""Metrics and health: what a collector reads, what it may not, and that rules and dashboard name what there is."""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import exposition
from musterd import MUSTERD, Musterd, free_port, incident, run_tests, until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


class Watched(Musterd):
    def __init__(self, **more):
        self.metrics_port = free_port()
        super().__init__(options=["--metrics", "127.0.0.1:%d" % self.metrics_port], **more)

    def page(self, path, method="GET", headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read().decode()
        finally:
            connection.close()

    def metrics(self):
        status, kind, text = self.page("/metrics")
        assert status == 200 and kind.startswith("text/plain; version=0.0.4"), (status, kind)
        return exposition.read(text), text


def test_the_checker_notices():
    good = "# HELP muster_a_bytes Bytes of a.\n# TYPE muster_a_bytes gauge\nmuster_a_bytes 1\n"
    exposition.read(good)
    for says, bad in (("no end", good[:-1]), ("a counter's name", good.replace("gauge", "counter")), ("another unit", good.replace("bytes", "mb")),
                      ("no value", good.replace(" 1\n", " one\n")), ("twice", good + good), ("no type", good.replace("# TYPE muster_a_bytes gauge\n", "")),
                      ("a sample twice", good + "muster_a_bytes 2\n"), ("two labels", good + 'muster_a_bytes{b="c"} 2\n'),
                      ("a foreign name", good.replace("muster_a", "node_a")), ("no sentence", good.replace("Bytes of a.", "bytes of a"))):
        try:
            exposition.read(bad)
        except (AssertionError, ValueError):
            continue
        raise SystemExit("the checker does not notice: " + says)


def test_what_is_read_before_and_after_init():
    with Watched() as node:
        before, _ = node.metrics()
        assert before["muster_ready"]["samples"] == {"": 0} and before["muster_taking_in"]["samples"] == {"": 0}
        assert node.page("/healthz")[0::2] == (200, "alive\n")
        status, _, why = node.page("/readyz")
        assert status == 503 and "muster init" in why, why
        node.init("Yibin Flood Control")
        node.space("secret-flood-name")
        assert node.page("/readyz")[0::2] == (200, "ready\n")
        written = node.write(incident("dam at Xuzhou"), incident("bridge"))
        assert written["stored"] == 2
        now = until("both are counted", lambda: (lambda m: m if m["muster_objects"]["samples"][""] == 2 else None)(node.metrics()[0]))
        assert set(now) == set(before), "the families do not depend on what there is"
        for name, label, least in (("muster_ready", "", 1), ("muster_taking_in", "", 1), ("muster_records", "", 2), ("muster_spaces", 'state="joined"', 1),
                                   ("muster_segments_total", 'result="written"', 1), ("muster_commits_total", "", 1), ("muster_api_writes_total", "", 1),
                                   ("muster_disk_free_bytes", "", 1 << 20), ("muster_store_bytes", 'file="main"', 4096), ("muster_commit_last_seconds", "", 1e-6),
                                   ("muster_process_resident_bytes", "", 1 << 20), ("muster_process_open_files", "", 5),
                                   ("muster_process_open_files_max", "", 64), ("muster_logs", 'state="complete"', 1)):
            assert now[name]["samples"][label] >= least, (name, now[name])
        _, text = node.metrics()
        agency = node.get("/v1/status")["agency"]
        for secret in (agency["name"], "Yibin", "secret-flood-name", "Xuzhou", agency["id"][:12]):
            assert secret not in text, secret + " stands in the metrics"


def test_promtool():
    program = shutil.which("promtool")
    if not program:
        print("  promtool is not installed: the checker of exposition.py alone has looked")
        return
    with Watched() as node:
        node.init("A")
        _, text = node.metrics()
    done = subprocess.run([program, "check", "metrics"], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run([program, "check", "rules", ROOT + "/packaging/prometheus/muster.rules.yml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_reading_and_only_here():
    with Watched() as node:
        assert node.page("/metrics", "POST", body="x")[0] == 405
        assert node.page("/v1/status")[0] == 404, "the local API is not here"
        assert node.page("/metrics/../v1/status")[0] == 404
        for host, status in (("localhost:1", 200), ("[::1]:1", 200), ("127.0.0.1", 200), ("127.0.0.1.example.org", 403), ("evil.example", 403)):
            assert node.page("/metrics", headers={"Host": host})[0] == status, host
        assert node.page("/metrics", "HEAD")[2] == ""
        many = [socket.create_connection(("127.0.0.1", node.metrics_port)) for _ in range(40)]
        assert node.get("/v1/status")["ready"] is False, "idle collectors do not stop the local API"
        for one in many:
            one.close()
        assert until("it answers again", lambda: node.page("/healthz")[0] == 200)


def test_addresses():
    for address, message in (("0.0.0.0:7118", "0.0.0.0"), ("192.0.2.1:7118", "192.0.2.1"), ("localhost:7118", "localhost"), ("7118", "7118"), ("[::]:7118", "::")):
        done = subprocess.run([MUSTERD, "--config", "/dev/null", "--metrics", address, "--check-config"], capture_output=True, text=True)
        assert done.returncode == 2 and message in done.stderr and "EENDPOINT" in done.stderr, done
    done = subprocess.run([MUSTERD, "--config", "/dev/null", "--metrics", "none", "--check-config"], capture_output=True, text=True)
    assert done.returncode == 0, done
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with Musterd(options=["--metrics", "127.0.0.1:%d" % taken.getsockname()[1]]) as node:
            node.init("A")
            assert node.get("/v1/status")["ready"], "a node without metrics is better than none"
            until("it is told", lambda: any("event=metrics.failed" in line for line in node.journal))


def test_rules_and_dashboard_name_what_there_is():
    with Watched() as node:
        known = set(node.metrics()[0])
    with open(ROOT + "/packaging/prometheus/muster.rules.yml") as file:
        rules = file.read()
    with open(ROOT + "/packaging/grafana/muster.json") as file:
        dashboard = json.load(file)
    expressions = re.findall(r"^\s+expr: (.*)$", rules, re.M)
    alerts = re.findall(r"- alert: (\w+)", rules)
    assert len(expressions) == len(alerts) == len(set(alerts)) >= 12
    assert rules.count("          do: ") == rules.count("          summary: ") == len(alerts), "each says what is the matter and what to do"
    drawn = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]) >= 12
    drawn += [each["query"] for each in dashboard["templating"]["list"]]
    for expression in expressions + drawn:
        for name in re.findall(r"\bmuster_\w+", expression):
            assert name in known, "%s is no metric of this node: %s" % (name, expression)
    with Watched() as node:
        samples = node.metrics()[0]
    for expression in expressions + drawn:
        for name, labels in re.findall(r"\b(muster_\w+)\{([^}]*)\}", expression):
            for pair in re.findall(r'\w+="[^"]*"', labels):
                assert pair in samples[name]["samples"], "%s has no %s" % (name, pair)


if __name__ == "__main__":
    run_tests(globals())
