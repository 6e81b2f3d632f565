"""A family's account: everything that left the house of its student and nothing of another's, in a language it reads."""

from __future__ import annotations

import csv
import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

from access.family_account import list_languages, load_texts
from consentry.telling.telling_partners import find_released_grants
from store.leaving_tables import FamilyListing
from tests.consentry.conftest import District
from tests.consentry.granting import open_program, send_out_two

FORM_LANGUAGES = {"en", "es", "so", "vi", "zh-Hans", "zh-Hant", "am", "ti", "om", "ar", "tl"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> District:
    """A student in a package, then in a feed that ends; another student in both."""
    district = District(tmp_path_factory.mktemp("told"))
    district.set_up()
    district.today = "2024-10-01"
    send_out_two(district)
    district.today = "2024-11-05"
    revoke = ("revoke", "--student", "1000001", "--partner", "rainier", "--on", "2024-11-05")
    district.expect(*revoke, "--reason", "asked", "--as", "ana")
    allowed = ("--allow-shrink", "--as", "lea", "--reason", "revoked")
    district.expect("staag", "feed", "--out", str(district.folder / "feed.csv"), *allowed)
    return district


def write(district: District, language: str, suffix: str = "html", student: str = "1000001") -> Path:
    out = district.folder / f"account-{language}.{suffix}"
    district.expect("disclosures", "--student", student, "--language", language, "--out", str(out))
    return out


def test_the_account_says_when_to_whom_what_how_and_on_what_consent(told: District) -> None:
    with write(told, "en", "csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["When"] for row in rows] == ["2024-10-01", "2024-10-01 – 2024-11-04"]
    assert {row["To whom"] for row in rows} == {"Rainier Youth Partners"}
    assert rows[0]["What"].split(", ")[-5:] == [
        "birth date",
        "attendance",
        "discipline",
        "tests and assessment",
        "demographics",
    ]
    assert "people: ana@rainier.example" in rows[1]["How"]
    assert all(re.search(r"signed on 2024-09-12 \(form form-[0-9a-f]{16}\)", row["On what ground"]) for row in rows)


def test_nothing_of_another_student_stands_in_it_and_what_runs_is_said_to_run(told: District) -> None:
    mine = write(told, "en").read_text(encoding="utf-8")
    assert "1000002" not in mine
    other = write(told, "en", student="1000002").read_text(encoding="utf-8")
    assert "still open" in other
    assert "discipline" not in other


@pytest.mark.parametrize("language", sorted(FORM_LANGUAGES))
def test_every_form_language_has_the_whole_text(told: District, language: str) -> None:
    page = unescape(write(told, language).read_text(encoding="utf-8"))
    texts, english = load_texts(language), load_texts("en")
    assert texts is not None
    assert english is not None
    for words in (texts.title, texts.contact, texts.adr, texts.discipline, texts.consent, texts.sample):
        assert words in page
    if language != "en":
        same = [name for name in texts.__slots__ if getattr(texts, name) == getattr(english, name)]
        assert set(same) <= {"approved", "dir", "form"}
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page


def test_the_languages_are_those_of_the_forms_and_another_is_refused(told: District) -> None:
    assert set(list_languages()) == FORM_LANGUAGES
    out = str(told.folder / "x.html")
    refused = told.call("disclosures", "--student", "1000001", "--language", "fr", "--out", out)
    assert (refused.code, "there is no text in fr" in refused.err) == (2, True)
    unknown = told.call("disclosures", "--student", "9999999", "--out", out)
    assert (unknown.code, "nothing is on record" in unknown.err) == (2, True)


def test_that_it_was_given_is_recorded(told: District) -> None:
    write(told, "vi")
    program = open_program(told)
    with program.installation.reading() as session:
        listings = session.scalars(select(FamilyListing).order_by(FamilyListing.at)).all()
        assert find_released_grants(session, "rainier")
    assert (listings[-1].language, listings[-1].disclosures) == ("vi", 2)
    assert told.expect("ledger", "verify")["whole"]
