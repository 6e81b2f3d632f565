"""When partners are told what was decided: at the times of the policy, all at once, so that no timing tells who is enrolled.

A fault that the rules found on the paper alone is told at once: it says nothing of enrollment. All else waits for a release,
which takes what is decided by then. Until the next one a partner sees what the last one told, whatever has happened
since. Each answer is kept, so what a partner knew on a day can be shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.pipeline.reading_pages import SET_ASIDE
from consentry.pipeline.rulings import RULES_ACTOR
from consentry.program import Program
from consentry.risk.policy import DAYS, ReleaseTimes
from review_queue import Reason, State
from store import Clock, Entry, Event, JsonValue, record
from store.ids import derive_id
from store.loading import split_ids
from store.risk_tables import PartnerRelease, ReleasedAnswer
from store.tables import Form, Grant, ListedStudent, Submission

PAPER_ALONE = frozenset(
    {
        Reason.NO_SIGNATURE,
        Reason.NO_DATE,
        Reason.DATE_FUTURE,
        Reason.DATE_BEFORE_FORM,
        Reason.PAST_DEADLINE,
        Reason.WRONG_YEAR_FORM,
        Reason.WRONG_PARTNER,
        Reason.NOT_DISTRICT_FORM,
        Reason.NO_RECORDS_CHOSEN,
        Reason.SIGNER_NOT_ELIGIBLE_18PLUS,
        Reason.MISSING_PAGE,
        Reason.FORM_WITHOUT_ROW,
        Reason.FORM_ROW_MISMATCH,
        Reason.ID_FORMAT,
        Reason.BAD_FILE,
    }
)
"""Faults that the rules find without looking at enrollment or at other forms. DECLINED and DUPLICATE look at other forms."""

_FINAL = frozenset({State.GRANTED, State.RETURNED, State.REJECTED, State.FAILED})
_PROGRAM = "program"
_OF_ALL = PartnerRelease.due_at.is_not(None) | (PartnerRelease.actor != _PROGRAM)
"""Releases of everything that is decided; the rest told what stands in one package."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told of a form or row: its state and reasons."""

    state: State
    reasons: tuple[str, ...] = ()


class Answers(Protocol):
    """What is told of the forms and rows of a submission. Implementations: CompleteAnswers, ReleasedAnswers."""

    def of_form(self, form: Form) -> Answer:
        """What is told of a form."""

    def of_row(self, row: ListedStudent, form: Form | None) -> Answer:
        """What is told of a row; `form`: the form of the same submission that answers it."""


class CompleteAnswers:
    """All that is decided by now: for the people inside."""

    def of_form(self, form: Form) -> Answer:
        """The form as it stands."""
        return Answer(State(form.state), tuple(form.reasons))

    def of_row(self, row: ListedStudent, form: Form | None) -> Answer:
        """The row as it stands."""
        return Answer(State(row.state), tuple(row.reasons))


class ReleasedAnswers:
    """What the partner was told: by releases, and at once of faults of the paper alone."""

    def __init__(self, told: dict[str, Answer]) -> None:
        self._told = told

    def of_form(self, form: Form) -> Answer:
        """What was last told of the form; else its paper's faults, else that it is in hand or held."""
        told = self._told.get(form.form_id)
        if told is not None:
            return told
        faults = _find_faults_of_paper(form)
        if faults:
            return Answer(State.RETURNED, faults)
        if form.state == State.HELD:
            return Answer(State.HELD, tuple(form.reasons))
        return Answer(State.IN_REVIEW)

    def of_row(self, row: ListedStudent, form: Form | None) -> Answer:
        """As its form where it has one in the submission."""
        if form is not None:
            return self.of_form(form)
        return self._told.get(row.row_id, Answer(State.HELD if row.state == State.HELD else State.IN_REVIEW))


def find_released_answers(session: Session, submission_id: str) -> ReleasedAnswers:
    """What the partner was told of a submission by now."""
    return ReleasedAnswers(_find_told(session, ReleasedAnswer.submission_id == submission_id))


def find_released_grants(session: Session, partner_id: str) -> frozenset[str]:
    """The grants that the partner may know of: those whose form it was told is granted, and those that rest on no form."""
    told = select(ReleasedAnswer.subject_id).where(ReleasedAnswer.state == State.GRANTED)
    known = select(Grant.grant_id).where(
        Grant.partner_id == partner_id, Grant.form_id.is_(None) | Grant.form_id.in_(told)
    )
    return frozenset(session.scalars(known))


def tell_of_package(session: Session, clock: Clock, package_id: str, grant_ids: Collection[str]) -> None:
    """Notes that a partner learns of grants because their students stand in a package or feed. The session holds the ledger's
    lock.
    """
    granted, release_id = Answer(State.GRANTED), derive_id("release", package_id)
    subjects = dict(_list_subjects(session, grant_ids))
    told: dict[str, Answer] = {}
    for some in split_ids(subjects):
        told |= _find_told(session, ReleasedAnswer.subject_id.in_(some))
    unaware = [subject_id for subject_id in subjects if told.get(subject_id) != granted]
    answers = [_write(release_id, subject_id, subjects[subject_id], granted) for subject_id in unaware]
    if answers:
        release = PartnerRelease(release_id=release_id, due_at=None, actor=_PROGRAM, reason=package_id)
        _write_release(session, clock, release, answers)


def find_last_time(times: ReleaseTimes, now: datetime) -> datetime | None:
    """The last time of release at or before `now`, in UTC; None if a week has none."""
    local = now.astimezone(ZoneInfo(times.timezone))
    for days_ago in range(8):
        day = local.date() - timedelta(days=days_ago)
        if DAYS[day.weekday()] not in times.days:
            continue
        for at in reversed(times.list_times()):
            due = datetime.combine(day, at, local.tzinfo).astimezone(UTC)
            if due <= now:
                return due
    return None


def release_if_due(program: Program) -> int | None:
    """Releases if a time of the policy has come since the last release; how many answers were told, None if none was due."""
    clock = program.read_clock()
    due = find_last_time(program.rulebook.release, clock.now)
    with program.installation.reading() as session:
        if due is None or not _is_due(session, due):
            return None
    with program.installation.writing() as session:
        if not _is_due(session, due):
            return None
        return _release(session, clock, due, _PROGRAM, "")


def release_by_hand(program: Program, reason: str, user: str) -> int:
    """Releases now. `CommandError` without a reason or a person."""
    if not reason.strip() or not user.strip():
        raise CommandError("a release out of time needs a reason and a user")
    with program.installation.writing() as session:
        return _release(session, program.read_clock(), None, user, reason)


def _is_due(session: Session, due: datetime) -> bool:
    last = session.scalar(select(func.max(PartnerRelease.at)).where(_OF_ALL))
    since = last or session.scalar(select(func.min(Submission.created_at)))
    return since is not None and since < due


def _release(session: Session, clock: Clock, due: datetime | None, actor: str, reason: str) -> int:
    release_id = derive_id("release", clock.now.isoformat(), actor)
    answers = list(_list_news(session, release_id))
    release = PartnerRelease(release_id=release_id, due_at=due, actor=actor, reason=reason)
    _write_release(session, clock, release, answers)
    return len(answers)


def _write_release(session: Session, clock: Clock, release: PartnerRelease, answers: Sequence[ReleasedAnswer]) -> None:
    release.answers, release.on_date, release.at = len(answers), clock.today, clock.now
    facts: dict[str, JsonValue] = {"answers": len(answers), "by_hand": release.actor != _PROGRAM}
    entry = Entry(Event.ANSWERS_RELEASED, release.release_id, release.actor, [release, *answers], facts)
    record(session, clock, entry)


def _list_subjects(session: Session, grant_ids: Collection[str]) -> Iterator[tuple[str, str]]:
    """Forms and rows behind grants, each with its submission."""
    for some in split_ids(grant_ids):
        form_ids = select(Grant.form_id).where(Grant.grant_id.in_(some))
        forms = session.execute(select(Form.form_id, Form.submission_id).where(Form.form_id.in_(form_ids)))
        yield from ((form_id, submission_id) for form_id, submission_id in forms)
        rows = select(ListedStudent.row_id, ListedStudent.submission_id).where(ListedStudent.form_id.in_(form_ids))
        yield from ((row_id, submission_id) for row_id, submission_id in session.execute(rows))


def _list_news(session: Session, release_id: str) -> Iterator[ReleasedAnswer]:
    """What differs from what was told last: everything decided, and what was told and is open again."""
    told = _find_told(session)
    for form in session.scalars(select(Form).where(Form.state != SET_ASIDE).order_by(Form.form_id)):
        now = Answer(State(form.state), tuple(form.reasons))
        if _is_news(now, told.get(form.form_id)):
            yield _write(release_id, form.form_id, form.submission_id, now)
    for row in session.scalars(select(ListedStudent).order_by(ListedStudent.row_id)):
        now = Answer(State(row.state), tuple(row.reasons))
        if _is_news(now, told.get(row.row_id)):
            yield _write(release_id, row.row_id, row.submission_id, now)


def _is_news(now: Answer, told: Answer | None) -> bool:
    return now.state in _FINAL if told is None else now != told


def _write(release_id: str, subject_id: str, submission_id: str, answer: Answer) -> ReleasedAnswer:
    return ReleasedAnswer(
        release_id=release_id,
        subject_id=subject_id,
        submission_id=submission_id,
        state=answer.state,
        reasons=list(answer.reasons),
    )


def _find_told(session: Session, *which: ColumnElement[bool]) -> dict[str, Answer]:
    answers = select(ReleasedAnswer).join(PartnerRelease, PartnerRelease.release_id == ReleasedAnswer.release_id)
    return {
        answer.subject_id: Answer(State(answer.state), tuple(answer.reasons))
        for answer in session.scalars(answers.where(*which).order_by(PartnerRelease.at))
    }


def _find_faults_of_paper(form: Form) -> tuple[str, ...]:
    if form.state != State.RETURNED or form.decided_by != RULES_ACTOR:
        return ()
    return tuple(code for code in form.reasons if Reason(code) in PAPER_ALONE)
