"""Who may open which page, in one table. A route that isn't in it opens for nobody.

A rule names the roles, and for each object in the path how it is checked against the person. What a person may not see and
what doesn't exist are answered with the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from access import IS_LIST
from consentry.accounts import ACCOUNTS_KEPT_BY, Role
from consentry.risk.blind_sample import is_allowed_to_key
from consentry.web.people import Person
from store.desk_tables import Account, Batch, Upload
from store.risk_tables import BlindTask
from store.tables import Case, Form, Grant, Partner, Submission

Sees = Callable[[Session, Person, str], bool]

STAFF, LEAD, AUDITOR, ADMIN = Role.STAFF, Role.LEAD, Role.AUDITOR, Role.ADMIN
PARTNER, SCHOOL = Role.PARTNER, Role.SCHOOL
DESK = frozenset({STAFF, LEAD})
READERS = DESK | {AUDITOR}
TRACERS = frozenset({LEAD, AUDITOR})
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


def sees_batch(session: Session, person: Person, batch_id: str) -> bool:
    """Whether there is such a batch."""
    return session.get(Batch, batch_id) is not None


def may_key(session: Session, person: Person, task_id: str) -> bool:
    """Whether there is such a blind task, and this person decided nothing on its form."""
    task = session.get(BlindTask, task_id)
    return task is not None and is_allowed_to_key(session, task, person.name)


def sees_account(session: Session, person: Person, account_id: str) -> bool:
    """Whether there is such an account among those that this person keeps."""
    found = session.get(Account, account_id)
    return found is not None and found.role in ACCOUNTS_KEPT_BY.get(person.role, ())


def sees_partner(session: Session, person: Person, partner_id: str) -> bool:
    """Whether there is such a partner."""
    return session.get(Partner, partner_id) is not None


def sees_submission(session: Session, person: Person, submission_id: str) -> bool:
    """Whether there is such a submission of the person's partner; a school's list is not the partner's."""
    found = session.get(Submission, submission_id)
    return found is not None and found.partner_id == person.partner_id and found.basis != IS_LIST


def sees_own_list(session: Session, person: Person, submission_id: str) -> bool:
    """Whether there is such a right-to-view list that the person submitted under their own name."""
    found = session.get(Submission, submission_id)
    return found is not None and found.basis == IS_LIST and found.submitted_by == person.name


def sees_grant(session: Session, person: Person, grant_id: str) -> bool:
    """Whether it is a grant of the person's partner; whether it is open today is the page's to ask, with the same answer."""
    found = session.get(Grant, grant_id)
    return found is not None and found.partner_id == person.partner_id


def sees_upload(session: Session, person: Person, upload_id: str) -> bool:
    """Whether there is such an upload of this person's own."""
    found = session.get(Upload, upload_id)
    return found is not None and found.account_id == person.account_id


_KEEPERS = frozenset(ACCOUNTS_KEPT_BY)
_OF_PARTNER = Rule(frozenset({PARTNER}))
_OF_SCHOOL = Rule(frozenset({SCHOOL}))
_UPLOAD = {"upload_id": sees_upload}
_OF_UPLOAD = Rule(frozenset({PARTNER, SCHOOL}), _UPLOAD)
_PUBLIC = Rule(is_public=True)
_CASE = {"case_id": sees_case}
_TASK = {"task_id": may_key}
_BATCH = {"batch_id": sees_batch}

RULES: dict[str, Rule] = {
    "healthz": _PUBLIC,
    "readyz": _PUBLIC,
    "metrics": Rule(frozenset({ADMIN, AUDITOR})),
    "static_file": _PUBLIC,
    "login_page": _PUBLIC,
    "log_in": _PUBLIC,
    "sharefile_call": _PUBLIC,
    "code_page": _PUBLIC,
    "log_in_with_code": _PUBLIC,
    "district_login": _PUBLIC,
    "district_back": _PUBLIC,
    "home": Rule(EVERYBODY),
    "log_out": Rule(EVERYBODY),
    "queue": Rule(READERS),
    "case": Rule(READERS, _CASE),
    "page_picture": Rule(READERS, {"form_id": sees_form}),
    "crop_picture": Rule(READERS, {"form_id": sees_form}),
    "decide": Rule(DESK, _CASE),
    "key": Rule(DESK, _CASE),
    "defer": Rule(DESK, _CASE),
    "reverse": Rule(DESK, _CASE),
    "take_over": Rule(DESK, _CASE),
    "beat": Rule(DESK, _CASE),
    "batches": Rule(DESK),
    "propose_batch": Rule(DESK),
    "batch": Rule(DESK, _BATCH),
    "confirm_batch": Rule(DESK, _BATCH),
    "drop_batch": Rule(DESK, _BATCH),
    "keying": Rule(DESK),
    "keying_task": Rule(DESK, _TASK),
    "keying_crop": Rule(DESK, _TASK),
    "key_blind": Rule(DESK, _TASK),
    "trace_search": Rule(TRACERS),
    "trace_chain": Rule(TRACERS),
    "trace_bundle": Rule(TRACERS),
    "week": Rule(READERS),
    "partners": Rule(TRACERS),
    "add_partner": Rule(frozenset({LEAD})),
    "partner_people": Rule(TRACERS, {"partner_id": sees_partner}),
    "name_person": Rule(frozenset({LEAD}), {"partner_id": sees_partner}),
    "partner_history": Rule(TRACERS, {"partner_id": sees_partner}),
    "record_step": Rule(frozenset({LEAD}), {"partner_id": sees_partner}),
    "record_verdict": Rule(frozenset({LEAD}), {"partner_id": sees_partner}),
    "policy": Rule(TRACERS),
    "set_policy": Rule(frozenset({LEAD})),
    "me": Rule(EVERYBODY),
    "my_settings": Rule(EVERYBODY),
    "my_password": Rule(EVERYBODY),
    "my_code": Rule(EVERYBODY),
    "set_my_code": Rule(EVERYBODY),
    "submissions": _OF_PARTNER,
    "submission": Rule(frozenset({PARTNER}), {"submission_id": sees_submission}),
    "submission_report": Rule(frozenset({PARTNER}), {"submission_id": sees_submission}),
    "students": Rule(frozenset({PARTNER})),
    "glance": Rule(frozenset({PARTNER}), {"grant_id": sees_grant}),
    "send": _OF_PARTNER,
    "left_to_do": _OF_PARTNER,
    "left_to_do_workbook": _OF_PARTNER,
    "list_template": _OF_PARTNER,
    "begin_upload": _OF_PARTNER,
    "upload_progress": _OF_UPLOAD,
    "take_piece": _OF_UPLOAD,
    "check_upload": _OF_UPLOAD,
    "finish_upload": Rule(frozenset({PARTNER}), _UPLOAD),
    "lists": _OF_SCHOOL,
    "send_list": _OF_SCHOOL,
    "list_form": _OF_SCHOOL,
    "sent_list": Rule(frozenset({SCHOOL}), {"submission_id": sees_own_list}),
    "begin_list": _OF_SCHOOL,
    "finish_list": Rule(frozenset({SCHOOL}), _UPLOAD),
    "type_list": _OF_SCHOOL,
    "confirm_list": _OF_SCHOOL,
    "schools": Rule(TRACERS),
    "record_designee": Rule(frozenset({LEAD})),
    "accounts": Rule(_KEEPERS),
    "add_account": Rule(_KEEPERS),
    "change_account": Rule(_KEEPERS, {"account_id": sees_account}),
}
