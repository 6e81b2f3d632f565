"""P15: planted canaries (a child's names, birth date and ID, a file's name) are found where they belong and nowhere else.

A whole run with every detail logged, a page that fails, a refused file and wrong calls; then logs, complaints, the workflow
engine's own file, the ledger, the measures and another partner's data are searched for them.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from consentry.measuring import write_measures
from consentry.program import Program
from consentry.settings import Settings
from fixtures.district import Student
from fixtures.plain_pages import draw_plain_page
from fixtures.student_lists import StudentRow, write_student_list
from tests.consentry.conftest import BLANK, PARTNER_NAME, District
from tests.faults.plain_district import fill
from tests.faults.processes import WORKER, Step

CANARY = Student(
    "7654321",
    "Zqxanthe",
    "Vrbkanarie",
    "2012-11-23",
    "Cedar Grove Elementary",
    grade="5",
    guardians="Wqtessa Vrbkanarie",
)
OTHER = Student("1234567", "Bruno", "Castellanos", "2013-07-21", "Cedar Grove Elementary", grade="5")
WORDS = [word.encode() for word in ("Zqxanthe", "Vrbkanarie", "Wqtessa", "7654321", "2012-11-23", "zqscanfile")]


def prepare(district: District) -> None:
    lines = ["student_id,first,last,birth_date,school,grade,guardians"]
    for one in (CANARY, OTHER):
        lines.append(",".join((one.student_id, one.first, one.last, one.birth_date, one.school, "5", one.guardians)))
    (district.folder / "enrollment.csv").write_text("\n".join(lines), encoding="utf-8")
    district.expect("init")
    district.expect("enrollment", "load", str(district.folder / "enrollment.csv"), "--as-of", "2024-09-15")
    named = ("--code", "C", "--school-year", "2024-25", "--language", "en", "--published", "2024-05-01")
    district.expect("form", "add", str(BLANK), *named)
    for partner_id, name in (("rainier", PARTNER_NAME), ("other", "Green Lake Mentors")):
        district.expect("partner", "add", name, "--id", partner_id)
        year = ("--kind", "dsa", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-01")
        district.expect("partner", "agreement", partner_id, *year)
    for partner_id, child in (("rainier", CANARY), ("other", OTHER)):
        scans = district.folder / partner_id
        scans.mkdir()
        Image.fromarray(draw_plain_page(fill(child))).save(scans / f"zqscanfile-{partner_id}.png")
        (scans / "zqscanfile-bad.pdf").write_bytes(b"%PDF-1.4 Zqxanthe Vrbkanarie, but no PDF")
        rows = [StudentRow(child.last, child.first, child.birth_date, child.school, child.student_id)]
        write_student_list(district.folder / f"zqscanfile-{partner_id}.xlsx", rows)


def search(place: str, content: bytes, found: list[tuple[str, bytes]]) -> None:
    found += [(place, word) for word in WORDS if word in content]


def test_canaries_are_found_where_they_belong_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    district = District(tmp_path)
    prepare(district)
    monkeypatch.setenv("CONSENTRY_LOG", "steps")
    found: list[tuple[str, bytes]] = []
    submissions = {}
    for partner_id in ("rainier", "other"):
        listed = ("--list", str(tmp_path / f"zqscanfile-{partner_id}.xlsx"))
        step = Step(district.home, "submit", "--partner", partner_id, *listed, str(tmp_path / partner_id)).go()
        assert step.end() == 1, step.complaint
        search("log of submit", step.complaint.encode(), found)
        submissions[partner_id] = step.said["submission_id"]
    worker = Step(district.home, WORKER, "--owner", "w", "--drain").go()
    assert worker.end() == 0
    assert "page-read" in worker.complaint
    search("log of work", worker.complaint.encode(), found)
    for call in (
        ("revoke", "--student", "7654321", "--partner", "other", "--on", "2024-10-01", "--reason", "x", "--as", "a"),
        ("trace", "--student", "7654322"),
        ("queue", "show", "no-such-case"),
        ("enrollment", "load", str(tmp_path / "other" / "zqscanfile-bad.pdf")),
        ("status", "no-such-submission"),
    ):
        search(f"complaint of {call[0]}", district.call(*call, json_out=False).err.encode(), found)
    search("workflow engine", b"".join(file.read_bytes() for file in district.home.glob("dbos.sqlite*")), found)
    district.expect("ledger", "export", str(tmp_path / "ledger.jsonl"))
    search("ledger", (tmp_path / "ledger.jsonl").read_bytes(), found)
    program = Program.open(Settings(home=district.home, today=date.fromisoformat(district.today)))
    search("measures", write_measures(program), found)
    program.installation.engine.dispose()
    for name in ("status", "report"):
        more = ("--out", str(tmp_path / "report.csv")) if name == "report" else ()
        told = json.dumps(district.expect(name, submissions["other"], *more), ensure_ascii=False)
        search(f"{name} of another partner", told.replace("zqscanfile", "").encode(), found)
    search("access of another partner", json.dumps(district.expect("access", "other")).encode(), found)
    for folder, _, names in os.walk(district.home / "documents"):
        for file in names:
            search("documents at rest", (Path(folder) / file).read_bytes(), found)
    assert found == []
    mine = json.dumps(district.expect("status", submissions["rainier"]), ensure_ascii=False).encode()
    assert [word for word in WORDS if word not in mine] in ([], [b"Wqtessa"])
