"""Opens a school year: its file comes in force, and every partner is carried over as not renewed. Nothing rolls over.

What a partner had of the year before (agreement, accounts, training, designation) stands in the new year as `not_renewed`, so
that it is asked for; a partner that has begun the new year already is left as it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind, AgreementStatus, status_on
from consentry.errors import CommandError
from consentry.program import Program
from consentry.program_year.school_years import YearRules, draft_year, find_label, read_year
from consentry.program_year.year_versions import find_year_content, record_year
from review_queue import SchoolYear
from store import Clock, Entry, Event, JsonValue, record
from store.ids import derive_id
from store.tables import Agreement, FormTemplate, Partner
from store.year_tables import SchoolYearVersion


@dataclass(frozen=True, slots=True)
class OpenedYear:
    """What opening a year did: whether its file is a new one, and the steps carried over, by kind."""

    rules: YearRules
    is_new_file: bool
    carried_partners: int
    carried: dict[str, int]


def open_year(program: Program, label: str, file: Path | None, user: str, reason: str) -> OpenedYear:
    """Puts a year's file in force (of `file`, else the home's own, else the draft) and carries partners over. `CommandError`
    lists every fault of the file.
    """
    if file is not None and not file.is_file():
        raise CommandError(f"no such file: {file}")
    year = program.rulebook.find_school_year(label)
    content = file.read_bytes() if file else find_year_content(program.installation, year)
    rules, clock = read_year(content, label), program.read_clock()
    with program.installation.writing() as session:
        newest = (
            select(SchoolYearVersion.sha256)
            .where(SchoolYearVersion.label == label)
            .order_by(SchoolYearVersion.version.desc())
        )
        is_new = session.scalar(newest.limit(1)) != rules.sha256
        if is_new:
            record_year(session, program.installation, clock, label, content, user, reason)
        steps = _carry_over(session, rules.school_year, clock)
        for step in steps:
            facts: dict[str, JsonValue] = {"kind": step.kind, "school_year": label, "status": step.status}
            record(session, clock, Entry(Event.AGREEMENT_RECORDED, step.agreement_id, user, [step], facts))
    counts = Counter(step.kind for step in steps)
    return OpenedYear(rules, is_new, len({step.partner_id for step in steps}), dict(counts))


def check_year(program: Program, label: str, file: Path | None, draft: Path | None) -> YearRules:
    """Checks a year's file and changes nothing; with `draft` writes the program's draft of one there first. `CommandError`
    lists every fault.
    """
    year = program.rulebook.find_school_year(label)
    if draft is not None:
        draft.write_bytes(draft_year(year))
    source = file or draft
    if source is not None and not source.is_file():
        raise CommandError(f"no such file: {source}")
    return read_year(source.read_bytes() if source else find_year_content(program.installation, year), label)


def show_year(program: Program, label: str | None) -> dict[str, JsonValue]:
    """A school year: its file in force, the blanks it has, and how far its partners have come. The year that runs if none is
    named.
    """
    today, rulebook = program.read_clock().today, program.rulebook
    asked = label or rulebook.find_running_year(today)
    rules = rulebook.find_year_rules(asked)
    with program.installation.reading() as session:
        versions = session.scalars(
            select(SchoolYearVersion).where(SchoolYearVersion.label == asked).order_by(SchoolYearVersion.version)
        ).all()
        forms = session.scalars(select(FormTemplate).where(FormTemplate.school_year == asked)).all()
        steps = session.scalars(select(Agreement).where(Agreement.school_year == asked)).all()
        partners = session.scalars(select(Partner.partner_id)).all()
    learned = {(form.code, form.language) for form in forms}
    missing = [form for form in rules.file.school_year.forms if (form.code, form.language) not in learned]
    of_partner = {partner: [step for step in steps if step.partner_id == partner] for partner in partners}
    states: dict[str, JsonValue] = {}
    for kind in AgreementKind:
        found = (status_on(of_partner[partner], kind, asked, today) for partner in partners)
        counted = Counter("not begun" if status is None else status.value for status in found)
        states[kind] = dict(counted)
    return {
        "school_year": asked,
        "sha256": rules.sha256,
        "in_force": bool(versions),
        "file": rules.file.model_dump(mode="json", by_alias=True),
        "versions": [
            {"version": each.version, "sha256": each.sha256, "set_by": each.set_by, "on": each.on_date.isoformat()}
            for each in versions
        ],
        "forms_learned": [*sorted(f"{code} {language}" for code, language in learned)],
        "forms_missing": [*sorted(f"{form.code} {form.language}" for form in missing)],
        "partners": states,
    }


def _carry_over(session: Session, year: SchoolYear, clock: Clock) -> list[Agreement]:
    """The steps that say so, dated before anything that the new year's own steps may be dated to."""
    before = find_label(int(year.label[:4]) - 1)
    held, begun = set[tuple[str, str]](), set[tuple[str, str]]()
    for step in session.scalars(select(Agreement).where(Agreement.school_year.in_((before, year.label)))):
        if step.school_year == year.label:
            begun.add((step.partner_id, step.kind))
        elif step.status == AgreementStatus.ACTIVE:
            held.add((step.partner_id, step.kind))
    return [
        Agreement(
            agreement_id=derive_id("agr", partner_id, kind, year.label, AgreementStatus.NOT_RENEWED),
            partner_id=partner_id,
            kind=kind,
            school_year=year.label,
            status=AgreementStatus.NOT_RENEWED,
            on_date=year.begins - timedelta(days=365),
            recorded_at=clock.now,
            recorded_on=clock.today,
        )
        for partner_id, kind in sorted(held - begun)
    ]
