"""Gathers what was disclosed of one student, from the record that every disclosure leaves, and writes it for the family.

A feed's disclosure ends on the day before the first feed that had it no more. A delivery that was recorded and never came in
reach is told all the same: it may have been.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.family_account import (
    DisclosureLine,
    FamilyAccount,
    Way,
    list_languages,
    load_texts,
    write_account_csv,
    write_account_html,
)
from consentry.disclosing.delivering_grants import find_consent_day
from consentry.errors import CommandError
from consentry.program import Program
from store import Entry, Event, JsonValue, record
from store.ids import derive_id
from store.leaving_tables import FamilyListing
from store.loading import load_rows
from store.tables import Delivery, Disclosure, Form, Grant

_ACTOR = "program"
_WRITERS = {".csv": write_account_csv, ".html": write_account_html}


def write_family_account(program: Program, student_id: str, language: str, out: Path) -> int:
    """Writes a student's account as the suffix of `out` says; returns its number of lines. `CommandError`: no such language,
    nothing of that student on record, or it can't be written.
    """
    writer = _WRITERS.get(out.suffix.lower())
    if writer is None:
        raise CommandError(f"an account is .csv or .html, not {out.suffix or 'without a suffix'}")
    texts = load_texts(language)
    if texts is None:
        raise CommandError(f"there is no text in {language}; there is {', '.join(list_languages())}")
    clock = program.read_clock()
    with program.installation.writing() as session:
        if session.scalars(select(Grant.grant_id).where(Grant.student_id == student_id).limit(1)).first() is None:
            raise CommandError("nothing is on record for that student")
        lines = tuple(_gather_lines(session, student_id))
        content = writer(FamilyAccount(student_id, clock.today, lines, texts))
        try:
            out.write_bytes(content)
        except OSError as error:
            raise CommandError(f"cannot write {out}: {error.strerror}") from None
        listing = FamilyListing(
            listing_id=derive_id("listing", student_id, clock.now.isoformat()),
            student_id=student_id,
            language=texts.language,
            disclosures=len(lines),
            sha256=hashlib.sha256(content).hexdigest(),
            on_date=clock.today,
            at=clock.now,
        )
        facts: dict[str, JsonValue] = {"disclosures": len(lines), "language": texts.language}
        record(session, clock, Entry(Event.DISCLOSURES_LISTED, listing.listing_id, _ACTOR, [listing], facts))
    return len(lines)


def _gather_lines(session: Session, student_id: str) -> list[DisclosureLine]:
    of_student = select(Disclosure).where(Disclosure.student_id == student_id)
    found = session.scalars(of_student.order_by(Disclosure.at, Disclosure.disclosure_id)).all()
    grants = load_rows(session, Grant, {row.grant_id for row in found})
    forms = load_rows(session, Form, {grant.form_id for grant in grants.values() if grant.form_id})
    ends = load_rows(session, Delivery, {row.until_delivery_id for row in found if row.until_delivery_id})
    return [_describe(row, grants[row.grant_id], forms, ends) for row in found]


def _describe(row: Disclosure, grant: Grant, forms: Mapping[str, Form], ends: Mapping[str, Delivery]) -> DisclosureLine:
    form = forms.get(grant.form_id or "")
    people = row.content.get("people")
    return DisclosureLine(
        way=Way(row.kind),
        first=row.on_date,
        until=_find_end(row, ends),
        recipient=row.recipient,
        people=tuple(str(name) for name in people) if isinstance(people, list) else (),
        categories=tuple(row.categories),
        purpose=row.purpose,
        form_id=form.form_id if form and row.basis == "CONSENT" else None,
        consented_on=find_consent_day(form, grant) if form and row.basis == "CONSENT" else None,
    )


def _find_end(row: Disclosure, ends: Mapping[str, Delivery]) -> date | None:
    """The last day on which the feed had it: at least the first."""
    end = ends.get(row.until_delivery_id or "")
    return max(row.on_date, end.on_date - timedelta(days=1)) if end else None
