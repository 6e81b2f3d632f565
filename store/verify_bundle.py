#!/usr/bin/env python3
"""Checks a trace bundle offline, with Python's standard library alone:

    python3 -I -S verify_bundle.py BUNDLE.zip --head HEAD.json

HEAD.json is a head of the ledger that you were given earlier and kept outside the district's machines. Origin, key and head
are taken from it alone, never from the bundle. Take this program from a place that you trust too; the copy in the bundle
is there to be read. Exit code 0: all holds; 1: something doesn't, each is named; 2: nothing could be checked.

Decides whether what the bundle shows is what the ledger has recorded, and whether that ledger continues your head. It
can't tell whether a later entry, not in the bundle, changed a row again, nor what the district never recorded.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

LEAF_VERSION = 1
LEAF_KEYS = frozenset({"v", "seq", "event", "subject", "actor", "at", "today", "today_was_set", "facts", "rows"})
BUNDLE_VERSION = 1
_MOST_BYTES = 500_000_000
_DIGEST = re.compile("[0-9a-f]{64}")
_UNLISTED = frozenset(
    {"manifest.json", "verify_bundle.py", "ledger/checkpoint.txt", "ledger/entries.json", "ledger/head.json"}
)


class Refusal(Exception):
    """What was given can't be checked at all, or isn't what it should be; the text says why."""


# --- Merkle tree, RFC 9162 sections 2.1.3 and 2.1.4 ------------------------------------------------------------------


def hash_leaf(body: bytes) -> bytes:
    """SHA-256 over 0x00 and the leaf's bytes."""
    return hashlib.sha256(b"\x00" + body).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """SHA-256 over 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf hash stands at `index` of the tree of `size` leaves with that root."""
    if not 0 <= index < size or any(len(node) != 32 for node in (leaf, root, *proof)):
        return False
    place, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = hash_children(sibling, node)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            node = hash_children(node, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and node == root


def continues(earlier: int, size: int, proof: Sequence[bytes], earlier_root: bytes, root: bytes) -> bool:
    """Whether `proof` shows that the tree of `size` leaves begins with the tree of `earlier` leaves. Nothing follows from an
    empty tree: for 0 the answer is no.
    """
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not proof and earlier_root == root
    path = [earlier_root, *proof] if earlier & (earlier - 1) == 0 else list(proof)
    if not proof or not path:
        return False
    place, last = earlier - 1, size - 1
    while place & 1:
        place >>= 1
        last >>= 1
    before = after = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = hash_children(node, before), hash_children(node, after)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            after = hash_children(after, node)
        place >>= 1
        last >>= 1
    return last == 0 and before == earlier_root and after == root


# --- Ed25519, RFC 8032 section 5.1.7 ----------------------------------------------------------------------------------

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)


class Point(NamedTuple):
    """A point of the curve in extended coordinates."""

    x: int
    y: int
    z: int
    t: int


def _add(one: Point, other: Point) -> Point:
    a, b = (one.y - one.x) * (other.y - other.x) % _P, (one.y + one.x) * (other.y + other.x) % _P
    c, d = 2 * one.t * other.t * _D % _P, 2 * one.z * other.z % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _multiply(scalar: int, point: Point) -> Point:
    total = Point(0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _decode_point(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return Point(x, y, 1, x * y % _P)


_BASE = _decode_point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))


def is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the Ed25519 signature over the message was made with this key. Signatures that could be written otherwise, and
    keys of small order, are refused.
    """
    if len(public_key) != 32 or len(signature) != 64 or _BASE is None:
        return False
    key, commitment = _decode_point(public_key), _decode_point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or scalar >= _ORDER or _is_neutral(_multiply(8, key)):
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % _ORDER
    left, right = _multiply(scalar, _BASE), _add(commitment, _multiply(challenge, key))
    return (left.x * right.z - right.x * left.z) % _P == 0 and (left.y * right.z - right.y * left.z) % _P == 0


def _is_neutral(point: Point) -> bool:
    return point.x % _P == 0 and (point.y - point.z) % _P == 0


# --- Heads: C2SP signed-note and tlog-checkpoint ----------------------------------------------------------------------


class Stamp(NamedTuple):
    """One signature line of a note: whose, the first four bytes of the key's hash, and what follows them."""

    name: str
    key_hash: bytes
    signature: bytes


class Note(NamedTuple):
    """A head as it was written: the three lines that are signed, what they say, and the signature lines."""

    text: str
    origin: str
    size: int
    root: bytes
    stamps: tuple[Stamp, ...]


def read_note(note: str) -> Note:
    """A head taken apart, its signatures not yet checked. `Refusal` for anything that could be written in another way."""
    text, separator, tail = note.rpartition("\n\n")
    lines, signatures = text.split("\n"), tail.split("\n")
    if not separator or len(lines) != 3 or len(signatures) < 2 or signatures[-1]:
        raise Refusal("this is not a ledger head")
    origin, size, root = lines[0], lines[1], _decode_base64(lines[2])
    if not origin or not (size.isascii() and size.isdigit()) or str(int(size)) != size or len(root) != 32:
        raise Refusal("this is not a ledger head")
    return Note(f"{text}\n", origin, int(size), root, tuple(_read_stamp(line) for line in signatures[:-1]))


def hash_key(name: str, algorithm: int, public_key: bytes) -> bytes:
    """The four bytes by which a signature line names its key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public_key).digest()[:4]


def open_note(note: str, origin: str, public_key: bytes) -> Note:
    """A head that is of this origin and signed with this key. `Refusal` if it isn't."""
    head = read_note(note)
    if head.origin != origin:
        raise Refusal("this head is of another installation's ledger")
    expected = hash_key(origin, 1, public_key)
    mine = [stamp for stamp in head.stamps if stamp.name == origin and stamp.key_hash == expected]
    if len(mine) != 1 or not is_signed(public_key, head.text.encode(), mine[0].signature):
        raise Refusal("this head is not signed by this installation's key")
    return head


def _read_stamp(line: str) -> Stamp:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _decode_base64(encoded)
    if dash != "\u2014" or not name or "+" in name or len(raw) <= 4:
        raise Refusal("this is not a ledger head")
    return Stamp(name, raw[:4], raw[4:])


def _decode_base64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise Refusal("this is not a ledger head") from None
    if base64.b64encode(raw).decode() != text:
        raise Refusal("this is not a ledger head")
    return raw


# --- Leaves -----------------------------------------------------------------------------------------------------------


def read_canonical(content: bytes) -> Any:
    """The one value that canonical JSON stands for. `ValueError` for bytes that a reader could take in two ways: a key twice,
    NaN, a lone surrogate, bytes after the end, other blanks or another order of keys.
    """
    value = json.loads(content.decode())
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    if written.encode() != content:
        raise ValueError("not canonical JSON")
    return value


def read_leaf(body: bytes) -> dict[str, Any]:
    """A leaf of this version. `ValueError` if it can't be read in one way only, is of another version or shape."""
    value = read_canonical(body)
    version = value.get("v") if isinstance(value, dict) else None
    if type(version) is not int or version != LEAF_VERSION:
        raise ValueError("of an unknown version")
    if value.keys() != LEAF_KEYS or not has_leaf_shape(value):
        raise ValueError("not of the shape of its version")
    leaf: dict[str, Any] = value
    return leaf


def has_leaf_shape(leaf: dict[str, Any]) -> bool:
    """Whether the parts of a leaf are of their types: digests by table and key, null for an erased row."""
    texts = (
        type(leaf["event"]) is type(leaf["subject"]) is type(leaf["actor"]) is type(leaf["at"]) is type(leaf["today"])
    )
    if not texts or type(leaf["event"]) is not str:
        return False
    if type(leaf["seq"]) is not int or type(leaf["today_was_set"]) is not bool or type(leaf["facts"]) is not dict:
        return False
    if type(leaf["rows"]) is not dict:
        return False
    for digests in leaf["rows"].values():
        if type(digests) is not dict or not all(map(is_digest, digests.values())):
            return False
    return True


def is_digest(value: object) -> bool:
    """Whether a value can stand for a row in a leaf: 64 lower-case hexadecimal digits, or null for an erased row."""
    return value is None or (type(value) is str and _DIGEST.fullmatch(value) is not None)


# --- Bundles ----------------------------------------------------------------------------------------------------------


class Pin(NamedTuple):
    """What is known from outside the bundle."""

    origin: str
    public_key: bytes
    head: Note | None


class Findings(NamedTuple):
    """What was proven and what is wrong, each in a sentence."""

    proven: list[str]
    wrong: list[str]


def read_pin(head_file: str | None, origin: str | None, key: str | None) -> Pin:
    """Origin, key and head as given from outside. `Refusal` if they don't fit together."""
    if head_file is None:
        if origin is None or key is None:
            raise Refusal("give --head HEAD.json, or --origin and --key")
        return Pin(origin, bytes.fromhex(key), None)
    given = json.loads(Path(head_file).read_text(encoding="utf-8"))
    pinned_origin, pinned_key = origin or str(given["origin"]), bytes.fromhex(key or str(given["public_key"]))
    return Pin(pinned_origin, pinned_key, open_note(str(given["note"]), pinned_origin, pinned_key))


def check_bundle(bundle: str, pin: Pin) -> Findings:
    """Checks all of a bundle. `Refusal` if it is none."""
    findings = Findings([], [])
    files = _read_members(bundle)
    for name in ("manifest.json", "rows.json", "trace.json", "ledger/checkpoint.txt", "ledger/entries.json"):
        if name not in files:
            raise Refusal(f"the bundle lacks {name}")
    head = open_note(files["ledger/checkpoint.txt"].decode(), pin.origin, pin.public_key)
    findings.proven.append(f"the bundle's head of {head.size} entries is signed with the key you hold")
    told = json.loads(files["ledger/entries.json"])
    _check_continuation(told["consistency"], pin, head, findings)
    leaves = _check_entries(told["entries"], head, findings)
    _check_manifest(files, leaves, findings)
    rows = _check_rows(json.loads(files["rows.json"]), leaves, findings)
    _check_originals(files, rows, findings)
    _check_grants(json.loads(files["trace.json"]), rows, leaves, findings)
    return findings


def _read_members(bundle: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(bundle) as archive:
            members = archive.infolist()
            if len({member.filename for member in members}) != len(members):
                raise Refusal("the bundle holds two files of one name")
            if sum(member.file_size for member in members) > _MOST_BYTES:
                raise Refusal("the bundle is larger than any that the program writes")
            return {member.filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, binascii.Error, OSError) as error:
        raise Refusal(f"the bundle cannot be read ({type(error).__name__})") from None


def _check_continuation(told: list[dict[str, Any]], pin: Pin, head: Note, findings: Findings) -> None:
    if pin.head is None:
        findings.proven.append("no earlier head was given: a rewritten ledger would not be seen")
        return
    if head.size < pin.head.size:
        findings.wrong.append(f"the bundle's ledger has {head.size} entries, fewer than your head's {pin.head.size}")
        return
    proofs = [list(map(_decode_base64, each["proof"])) for each in told if each["size"] == pin.head.size]
    if head.size == pin.head.size:
        proofs = [[]]
    if not proofs:
        findings.wrong.append("the bundle brings no proof from your head: ask for one made with --against your head")
    elif continues(pin.head.size, head.size, proofs[0], pin.head.root, head.root):
        findings.proven.append(f"the ledger continues your head of {pin.head.size} entries")
    else:
        findings.wrong.append("the ledger does not continue your head: it was rewritten, or forked")


def _check_entries(told: list[dict[str, Any]], head: Note, findings: Findings) -> dict[int, dict[str, Any]]:
    leaves = {}
    for each in told:
        seq, body = each["seq"], each["body"].encode()
        try:
            leaf = read_leaf(body)
        except ValueError as error:
            findings.wrong.append(f"entry {seq}: {error}")
            continue
        proof = list(map(_decode_base64, each["proof"]))
        if leaf["seq"] != seq or not includes(hash_leaf(body), seq, head.size, proof, head.root):
            findings.wrong.append(f"entry {seq}: it does not stand in the ledger")
        leaves[seq] = leaf
    findings.proven.append(f"{len(leaves)} entries stand in the ledger")
    return leaves


def _check_manifest(files: dict[str, bytes], leaves: dict[int, dict[str, Any]], findings: Findings) -> None:
    digest = hashlib.sha256(files["manifest.json"]).hexdigest()
    exported = [leaf for leaf in leaves.values() if leaf["event"] == "trace-exported"]
    if not any(leaf["facts"].get("manifest") == digest for leaf in exported):
        findings.wrong.append("manifest.json is not the one that the ledger recorded when the bundle was made")
    manifest = read_canonical(files["manifest.json"])
    if manifest.get("version") != BUNDLE_VERSION:
        findings.wrong.append("the bundle is of an unknown version")
    listed = manifest["files"]
    for name in sorted(listed.keys() | (files.keys() - _UNLISTED)):
        if name not in files:
            findings.wrong.append(f"{name}: missing from the bundle")
        elif hashlib.sha256(files[name]).hexdigest() != listed.get(name):
            findings.wrong.append(f"{name}: not the file that was put into the bundle")
    findings.proven.append(f"{len(listed)} files are those that the ledger recorded")


def _check_rows(
    told: list[dict[str, Any]], leaves: dict[int, dict[str, Any]], findings: Findings
) -> dict[tuple[str, str], dict[str, Any]]:
    rows = {}
    latest = {
        (table, key): (seq, digest)
        for seq, leaf in sorted(leaves.items())
        for table, digests in leaf["rows"].items()
        for key, digest in digests.items()
    }
    for each in told:
        where = (each["table"], each["key"])
        seq, digest = latest.get(where, (None, None))
        if digest is None or hashlib.sha256(each["row"].encode()).hexdigest() != digest:
            findings.wrong.append(f"{each['table']} {each['key']}: not the row that entry {seq} recorded")
            continue
        rows[where] = read_canonical(each["row"].encode())
    erased = sum(digest is None for _, digest in latest.values())
    findings.proven.append(f"{len(rows)} rows are as recorded" + (f"; {erased} rows: subject erased" if erased else ""))
    return rows


def _check_originals(files: dict[str, bytes], rows: dict[tuple[str, str], dict[str, Any]], findings: Findings) -> None:
    for (table, key), row in rows.items():
        if table != "forms":
            continue
        originals = [content for name, content in files.items() if name.startswith(f"{key}/original-")]
        if [hashlib.sha256(content).hexdigest() for content in originals] != [row["document_sha256"]]:
            findings.wrong.append(f"form {key}: its original is not the file that was received")
        else:
            findings.proven.append(f"form {key}: its original is the file that was received")


def _check_grants(
    trace: dict[str, Any],
    rows: dict[tuple[str, str], dict[str, Any]],
    leaves: dict[int, dict[str, Any]],
    findings: Findings,
) -> None:
    for grant in trace["grants"]:
        name = grant["grant_id"]
        row = rows.get(("grants", name))
        shown = {
            "student_id": "student_id",
            "partner_id": "partner_id",
            "categories": "categories",
            "from": "from_date",
        }
        shown |= {"to": "to_date", "form_id": "form_id", "decision_id": "decision_id", "basis": "basis"}
        if row is None or any(grant[key] != row[column] for key, column in shown.items()):
            findings.wrong.append(f"grant {name}: what trace.json says is not what was recorded")
            continue
        findings.wrong.extend(f"grant {name}: {fault}" for fault in _list_faults(row, name, rows, leaves))
        findings.proven.append(f"grant {name}: given in the ledger on form {row['form_id']}")


def _list_faults(
    grant: dict[str, Any],
    name: str,
    rows: dict[tuple[str, str], dict[str, Any]],
    leaves: dict[int, dict[str, Any]],
) -> Iterator[str]:
    if not any(
        leaf["event"] == "access-granted" and name in leaf["rows"].get("grants", {}) for leaf in leaves.values()
    ):
        yield "no entry gave it"
    form, decision = rows.get(("forms", str(grant["form_id"]))), rows.get(("decisions", grant["decision_id"]))
    if grant["form_id"] is not None and (form is None or form["student_id"] != grant["student_id"]):
        yield "its form is of another student"
    if decision is None or decision["form_id"] != grant["form_id"] or decision["student_id"] != grant["student_id"]:
        yield "its decision is not on that form and student"


def main(arguments: Sequence[str]) -> int:
    """The program; returns the exit code."""
    parser = argparse.ArgumentParser(description="Checks a trace bundle offline.")
    parser.add_argument("bundle", help="the bundle, a zip")
    parser.add_argument("--head", help="a head that you hold: HEAD.json")
    parser.add_argument("--origin", help="the ledger's origin, if you hold no head")
    parser.add_argument("--key", help="the ledger's public key in hexadecimal, if you hold no head")
    given = parser.parse_args(arguments)
    try:
        findings = check_bundle(given.bundle, read_pin(given.head, given.origin, given.key))
    except Refusal as refusal:
        sys.stderr.write(f"nothing is proven: {refusal}\n")
        return 2
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        sys.stderr.write(f"nothing is proven: bundle or head are malformed ({type(error).__name__})\n")
        return 2
    for words in findings.proven:
        sys.stdout.write(f"      {words}\n")
    for words in findings.wrong:
        sys.stdout.write(f"WRONG {words}\n")
    sys.stdout.write(
        "NOT PROVEN\n" if findings.wrong else "PROVEN: what the bundle shows is what the ledger recorded\n"
    )
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
