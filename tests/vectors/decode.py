#!/usr/bin/env python3
"""Reads every golden vector of format 1 with format1.py, which follows SPEC.md alone, and compares.

    decode.py [VECTORS_FOLDER [WORD_LIST_IN_C]]

After the comparison it turns on itself: every field of every vector is changed in memory, one at a time, and the
change must be noticed.  A field that nobody looks at is a mistake of this program.
"""

import copy
import glob
import hashlib
import json
import os
import re
import sys

sys.dont_write_bytecode = True
try:
    import format1 as f
except ImportError as missing:
    print(f"SKIP: {missing}; install python3-nacl")
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKS = 0


def same(is_, want, what=""):
    global CHECKS
    CHECKS += 1
    if is_ != want:
        raise AssertionError(f"{what}: {is_!r} is not {want!r}")


def x(v, key):
    return bytes.fromhex(v[key])


def equal_fields(got, v, skip=()):
    """Every field of the vector that the parser gives too."""
    for key, value in v.items():
        if key in got and key not in skip:
            same(plain(got[key]), value, key)


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, f.Text) else value


# --- one function a type of vector ----------------------------------------------------------------------------


def on_expand(v):
    same(f.expand(x(v, "seed"), v["label"], v["counter"], len(x(v, "out"))).hex(), v["out"])


def on_merkle(v):
    leaves = [bytes.fromhex(leaf) for leaf in v["leaves"]]
    same(v["index"] < len(leaves), True)
    same(f.merkle(leaves).hex(), v["root"])
    same([h.hex() for h in f.merkle_path(leaves, v["index"])], v["path"])


def on_commitment(v):
    same(f.domain_hash("muster/1/key-commitment", x(v, "key")).hex(), v["commitment"])


def on_session(v):
    key = f.domain_hash("muster/1/session", *sorted((x(v, "nonce_a"), x(v, "nonce_b"))))
    same(key.hex(), v["key"])
    same(f.domain_hash("muster/1/tag", x(v, "space"), key=key, size=16).hex(), v["tag"])
    same(f.domain_hash("muster/1/head", x(v, "hash"), key=key, size=16)[:8].hex(), v["short"])
    same(f.domain_hash("muster/1/digest", x(v, "hash"), key=key, size=16).hex(), v["digest"])


def refused(number, read, *arguments):
    try:
        read(*arguments)
    except f.Bad as bad:
        same(bad.number, number)
    else:
        same(0, number)


def on_genesis(v):
    equal_fields(f.genesis(x(v, "bytes"), v["exercise"]), v)
    refused(f.SIGNATURE, f.genesis, x(v, "bytes"), not v["exercise"])  # exercise is never actual


def on_header(v):
    h = f.record_header(x(v, "bytes"))
    equal_fields(h, v)
    same(f.header_bytes(h).hex(), v["bytes"])
    same(f.record_id(x(v, "log"), x(v, "bytes")).hex(), v["id"])


def on_object_id(v):
    same(f.object_id(x(v, "log"), v["sequence"], v["hlc"]).hex(), v["id"])


def on_payload(v):
    header, payload, key = x(v, "header"), x(v, "payload"), x(v, "key")
    h = f.record_header(header)
    same(h["payload_len"], len(payload))
    same(h["payload_hash"], f.payload_hash(payload))
    same(payload[:24].hex(), v["nonce"])
    if h["flags"] & 2:
        wrap = x(v, "wrap")
        same(len(wrap), 72)
        same([r["hash"] for r in h["refs"] if r["role"] == 13], [f.wrap_hash(wrap)])
        same(f.opened(wrap[24:], x(v, "log") + header[:48] + b"w", wrap[:24], x(v, "epoch_key")), key, "wrap")
    else:
        same(v["epoch_key"], v["key"])
    flags, dictionary, content, padding = f.plain_of(payload, x(v, "log"), header, key)
    same(flags, v["plain_flags"])
    same(dictionary, v["dictionary"])
    same(content.hex(), v["content"])
    same((6 + len(content) + len(padding)) % 32, 0)
    same(any(padding), False)
    same(f.message_key(key, payload[:24]).hex(), v["message_key"])
    if not h["flags"] & 2:  # a personal record is shown with its own key
        same(f.message_opened(payload, x(v, "log"), header, x(v, "message_key")), content)
    f.unpack(x(v, "body"))
    same(f.payload_hash(x(v, "body")).hex(), v["body_hash"])
    same(bool(flags & 2), "operator" in v)
    signed = x(v, "body")
    if flags & 2:
        signed += x(v, "operator") + x(v, "operator_signature")
        same(f.operator_of(signed, x(v, "space"), x(v, "log"), header)[0].hex(), v["body"])
        if h["refs"]:
            fewer = f.header_bytes({**h, "refs": h["refs"][:-1]})
            refused(f.SIGNATURE, f.operator_of, signed, x(v, "space"), x(v, "log"), fewer)
    if flags & 1:
        # zstd is not in the standard library: the frame names the size of the body, and its first bytes are the magic.
        same(content[:4], b"\x28\xb5\x2f\xfd")
        same(frame_content_size(content), len(signed))
    else:
        same(v["content"], signed.hex())


def frame_content_size(frame):
    """RFC 8878, 3.1.1.1."""
    descriptor = frame[4]
    size_flag, single, dictionary = descriptor >> 6, descriptor >> 5 & 1, (0, 1, 2, 4)[descriptor & 3]
    at = 5 + (0 if single else 1) + dictionary
    size = (1 if single else 0, 2, 4, 8)[size_flag]
    value = int.from_bytes(frame[at:at + size], "little")
    return value + 256 if size == 2 else value


def on_payload_clear(v):
    same(f.payload_hash(x(v, "payload")).hex(), v["hash"])


def on_segment(v):
    item, space, log = x(v, "item"), x(v, "space"), x(v, "log")
    h, records, ids = f.segment_item(item)
    f.segment_verified(item, v["exercise"], x(v, "incarnation"))
    refused(f.SIGNATURE, f.segment_verified, item, not v["exercise"], x(v, "incarnation"))
    same((h["space"], h["log"]), (space, log))
    same(h["root"].hex(), v["root"])
    same(f.segment_id(item).hex(), v["id"])
    same([i.hex() for i in ids], v["ids"])
    same(h["flags"] & 7, v["lane"])
    same((h["position"], h["first_sequence"], h["prev"]), (1, 1, log))
    for i, record in enumerate(records):
        same(record["payload"] is None, i % 5 == 4)
        same(f.object_id(log, record["header"]["sequence"], record["header"]["hlc"]), record["header"]["object"])
    c = f.Cursor(x(v, "wire"))
    rebuilt, _, _ = f.segment_wire(c, {"space": space, "log": log})
    c.end()
    same(rebuilt, item, "wire")


def on_run(v):
    log, chain = x(v, "log"), {"space": x(v, "space"), "log": x(v, "log")}
    c, seen, before = f.Cursor(x(v, "wire")), [], None
    while c.left():
        item, h, _ = f.segment_wire(c, chain)
        f.segment_verified(item, False, x(v, "incarnation"))
        same(f.segment_id(item).hex(), v["segment_ids"][h["position"] - 1])
        linked = log.hex() if h["position"] == 1 else v["segment_ids"][h["position"] - 2]
        same(h["prev"].hex(), linked)
        if before and before["position"] + 1 == h["position"]:
            same(h["first_sequence"], before["first_sequence"] + before["count"])
        before = h
        seen.append(h["position"])
    same(seen, v["positions"])


def on_chain(v):
    identity = f.Identity()
    for statement in v["statements"]:
        identity.take(bytes.fromhex(statement))
    same(identity.agency.hex(), v["agency"])
    same(identity.root.hex(), v["root"])
    same(identity.next_root.hex(), v["next_root"])
    same(identity.newest.hex(), v["newest"])
    same(identity.name, v["agency_name"])
    same(identity.country, v["country"])


def on_card(v):
    card = f.card(x(v, "bytes"))
    node = card["identity"].nodes[card["node"]]
    same({"agency": card["agency"].hex(), **{key: node[key].hex() for key in ("sign", "box", "curve")}}, v["node"])
    for key in ("number", "issued", "contact"):
        same(card[key], v[key])
    same(plain(card["endpoints"]), v["endpoints"])
    text = v["armour"].encode()
    same(f.armour(text, "CARD").hex(), v["bytes"])
    same(written_armour(x(v, "bytes"), "CARD"), v["armour"])
    quoted = b"Dear colleague,\r\n" + b"".join(b"> " + line + b"\r\n" for line in text.splitlines()) + b"Regards"
    same(f.armour(quoted, "CARD").hex(), v["bytes"])


def written_armour(data, what):
    text = f.base64.b64encode(data).decode()
    check = f.base64.b64encode(f.domain_hash("muster/1/armour", data)[:6]).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN MUSTER {what}-----", *lines, "=" + check, f"-----END MUSTER {what}-----", ""])


def on_pair(v):
    a, b = ({key: bytes.fromhex(value) for key, value in v[side].items()} for side in "ab")
    code = f.pair_hash(a, b)
    same(code, f.pair_hash(b, a))
    same(code.hex(), v["hash"])
    indices, number = f.pair_indices(code)
    same(" ".join(WORDS[i] for i in indices), v["words"])
    digits = f"{number:030d}"
    same(" ".join(digits[i:i + 5] for i in range(0, 30, 5)), v["digits"])


def on_space(v):
    genesis = f.space_genesis(x(v, "bytes"))
    equal_fields(genesis, v)
    for card in genesis["cards"]:
        same(f.card(card)["agency"] in genesis["admins"], True)


def on_founding(v):
    space = x(v, "space")
    log, body, record = f.founding(space, x(v, "genesis"), x(v, "wire"))
    same((log["id"].hex(), record.hex(), body["exercise"]), (v["log"], v["record"], v["exercise"]))
    refused(f.HASH, f.founding, f.domain_hash("muster/1/space", b"of another space"), x(v, "genesis"), x(v, "wire"))


def on_roots(v):
    records = []
    for each in v["foundings"]:
        log, body, record = f.founding(x(v, "space"), x(each, "genesis"), x(each, "wire"))
        same((log["id"].hex(), record.hex()), (each["log"], each["record"]))
        same(f.is_root(log, body, {"sequence": 1}), True)
        records.append(record)
    same(len(set(records)), 2)
    same(min(records).hex(), v["root"])


def on_copies(v):
    full, bare = x(v, "item"), x(v, "bare")
    for item in (full, bare):
        f.segment_verified(item, False, x(v, "incarnation"))
        same(f.segment_id(item).hex(), v["id"])
    (_, records, ids), (_, others, other_ids) = f.segment_item(full), f.segment_item(bare)
    same(ids, other_ids)
    same([r["payload"] or r["wrap"] for r in others], [None, None])
    log, epoch_key = full[40:72], x(v, "epoch_key")
    for record in records:
        header, key = f.header_bytes(record["header"]), epoch_key
        if record["wrap"]:
            key = f.opened(record["wrap"][24:], log + header[:48] + b"w", record["wrap"][:24], epoch_key)
        same(f.plain_of(record["payload"], log, header, key)[2], b"\x81\x00\x01")
    same([r["wrap"] is None for r in records], [True, False])
    same([r["header"]["payload_hash"] for r in records], [r["header"]["payload_hash"] for r in others])


def on_digest(v):
    logs = [{key: bytes.fromhex(value) if isinstance(value, str) else value for key, value in log.items()} for log in v["logs"]]
    same(f.space_digest(logs).hex(), v["digest"])
    same(f.space_digest(reversed(logs)).hex(), v["digest"])


def on_invite(v):
    data = x(v, "bytes")
    same(f.armour(v["armour"].encode(), "INVITE", 1 << 20).hex(), v["bytes"])
    same(data[:8], b"MUSTER1I")
    same(data[8:40].hex(), v["to"]["sign"])
    plain_bytes = f.box_opened(data[40:], x(v, "box_secret"))
    body, signature = plain_bytes[:-64], plain_bytes[-64:]
    f.verified(signature, bytes.fromhex(v["from"]["sign"]), "muster/1/invite", body)
    body = f.unpack(body)
    card = f.card(body[2])
    node = card["identity"].nodes[card["node"]]
    same({"agency": card["agency"].hex(), **{key: node[key].hex() for key in ("sign", "box", "curve")}}, v["from"])
    same((body[1].hex(), body[3], body[4], body[5].hex(), body[6]),
         (v["space"], v["right"], v["space_name"], v["to"]["agency"], v["issued"]))
    public = f.sodium.crypto_scalarmult_base(x(v, "box_secret"))
    same(public.hex(), v["to"]["box"])
    same(v["to"]["curve"] in CURVES, True)


def on_operation(v):
    header, body = f.record_header(x(v, "header")), x(v, "body")
    same(header["operation"], v["operation"])
    same((header["kind"], header["flags"], header["object"], header["mask"]), (0, 5, bytes(16), 0))
    same((header["payload_len"], header["payload_hash"]), (len(body), f.payload_hash(body)))
    same(f.record_id(x(v, "log"), x(v, "header")).hex(), v["id"])
    value = f.unpack(body)
    same(isinstance(value, dict), True)
    if v["operation"] == 64:
        f.space_genesis(body)
    if v["operation"] in (65, 66, 67, 68, 75):
        f.field(value, 1, bytes, 32)
    if 3 in value and v["operation"] != 64:
        f.card(value[3])
    if 4 in value and v["operation"] in (66, 67):
        same([[type(log), type(position), type(head)] for log, position, head in value[4]], [[bytes, int, bytes]])
    if v["operation"] == 73:
        on_epoch(v, value)
    if v["operation"] == 75:
        f.field(value, 13, bytes, 16)
        f.field(value, 14, bytes, 32)
        seen = value.get(16, [])
        same("saw" in v["name"], bool(seen))
        same([len(record) for record in seen], [32] * len(seen))
        same(len(seen) <= 64, True)
    if v["operation"] in (77, 78):
        f.field(value, 13, bytes, 16)
        same([len(record) for record in value[16]], [32, 32])
    if v["operation"] == 79:
        f.field(value, 5, bytes, 32)
    if v["operation"] == 80:
        same([(len(log), sequence) for log, sequence in value[17]], [(32, 40), (32, 7)])
    if v["operation"] in (77, 80):
        same(value[18] in ("consent-withdrawn", "legal-obligation", "error", "retention", "other"), True)


def on_epoch(v, body):
    key = x(v, "epoch_key")
    same(f.domain_hash("muster/1/key-commitment", key), body[6])
    same(body[7], sorted(body[7]))
    copies = dict((node, sealed) for node, sealed in body[9])
    same(f.box_opened(copies[x(v, "node")], x(v, "box_secret")), key)
    same(len(body[8]), 1 if "wrapped_key" in v else 0)
    for epoch, wrapped in body[8]:
        same(f.opened(wrapped[24:], x(v, "space") + epoch, wrapped[:24], key), x(v, "wrapped_key"))
    if "wrapped_key" not in v:
        same(v["space"], SPACE)


def on_frame(v):
    (kind, flags, body), = f.frames(x(v, "bytes"))
    name = v["name"]
    same({1: "HELLO", 2: "AUTH", 3: "SPACES", 4: "CTLHEADS", 5: "HEADS", 6: "WANT", 7: "SEG", 8: "KEYREQ", 9: "KEY", 10: "CREDIT",
          11: "PING", 12: "PONG", 13: "ERR", 14: "BYE", 17: "CARD"}[kind], name)
    same(flags, v.get("flags", 0))
    if name == "HELLO":
        equal_fields(f.hello(body), v)
    elif name == "AUTH":
        auth = f.auth(body)
        binding = f.domain_hash("muster/1/auth", x(v, "own_nonce"), x(v, "peer_nonce"), x(v, "own_curve"), x(v, "peer_curve"))
        same(binding.hex(), v["binding"])
        f.verified(auth["signature"], x(v, "sign"), "muster/1/auth-signature", binding)
        nodes = f.card(auth["card"])["identity"].nodes
        same([n["sign"] for n in nodes.values() if n["curve"] == x(v, "own_curve")], [x(v, "sign")])
    elif name == "SPACES":
        entries = f.spaces(body)
        same([part.hex() for entry in entries for part in entry], v["entries"])
    elif name in ("CTLHEADS", "KEYREQ"):
        tag, ids = f.id_list(body)
        same((tag.hex(), plain(ids)), (v["tag"], v["ids"]))
    elif name == "HEADS":
        tag, entries = f.heads(body)
        same(tag.hex(), v["tag"])
        same([e["index"] for e in entries], [0, 0, 1])
        same([e["id"].hex() for e in entries if e["id"]], v["ids"])
        shorts = [s for e in entries for s in [e["short"]] + [interval[2] for interval in e["intervals"]] if s]
        same(plain(shorts), v["shorts"])
        same([e["prefix"] for e in entries], v["prefixes"])
        same([e["fork"] for e in entries], v["forks"])
        same([n for e in entries for first, last, _ in e["intervals"] for n in (first, last)], v["intervals"])
    elif name == "WANT":
        tag, entries = f.want(body)
        (index, log, ranges), again = entries
        same((tag.hex(), index, log.hex()), (v["tag"], 5, v["log"]))
        same([n for pair in ranges for n in pair], v["ranges"])
        same(again, (3, None, ranges[:1]))
    elif name == "SEG":
        seg = f.seg(body)
        same((seg["tag"].hex(), seg["lane"], seg["log"].hex()), (v["tag"], v["lane"], v["log"]))
        genesis = f.genesis(seg["genesis"], False)
        same((genesis["id"].hex(), genesis["incarnation"].hex(), genesis["space"].hex()), (v["log"], v["incarnation"], v["space"]))
        c, chain, count = f.Cursor(seg["segments"]), {"space": x(v, "space"), "log": seg["log"]}, 0
        while c.left():
            item, _, _ = f.segment_wire(c, chain)
            f.segment_verified(item, False, x(v, "incarnation"))
            count += 1
        same((count, chain["id"].hex()), (v["segments"], v["last"]))
    elif name == "KEY":
        key = f.key_frame(body)
        same((key["tag"].hex(), key["epoch"].hex()), (v["tag"], v["epoch"]))
        same(f.box_opened(key["sealed"], x(v, "box_secret")).hex(), v["key"])
    elif name == "CREDIT":
        same(f.credit(body), v["first"])
    elif name in ("PING", "PONG"):
        numbers = [int.from_bytes(body[i:i + 8], "little") for i in range(0, len(body), 8)]
        same(numbers, [v["first"]] + ([v["second"]] if name == "PONG" else []))
        same(len(body), 8 * len(numbers))
    elif name in ("ERR", "BYE"):
        equal_fields(f.err(body), v)
    else:
        same(f.card(body)["agency"].hex(), v["agency"])


def on_frags(v):
    body = b""
    for kind, flags, piece_body in f.frames(x(v, "bytes")):
        lane, total, offset, piece = f.frag(piece_body)
        same((kind, flags, lane, total, offset), (18, 0, v["lane"], len(x(v, "body")), len(body)))
        body += piece
    same(body.hex(), v["body"])
    f.seg(body)


def on_message(v):
    same([kind for kind, _, _ in f.frames(x(v, "bytes"))], v["types"])
    same(f.frames(x(v, "bytes"))[1], (200, 7, b"of a later version"))


def on_view(v):
    under, over, mask = f.unpack(x(v, "under")), f.unpack(x(v, "over")), v["mask"]
    merged = {key: value for key, value in under.items() if not mask >> key & 1}
    merged.update({key: value for key, value in over.items() if mask >> key & 1})
    same(v.get("value_max", f.VIEW_VALUE_MAX), f.VIEW_VALUE_MAX)
    for key, value in merged.items():
        written = len(value.encode()) if isinstance(value, f.Text) else 0
        written += 1 if written < 32 else 2 if written < 256 else 3 if written < 65536 else 5
        if "value_max" in v and isinstance(value, f.Text) and written > v["value_max"]:
            merged[key] = {3: written}
        elif isinstance(value, dict) and isinstance(value.get(2), bytes):
            merged[key] = {**({1: value[1]} if isinstance(value.get(1), f.Text) else {}), 3: len(value[2])}
    view = f.unpack(x(v, "view"))
    same(view, merged)
    same(list(view), sorted(view))


def on_state(v):
    equal_fields(f.object_state(x(v, "bytes")), v)
    canonical = x(v, "bytes")[:v["canonical_len"]]
    same(f.domain_hash("muster/1/objects", bytes(32), x(v, "object"), canonical).hex(), v["digest"])
    same(v["heads"], sorted(v["heads"]))
    same(x(v, "bytes")[v["canonical_len"]:].hex(), "04000000" + "0900000000000000" + "00")


def on_negative(v):
    data = x(v, "bytes")
    try:
        NEGATIVE[v["parser"]](data)
        number = 0
    except f.Bad as bad:
        number = bad.number
    same(number, v["error"], f"{v['parser']}: {v['name']}")


def item_signed(data):
    f.segment_item(data)
    f.segment_verified(data, False, INCARNATION)


def wire_signed(data):
    c, chain = f.Cursor(data), {"space": bytes.fromhex(SPACE), "log": LOG}
    while c.failed or c.left():
        item, _, _ = f.segment_wire(c, chain)
        f.segment_verified(item, False, INCARNATION)


def payload_opened(data):
    flags, _, content, _ = f.plain_of(data, LOG, NEGATIVE_HEADER, EPOCH_KEY)
    f.unpack(content)


def frame_read(data):
    """In order: what stands before a bad frame is read before it is found."""
    c = f.Cursor(data)
    while c.left():
        length = int.from_bytes(data[c.at + 2:c.at + 6], "little")
        (kind, _, body), = f.frames(data[c.at:c.at + 6 + length] if len(data) - c.at >= 6 else data[c.at:])
        f.READERS.get(kind, lambda _: None)(body)
        c.take(6 + length)


NEGATIVE = {"genesis": lambda data: f.genesis(data, False), "header": f.record_header, "item": item_signed, "wire": wire_signed,
            "statement": lambda data: f.Identity().take(data), "card": f.card, "armour": lambda data: f.armour(data, "CARD"),
            "space": f.space_genesis, "payload": payload_opened, "state": f.object_state, "frame": frame_read, "pack": f.unpack}


# --- the run ---------------------------------------------------------------------------------------------------


def mutations(vector):
    """Copies of the vector, each with one field changed; (field, copy)."""
    for key, value in vector.items():
        if key in ("type", "name", "parser") or (vector["type"] == "negative" and key == "bytes"):
            continue
        yield from ((key, {**copy.deepcopy(vector), key: other}) for other in changed(value))


def changed(value):
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value ^ (1 << 16 if value >> 40 else 1)  # the low bits of a clock are in no object id
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: other} for other in changed(inner))
    elif isinstance(value, list):
        if value:
            yield value[:-1]
            yield from ([other] + value[1:] for other in changed(value[0]))
    elif re.fullmatch(r"([0-9a-f]{2})+", value):
        at = len(value) // 4 * 2
        yield value[:at] + f"{int(value[at:at + 2], 16) ^ 0x10:02x}" + value[at + 2:]
    elif value:
        at = len(value) // 2
        yield value[:at] + ("B" if value[at] != "B" else "C") + value[at + 1:]


def unnoticed(vector):
    missed = []
    for key, other in mutations(vector):
        try:
            check(other)
        except Exception:  # noqa: BLE001 - whatever it is, the change did not pass
            continue
        missed.append(f"{vector['type']} \"{vector['name']}\": a change of {key} is not noticed")
    return missed


def check(vector):
    globals()["on_" + vector["type"].replace("-", "_")](vector)


def words_of(path):
    with open(path, encoding="utf-8") as source:
        words = re.findall(r'"([a-z]{3,8})"', source.read())
    digest = hashlib.sha256("".join(word + "\n" for word in words).encode()).hexdigest()
    same(digest, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda", "the BIP-39 English word list")
    return words


def main():
    global WORDS, SPACE, LOG, INCARNATION, EPOCH_KEY, NEGATIVE_HEADER, CURVES
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "format1")
    WORDS = words_of(sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "../../crypto/words_english.c"))
    vectors = []
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path, encoding="utf-8") as source:
            document = json.load(source)
        same(document["format"], 1)
        vectors += document["vectors"]
    data_log = next(v for v in vectors if v["type"] == "genesis" and v["name"] == "data log")
    sealed = next(v for v in vectors if v["type"] == "payload")
    CURVES = {v["node"]["curve"] for v in vectors if v["type"] == "card"}
    SPACE, LOG, INCARNATION = data_log["space"], x(data_log, "id"), x(data_log, "incarnation")
    EPOCH_KEY = x(sealed, "epoch_key")
    # The header under which the negative payloads are sealed: the first 48 bytes are those of the first create.
    create = next(v for v in vectors if v["type"] == "header")
    NEGATIVE_HEADER = x(create, "bytes")
    failed, kinds = [], {}
    for vector in vectors:
        kinds[vector["type"]] = kinds.get(vector["type"], 0) + 1
        try:
            check(vector)
        except Exception as error:  # noqa: BLE001
            failed.append(f"{vector['type']} \"{vector['name']}\": {type(error).__name__} {error}")
    checks, changes = CHECKS, 0
    for vector in vectors if not failed else []:
        failed += unnoticed(vector)
        changes += sum(1 for _ in mutations(vector))
    for line in failed:
        print(line)
    missing = {name[3:].replace("_", "-") for name in globals() if name.startswith("on_")} - set(kinds) - {"epoch"}
    if missing:
        failed.append("no vector")
        print("no vector of type " + ", ".join(sorted(missing)))
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    print(f"{checks} checks of {len(vectors)} vectors; {changes} changed fields, each must be noticed")
    print(f"{len(vectors) - min(len(vectors), len(failed))} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
