"""Partners are told at fixed times: what matching found shows in no report before, and faults of the paper show at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from access import ReportLine, Result
from consentry.program import Program
from consentry.risk.policy import ReleaseTimes
from consentry.settings import Settings
from consentry.telling.reporting import gather_report, report_as_released
from consentry.telling.telling_partners import find_last_time, release_if_due
from store.risk_tables import PartnerRelease
from tests.consentry.conftest import District

TIMES = ReleaseTimes()


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2024, 10, 1, 22, 59, tzinfo=UTC), datetime(2024, 9, 30, 23, tzinfo=UTC)),
        (datetime(2024, 10, 1, 23, 0, tzinfo=UTC), datetime(2024, 10, 1, 23, tzinfo=UTC)),
        (datetime(2024, 10, 6, 12, 0, tzinfo=UTC), datetime(2024, 10, 4, 23, tzinfo=UTC)),  # a Sunday
        (datetime(2024, 11, 4, 23, 59, tzinfo=UTC), datetime(2024, 11, 1, 23, tzinfo=UTC)),  # clocks went back
        (datetime(2024, 11, 5, 0, 0, tzinfo=UTC), datetime(2024, 11, 5, 0, tzinfo=UTC)),
    ],
)
def test_last_time_of_release(now: datetime, due: datetime) -> None:
    assert find_last_time(TIMES, now) == due


def tell(district: District, submission: str) -> tuple[dict[str, ReportLine], dict[str, ReportLine]]:
    program = Program.open(Settings(home=district.home, today="2024-10-01"))
    complete, released = gather_report(program, submission)[1], report_as_released(program, submission)[1]
    return {line.file: line for line in complete}, {line.file: line for line in released}


def test_partner_sees_matching_only_after_a_release(district: District) -> None:
    district.save(district.fill("1000001"), "granted.png")
    district.save(district.fill("1000002", parent_signature=""), "unsigned.png")
    district.save(district.fill("1000003", student_first="Zebulon"), "stranger.png")
    submission = district.take_in(district.write_list("1000001", "1000002", "1000003"))["submission_id"]
    complete, released = tell(district, submission)
    assert complete["scans/granted.png"].result is Result.ACCEPTED
    assert released["scans/unsigned.png"] == complete["scans/unsigned.png"]
    assert released["scans/unsigned.png"].code == "NO_SIGNATURE"
    granted, stranger = released["scans/granted.png"], released["scans/stranger.png"]
    assert (granted.result, granted.code, granted.what_to_do) == (stranger.result, stranger.code, stranger.what_to_do)

    assert district.call("release", "--now").code == 2
    assert district.expect("release", "--now", "--reason", "board asked", "--as", "lea")["released"]
    complete, released = tell(district, submission)
    assert released["scans/granted.png"] == complete["scans/granted.png"]

    revised = district.expect("queue", "list")
    assert len(revised) == 1
    for case in revised:
        back = ("queue", "decide", case["case_id"], "--action", "return", "--reason", "CANNOT_CONFIRM", "--as", "ana")
        district.expect(*back)
    complete, released = tell(district, submission)
    assert complete["scans/stranger.png"].code == "CANNOT_CONFIRM"
    assert released["scans/stranger.png"].code is None
    district.expect("release", "--now", "--reason", "again", "--as", "lea")
    complete, released = tell(district, submission)
    assert released == complete
    assert district.expect("ledger", "verify")["whole"]


def test_release_comes_once_for_each_time(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.save(district.fill("1000001"), "granted.png")
    district.take_in(district.write_list("1000001"))
    program = Program.open(Settings(home=district.home, today="2024-10-01"))
    with program.installation.reading() as session:
        before = session.query(PartnerRelease).count()
    later = datetime(2099, 1, 2, tzinfo=UTC)
    monkeypatch.setattr("consentry.telling.telling_partners.find_last_time", lambda times, now: later)
    assert release_if_due(program) == 2
    with program.installation.reading() as session:
        assert session.query(PartnerRelease).count() == before + 1
    monkeypatch.undo()
    assert release_if_due(program) is None
