"""What people do on a case short of deciding it: put it off to a day, or key what stands in a field and have it matched anew.

A keyed value is a third witness: it replaces the reader's in the query, never in the record. What the form's match was
before stands in the step, and so in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consentry.desk.claims import make_step
from consentry.desk.shown_forms import show_candidates
from consentry.errors import CommandError
from consentry.intake.enrolled_children import EnrolledChildren
from consentry.intake.held_enrollment import HeldEnrollment
from consentry.intake.listed_rows import query_row
from consentry.pipeline.paper_facts import QUERY_FIELDS, query_form
from consentry.program import Program
from ingest import parse_written_date
from matching import Candidate, Query
from ocr import FieldReading, FormReading
from store import Entry, Event, JsonValue, record
from store.desk_tables import CaseClaim, CaseStep
from store.tables import Case, Form, ListedStudent

DEFERRED, KEYED, CORRECTED, ILLEGIBLE = "deferred", "keyed", "corrected", "illegible"
KEYING_KINDS = (KEYED, CORRECTED, ILLEGIBLE)
"""Keyed before any candidate was shown, corrected after, or looked at and unreadable."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """What a person says stands in a field; `kind` is one of `KEYING_KINDS`."""

    field: str
    value: str
    kind: str


def defer_case(program: Program, case_id: str, until: date, reason: str, user: str) -> None:
    """Puts an open case off to a day. `CommandError`: a day that has come already, no reason, no such open case."""
    clock = program.read_clock()
    if until <= clock.today:
        raise CommandError("choose a day that lies ahead")
    if not reason.strip():
        raise CommandError("putting a case off needs a reason")
    with program.installation.writing() as session:
        _find_open(session, case_id)
        step = make_step(case_id, DEFERRED, user, clock, reason)
        step.until = until
        session.execute(delete(CaseClaim).where(CaseClaim.case_id == case_id))
        facts: dict[str, JsonValue] = {"until": until.isoformat()}
        record(session, clock, Entry(Event.CASE_DEFERRED, case_id, user, [step], facts))


def key_field(program: Program, enrollment: HeldEnrollment, case_id: str, keyed: Keyed, user: str) -> None:
    """Notes what a person keyed and matches the form anew. `CommandError`: not a value of that field, no such open case."""
    value = tidy_keyed(keyed.field, keyed.value) if keyed.kind != ILLEGIBLE else ""
    clock = program.read_clock()
    with program.installation.reading() as session:
        case = _find_open(session, case_id)
        form = session.get_one(Form, case.form_id)
        children = enrollment.index(enrollment.find(session, clock.today))
        earlier = list_keyed(session, case_id)
        row = find_row(session, form)
    overlay = {step.field: step.value for step in earlier} | {keyed.field: value}
    candidates = _match_anew(program, form, row, overlay, children)
    with program.installation.writing() as session:
        _find_open(session, case_id)
        form = session.get_one(Form, form.form_id)
        step = make_step(case_id, keyed.kind, user, clock)
        step.field, step.value, step.before = keyed.field, value, dict(form.match)
        best = candidates[0] if candidates else None
        form.student_id = best.student_id if best else None
        form.match = {
            **form.match,
            "student_id": form.student_id,
            "probability": best.probability if best else 0.0,
            "candidates": show_candidates(candidates),
        }
        record(session, clock, Entry(Event.FIELD_KEYED, case_id, user, [step, form], {"field": keyed.field}))


def list_keyed(session: Session, case_id: str) -> list[CaseStep]:
    """What was keyed on a case, in order; of a field that was keyed twice the later holds."""
    steps = select(CaseStep).where(CaseStep.case_id == case_id, CaseStep.kind.in_(KEYING_KINDS))
    return list(session.scalars(steps.order_by(CaseStep.at)))


def find_row(session: Session, form: Form) -> ListedStudent | None:
    """The list row that goes with a form."""
    if form.row_number is None:
        return None
    return session.get(ListedStudent, f"{form.submission_id}/{form.row_number}")


def tidy_keyed(field: str, value: str) -> str:
    """A keyed value as the matcher takes it: a date as YYYY-MM-DD, an ID without blanks. `CommandError` for anything else."""
    if field not in QUERY_FIELDS:
        raise CommandError("that field cannot be keyed")
    tidy = " ".join(value.split())
    if len(tidy) > 120 or not tidy:
        raise CommandError("key what stands in the field, or say that it is illegible")
    if field == "birth_date":
        days = parse_written_date(tidy)
        if not days:
            raise CommandError("key the date like 03/04/2012 or 2012-03-04")
        return days[0]
    return "".join(tidy.split()) if field == "student_id" else tidy


def _match_anew(
    program: Program, form: Form, row: ListedStudent | None, overlay: dict[str, str], children: EnrolledChildren
) -> list[Candidate]:
    query: dict[str, str | FieldReading] = {}
    if form.reading_sha256 is not None:
        reading = FormReading.from_bytes(program.installation.documents.get(form.reading_sha256))
        query = {name: value for name, value in query_form(reading).items() if isinstance(value, str | FieldReading)}
    query |= overlay
    spoken: Query = {name: value for name, value in query.items() if value != ""}
    if row is None:
        return children.matcher.match(spoken)
    return children.matcher.match_joint(spoken, query_row(row))


def _find_open(session: Session, case_id: str) -> Case:
    case = session.get(Case, case_id)
    if case is None or case.state != "open":
        raise CommandError(f"case {case_id} is not open")
    return case
