"""Nothing goes before its time, nothing under a hold goes at all, and what went still verifies: subject erased."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from consentry.program import Program
from consentry.retaining import erase_due, list_due, place_hold, release_hold
from consentry.settings import Settings
from store import Clock, Entry, Event, Installation, describe_document, record
from store.tables import Decision, Form, Grant, Partner, Submission
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


def test_nothing_is_due_until_a_class_says_so(program: Program) -> None:
    assert list_due(program) == []
    set_years(program, 6)
    assert [(due.submission_id, due.due_since) for due in list_due(program)] == [("s", date(2031, 8, 28))]
    assert list_due(open_on(program.installation.home, date(2031, 8, 27))) == []
    assert erase_due(open_on(program.installation.home, date(2031, 8, 27)), "lead", "yearly") == []


@pytest.mark.parametrize(("scope", "scope_id"), [("all", None), ("partner", "p"), ("student", "1000001")])
def test_a_hold_stops_it_until_released(program: Program, scope: str, scope_id: str | None) -> None:
    set_years(program, 6)
    hold = place_hold(program, scope, scope_id, "a suit", "counsel")
    assert [due.hold_id for due in list_due(program)] == [hold]
    assert erase_due(program, "lead", "yearly") == []
    release_hold(program, hold, "settled", "counsel")
    assert erase_due(program, "lead", "yearly") == ["s"]


def test_what_went_still_verifies_and_must_not_come_back(program: Program) -> None:
    set_years(program, 6)
    url = f"sqlite:///{program.installation.home / 'consentry.sqlite'}"
    with create_engine(url).connect() as connection:
        grant = connection.execute(text("SELECT * FROM grants")).mappings().one()
    assert erase_due(program, "lead", "yearly") == ["s"]
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
