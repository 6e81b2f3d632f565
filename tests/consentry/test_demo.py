"""The demo as a stranger runs it, held against the truth about every case of the catalogue."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.consentry.conftest import District


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
    assert [name for name in sorted(names) if name in text] == []
