"""Who of a partner's people may see students one at a time: in the feed of Student-at-a-Glance, and on its own page.

A person may for a school year while three things hold on the day: the partner's network use agreement of that year is active,
it names the person (`consentry.program_year.named_people`), and the partner's training of that year counts. An account that
stood for a name counts while it is open. Nothing rolls over: with the last day of the year's summer it ends by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind, AgreementStatus, has_lapsed_training, status_on
from access.staag import FeedPerson
from consentry.accounts import list_open_accounts
from consentry.program_year.named_people import BY_ACCOUNT, find_named
from consentry.risk.policy import Rulebook
from store.tables import Agreement, PersonStep


def find_people(session: Session, rulebook: Rulebook, day: date, partner_id: str | None = None) -> list[FeedPerson]:
    """Everyone who may see students on a day, or those of one partner, with the school years that they may see."""
    of_partner = Agreement.partner_id == partner_id if partner_id else Agreement.partner_id.is_not(None)
    kinds = (AgreementKind.NUA, AgreementKind.TRAINING)
    agreements: dict[str, list[Agreement]] = {}
    for step in session.scalars(select(Agreement).where(of_partner, Agreement.kind.in_(kinds))):
        agreements.setdefault(step.partner_id, []).append(step)
    found: list[FeedPerson] = []
    for partner, steps in sorted(agreements.items()):
        years = {step.school_year for step in steps}
        open_years = {year for year in years if _may_log_in(steps, rulebook, year, day)}
        if open_years:
            found += _list_people(session, partner, open_years, day)
    return found


def find_years_of(session: Session, rulebook: Rulebook, name: str, partner_id: str, day: date) -> frozenset[str]:
    """The school years whose students an account of a partner may see on a day; none where it may see nobody."""
    people = find_people(session, rulebook, day, partner_id)
    return next((one.school_years for one in people if one.user_principal_name == name.lower()), frozenset())


def _may_log_in(steps: Sequence[Agreement], rulebook: Rulebook, school_year: str, day: date) -> bool:
    if day > rulebook.find_school_year(school_year).ends:
        return False
    signed = status_on(steps, AgreementKind.NUA, school_year, day) is AgreementStatus.ACTIVE
    must = rulebook.policy.training_must_be_recorded
    return signed and not has_lapsed_training(steps, school_year, day, must)


def _list_people(session: Session, partner_id: str, years: set[str], day: date) -> Iterator[FeedPerson]:
    steps = session.scalars(select(PersonStep).where(PersonStep.partner_id == partner_id)).all()
    accounts = {account.name.lower() for account in list_open_accounts(session, partner_id)}
    open_to: dict[str, set[str]] = {}
    for year in years:
        for name, step in find_named(steps, year, day).items():
            if step.named_by != BY_ACCOUNT or name in accounts:
                open_to.setdefault(name, set()).add(year)
    for name in sorted(open_to):
        yield FeedPerson(name, partner_id, frozenset(open_to[name]))
