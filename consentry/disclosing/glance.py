"""One student at a glance for a person of a partner: what the reports would hold of that student today, shown and recorded.

Decides who may look (a network use agreement of the grant's year, an open grant that the partner was told of) and writes the
disclosure, under the ledger's lock, before anything is shown: a revocation that came first leaves nothing to show. What
reports may not hold, a page doesn't either: both are made by the same rules.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.adr_reports import OpenGrant, ReportSet, ReportTable, make_reports
from access.errors import AccessError
from consentry.disclosing.delivering_grants import OpenGrantFinder
from consentry.disclosing.freezing import refuse_while_frozen
from consentry.disclosing.glance_data import find_student_data
from consentry.disclosing.staag_people import find_years_of
from consentry.errors import CommandError
from consentry.intake.enrolled_children import EnrollmentCache
from consentry.program import Program
from store import Clock, Entry, Event, JsonValue, record
from store.loading import load_rows, split_ids
from store.tables import Disclosure, Form, Grant, ListedStudent, Partner

VIEW = "staag-view"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person of a partner: the account's name, and the partner."""

    name: str
    partner_id: str


@dataclass(frozen=True, slots=True)
class Glance:
    """What is shown of a student: what the reports hold, categories open to the partner, the day of the data."""

    student_id: str
    categories: tuple[str, ...]
    reports: ReportSet
    as_of: date
    closes_on: date


@dataclass(frozen=True, slots=True)
class OpenStudent:
    """A student whose data a partner may see, by name and school as it wrote them. `has_page`: this person may open the
    student's page; without a network use agreement of the year that names them they may not.
    """

    grant_id: str
    student_id: str
    name: str
    school: str
    categories: tuple[str, ...]
    from_date: date
    closes_on: date
    has_page: bool


def list_open_students(program: Program, viewer: Viewer, held: EnrollmentCache) -> list[OpenStudent]:
    """The students whose data the person's partner may see today, of those that it was told of, by name as it wrote it."""
    today = program.read_clock().today
    with program.installation.reading() as session:
        finder = OpenGrantFinder(program, today, today, held)
        grants = finder.find_told(session, session.get_one(Partner, viewer.partner_id))
        years = find_years_of(session, program.rulebook, viewer.name, viewer.partner_id, today)
        rows = load_rows(session, Grant, [grant.grant_id for grant in grants])
        forms = load_rows(session, Form, [row.form_id for row in rows.values() if row.form_id])
        cells: dict[str | None, dict[str, JsonValue]] = {}
        for some in split_ids(forms):
            listed = session.scalars(select(ListedStudent).where(ListedStudent.form_id.in_(some)))
            cells.update((row.form_id, row.cells) for row in listed)
    found = [
        _describe(grant, forms.get(rows[grant.grant_id].form_id or ""), cells, grant.school_year in years)
        for grant in grants
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.grant_id))


def show_student(program: Program, viewer: Viewer, grant_id: str, held: EnrollmentCache) -> Glance | None:
    """What a person sees of the student of a grant; None where they may not. Recorded. `CommandError`: no data, or frozen."""
    clock = program.read_clock()
    with program.installation.writing() as session:
        grant = session.get(Grant, grant_id)
        grants = _find_open(session, program, viewer, clock, held, grant.student_id) if grant else ()
        if grant is None or grant_id not in {one.grant_id for one in grants}:
            return None
        refuse_while_frozen(session, clock)
        found = find_student_data(program, session, grant.student_id)
        if found is None:
            raise CommandError("no data of this student has been loaded yet: it comes with the next load")
        try:
            reports = make_reports(found.in_force.registry, grants, found.data, clock.today)
        except AccessError:
            raise CommandError("this student's data cannot be shown; tell the district") from None
        partner = session.get_one(Partner, viewer.partner_id)
        disclosures = [_disclose(partner, viewer, one, reports, clock) for one in grants]
        facts: dict[str, JsonValue] = {"load": found.load_id, "grants": len(disclosures)}
        entry = Entry(Event.STUDENT_SHOWN, disclosures[0].disclosure_id, viewer.name, disclosures, facts)
        record(session, clock, entry)
    categories = dict.fromkeys(name for one in grants for name in one.categories)
    return Glance(grant.student_id, tuple(categories), reports, found.as_of, min(one.closes_on for one in grants))


def _find_open(
    session: Session,
    program: Program,
    viewer: Viewer,
    clock: Clock,
    held: EnrollmentCache,
    student_id: str,
) -> tuple[OpenGrant, ...]:
    years = find_years_of(session, program.rulebook, viewer.name, viewer.partner_id, clock.today)
    if not years:
        return ()
    finder = OpenGrantFinder(program, clock.today, clock.today, held)
    grants = finder.find_told(session, session.get_one(Partner, viewer.partner_id), student_id)
    return tuple(grant for grant in grants if grant.school_year in years)


def _describe(
    grant: OpenGrant, form: Form | None, cells: dict[str | None, dict[str, JsonValue]], has_page: bool
) -> OpenStudent:
    own = cells.get(form.form_id if form else None, {})
    fields = form.fields if form else {}
    name = " ".join(
        _read_own(own, fields, *names) for names in (("first_name", "student_first"), ("last_name", "student_last"))
    )
    school = _read_own(own, fields, "school", "school")
    return OpenStudent(
        grant_id=grant.grant_id,
        student_id=grant.student_id,
        name=name.strip(),
        school=school,
        categories=grant.categories,
        from_date=grant.from_date,
        closes_on=grant.closes_on,
        has_page=has_page,
    )


def _read_own(cells: dict[str, JsonValue], fields: dict[str, JsonValue], column: str, field: str) -> str:
    read = fields.get(field)
    return str(cells.get(column) or (read.get("value") if isinstance(read, dict) else "") or "")


def _disclose(partner: Partner, viewer: Viewer, grant: OpenGrant, reports: ReportSet, clock: Clock) -> Disclosure:
    held: dict[str, JsonValue] = {
        str(table.spec.number): table.rows_by_grant[grant.grant_id]
        for table in _list_data(reports.tables)
        if grant.grant_id in table.rows_by_grant
    }
    return Disclosure(
        disclosure_id=f"dis-{uuid.uuid4().hex[:16]}",
        kind=VIEW,
        delivery_id=None,
        until_delivery_id=None,
        partner_id=partner.partner_id,
        student_id=grant.student_id,
        grant_id=grant.grant_id,
        basis=grant.basis,
        categories=list(grant.categories),
        content={"reports": held, "people": [viewer.name]},
        recipient=partner.name,
        purpose=partner.purpose,
        on_date=clock.today,
        at=clock.now,
    )


def _list_data(tables: Sequence[ReportTable]) -> list[ReportTable]:
    return [table for table in tables if table.spec.file]
