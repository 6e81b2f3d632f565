"""A home with a district of six children, a partner with an active agreement and a blank form; forms filled by font."""

from __future__ import annotations

import atexit
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from consentry.cli import run
from consentry.pipeline import working
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand, MarkStyle
from fixtures.student_lists import StudentRow, write_student_list
from tests.consentry.forked_workers import ForkedWorker

PARTNER_NAME = "Rainier Youth Partners"
BLANK = FORMS_FOLDER / "consent-2024-25-en.pdf"
CHILDREN = {
    "1000001": ("Amina", "Warsame", "2012-03-04", "Cedar Grove Elementary"),
    "1000002": ("Bruno", "Castellanos", "2013-07-21", "Cedar Grove Elementary"),
    "1000003": ("Clara", "Oyelaran", "2011-11-30", "Harbor View Middle School"),
    "1000004": ("Dmitri", "Volkov", "2010-01-17", "Harbor View Middle School"),
    "1000005": ("Esther", "Nakamura", "2014-05-08", "Cedar Grove Elementary"),
    "1000006": ("Felix", "Lindqvist", "2012-09-25", "Harbor View Middle School"),
}


CLEAR_HAND = Hand(
    font="patrick-hand",
    signature_font="homemade-apple",
    colour=(20, 30, 90),
    pencil=False,
    slant=0.0,
    size=0.66,
    pressure=0.95,
    thickness=1.0,
    spacing=0.05,
    unsteadiness=0.3,
    mark=MarkStyle.TICK,
    capitals=False,
)


@dataclass(frozen=True)
class Result:
    code: int
    out: Any
    err: str


class District:
    """One home, driven through the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.today = "2024-10-01"

    def call(self, *arguments: str, json_out: bool = True, **environment: str) -> Result:
        out, err = io.StringIO(), io.StringIO()
        told = {"CONSENTRY_TODAY": self.today, **environment}
        with patch.dict(os.environ, told), redirect_stdout(out), redirect_stderr(err):
            code = run(["--home", str(self.home), *arguments, *(["--json"] if json_out else [])])
        text = out.getvalue()
        return Result(code, json.loads(text) if json_out and text else text, err.getvalue())

    def expect(self, *arguments: str, code: int = 0) -> Any:
        result = self.call(*arguments)
        assert result.code == code, result.err
        return result.out

    def set_up(self, agreement: bool = True, forms: bool = True) -> None:
        """A home with enrollment, partner and, where asked for, blank and agreement: a copy of one that is made once a process.
        A home on another database or with its key elsewhere can't be copied, and is made.
        """
        elsewhere = [name for name in os.environ if name.startswith("CONSENTRY_") and name.endswith(("_URL", "_FILE"))]
        if elsewhere:
            self.make_home(forms)
        else:
            shutil.copytree(
                make_home_once(forms, self.today, datetime.now(UTC).date()), self.folder, dirs_exist_ok=True
            )
        if agreement:
            self.sign_agreement()

    def make_home(self, forms: bool) -> None:
        lines = ["student_id,first,last,birth_date,school,grade,guardians"]
        lines += [
            f"{number},{first},{last},{born},{school},5," for number, (first, last, born, school) in CHILDREN.items()
        ]
        (self.folder / "enrollment.csv").write_text("\n".join(lines), encoding="utf-8")
        self.expect("init")
        self.expect("enrollment", "load", str(self.folder / "enrollment.csv"), "--as-of", "2024-09-15")
        named = ("--code", "SPS-CONSENT-2024-25-EN", "--school-year", "2024-25", "--language", "en")
        if forms:
            self.expect("form", "add", str(BLANK), *named, "--published", "2024-05-01")
        self.expect("partner", "add", PARTNER_NAME, "--id", "rainier")

    def sign_agreement(self, status: str = "active", on: str = "2024-09-01") -> None:
        year = ("--kind", "dsa", "--school-year", "2024-25")
        self.expect("partner", "agreement", "rainier", *year, "--status", status, "--on", on)

    def fill(self, number: str, /, seed: int = 0, **changes: Value) -> np.ndarray:
        first, last, born, school = CHILDREN[number]
        year, month, day = born.split("-")
        values: dict[str, Value] = {
            "partner": PARTNER_NAME,
            "student_first": first,
            "student_last": last,
            "student_id": number,
            "birth_date": f"{month}/{day}/{year}",
            "school": school,
            "grade": "5",
            "records_attendance": True,
            "consent_yes": True,
            "parent_name": f"Maria {last}",
            "parent_signature": f"Maria {last}",
            "parent_date": "09/12/2024",
            **changes,
        }
        rng = np.random.default_rng(seed)
        return fill_form(BlankForm.load(BLANK), values, CLEAR_HAND, rng)

    def save(self, page: np.ndarray, name: str) -> Path:
        file = self.folder / "scans" / name
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(page).save(file)
        return file

    def make_row(self, number: str, /, **changes: str) -> StudentRow:
        first, last, born, school = CHILDREN[number]
        cells = {"last": last, "first": first, "birth_date": born, "school": school, "student_id": number}
        return StudentRow(**{**cells, **changes})

    def write_rows(self, rows: list[StudentRow], name: str = "list.xlsx") -> Path:
        file = self.folder / name
        write_student_list(file, rows)
        return file

    def write_list(self, *student_ids: str, name: str = "list.xlsx", **changes: str) -> Path:
        return self.write_rows([self.make_row(number, **changes) for number in student_ids], name)

    def take_in(self, student_list: Path | None = None, code: int = 0) -> dict[str, Any]:
        listed = ("--list", str(student_list)) if student_list else ()
        receipt = self.expect("submit", "--partner", "rainier", *listed, str(self.folder / "scans"), code=code)
        self.expect("work", "--drain")
        status: dict[str, Any] = self.expect("status", receipt["submission_id"])
        return status


@cache
def make_home_once(forms: bool, today: str, _clock_shows: date) -> Path:
    """The folder of a prepared home, to be copied; another one for each day that the machine's clock is set to."""
    made = District(Path(tempfile.mkdtemp(prefix="consentry-prepared-")))
    atexit.register(shutil.rmtree, made.folder, ignore_errors=True)
    made.today = today
    made.make_home(forms)
    return made.folder


@cache
def make_bare_home_once() -> Path:
    made = District(Path(tempfile.mkdtemp(prefix="consentry-prepared-")))
    atexit.register(shutil.rmtree, made.folder, ignore_errors=True)
    made.expect("init")
    made.expect("partner", "add", PARTNER_NAME, "--id", "rainier")
    made.sign_agreement()
    return made.folder


@pytest.fixture(scope="session", autouse=True)
def _forked_workers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(working, "start_process", ForkedWorker)
        yield


@pytest.fixture
def make_district(tmp_path: Path) -> Callable[[], District]:
    return lambda: District(tmp_path)


@pytest.fixture
def district(tmp_path: Path) -> District:
    made = District(tmp_path)
    made.set_up()
    return made


@pytest.fixture(scope="session")
def shared_district(tmp_path_factory: pytest.TempPathFactory) -> District:
    """A home for tests that change nothing."""
    made = District(tmp_path_factory.mktemp("shared"))
    made.set_up()
    return made


@pytest.fixture
def bare_district(tmp_path: Path) -> District:
    """A home with a partner and its agreement, without enrollment or forms: for what reads and matches nothing."""
    made = District(tmp_path)
    shutil.copytree(make_bare_home_once(), made.folder, dirs_exist_ok=True)
    return made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as engine:
        started = engine.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()
