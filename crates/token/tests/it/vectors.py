"""Computes vectors.tsv from the documentation of the crate, not from its code: `python3 vectors.py > vectors.tsv`.

Needs `cryptography` for AES-SIV.
"""

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

MASTER = bytes(range(32))
HOST = "reply.example.com"
CONTEXTS = {"reply": ("reply+", 0), "bounce": ("b+", 1), "unsubscribe": ("u+", 2)}


def varint(n):
    out = b""
    while n >= 128:
        out += bytes([n % 128 + 128])
        n //= 128
    return out + bytes([n])


def token(context, key_id, expires, layout, ids, bits=128, hidden=False):
    prefix, number = CONTEXTS[context]
    kind = 0b01_000000 + number * 16 + (8 if bits == 96 else 0) + (4 if hidden else 0) + layout
    header = bytes([kind, key_id]) + expires.to_bytes(2, "big")
    if hidden:
        key = hmac.new(MASTER, b"inreply-token/1/siv", hashlib.sha256).digest()
        sealed = AESSIV(key).encrypt(ids, [context.encode(), HOST.encode(), header])
        raw = header + sealed[16:] + sealed[:16]
    else:
        key = hmac.new(MASTER, b"inreply-token/1/tag", hashlib.sha256).digest()
        signed = context.encode() + b"\0" + HOST.encode() + b"\0" + header + ids
        raw = header + ids + hmac.new(key, signed, hashlib.sha256).digest()[: bits // 8]
    return prefix + base64.b32encode(raw).decode().rstrip("=").lower()


def pair(a, b):
    return f"{a},{b}", 0, varint(a) + varint(b)


def fixed(a, b):
    return f"{a},{b}", 1, a.to_bytes(8, "big") + b.to_bytes(8, "big")


UUID = "00112233445566778899aabbccddeeff"
UUID_AND_NUMBER = (f"{UUID},77", 2, bytes.fromhex(UUID) + (77).to_bytes(4, "big"))
HANDLE = (UUID, 3, bytes.fromhex(UUID))

ROWS = [
    ("reply", 1, 20854, pair(7, 5), 128),
    ("reply", 1, 0, pair(7, 5), 128),
    ("reply", 255, 65535, pair(300, 16384), 128),
    ("reply", 1, 20854, pair(0, 0), 128),
    ("reply", 1, 20854, pair(2**64 - 1, 1), 128),
    ("reply", 1, 20854, pair(2**56 - 1, 2**49), 128),
    ("reply", 1, 20854, fixed(2**56, 2**49), 128),
    ("reply", 1, 20854, fixed(2**64 - 1, 2**64 - 1), 128),
    ("reply", 1, 20854, UUID_AND_NUMBER, 96),
    ("reply", 1, 20854, HANDLE, 128),
    ("unsubscribe", 1, 20854, pair(7, 5), 128),
    ("unsubscribe", 2, 0, UUID_AND_NUMBER, 96),
    ("unsubscribe", 2, 0, HANDLE, 128),
    ("bounce", 1, 20854, pair(7, 5), 128),
    ("bounce", 1, 20854, pair(128, 5), 128),
    ("bounce", 1, 20854, pair(128, 128), 96),
    ("bounce", 1, 20854, pair(2**28 - 1, 2**21 - 1), 96),
]
HIDDEN = [
    ("reply", 1, 20854, pair(7, 5)),
    ("reply", 1, 0, fixed(2**64 - 1, 2**64 - 1)),
    ("reply", 1, 20854, HANDLE),
    ("unsubscribe", 1, 20854, pair(7, 5)),
    ("bounce", 1, 20854, pair(128, 5)),
]


print("# Made by vectors.py. Master key 00 01 .. 1f, host reply.example.com.")
print("# form, context or kind, ids, key id, expiry day, local part")
for context, key_id, expires, (ids, layout, raw), bits in ROWS:
    print("plain", context, ids, key_id, expires, token(context, key_id, expires, layout, raw, bits), sep="\t")
for context, key_id, expires, (ids, layout, raw) in HIDDEN:
    print("hidden", context, ids, key_id, expires, token(context, key_id, expires, layout, raw, hidden=True), sep="\t")
for kind, number, user in [("i", 1, 5), ("i", 0, 0), ("z", 2**64 - 1, 2**64 - 1)]:
    tag = hmac.new(MASTER, f"{kind}-{number}-{user}".encode(), hashlib.sha1).hexdigest()
    print("legacy", kind, f"{number},{user}", 0, 0, f"reply+{kind}-{number}-{tag}-{user}", sep="\t")
