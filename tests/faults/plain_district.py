"""A home whose forms are plain pages, and what has to hold of it after every fault."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import select

from consentry.desk.showing import find_partner_access
from consentry.pipeline.reading_pages import SET_ASIDE
from consentry.program import Program
from consentry.proof.proving import prove_ledger
from fixtures.district import Student, make_district
from fixtures.plain_pages import draw_plain_page
from fixtures.student_lists import StudentRow, write_student_list
from store.tables import Form, LedgerLeaf, WorkAttempt
from tests.consentry.conftest import BLANK, PARTNER_NAME, District
from tests.consentry.granting import open_program


@dataclass(frozen=True)
class Outcome:
    """How a home ended: who has access, each form's state by its file."""

    access: tuple[str, ...]
    states: tuple[tuple[str, str], ...]
    parked: tuple[str, ...] = ()
    """Files of pages that went before a person since their worker died over them three times, whoever's fault it was."""

    def is_like(self, undisturbed: Outcome) -> bool:
        """Whether it ended as if nothing had been, but for the pages that were parked."""
        expected = dict(undisturbed.states) | dict.fromkeys(self.parked, "in_review")
        children = {file.removesuffix(".png") for file in self.parked}
        return dict(self.states) == expected and set(self.access) == set(undisturbed.access) - children


class PlainDistrict(District):
    """One home, and folders of scans with their lists."""

    def copy(self, folder: Path) -> PlainDistrict:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return PlainDistrict(folder)

    def prepare(self, students: int, submissions: int, forms: int) -> None:
        """A home with enrollment, blank and partner, and input that isn't submitted yet."""
        children = make_district(students, 7)
        children.write_enrollment_csv(self.folder / "enrollment.csv")
        self.expect("init")
        self.expect("enrollment", "load", str(self.folder / "enrollment.csv"), "--as-of", "2024-09-15")
        named = ("--code", "C", "--school-year", "2024-25", "--language", "en", "--published", "2024-05-01")
        self.expect("form", "add", str(BLANK), *named)
        self.expect("partner", "add", PARTNER_NAME, "--id", "rainier")
        self.sign_agreement()
        for number in range(submissions):
            self.write_submission(number, children[number * forms : (number + 1) * forms])

    def write_submission(self, number: int, children: Sequence[Student]) -> None:
        """Scans and list of one submission. The first form of each names its child loosely: a person has to look."""
        self.find_scans(number).mkdir()
        rows = []
        for place, child in enumerate(children):
            values, student_id = fill(child), child.student_id
            if place == 0:
                values["student_id"], values["student_first"], student_id = "", f"{child.first[0]}.", ""
            Image.fromarray(draw_plain_page(values)).save(self.find_scans(number) / f"{child.student_id}.png")
            rows.append(StudentRow(child.last, values["student_first"], child.birth_date, child.school, student_id))
        write_student_list(self.find_list(number), rows)

    def find_scans(self, number: int) -> Path:
        return self.folder / f"scans-{number}"

    def find_list(self, number: int) -> Path:
        return self.folder / f"list-{number}.xlsx"

    def submit(self, number: int) -> Any:
        listed = ("--list", str(self.find_list(number)))
        result = self.call("submit", "--partner", "rainier", *listed, str(self.find_scans(number)))
        assert result.code in (0, 1), result.err
        return result.out

    def find_outcome(self) -> Outcome:
        """How it ended; fails where the ledger isn't whole, or anything was lost half-way or done twice."""
        with self.opening() as program:
            check_whole(program)
            with program.installation.reading() as session:
                bodies = [json.loads(body) for body in session.scalars(select(LedgerLeaf.body))]
                forms = select(Form.file_name, Form.state).where(Form.state != SET_ASIDE)
                states = [(file.split("/")[-1], state) for file, state in session.execute(forms)]
                often = select(Form.file_name).join(WorkAttempt, WorkAttempt.work_id == Form.form_id)
                parked = session.scalars(often.where(WorkAttempt.attempts > 3, Form.page_kind == "parked")).all()
            access = [row.student_id for row in find_partner_access(program, "rainier", None)]
        once = ("form-read", "form-ruled", "access-granted")
        counted = Counter((body["event"], body["subject"]) for body in bodies if body["event"] in once)
        assert not [event for event, count in counted.items() if count > 1], "a step happened twice"
        assert len({file for file, _ in states}) == len(states), "a form was taken twice"
        assert len(set(access)) == len(access), "a child was granted twice"
        names = sorted(file.split("/")[-1] for file in parked)
        return Outcome(tuple(sorted(access)), tuple(sorted(states)), tuple(names))

    @contextmanager
    def opening(self) -> Iterator[Program]:
        """The home, opened in this process for a moment."""
        program = open_program(self)
        yield program
        program.installation.engine.dispose()

    def read_ledger(self) -> list[Any]:
        self.expect("ledger", "export", str(self.folder / "ledger.jsonl"))
        lines = (self.folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(json.loads(line)["body"]) for line in lines]


def check_whole(program: Program) -> None:
    """What `ledger verify` proves: tree, rows, documents, and that the access set follows from the entries."""
    proof = prove_ledger(program, None)
    assert not proof.breaks, proof.breaks


def fill(child: Student) -> dict[str, str]:
    """A form as the family of a child fills it in."""
    return {
        "partner": PARTNER_NAME,
        "student_first": child.first,
        "student_last": child.last,
        "student_id": child.student_id,
        "birth_date": child.birth_date,
        "school": child.school,
        "grade": child.grade,
        "records_attendance": "x",
        "records_assessment": "",
        "consent_yes": "x",
        "consent_no": "",
        "parent_name": child.guardian or f"Maria {child.last}",
        "parent_signature": "x",
        "parent_date": "2024-09-12",
    }
