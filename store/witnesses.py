"""Witnesses: outsiders who countersign a head, so that two of them can't be shown two ledgers. C2SP tlog-cosignature, v1.

A witness signs the head's text and the time at which it saw it, with a key of its own that this installation never holds.
It SHALL sign only heads that continue the last one it signed; the proof for that comes with a head (`ledger head --since`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from store.errors import StoreError
from store.verify_bundle import Note, Refusal, continues, hash_key, is_signed, open_note, read_note

_COSIGNATURE = 4
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness by its name and public key (32 bytes)."""

    name: str
    public_key: bytes

    @property
    def verifier_key(self) -> str:
        """The key as C2SP signed notes write it: name, hash, algorithm and key."""
        key = base64.b64encode(bytes([_COSIGNATURE]) + self.public_key).decode()
        return f"{self.name}+{hash_key(self.name, _COSIGNATURE, self.public_key).hex()}+{key}"

    @classmethod
    def parse(cls, verifier_key: str) -> Witness:
        """The witness of a verifier key. `StoreError` if it is none."""
        name, _, rest = verifier_key.strip().partition("+")
        key_hash, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raw = b""
        witness = cls(name, raw[1:])
        if not name or len(raw) != 33 or raw[0] != _COSIGNATURE or witness.verifier_key.split("+")[1] != key_hash:
            raise StoreError("this is no verifier key of a witness: name+hash+key")
        return witness


@dataclass(frozen=True, slots=True)
class Cosignature:
    """That a witness has seen a head, and when."""

    witness: Witness
    at: datetime


def cosign(note: str, name: str, private: Ed25519PrivateKey, at: datetime) -> str:
    """The note with a witness's line added. `StoreError` if it is no head."""
    head = _read(note)
    witness = Witness(name, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    seconds = int(at.timestamp())
    signature = private.sign(_write_message(head.text, seconds))
    raw = hash_key(name, _COSIGNATURE, witness.public_key) + seconds.to_bytes(_TIME_BYTES, "big") + signature
    return f"{note}\u2014 {name} {base64.b64encode(raw).decode()}\n"


def countersign(head: dict[str, Any], last: dict[str, Any] | None, name: str, private: Ed25519PrivateKey) -> str:
    """What a witness does with a head that it is shown: the note with its line, if the head is signed and continues the last
    one that this witness signed (None: the first of this ledger). `StoreError` if it doesn't.
    """
    try:
        shown = open_note(head["note"], head["origin"], bytes.fromhex(head["public_key"]))
        if last is not None:
            before = open_note(last["note"], head["origin"], bytes.fromhex(last["public_key"]))
            told = head.get("consistency", {"size": shown.size, "proof": []})  # of equal heads nothing is to prove
            proof = [base64.b64decode(node) for node in told["proof"]]
            if last["public_key"] != head["public_key"] or told["size"] != before.size:
                raise StoreError("the head brings no proof from the last one: ask for 'ledger head --since'")
            if not continues(before.size, shown.size, proof, before.root, shown.root):
                raise StoreError("the head does not continue the last one that was countersigned")
    except Refusal as refusal:
        raise StoreError(str(refusal)) from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise StoreError("this is not a ledger head") from None
    return cosign(head["note"], name, private, datetime.now(UTC))


def find_cosignatures(note: str, witnesses: list[Witness]) -> list[Cosignature]:
    """Those of these witnesses who countersigned the head. `StoreError` if a line in the name and key of one doesn't hold."""
    head = _read(note)
    found = []
    for witness in witnesses:
        expected = hash_key(witness.name, _COSIGNATURE, witness.public_key)
        for stamp in head.stamps:
            if stamp.name != witness.name or stamp.key_hash != expected:
                continue
            seconds, signature = int.from_bytes(stamp.signature[:_TIME_BYTES], "big"), stamp.signature[_TIME_BYTES:]
            if not is_signed(witness.public_key, _write_message(head.text, seconds), signature):
                raise StoreError(f"the cosignature of {witness.name} does not hold")
            found.append(Cosignature(witness, datetime.fromtimestamp(seconds, UTC)))
    return found


def _write_message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _read(note: str) -> Note:
    try:
        return read_note(note)
    except Refusal as refusal:
        raise StoreError(str(refusal)) from None
