"""What people's answers say of the child that the matcher put first: right or wrong. The automaton's own grants are no labels.

A label comes from the blind sample, else from the decision of a person on the form's case. Doubt counts as an error: a
keying that disagrees until its case is decided, and a return or rejection that names no fault of the paper.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.pipeline.rulings import RULES_ACTOR
from consentry.pipeline.standing import find_standing
from review_queue import INSIDE_REASONS, Reason
from store.risk_tables import BlindTask
from store.tables import Case, Decision, Form

AGREES, DISAGREES = "agrees", "disagrees"
_ACCEPT = "accept"
_DOUBTS = INSIDE_REASONS | {Reason.CANNOT_CONFIRM}


def find_labels(session: Session, best: dict[str, str | None]) -> dict[str, bool]:
    """Whether the best child was wrong, by form; forms without an answer are left out. `best`: the best child of each form."""
    labels: dict[str, bool] = {}
    blind_cases = {
        task.case_id: task for task in session.scalars(select(BlindTask).where(BlindTask.case_id.is_not(None)))
    }
    last = _find_last_decisions(session)
    for case in session.scalars(select(Case).where(Case.state == "closed")):
        decision = last.get(case.case_id)
        if case.form_id in best and decision is not None and case.case_id not in blind_cases:
            answer = _answer(session.get_one(Form, case.form_id), decision, best[case.form_id])
            if answer is not None:
                labels[case.form_id] = answer
    for task in session.scalars(select(BlindTask).where(BlindTask.state.in_((AGREES, DISAGREES)))):
        if task.form_id in best:
            decision = last.get(task.case_id or "")
            case_is_closed = task.case_id is not None and session.get_one(Case, task.case_id).state == "closed"
            right = task.student_id if task.state == AGREES else None
            if case_is_closed and decision is not None and decision.action == _ACCEPT:
                right = decision.student_id
            labels[task.form_id] = right is None or right != best[task.form_id]
    return labels


def _find_last_decisions(session: Session) -> dict[str, Decision]:
    people = select(Decision).where(Decision.case_id.is_not(None), Decision.actor != RULES_ACTOR)
    return {str(decision.case_id): decision for decision in find_standing(session.scalars(people))}


def _answer(form: Form, decision: Decision, best: str | None) -> bool | None:
    if decision.action == _ACCEPT:
        return decision.student_id != best
    told = {Reason(code) for code in form.reasons}
    return None if told - _DOUBTS else True
