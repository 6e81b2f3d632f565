"""Which returned form or row a new one answers: told by the paper and the list alone, so that it says nothing of enrollment.

A link decides nothing: the rules rule on what came in. Links tell a partner what is left to do, and count what is mended again
and again, so that a hint can be given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlalchemy import ScalarResult, select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.pipeline.rulings import RULES_ACTOR
from consentry.program import Program
from review_queue import Reason, State
from store import Clock, Entry, Event, JsonValue, record
from store.ids import derive_id
from store.tables import Case, Form, ListedStudent, Submission
from store.year_tables import Correction

SCAN, ROW, FAMILY_SAYS = "scan", "row", "family_says"
MENDED_BY_A_ROW = frozenset({Reason.FORM_WITHOUT_ROW, Reason.FORM_ROW_MISMATCH, Reason.ID_FORMAT, Reason.ILLEGIBLE})
"""Faults of a form's row alone: a mended row takes the form up again, without a new scan."""

HINTED_FROM = 3
_ALIKE = 88.0
_COLUMNS = {
    "last_name": "StudentLastName",
    "first_name": "StudentFirstName",
    "birth_date": "DateOfBirth",
    "student_id": "SPSStudentID",
    "school": "School",
}
_HINTS = {
    "filled in": "was empty and you filled it in afterwards; fill it in before you send the list",
    "emptied": "was wrong and you emptied it; leave it empty where you aren't sure",
    "day and month swapped": "had day and month swapped; write it as MM/DD/YYYY",
    "spelling": "had another spelling than the form; copy it from the form",
    "changed": "was another one than on the form; copy it from the form",
}


@dataclass(frozen=True, slots=True)
class Hint:
    """What a partner has mended the same way several times: the column, how, and a sentence."""

    column: str
    change: str
    times: int
    words: str


@dataclass(frozen=True, slots=True)
class ReturnedForm:
    """A form that went back, its row, and who they say the student is."""

    form: Form
    row: ListedStudent | None
    said: dict[str, str]


def find_returned(session: Session, submission: Submission) -> ScalarResult[Form]:
    """The forms of a submission's partner, but its own, that went back and were not answered yet; the newest first."""
    answered = select(Correction.first_form_id).where(Correction.first_form_id.is_not(None))
    returned = (
        select(Form)
        .join(Submission, Submission.submission_id == Form.submission_id)
        .where(
            Form.partner_id == submission.partner_id,
            Form.submission_id != submission.submission_id,
            Form.state == State.RETURNED,
            Form.reading_sha256.is_not(None),
            Form.form_id.not_in(answered),
        )
        .order_by(Submission.created_at.desc(), Form.form_id)
    )
    return session.scalars(returned)


def is_mended_by_a_row(session: Session, form: Form) -> bool:
    """Whether a form went back by the rules for faults of its row alone: what a person returned waits for a person."""
    if form.decided_by != RULES_ACTOR or not {Reason(code) for code in form.reasons} <= MENDED_BY_A_ROW:
        return False
    return session.scalar(select(Case.case_id).where(Case.form_id == form.form_id).limit(1)) is None


def load_firsts(session: Session, submission: Submission) -> list[ReturnedForm]:
    """The returned forms that forms of a submission may answer, the newest first, each with its row: such as came before it."""
    before = select(Submission.submission_id).where(Submission.created_at <= submission.created_at)
    came = set(session.scalars(before.where(Submission.partner_id == submission.partner_id)))
    forms = [form for form in find_returned(session, submission) if form.submission_id in came]
    listed = (
        select(ListedStudent)
        .join(Form, Form.form_id == ListedStudent.form_id)
        .where(Form.partner_id == submission.partner_id, Form.state == State.RETURNED)
    )
    rows = {row.form_id: row for row in session.scalars(listed)} if forms else {}
    return [ReturnedForm(form, row := rows.get(form.form_id), say_who(form, row)) for form in forms]


def link_scan(
    session: Session,
    submission: Submission,
    firsts: list[ReturnedForm],
    form: Form,
    row: ListedStudent | None,
    clock: Clock,
) -> None:
    """Links a form that was ruled on with the returned one that it answers, and takes that one off `firsts`. The session holds
    the ledger's lock.
    """
    said = say_who(form, row)
    found = next((first for first in firsts if _is_same(said, first.said)), None)
    if found is not None:
        firsts.remove(found)
        _record(session, SCAN, submission, form, row, found.form, found.row, clock)


def link_row(session: Session, submission: Submission, form: Form, row: ListedStudent, clock: Clock) -> None:
    """Links a mended row with the form that it took up again, and the form's earlier rows with what came of it."""
    earlier = session.scalars(
        select(ListedStudent).where(ListedStudent.form_id == form.form_id, ListedStudent.row_id != row.row_id)
    ).all()
    first = max(earlier, key=lambda each: each.row_id, default=None)
    row.form_id = form.form_id
    for each in earlier:
        each.state, each.reasons = form.state, list(form.reasons)
    _record(session, ROW, submission, form, row, form, first, clock, [*earlier, row])


def describe_changes(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> list[JsonValue]:
    """How a row was mended: each changed field with the kind of change, never the values."""
    changes: list[JsonValue] = []
    for name in _COLUMNS:
        old, new = str(before.get(name, "")), str(after.get(name, ""))
        if old != new:
            changes.append({"field": name, "change": _name_change(name, old, new)})
    return changes


def find_hints(session: Session, partner_id: str) -> list[Hint]:
    """What a partner has mended the same way three times or more."""
    counted = Counter[tuple[str, str]]()
    for changes in session.scalars(select(Correction.changes).where(Correction.partner_id == partner_id)):
        counted.update((str(each["field"]), str(each["change"])) for each in changes if isinstance(each, dict))
    return [
        Hint(_COLUMNS[name], change, times, f"{_COLUMNS[name]} {_HINTS[change]} ({times} times).")
        for (name, change), times in counted.most_common()
        if times >= HINTED_FROM
    ]


def take_family_answer(program: Program, form_id: str, words: str, user: str) -> str:
    """What a family says about a returned form: it goes before a person with these words; returns the case. `CommandError`: no
    such form, or one that isn't back with the partner.
    """
    if not words.strip() or not user.strip():
        raise CommandError("an answer needs what the family says and who passes it on")
    clock = program.read_clock()
    with program.installation.writing() as session:
        form = session.get(Form, form_id)
        if form is None or form.state != State.RETURNED:
            raise CommandError("no form of that id is back with its partner")
        case = session.scalars(select(Case).where(Case.form_id == form_id)).first()
        if case is None:
            case = Case(case_id=derive_id("case", form_id), form_id=form_id, reasons=[], opened_on=clock.today)
        case.state, case.closed_on, case.reasons = "open", None, list(form.reasons)
        told: JsonValue = {"reason": form.reasons[0], "disposition": "review", "words": f"the family says: {words}"}
        form.state, form.findings = State.IN_REVIEW, [*form.findings, told]
        form.decided_by = form.decided_on = form.decided_why = None
        rows = session.scalars(select(ListedStudent).where(ListedStudent.form_id == form_id)).all()
        for row in rows:
            row.state = State.IN_REVIEW
        correction = Correction(
            correction_id=derive_id("cor", FAMILY_SAYS, form_id, clock.now.isoformat()),
            kind=FAMILY_SAYS,
            partner_id=form.partner_id,
            form_id=form_id,
            first_form_id=form_id,
            changes=[],
            words=words,
            actor=user,
            on_date=clock.today,
            recorded_at=clock.now,
        )
        written = [form, case, *rows, correction]
        entry = Entry(Event.CORRECTION_LINKED, correction.correction_id, user, written, {"kind": FAMILY_SAYS})
        record(session, clock, entry)
    return case.case_id


def _record(
    session: Session,
    kind: str,
    submission: Submission,
    form: Form,
    row: ListedStudent | None,
    first: Form,
    first_row: ListedStudent | None,
    clock: Clock,
    rows: Sequence[ListedStudent] = (),
) -> None:
    changes = describe_changes(first_row.cells, row.cells) if first_row and row else []
    correction = Correction(
        correction_id=derive_id("cor", kind, form.form_id, row.row_id if row else "", first.form_id),
        kind=kind,
        partner_id=submission.partner_id,
        form_id=form.form_id,
        row_id=row.row_id if row else None,
        first_form_id=first.form_id,
        first_row_id=first_row.row_id if first_row else None,
        changes=changes,
        actor=submission.submitted_by or submission.partner_id,
        on_date=clock.today,
        recorded_at=clock.now,
    )
    facts: dict[str, JsonValue] = {"kind": kind, "fields_changed": len(changes)}
    record(
        session,
        clock,
        Entry(Event.CORRECTION_LINKED, correction.correction_id, RULES_ACTOR, [*rows, correction], facts),
    )


def say_who(form: Form, row: ListedStudent | None) -> dict[str, str]:
    """Who the paper says the student is: by its row, else by what was read of the form."""
    if row is not None:
        return say_who_of_row(row)
    fields = {"last_name": "student_last", "first_name": "student_first"}
    values = {name: form.fields.get(fields.get(name, name)) for name in _COLUMNS}
    return {name: str(field["value"]) if isinstance(field, dict) else "" for name, field in values.items()}


def say_who_of_row(row: ListedStudent) -> dict[str, str]:
    """Who a row says the student is."""
    return {name: str(row.cells.get(name, "")) for name in _COLUMNS}


def _is_same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two papers speak of one student: two of name, birth date and ID agree."""
    return count_agreements(one, other) >= 2


def count_agreements(one: Mapping[str, str], other: Mapping[str, str]) -> int:
    """How many of name, birth date and ID two papers have in common."""
    names = (f"{said['first_name']} {said['last_name']}".casefold().strip() for said in (one, other))
    same = [name for name in ("birth_date", "student_id") if one[name] and one[name] == other[name]]
    return len(same) + (fuzz.ratio(*names) >= _ALIKE)


def _name_change(name: str, old: str, new: str) -> str:
    if not old:
        return "filled in"
    if not new:
        return "emptied"
    if name == "birth_date" and old[:4] == new[:4] and old[5:7] == new[8:10] and old[8:10] == new[5:7]:
        return "day and month swapped"
    return "spelling" if fuzz.ratio(old.casefold(), new.casefold()) >= 70 else "changed"
