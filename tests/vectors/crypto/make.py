#!/usr/bin/python3
"""Writes crypto.txt: known answers for crypto/, computed without it.

BLAKE2b and SHA-256 come from hashlib; ChaCha20, XChaCha20-Poly1305, Merkle trees and pair codes from the few
lines below; Ed25519 and the X25519 box from PyNaCl.  The Ed25519 vectors of RFC 8032 are in rfc8032.txt.

usage: make.py > crypto.txt   (needs PyNaCl)

Format of both files: `[name]` starts a vector, `key = value` follows; values are hex, or text in quotes.
"""
import hashlib
import os
import struct
import sys

import nacl.bindings as nacl

HERE = os.path.dirname(os.path.abspath(__file__))


def rotl(x, n):
    return ((x << n) | (x >> (32 - n))) & 0xFFFFFFFF


def rounds(words):
    x = list(words)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            for p, q, r, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[p] = (x[p] + x[q]) & 0xFFFFFFFF
                x[r] = rotl(x[r] ^ x[p], turn)
    return x


def start(key, tail):
    return list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key)) + tail


def chacha20(key, nonce, counter, length):
    out = b""
    while len(out) < length:
        s = start(key, [counter] + list(struct.unpack("<3I", nonce)))
        out += struct.pack("<16I", *[(a + b) & 0xFFFFFFFF for a, b in zip(s, rounds(s))])
        counter += 1
    return out[:length]


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    acc = 0
    for i in range(0, len(message), 16):
        acc = (acc + int.from_bytes(message[i:i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((acc + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def xchacha20poly1305(key, nonce, message, aad):
    x = rounds(start(key, list(struct.unpack("<4I", nonce[:16]))))
    sub = struct.pack("<8I", *(x[:4] + x[12:]))
    short = bytes(4) + nonce[16:]
    stream = chacha20(sub, short, 1, len(message))
    sealed = bytes(a ^ b for a, b in zip(message, stream))
    pad = lambda b: b + bytes(-len(b) % 16)
    tag = poly1305(chacha20(sub, short, 0, 32), pad(aad) + pad(sealed) + struct.pack("<QQ", len(aad), len(sealed)))
    return sealed + tag


def h(domain, data, key=b"", size=32):
    return hashlib.blake2b(domain.encode() + b"\0" + data, digest_size=size, key=key).digest()


def some(label, n):
    """n bytes that look random and are the same every time."""
    return hashlib.shake_256(label.encode()).digest(n)


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return h("muster/1/node", root(leaves[:left]) + root(leaves[left:]))


def words():
    with open(os.path.join(HERE, "../../../crypto/words_english.c"), encoding="ascii") as f:
        found = [w for line in f if line.startswith('    "') for w in line.split('"')[1::2]]
    assert hashlib.sha256(("\n".join(found) + "\n").encode()).hexdigest() == \
        "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
    return found


def vector(name, **fields):
    print(f"\n[{name}]")
    for key, value in fields.items():
        print(key, "=", f'"{value}"' if isinstance(value, str) else value.hex())


def main():
    # The draft's own example stands for the code above (draft-irtf-cfrg-xchacha-03, A.3.1).
    draft = dict(
        key=bytes(range(0x80, 0xa0)), nonce=bytes(range(0x40, 0x58)),
        aad=bytes.fromhex("50515253c0c1c2c3c4c5c6c7"),
        message=b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
                b"sunscreen would be it.")
    sealed = xchacha20poly1305(draft["key"], draft["nonce"], draft["message"], draft["aad"])
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49", sealed[-16:].hex()

    print("# Known answers for crypto/, made by make.py; `[name]`, then `key = hex` or `key = \"text\"`.")
    for n in (0, 1, 127, 128, 129, 1000):
        data = some(f"hash {n}", n)
        vector("hash", domain="muster/1/test", data=data, hash=h("muster/1/test", data))
    for n, size in ((0, 16), (8, 16), (200, 24), (64, 32)):
        data, key = some(f"keyed {n}", n), some(f"key {n}", 32)
        vector("keyed", domain="muster/1/test", key=key, data=data, hash=h("muster/1/test", data, key, size))
    vector("seal", **draft, sealed=sealed)
    for n, m in ((0, 0), (1, 0), (64, 13), (600, 85)):
        key, nonce, message, aad = (some(f"{x} {n}", k) for x, k in (("k", 32), ("n", 24), ("m", n), ("a", m)))
        sealed = xchacha20poly1305(key, nonce, message, aad)
        assert sealed == nacl.crypto_aead_xchacha20poly1305_ietf_encrypt(message, aad, nonce, key)
        vector("seal", key=key, nonce=nonce, aad=aad, message=message, sealed=sealed)
    key = some("commitment", 32)
    vector("commitment", key=key, hash=h("muster/1/key-commitment", key))
    for n in (0, 32, 100):
        seed, to_seed, message = some(f"box {n}", 32), some(f"to {n}", 32), some(f"message {n}", n)
        public, secret = nacl.crypto_box_seed_keypair(to_seed)
        once_public, once_secret = nacl.crypto_box_seed_keypair(seed)
        nonce = hashlib.blake2b(once_public + public, digest_size=24).digest()
        sealed = once_public + nacl.crypto_box(message, nonce, public, once_secret)
        assert nacl.crypto_box_seal_open(sealed, public, secret) == message
        vector("box", seed=seed, to_seed=to_seed, to_public=public, to_secret=secret, message=message, sealed=sealed)
    for label, counter, n in (("nonce", 0, 24), ("nonce", 1, 24), ("key", 2**63 + 5, 200)):
        seed = some("expand", 32)
        key = h("muster/1/expand", label.encode() + b"\0" + struct.pack("<Q", counter), seed)
        vector("expand", seed=seed, label=label, counter=struct.pack("<Q", counter), out=chacha20(key, bytes(12), 0, n))
    for n in (0, 248, 512, 513, 5000):
        seed, message = some("signer", 32), some(f"signed {n}", n)
        public, secret = nacl.crypto_sign_seed_keypair(seed)
        signature = nacl.crypto_sign(b"muster/1/test\0" + message, secret)[:64]
        vector("sign", domain="muster/1/test", seed=seed, public=public, message=message, signature=signature)
    for n in (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 255, 256):
        leaves = [h("muster/1/test", bytes([i])) for i in range(n)]  # leaf i is H("muster/1/test", byte i)
        vector("merkle", count=struct.pack("<H", n), root=root(leaves))
    spoken = words()
    for code in (bytes(32), b"\xff" * 32, some("pair 1", 32), some("pair 2", 32)):
        number = int.from_bytes(code, "big") >> (256 - 99)
        digits = f"{number:030d}"
        vector("pair", hash=code, digits=" ".join(digits[i:i + 5] for i in range(0, 30, 5)),
               words=" ".join(spoken[number >> (88 - 11 * i) & 2047] for i in range(9)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
