"""docs/openapi.json, as tests use it: is a document sound, and does an answer look as the document says?"""
import json
import os
import re

PATH = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))), "docs", "openapi.json")
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list, "null": type(None)}


class Document:
    def __init__(self, document):
        self.document = document
        self.patterns = [(re.compile(re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(path)) + r"\Z"), path) for path in document["paths"]]
        self.patterns.sort(key=lambda each: each[1].count("{"))

    def operation(self, method, target):
        path = target.split("?")[0]
        for pattern, name in self.patterns:
            if pattern.match(path) and method.lower() in self.document["paths"][name]:
                return self.document["paths"][name][method.lower()]
        return None

    def faults(self, method, target, status, kind, answer):
        """Sentences: what of an answer (None: not JSON) is not as the document says."""
        operation = self.operation(method, target)
        if operation is None:
            return ["no operation"] if status == 200 else []
        if status != 200:
            return schema_faults(self.document["components"]["responses"]["refused"]["content"]["application/json"]["schema"], answer, "refusal")
        content = operation["responses"]["200"]["content"]
        media = (kind or "").split(";")[0]
        if "application/json" not in content:
            return [] if media in content or "*/*" in content else ["the media type is %s, not one of %s" % (media, sorted(content))]
        if answer.get("dry_run"):
            return []  # what a rehearsal answers is the same for all (docs/API.md)
        known = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        unknown = {pair.split("=")[0] for pair in target.partition("?")[2].split("&") if pair} - known
        faults = ["a query parameter that is not in the document: " + name for name in sorted(unknown) if not operation.get("x-fields")]
        return faults + schema_faults(content["application/json"]["schema"], answer, "answer")


def schema_faults(schema, value, where):
    """Of the part of JSON Schema that the document uses: type, properties, required, items; unknown members are faults."""
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and not any(isinstance(value, TYPES[name]) and not (isinstance(value, bool) and name in ("integer", "number")) for name in names):
        return ["%s is %s, not %s" % (where, type(value).__name__, "/".join(names))]
    faults = []
    if isinstance(value, dict) and "properties" in schema:
        for name in schema.get("required", []):
            if name not in value:
                faults.append("%s lacks %s" % (where, name))
        for name, member in value.items():
            if name not in schema["properties"]:
                faults.append("%s has %s, which the document does not know" % (where, name))
            else:
                faults += schema_faults(schema["properties"][name], member, where + "." + name)
    if isinstance(value, list) and "items" in schema:
        for each in value[:200]:
            faults += schema_faults(schema["items"], each, where + "[]")
    return faults


def document():
    with open(PATH) as file:
        return Document(json.load(file))
