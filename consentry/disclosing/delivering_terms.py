"""What agreements and blank forms list beyond the four categories: columns that need it, course marks, credits.

Decides nothing of a student. What is listed holds from its day on, for one school year: nothing rolls over. What never leaves
the house can't be listed, since no registry has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.disclosing.delivering_registry import load_registry
from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from store import Entry, Event, JsonValue, record
from store.ids import derive_id
from store.tables import FormTemplate, ListedTerms

_ACTOR = "program"


def list_agreement_terms(
    program: Program, partner_id: str, school_year: str, listed: Sequence[str], on_date: date
) -> ListedTerms:
    """Notes what a partner's data sharing agreement of a year lists, from a day on, in place of what it listed before."""
    program.rulebook.find_school_year(school_year)
    names = _check(listed, load_registry(program).registry.listable)
    clock = program.read_clock()
    with program.installation.writing() as session:
        find_partner(session, partner_id)
        terms = ListedTerms(
            terms_id=derive_id("terms", partner_id, school_year, clock.now.isoformat()),
            partner_id=partner_id,
            template_id=None,
            school_year=school_year,
            listed=names,
            on_date=on_date,
            recorded_at=clock.now,
        )
        record(session, clock, Entry(Event.TERMS_LISTED, terms.terms_id, _ACTOR, [terms], _say(names)))
    return terms


def list_form_terms(program: Program, code: str, listed: Sequence[str], on_date: date) -> list[ListedTerms]:
    """Notes what the blank forms of a code list in print: what a family releases that signs one."""
    names = _check(listed, load_registry(program).registry.form_listable)
    clock = program.read_clock()
    with program.installation.writing() as session:
        templates = session.scalars(select(FormTemplate).where(FormTemplate.code == code)).all()
        if not templates:
            raise CommandError(f"no form {code}: see 'consentry form list'")
        made = [
            ListedTerms(
                terms_id=derive_id("terms", template.template_id, clock.now.isoformat()),
                partner_id=None,
                template_id=template.template_id,
                school_year=template.school_year,
                listed=names,
                on_date=on_date,
                recorded_at=clock.now,
            )
            for template in templates
        ]
        record(session, clock, Entry(Event.TERMS_LISTED, made[0].terms_id, _ACTOR, made, _say(names)))
    return made


def load_agreement_terms(session: Session, partner_id: str, day: date) -> dict[str, frozenset[str]]:
    """What a partner's agreements list on a day, by school year."""
    steps = session.scalars(select(ListedTerms).where(ListedTerms.partner_id == partner_id)).all()
    return {year: _find_latest([step for step in steps if step.school_year == year], day) for year in _years(steps)}


def load_form_terms(session: Session, day: date) -> dict[str, frozenset[str]]:
    """What the blank forms list on a day, by template."""
    steps = session.scalars(select(ListedTerms).where(ListedTerms.template_id.is_not(None))).all()
    by_template: dict[str, list[ListedTerms]] = {}
    for step in steps:
        by_template.setdefault(str(step.template_id), []).append(step)
    return {template_id: _find_latest(found, day) for template_id, found in by_template.items()}


def _years(steps: Iterable[ListedTerms]) -> set[str]:
    return {step.school_year for step in steps}


def _find_latest(steps: Sequence[ListedTerms], day: date) -> frozenset[str]:
    reached = [step for step in steps if step.on_date <= day]
    return frozenset(max(reached, key=lambda step: (step.on_date, step.recorded_at)).listed) if reached else frozenset()


def _check(listed: Sequence[str], listable: frozenset[str]) -> list[str]:
    by_fold = {name.casefold(): name for name in listable}
    unknown = [name for name in listed if name.casefold() not in by_fold]
    if unknown:
        raise CommandError(f"cannot be listed: {', '.join(unknown)}; there are {', '.join(sorted(listable))}")
    return sorted({by_fold[name.casefold()] for name in listed})


def _say(names: Sequence[str]) -> dict[str, JsonValue]:
    return {"listed": list(names)}
