"""Nothing goes before its time, nothing under a hold goes at all, and what went still verifies: subject erased."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from consentry.errors import CommandError
from consentry.program import Program
from consentry.retaining import erase_due, list_due, place_hold, release_hold
from consentry.retention_classes import read_keep_years
from consentry.settings import Settings
from store import Clock, Entry, Event, Installation, describe_document, record
from store.door_tables import Arrival, CoverSheet
from store.packet_tables import PrintBatch, PrintedSheet
from store.tables import Decision, Form, FormTemplate, Grant, Partner, StudentDataLoad, Submission, Tracked
from store.verification import verify_ledger

CLOCK = Clock(datetime(2024, 10, 1, tzinfo=UTC), date(2024, 10, 1))


@pytest.fixture
def program(tmp_path: Path) -> Program:
    installation = Installation.create(tmp_path / "home", None, CLOCK)
    digest = installation.documents.put(b"a scan")
    with installation.writing() as session:
        partner = Partner(partner_id="p", name="P", categories=["attendance"])
        record(session, CLOCK, Entry(Event.PARTNER_ADDED, "p", "lead", [partner]))
        submission = Submission(submission_id="s", partner_id="p", basis="CONSENT", received_on=CLOCK.today)
        submission.created_at = CLOCK.now
        documents = describe_document(session, digest, "scan", 6, CLOCK)
        form = Form(form_id="f", submission_id="s", partner_id="p", position=0, document_sha256=digest, page_index=0)
        form.media_type, form.file_name, form.state, form.student_id = "png", "a.png", "granted", "1000001"
        record(session, CLOCK, Entry(Event.SUBMISSION_RECEIVED, "s", "p", [*documents, submission, form]))
        decision = Decision(decision_id="d", form_id="f", actor="rules", action="granted", student_id="1000001")
        decision.reason, decision.seen, decision.policy_sha256 = "", {}, "0" * 64
        decision.on_date, decision.at = CLOCK.today, CLOCK.now
        record(session, CLOCK, Entry(Event.FORM_RULED, "f", "rules", [decision]))
        grant = Grant(grant_id="g", partner_id="p", student_id="1000001", categories=["attendance"], basis="CONSENT")
        grant.from_date, grant.to_date, grant.school_year = CLOCK.today, date(2025, 8, 31), "2024-25"
        grant.form_id, grant.decision_id, grant.recorded_at = "f", "d", CLOCK.now
        record(session, CLOCK, Entry(Event.ACCESS_GRANTED, "g", "rules", [grant]))
    installation.engine.dispose()
    return open_on(tmp_path / "home", date(2032, 1, 1))


def open_on(home: Path, today: date) -> Program:
    return Program.open(Settings(home=home, today=today))


def set_years(program: Program, years: int) -> None:
    (program.installation.home / "retention.toml").write_text(
        f"[submissions]\nkeep_years = {years}\n", encoding="utf-8"
    )


def erase(program: Program) -> list[str]:
    return [due.record_id for due in erase_due(program, "lead", "yearly")]


def test_nothing_is_due_until_a_class_says_so(program: Program) -> None:
    assert list_due(program) == []
    set_years(program, 6)
    assert [(due.record_id, due.due_since) for due in list_due(program)] == [("s", date(2031, 8, 28))]
    assert list_due(open_on(program.installation.home, date(2031, 8, 27))) == []
    assert erase_due(open_on(program.installation.home, date(2031, 8, 27)), "lead", "yearly") == []


@pytest.mark.parametrize(("scope", "scope_id"), [("all", None), ("partner", "p"), ("student", "1000001")])
def test_a_hold_stops_it_until_released(program: Program, scope: str, scope_id: str | None) -> None:
    set_years(program, 6)
    hold = place_hold(program, scope, scope_id, "a suit", "counsel")
    assert [due.hold_id for due in list_due(program)] == [hold]
    assert erase_due(program, "lead", "yearly") == []
    release_hold(program, hold, "settled", "counsel")
    assert erase(program) == ["s"]


def test_what_went_still_verifies_and_must_not_come_back(program: Program) -> None:
    set_years(program, 6)
    url = f"sqlite:///{program.installation.home / 'consentry.sqlite'}"
    with create_engine(url).connect() as connection:
        grant = connection.execute(text("SELECT * FROM grants")).mappings().one()
    assert erase(program) == ["s"]
    with program.installation.reading() as session:
        verdict = verify_ledger(session, program.installation.documents)
        assert (verdict.breaks, verdict.erased) == ((), 5)
        assert session.query(Form).count() == session.query(Grant).count() == 0
    assert hashlib.sha256(b"a scan").hexdigest() not in set(program.installation.documents.list_digests())
    with create_engine(url).begin() as connection:
        names = ", ".join(grant)
        values = ", ".join(f":{name}" for name in grant)
        connection.execute(text(f"INSERT INTO grants ({names}) VALUES ({values})"), dict(grant))  # noqa: S608
    with program.installation.reading() as session:
        words = [found.words for found in verify_ledger(session, program.installation.documents).breaks]
    assert words == ["the row that this entry erased is there"]


def keep(program: Program, content: bytes) -> str:
    """A document that a row is about to name."""
    digest = program.installation.documents.put(content)
    with program.installation.writing() as session:
        found = describe_document(session, digest, "other", len(content), CLOCK)
        record(session, CLOCK, Entry(Event.FILES_ARRIVED, digest, "test", found))
    return digest


def note(program: Program, *rows: Tracked) -> None:
    with program.installation.writing() as session:
        record(session, CLOCK, Entry(Event.FILES_ARRIVED, "x", "test", list(rows)))


def is_kept(program: Program, digest: str) -> bool:
    return digest in set(program.installation.documents.list_digests())


def test_of_student_data_the_newest_load_and_what_it_shares_stay(program: Program) -> None:
    shared, old, new = keep(program, b"a bucket"), keep(program, b"an old bucket"), keep(program, b"a new bucket")
    for number, own in enumerate((old, new)):
        load = StudentDataLoad(load_id=f"load{number}", as_of=date(2024, 10, 1 + number), students=1)
        load.buckets, load.files, load.loaded_at = [shared, own], {}, datetime(2024, 10, 1 + number, tzinfo=UTC)
        note(program, load)
    (program.installation.home / "retention.toml").write_text("[student_data]\nkeep_years = 2\n", encoding="utf-8")
    hold = place_hold(program, "student", "1000009", "a suit", "counsel")
    assert [(due.record_id, due.hold_id) for due in list_due(program)] == [("load0", hold)], "a load may hold anybody"
    release_hold(program, hold, "settled", "counsel")
    assert erase(program) == ["load0"]
    assert [is_kept(program, digest) for digest in (shared, old, new)] == [True, False, True]
    with program.installation.reading() as session:
        assert verify_ledger(session, program.installation.documents).breaks == ()


def test_packets_stacks_and_covers_go_with_their_own_class(program: Program) -> None:
    blank, listed, stack = keep(program, b"a blank"), keep(program, b"a list"), keep(program, b"a stack")
    template = FormTemplate(template_id="t", code="C", school_year="2024-25", language="en", published=CLOCK.today)
    template.blank_sha256 = template.model_sha256 = blank
    template.added_at = CLOCK.now
    batch = PrintBatch(batch_id="b", partner_id="p", school_year="2024-25", list_sha256=listed, list_name="l.xlsx")
    batch.sheets, batch.printed_by, batch.on_date, batch.at = 1, "ana", CLOCK.today, CLOCK.now
    sheet = PrintedSheet(sheet_id="b/2", batch_id="b", row_number=2, template_id="t", printed={"student_id": "1000001"})
    arrival = Arrival(arrival_id="a", door="office", file_name="stack.pdf", sha256=stack, size=7, outcome="refused")
    arrival.received_on, arrival.words, arrival.at = CLOCK.today, "", CLOCK.now
    cover = CoverSheet(cover_id="c", partner_id="p", way="mail", received_on=CLOCK.today, made_by="ana")
    cover.on_date, cover.at = CLOCK.today, CLOCK.now
    note(program, template, batch, sheet, arrival, cover)
    (program.installation.home / "retention.toml").write_text(
        "[packets]\nkeep_years = 1\n[arrivals]\nkeep_years = 3\n", encoding="utf-8"
    )
    home = program.installation.home
    assert [due.record_id for due in list_due(open_on(home, date(2027, 1, 1)))] == ["b"]
    other, mine = (place_hold(program, "student", number, "a suit", "counsel") for number in ("1000002", "1000001"))
    told = {due.record_id: due.hold_id for due in list_due(program)}
    assert told == {"b": mine, "a": other, "c": other}, "a printed ID tells whose a sheet is; a stack may be anybody's"
    release_hold(program, other, "settled", "counsel")
    release_hold(program, mine, "settled", "counsel")
    assert erase(program) == ["b", "a", "c"]
    assert [is_kept(program, digest) for digest in (blank, listed, stack)] == [True, False, False]
    with program.installation.reading() as session:
        assert session.query(PrintedSheet).count() == 0
        assert verify_ledger(session, program.installation.documents).breaks == ()


def test_faults_of_the_file_are_all_told(tmp_path: Path) -> None:
    (tmp_path / "retention.toml").write_text("[packets]\nkeep_years = -1\n[photos]\nkeep_years = 1\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"packets\.keep_years.*photos"):
        read_keep_years(tmp_path)
