"""Reviews of agreements: who took a step with which paper, what each department says, whom an agreement names.

A review that was begun has to end: once one department has given a verdict, an agreement becomes active only when all of the
year's file have approved. Where none was given, the step stands for a review that was held elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind, AgreementStatus, status_on
from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from consentry.program_year.year_versions import ensure_year
from store import Clock, Entry, Event, JsonValue, describe_document, record
from store.ids import Sha256, derive_id
from store.tables import Agreement, Document, Tracked
from store.year_tables import AgreementPaper, DepartmentVerdict, NamedPerson

_PAPER = "agreement"
_MOST_PAPER_BYTES = 25_000_000


class Verdict(StrEnum):
    """What a department says of an agreement."""

    APPROVE = "approve"
    CHANGES = "changes"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class StepNote:
    """Who took a step, why, and the paper that came with it."""

    actor: str
    reason: str = ""
    paper: Path | None = None


@dataclass(frozen=True, slots=True)
class KeptPaper:
    """A paper in the store; `row` is what has to be recorded with it."""

    sha256: Sha256
    rows: tuple[Document, ...]


def describe_note(session: Session, program: Program, step: Agreement, note: StepNote, clock: Clock) -> list[Tracked]:
    """The rows that keep a step's note."""
    if not note.actor.strip():
        raise CommandError("a step needs who took it: --as USER")
    kept = _keep_paper(session, program, note.paper, clock)
    paper = AgreementPaper(
        agreement_id=step.agreement_id,
        actor=note.actor,
        reason=note.reason,
        document_sha256=kept.sha256 if kept else None,
    )
    return [*(kept.rows if kept else ()), paper]


def give_verdict(
    program: Program,
    partner_id: str,
    kind: AgreementKind,
    school_year: str,
    department: str,
    verdict: Verdict,
    note: StepNote,
) -> DepartmentVerdict:
    """Records a department's verdict; the agreement is in review from the first one on. `CommandError`: nothing was submitted,
    the year's file names no such department, or a verdict other than approval has no reason.
    """
    departments = program.rulebook.find_year_rules(school_year).find_departments(kind)
    named = next((name for name in departments if name.casefold() == department.strip().casefold()), None)
    if named is None:
        known = ", ".join(departments) or "nobody"
        raise CommandError(f"no such department for {kind}: the file of {school_year} names {known}")
    if not note.actor.strip() or (verdict is not Verdict.APPROVE and not note.reason.strip()):
        raise CommandError("a verdict needs who gives it, and a reason unless it approves")
    clock = program.read_clock()
    with program.installation.writing() as session:
        find_partner(session, partner_id)
        steps = session.scalars(select(Agreement).where(Agreement.partner_id == partner_id)).all()
        status = status_on(steps, kind, school_year, clock.today)
        if status not in (AgreementStatus.SUBMITTED, AgreementStatus.IN_REVIEW, AgreementStatus.RETURNED):
            raise CommandError(f"{kind} of {partner_id} for {school_year} isn't in review: note it as submitted first")
        kept = _keep_paper(session, program, note.paper, clock)
        given = DepartmentVerdict(
            verdict_id=derive_id("verdict", partner_id, kind, school_year, named, clock.now.isoformat()),
            partner_id=partner_id,
            kind=kind,
            school_year=school_year,
            department=named,
            verdict=verdict,
            actor=note.actor,
            reason=note.reason,
            document_sha256=kept.sha256 if kept else None,
            on_date=clock.today,
            recorded_at=clock.now,
        )
        rows: list[Tracked] = [*(kept.rows if kept else ()), given]
        turned = AgreementStatus.IN_REVIEW if verdict is Verdict.APPROVE else AgreementStatus.RETURNED
        if status is not turned and not (turned is AgreementStatus.IN_REVIEW and status is AgreementStatus.RETURNED):
            rows.append(_make_step(partner_id, kind, school_year, turned, clock))
        facts: dict[str, JsonValue] = {"kind": kind, "school_year": school_year, "verdict": verdict}
        record(session, clock, Entry(Event.AGREEMENT_JUDGED, given.verdict_id, note.actor, rows, facts))
    return given


def name_person(
    program: Program,
    partner_id: str,
    kind: AgreementKind,
    school_year: str,
    full_name: str,
    address: str,
    on_date: date,
    note: StepNote,
) -> NamedPerson:
    """Notes a person whom a network use agreement names for an account, or who was trained."""
    if kind not in (AgreementKind.NUA, AgreementKind.TRAINING):
        raise CommandError("people are named by nua and training")
    if not full_name.strip() or (kind is AgreementKind.NUA and "@" not in address):
        raise CommandError("a person has a name, and for an account an address such as ana@partner.example")
    year, clock = program.rulebook.find_school_year(school_year), program.read_clock()
    with program.installation.writing() as session:
        find_partner(session, partner_id)
        ensure_year(session, program.installation, year, clock)
        kept = _keep_paper(session, program, note.paper, clock)
        person = NamedPerson(
            person_id=derive_id("named", partner_id, kind, school_year, clock.now.isoformat()),
            partner_id=partner_id,
            kind=kind,
            school_year=school_year,
            full_name=full_name.strip(),
            address=address.strip().lower(),
            document_sha256=kept.sha256 if kept else None,
            on_date=on_date,
            recorded_at=clock.now,
        )
        rows = [*(kept.rows if kept else ()), person]
        facts: dict[str, JsonValue] = {"kind": kind, "school_year": school_year}
        record(session, clock, Entry(Event.PERSON_NAMED, person.person_id, note.actor or "program", rows, facts))
    return person


def find_missing_departments(
    verdicts: Sequence[DepartmentVerdict], departments: Sequence[str], kind: AgreementKind, school_year: str
) -> tuple[str, ...]:
    """The departments whose newest verdict on an agreement isn't an approval."""
    newest: dict[str, str] = {}
    for verdict in sorted(verdicts, key=lambda each: each.recorded_at):
        if verdict.kind == kind and verdict.school_year == school_year:
            newest[verdict.department] = verdict.verdict
    return tuple(name for name in departments if newest.get(name) != Verdict.APPROVE)


def refuse_unfinished_review(
    session: Session, program: Program, partner_id: str, kind: AgreementKind, school_year: str
) -> None:
    """`CommandError` if a review of this agreement was begun and a department has not approved."""
    given = session.scalars(
        select(DepartmentVerdict).where(
            DepartmentVerdict.partner_id == partner_id,
            DepartmentVerdict.kind == kind,
            DepartmentVerdict.school_year == school_year,
        )
    ).all()
    if not given:
        return
    departments = program.rulebook.find_year_rules(school_year).find_departments(kind)
    missing = find_missing_departments(given, departments, kind, school_year)
    if missing:
        raise CommandError(f"the review isn't over: {', '.join(missing)} did not approve yet")


def _make_step(
    partner_id: str, kind: AgreementKind, school_year: str, status: AgreementStatus, clock: Clock
) -> Agreement:
    return Agreement(
        agreement_id=derive_id("agr", partner_id, kind, school_year, status, clock.now.isoformat()),
        partner_id=partner_id,
        kind=kind,
        school_year=school_year,
        status=status,
        on_date=clock.today,
        recorded_at=clock.now,
        recorded_on=clock.today,
    )


def _keep_paper(session: Session, program: Program, paper: Path | None, clock: Clock) -> KeptPaper | None:
    """A paper as a document; its bytes are kept as they are and never parsed. `CommandError` for a file that can't be read."""
    if paper is None:
        return None
    if not paper.is_file():
        raise CommandError(f"no such file: {paper}")
    if not 0 < paper.stat().st_size <= _MOST_PAPER_BYTES:
        raise CommandError("a paper is a file of 1 byte to 25 MB")
    content = paper.read_bytes()
    sha256 = program.installation.documents.put(content)
    return KeptPaper(sha256, tuple(describe_document(session, sha256, _PAPER, len(content), clock)))
