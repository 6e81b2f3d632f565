"""The demo as a stranger runs it, held against the truth about every case of the catalogue."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from consentry.accounts import NewAccount, Role, add_account
from consentry.program import Program
from consentry.settings import Settings
from tests.consentry.conftest import District
from tests.consentry.web.conftest import PASSWORD, serve_program


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[District, dict[str, Any]]:
    district = District(tmp_path_factory.mktemp("demo"))
    called = district.call("demo")
    assert called.code == 0, called.err
    return district, {**called.out, "said": called.err}


@pytest.mark.timeout(600)
def test_every_case_ends_as_it_should(demo: tuple[District, dict[str, Any]]) -> None:
    district, result = demo
    truth = json.loads((district.home / "demo" / "expected.json").read_text(encoding="utf-8"))
    status = district.expect("status", result["submission_id"])
    forms = {(form["source"]["file"], form["source"]["page"]): form for form in status["forms"]}
    assert set(forms) == {(case["file"], case["page"]) for case in truth["forms"]}
    wrong = [
        f"{case['case']}: {form['state']} {form['reasons']}"
        for case in truth["forms"]
        for form in [forms[case["file"], case["page"]]]
        if not ends_well(case, form)
    ]
    assert wrong == []
    refused = {(entry["file"], entry["reason"]) for entry in status["refused"]}
    assert refused == {(entry["file"], entry["reason"]) for entry in truth["refused"]}
    aside = {(page["file"], page["page"], page["kind"]) for page in status["set_aside"]}
    assert aside == {(page["file"], page["page"], page["kind"]) for page in truth["other_pages"]}
    alone = [row for row in status["rows"] if row["reasons"] == ["ROW_WITHOUT_FORM"]]
    assert len(alone) >= len(truth["rows_without_form"])


def ends_well(case: dict[str, Any], form: dict[str, Any]) -> bool:
    if form["state"] not in case["states"]:
        return False
    if form["state"] == "granted":
        return bool(form["match"]["student_id"] == case["student_id"])
    return not case["reasons"] or bool(set(form["reasons"]) & set(case["reasons"]))


def test_it_says_where_to_look(demo: tuple[District, dict[str, Any]]) -> None:
    district, result = demo
    assert Path(result["report"]).is_file()
    assert result["access"] == len(district.expect("access", "rainier")) > 0
    assert result["open_cases"] == len(district.expect("queue", "list")) > 0
    assert district.expect("ledger", "verify")["whole"]


def test_no_name_of_the_district_stands_in_the_partners_report(demo: tuple[District, dict[str, Any]]) -> None:
    district, result = demo
    report = district.folder / "report.csv"
    district.expect("report", result["submission_id"], "--out", str(report))
    told = report.read_text(encoding="utf-8-sig")
    for inside in ("TWIN_OR_SIBLING", "PROTECTED", "NOT_ENROLLED", "AMBIGUOUS", "LOW_PROBABILITY"):
        assert inside not in told


def test_no_child_stands_in_logs_or_in_the_engines_own_tables(demo: tuple[District, dict[str, Any]]) -> None:
    district, result = demo
    with (district.home / "demo" / "enrollment.csv").open(encoding="utf-8", newline="") as lines:
        children = list(csv.DictReader(lines))
    names = {child["last"] for child in children if len(child["last"]) >= 6} | {
        child["student_id"] for child in children
    }
    told = [result["said"]]
    for database in (district.home / "dbos.sqlite", district.home / "consentry.sqlite"):
        with closing(sqlite3.connect(database)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            engine = [
                name for name in tables if database.name == "dbos.sqlite" or "datasource" in name or name == "ledger"
            ]
            assert engine
            told += [str(row) for name in engine for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608
    text = "\n".join(told)
    # Within a longer run of digits or of a digest an ID stands by chance: times alone are some thousands of thirteen digits.
    assert [name for name in sorted(names) if re.search(rf"(?<![0-9a-f]){re.escape(name)}(?![0-9a-f])", text)] == []


SEEN_IN_THE_INK = {
    "date-early": "date is before the form's publication",
    "foreign-form": "not the district's form",
    "illegible": "illegible",
    "altered": "illegible",
    "not-enrolled": "none",
    "twins": "child can't be confirmed",
    "namesakes": "child can't be confirmed",
    "protected": "accept",
    "valid-fax": "accept",
    "conflict-yes": "the family declined",
    "conflict-no": "the family declined",
    "struck-name": "accept",
    "unsigned": "no signature",
    "undated": "no date",
    "date-future": "date lies in the future",
    "no-records": "no records ticked",
    "declined": "the family declined",
    "cut-page": "a page is missing",
    "thin-evidence": "child can't be confirmed",
    "mismatch": "form and list row disagree",
}
"""What somebody who can read sees on each page, in the words of the answers: accept, none of these, or what is ticked. All
other forms are valid.
"""


class Newcomer:
    """Somebody at the queue for the first time: does what the page says and presses only keys that its labels name."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, 0

    def press(self, key: str, label: str, goes_on: bool = False) -> None:
        """Presses the key that a visible label names."""
        assert self.page.locator(f"text={label}").first.is_visible(), f"nothing on the page says {label}"
        self.keys += 1
        if not goes_on:
            self.page.keyboard.press(key)
            return
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def type_what_is_asked(self, birth_date: str) -> None:
        """Types the field that is shown alone."""
        assert "Type what you see" in self.page.inner_text("h1")
        self.page.keyboard.type(birth_date)
        self.press("Enter", "Go on (Enter)", goes_on=True)

    def answer(self, seen: str) -> None:
        """Answers the case as its guide says."""
        guide = " ".join(self.page.locator(".guide").all_inner_texts())
        if seen == "accept":
            assert re.search(r"[Aa]ccept|choose it and press Enter", guide), guide
            self.press("1", "1")
            self.press("Enter", "Accept and next (Enter)", goes_on=True)
        elif seen == "none":
            assert "press 0 and Enter" in guide, guide
            self.press("0", "None of these: not enrolled")
            self.press("Enter", "Accept and next (Enter)", goes_on=True)
        else:
            assert f"return it (R): {seen}" in guide or "(R)" in guide, guide
            self.press("r", "Return (R)")
            self.page.locator(".answers details[open]").get_by_label(seen, exact=True).check()
            self.press("Enter", "Return and next", goes_on=True)


def enter_queue(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(90_000)
    page.goto(f"{url}/login")
    page.fill("#username", "new")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    return page


@pytest.mark.timeout(600)
def test_somebody_new_clears_the_queue_by_what_the_pages_say(
    browser: Browser, demo: tuple[District, dict[str, Any]], tmp_path: Path
) -> None:
    district, _ = demo
    shutil.copytree(district.home, tmp_path / "home")
    program = Program.open(Settings(home=tmp_path / "home", today=date(2024, 10, 1)))
    add_account(program, NewAccount("new", Role.STAFF, None, PASSWORD), "test")
    truth = json.loads((district.home / "demo" / "expected.json").read_text(encoding="utf-8"))
    names = {(each["file"], each["page"]): each for each in truth["forms"]}
    copy = District(tmp_path)
    open_cases = {each["case_id"]: each for each in copy.expect("queue", "list")}
    forms = {each["form_id"]: each for each in copy.expect("status", demo[1]["submission_id"])["forms"]}
    before = {row["student_id"] for row in copy.expect("access", "rainier")}
    decided = 0
    with serve_program(program) as url:
        newcomer = Newcomer(enter_queue(browser, url))
        newcomer.press("Enter", "Begin with the oldest (Enter)", goes_on=True)
        while "/cases/" in newcomer.page.url:
            case_id = newcomer.page.url.split("/cases/")[1].split("?")[0]
            source = forms[open_cases[case_id]["form_id"]]
            case = names[source["source"]["file"], source["source"]["page"]]
            if newcomer.page.locator(".crop-alone").count():
                newcomer.type_what_is_asked(source["fields"]["birth_date"]["value"])
            newcomer.answer(SEEN_IN_THE_INK.get(case["case"], "accept"))
            decided += 1
        left = newcomer.page.inner_text("main")
        assert "Nothing waits" in left or "Begin with the oldest" not in left, "what is left waits for another person"
    assert decided == len(open_cases) >= 10
    assert newcomer.keys <= 3 * decided
    granted = {row["student_id"] for row in copy.expect("access", "rainier")} - before
    right = {case["student_id"] for case in truth["forms"] if SEEN_IN_THE_INK.get(case["case"], "accept") == "accept"}
    assert granted and granted <= right
    assert copy.expect("ledger", "verify")["whole"]
