"""What the page of a case shows: reasons as sentences, each field beside the row and the candidates, rivals in words.

Where one field decides the case, its crop alone is shown first. A person who is asked to be the second sees no other person's
choice: whether somebody accepted is not part of the view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.accounts import Role
from consentry.desk.case_steps import ILLEGIBLE, list_keyed
from consentry.desk.deciding import describe_seen, find_acceptances
from consentry.desk.eyes_first import find_field_to_key
from consentry.intake.held_enrollment import ShownStudent
from consentry.pipeline.form_pages import list_sources
from consentry.pipeline.form_years import is_list_row
from consentry.web.case_fields import Place, ShownLine, find_place, show_lines
from consentry.web.case_guide import Guide, find_guides, list_fields
from consentry.web.office import Office
from consentry.web.people import Person
from consentry.web.waterfall import Bar, draw_waterfall
from review_queue import Reason
from store.tables import Case, Form, FormTemplate, Partner, Submission

MOST_SHOWN = 5
PLAIN_PROBABILITY = 0.5
_ANSWERED_BY_A_LOOK = {Reason.LOW_PROBABILITY, Reason.FORM_ROW_MISMATCH}
"""Reasons that a look at the child answers. Where the paper is in doubt, or a rival near, nothing is chosen beforehand."""
_OFTEN_KEYED = ("birth_date", "student_id", "student_last", "student_first")


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page of the form: which, counted from 1, and its size in pixels."""

    number: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Rival:
    """Another candidate of the same family: twin, sibling or namesake, and the birth date or school that tells of it."""

    kind: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """A candidate: its student, its probability in percent, its evidence, and who is near it."""

    student: ShownStudent
    percent: str
    evidence: tuple[Bar, ...]
    rivals: tuple[Rival, ...]


@dataclass(frozen=True, slots=True)
class ShownReason:
    """Why the case waits, in the words of the rules, and what to do about it."""

    words: str
    guide: Guide | None


@dataclass(frozen=True, slots=True)
class OtherForm:
    """Another form that the partner sent of the child, with its case if it has one."""

    case_id: str | None
    file_name: str
    state: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """All that the page shows. `to_key`: the field that is shown alone, to be keyed first; then there are no candidates.
    `may_grant`: whether the page is one that can be accepted at all.
    """

    case: Case
    form: Form
    partner: Partner
    age_days: int
    seen: str
    to_key: str | None
    pages: tuple[ShownPage, ...]
    reasons: tuple[ShownReason, ...]
    to_look_at: frozenset[str]
    published: date | None
    received: date
    may_grant: bool
    other_forms: tuple[OtherForm, ...]
    lines: tuple[ShownLine, ...]
    candidates: tuple[ShownCandidate, ...]
    found: tuple[ShownStudent, ...]
    preselected: str
    doubtful: str
    decided_by: str | None

    @property
    def student_ids(self) -> list[str]:
        """The students that the page shows."""
        shown = [candidate.student.student_id for candidate in self.candidates]
        return list(dict.fromkeys([*shown, *(student.student_id for student in self.found)]))

    @property
    def place_to_key(self) -> Place | None:
        """Where the field that is keyed first stands."""
        return find_place(self.form, self.to_key, list_sources(self.form)) if self.to_key else None


def describe_case(office: Office, session: Session, case: Case, person: Person, search: str = "") -> CaseView:
    """The view of a case for a person; `search`: what to look for over enrollment."""
    form = session.get_one(Form, case.form_id)
    steps = list_keyed(session, case.case_id)
    keyed_by_person = [step.field for step in steps if step.actor == person.name]
    decides = case.state == "open" and person.role is not Role.AUDITOR
    to_key = find_field_to_key(form, case.reasons, keyed_by_person) if decides else None
    candidates = () if to_key else show_candidates(office, session, form)
    today = office.program.read_clock().today
    keyed = {step.field: step.value for step in steps if step.kind != ILLEGIBLE}
    received = session.get_one(Submission, form.submission_id).received_on
    told = [str(found["words"]) for found in form.findings if isinstance(found, dict)]
    guides = find_guides(told)
    to_look_at = list_fields(guides)
    template = session.get(FormTemplate, form.template_id) if form.template_id else None
    return CaseView(
        case=case,
        form=form,
        partner=session.get_one(Partner, form.partner_id),
        age_days=(today - received).days,
        seen=describe_seen(form),
        to_key=to_key,
        pages=() if to_key else show_pages(office, form),
        reasons=tuple(ShownReason(words, guide) for words, guide in zip(told, guides, strict=True)),
        to_look_at=frozenset(to_look_at),
        published=template.published if template else None,
        received=received,
        may_grant=template is not None or is_list_row(form),
        other_forms=() if to_key else _list_other_forms(session, form),
        lines=() if to_key else show_lines(session, form, keyed, [one.student for one in candidates], to_look_at),
        candidates=candidates,
        found=tuple(office.enrollment.search(session, today, search)) if search and not to_key else (),
        preselected=_preselect(session, case, form, candidates),
        doubtful=_find_doubtful(form),
        decided_by=form.decided_by if case.state != "open" or person.role is Role.AUDITOR else None,
    )


def _list_other_forms(session: Session, form: Form) -> tuple[OtherForm, ...]:
    if form.student_id is None:
        return ()
    others = (
        select(Case.case_id, Form.file_name, Form.state)
        .select_from(Form)
        .outerjoin(Case, Case.form_id == Form.form_id)
        .where(Form.student_id == form.student_id, Form.partner_id == form.partner_id, Form.form_id != form.form_id)
        .order_by(Form.form_id)
    )
    return tuple(OtherForm(case_id, file_name, state) for case_id, file_name, state in session.execute(others))


def is_plain(session: Session, case: Case, form: Form, candidates: Sequence[ShownCandidate]) -> bool:
    """Whether a look at the best candidate is all that a case asks for."""
    if not candidates or candidates[0].rivals or candidates[0].student.protected or case.state != "open":
        return False
    if set(case.reasons) - _ANSWERED_BY_A_LOOK or find_acceptances(session, case.case_id):
        return False
    return float(str(form.match.get("probability") or 0.0)) >= PLAIN_PROBABILITY


def show_candidates(office: Office, session: Session, form: Form) -> tuple[ShownCandidate, ...]:
    """The candidates of a form that are enrolled, the best first."""
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
        alike = [
            other for other in rivals if _name_words(other) & _name_words(student)
        ]  # no kin without, and quick to ask
        kin = [other for other in alike if children and children.are_siblings(student.student_id, other.student_id)]
        percent = f"{100 * float(str(entry['probability'])):.1f}%"
        shown.append(ShownCandidate(student, percent, draw_waterfall(entry["evidence"]), _list_rivals(student, kin)))
    return tuple(shown)


def _preselect(session: Session, case: Case, form: Form, candidates: Sequence[ShownCandidate]) -> str:
    return candidates[0].student.student_id if is_plain(session, case, form, candidates) else ""


def show_pages(office: Office, form: Form) -> tuple[ShownPage, ...]:
    """The pages of a form that can be drawn."""
    drawn = [(number, office.pictures.draw(source)) for number, source in enumerate(list_sources(form), 1)]
    return tuple(ShownPage(number, picture.width, picture.height) for number, picture in drawn if picture)


def _find_doubtful(form: Form) -> str:
    """The field to be keyed most likely: one that every form has and in which nothing was read, else the least sure one."""
    fields = {name: field for name in _OFTEN_KEYED if isinstance(field := form.fields.get(name), dict)}
    empty = [name for name, field in fields.items() if name != "student_id" and not field.get("value")]
    unsure = {name: float(str(field.get("confidence") or 0.0)) for name, field in fields.items() if field.get("value")}
    return empty[0] if empty else min(unsure, key=lambda name: unsure[name], default="")


def _name_words(student: ShownStudent) -> set[str]:
    return set(student.last.casefold().replace("-", " ").split())


def _list_rivals(student: ShownStudent, kin: list[ShownStudent]) -> tuple[Rival, ...]:
    rivals = []
    for other in kin:
        name = f"{other.first} {other.last}"
        if (other.first, other.last, other.birth_date) == (student.first, student.last, student.birth_date):
            rivals.append(Rival("namesake", name, other.school))
        elif other.birth_date == student.birth_date:
            rivals.append(Rival("twin", name, other.birth_date))
        else:
            rivals.append(Rival("sibling", name, other.birth_date))
    return tuple(rivals)
