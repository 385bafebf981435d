"""The local API of one node: what it answers, what it refuses, what it keeps."""
import base64
import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musterd import Musterd, PATIENCE_S, UnixConnection, incident, run_tests, until

JPEG = bytes(range(256)) * 40


def test_before_init_there_is_a_status_and_nothing_else():
    with Musterd() as node:
        assert node.get("/v1/status")["ready"] is False
        for method, path in (("GET", "/v1/card"), ("GET", "/v1/spaces"), ("POST", "/v1/records"), ("GET", "/v1/peers"),
                             ("GET", "/v1/objects"), ("POST", "/v1/join"), ("GET", "/v1/digest"), ("GET", "/v1/audit")):
            assert node.refusal(method, path) == "ENOTREADY", path
        assert [kind["name"] for kind in node.get("/v1/kinds")["items"]][0] == "incident"


def test_what_the_api_does_not_have_says_what_it_has():
    with Musterd() as node:
        node.init("A")
        for says, method, path, status, code, do in (("another path", "GET", "/v1/nothing", 404, "ENOTFOUND", "/v1/openapi"),
                                                     ("the root", "GET", "/", 404, "ENOTFOUND", "/v1/openapi"),
                                                     ("another method", "DELETE", "/v1/status", 405, "EUSAGE", "by GET;"),
                                                     ("one of two methods", "PUT", "/v1/spaces", 405, "EUSAGE", "GET, POST"),
                                                     ("too long a body", "POST", "/v1/records", 413, "ETOOBIG", "several requests")):
            got, _, data = node.raw(method, path, b"x" * (4 << 20) + b"x" if status == 413 else None)
            error = json.loads(data)["error"]
            assert (got, error["code"]) == (status, code) and do in error["do"][0], "%s: %s %s" % (says, got, error)
        connection = UnixConnection(node.socket)
        connection.request("DELETE", "/v1/status")
        assert connection.getresponse().headers["Allow"] == "GET"
        connection.close()


def test_members_that_nobody_knows_are_refused():
    item = incident("x")
    rows = (("beside the others", "/v1/records", {"items": [item], "waitt": True}, 'member "waitt"', 'did you mean "wait"?'),
            ("like none", "/v1/records", {"items": [item], "colour": 1}, 'member "colour"', "it knows space, items, wait, brief, dry_run."),
            ("where nothing is asked for", "/v1/spaces/flood/rotate", {"now": True}, 'member "now"', "it knows dry_run."),
            ("in a new space", "/v1/spaces", {"name": "other", "retention_day": 3}, 'member "retention_day"', 'did you mean "retention_days"?'),
            ("of a request without a body", "/v1/join/end", {"x": 1}, 'member "x"', "it knows none."))
    with Musterd() as node:
        node.init("A")
        node.space("flood")
        before = node.get("/v1/digest")
        for says, path, body, what, why in rows:
            status, _, data = node.raw("POST", path, json.dumps(body).encode())
            error = json.loads(data)["error"]
            assert (status, error["code"]) == (400, "EUSAGE") and what in error["message"] and why in error["why"], (says, status, error)
        got = node.post("/v1/records", {"space": "flood", "items": [dict(item, feilds={}), dict(item, colour="red"), item]})
        errors = [one.get("error", {}).get("message") for one in got["items"]]
        assert errors == ['"feilds" is no member of an item; did you mean "fields"?', '"colour" is no member of an item', None], errors
        assert (got["stored"], got["refused"]) == (1, 2), got
        after = node.get("/v1/digest")
        assert after["objects"] == before["objects"] + 1 and len(node.get("/v1/spaces")["items"]) == 1


def test_init_makes_a_node_once():
    with Musterd() as node:
        for says, body, code in (("no agency", {}, "EUSAGE"), ("an empty name", {"agency": ""}, "EBADVALUE"),
                                 ("a control character", {"agency": "a\nb"}, "EBADVALUE"),
                                 ("a country of three letters", {"agency": "a", "country": "ESP"}, "EBADVALUE"),
                                 ("an endpoint of another kind", {"agency": "a", "advertise": ["ipc:///tmp/x"]}, "EENDPOINT"),
                                 ("a number for a name", {"agency": 7}, "EUSAGE")):
            assert node.refusal("POST", "/v1/init", body) == code, says
        assert not os.path.exists(node.data + "/secrets"), "a refused init leaves no keys"
        made = node.init("Cruz Roja", country="ES", node="ca-1", contact="duty desk")
        assert made["agency"]["name"] == "Cruz Roja" and len(made["agency"]["id"]) == 64
        assert node.refusal("POST", "/v1/init", {"agency": "Another"}) == "EREADY"
        status = node.get("/v1/status")
        assert status["ready"] and status["agency"] == made["agency"] and status["node"]["name"] == "ca-1"
        assert status["listen"] == status["advertise"] and status["listen"][0].startswith("tcp://127.0.0.1:")
        assert "EUNREACHABLE" in [w["code"] for w in status["warnings"]], "loopback only is said"
        for name in ("agency-root.key", "agency-next.key", "node.key"):
            assert os.stat(node.data + "/secrets/" + name).st_mode & 0o777 == 0o600
        card = node.get("/v1/card")
        read = node.post("/v1/card/read", {"card": "Hello,\n> " + card["card"].replace("\n", "\n> ")})
        assert read["agency"] == {"id": made["agency"]["id"], "name": "Cruz Roja", "country": "ES"}
        assert read["nodes"] == ["ca-1"] and read["endpoints"] == status["listen"] and read["contact"] == "duty desk"
        assert node.refusal("POST", "/v1/card/read", {"card": card["card"].replace("A", "B", 1)}) in ("EHASH", "EUSAGE", "EBADVALUE")
        node.restart()
        again = node.get("/v1/status")
        assert again["agency"] == made["agency"] and again["node"] == status["node"]
        events = [row["event"] for row in node.get("/v1/audit")["items"]]
        assert "node.initialised" in events, "decisions are kept over a restart: %s" % events


def test_spaces():
    with Musterd() as node:
        node.init("A")
        assert node.refusal("GET", "/v1/objects") == "EUNKNOWN_SPACE"
        flood = node.space("flood", purpose="the river", history="join")
        drill = node.space("drill 演练", exercise=True, retention_days=30)
        for says, body, code in (("no name", {}, "EUSAGE"), ("a name twice", {"name": "flood"}, "EDUPLICATE"),
                                 ("another history", {"name": "x", "history": "some"}, "EUSAGE"),
                                 ("negative days", {"name": "x", "retention_days": -1}, "EUSAGE")):
            assert node.refusal("POST", "/v1/spaces", body) == code, says
        rows = {row["name"]: row for row in node.get("/v1/spaces")["items"]}
        assert rows["flood"]["history"] == "join" and rows["flood"]["right"] == "admin" and rows["flood"]["members"] == 1
        assert rows["drill 演练"]["exercise"] is True and rows["flood"]["exercise"] is False
        one = node.get("/v1/spaces/drill%20%E6%BC%94%E7%BB%83")
        assert one["id"] == drill["id"] and one["members"][0]["agency"]["name"] == "A" and one["members"][0]["right"] == "admin"
        assert node.get("/v1/spaces/" + flood["id"])["purpose"] == "the river"
        assert node.get("/v1/spaces/" + flood["id"][:8])["id"] == flood["id"]
        assert node.refusal("GET", "/v1/spaces/nowhere") == "EUNKNOWN_SPACE"
        assert node.refusal("GET", "/v1/objects") == "EUSAGE", "two spaces: one must be named"
        assert node.get("/v1/objects?space=flood")["space"]["id"] == flood["id"]
        assert node.refusal("POST", "/v1/records", {"space": "flood", "items": [incident("x", exercise=True)]}) == ""
        got = node.write(incident("x", exercise=True), space="flood")
        assert got["refused"] == 1 and got["items"][0]["error"]["code"] == "EPERMISSION"
        assert node.write(incident("x", exercise=True), incident("y"), space="drill 演练")["stored"] == 2


def test_records_go_in_one_by_one_refused_or_not():
    with Musterd() as node:
        node.init("A")
        node.space()
        good = incident("River", key="alert-1", fields={"affected": 12, "location": "28.77,104.62", "severity": "Severe",
                                                        "started": "2026-05-01T08:00:00+08:00", "area": ["CIRCLE 32.9,-115.5 20"],
                                                        "original": {"media_type": "image/jpeg", "base64": base64.b64encode(JPEG).decode()}})
        bad = (("an unknown kind", {"op": "create", "kind": "volcano", "fields": {}}, "EKIND"),
               ("an unknown field", incident("x", fields={"colour": "red"}), "EFIELD"),
               ("an unknown token", incident("x", fields={"severity": "Terrible"}), "ETOKEN"),
               ("a missing field", {"op": "create", "kind": "incident", "fields": {"name": "x"}}, "EMISSING"),
               ("a number for a text", incident("x", fields={"event": 5}), "EBADVALUE"),
               ("a text for a number", incident("x", fields={"affected": "many"}), "EBADVALUE"),
               ("less than nobody", incident("x", fields={"affected": -1}), "EBADVALUE"),
               ("a point beyond the pole", incident("x", fields={"location": "91,0"}), "EBADVALUE"),
               ("evidence that is no base64", incident("x", fields={"original": {"media_type": "a/b", "base64": "?"}}), "EBADVALUE"),
               ("a link to nothing", incident("x", fields={"links": [{"role": "causes", "object": "inc-zzzzz"}]}), "ENOTFOUND"),
               ("an update of nothing", {"op": "update", "kind": "incident", "object": "0" * 32, "fields": {"name": "x"}}, "ENOTFOUND"),
               ("no operation", {"kind": "incident", "fields": {}}, "EUSAGE"),
               ("no fields", {"op": "create", "kind": "incident"}, "EUSAGE"),
               ("no item", 7, "EUSAGE"))
        got = node.write(good, *[item for _, item, _ in bad])
        assert got["stored"] == 1 and got["refused"] == len(bad), got
        for (says, _, code), item in zip(bad, got["items"][1:]):
            assert item["state"] == "refused" and item["error"]["code"] == code, (says, item)
            assert item["error"]["message"] and item["error"]["do"]
        first = got["items"][0]
        assert first["state"] == "stored" and first["short"].startswith("inc-")
        again = node.write(good)["items"][0]
        assert again["state"] == "existing" and again["object"] == first["object"] and again["record"] == first["record"]
        twice = node.write(incident("Twice", key="twice"), incident("Twice", key="twice"))
        assert twice["stored"] == 1, "the same key twice in a request: %s" % twice
        shown = node.get("/v1/objects/" + first["short"])
        fields = shown["fields"]
        assert shown["id"] == first["object"] and shown["kind"] == "incident" and shown["owner"]["name"] == "A"
        assert fields["affected"] == 12 and fields["location"] == "28.77,104.62" and fields["category"] == ["Met"]
        assert fields["area"] == ["CIRCLE 32.9,-115.5 20"] and fields["alias"] == ["alert-1"]
        assert fields["original"] == {"media_type": "image/jpeg", "bytes": len(JPEG)}
        assert shown["evidence"] == [{"field": "original", "media_type": "image/jpeg", "bytes": len(JPEG)}]
        status, media, data = node.raw("GET", "/v1/objects/%s/evidence/original" % first["object"])
        assert (status, media, data) == (200, "image/jpeg", JPEG)
        assert node.refusal("GET", "/v1/objects/%s/evidence/name" % first["object"]) == "EFIELD"


def test_an_object_changes_and_remembers():
    with Musterd() as node:
        node.init("A")
        node.space()
        made = node.write(incident("River"))["items"][0]
        for text, code in (("inc-zzzzz", "ENOTFOUND"), ("f" * 32, "ENOTFOUND"), ("hello", "EUSAGE")):
            assert node.refusal("GET", "/v1/objects/" + text) == code, text
        got = node.write({"op": "update", "object": made["short"], "fields": {"phase": "recovery", "affected": 3}})
        assert got["stored"] == 1, got
        node.write({"op": "update", "object": made["object"], "kind": "incident", "fields": {"affected": None}})
        shown = node.get("/v1/objects/" + made["object"])
        assert shown["revision"] == 3 and shown["fields"]["phase"] == "recovery" and shown["fields"]["affected"] is None
        assert shown["fields"]["name"] == "River" and not shown["conflict"] and len(shown["heads"]) == 1
        history = node.get("/v1/objects/%s/history" % made["short"])["items"]
        assert [row["op"] for row in history] == ["create", "update", "update"]
        assert [row["fields"] for row in history[1:]] == [{"phase": "recovery", "affected": 3}, {"affected": None}]
        assert all(row["state"] == "counts" and row["agency"]["name"] == "A" and row["node"] for row in history)
        assert history[0]["record"] == made["record"] and history[2]["record"] == shown["heads"][0]


def test_a_newer_message_updates_the_object_of_the_older_one():
    with Musterd() as node:
        node.init("A")
        node.space()
        old = node.write(incident("Storm", key="cap:1", fields={"severity": "Minor"}))["items"][0]
        new = node.write(incident("Storm 2", key="cap:2", supersedes=["cap:0", "cap:1"], invented=["name"],
                                  fields={"severity": "Severe"}))["items"][0]
        assert new["state"] == "superseded" and new["object"] == old["object"], new
        shown = node.get("/v1/objects/" + old["object"])["fields"]
        assert shown["severity"] == "Severe" and shown["name"] == "Storm" and shown["alias"] == ["cap:1", "cap:2"]
        third = node.write(incident("Storm", key="cap:3", supersedes=["cap:2"]))["items"][0]
        assert third["object"] == old["object"], "found by the key of the second"
        assert node.write(incident("Other", key="cap:9", supersedes=["nobody"]))["items"][0]["state"] == "stored"
        assert len(node.get("/v1/objects")["items"]) == 2


def test_lists_by_page_filter_and_order():
    with Musterd() as node:
        node.init("A")
        node.space()
        made = node.write(*[incident("flood %03d" % i, fields={"severity": "Severe" if i % 3 else "Minor"}) for i in range(120)])
        assert made["stored"] == 120
        node.write({"op": "create", "kind": "resource", "fields": {"name": "tents", "resource_type": "tent"}})
        node.write({"op": "update", "object": made["items"][7]["object"], "fields": {"phase": "closed"}})
        listed = node.get("/v1/objects?kind=incident&limit=7")
        assert listed["items"][0]["fields"]["name"] == "flood 007", "the newest change first"
        seen, cursor, pages = [], "", 0
        while cursor is not None:
            page = node.get("/v1/objects?kind=incident&limit=50&cursor=" + cursor)
            seen += [item["id"] for item in page["items"]]
            cursor, pages = page["next"], pages + 1
        assert pages == 3 and len(seen) == 120 and len(set(seen)) == 120
        up = [item["id"] for item in node.get("/v1/objects?kind=incident&limit=500&order=asc")["items"]]
        assert up == seen[::-1]
        both = []
        cursor = ""
        while cursor is not None:
            page = node.get("/v1/objects?limit=33&cursor=" + cursor)
            both += [item["id"] for item in page["items"]]
            cursor = page["next"]
        assert len(both) == len(set(both)) >= 120, "all kinds merged"
        assert len(node.get("/v1/objects?kind=incident&severity=Minor&limit=500")["items"]) == 40
        assert len(node.get("/v1/objects?q=FLOOD%2001&limit=500")["items"]) == 10
        assert [item["fields"]["name"] for item in node.get("/v1/objects?kind=incident&phase=closed")["items"]] == ["flood 007"]
        names = [item["fields"]["name"] for item in node.get("/v1/objects?kind=incident&sort=name&limit=60")["items"]]
        assert names == ["flood %03d" % i for i in range(60)]
        cursor = node.get("/v1/objects?kind=incident&sort=name&limit=60")["next"]
        more = node.get("/v1/objects?kind=incident&sort=name&limit=60&cursor=" + cursor)
        assert [item["fields"]["name"] for item in more["items"]] == ["flood %03d" % i for i in range(60, 120)]
        assert more["next"] is None
        assert len(node.get("/v1/objects?owner=A&limit=500")["items"]) == len(both)
        for query, code in (("kind=volcano", "EKIND"), ("kind=incident&colour=red", "EFIELD"), ("limit=0", "EUSAGE"),
                            ("limit=501", "EUSAGE"), ("limit=many", "EUSAGE"), ("sort=weight", "EUSAGE"),
                            ("cursor=xyz", "EUSAGE"), ("owner=Nobody", "EUNKNOWN_AGENCY"), ("space=nowhere", "EUNKNOWN_SPACE")):
            assert node.refusal("GET", "/v1/objects?" + query) == code, query


def test_requests_that_are_not_understood():
    with Musterd() as node:
        node.init("A")
        node.space()
        rows = (("no JSON", "POST", "/v1/records", "hello", "EUSAGE"),
                ("JSON cut short", "POST", "/v1/records", '{"items":[', "EUSAGE"),
                ("a list in the place of an object", "POST", "/v1/records", "[]", "EUSAGE"),
                ("a key twice", "POST", "/v1/records", '{"items":[],"items":[]}', "EUSAGE"),
                ("bytes that are no UTF-8", "POST", "/v1/spaces", b'{"name":"\xff"}', "EUSAGE"),
                ("a NUL in a name", "POST", "/v1/spaces", '{"name":"a\\u0000b"}', "EUSAGE"),
                ("an unknown path", "GET", "/v1/nothing", None, "ENOTFOUND"),
                ("an unknown method", "DELETE", "/v1/status", None, "EUSAGE"),
                ("a bad escape", "GET", "/v1/objects/%zz", None, "EUSAGE"),
                ("a path without end", "GET", "/v1/" + "a" * 4000, None, "ETOOBIG"),
                ("a body beyond 4 MB", "POST", "/v1/records", b'{"items":["' + b"a" * (5 << 20) + b'"]}', "ETOOBIG"))
        for says, method, path, body, code in rows:
            assert node.refusal(method, path, body) == code, says
        assert node.get("/v1/status")["ready"], "and it goes on"
        assert node.write()["items"] == []


def test_many_clients_share_the_daemon():
    with Musterd() as node:
        node.init("A")
        node.space()
        connections = [UnixConnection(node.socket) for _ in range(40)]
        for i, connection in enumerate(connections):
            connection.request("POST", "/v1/records", json.dumps({"items": [incident("n%d" % i)]}))
        for connection in connections:
            answer = json.loads(connection.getresponse().read())
            assert answer["stored"] == 1
        gone = UnixConnection(node.socket)  # leaves before its answer
        gone.request("POST", "/v1/records", json.dumps({"items": [incident("gone")]}))
        gone.close()
        for connection in connections:
            connection.close()
        until("the record of the client that left is there", lambda: node.get("/v1/status")["spaces"][0]["records"] >= 40)


def test_writes_that_are_ready_together_share_a_commit():
    with Musterd() as node:
        node.init("A")
        node.space()
        node.write(incident("the first one opens the log"))
        connections = [UnixConnection(node.socket) for _ in range(32)]
        for connection in connections:
            connection.connect()
        before = node.get("/v1/status")["counters"]["commits"]
        node.process.send_signal(signal.SIGSTOP)
        for i, connection in enumerate(connections):
            connection.request("POST", "/v1/records", json.dumps({"items": [incident("n%d" % i)]}))
        node.process.send_signal(signal.SIGCONT)
        for connection in connections:
            assert json.loads(connection.getresponse().read())["stored"] == 1
            connection.close()
        commits = node.get("/v1/status")["counters"]["commits"] - before
        assert 1 <= commits <= 8, "32 writes made %d commits" % commits


def test_who_may_ask():
    if os.geteuid() != 0:
        print("  left out: only root can become somebody else")
        return
    with Musterd() as node:
        node.init("A")
        os.chmod(node.dir, 0o755)
        os.chmod(node.socket, 0o666)  # so that the answer is the node's and not the file system's
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                wrong = [path for method, path in (("GET", "/v1/status"), ("POST", "/v1/spaces"), ("GET", "/v1/nothing"))
                         if node.refusal(method, path) != "EPERMISSION"]
                code = 0 if not wrong else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert any("event=api.denied" in line for line in node.journal)
        assert node.get("/v1/status")["ready"]


def test_digest_and_check():
    with Musterd() as node:
        node.init("A")
        node.space()
        empty = node.get("/v1/digest")
        made = node.write(incident("one"))["items"][0]
        one = node.get("/v1/digest")
        assert one["digest"] != empty["digest"] and one["objects"] == 1 and one["records"] == 1
        node.write({"op": "update", "object": made["object"], "fields": {"name": "two"}})
        assert node.get("/v1/digest")["digest"] != one["digest"]
        checked = node.post("/v1/check")
        assert checked["ok"] and checked["damaged"] == [] and checked["records"] >= 2 and checked["signatures"] >= 2


def test_records_outlive_every_end():
    with Musterd() as node:
        node.init("A")
        node.space()
        made = [node.write(incident("n%d" % i))["items"][0] for i in range(5)]
        digest = node.get("/v1/digest")
        assert node.restart(signal.SIGKILL) == -signal.SIGKILL
        assert node.get("/v1/digest") == digest, "after kill -9"
        assert node.restart() == 0
        assert node.get("/v1/digest") == digest, "after a clean stop"
        for one in made:
            assert node.get("/v1/objects/" + one["object"])["short"] == one["short"]
        assert node.write(incident("more"))["stored"] == 1
        assert len(node.get("/v1/objects")["items"]) == 6


if __name__ == "__main__":
    run_tests(globals())
