"""The feed of Student-at-a-Glance: complete, recorded before it is in reach, and never empty or shrunk without a lead."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consentry.accounts import CLOSED, NewAccount, Role, add_account, change_account
from consentry.disclosing.staag_people import find_people
from store.tables import Delivery, Disclosure, PersonStep
from tests.consentry.conftest import District
from tests.consentry.granting import UPN, grant, name_person, open_program
from tests.consentry.test_pauses import load_enrollment

YEAR = ("--school-year", "2024-25")


def sign_network_use(district: District, status: str = "active", on: str = "2024-09-02") -> None:
    district.expect("partner", "agreement", "rainier", "--kind", "nua", *YEAR, "--status", status, "--on", on)


def train(district: District, status: str, on: str) -> None:
    district.expect("partner", "agreement", "rainier", "--kind", "training", *YEAR, "--status", status, "--on", on)


@pytest.fixture
def glanced(district: District) -> District:
    """Twelve students' worth of rows would be slow; four grants, one person."""
    sign_network_use(district)
    name_person(district)
    for student in ("1000001", "1000002", "1000003", "1000005"):
        grant(district, student)
    return district


def write(district: District, *options: str, code: int = 0) -> Any:
    done = district.call("staag", "feed", "--out", str(district.folder / "feed.csv"), *options)
    assert done.code == code, done.err
    return done.out if code == 0 else done.err


def read_rows(district: District) -> list[dict[str, str]]:
    with (district.folder / "feed.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def list_disclosures(district: District) -> list[tuple[str, bool]]:
    """Of each disclosure by feed: the student, and whether it stands."""
    with open_program(district).installation.reading() as session:
        found = session.scalars(select(Disclosure).where(Disclosure.kind == "staag-feed")).all()
    return sorted((one.student_id, one.until_delivery_id is None) for one in found)


def test_the_feed_has_a_row_for_each_person_and_student_and_a_manifest(glanced: District) -> None:
    name_person(glanced, "Ben@Rainier.example")
    told = write(glanced)
    rows = read_rows(glanced)
    access = {row["student_id"] for row in glanced.expect("access", "rainier")}
    assert {(row["UserPrincipalName"], row["SPSStudentID"]) for row in rows} == {
        (name, student) for name in (UPN, "ben@rainier.example") for student in access
    }
    manifest = json.loads((glanced.folder / "feed.csv.manifest.json").read_text(encoding="utf-8"))
    content = (glanced.folder / "feed.csv").read_bytes()
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest() == told["sha256"]
    assert (manifest["rows"], manifest["students"], manifest["complete"]) == (8, 4, True)
    assert list_disclosures(glanced) == [(student, True) for student in sorted(access)]
    assert glanced.expect("ledger", "verify")["whole"]


def test_a_person_may_log_in_only_when_named_by_an_active_agreement_and_trained(district: District) -> None:
    grant(district, "1000001")
    name_person(district)
    refusal = write(district, code=2)
    assert "would be empty: nobody may log in for rainier, see" in refusal, "named, and the agreement isn't active"
    sign_network_use(district)
    write(district)
    assert [row["UserPrincipalName"] for row in read_rows(district)] == [UPN]
    train(district, "submitted", "2024-09-03")
    assert "would be empty" in write(district, code=2), "training was begun and isn't done"
    train(district, "active", "2024-09-04")
    write(district)
    name_person(district, status="ended")
    assert "would be empty" in write(district, code=2), "nobody is named any more"
    [waits] = district.expect("partner", "waits", "rainier")
    assert "names nobody yet, so nobody may log in" in next(
        step["words"] for step in waits["steps"] if step["kind"] == "nua"
    )


def test_who_may_log_in_ends_with_the_years_summer(district: District) -> None:
    name_person(district)
    sign_network_use(district)
    program = open_program(district)
    with program.installation.reading() as session:
        for day, found in ((date(2025, 8, 31), [UPN]), (date(2025, 9, 1), [])):
            assert [one.user_principal_name for one in find_people(session, program.rulebook, day, "rainier")] == found


def test_where_the_paper_names_nobody_the_accounts_opened_under_it_are_noted_as_named(district: District) -> None:
    program = open_program(district)
    grant(district, "1000001")
    add_account(program, NewAccount("carla", Role.PARTNER, "rainier", "a long enough password"), "test")
    assert "would be empty" in write(district, code=2)
    sign_network_use(district)
    dora = add_account(program, NewAccount("Dora", Role.PARTNER, "rainier", "a long enough password"), "ada")
    write(district)
    assert [row["UserPrincipalName"] for row in read_rows(district)] == ["carla", "dora"]
    with program.installation.reading() as session:
        steps = session.scalars(select(PersonStep).order_by(PersonStep.recorded_at)).all()
    assert [(one.user_principal_name, one.named_by, one.actor) for one in steps] == [
        ("carla", "account", "program"), ("dora", "account", "ada"),
    ]  # fmt: skip
    change_account(program, dora.account_id, "ada", state=CLOSED)
    write(district, "--allow-shrink", "--as", "lea", "--reason", "closed")
    assert [row["UserPrincipalName"] for row in read_rows(district)] == ["carla"]
    name_person(district)
    write(district)
    assert [row["UserPrincipalName"] for row in read_rows(district)] == [UPN], "the paper alone counts from now on"
    assert district.expect("ledger", "verify")["whole"]


def test_a_revocation_is_out_of_the_next_feed_and_needs_no_lead(glanced: District) -> None:
    name_person(glanced, "ben@rainier.example")
    write(glanced)
    glanced.today = "2024-10-02"
    revoke = ("revoke", "--student", "1000001", "--partner", "rainier", "--on", "2024-10-02")
    glanced.expect(*revoke, "--reason", "asked", "--as", "ana")
    assert write(glanced)["rows"] == 6
    assert "1000001" not in {row["SPSStudentID"] for row in read_rows(glanced)}
    glanced.expect(*revoke[:2], "1000002", *revoke[3:], "--reason", "asked", "--as", "ana")
    name_person(glanced, "ben@rainier.example", status="ended")
    assert "from 6 rows to 2, by more than 10% besides 2 that were revoked" in write(glanced, code=2)


def test_a_shrunk_or_empty_feed_is_an_error_until_a_lead_says_so(glanced: District) -> None:
    write(glanced)
    before = (glanced.folder / "feed.csv").read_bytes()
    load_enrollment(glanced, "2024-10-01", protected="1000001")
    refusal = write(glanced, code=2)
    assert "would shrink from 4 rows to 3, by more than 10%;" in refusal
    assert (glanced.folder / "feed.csv").read_bytes() == before
    assert list_disclosures(glanced)[0] == ("1000001", True)
    add_account(open_program(glanced), NewAccount("lea", Role.LEAD, None, "a long enough password"), "test")
    assert "a reason" in write(glanced, "--allow-shrink", "--as", "lea", code=2)
    assert "only a lead" in write(glanced, "--allow-shrink", "--as", "ana", "--reason", "paused", code=2)
    told = write(glanced, "--allow-shrink", "--as", "lea", "--reason", "paused")
    assert told["rows"] == 3
    assert list_disclosures(glanced)[0] == ("1000001", False)
    sign_network_use(glanced, "ended", "2024-10-01")
    assert "would be empty" in write(glanced, code=2)


def test_a_feed_that_says_the_same_again_discloses_nothing_new(glanced: District) -> None:
    write(glanced)
    write(glanced)
    assert len(list_disclosures(glanced)) == 4
    with open_program(glanced).installation.reading() as session:
        assert [one.state for one in session.scalars(select(Delivery))] == ["delivered", "delivered"]


def test_a_disk_that_refuses_leaves_the_feed_before_and_records_nothing(
    glanced: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(glanced)
    before = (glanced.folder / "feed.csv").read_bytes()
    grant(glanced, "1000006")

    def refuse(place: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("consentry.disclosing.staag.write_flushed", refuse)
    assert "the one before stays: No space left on device" in write(glanced, code=2)
    assert (glanced.folder / "feed.csv").read_bytes() == before
    assert len(list_disclosures(glanced)) == 4
    assert [file.name for file in glanced.folder.glob(".staged*")] == []


def test_a_person_is_active_at_one_partner_at_a_time(district: District) -> None:
    district.expect("partner", "add", "Green Lake Mentors", "--id", "green")
    name_person(district)
    other = ("partner", "name", "green", *YEAR, "--kind", "nua", "--on", "2024-09-10", "--address")
    assert "active at another partner" in district.call(*other, UPN).err
    name_person(district, status="ended")
    assert district.call(*other, UPN).code == 0
    assert "looks like" in district.call(*other, "ana").err


def test_being_in_a_feed_tells_the_partner(glanced: District) -> None:
    from consentry.telling.telling_partners import find_released_grants

    program = open_program(glanced)
    with program.installation.reading() as session:
        assert find_released_grants(session, "rainier") == frozenset()
    write(glanced)
    with program.installation.reading() as session:
        assert len(find_released_grants(session, "rainier")) == 4
