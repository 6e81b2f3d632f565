"""The queue as people work through it: open cases oldest first, counts, who holds each, what is put off, what comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from itertools import count as count_up
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy import JSON, ColumnElement, Select, String, Text, cast, func, literal, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from consentry.desk.case_steps import DEFERRED
from consentry.desk.claims import find_claims
from consentry.desk.deciding import ACCEPT
from consentry.pipeline.rulings import RULES_ACTOR
from consentry.pipeline.standing import find_standing
from consentry.program import Program
from consentry.risk.policy import Rulebook
from store.desk_tables import CaseClaim, CaseStep
from store.tables import Case, Decision, Form, ListedStudent, Partner, Submission

ON_TIME, SOON_LATE, LATE = "on_time", "soon_late", "late"
GRADES = (ON_TIME, SOON_LATE, LATE)
MOST_LINES = 100
_LOOKED_AT_ONCE = 50
_TRIED_AT_ONCE = 8

_Query = TypeVar("_Query", bound="Select[*tuple[Any, ...]]")
_QueueSelect = Select[str, list[str], str, str, date, str | None]
_PLACE = (Submission.received_on, Submission.created_at, Form.position, Case.case_id)
"""The order of the queue; no two cases share a place."""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which open cases a person works through; all of them if nothing is named. `age` is one of `GRADES`."""

    partner: str = ""
    reason: str = ""
    school: str = ""
    age: str = ""
    mine: bool = False

    def as_query(self) -> str:
        """The filter as the end of an address: "?partner=..." or nothing."""
        named = {name: value for name in ("partner", "reason", "school", "age") if (value := getattr(self, name))}
        if self.mine:
            named["mine"] = "true"
        return f"?{urlencode(named)}" if named else ""


@dataclass(frozen=True, slots=True)
class QueueLine:
    """An open case in the queue. `grade`: on_time, soon_late or late against the service target."""

    case_id: str
    partner_id: str
    partner_name: str
    school: str
    reasons: tuple[str, ...]
    age_days: int
    grade: str
    holder: str | None
    put_off_to: date | None
    accepted_by: frozenset[str]
    """Who accepted it already, where it waits for a second person."""

    def is_free_for(self, user: str) -> bool:
        """Whether the user may take it up: nobody else holds it, it isn't put off, and they didn't accept it already."""
        return self.holder in (None, user) and self.put_off_to is None and user not in self.accepted_by


@dataclass(frozen=True, slots=True)
class QueueBoard:
    """What the page of the queue shows: the first lines that the filter leaves, and counts of all open cases. `first`: the
    oldest of those that the person may take up.
    """

    lines: tuple[QueueLine, ...]
    first: str | None
    found: int
    open_cases: int
    grades: dict[str, int]
    partners: dict[str, str]
    reasons: dict[str, int]
    schools: tuple[str, ...]
    decided_today: int
    decided_by_user: int


def describe_queue(program: Program, session: Session, wanted: QueueFilter, user: str) -> QueueBoard:
    """The queue for a person."""
    program = program.hold_rules()
    today, rulebook = program.read_clock().today, program.rulebook
    by_reasons = session.execute(
        select(Case.reasons, func.count()).where(Case.state == "open").group_by(Case.reasons)
    ).all()
    reasons: Counter[str] = Counter()
    for codes, count in by_reasons:
        reasons.update(dict.fromkeys(codes, count))
    counted: Select[str, date, str | None, int] = select(
        Form.partner_id, Submission.received_on, _find_school(session), func.count()
    )
    groups = session.execute(
        _join(counted, True).group_by(Form.partner_id, Submission.received_on, _find_school(session))
    ).all()
    grades = dict.fromkeys(GRADES, 0)
    for _, received, _, count in groups:
        grades[grade_age(rulebook, (today - received).days)] += count
    schools = {school for _, _, school, _ in groups if school}
    of_these = Partner.partner_id.in_({partner_id for partner_id, _, _, _ in groups})
    partners = session.execute(select(Partner.partner_id, Partner.name).where(of_these).order_by(Partner.name)).all()
    lines = list(list_lines(program, session, wanted, user, MOST_LINES))
    found = (
        session.scalar(
            _narrow(program, session, _join(select(func.count(Case.case_id)), bool(wanted.school)), wanted, user)
        )
        or 0
    )
    decided = (
        select(func.count())
        .select_from(Decision)
        .where(Decision.on_date == today, Decision.case_id.is_not(None), Decision.actor != RULES_ACTOR)
    )
    return QueueBoard(
        lines=tuple(lines),
        first=next((line.case_id for line in lines if line.is_free_for(user)), None),
        found=found,
        open_cases=sum(grades.values()),
        grades=grades,
        partners={partner_id: name for partner_id, name in partners},
        reasons=dict(sorted(reasons.items())),
        schools=tuple(sorted(schools)),
        decided_today=session.scalar(decided) or 0,
        decided_by_user=session.scalar(decided.where(Decision.actor == user)) or 0,
    )


def find_next(program: Program, session: Session, wanted: QueueFilter, after: str, user: str) -> str | None:
    """The next case after one that nobody else holds and that isn't put off; from the top again at the end."""
    program = program.hold_rules()
    here = _find_place(session, after) if after else None
    following = _list_free(program, session, wanted, user, here) if here is not None else iter(())
    from_top = _list_free(program, session, wanted, user, None)
    return next((case_id for case_id in chain(following, from_top) if case_id != after), None)


def grade_age(rulebook: Rulebook, days: int) -> str:
    """How an age stands against the service target."""
    return ON_TIME if days <= rulebook.soon_days else SOON_LATE if days <= rulebook.late_days else LATE


def _find_place(session: Session, case_id: str) -> Sequence[object] | None:
    of_case = (
        select(*_PLACE)
        .join(Form, Form.submission_id == Submission.submission_id)
        .join(Case, Case.form_id == Form.form_id)
        .where(Case.case_id == case_id)
    )
    return session.execute(of_case).first()


def _list_free(
    program: Program, session: Session, wanted: QueueFilter, user: str, after: Sequence[object] | None
) -> Iterator[str]:
    """Cases that the user may take up, oldest first, looked at a few at a time."""
    clock = program.read_clock()
    query = _narrow(program, session, _join(select(Case.case_id), bool(wanted.school)), wanted, user).order_by(*_PLACE)
    if after is not None:
        reached = (literal(value, column.type) for value, column in zip(after, _PLACE, strict=True))
        query = query.where(tuple_(*_PLACE) > tuple_(*reached))
    for start in count_up(0, _TRIED_AT_ONCE):
        ids = session.scalars(query.limit(_TRIED_AT_ONCE).offset(start)).all()
        put_off, accepted = _find_put_off(session, clock.today, ids), _find_accepted(session, ids)
        claims = find_claims(session, clock.now, ids)
        for case_id in ids:
            claim = claims.get(case_id)
            is_held = claim is not None and claim.holder != user
            if not is_held and case_id not in put_off and user not in accepted.get(case_id, frozenset()):
                yield case_id
        if len(ids) < _TRIED_AT_ONCE:
            return


def list_lines(
    program: Program, session: Session, wanted: QueueFilter, user: str, most: int | None
) -> Iterator[QueueLine]:
    """Open cases, oldest first, at most `most`."""
    clock, rulebook = program.read_clock(), program.rulebook
    in_order = _narrow(program, session, _join(select(Case.case_id), bool(wanted.school)), wanted, user)
    ids = session.scalars(in_order.order_by(*_PLACE).limit(most)).all()
    columns: _QueueSelect = select(
        Case.case_id, Case.reasons, Form.partner_id, Partner.name, Submission.received_on, _find_school(session)
    )
    named = _join(columns, with_row=True).join(Partner, Partner.partner_id == Form.partner_id)
    for start in range(0, len(ids), _LOOKED_AT_ONCE):
        some = ids[start : start + _LOOKED_AT_ONCE]
        put_off, accepted = _find_put_off(session, clock.today, some), _find_accepted(session, some)
        claims = find_claims(session, clock.now, some)
        for row in session.execute(named.where(Case.case_id.in_(some)).order_by(*_PLACE)):
            case_id, reasons, partner_id, partner_name, received, school = row
            age, claim = (clock.today - received).days, claims.get(case_id)
            yield QueueLine(
                case_id=case_id,
                partner_id=partner_id,
                partner_name=partner_name,
                school=school or "",
                reasons=tuple(reasons),
                age_days=age,
                grade=grade_age(rulebook, age),
                holder=claim.holder if claim else None,
                put_off_to=put_off.get(case_id),
                accepted_by=accepted.get(case_id, frozenset()),
            )


def _join(query: _Query, with_row: bool) -> _Query:
    """All open cases with their forms and submissions, and their list rows where those are asked for."""
    joined = (
        query.select_from(Case)
        .join(Form, Form.form_id == Case.form_id)
        .join(Submission, Submission.submission_id == Form.submission_id)
        .where(Case.state == "open")
    )
    if not with_row:
        return joined
    row_id = Form.submission_id.concat("/").concat(cast(Form.row_number, String))
    return joined.outerjoin(ListedStudent, ListedStudent.row_id == row_id)


def _narrow(program: Program, session: Session, query: _Query, wanted: QueueFilter, user: str) -> _Query:
    clock, rulebook = program.read_clock(), program.rulebook
    soon = clock.today - timedelta(days=rulebook.soon_days)
    late = clock.today - timedelta(days=rulebook.late_days)
    received = Submission.received_on
    if wanted.partner:
        query = query.where(Form.partner_id == wanted.partner)
    if wanted.reason:
        query = query.where(type_coerce(Case.reasons, Text).contains(f'"{wanted.reason}"', autoescape=True))
    if wanted.school:
        query = query.where(_find_school(session) == wanted.school)
    if wanted.age == ON_TIME:
        query = query.where(received >= soon)
    elif wanted.age == SOON_LATE:
        query = query.where(received < soon, received >= late)
    elif wanted.age == LATE:
        query = query.where(received < late)
    if wanted.mine:
        held = select(CaseClaim.case_id).where(CaseClaim.holder == user, CaseClaim.ends_at >= clock.now)
        query = query.where(Case.case_id.in_(held))
    return query


def _find_school(session: Session) -> ColumnElement[str | None]:
    """The school as the partner's row has it."""
    if session.get_bind().dialect.name == "sqlite":
        return func.json_extract(type_coerce(ListedStudent.cells, Text), "$.school", type_=String())
    school: ColumnElement[str | None] = cast(type_coerce(ListedStudent.cells, Text), JSON)["school"].as_string()
    return school


def _find_put_off(session: Session, today: date, case_ids: Sequence[str]) -> dict[str, date]:
    of_these = select(CaseStep.case_id, CaseStep.until).where(CaseStep.case_id.in_(case_ids))
    steps = session.execute(of_these.where(CaseStep.kind == DEFERRED).order_by(CaseStep.at))
    latest = {case_id: until for case_id, until in steps if until is not None}
    return {case_id: until for case_id, until in latest.items() if until > today}


def _find_accepted(session: Session, case_ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """Who accepted which of these open cases, since it was last opened."""
    taken = (
        select(Decision)
        .join(Case, Case.form_id == Decision.form_id)
        .where(Case.case_id.in_(case_ids), Decision.case_id == Case.case_id)
    )
    found: dict[str, frozenset[str]] = {}
    for decision in find_standing(session.scalars(taken)):
        if decision.action == ACCEPT:
            found[str(decision.case_id)] = found.get(str(decision.case_id), frozenset()) | {decision.actor}
    return found
