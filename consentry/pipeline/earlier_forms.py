"""Other forms of the same child for the same partner and year: the same consent again, or one that says something else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import CATEGORIES
from ocr.types import Mark
from review_queue import EarlierForm, PaperFacts, Presence, Reason, State
from store.tables import Form, FormTemplate

_SPEAKING_STATES = (State.GRANTED, State.IN_REVIEW, State.HELD)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a family chose on a form. `is_clear`: signed, one answer, and with a yes at least one kind of record."""

    is_clear: bool
    consents: bool
    records: frozenset[str]


def find_choice(paper: PaperFacts) -> Choice:
    """The choice on a form whose paper was read."""
    records = frozenset(name for name, mark in paper.records.items() if mark is Mark.MARKED)
    signed = Presence.PRESENT in (paper.signature, paper.student_signature)
    return _choose(paper.consent_yes, paper.consent_no, records, signed)


def find_recorded_choice(form: Form, template: FormTemplate) -> Choice:
    """The choice on a form of a blank that was recorded."""
    yes, no = find_mark(form, "consent_yes", Mark.MARKED), find_mark(form, "consent_no", Mark.EMPTY)
    return _choose(yes, no, find_released_records(form, template), bool(form.signature.get("present")))


def find_released_records(form: Form, template: FormTemplate) -> frozenset[str]:
    """The categories ticked on a recorded form; those that its blank releases in print where it has no boxes for them."""
    if not any(name.startswith("records_") for name in form.fields):
        return frozenset(template.printed_records or ())
    return frozenset(name for name in CATEGORIES if find_mark(form, f"records_{name}", Mark.EMPTY) is Mark.MARKED)


def find_mark(form: Form, name: str, unasked: Mark) -> Mark:
    """The mark in a box of a recorded form; `unasked` where its blank has no such box."""
    field = form.fields.get(name)
    return Mark(str(field["value"])) if isinstance(field, dict) else unasked


def compare_with_earlier(
    session: Session, form: Form, student_id: str, school_year: str, choice: Choice, siblings: Iterable[Choice]
) -> EarlierForm:
    """How other forms of this child compare. `siblings`: the choices of its forms in the same submission, not yet ruled on.

    Only a granted form makes another one a mere copy; a form that speaks clearly and otherwise makes a conflict, also one by
    which the family had declined.
    """
    others = select(Form, FormTemplate).join(FormTemplate, Form.template_id == FormTemplate.template_id)
    others = others.where(
        Form.partner_id == form.partner_id,
        Form.student_id == student_id,
        Form.form_id != form.form_id,
        FormTemplate.school_year == school_year,
    )
    recorded = session.execute(others).all()
    choices = [
        *(
            find_recorded_choice(other, template)
            for other, template in recorded
            if other.state in _SPEAKING_STATES or Reason.DECLINED in other.reasons
        ),
        *siblings,
    ]
    if any(other.is_clear and choice.is_clear and other != choice for other in choices):
        return EarlierForm.DIFFERENT
    if any(other.state == State.GRANTED for other, _ in recorded):
        return EarlierForm.SAME
    return EarlierForm.NONE


def _choose(yes: Mark, no: Mark, records: frozenset[str], signed: bool) -> Choice:
    consents, declines = yes is Mark.MARKED and no is Mark.EMPTY, no is Mark.MARKED and yes is Mark.EMPTY
    return Choice(signed and (declines or (consents and bool(records))), consents, records if consents else frozenset())
