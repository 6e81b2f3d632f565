"""From wrong grants, all that left because of them and nothing else; whom to tell, by when; the drafts of the letters."""

from __future__ import annotations

import csv
import json
import re
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from access.family_account import list_languages
from access.incident import IncidentFacts, Leak, NotifyRules, WrongGrant, summarise
from access.letters import load_letter, write_letters
from tests.consentry.conftest import District
from tests.consentry.granting import grant, send_out_two

DAY = date(2024, 11, 5)


@pytest.fixture(scope="module")
def leaked(tmp_path_factory: pytest.TempPathFactory) -> tuple[District, str, str]:
    """Two grants, both in a package and in a feed; the one of Amina turns out wrong and is ended."""
    district = District(tmp_path_factory.mktemp("leaked"))
    district.set_up()
    wrong, right = send_out_two(district)
    return district, wrong, right


def report(district: District, *options: str, out: str = "incident") -> tuple[Any, Path]:
    folder = district.folder / out
    return district.expect("incident", *options, "--out", str(folder), "--as", "lea"), folder


def read_list(folder: Path) -> list[dict[str, str]]:
    with (folder / "left-the-house.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_that_left_on_the_grant_is_listed_and_nothing_of_another(leaked: tuple[District, str, str]) -> None:
    district, wrong, right = leaked
    told, folder = report(district, "--grant", wrong)
    rows = read_list(folder)
    assert {row["GrantID"] for row in rows} == {wrong}
    assert sorted(row["Kind"] for row in rows) == ["adr", "staag-feed", "told"]
    package = next(row for row in rows if row["Kind"] == "adr")
    assert "04-daily-attendance.csv" in package["Files"]
    assert int(package["Rows"]) > 5
    assert told["grants_still_running"] == [wrong]
    assert (told["students_affected"], told["days_left"], told["tell_attorney_general"]) == (1, 30, False)
    letter = (folder / "letters-families-001.txt").read_text(encoding="utf-8")
    assert "To the family of Amina Warsame (student ID 1000001)" in letter
    assert "NOT been closed yet" in letter
    assert "1000002" not in letter + json.dumps(told)
    assert right not in json.dumps(told)


def test_the_days_run_from_the_first_finding_and_an_end_shows(leaked: tuple[District, str, str]) -> None:
    district, wrong, _ = leaked
    report(district, "--grant", wrong, "--found", "2024-09-28", out="first")
    district.today = DAY.isoformat()
    revoke = ("revoke", "--student", "1000001", "--partner", "rainier", "--on", "2024-11-05")
    district.expect(*revoke, "--reason", "wrong child", "--as", "lea")
    again, folder = report(district, "--grant", wrong, out="again")
    assert (again["found_on"], again["days_left"], again["grants_still_running"]) == ("2024-09-28", -8, [])
    assert "The access has been closed." in (folder / "letters-families-001.txt").read_text(encoding="utf-8")
    assert district.expect("ledger", "verify")["whole"]


def test_no_such_grant_no_person_and_a_folder_that_is_there_are_refused(leaked: tuple[District, str, str]) -> None:
    district, wrong, _ = leaked
    new = str(district.folder / "new")
    for options, words in (
        (("--grant", "grant-x", "--as", "lea"), "no grant grant-x"),
        (("--grant", wrong, "--as", " "), "reported by somebody"),
        (("--as", "lea"), "name a grant"),
    ):
        refused = district.call("incident", *options, "--out", new)
        assert (refused.code, words in refused.err) == (2, True), refused.err
    there = district.call("incident", "--grant", wrong, "--as", "lea", "--out", str(district.folder))
    assert "is there already" in there.err
    assert not Path(new).exists()


def make_facts(students: int) -> IncidentFacts:
    leaks = tuple(
        Leak(f"g{n}", f"{n}", "p", "{lines} P", "adr", DAY, None, ("attendance",), (), "d", 1, "")
        for n in range(students)
    )
    grants = tuple(WrongGrant(f"g{n}", f"{n}", "p", False) for n in range(students))
    return IncidentFacts("i", DAY, DAY, grants, leaks, {}, {}, NotifyRules(30, 500))


def test_above_the_limit_the_attorney_general_is_told_too() -> None:
    at_limit, above = make_facts(500), make_facts(501)
    assert not summarise(at_limit)["tell_attorney_general"]
    assert summarise(above)["tell_attorney_general"]
    files = {file.name: file.content.decode() for file in write_letters(above)}
    assert "letter-attorney-general.txt" in files
    assert "residents affected: 501." in files["letter-attorney-general.txt"]
    assert "{lines} P" in files["letter-attorney-general.txt"], "a name that looks like a place stays a name"
    assert "letter-attorney-general.txt" not in {file.name for file in write_letters(at_limit)}
    assert files["letters-families-001.txt"].count("To the family") == 500
    assert files["letters-families-002.txt"].count("To the family") == 1


def measure_letters(students: int) -> float:
    facts, started = make_facts(students), time.process_time()
    write_letters(facts)
    return time.process_time() - started


def test_letters_cost_by_their_number_and_not_by_its_square() -> None:
    measure_letters(500)
    few, many = (min(measure_letters(students) for _ in range(2)) for students in (500, 5000))
    assert many < 30 * few, f"ten times the students cost {many / few:.0f} times as much"


def test_a_grant_that_nothing_left_on_needs_no_letter(leaked: tuple[District, str, str]) -> None:
    district, *_ = leaked
    unused = grant(district, "1000006")
    told, folder = report(district, "--grant", unused, out="unused")
    assert (told["left_the_house"], told["days_left"]) == (0, None)
    assert sorted(file.name for file in folder.iterdir()) == ["left-the-house.csv", "summary.json"]


def test_a_family_reads_the_letter_in_its_language_where_that_is_known_and_is_told_how_to_get_it_elsewhere() -> None:
    facts = replace(make_facts(3), languages={"0": "so", "1": "en"})
    files = {file.name: file.content.decode() for file in write_letters(facts)}
    assert sorted(files) == ["letters-families-001.txt", "letters-families-so-001.txt"]
    somali = files["letters-families-so-001.txt"]
    assert "Diiwaanka ardaygaaga" in somali and "xaadirinta" in somali and "wording in so not approved yet" in somali
    of_0, of_1, of_2 = files["letters-families-001.txt"].split("\f\n")
    asked = load_letter("vi").ask
    assert (asked in of_0, asked in of_1, asked in of_2) == (False, False, True)


@pytest.mark.parametrize("language", list_languages())
def test_every_language_of_the_forms_has_the_whole_letter(language: str) -> None:
    texts = load_letter(language)
    assert texts.language == language
    places = set(re.findall(r"{(\w+)}", texts.letter))
    assert places == {"student", "student_id", "first", "last", "partners", "found", "closed", "kinds", "lines"}
    for kept in ("RCW 42.56.590", "School", "[The district adds here what else was done.]"):
        assert kept in texts.letter.replace("\n", " ")
    english = load_letter("en")
    words = (texts.closed, texts.told, texts.enrolled, texts.ask)
    assert language == "en" or not set(words) & {english.closed, english.told, english.enrolled, english.ask}


def test_the_language_is_that_of_another_form_of_the_child_and_never_of_the_wrong_one(
    leaked: tuple[District, str, str],
) -> None:
    district, wrong, _ = leaked
    _, folder = report(district, "--grant", wrong, out="unknown")
    assert load_letter("vi").ask in (folder / "letters-families-001.txt").read_text(encoding="utf-8")
    district.expect("partner", "add", "Green Lake Mentors", "--id", "green")
    grant(district, "1000001", partner="green")
    _, folder = report(district, "--grant", wrong, out="known")
    assert load_letter("vi").ask not in (folder / "letters-families-001.txt").read_text(encoding="utf-8")
