"""Who may open which page, in one table. A route that isn't in it opens for nobody.

A rule names the roles, and for each object in the path how it is checked against the person. What a person may not see and
what doesn't exist are answered with the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from consentry.accounts import Role
from consentry.web.people import Person
from store.tables import Case, Form, Submission

Sees = Callable[[Session, Person, str], bool]

STAFF, LEAD, AUDITOR, PARTNER, ADMIN = Role.STAFF, Role.LEAD, Role.AUDITOR, Role.PARTNER, Role.ADMIN
DESK = frozenset({STAFF, LEAD})
READERS = DESK | {AUDITOR}
EVERYBODY = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may. `is_public`: also without a session."""

    roles: frozenset[Role] = frozenset()
    objects: Mapping[str, Sees] = field(default_factory=dict)
    is_public: bool = False


def sees_case(session: Session, person: Person, case_id: str) -> bool:
    """Whether there is such a case: who works in the house sees all of them."""
    return session.get(Case, case_id) is not None


def sees_form(session: Session, person: Person, form_id: str) -> bool:
    """Whether there is such a form."""
    return session.get(Form, form_id) is not None


def sees_submission(session: Session, person: Person, submission_id: str) -> bool:
    """Whether there is such a submission, and for a partner's person whether it is their partner's."""
    found = session.get(Submission, submission_id)
    if found is None:
        return False
    return found.partner_id == person.partner_id if person.role is PARTNER else True


_PUBLIC = Rule(is_public=True)
_CASE = {"case_id": sees_case}

RULES: dict[str, Rule] = {
    "healthz": _PUBLIC,
    "static_file": _PUBLIC,
    "login_page": _PUBLIC,
    "log_in": _PUBLIC,
    "home": Rule(EVERYBODY),
    "log_out": Rule(EVERYBODY),
    "queue": Rule(READERS),
    "case": Rule(READERS, _CASE),
    "page_picture": Rule(READERS, {"form_id": sees_form}),
    "decide": Rule(DESK, _CASE),
    "key": Rule(DESK, _CASE),
    "defer": Rule(DESK, _CASE),
    "reverse": Rule(DESK, _CASE),
    "take_over": Rule(DESK, _CASE),
    "beat": Rule(DESK, _CASE),
    "submissions": Rule(frozenset({PARTNER})),
    "submission": Rule(frozenset({PARTNER}), {"submission_id": sees_submission}),
    "submission_report": Rule(frozenset({PARTNER}), {"submission_id": sees_submission}),
    "accounts": Rule(frozenset({ADMIN})),
    "add_account": Rule(frozenset({ADMIN})),
}
