"""Agreements, rehearsals and explain through the local API of one node: what is refused, and that nothing moves."""
import contextlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from musterd import Musterd, incident, run_tests

OTHER = "ab" * 32


def terms(node, **more):
    space = node.get("/v1/spaces/flood")["id"]
    own = node.get("/v1/status")["agency"]["id"]
    return dict({"name": "T", "standing": "offered", "parties": [own, OTHER], "purpose": "p", "tlp_max": "TLP:AMBER", "onward": "none",
                 "space": space}, **more)


def propose(node, **more):
    answer = node.post("/v1/records", {"space": "flood", "items": [{"op": "create", "kind": "agreement", "fields": terms(node, **more)}]})
    return answer["items"][0]


@contextlib.contextmanager
def flood():
    with Musterd() as node:
        node.init("A")
        node.post("/v1/spaces", {"name": "flood"})
        yield node


def test_terms_that_cannot_be():
    with flood() as node:
        own = node.get("/v1/status")["agency"]["id"]
        for says, more, code, part in (("one party", {"parties": [own]}, "EMISSING", "two parties"),
                                       ("without this agency", {"parties": [OTHER, "cd" * 32]}, "EBADVALUE", "no party"),
                                       ("a name for an id", {"parties": [own, "Red Cross"]}, "EBADVALUE", "Red Cross"),
                                       ("a kind that there is not", {"kinds": ["incidnet"]}, "EKIND", "incidnet"),
                                       ("a space's name", {"space": "flood"}, "EBADVALUE", "space"),
                                       ("a period backwards", {"valid_from": "2027-01-01T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"},
                                        "EBADVALUE", "period"),
                                       ("an area that is none", {"area": ["POLYGON 1,1 2,2"]}, "EBADVALUE", "area")):
            item = propose(node, **more)
            assert item["state"] == "refused" and item["error"]["code"] == code and part in item["error"]["message"], (says, item)
        assert node.get("/v1/agreements")["items"] == []


def test_one_signature_is_not_enough():
    with flood() as node:
        id = propose(node)["object"]
        one = node.get("/v1/agreements/" + id)
        assert one["status"] == "waits-for-signatures" and [a["id"] for a in one["missing"]] == [OTHER], one
        assert node.refusal("POST", "/v1/agreements/%s/sign" % id, {}) == "EDUPLICATE", "who writes the terms has signed them"
        assert node.post("/v1/agreements/simulate", {"kind": "incident", "fields": {"tlp": "TLP:RED"}})["allowed"], "it binds nobody yet"
        node.post("/v1/records", {"items": [{"op": "update", "object": id, "fields": {"standing": "ended"}}]})
        assert node.get("/v1/agreements/" + id)["status"] == "ended"


def test_what_is_asked_wrongly():
    with flood() as node:
        id = node.post("/v1/records", {"items": [incident("x")]})["items"][0]["object"]
        for path, body, code in (("/v1/agreements/simulate", {"kind": "volcano"}, "EKIND"),
                                 ("/v1/agreements/simulate", {"kind": "incident", "fields": {"colour": "red"}}, "EFIELD"),
                                 ("/v1/agreements/%s/sign" % id, {}, "EKIND"),
                                 ("/v1/agreements/agr-zzzzz/sign", {}, "ENOTFOUND"),
                                 ("/v1/objects/%s/share" % id, {}, "EUSAGE"),
                                 ("/v1/objects/%s/share" % id, {"to": "flood"}, "EUSAGE"),
                                 ("/v1/objects/%s/share" % id, {"to": "nowhere"}, "EUNKNOWN_SPACE"),
                                 ("/v1/objects/%s/consent" % id, {"agency": "nobody"}, "EUNKNOWN_AGENCY")):
            assert node.refusal("POST", path, body) == code, (path, body)
        for query, code in (("", "EUSAGE"), ("?peer=A", "EUSAGE"), ("?peer=nobody&object=" + id, "EUNKNOWN_AGENCY")):
            assert node.refusal("GET", "/v1/explain" + query) == code, query


def test_rehearsals_move_nothing():
    with flood() as node:
        before = node.get("/v1/digest"), node.get("/v1/spaces/flood")["logs"], node.get("/v1/spaces")["items"]
        for path, body in (("/v1/records", {"items": [incident("x"), {"op": "create", "kind": "volcano", "fields": {}}]}),
                           ("/v1/spaces", {"name": "another"}),
                           ("/v1/spaces/flood/policy", {"fields": {"admins-min": 1}}),
                           ("/v1/spaces/flood/rotate", {})):
            said = node.post(path, dict(body, dry_run=True))
            assert said["dry_run"] is True and said["recipients"] == [], (path, said)
        said = node.post("/v1/records", {"dry_run": True, "items": [incident("x"), {"op": "create", "kind": "volcano", "fields": {}}]})
        assert (said["stored"], said["refused"], [i["state"] for i in said["items"]]) == (1, 1, ["stored", "refused"]), said
        assert node.refusal("POST", "/v1/check", {"dry_run": True}) == "EUSAGE", "no rehearsal: refused, and not carried out"
        assert node.refusal("POST", "/v1/spaces/flood/leave", {"dry_run": True}) == "ELASTADMIN"
        assert (node.get("/v1/digest"), node.get("/v1/spaces/flood")["logs"], node.get("/v1/spaces")["items"]) == before


if __name__ == "__main__":
    run_tests(globals())
