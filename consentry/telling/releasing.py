"""Takes up what was held when its partner's agreements allow it, and parks what cannot be processed.

A form that no agreement covers waits as `held`, read or unread, and goes on by itself; nobody has to remember it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access import IS_LIST, find_gates, has_active_agreement
from consentry.pipeline.form_years import find_form_year, is_list_row
from consentry.pipeline.rulings import RULES_ACTOR, apply_ruling
from consentry.program import Program
from review_queue import Disposition, Finding, Reason, Ruling, State
from store import Clock, Entry, Event, record
from store.tables import Agreement, Form, FormTemplate, ListedStudent, Submission


def release_held_forms(program: Program) -> None:
    """Moves every held form on whose agreements are active by now. Opens a writing transaction only if there is one."""
    clock = program.read_clock()
    with program.installation.reading() as session:
        if not _find_released(session, program, clock):
            return
    with program.installation.writing() as session:
        for form in _find_released(session, program, clock):
            form.state = State.READ if form.reading_sha256 or is_list_row(form) else State.RECEIVED
            form.reasons = []
            submission = session.get_one(Submission, form.submission_id)
            submission.needs_settling = True
            record(session, clock, Entry(Event.FORM_RELEASED, form.form_id, RULES_ACTOR, [form, submission]))


def park_form(program: Program, form_id: str) -> None:
    """Puts a form whose page could not be read before a person, as it came."""
    with program.installation.writing() as session:
        _park(session, program, session.get_one(Form, form_id), State.RECEIVED)


def abandon_settlement(program: Program, submission_id: str) -> None:
    """Puts all forms of a submission that could not be settled before a person; its rows wait with them."""
    clock = program.read_clock()
    with program.installation.writing() as session:
        for form in session.scalars(select(Form).where(Form.submission_id == submission_id)):
            _park(session, program, form, State.READ)
        submission = session.get_one(Submission, submission_id)
        submission.settlements += 1
        submission.needs_settling = False
        rows = list(session.scalars(select(ListedStudent).where(ListedStudent.submission_id == submission_id)))
        for row in rows:
            row.state = State.IN_REVIEW if row.state == State.RECEIVED else row.state
        record(session, clock, Entry(Event.FORM_PARKED, submission_id, RULES_ACTOR, [submission, *rows]))


def _park(session: Session, program: Program, form: Form, waiting: State) -> None:
    if form.state != waiting:
        return
    clock = program.read_clock()
    _, written = apply_ruling(form, rule_parked(), clock, program.rulebook.find_rule_set(None), {})
    submission = session.get_one(Submission, form.submission_id)
    submission.needs_settling = True
    record(session, clock, Entry(Event.FORM_PARKED, form.form_id, RULES_ACTOR, [*written, submission]))


def rule_parked() -> Ruling:
    """The ruling on a form that the program cannot process."""
    words = "the page could not be processed: read it by eye"
    return Ruling(State.IN_REVIEW, (Reason.ILLEGIBLE,), (Finding(Reason.ILLEGIBLE, Disposition.REVIEW, words),))


def _find_released(session: Session, program: Program, clock: Clock) -> list[Form]:
    """The held forms that may go on. Those of one submission and blank may or may not together, so one of each is looked at:
    what waits for months is asked for again and again.
    """
    of_kind = (Form.submission_id, Form.template_id, Form.page_kind)
    one_of_each = select(func.min(Form.form_id)).where(Form.state == State.HELD).group_by(*of_kind)
    agreements: dict[str, Sequence[Agreement]] = {}
    released: list[Form] = []
    for form in session.scalars(select(Form).where(Form.form_id.in_(one_of_each))).all():
        if form.partner_id not in agreements:
            of_partner = select(Agreement).where(Agreement.partner_id == form.partner_id)
            agreements[form.partner_id] = session.scalars(of_partner).all()
        if _may_go_on(session, program, form, agreements[form.partner_id], clock):
            like_it = (Form.submission_id == form.submission_id, Form.page_kind == form.page_kind)
            of_blank = Form.template_id.is_(None) if form.template_id is None else Form.template_id == form.template_id
            released += session.scalars(select(Form).where(Form.state == State.HELD, *like_it, of_blank))
    return sorted(released, key=lambda form: (form.submission_id, form.position))


def _may_go_on(session: Session, program: Program, form: Form, steps: Sequence[Agreement], clock: Clock) -> bool:
    if is_list_row(form):
        gates = find_gates(steps, find_form_year(session, form) or "", clock.today, program.rulebook.policy, IS_LIST)
        return gates.agreement_active and not gates.training_lapsed
    if form.template_id is None:
        return has_active_agreement(steps, clock.today)
    template = session.get_one(FormTemplate, form.template_id)
    gates = find_gates(steps, template.school_year, clock.today, program.rulebook.policy)
    return gates.agreement_active and not gates.training_lapsed
