"""The queue: order, what comes next within a filter, counts; on both databases the same."""

from __future__ import annotations

from datetime import date

import pytest

from consentry.desk.case_steps import defer_case
from consentry.desk.claims import claim_case
from consentry.desk.queue_board import QueueFilter, describe_queue, find_next, list_lines
from consentry.program import Program
from consentry.settings import Settings
from store import Entry, Event, record
from store.tables import Case, Document, Form, ListedStudent, Partner, Submission
from tests.consentry.conftest import District

EVERYTHING = QueueFilter()


@pytest.fixture
def program(district: District) -> Program:
    """A home with two partners and five open cases: two submissions of one day and moment, one of three weeks before."""
    program = Program.open(Settings(home=district.home, today=date(2024, 10, 1)))
    clock = program.read_clock()
    digest = "0" * 64
    with program.installation.writing() as session:
        rows = [Document(sha256=digest, kind="scan", size=1, stored_at=clock.now)]
        rows.append(Partner(partner_id="green", name="Green Lake Mentors", purpose="", categories=[]))
        record(session, clock, Entry(Event.PARTNER_ADDED, "green", "test", rows))
        for name, partner, day, places in (
            ("sub-new", "rainier", date(2024, 10, 1), (2, 0, 1)),
            ("sub-old", "green", date(2024, 9, 10), (0,)),
            ("sub-newer", "green", date(2024, 10, 1), (0,)),
        ):
            made = Submission(
                submission_id=name, partner_id=partner, basis="CONSENT", received_on=day, created_at=clock.now
            )
            record(session, clock, Entry(Event.SUBMISSION_RECEIVED, name, "test", [made]))
            for place in places:
                add_case(session, clock, made, place, digest)
    return program


def add_case(session, clock, submission, place, digest) -> None:  # type: ignore[no-untyped-def]
    name = f"{submission.submission_id[4:]}-{place}"
    form = Form(
        form_id=f"form-{name}",
        submission_id=submission.submission_id,
        partner_id=submission.partner_id,
        position=place,
        document_sha256=digest,
        media_type="image/png",
        file_name="a.png",
        page_index=place,
        state="in_review",
        row_number=place,
    )
    reasons = ["ALTERED", "LOW_PROBABILITY"] if place == 1 else ["LOW_PROBABILITY"]
    school = "Harbor View" if place == 2 else "Cedar Grove"
    case = Case(case_id=f"case-{name}", form_id=form.form_id, reasons=reasons, opened_on=clock.today, state="open")
    row = ListedStudent(
        row_id=f"{submission.submission_id}/{place}",
        submission_id=submission.submission_id,
        row_number=place,
        cells={"school": school},
        state="in_review",
        reasons=[],
        form_id=form.form_id,
    )
    record(session, clock, Entry(Event.FORM_RULED, form.form_id, "test", [form, case, row]))


def list_ids(program: Program, wanted: QueueFilter = EVERYTHING, user: str = "ana") -> list[str]:
    with program.installation.reading() as session:
        return [line.case_id[5:] for line in list_lines(program, session, wanted, user, None)]


def walk(program: Program, wanted: QueueFilter = EVERYTHING) -> list[str]:
    """From case to case as `Enter` goes, once around."""
    found, here = [], ""
    with program.installation.reading() as session:
        while (following := find_next(program, session, wanted, here, "ana")) and following not in found:
            found.append(following)
            here = following
    return [case_id[5:] for case_id in found]


def test_the_oldest_come_first_and_enter_goes_through_all(program: Program) -> None:
    ids = list_ids(program)
    assert ids[0] == "old-0"
    assert sorted(ids[1:]) == ["new-0", "new-1", "new-2", "newer-0"]
    assert [name for name in ids if name.startswith("new-")] == ["new-0", "new-1", "new-2"]
    assert sorted(walk(program)) == sorted(ids)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (QueueFilter(partner="green"), {"old-0", "newer-0"}),
        (QueueFilter(reason="ALTERED"), {"new-1"}),
        (QueueFilter(reason="ALTER"), set()),
        (QueueFilter(school="Harbor View"), {"new-2"}),
        (QueueFilter(age="late"), {"old-0"}),
        (QueueFilter(age="on_time", partner="rainier"), {"new-0", "new-1", "new-2"}),
        (QueueFilter(mine=True), {"new-1"}),
    ],
)
def test_a_filter_leaves_and_enter_stays_within_it(program: Program, wanted: QueueFilter, found: set[str]) -> None:
    with program.installation.sessions.begin() as session:
        claim_case(session, "case-new-1", "ana", program.read_clock().now)
    assert set(list_ids(program, wanted)) == found
    assert set(walk(program, wanted)) == found


def test_enter_passes_over_what_others_hold_and_what_is_put_off(program: Program) -> None:
    with program.installation.sessions.begin() as session:
        claim_case(session, "case-new-0", "ben", program.read_clock().now)
    defer_case(program, "case-new-2", date(2024, 10, 5), "the family is asked", "ana")
    assert set(walk(program)) == {"old-0", "new-1", "newer-0"}
    assert len(list_ids(program)) == 5, "both are still listed"


def test_the_board_counts_all_open_cases(program: Program) -> None:
    with program.installation.reading() as session:
        board = describe_queue(program, session, QueueFilter(partner="green"), "ana")
    assert (board.found, board.open_cases) == (2, 5)
    assert board.grades == {"on_time": 4, "soon_late": 0, "late": 1}
    assert board.reasons == {"ALTERED": 1, "LOW_PROBABILITY": 5}
    assert board.partners == {"green": "Green Lake Mentors", "rainier": "Rainier Youth Partners"}
    assert board.schools == ("Cedar Grove", "Harbor View")


def test_a_filter_is_carried_in_addresses() -> None:
    assert QueueFilter().as_query() == ""
    assert QueueFilter(school="A & B", mine=True).as_query() == "?school=A+%26+B&mine=true"
