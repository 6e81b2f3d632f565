"""The paper of a simulated year: the recorded reading of a form, its list row, and the steps of agreements by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from access import CATEGORIES, AgreementKind, AgreementStatus
from consentry.benches.year_script import LABEL, LAST_DAY, NEXT_LABEL, Fault, FormScript, PartnerScript
from fixtures.district import Student
from ingest.types import ListRow
from ocr import FieldKind, FieldReading, FormReading, Mark
from ocr.types import FIELD_KINDS, TemplateIdentity
from store.tables import FormTemplate

_CORNERS = ((0.0, 0.0), (1700.0, 0.0), (1700.0, 2200.0), (0.0, 2200.0))
_RENEWAL = (date(2025, 9, 2), date(2025, 9, 10))


@dataclass(frozen=True, slots=True)
class AgreementStep:
    """A step that a partner's agreement takes on a day."""

    kind: AgreementKind
    school_year: str
    status: AgreementStatus


def list_steps(partner: PartnerScript, day: date) -> Iterator[AgreementStep]:
    """The steps of a partner's agreements on a day."""
    if day == partner.submitted_on:
        yield AgreementStep(AgreementKind.DSA, LABEL, AgreementStatus.SUBMITTED)
        yield AgreementStep(AgreementKind.NUA, LABEL, AgreementStatus.SUBMITTED)
    if day in (partner.network.first, partner.network.last) and day < LAST_DAY:
        status = AgreementStatus.ACTIVE if day == partner.network.first else AgreementStatus.ENDED
        yield AgreementStep(AgreementKind.NUA, LABEL, status)
    for span in partner.agreement:
        if day == span.first:
            yield AgreementStep(AgreementKind.DSA, LABEL, AgreementStatus.ACTIVE)
        if day == span.last and day < LAST_DAY:
            yield AgreementStep(AgreementKind.DSA, LABEL, AgreementStatus.ENDED)
    if any(day == span.first for span in partner.training):
        yield AgreementStep(AgreementKind.TRAINING, LABEL, AgreementStatus.ACTIVE)
    elif any(day == span.last < LAST_DAY for span in partner.training):
        yield AgreementStep(AgreementKind.TRAINING, LABEL, AgreementStatus.ENDED)
    elif day == partner.training_begun:
        yield AgreementStep(AgreementKind.TRAINING, LABEL, AgreementStatus.SUBMITTED)
    if partner.designation is not None:
        if day == partner.designation_submitted:
            yield AgreementStep(AgreementKind.IS, LABEL, AgreementStatus.SUBMITTED)
        if day == partner.designation.first:
            yield AgreementStep(AgreementKind.IS, LABEL, AgreementStatus.ACTIVE)
    if partner.renews and day in _RENEWAL:
        status = AgreementStatus.SUBMITTED if day == _RENEWAL[0] else AgreementStatus.ACTIVE
        yield AgreementStep(AgreementKind.DSA, NEXT_LABEL, status)


def make_row(number: int, form: FormScript, partner_name: str) -> ListRow | None:
    """The list row of a form; None for a form that has none."""
    if form.fault is Fault.NO_ROW:
        return None
    child = form.student
    if form.fault is Fault.OTHER_CHILD_IN_ROW:
        child = replace(child, first="Quirin", last="Xystus", birth_date="2010-10-10", student_id="7654321")
    return ListRow(
        row_number=number,
        last_name=child.last,
        first_name=child.first,
        birth_date=child.birth_date,
        birth_date_readings=(child.birth_date,),
        student_id=child.student_id,
        school=child.school,
        grade=child.grade,
        school_year=LABEL,
        partner_name=partner_name,
    )


def make_reading(form: FormScript, partner_name: str, template: FormTemplate) -> FormReading:
    """What reading the form brought, as a record: every field as surely read as if it had been typed."""
    child, fault = form.student, form.fault
    texts = {
        "partner": partner_name,
        "student_first": child.first,
        "student_last": child.last,
        "student_id": child.student_id,
        "birth_date": child.birth_date,
        "school": child.school,
        "grade": child.grade,
        "parent_name": child.guardians.split(";")[0],
        "parent_date": "" if fault is Fault.UNDATED else form.signed_on.isoformat(),
    }
    fields = {name: FieldReading.from_text(FIELD_KINDS[name], text) for name, text in texts.items()}
    for name in CATEGORIES:
        fields[f"records_{name}"] = _mark(FieldKind.CHECKBOX, Mark.MARKED)
    consents = fault is not Fault.DECLINED
    fields["consent_yes"] = _mark(FieldKind.CHECKBOX, Mark.MARKED if consents else Mark.EMPTY)
    fields["consent_no"] = _mark(FieldKind.CHECKBOX, Mark.EMPTY if consents else Mark.MARKED)
    signed = {Fault.UNSIGNED: Mark.EMPTY, Fault.UNSURE_SIGNATURE: Mark.UNSURE}.get(fault, Mark.MARKED)
    fields["parent_signature"] = _mark(FieldKind.SIGNATURE, signed)
    identity = TemplateIdentity(template.code, template.school_year, template.language)
    return FormReading(identity, fields, _CORNERS, (), (), 100, 1.0)


def move_student(student: Student, school: str) -> Student:
    """A student at another school."""
    return replace(student, school=school)


def find_18th_birthday(student: Student) -> date:
    """The day on which a student turns 18: from then on a parent's consent counts no more."""
    born = date.fromisoformat(student.birth_date)
    leap_day = (born.month, born.day) == (2, 29)
    return date(born.year + 18, 3, 1) if leap_day else date(born.year + 18, born.month, born.day)


def _mark(kind: FieldKind, mark: Mark) -> FieldReading:
    return FieldReading(kind, "", 1.0, "recorded", mark=mark)
