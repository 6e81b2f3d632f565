"""Walks from a student, a grant or a form back to the ink: form, page, boxes, evidence, decision, policy, ledger entries."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.program import Program
from consentry.shown_forms import show_form
from ingest import draw_page
from ingest.types import MediaType, PageImage
from ocr import write_png
from store import Entry, Event, JsonValue, record
from store.ledger import read_body
from store.tables import Decision, Form, Grant, LedgerLeaf


@dataclass(frozen=True, slots=True)
class Subject:
    """What to trace: exactly one of the three."""

    student_id: str | None = None
    grant_id: str | None = None
    form_id: str | None = None


def trace(program: Program, subject: Subject) -> dict[str, JsonValue]:
    """The chain of everything that concerns the subject. `CommandError` if nothing does."""
    with program.installation.reading() as session:
        grants, forms = _find(session, subject)
        if not grants and not forms:
            raise CommandError("nothing is on record for that")
        ledger = _find_leaves(session, {grant.grant_id for grant in grants} | {form.form_id for form in forms})
        return {
            "grants": [_show_grant(grant) for grant in grants],
            "forms": [{**show_form(session, form), "decisions": _show_decisions(session, form)} for form in forms],
            "disclosures": [],
            "ledger": list(ledger),
        }


def write_bundle(program: Program, subject: Subject, file: Path) -> None:
    """Writes the chain as a zip: `trace.json`, each form's original, its page as PNG and a PNG of each field's ink."""
    chain = trace(program, subject)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle, program.open_cell() as cell:
        _add(bundle, "trace.json", json.dumps(chain, indent=1, ensure_ascii=False).encode())
        with program.installation.reading() as session:
            _, forms = _find(session, subject)
        for form in forms:
            original = program.installation.documents.get(form.document_sha256)
            _add(bundle, f"{form.form_id}/original-{form.document_sha256[:12]}", original)
            page = draw_page(original, MediaType(form.media_type), form.page_index, cell, program.limits)
            if isinstance(page, PageImage):
                _add_pictures(bundle, form, page)
    try:
        file.write_bytes(stream.getvalue())
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}") from None
    clock = program.read_clock()
    with program.installation.writing() as session:
        subject_id = subject.grant_id or subject.form_id or "student"
        record(session, clock, Entry(Event.TRACE_EXPORTED, subject_id, "program", []))


def _add(bundle: zipfile.ZipFile, name: str, content: bytes) -> None:
    bundle.writestr(zipfile.ZipInfo(name), content)


def _add_pictures(bundle: zipfile.ZipFile, form: Form, page: PageImage) -> None:
    _add(bundle, f"{form.form_id}/page.png", write_png(page.pixels))
    for name, field in form.fields.items():
        box = field.get("box") if isinstance(field, dict) else None
        if not isinstance(box, list):
            continue
        x0, y0, x1, y1 = (int(str(edge)) for edge in box)
        crop = page.pixels[max(y0, 0) : y1, max(x0, 0) : x1]
        if crop.size:
            _add(bundle, f"{form.form_id}/{name}.png", write_png(crop))


def _find(session: Session, subject: Subject) -> tuple[Sequence[Grant], Sequence[Form]]:
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


def _find_leaves(session: Session, ids: set[str]) -> Iterable[JsonValue]:
    for leaf in session.scalars(select(LedgerLeaf).order_by(LedgerLeaf.seq)).yield_per(2000):
        body = read_body(leaf)
        rows = body["rows"]
        touched = {key for table in rows.values() for key in table} if isinstance(rows, dict) else set()  # type: ignore[union-attr]
        if ids & (touched | {str(body["subject"])}):
            yield {
                "seq": leaf.seq,
                "event": body["event"],
                "at": body["at"],
                "actor": body["actor"],
                "leaf_hash": leaf.leaf_hash,
                "root": leaf.root,
            }


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
