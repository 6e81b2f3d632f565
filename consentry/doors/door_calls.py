"""Signed calls from outside that say "look at this door": checked, kept once, and nothing more. What they say is never
believed.

ShareFile signs the bytes of a call with HMAC-SHA-256 under two keys, each in a header of its own, so that keys can be changed
in turn. Accepted limit: a call carries no number of its own and may come late or again, which costs a look.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

from sqlalchemy import delete, select

from consentry.program import Program
from store.door_tables import DoorCall

SIGNATURE_HEADERS = ("sf-webhook-primary-signature", "sf-webhook-secondary-signature")
"""Where ShareFile puts the signatures of a call, by its published API."""

_MOST_KEPT = 1000


def is_signed(body: bytes, signatures: Iterable[str], keys: Iterable[str]) -> bool:
    """Whether one of a call's signatures (hexadecimal or base64) was made of its bytes with one of the keys."""
    given = [_decode(signature.strip().removeprefix("sha256=")) for signature in signatures]
    made = [hmac.digest(key.encode(), body, "sha256") for key in keys if key]
    return any([hmac.compare_digest(each, digest) for each in given for digest in made])


def note_call(program: Program, door: str, body: bytes) -> bool:
    """Keeps a call until the door was looked at; False if it was kept before."""
    call_id = f"{door}-{hashlib.sha256(body).hexdigest()}"
    with program.installation.sessions.begin() as session:
        if session.get(DoorCall, call_id) is not None:
            return False
        session.add(DoorCall(call_id=call_id, door=door, received_at=program.read_clock().now, looked_at=None))
    return True


def is_called(program: Program, door: str) -> bool:
    """Whether a call waits for a look at the door."""
    waits = select(DoorCall.call_id).where(DoorCall.door == door, DoorCall.looked_at.is_(None)).limit(1)
    with program.installation.reading() as session:
        return session.scalar(waits) is not None


def note_look(program: Program, door: str) -> None:
    """Notes that the door was looked at after all calls that wait now; of calls looked at the newest are kept, to know them
    again.
    """
    now = program.read_clock().now
    with program.installation.sessions.begin() as session:
        for call in session.scalars(select(DoorCall).where(DoorCall.door == door, DoorCall.looked_at.is_(None))):
            call.looked_at = now
        newest = select(DoorCall.call_id).order_by(DoorCall.received_at.desc()).limit(_MOST_KEPT)
        session.execute(delete(DoorCall).where(DoorCall.call_id.not_in(newest)))


def _decode(signature: str) -> bytes:
    try:
        return bytes.fromhex(signature)
    except ValueError:
        pass
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""
