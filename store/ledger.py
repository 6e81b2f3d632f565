"""The one narrow door: every step writes its rows and its ledger entry here, in one transaction, or not at all.

The ledger is an RFC 9162 Merkle tree. A leaf is canonical JSON, hashed as stored: what happened, when, by whom, and the
salted digest of each row written. No leaf holds personal data. Order is by `seq`, never by time. What this can't see
without a head kept elsewhere: truncation or a rewrite of the whole ledger by whoever owns the machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.canonical import JsonValue, write_canonical_json
from store.engine import DOOR_KEY
from store.merkle import TreeEdge, hash_leaf
from store.tables import LedgerHead, LedgerLeaf, Tracked

LEAF_VERSION = 1
_IN_ORDER_OF_REFERENCE = Tracked.metadata.sorted_tables


class Event(StrEnum):
    """What can happen. Each is a past fact."""

    HOME_MADE = "home-made"
    PARTNER_ADDED = "partner-added"
    AGREEMENT_RECORDED = "agreement-recorded"
    TEMPLATE_LEARNED = "template-learned"
    ENROLLMENT_LOADED = "enrollment-loaded"
    SUBMISSION_RECEIVED = "submission-received"
    FORM_READ = "form-read"
    FORM_PARKED = "form-parked"
    FORM_RELEASED = "form-released"
    FORM_RULED = "form-ruled"
    ACCESS_GRANTED = "access-granted"
    SUBMISSION_SETTLED = "submission-settled"
    REVIEW_DECIDED = "review-decided"
    SECOND_PERSON_ASKED = "second-person-asked"
    ACCESS_WITHDRAWN = "access-withdrawn"
    TRACE_EXPORTED = "trace-exported"
    TERMS_LISTED = "terms-listed"
    PERSON_RECORDED = "person-recorded"
    STUDENT_DATA_LOADED = "student-data-loaded"
    DELIVERY_RECORDED = "delivery-recorded"
    DELIVERY_COMPLETED = "delivery-completed"
    STUDENT_SHOWN = "student-shown"
    DISCLOSURES_LISTED = "disclosures-listed"
    INCIDENT_REPORTED = "incident-reported"


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of an entry, and the day that the rules take as today. `today_was_set`: a rehearsal, said in each entry."""

    now: datetime
    today: date
    today_was_set: bool = False

    @classmethod
    def read(cls, set_day: str | None) -> Clock:
        """The machine's time; `set_day` (YYYY-MM-DD) replaces today. `ValueError` for a day of no calendar."""
        now = datetime.now(UTC)
        if set_day:
            return cls(now, date.fromisoformat(set_day), True)
        return cls(now, now.astimezone().date())


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to record: its subject's id, who did it, codes and counts (never personal data), and the rows it writes."""

    event: Event
    subject: str
    actor: str
    rows: Sequence[Tracked]
    facts: dict[str, JsonValue] = field(default_factory=dict)


def lock_ledger(session: Session) -> None:
    """Makes this transaction the only writer until it ends. SHALL be the first statement of every writing transaction:
    on SQLite it takes the write lock before anything is read, on PostgreSQL it holds the permanent head row.
    """
    session.execute(update(LedgerHead).where(LedgerHead.only == 1).values(turns=LedgerHead.turns + 1))


def record(session: Session, clock: Clock, entry: Entry) -> int:
    """Writes the entry's rows and its leaf; returns the leaf's number, from 0. The session must hold `lock_ledger`."""
    session.info.setdefault(DOOR_KEY, set()).update(entry.rows)
    for referred in _IN_ORDER_OF_REFERENCE:
        session.add_all(row for row in entry.rows if row.__table__ is referred)
        session.flush()
    head = session.scalars(select(LedgerHead).with_for_update().execution_options(populate_existing=True)).one()
    digests: dict[str, JsonValue] = {}
    for row in entry.rows:
        table = digests.setdefault(row.__tablename__, {})
        assert isinstance(table, dict)  # noqa: S101 - narrows the type
        table[row.identify()] = row.digest()
    body = write_canonical_json(
        {
            "v": LEAF_VERSION,
            "seq": head.size,
            "event": entry.event,
            "subject": entry.subject,
            "actor": entry.actor,
            "at": clock.now.isoformat(timespec="microseconds"),
            "today": clock.today,
            "today_was_set": clock.today_was_set,
            "facts": entry.facts,
            "rows": digests,
        }
    )
    edge = TreeEdge(head.size, tuple(bytes.fromhex(root) for root in head.edge))
    leaf = hash_leaf(body)
    grown = edge.append(leaf)
    leaf_row = LedgerLeaf(seq=head.size, body=body, leaf_hash=leaf.hex(), prev_root=head.root, root=grown.root.hex())
    session.info[DOOR_KEY].update((leaf_row, head))
    session.add(leaf_row)
    head.size, head.root, head.edge = grown.size, grown.root.hex(), [root.hex() for root in grown.roots]
    session.flush()
    return leaf_row.seq


def read_body(leaf: LedgerLeaf) -> dict[str, JsonValue]:
    """A leaf's body as JSON. `ValueError` for bytes that don't parse one way (duplicate keys, trailing bytes, NaN)."""
    value = json.loads(leaf.body.decode(), object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant)
    if not isinstance(value, dict) or write_canonical_json(value) != leaf.body:
        raise ValueError("not canonical JSON")
    return value


def _refuse_duplicates(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _refuse_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is no JSON")
