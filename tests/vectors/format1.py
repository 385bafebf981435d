"""The reading side of format 1, written from SPEC.md alone: no line of it comes from the C code.

Every parser takes bytes and gives what SPEC.md says is in them, or raises Bad with the error number of SPEC 9.
A cursor that runs out remembers it and gives zeroes (SPEC 1.9): so the number of a mistake does not depend on how a
parser is written.
"""

import base64
import hashlib
import struct

import nacl.bindings as sodium
import nacl.exceptions
import nacl.public
import nacl.signing

(TRUNCATED, TRAILING, TOO_BIG, VERSION, ALGORITHM, BAD_VALUE) = range(1, 7)
(SIGNATURE, CHAIN, HASH, COMMITMENT, DECRYPT) = range(8, 13)
UNKNOWN_AGENCY, UNKNOWN_NODE, NOT_FOUND, UTF8, DUPLICATE, REVOKED, DEPTH, WAITS = 16, 17, 22, 28, 29, 43, 63, 64

REFS_MAX, RECORDS_MAX, CTL_MAX = 16, 256, 32
BODY_MAX = 192 * 1024
PAYLOAD_MAX = BODY_MAX + 512
ITEM_MAX = PAYLOAD_MAX + 2048
GENESIS_MAX = 205 + 128 + 32 * CTL_MAX
FRAME_MAX = ITEM_MAX + GENESIS_MAX + 8192
CARD_MAX, STATEMENTS_MAX, NODES_MAX = 48 * 1024, 128, 64
VIEW_VALUE_MAX = 7168
U64 = 2**64 - 1


class Bad(Exception):
    def __init__(self, number):
        super().__init__(f"error {number}")
        self.number = number


# --- SPEC 1 and 3 -----------------------------------------------------------------------------------------


def domain_hash(domain, *parts, key=b"", size=32):
    state = hashlib.blake2b(domain.encode() + b"\0", digest_size=size, key=key)
    for part in parts:
        state.update(part)
    return state.digest()


def verified(signature, key, domain, covered):
    try:
        nacl.signing.VerifyKey(key).verify(domain.encode() + b"\0" + covered, signature)
    except (nacl.exceptions.BadSignatureError, nacl.exceptions.CryptoError, ValueError):
        raise Bad(SIGNATURE) from None


def opened(sealed, aad, nonce, key):
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce, key)
    except nacl.exceptions.CryptoError:
        raise Bad(DECRYPT) from None


def box_opened(sealed, secret):
    try:
        return nacl.public.SealedBox(nacl.public.PrivateKey(secret)).decrypt(sealed)
    except nacl.exceptions.CryptoError:
        raise Bad(DECRYPT) from None


def merkle(leaves):
    """RFC 6962's shape: the left part is the largest power of two below n."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return domain_hash("muster/1/node", merkle(leaves[:left]), merkle(leaves[left:]))


def merkle_path(leaves, index):
    if len(leaves) == 1:
        return []
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    if index < left:
        return merkle_path(leaves[:left], index) + [merkle(leaves[left:])]
    return merkle_path(leaves[left:], index - left) + [merkle(leaves[:left])]


def chacha_start(key, last):
    return list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key)) + last


def chacha_rounds(start):
    """The 20 rounds of RFC 8439 over 16 words, without the addition at the end."""
    def rotated(v, n):
        return (v << n | v >> (32 - n)) & 0xFFFFFFFF

    x = start[:]
    for turn in range(20):
        for i in range(4):
            a, b, c, d = (i, 4 + i, 8 + i, 12 + i) if turn % 2 == 0 else (
                i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
            for first, second, third, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[first] = (x[first] + x[second]) & 0xFFFFFFFF
                x[third] = rotated(x[third] ^ x[first], by)
    return x


def message_key(key, nonce):
    """SPEC 4.7.1: HChaCha20."""
    x = chacha_rounds(chacha_start(key, list(struct.unpack("<4I", nonce[:16]))))
    return struct.pack("<8I", *x[:4], *x[12:])


def message_opened(payload, log, header, key):
    """SPEC 4.7.1: the plain text of a payload under its message key; the padding must be a writer's."""
    nonce = bytes(4) + payload[16:24]
    try:
        plain = sodium.crypto_aead_chacha20poly1305_ietf_decrypt(payload[24:], log + header[:48], nonce, key)
    except nacl.exceptions.CryptoError:
        raise Bad(DECRYPT) from None
    length = int.from_bytes(plain[2:6], "little")
    padding = plain[6 + length:]
    if length > len(plain) - 6 or len(padding) >= 32 or any(padding):
        raise Bad(BAD_VALUE)
    return plain[6:6 + length]


def chacha20(key, length):
    """RFC 8439, nonce and first counter 0."""
    out = b""
    for counter in range((length + 63) // 64):
        start = chacha_start(key, [counter, 0, 0, 0])
        x = chacha_rounds(start)
        out += struct.pack("<16I", *((v + w) & 0xFFFFFFFF for v, w in zip(x, start)))
    return out[:length]


def expand(seed, label, counter, length):
    return chacha20(domain_hash("muster/1/expand", label.encode() + b"\0", struct.pack("<Q", counter), key=seed), length)


class Cursor:
    def __init__(self, data):
        self.data, self.at, self.failed = data, 0, False

    def left(self):
        return 0 if self.failed else len(self.data) - self.at

    def take(self, count):
        if self.failed or len(self.data) - self.at < count:
            self.failed = True
            return None
        self.at += count
        return self.data[self.at - count:self.at]

    def copy(self, count):
        return self.take(count) or bytes(count)

    def number(self, size):
        return int.from_bytes(self.copy(size), "little")

    def varint(self):
        value = 0
        for shift in range(0, 64, 7):
            byte = self.number(1)
            if self.failed:
                return 0
            if shift == 63 and byte > 1:
                break
            value |= (byte & 127) << shift
            if byte < 128:
                if byte == 0 and shift:
                    break
                return value
        self.failed = True
        return 0

    def end(self):
        if self.failed:
            raise Bad(TRUNCATED)
        if self.at != len(self.data):
            raise Bad(TRAILING)


def is_utf8(data):
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


# --- msgpack: SPEC 1.7 ---------------------------------------------------------------------------------------


class Text(str):
    """Text, told apart from bytes; only utf-8 comes here."""


def unpack(data):
    """The value: int, float, bool, None, Text, bytes, list, or list of pairs as dict."""
    cursor, state = Cursor(data), {"items": 0}
    value = unpack_item(cursor, state, 1)
    cursor.end()
    return value


def unpack_item(c, state, depth):
    state["items"] += 1
    if depth > 8 or state["items"] > 4096:
        raise Bad(DEPTH)
    b = c.number(1)
    if c.failed:
        raise Bad(TRUNCATED)

    def big(size):
        value = int.from_bytes(c.copy(size), "big")
        if c.failed:
            raise Bad(TRUNCATED)
        return value

    if b <= 0x7F:
        return b
    if b >= 0xE0:
        return b - 256
    if b == 0xC0:
        return None
    if b in (0xC2, 0xC3):
        return b == 0xC3
    if b in (0xCA, 0xCB):
        raw = big(4 if b == 0xCA else 8)
        value = struct.unpack(">f", struct.pack(">I", raw))[0] if b == 0xCA else struct.unpack(">d", struct.pack(">Q", raw))[0]
        if value != value or value in (float("inf"), float("-inf")):
            raise Bad(BAD_VALUE)
        return value
    if 0xCC <= b <= 0xCF:
        return big(1 << (b - 0xCC))
    if 0xD0 <= b <= 0xD3:
        size = 1 << (b - 0xD0)
        raw = big(size)
        return raw - (1 << 8 * size) if raw >> (8 * size - 1) else raw
    if 0xA0 <= b <= 0xBF or 0xD9 <= b <= 0xDB or 0xC4 <= b <= 0xC6:
        text = not 0xC4 <= b <= 0xC6
        length = b & 31 if b <= 0xBF else big(1 << (b - (0xD9 if text else 0xC4)))
        if length > c.left():
            raise Bad(TRUNCATED)
        run = c.take(length)
        if text and not is_utf8(run):
            raise Bad(UTF8)
        return Text(run.decode()) if text else run
    if 0x90 <= b <= 0x9F or b in (0xDC, 0xDD):
        count = b & 15 if b <= 0x9F else big(2 if b == 0xDC else 4)
        if count > c.left():
            raise Bad(TRUNCATED)
        return [unpack_item(c, state, depth + 1) for _ in range(count)]
    if 0x80 <= b <= 0x8F or b in (0xDE, 0xDF):
        count = b & 15 if b <= 0x8F else big(2 if b == 0xDE else 4)
        if count > c.left():
            raise Bad(TRUNCATED)
        pairs = []
        for _ in range(count):
            first = c.data[c.at] if c.left() else None
            if first is not None and (0x80 <= first <= 0x9F or first in (0xC0, 0xC2, 0xC3, 0xCA, 0xCB, 0xDC, 0xDD, 0xDE, 0xDF)):
                raise Bad(BAD_VALUE)
            key = unpack_item(c, state, depth + 1)
            pairs.append((key, unpack_item(c, state, depth + 1)))
        keys = [(type(key), key) for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise Bad(DUPLICATE)
        return dict(pairs)
    raise Bad(BAD_VALUE)


def field(body, key, kind, size=None):
    """The value under a key if it is of that kind (and length), else BAD_VALUE."""
    value = body.get(key) if isinstance(body, dict) else None
    if type(value) is not kind or (size is not None and len(value) != size):
        raise Bad(BAD_VALUE)
    return value


def run_of(body, key):
    value = body.get(key) if isinstance(body, dict) else None
    return value.encode() if isinstance(value, Text) else value if isinstance(value, bytes) else None


# --- logs: SPEC 4 --------------------------------------------------------------------------------------------


def genesis(data, exercise):
    c = Cursor(data)
    version, algorithm, role, reason = (c.number(1) for _ in range(4))
    if not c.failed and version != 1:
        raise Bad(VERSION)
    if not c.failed and algorithm != 1:
        raise Bad(ALGORITHM)
    if role > 1:
        raise Bad(BAD_VALUE)
    out = {"role": role, "reason": reason}
    for name in ("space", "agency", "node", "incarnation", "predecessor"):
        out[name] = c.copy(32)
    out["predecessor_position"] = c.number(8)
    out["predecessor_head"] = c.copy(32)
    count = c.number(1)
    if count > CTL_MAX:
        raise Bad(TOO_BIG)
    out["ctl"] = [c.copy(32) for _ in range(count)]
    if not c.failed and any(a >= b for a, b in zip(out["ctl"], out["ctl"][1:])):
        raise Bad(BAD_VALUE)
    covered = data[:c.at]
    signatures = [c.copy(64), c.copy(64)]
    c.end()
    domain = "muster/1/exercise/log" if exercise else "muster/1/log"
    verified(signatures[0], out["node"], domain, covered)
    verified(signatures[1], out["incarnation"], domain, covered)
    out["id"] = domain_hash("muster/1/log-id", data)
    return out


def record_header(data):
    c = Cursor(data)
    version = c.number(1)
    if not c.failed and version != 1:
        raise Bad(VERSION)
    out = {"operation": c.number(1), "flags": c.number(2), "kind": c.number(2), "schema": c.number(2),
           "object": c.copy(16), "sequence": c.number(8), "hlc": c.number(8), "mask": c.number(8),
           "payload_len": c.number(4), "payload_hash": c.copy(32)}
    count = c.number(1)
    if count > REFS_MAX or out["payload_len"] > PAYLOAD_MAX:
        raise Bad(TOO_BIG)
    out["refs"] = [{"role": c.number(1), "hash": c.copy(32)} for _ in range(count)]
    c.end()
    return out


def header_bytes(h):
    return (struct.pack("<BBHHH", 1, h["operation"], h["flags"], h["kind"], h["schema"]) + h["object"] +
            struct.pack("<QQQI", h["sequence"], h["hlc"], h["mask"], h["payload_len"]) + h["payload_hash"] +
            bytes([len(h["refs"])]) + b"".join(bytes([r["role"]]) + r["hash"] for r in h["refs"]))


def record_id(log, header):
    return domain_hash("muster/1/record", log, header)


def wrap_hash(wrap):
    return domain_hash("muster/1/wrap", wrap)


def payload_hash(payload):
    return domain_hash("muster/1/payload", payload)


def object_id(log, sequence, hlc):
    return (hlc >> 16).to_bytes(6, "big") + domain_hash("muster/1/object", log, struct.pack("<Q", sequence))[:10]


def plain_of(payload, log, header, key):
    """(flags, dictionary, content) of a sealed payload."""
    h = record_header(header)
    c = Cursor(payload)
    nonce = c.copy(24)
    if h["flags"] & 2:
        said = c.copy(32)
        if not c.failed and said != domain_hash("muster/1/key-commitment", key):
            raise Bad(COMMITMENT)
    sealed = payload[c.at:]
    if c.failed or len(sealed) < 6 + 16:
        raise Bad(TRUNCATED)
    plain = opened(sealed, log + header[:48], nonce, key)
    length = int.from_bytes(plain[2:6], "little")
    if length > len(plain) - 6 or plain[0] & ~3:
        raise Bad(BAD_VALUE)
    return plain[0], plain[1], plain[6:6 + length], plain[6 + length:]


def operator_of(body, space, log, header):
    """(body, key, signature) of a body with the operator's signature behind it; verified."""
    if len(body) < 96:
        raise Bad(BAD_VALUE)
    body, key, signature = body[:-96], body[-96:-64], body[-64:]
    verified(signature, key, "muster/1/operator", space + log + header[:48] + header[84:] + body)
    return body, key, signature


def segment_header(data):
    if len(data) < 248:
        raise Bad(TRUNCATED)
    names = ("version", "algorithm", "flags", "count", "space", "log", "position", "first_sequence", "epoch", "root", "prev",
             "signature")
    h = dict(zip(names, struct.unpack("<BBHI32s32sQQ32s32s32s64s", data[:248])))
    sound(h)
    return h


def sound(h):
    if h["version"] != 1:
        raise Bad(VERSION)
    if h["algorithm"] != 1:
        raise Bad(ALGORITHM)
    if h["count"] > RECORDS_MAX:
        raise Bad(TOO_BIG)
    if not (h["count"] and 0 < h["position"] <= U64 // 2 and 0 < h["first_sequence"] <= U64 // 2):
        raise Bad(BAD_VALUE)


def segment_header_bytes(h):
    return struct.pack("<BBHI32s32sQQ32s32s32s64s", h["version"], h["algorithm"], h["flags"], h["count"], h["space"], h["log"],
                       h["position"], h["first_sequence"], h["epoch"], h["root"], h["prev"], h["signature"])


def compact_record(c, sequence):
    parts = c.number(1)
    h = {"operation": c.number(1), "flags": c.number(2), "kind": c.number(2), "schema": c.number(2), "object": c.copy(16),
         "sequence": sequence, "hlc": c.number(8), "mask": c.number(8)}
    count = c.number(1)
    if count > REFS_MAX:
        raise Bad(TOO_BIG)
    h["refs"] = [{"role": c.number(1), "hash": c.copy(32)} for _ in range(count)]
    if parts & ~3:
        raise Bad(BAD_VALUE)
    wrap = c.take(72) if parts & 2 else None
    h["payload_len"] = c.varint()
    if h["payload_len"] > PAYLOAD_MAX:
        raise Bad(TOO_BIG)
    payload = None
    if parts & 1:
        payload = c.take(h["payload_len"])
        h["payload_hash"] = payload_hash(payload) if payload is not None else bytes(32)
    else:
        h["payload_hash"] = c.copy(32)
    if c.failed:
        raise Bad(TRUNCATED)
    if wrap is not None:
        if not h["flags"] & 2 or payload is None:
            raise Bad(BAD_VALUE)
        if wrap_hash(wrap) not in [r["hash"] for r in h["refs"] if r["role"] == 13]:
            raise Bad(HASH)
    return {"header": h, "wrap": wrap, "payload": payload}


def compact_records(c, log, first_sequence, count):
    records = [compact_record(c, first_sequence + i) for i in range(count)]
    return records, [record_id(log, header_bytes(r["header"])) for r in records]


def segment_id(item):
    return domain_hash("muster/1/segment-id", item[:248])


def segment_verified(item, exercise, incarnation):
    verified(item[184:248], incarnation, "muster/1/exercise/segment" if exercise else "muster/1/segment", item[:184])


def segment_item(item):
    h = segment_header(item)
    c = Cursor(item[248:])
    records, ids = compact_records(c, h["log"], h["first_sequence"], h["count"])
    c.end()
    if merkle(ids) != h["root"]:
        raise Bad(HASH)
    return h, records, ids


def segment_wire(c, chain):
    """One segment in wire form; gives the item and advances the chain, a dict with space and log."""
    version, algorithm, wire_flags, flags, count = c.number(1), c.number(1), c.number(1), c.number(2), c.varint()
    if wire_flags & ~7:
        raise Bad(BAD_VALUE)
    if "id" not in chain and wire_flags != 7:
        raise Bad(TRUNCATED if c.failed else BAD_VALUE)
    h = {"version": version, "algorithm": algorithm, "flags": flags, "count": count, "space": chain["space"], "log": chain["log"]}
    h["position"] = c.varint() if wire_flags & 4 else chain["position"] + 1
    h["first_sequence"] = c.varint() if wire_flags & 4 else chain["next"]
    h["prev"] = c.copy(32) if wire_flags & 1 else chain["id"]
    h["epoch"] = c.copy(32) if wire_flags & 2 else chain["epoch"]
    h["signature"] = c.copy(64)
    if c.failed:
        raise Bad(TRUNCATED)
    sound(h)
    start = c.at
    records, ids = compact_records(c, h["log"], h["first_sequence"], h["count"])
    size = 248 + c.at - start
    if size > ITEM_MAX or (count > 1 and size > 64 * 1024):
        raise Bad(TOO_BIG)
    h["root"] = merkle(ids)
    item = segment_header_bytes(h) + c.data[start:c.at]
    chain.update(position=h["position"], next=h["first_sequence"] + count, epoch=h["epoch"], id=segment_id(item))
    return item, h, ids


# --- trust: SPEC 6 -------------------------------------------------------------------------------------------


class Identity:
    def __init__(self):
        self.agency = self.newest = bytes(32)
        self.root = self.next_root = None
        self.name = self.country = ""
        self.count = 0
        self.nodes = {}

    def take(self, data):
        if len(data) > 1024:
            raise Bad(TOO_BIG)
        c = Cursor(data)
        version, algorithm, kind, _ = (c.number(1) for _ in range(4))
        agency, number, prev, _ = c.copy(32), c.number(4), c.copy(32), c.number(8)
        body = c.copy(c.number(2))
        covered = data[:c.at]
        signature = c.copy(64)
        c.end()
        if version != 1:
            raise Bad(VERSION)
        if algorithm != 1:
            raise Bad(ALGORITHM)
        if number != self.count or (number == 0) != (kind == 1) or agency != self.agency or prev != self.newest:
            raise Bad(CHAIN)
        body = unpack(body)
        root, next_root, name, country, nodes = self.root, self.next_root, self.name, self.country, dict(self.nodes)
        if kind in (1, 2):
            root, next_root = field(body, 1, bytes, 32), field(body, 2, bytes, 32)
            if kind == 2 and domain_hash("muster/1/next-root", root) != self.next_root:
                raise Bad(COMMITMENT)
        if kind in (1, 7):
            name = name_of(body)
            code = run_of(body, 4)
            country = code.decode() if code and len(code) == 2 else ""
        if kind == 3:
            sign, box, curve = (field(body, key, bytes, 32) for key in (5, 6, 7))
            node_name = name_of(body)
            before = nodes.get(sign)
            if before is None and len(nodes) == NODES_MAX:
                raise Bad(TOO_BIG)
            expires = body.get(8)
            nodes[sign] = {"sign": sign, "box": box, "curve": curve, "name": node_name,
                           "expires": expires if type(expires) is int else 0, "revoked": bool(before and before["revoked"])}
        if kind == 4 and field(body, 5, bytes, 32) in nodes:
            nodes[body[5]] = {**nodes[body[5]], "revoked": True}
        verified(signature, root, "muster/1/statement", covered)
        self.newest = domain_hash("muster/1/agency", data)
        if kind == 1:
            self.agency = self.newest
        self.root, self.next_root, self.name, self.country, self.nodes = root, next_root, name, country, nodes
        self.count += 1


def name_of(body):
    run = run_of(body, 3)
    if not run or len(run) > 128 or not is_utf8(run):
        raise Bad(BAD_VALUE)
    return run.decode()


def card(data):
    if len(data) > CARD_MAX:
        raise Bad(TOO_BIG)
    c = Cursor(data)
    magic = c.take(8)
    if magic is None:
        raise Bad(TRUNCATED)
    if magic != b"MUSTER1C":
        raise Bad(VERSION)
    out = {"agency": c.copy(32), "node": c.copy(32), "number": c.number(8), "issued": c.number(8), "identity": Identity()}
    count = c.number(1)
    if count > STATEMENTS_MAX:
        raise Bad(TOO_BIG)
    for _ in range(count):
        statement = c.copy(c.number(2))
        if c.failed:
            raise Bad(TRUNCATED)
        out["identity"].take(statement)
    body = c.copy(c.number(2))
    if c.failed:
        raise Bad(TRUNCATED)
    covered = data[:c.at]
    signature = c.copy(64)
    c.end()
    if not count or out["identity"].agency != out["agency"]:
        raise Bad(CHAIN)
    node = out["identity"].nodes.get(out["node"])
    if not node:
        raise Bad(UNKNOWN_NODE)
    if node["revoked"]:
        raise Bad(REVOKED)
    verified(signature, out["node"], "muster/1/card", covered)
    body = unpack(body)
    body = body if isinstance(body, dict) else {}
    endpoints = body.get(1, [])
    if not isinstance(endpoints, list) or len(endpoints) > 8 or any(
            not isinstance(e, Text) or len(e.encode()) > 280 for e in endpoints):
        raise Bad(BAD_VALUE)
    out["endpoints"], out["contact"] = endpoints, (run_of(body, 2) or b"").decode()
    if len(out["contact"].encode()) > 512:
        raise Bad(TOO_BIG)
    return out


ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def armour(text, what, room=CARD_MAX):
    begin = f"-----BEGIN MUSTER {what}-----".encode()
    at = text.find(begin)
    if at < 0:
        raise Bad(NOT_FOUND)
    runs, padded = [b"", b""], [False, False]
    line_start, part, ended = True, 0, False
    for byte in text[at + len(begin):]:
        byte = bytes([byte])
        if byte == b"\n":
            line_start = True
        elif byte in b" \r\t" or (byte == b">" and line_start):
            continue
        elif byte == b"-":
            ended = True
            break
        elif line_start and byte == b"=":
            part, line_start = 1, False
        else:
            line_start = False
            if byte == b"=":
                padded[part] = True
            elif byte not in ALPHABET or padded[part]:
                raise Bad(BAD_VALUE)
            else:
                runs[part] += byte
                if len(runs[part]) * 6 // 8 > (8 if part else room):
                    raise Bad(BAD_VALUE if part else TOO_BIG)
    data, check = (base64.b64decode(run + b"A" * (-len(run) % 4))[:len(run) * 6 // 8] for run in runs)
    if not ended or not part or len(check) != 6:
        raise Bad(TRUNCATED)
    if domain_hash("muster/1/armour", data)[:6] != check:
        raise Bad(HASH)
    return data


def space_genesis(data):
    if len(data) > 48 * 1024:
        raise Bad(TOO_BIG)
    body = unpack(data)
    if field(body, 1, int) != 1:
        raise Bad(VERSION if body[1] >= 0 else BAD_VALUE)
    out = {"space_name": field(body, 2, Text), "purpose": field(body, 3, Text), "creator": field(body, 4, bytes, 32),
           "admins": field(body, 5, list), "controller": field(body, 6, bytes, 32), "history": field(body, 8, int),
           "exercise": field(body, 9, bool), "salt": field(body, 10, bytes, 16), "cards": body.get(11, []),
           "retention_days": body.get(7, 0), "created": body.get(12, 0)}
    if (not out["space_name"] or len(out["space_name"].encode()) > 128 or len(out["purpose"].encode()) > 256 or
            not 0 <= out["history"] <= 1 or not 1 <= len(out["admins"]) <= 16 or
            any(not isinstance(a, bytes) or len(a) != 32 for a in out["admins"]) or
            not isinstance(out["cards"], list) or len(out["cards"]) > 16 or any(not isinstance(x, bytes) for x in out["cards"])):
        raise Bad(BAD_VALUE)
    out["id"] = domain_hash("muster/1/space", data)
    return out


def founding(space, genesis_bytes, wire):
    """SPEC 4.4.3, of a space that is known by its id only: the first segment of a control log.  (log, genesis, record id)"""
    log = domain_hash("muster/1/log-id", genesis_bytes)
    item, h, ids = segment_wire(Cursor(wire), {"space": space, "log": log})
    _, records, _ = segment_item(item)
    first = records[0]
    if h["position"] != 1 or first["header"]["operation"] != 64 or first["payload"] is None:
        raise Bad(WAITS)
    if domain_hash("muster/1/space", first["payload"]) != space:
        raise Bad(HASH)
    body = space_genesis(first["payload"])
    agencies = {c["agency"]: c["identity"] for c in map(card, body["cards"])}
    out = genesis(genesis_bytes, body["exercise"])
    if out["space"] != space or out["role"] != 1:
        raise Bad(HASH)
    if out["agency"] not in agencies:
        raise Bad(UNKNOWN_AGENCY)
    if out["node"] not in agencies[out["agency"]].nodes:
        raise Bad(UNKNOWN_NODE)
    segment_verified(item, body["exercise"], out["incarnation"])
    return out, body, ids[0]


def is_root(log, body, header):
    """SPEC 6.3.3."""
    return header["sequence"] == 1 and log["predecessor"] == bytes(32) and log["agency"] == body["creator"]


def space_digest(logs):
    """SPEC 5.4.3."""
    digest = bytes(32)
    for log in sorted(logs, key=lambda each: each["id"]):
        digest = domain_hash("muster/1/vector", digest, log["id"], struct.pack("<Q", log["prefix"]), log["head"],
                             struct.pack("<QQ", log["fork_at"], log["highest"]))
        if "interval_id" in log:
            digest = domain_hash("muster/1/vector-interval", digest, struct.pack("<Q", log["interval_first"]),
                                 log["interval_id"])
    return digest


def pair_hash(a, b):
    both = sorted(n["agency"] + n["sign"] + n["box"] + n["curve"] for n in (a, b))
    return domain_hash("muster/1/pair", *both)


def pair_indices(code):
    bits = int.from_bytes(code, "big") >> (256 - 99)
    return [bits >> (99 - 11 * (i + 1)) & 2047 for i in range(9)], bits


# --- objects: SPEC 7 -------------------------------------------------------------------------------------------


def object_state(data):
    c = Cursor(data)
    if c.number(1) != 1:
        raise Bad(TRUNCATED if c.failed else VERSION)
    out = {"kind": c.number(2), "flags": c.number(2), "owner": c.copy(32), "term": c.copy(32), "created": c.number(8),
           "changed": c.number(8), "revision": c.number(4)}
    heads = c.number(1)
    if heads > 64:
        raise Bad(TOO_BIG)
    out["heads"] = [c.copy(32) for _ in range(heads)]
    out["conflict_mask"], out["erased_mask"] = c.number(8), c.number(8)
    out["view"] = c.copy(c.number(4))
    out["canonical_len"] = c.at
    c.number(4), c.number(8), c.number(1)
    c.end()
    return out


# --- frames: SPEC 5 --------------------------------------------------------------------------------------------


def frames(message):
    """[(type, flags, body)] of a message."""
    c, out = Cursor(message), []
    while c.left():
        kind, flags, length = c.number(1), c.number(1), c.number(4)
        if not c.failed and length > FRAME_MAX:
            raise Bad(TOO_BIG)
        body = c.take(length) if not c.failed else None
        if c.failed:
            raise Bad(TRUNCATED)
        if not kind:
            raise Bad(BAD_VALUE)
        out.append((kind, flags, body))
    return out


def hello(body):
    c = Cursor(body)
    out = {"version_min": c.number(1), "version_max": c.number(1), "features": c.number(8), "critical": c.number(8),
           "item_max": c.number(4), "credit": c.number(4), "clock": c.number(8), "nonce": c.copy(32), "boot": c.copy(16)}
    software = c.copy(c.number(1))
    if c.failed:
        raise Bad(TRUNCATED)
    if len(software) > 64:
        raise Bad(TOO_BIG)
    if not is_utf8(software):
        raise Bad(UTF8)
    return {**out, "software": software.decode()}


def auth(body):
    c = Cursor(body)
    out = {"card": c.copy(c.number(2)), "signature": c.copy(64)}
    c.end()
    return out


def spaces(body):
    if len(body) % 48:
        raise Bad(TRUNCATED)
    if len(body) // 48 > 1024:
        raise Bad(TOO_BIG)
    return [(body[i:i + 16], body[i + 16:i + 32], body[i + 32:i + 48]) for i in range(0, len(body), 48)]


def id_list(body):
    c = Cursor(body)
    tag, count = c.copy(16), c.number(1)
    if count > 64:
        raise Bad(TOO_BIG)
    ids = [c.copy(32) for _ in range(count)]
    c.end()
    return tag, ids


def log_name(c):
    v = c.varint()
    if v >> 1 > 0xFFFFFFFF:
        c.failed = True
    return v >> 1, c.copy(32) if v & 1 else None


def heads(body):
    c, entries = Cursor(body), []
    tag = c.copy(16)
    if c.failed:
        raise Bad(TRUNCATED)
    while c.failed or c.left():
        index, log = log_name(c)
        prefix = c.varint()
        entry = {"index": index, "id": log, "prefix": prefix, "short": c.copy(8) if prefix else None, "fork": c.varint()}
        count = c.varint()
        if count > 1024 or prefix > U64 // 4 or entry["fork"] > U64 // 4:
            raise Bad(TOO_BIG)
        after, entry["intervals"] = prefix, []
        for _ in range(count):
            gap, length = c.varint(), c.varint()
            if not gap or gap > U64 // 8 or length > U64 // 8 or after > U64 // 4:
                raise Bad(TRUNCATED if c.failed else BAD_VALUE)
            entry["intervals"].append((after + gap, after + gap + length, c.copy(8)))
            after += gap + length
        if c.failed:
            raise Bad(TRUNCATED)
        entries.append(entry)
    return tag, entries


def want(body):
    c, entries = Cursor(body), []
    tag = c.copy(16)
    while c.failed or c.left():
        index, log = log_name(c)
        count = c.varint()
        if count > 1024:
            raise Bad(TOO_BIG)
        ranges = []
        for _ in range(count):
            first, length = c.varint(), c.varint()
            if not first or first > U64 // 4 or length > U64 // 4:
                raise Bad(TRUNCATED if c.failed else BAD_VALUE)
            ranges.append((first, first + length))
        if c.failed:
            raise Bad(TRUNCATED)
        entries.append((index, log, ranges))
    return tag, entries


def seg(body):
    c = Cursor(body)
    tag, lane, log = c.copy(16), c.number(1), c.copy(32)
    genesis_bytes = c.copy(c.number(2))
    if c.failed:
        raise Bad(TRUNCATED)
    if len(genesis_bytes) > GENESIS_MAX:
        raise Bad(TOO_BIG)
    if lane > 4:
        raise Bad(BAD_VALUE)
    return {"tag": tag, "lane": lane, "log": log, "genesis": genesis_bytes, "segments": body[c.at:]}


def frag(body):
    c = Cursor(body)
    lane, total, offset = c.number(1), c.number(4), c.number(4)
    if c.failed:
        raise Bad(TRUNCATED)
    piece = body[9:]
    if total > FRAME_MAX or offset + len(piece) > total:
        raise Bad(TOO_BIG)
    if lane > 4 or not piece:
        raise Bad(BAD_VALUE)
    return lane, total, offset, piece


def key_frame(body):
    c = Cursor(body)
    out = {"tag": c.copy(16), "epoch": c.copy(32), "sealed": c.copy(80)}
    c.end()
    return out


def credit(body):
    if len(body) != 4:
        raise Bad(TRUNCATED)
    return int.from_bytes(body, "little")


def err(body):
    c = Cursor(body)
    error, item, text = c.number(2), c.copy(32), c.copy(c.number(1))
    if c.failed:
        raise Bad(TRUNCATED)
    return {"error": error, "item": item, "text": text.decode()}


READERS = {1: hello, 2: auth, 3: spaces, 4: id_list, 5: heads, 6: want, 7: seg, 8: id_list, 9: key_frame, 10: credit,
           13: err, 14: err, 18: frag}
