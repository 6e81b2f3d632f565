"""What the page of a case shows: reasons as sentences, each field beside the row and the candidates, rivals in words.

A person who is asked to be the second sees no other person's choice: whether somebody accepted is not part of the view.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from consentry.accounts import Role
from consentry.case_steps import KEYABLE, find_row, list_keyed
from consentry.deciding import describe_seen, find_acceptances
from consentry.held_enrollment import ShownStudent
from consentry.web.office import Office
from consentry.web.people import Person
from ocr import FIELD_KINDS
from review_queue import Reason
from store.tables import Case, Form

MOST_SHOWN = 5
PLAIN_PROBABILITY = 0.5
_ABOUT_IDENTITY = {Reason.LOW_PROBABILITY, Reason.FORM_ROW_MISMATCH}
"""Reasons that a look at the child answers. Where the paper is in doubt, or a rival near, nothing is chosen beforehand."""
_STUDENT_OF = {
    "student_first": "first",
    "student_middle": "middle",
    "student_last": "last",
    "other_name": "other_names",
    "student_id": "student_id",
    "birth_date": "birth_date",
    "school": "school",
    "grade": "grade",
    "parent_name": "guardians",
}
_ROW_OF = {"student_first": "first_name", "student_middle": "middle_name", "student_last": "last_name"}


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """A candidate: its student, its probability in percent, its evidence as sentences, and what to know of it."""

    student: ShownStudent
    percent: str
    words: tuple[str, ...]
    warning: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One field: name, box on the page as an SVG view box, what was read or keyed, the list row's value, each candidate's."""

    name: str
    box: str
    read: str
    keyed: str
    row: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """All that the page shows."""

    case: Case
    form: Form
    seen: str
    width: int
    height: int
    sentences: tuple[str, ...]
    lines: tuple[ShownLine, ...]
    candidates: tuple[ShownCandidate, ...]
    preselected: str
    decided_by: str | None

    @property
    def student_ids(self) -> list[str]:
        """The students that the page shows."""
        return [candidate.student.student_id for candidate in self.candidates]


def describe_case(office: Office, session: Session, case: Case, person: Person) -> CaseView:
    """The view of a case for a person."""
    form = session.get_one(Form, case.form_id)
    picture = office.pictures.draw(form)
    candidates = _show_candidates(office, session, form)
    keyed = {step.field: step.value for step in list_keyed(session, case.case_id)}
    waiting = find_acceptances(session, case.case_id) if case.state == "open" else []
    is_plain = bool(candidates) and not candidates[0].warning and not waiting and _best_of(form) >= PLAIN_PROBABILITY
    is_plain = is_plain and not set(case.reasons) - _ABOUT_IDENTITY
    return CaseView(
        case=case,
        form=form,
        seen=describe_seen(form),
        width=picture.width if picture else 1,
        height=picture.height if picture else 1,
        sentences=tuple(str(found["words"]) for found in form.findings if isinstance(found, dict)),
        lines=_show_lines(session, form, keyed, candidates),
        candidates=candidates,
        preselected=candidates[0].student.student_id if is_plain else "",
        decided_by=form.decided_by if case.state != "open" or person.role is Role.AUDITOR else None,
    )


def _best_of(form: Form) -> float:
    return float(str(form.match.get("probability") or 0.0))


def _show_candidates(office: Office, session: Session, form: Form) -> tuple[ShownCandidate, ...]:
    listed = form.match.get("candidates")
    found = [entry for entry in listed if isinstance(entry, dict)][:MOST_SHOWN] if isinstance(listed, list) else []
    today = office.program.read_clock().today
    ids = [str(entry["student_id"]) for entry in found]
    students = office.enrollment.show(session, today, ids) if ids else {}
    children = office.enrollment.find(session, today) if students else None
    shown = []
    for entry in found:
        student = students.get(str(entry["student_id"]))
        if student is None:
            continue
        rivals = [students[other] for other in ids if other in students and other != student.student_id]
        kin = [other for other in rivals if children and children.are_siblings(student.student_id, other.student_id)]
        evidence = entry["evidence"]
        words = tuple(str(p["words"]) for p in evidence if isinstance(p, dict)) if isinstance(evidence, list) else ()
        percent = f"{100 * float(str(entry['probability'])):.1f}%"
        shown.append(ShownCandidate(student, percent, words, _warn(student, kin)))
    return tuple(shown)


def _warn(student: ShownStudent, kin: list[ShownStudent]) -> str:
    told = []
    if student.protected:
        told.append("address is confidential")
    for other in kin:
        if other.birth_date == student.birth_date:
            told.append(f"twin of {other.first} {other.last}: born the same day")
        else:
            told.append(f"sibling of {other.first} {other.last}, born {other.birth_date}")
    return "; ".join(told)


def _show_lines(
    session: Session, form: Form, keyed: dict[str, str], candidates: tuple[ShownCandidate, ...]
) -> tuple[ShownLine, ...]:
    row = find_row(session, form)
    lines = []
    for name in (known for known in FIELD_KINDS if known in form.fields):
        field = form.fields[name]
        if not isinstance(field, dict) or not isinstance(field.get("box"), list):
            continue
        x0, y0, x1, y1 = (int(str(edge)) for edge in field["box"])  # type: ignore[union-attr]  # a list, as just asked
        values = tuple(
            str(getattr(candidate.student, _STUDENT_OF[name])) if name in KEYABLE else "" for candidate in candidates
        )
        cell = str(row.cells.get(_ROW_OF.get(name, name), "") or "") if row and name in KEYABLE else ""
        box = f"{x0 - 6} {y0 - 6} {max(x1 - x0, 1) + 12} {max(y1 - y0, 1) + 12}"
        lines.append(ShownLine(name, box, str(field.get("value") or ""), keyed.get(name, ""), cell, values))
    return tuple(lines)
