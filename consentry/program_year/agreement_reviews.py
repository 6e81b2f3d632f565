"""Reviews of agreements: what each department says.

A review that was begun has to end: once one department has given a verdict, an agreement becomes active only when all of the
year's file have approved. Where none was given, the step stands for a review that was held elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind, AgreementStatus, status_on
from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from consentry.program_year.agreement_papers import StepNote, keep_paper
from store import Clock, Entry, Event, JsonValue, record
from store.ids import derive_id
from store.tables import Agreement, Tracked
from store.year_tables import DepartmentVerdict


class Verdict(StrEnum):
    """What a department says of an agreement."""

    APPROVE = "approve"
    CHANGES = "changes"
    REFUSE = "refuse"


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
        kept = keep_paper(session, program, note.paper, clock)
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
