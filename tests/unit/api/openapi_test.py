"""The OpenAPI document: it is what the node prints, it is sound, every row of the API is in it.

`openapi_test.py write` prints it anew.  That answers are as it says is looked at in every test of the API (musterd.py).
"""
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import openapi
from musterd import Musterd, run_tests

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def printed():
    with Musterd() as node:
        document = node.get("/v1/openapi")
    paths, rest = document.pop("paths"), json.dumps(document, indent=1, ensure_ascii=False)
    lines = ["  %s: {\n%s\n  }" % (json.dumps(path), ",\n".join("   %s: %s" % (json.dumps(method), json.dumps(one, ensure_ascii=False))
                                                               for method, one in item.items())) for path, item in paths.items()]
    return rest[:-2] + ",\n \"paths\": {\n" + ",\n".join(lines) + "\n }\n}\n"  # a line a request: a change can be read


def rows():
    with open(ROOT + "/node/api_rows.c") as file:
        return re.findall(r'\{"(GET|POST)", "([^"]+)", ([A-Z0-9_ |]+),', file.read())


def test_it_is_the_committed_one():
    with open(openapi.PATH) as file:
        assert file.read() == printed(), "the rows have changed: MUSTERD=build/dev/bin/musterd tests/unit/api/openapi_test.py write"


def test_every_row_is_there():
    document = openapi.document()
    found = set()
    for method, path, flags in rows():
        operation = document.operation(method, path.replace("*", "x"))
        assert operation, (method, path)
        assert operation["x-muster"]["needs"] == ("write" if "API_WRITE" in flags else "read"), (method, path)
        assert operation["x-muster"]["rehearses"] == ("API_DRY" in flags), (method, path)
        assert operation["summary"], (method, path)
        found.add(operation["operationId"])
    every = [one["operationId"] for path in document.document["paths"].values() for one in path.values()]
    assert len(rows()) == len(found) == len(every) == len(set(every)) > 70, "ids are unique, and there is no operation without a row"


def test_it_is_sound():
    document = openapi.document().document
    assert document["openapi"] == "3.1.0" and document["info"]["title"] and document["info"]["version"]
    for path, item in document["paths"].items():
        assert re.match(r"/v1(/([a-z0-9-]+|\{[a-z_]+\}))+\Z", path), path
        for method, one in item.items():
            where = method + " " + path
            assert method in ("get", "post"), where
            names = [(p["in"], p["name"]) for p in one["parameters"]]
            assert len(names) == len(set(names)), where
            assert {name for kind, name in names if kind == "path"} == set(re.findall(r"\{([a-z_]+)\}", path)), where
            assert "argument" not in path, where + ": its arguments have no names: a row of api_shapes.c is missing"
            assert all(p["required"] for p in one["parameters"] if p["in"] == "path"), where
            assert ("requestBody" in one) == (method == "post"), where
            assert one["responses"]["default"] == {"$ref": "#/components/responses/refused"}, where
            (media, content), = one["responses"]["200"]["content"].items()
            schema = content["schema"]
            assert media != "application/json" or schema["properties"], where + ": nothing is said of its answer"
            for part in [schema] + [c["schema"] for c in one.get("requestBody", {}).get("content", {}).values()]:
                assert set(part.get("required", [])) <= set(part.get("properties", {})), where
                for name, member in part.get("properties", {}).items():
                    assert member["type"] and (isinstance(member["type"], str) or member["type"][0]), (where, name)


def test_the_checker_notices():
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": ["integer", "null"]}, "items": {"type": "array", "items": {
        "type": "object", "properties": {"c": {"type": "boolean"}}, "required": ["c"]}}}, "required": ["a"]}
    assert openapi.schema_faults(schema, {"a": "x", "b": None, "items": [{"c": True}]}, "it") == []
    for says, value in (("a type", {"a": 1}), ("what is missing", {"b": 1}), ("a member too many", {"a": "x", "d": 1}), ("a flag for a number", {"a": "x", "b": True}),
                        ("an item", {"a": "x", "items": [{"c": 1}]}), ("an item that lacks something", {"a": "x", "items": [{}]}), ("no object", [])):
        assert openapi.schema_faults(schema, value, "it"), "the checker does not notice " + says


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        text = printed()
        with open(openapi.PATH, "w") as out:
            out.write(text)
    else:
        run_tests(globals())
