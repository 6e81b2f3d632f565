"""Walks from a student, a grant or a form back to the ink: form, page, boxes, evidence, decision, policy, ledger entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, func, literal, or_, select
from sqlalchemy.orm import Session

from consentry.desk.shown_forms import show_form
from consentry.errors import CommandError
from consentry.program import Program
from store import JsonValue
from store.ledger import read_body
from store.tables import Decision, Disclosure, Form, Grant, LedgerLeaf

_IDS_A_QUERY = 50


@dataclass(frozen=True, slots=True)
class Subject:
    """What to trace: exactly one of the three."""

    student_id: str | None = None
    grant_id: str | None = None
    form_id: str | None = None


def trace(program: Program, subject: Subject) -> dict[str, JsonValue]:
    """The chain of everything that concerns the subject. `CommandError` if nothing does."""
    with program.installation.reading() as session:
        grants, forms = find_traced(session, subject)
        if not grants and not forms:
            raise CommandError("nothing is on record for that")
        ids = {grant.grant_id for grant in grants} | {form.form_id for form in forms}
        return {
            "grants": [_show_grant(grant) for grant in grants],
            "forms": [{**show_form(session, form), "decisions": _show_decisions(session, form)} for form in forms],
            "disclosures": _show_disclosures(session, grants),
            "ledger": _show_entries(session, ids),
        }


def find_traced(session: Session, subject: Subject) -> tuple[Sequence[Grant], Sequence[Form]]:
    """The grants of a subject, and the forms that they or the subject stand for."""
    if subject.grant_id:
        grants = session.scalars(select(Grant).where(Grant.grant_id == subject.grant_id)).all()
    elif subject.form_id:
        grants = session.scalars(select(Grant).where(Grant.form_id == subject.form_id)).all()
    else:
        grants = session.scalars(
            select(Grant).where(Grant.student_id == subject.student_id).order_by(Grant.recorded_at)
        ).all()
    wanted = {grant.form_id for grant in grants if grant.form_id} | ({subject.form_id} if subject.form_id else set())
    forms = session.scalars(select(Form).where(Form.form_id.in_(wanted)).order_by(Form.form_id)).all()
    return grants, forms


def find_entries(session: Session, ids: set[str]) -> Iterator[int]:
    """Numbers of the entries that wrote a row of these ids, or have one as their subject. The database looks for their text,
    so a long ledger is scanned but not parsed.
    """
    yield from (leaf.seq for leaf, _ in _find_leaves(session, ids))


def _find_leaves(session: Session, ids: set[str]) -> Iterator[tuple[LedgerLeaf, dict[str, Any]]]:
    listed = sorted(ids)
    for start in range(0, len(listed), _IDS_A_QUERY):
        some = listed[start : start + _IDS_A_QUERY]
        named = or_(*(_names(session, f'"{one}"'.encode()) for one in some))
        found = session.scalars(select(LedgerLeaf).where(named).order_by(LedgerLeaf.seq))
        for leaf in found:
            body = read_body(leaf)
            touched = {key for digests in body["rows"].values() for key in digests}
            if ids & (touched | {str(body["subject"])}):
                yield leaf, body


def _names(session: Session, needle: bytes) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "sqlite":
        return func.instr(LedgerLeaf.body, literal(needle, LargeBinary)) > 0
    return func.position(literal(needle, LargeBinary).op("in")(LedgerLeaf.body)) > 0


def _show_entries(session: Session, ids: set[str]) -> list[JsonValue]:
    found = {leaf.seq: (leaf, body) for leaf, body in _find_leaves(session, ids)}
    return [
        {
            "seq": seq,
            "event": body["event"],
            "at": body["at"],
            "actor": body["actor"],
            "leaf_hash": leaf.leaf_hash,
            "root": leaf.root,
        }
        for seq, (leaf, body) in sorted(found.items())
    ]


def _show_disclosures(session: Session, grants: Sequence[Grant]) -> list[JsonValue]:
    of_grants = select(Disclosure).where(Disclosure.grant_id.in_([grant.grant_id for grant in grants]))
    return [
        {
            "disclosure_id": row.disclosure_id,
            "kind": row.kind,
            "on": row.on_date.isoformat(),
            "grant_id": row.grant_id,
            "student_id": row.student_id,
            "recipient": row.recipient,
            "purpose": row.purpose,
            "categories": list(row.categories),
            "delivery_id": row.delivery_id,
        }
        for row in session.scalars(of_grants.order_by(Disclosure.at, Disclosure.disclosure_id))
    ]


def _show_grant(grant: Grant) -> JsonValue:
    return {
        "grant_id": grant.grant_id,
        "student_id": grant.student_id,
        "partner_id": grant.partner_id,
        "basis": grant.basis,
        "categories": list(grant.categories),
        "from": grant.from_date.isoformat(),
        "to": grant.to_date.isoformat(),
        "form_id": grant.form_id,
        "decision_id": grant.decision_id,
        "lapses_on": grant.lapses_on.isoformat() if grant.lapses_on else None,
        "revoked": (
            {"on": grant.revoked_on.isoformat(), "by": grant.revoked_by, "why": grant.revoked_why}
            if grant.revoked_on
            else None
        ),
    }


def _show_decisions(session: Session, form: Form) -> list[JsonValue]:
    decisions = session.scalars(select(Decision).where(Decision.form_id == form.form_id).order_by(Decision.at))
    return [
        {
            "decision_id": decision.decision_id,
            "actor": decision.actor,
            "action": decision.action,
            "student_id": decision.student_id,
            "reason": decision.reason,
            "on": decision.on_date.isoformat(),
            "policy_sha256": decision.policy_sha256,
        }
        for decision in decisions
    ]
