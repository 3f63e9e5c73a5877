#!/usr/bin/env python3
"""A second verifier of evidence packs, written from docs/evidence.md alone.

    evidence.py --keys KEYS.json PACK...     one line per pack: `good`, or `bad` and why
    evidence.py --keys KEYS.json --batch     packs from standard input, each behind its length in
                                             four bytes, the highest first; one line per pack
    evidence.py --rounds                     the same, each time from standard input: the key file
                                             behind its length, how many packs, and the packs; until
                                             there is no more

Nothing but Python's own library: the wire format and Ed25519 (RFC 8032) are below.
"""

import base64
import hashlib
import json
import sys

PREFIX = b"pacta.evidence.v1\n"

# Field number -> name, kind. A kind is a scalar's name, or the table of a message.
TIME = {1: ("seconds", "int64"), 2: ("nanos", "int32")}
STATEMENT = {
    1: ("acceptance", "string"),
    2: ("version", "string"),
    3: ("version_display_name", "string"),
    4: ("document", {
        1: ("content_sha256", "bytes"),
        2: ("language_code", "string"),
        3: ("media_type", "string"),
        4: ("size_bytes", "int64"),
    }),
    5: ("signer", {
        1: ("issuer", "string"),
        2: ("subject", "string"),
        3: ("user", "string"),
        4: ("given_name", "string"),
        5: ("family_name", "string"),
        6: ("email", "string"),
        7: ("roles", "strings"),
    }),
    6: ("company", {
        1: ("company", "string"),
        2: ("partner", "string"),
        3: ("display_name", "string"),
        4: ("legal_name", "string"),
        5: ("region_code", "string"),
        6: ("partner_id", "string"),
    }),
    7: ("authority", {
        1: ("text_sha256", "bytes"),
        2: ("user", "string"),
        3: ("submit_time", TIME),
    }),
    8: ("authentication", {
        1: ("methods", "strings"),
        2: ("session", "string"),
        3: ("auth_time", TIME),
    }),
    9: ("consent_text_sha256", "bytes"),
    10: ("present_time", TIME),
    11: ("download_time", TIME),
    12: ("accept_time", TIME),
    13: ("peer_address", "string"),
    14: ("user_agent", "string"),
    15: ("ledger", {
        1: ("entry", "string"),
        2: ("sequence", "int64"),
        3: ("event_sha256", "bytes"),
    }),
}
PACK = {1: ("statement", "bytes"), 2: ("key_id", "string"), 3: ("signature", "bytes")}


class Bad(Exception):
    pass


def varint(data, at):
    value = shift = 0
    start = at
    while True:
        if at == len(data) or at - start == 10:
            raise Bad("a number does not end")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            break
    if byte == 0 and at - start > 1:
        raise Bad("a number is longer than it has to be")
    if value >= 1 << 64:
        raise Bad("a number is too large")
    return value, at


def read(data, table):
    """The message of a table, if it is written canonically."""
    found, at, last = {}, 0, 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if number not in table:
            raise Bad(f"there is no field {number}")
        name, kind = table[number]
        if number < last or (number == last and kind != "strings"):
            raise Bad(f"{name} is out of order")
        last = number
        if wire != (0 if kind in ("int64", "int32") else 2):
            raise Bad(f"{name} is of another type")
        value, at = varint(data, at)
        if wire == 0:
            if value == 0:
                raise Bad(f"{name} is a default")
            if value >= 1 << 63:
                value -= 1 << 64
            if kind == "int32" and not -(1 << 31) <= value < 1 << 31:
                raise Bad(f"{name} is out of range")
            found[name] = value
            continue
        if at + value > len(data):
            raise Bad(f"{name} is cut off")
        part = data[at:at + value]
        at += value
        if isinstance(kind, dict):
            found[name] = read(part, kind)
        elif kind == "strings":
            found.setdefault(name, []).append(text(name, part))
        else:
            if not part:
                raise Bad(f"{name} is a default")
            found[name] = part if kind == "bytes" else text(name, part)
    return found


def text(name, part):
    try:
        return part.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad(f"{name} is no text") from None


# Ed25519, as RFC 8032, section 6, has it.
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(one, two):
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    sum_ = (0, 1, 1, 0)
    while n:
        if n & 1:
            sum_ = add(sum_, point)
        point = add(point, point)
        n >>= 1
    return sum_


def same(one, two):
    return (one[0] * two[2] - two[0] * one[2]) % P == 0 and (one[1] * two[2] - two[1] * one[2]) % P == 0


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    if len(signature) != 64:
        return False
    a, r = point_of(key), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q:
        return False
    hash_ = hashlib.sha512(signature[:32] + key + message).digest()
    h = int.from_bytes(hash_, "little") % Q
    return same(times(s, BASE), add(r, times(h, a)))


def keys_of(text):
    keys = {}
    for it in json.loads(text)["keys"]:
        if (it["kty"], it["crv"]) != ("OKP", "Ed25519"):
            raise SystemExit("a key is not Ed25519")
        key = base64.urlsafe_b64decode(it["x"] + "=" * (-len(it["x"]) % 4))
        if len(key) != 32 or hashlib.sha256(key).hexdigest()[:16] != it["kid"]:
            raise SystemExit("a key does not match its id")
        keys[it["kid"]] = key
    return keys


def verify(data, keys):
    pack = read(data, PACK)
    statement = pack.get("statement", b"")
    stated = read(statement, STATEMENT)
    key = keys.get(pack.get("key_id", ""))
    if key is None:
        raise Bad("no known key has the id")
    if not is_signed(key, PREFIX + statement, pack.get("signature", b"")):
        raise Bad("the signature is not of this statement")
    return stated


def line(data, keys):
    try:
        return f"good {verify(data, keys).get('acceptance', '')}"
    except Bad as why:
        return f"bad {why}"


def packs(file):
    while True:
        head = file.read(4)
        if not head:
            return
        yield file.read(int.from_bytes(head, "big"))


def rounds(file):
    pieces = packs(file)
    for text in pieces:
        keys = keys_of(text)
        for _ in range(int.from_bytes(file.read(4), "big")):
            print(line(next(pieces), keys))
        sys.stdout.flush()


def main(arguments):
    if arguments == ["--rounds"]:
        rounds(sys.stdin.buffer)
        return 0
    if len(arguments) < 3 or arguments[0] != "--keys":
        raise SystemExit(__doc__)
    with open(arguments[1], encoding="utf-8") as file:
        keys = keys_of(file.read())
    if arguments[2:] == ["--batch"]:
        for data in packs(sys.stdin.buffer):
            print(line(data, keys))
        return 0
    n_bad = 0
    for path in arguments[2:]:
        with open(path, "rb") as file:
            found = line(file.read(), keys)
        n_bad += found.startswith("bad")
        print(path, found)
    return 1 if n_bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
