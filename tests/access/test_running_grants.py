"""The database's way to the grants that run on a day and the one by one way give the same rows, on every day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

from access import load_running_grants
from access.running_grants import runs_on, show_grant
from store import Clock, Entry, Event, Installation, describe_document, record
from store.tables import Decision, Form, Grant, Partner, Submission

CLOCK = Clock(datetime(2024, 10, 1, tzinfo=UTC), date(2024, 10, 1))
FIRST, LAST = date(2024, 10, 5), date(2024, 10, 9)
ENDS = [None, *(date(2024, 10, day) for day in range(4, 12))]


def make(number: int, lapses_on: date | None, revoked_on: date | None) -> Grant:
    grant = Grant(grant_id=f"g{number}", partner_id="p", student_id=f"{1_000_050 - number // 2}", basis="CONSENT")
    grant.categories, grant.from_date, grant.to_date = ["attendance"], FIRST, LAST
    grant.school_year, grant.form_id, grant.decision_id, grant.recorded_at = "2024-25", "f", "d", CLOCK.now
    grant.lapses_on, grant.revoked_on = lapses_on, revoked_on
    return grant


def test_both_ways_agree_on_every_day(installation: Installation) -> None:
    digest = installation.documents.put(b"a scan")
    grants = [make(number, *ends) for number, ends in enumerate(product(ENDS, ENDS))]
    with installation.writing() as session:
        partner = Partner(partner_id="p", name="P", categories=["attendance"])
        submission = Submission(submission_id="s", partner_id="p", basis="CONSENT", received_on=CLOCK.today)
        submission.created_at = CLOCK.now
        form = Form(form_id="f", submission_id="s", partner_id="p", position=0, document_sha256=digest, page_index=0)
        form.media_type, form.file_name, form.state = "png", "a.png", "granted"
        decision = Decision(decision_id="d", form_id="f", actor="rules", action="granted", reason="", seen={})
        decision.policy_sha256, decision.on_date, decision.at = "0" * 64, CLOCK.today, CLOCK.now
        rows = [*describe_document(session, digest, "scan", 6, CLOCK), partner, submission, form, decision, *grants]
        record(session, CLOCK, Entry(Event.ACCESS_GRANTED, "g", "rules", rows))
    with installation.reading() as session:
        for number in range(10):
            day = date(2024, 10, 3) + timedelta(days=number)
            told = load_running_grants(session, "p", day)
            kept = [grant for grant in grants if runs_on(grant, grant.revoked_on, day)]
            assert told == [show_grant(one) for one in sorted(kept, key=lambda each: (each.student_id, each.grant_id))]
            assert bool(told) is (FIRST <= day <= LAST)
