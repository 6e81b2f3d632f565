"""The one narrow door: every step writes its rows and its ledger entry here, in one transaction, or not at all.

The ledger is an RFC 9162 Merkle tree. A leaf is canonical JSON, hashed as stored: what happened, when, by whom, and the
salted digest of each row written. No leaf holds personal data. Order is by `seq`, never by time. What this can't see
without a head kept elsewhere: truncation or a rewrite of the whole ledger by whoever owns the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, cast

from sqlalchemy import FromClause, insert, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import Session

from store.canonical import JsonValue, write_canonical_json
from store.engine import DOOR_KEY
from store.merkle import TreeEdge, TreeNode
from store.tables import LedgerHead, LedgerLeaf, LedgerNode, Tracked
from store.verify_bundle import LEAF_VERSION, hash_leaf, read_leaf

_HEAD, _LEAVES, _NODES = (cast("SqlTable", table.__table__) for table in (LedgerHead, LedgerLeaf, LedgerNode))
_TAKE_HEAD = update(_HEAD).where(_HEAD.c.only == 1).values(only=1)
_READ_HEAD = select(_HEAD.c.size, _HEAD.c.root, _HEAD.c.edge).where(_HEAD.c.only == 1).with_for_update()
_SET_HEAD = update(_HEAD).where(_HEAD.c.only == 1)
_ADD_LEAVES, _ADD_NODES = insert(_LEAVES), insert(_NODES)


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
    SUBMISSION_LINKED = "submission-linked"
    REVIEW_DECIDED = "review-decided"
    SECOND_PERSON_ASKED = "second-person-asked"
    ACCESS_WITHDRAWN = "access-withdrawn"
    TRACE_EXPORTED = "trace-exported"
    GRANT_CONFIRMED = "grant-confirmed"
    HOLD_PLACED = "hold-placed"
    HOLD_RELEASED = "hold-released"
    RECORDS_ERASED = "records-erased"
    TERMS_LISTED = "terms-listed"
    PERSON_RECORDED = "person-recorded"
    STUDENT_DATA_LOADED = "student-data-loaded"
    DELIVERY_RECORDED = "delivery-recorded"
    DELIVERY_COMPLETED = "delivery-completed"
    DELIVERY_WITHHELD = "delivery-withheld"
    STUDENT_SHOWN = "student-shown"
    DISCLOSURES_LISTED = "disclosures-listed"
    INCIDENT_REPORTED = "incident-reported"
    ACCOUNT_ADDED = "account-added"
    ACCOUNT_CHANGED = "account-changed"
    PAGE_SHOWN = "page-shown"
    CASE_TAKEN_OVER = "case-taken-over"
    CASE_DEFERRED = "case-deferred"
    FIELD_KEYED = "field-keyed"
    DECISION_REVERSED = "decision-reversed"
    BATCH_PROPOSED = "batch-proposed"
    BATCH_ENDED = "batch-ended"
    POLICY_SET = "policy-set"
    BLIND_TASK_DRAWN = "blind-task-drawn"
    BLIND_CROPS_SHOWN = "blind-crops-shown"
    BLIND_TASK_KEYED = "blind-task-keyed"
    ANSWERS_RELEASED = "answers-released"
    YEAR_OPENED = "year-opened"
    AGREEMENT_JUDGED = "agreement-judged"
    PERSON_NAMED = "person-named"
    DESIGNEE_RECORDED = "designee-recorded"
    TERM_CONFIRMED = "term-confirmed"
    CORRECTION_LINKED = "correction-linked"
    EXPORTS_FROZEN = "exports-frozen"
    EXPORTS_RELEASED = "exports-released"
    EXTRACT_CONFIRMED = "extract-confirmed"
    SHEETS_PRINTED = "sheets-printed"
    SHEET_CAME_BACK = "sheet-came-back"
    FILES_ARRIVED = "files-arrived"
    COVER_PRINTED = "cover-printed"
    STACK_PARTED = "stack-parted"
    SENDING_QUEUED = "sending-queued"
    SENDING_ENDED = "sending-ended"


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
    """One event to record: its subject's id, who did it, codes and counts (never personal data), the rows it writes, and
    those that it says are erased. `store.erasure` alone erases rows.
    """

    event: Event
    subject: str
    actor: str
    rows: Sequence[Tracked]
    facts: dict[str, JsonValue] = field(default_factory=dict)
    erased: Sequence[Tracked] = ()


@dataclass(frozen=True, slots=True)
class StampedEntry:
    """An entry and its time."""

    clock: Clock
    entry: Entry


def lock_ledger(session: Session) -> None:
    """Makes this transaction the only writer until it ends. SHALL be the first statement of every writing transaction:
    on SQLite it takes the write lock before anything is read, on PostgreSQL it holds the permanent head row.
    """
    session.execute(_TAKE_HEAD)


def record(session: Session, clock: Clock, entry: Entry) -> int:
    """Writes the entry's rows and its leaf; returns the leaf's number, from 0. The session must hold `lock_ledger`."""
    return record_all(session, clock, (entry,))[0]


def record_all(session: Session, clock: Clock, entries: Sequence[Entry]) -> list[int]:
    """Writes the rows and leaves of several entries, in their order, at the cost of few statements; returns their numbers."""
    return append_stamped(session, [StampedEntry(clock, entry) for entry in entries])


def append_stamped(session: Session, stamped: Sequence[StampedEntry]) -> list[int]:
    """As `record_all`, each entry with a time of its own."""
    _write_rows(session, [row for each in stamped for row in each.entry.rows])
    head = session.execute(_READ_HEAD).one()
    edge = TreeEdge(head.size, tuple(bytes.fromhex(root) for root in head.edge))
    root, leaves, finished = head.root, [], list[TreeNode]()
    for each in stamped:
        body = write_leaf(edge.size, each)
        leaf = hash_leaf(body)
        seq, prev_root, edge = edge.size, root, edge.append(leaf, finished)
        root = edge.root.hex()
        leaves.append({"seq": seq, "body": body, "leaf_hash": leaf.hex(), "prev_root": prev_root, "root": root})
    session.execute(_ADD_LEAVES, leaves)
    if finished:
        nodes = [{"level": n.level, "number": n.number, "node_hash": n.node_hash.hex()} for n in finished]
        session.execute(_ADD_NODES, nodes)
    grown = {"size": edge.size, "root": root, "edge": [node.hex() for node in edge.roots]}
    session.execute(_SET_HEAD, grown)
    return list(range(head.size, edge.size))


def write_leaf(seq: int, stamped: StampedEntry) -> bytes:
    """The bytes of an entry's leaf. `ValueError` for facts that have no one form (NaN)."""
    clock, entry = stamped.clock, stamped.entry
    digests: dict[str, dict[str, str | None]] = {}
    for row in entry.rows:
        digests.setdefault(row.__tablename__, {})[row.identify()] = row.digest()
    for row in entry.erased:
        digests.setdefault(row.__tablename__, {})[row.identify()] = None
    return write_canonical_json(
        {
            "v": LEAF_VERSION,
            "seq": seq,
            "event": entry.event,
            "subject": entry.subject,
            "actor": entry.actor,
            "at": clock.now.astimezone(UTC).isoformat(timespec="microseconds"),
            "today": clock.today,
            "today_was_set": clock.today_was_set,
            "facts": entry.facts,
            "rows": digests,
        }
    )


def _write_rows(session: Session, rows: Sequence[Tracked]) -> None:
    session.info.setdefault(DOOR_KEY, set()).update(rows)
    by_table: dict[FromClause, list[Tracked]] = {}
    for row in rows:
        by_table.setdefault(row.__table__, []).append(row)
    order = _order_tables(len(Tracked.metadata.tables)) if len(by_table) > 1 else {}
    for table in sorted(by_table, key=lambda table: order.get(table, 0)):
        session.add_all(by_table[table])
        session.flush()


@cache
def _order_tables(_count: int) -> dict[FromClause, int]:
    """The tables in order of reference; anew where modules that were loaded since have added some."""
    return {table: place for place, table in enumerate(Tracked.metadata.sorted_tables)}


def read_body(leaf: LedgerLeaf) -> dict[str, Any]:
    """A leaf's body as JSON. `ValueError` for bytes that don't parse one way (duplicate keys, trailing bytes, NaN), and for
    another version or shape.
    """
    return read_leaf(leaf.body)
