"""The grants that may give data to a partner: open on the day asked for and open today, with what agreement and form list.

A grant that was open on a past day and has ended since gives nothing: what is revoked leaves the house no more, for
whatever day. Categories are those of the grant that the partner's agreement still covers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from access.adr_reports import OpenGrant
from access.types import AccessRow
from consentry.desk.showing import find_enrolled, select_access
from consentry.disclosing.delivering_terms import load_agreement_terms, load_form_terms
from consentry.intake.enrolled_children import EnrollmentCache
from consentry.program import Program
from consentry.telling.telling_partners import find_released_grants
from ingest import parse_written_date
from store.loading import load_rows
from store.tables import Form, Grant, Partner


class OpenGrantFinder:
    """Finds open grants for one day; keeps the enrollment of that day and of today in memory between partners."""

    def __init__(self, program: Program, day: date, today: date, held: EnrollmentCache | None = None) -> None:
        self.day, self.today = day, today
        self._is_as_released = program.rulebook.release.packages == "as_released"
        self._cache_of_day = held or EnrollmentCache(program.installation)
        self._cache_of_today = self._cache_of_day if day == today else EnrollmentCache(program.installation)

    def find(self, session: Session, partner: Partner) -> tuple[OpenGrant, ...]:
        """The open grants of a partner as this session sees them, by student."""
        rows = self._find_rows(session, partner.partner_id)
        if self._is_as_released:
            known = find_released_grants(session, partner.partner_id)
            rows = [row for row in rows if row.grant_id in known]
        return tuple(self._describe(session, partner, rows))

    def find_told(self, session: Session, partner: Partner, student_id: str | None = None) -> tuple[OpenGrant, ...]:
        """Those that the partner was told of: for what its people call up themselves. `student_id`: of one student alone."""
        known = find_released_grants(session, partner.partner_id)
        rows = [row for row in self._find_rows(session, partner.partner_id) if row.grant_id in known]
        return tuple(self._describe(session, partner, [r for r in rows if student_id in (None, r.student_id)]))

    def _find_rows(self, session: Session, partner_id: str) -> list[AccessRow]:
        enrolled = find_enrolled(session, self._cache_of_day, self.day)
        rows = select_access(session, partner_id, enrolled, self.day)
        if self.today != self.day:
            enrolled_now = find_enrolled(session, self._cache_of_today, self.today)
            still = {row.grant_id for row in select_access(session, partner_id, enrolled_now, self.today)}
            rows = [row for row in rows if row.grant_id in still]
        return rows

    def _describe(self, session: Session, partner: Partner, rows: Sequence[AccessRow]) -> Iterator[OpenGrant]:
        grants = load_rows(session, Grant, [row.grant_id for row in rows])
        forms = load_rows(session, Form, [row.form_id for row in rows if row.form_id])
        terms, form_terms = (
            load_agreement_terms(session, partner.partner_id, self.day),
            load_form_terms(session, self.day),
        )
        for row in rows:
            grant, form = grants[row.grant_id], forms.get(row.form_id or "")
            categories = tuple(name for name in row.categories if name in partner.categories)
            yield OpenGrant(
                grant_id=row.grant_id,
                student_id=row.student_id,
                basis=row.basis,
                categories=categories,
                from_date=row.from_date,
                closes_on=find_last_day(grant),
                school_year=grant.school_year,
                consented_on=find_consent_day(form, grant) if form else None,
                listed=terms.get(grant.school_year, frozenset()),
                form_lists=_find_listed_by_form(form, form_terms) if form else frozenset(),
            )


def find_last_day(grant: Grant) -> date:
    """The last day on which a grant gives access, as known now."""
    ends = [end - timedelta(days=1) for end in (grant.lapses_on, grant.revoked_on) if end is not None]
    return min([grant.to_date, *ends])


def find_consent_day(form: Form, grant: Grant) -> date | None:
    """The day written beside the signature as it reads best: of several readings the first not after the grant began."""
    for name in ("parent_date", "student_date"):
        field = form.fields.get(name)
        text = str(field.get("value", "")) if isinstance(field, dict) else ""
        for day in map(date.fromisoformat, parse_written_date(text)):
            if day <= grant.from_date:
                return day
    return None


def _find_listed_by_form(form: Form, form_terms: dict[str, frozenset[str]]) -> frozenset[str]:
    """What the family's form lists in print; where it has a box for it (`records_courses`), only if that is ticked."""
    listed = form_terms.get(form.template_id or "", frozenset())
    boxes = {name: form.fields.get(f"records_{name}") for name in listed}
    return frozenset(
        name for name, box in boxes.items() if box is None or (isinstance(box, dict) and box.get("value") == "marked")
    )
