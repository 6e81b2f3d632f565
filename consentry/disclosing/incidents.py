"""From wrong grants, all that left the house because of them, written into a folder and recorded.

Takes together the disclosures (reports, feeds, pages) and what partners were told. An earlier report on one of the grants
keeps its day of finding: the days to notify run from the first. Ends no grant; the report says which still give access.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.incident import TOLD, IncidentFacts, Leak, NotifyRules, WrongGrant, make_incident_files, summarise
from access.letters import write_letters
from consentry.disclosing.delivering_files import stage_folder
from consentry.disclosing.delivering_grants import find_last_day
from consentry.disclosing.delivering_record import refusing
from consentry.disclosing.delivering_registry import load_registry
from consentry.errors import CommandError
from consentry.intake.enrolled_children import EnrollmentCache
from consentry.program import Program
from review_queue import State
from store import Clock, Entry, Event, JsonValue, record
from store.ids import derive_id
from store.leaving_tables import Incident
from store.loading import load_rows, split_ids
from store.risk_tables import PartnerRelease, ReleasedAnswer
from store.tables import Delivery, Disclosure, Form, FormTemplate, Grant, Partner


@dataclass(frozen=True, slots=True)
class IncidentRequest:
    """Which grants were wrong, since when that is known (today if None), who reports it, where to."""

    grant_ids: tuple[str, ...]
    found_on: date | None
    user: str
    out: Path


def report_incident(program: Program, request: IncidentRequest) -> dict[str, object]:
    """Writes the report and returns its summary. `CommandError`: no such grant, no user, or the folder can't be written."""
    if not request.user.strip():
        raise CommandError("an incident is reported by somebody: --as")
    if request.out.exists():
        raise CommandError(f"{request.out} is there already: name a new folder")
    clock = program.read_clock()
    with program.installation.reading() as session:
        facts = _gather(session, program, request, clock)
    files = [*make_incident_files(facts), *write_letters(facts)]
    with refusing("write the report; nothing was recorded"):
        staged = stage_folder(request.out, files)
    try:
        with program.installation.writing() as session:
            incident = Incident(
                incident_id=facts.incident_id,
                grant_ids=sorted(grant.grant_id for grant in facts.grants),
                found_on=facts.found_on,
                students=len(facts.students),
                disclosures=len(facts.leaks),
                report_sha256=hashlib.sha256(files[0].content).hexdigest(),
                actor=request.user,
                on_date=clock.today,
                at=clock.now,
            )
            counts: dict[str, JsonValue] = {"grants": len(facts.grants), "left_the_house": len(facts.leaks)}
            record(session, clock, Entry(Event.INCIDENT_REPORTED, facts.incident_id, request.user, [incident], counts))
        with refusing("put the report in place; it is recorded, run it again"):
            staged.publish()
    finally:
        staged.discard()
    return summarise(facts)


def _gather(session: Session, program: Program, request: IncidentRequest, clock: Clock) -> IncidentFacts:
    grants = load_rows(session, Grant, request.grant_ids)
    missing = sorted(set(request.grant_ids) - set(grants))
    if missing or not grants:
        raise CommandError(f"no grant {missing[0]}" if missing else "name a grant")
    partners = {row.partner_id: row.name for row in session.scalars(select(Partner))}
    leaks = [*_list_disclosures(session, grants, partners), *_list_told(session, grants, partners)]
    registry = load_registry(program).registry
    wrong = tuple(
        WrongGrant(one.grant_id, one.student_id, one.partner_id, one.from_date <= clock.today <= find_last_day(one))
        for _, one in sorted(grants.items())
    )
    return IncidentFacts(
        incident_id=derive_id("incident", clock.now.isoformat(), *sorted(grants)),
        found_on=_find_day(session, set(grants), request.found_on or clock.today),
        today=clock.today,
        grants=wrong,
        leaks=tuple(sorted(leaks, key=lambda leak: (leak.student_id, leak.first, leak.kind, leak.grant_id))),
        names=_find_names(session, program, clock.today, {leak.student_id for leak in leaks}),
        languages=_find_languages(session, grants, {leak.student_id for leak in leaks}),
        rules=NotifyRules(registry.days_to_notify, registry.attorney_general_above),
    )


def _find_day(session: Session, grant_ids: set[str], found_on: date) -> date:
    reported = session.execute(select(Incident.grant_ids, Incident.found_on))
    return min([found_on, *(day for earlier, day in reported if grant_ids.intersection(earlier))])


def _list_disclosures(session: Session, grants: Mapping[str, Grant], partners: Mapping[str, str]) -> Iterator[Leak]:
    columns = (
        Disclosure.grant_id,
        Disclosure.kind,
        Disclosure.on_date,
        Disclosure.categories,
        Disclosure.content,
        Disclosure.delivery_id,
        Disclosure.until_delivery_id,
        Disclosure.recipient,
    )
    found = [
        row
        for some in split_ids(grants)
        for row in session.execute(select(*columns).where(Disclosure.grant_id.in_(some)))
    ]
    named = {row.delivery_id for row in found} | {row.until_delivery_id for row in found}
    deliveries = load_rows(session, Delivery, {name for name in named if name})
    files = {delivery_id: _say_files(delivery) for delivery_id, delivery in deliveries.items()}
    for row in found:
        grant, end = grants[row.grant_id], deliveries.get(row.until_delivery_id or "")
        people, reports = row.content.get("people", ()), row.content.get("reports", {})
        yield Leak(
            grant_id=grant.grant_id,
            student_id=grant.student_id,
            partner_id=grant.partner_id,
            partner=row.recipient or partners[grant.partner_id],
            kind=row.kind,
            first=row.on_date,
            until=max(row.on_date, end.on_date - timedelta(days=1)) if end else None,
            categories=tuple(row.categories),
            people=tuple(people),
            delivery_id=row.delivery_id or "",
            rows=sum(reports.values()),
            files=files.get(row.delivery_id or "", ""),
        )


def _list_told(session: Session, grants: Mapping[str, Grant], partners: Mapping[str, str]) -> Iterator[Leak]:
    """That a partner was told the form is accepted: it says that the student is enrolled."""
    by_form: dict[str, list[Grant]] = {}
    for grant in grants.values():
        if grant.form_id:
            by_form.setdefault(grant.form_id, []).append(grant)
    answers = select(ReleasedAnswer.subject_id, PartnerRelease.on_date).join(
        PartnerRelease, PartnerRelease.release_id == ReleasedAnswer.release_id
    )
    told: dict[str, date] = {}
    for some in split_ids(by_form):
        granted = answers.where(ReleasedAnswer.subject_id.in_(some), ReleasedAnswer.state == State.GRANTED)
        for form_id, day in session.execute(granted.order_by(PartnerRelease.at.desc())):
            told[form_id] = day
    for form_id, day in told.items():
        for grant in by_form[form_id]:
            yield Leak(
                grant_id=grant.grant_id,
                student_id=grant.student_id,
                partner_id=grant.partner_id,
                partner=partners[grant.partner_id],
                kind=TOLD,
                first=day,
                until=None,
                categories=(),
                people=(),
                delivery_id="",
                rows=0,
                files="",
            )


def _say_files(delivery: Delivery) -> str:
    files = delivery.inputs.get("files")
    return "; ".join(f"{name} {sha256}" for name, sha256 in sorted(files.items())) if isinstance(files, dict) else ""


def _find_languages(session: Session, wrong: Mapping[str, Grant], student_ids: Collection[str]) -> dict[str, str]:
    """The language of the newest form that was granted for each student, other than the wrong grants' own: those may be of
    another child's family.
    """
    found: dict[str, str] = {}
    for some in split_ids(student_ids):
        rows = session.execute(
            select(Grant.student_id, Grant.grant_id, FormTemplate.language)
            .join(Form, Form.form_id == Grant.form_id)
            .join(FormTemplate, FormTemplate.template_id == Form.template_id)
            .where(Grant.student_id.in_(some))
            .order_by(Grant.recorded_at)
        )
        found.update((student_id, language) for student_id, grant_id, language in rows if grant_id not in wrong)
    return found


def _find_names(session: Session, program: Program, day: date, student_ids: Collection[str]) -> dict[str, str]:
    try:
        frame = EnrollmentCache(program.installation).find(session, day).frame
    except CommandError:
        return {}
    known = frame.loc[frame.index.intersection(sorted(student_ids))]
    firsts: Sequence[str] = known["preferred_first"].where(known["preferred_first"] != "", known["first"]).tolist()
    lasts: Sequence[str] = known["last"].tolist()
    return {
        str(student_id): f"{first} {last}" for student_id, first, last in zip(known.index, firsts, lasts, strict=True)
    }
