"""The bench of the whole job: real handwriting on blank forms, degraded, taken through the command line and counted.

Names are by real hands, IDs and dates of real digits, what a family types otherwise is in handwriting fonts. One in four forms
has a fault. A grant is wrong if it names another child or if its form may not be granted at all; a form is lost if it ends
nowhere, or is returned without the fault that it has.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from consentry.errors import CommandError
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand
from fixtures.real_hands import RealHands, make_real_hand_children, make_unenrolled_children
from fixtures.scanning import ScanKind, degrade
from fixtures.student_lists import ListFault, StudentRow, write_student_list
from ingest.types import EnrolledStudent
from ocr.alphabet import fold_text

TODAY = "2024-10-01"
PARTNER = "Rainier Youth Partners"
PARTNER_ID = "rainier"
_OTHER_PARTNER = "Green Lake Mentors"
_SCHOOL_YEAR = "2024-25"
_PUBLISHED = "2024-05-01"
_VALID_SHARE = 0.75
_KINDS = (ScanKind.CLEAN, ScanKind.SKEWED, ScanKind.NOISY, ScanKind.FAX, ScanKind.PHOTO, ScanKind.UPSIDE_DOWN)
_ENDS = frozenset({"granted", "in_review", "returned"})
_NAMES_READ = ("student_first", "student_last", "parent_name")


class Fault(StrEnum):
    """What is wrong with a form of the bench, and the code that it may be returned with."""

    NONE = ""
    UNSIGNED = "NO_SIGNATURE"
    UNDATED = "NO_DATE"
    DECLINED = "DECLINED"
    NOTHING_TICKED = "NO_RECORDS_CHOSEN"
    SIGNED_TOMORROW = "DATE_FUTURE"
    OTHER_PARTNER = "WRONG_PARTNER"
    NO_ROW = "FORM_WITHOUT_ROW"
    OTHER_ROW = "FORM_ROW_MISMATCH"
    NOT_ENROLLED = "CANNOT_CONFIRM"


@dataclass(frozen=True, slots=True)
class _Blank:
    path: Path
    code: str
    school_year: str
    language: str
    published: str


@dataclass(frozen=True, slots=True)
class _BenchForm:
    file: str
    child: EnrolledStudent
    fault: Fault
    kind: ScanKind


def run(
    forms: int, students: int, seed: int, hands_folder: Path, keep: Path | None, blank: Path | None
) -> dict[str, Any]:
    """Runs the bench and returns its figures; input and home stay in `keep` if named. `blank`: a form to fill in the place of
    the sample forms. `CommandError`: no handwriting there.
    """
    blanks = [_Blank(blank, "BENCH", _SCHOOL_YEAR, "en", _PUBLISHED)] if blank else _list_sample_blanks()
    try:
        hands = RealHands.load(hands_folder)
    except FileNotFoundError:
        raise CommandError(f"the bench needs real handwriting in {hands_folder}") from None
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="consentry-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        made = _make_input(folder, hands, blanks, forms, students, seed)
        return _run_job(folder, blanks, made, seed)


def _list_sample_blanks() -> list[_Blank]:
    return [
        _Blank(FORMS_FOLDER / plan.file, plan.code, plan.school_year, plan.language, plan.published)
        for plan in PLANS
        if plan.code.startswith("SPS")
    ]


def _make_input(
    folder: Path, hands: RealHands, blanks: Sequence[_Blank], forms: int, students: int, seed: int
) -> list[_BenchForm]:
    rng = np.random.default_rng(seed)
    children = make_real_hand_children(hands, students, seed)
    strangers = make_unenrolled_children(hands, children, max(forms // 20, 2), seed)
    _write_enrollment(folder / "enrollment.csv", children)
    (folder / "scans").mkdir()
    to_fill = [BlankForm.load(blank.path) for blank in blanks if blank.school_year == _SCHOOL_YEAR]
    chosen = [children[int(place)] for place in rng.permutation(len(children))[:forms]]
    made: list[_BenchForm] = []
    rows: list[StudentRow] = []
    for number, child in enumerate(chosen):
        fault = Fault.NONE if rng.random() < _VALID_SHARE else list(Fault)[int(rng.integers(1, len(Fault)))]
        shown = strangers[number % len(strangers)] if fault is Fault.NOT_ENROLLED else child
        kind = _KINDS[number % len(_KINDS)]
        file = f"form-{number:04}.{'jpg' if kind is ScanKind.PHOTO else 'png'}"
        page = _fill(to_fill[number % len(to_fill)], shown, fault, hands, rng)
        scan = degrade(page, kind, rng)
        Image.fromarray(scan.pixels).save(folder / "scans" / file, dpi=(scan.dots_per_inch, scan.dots_per_inch))
        made.append(_BenchForm(file, shown, fault, kind))
        if fault is not Fault.NO_ROW:
            rows.append(_list_child(shown, fault, children, rng))
    write_student_list(folder / "list.xlsx", rows, [ListFault.NOTES_ABOVE])
    return made


def _fill(
    blank: BlankForm, child: EnrolledStudent, fault: Fault, hands: RealHands, rng: np.random.Generator
) -> np.ndarray:
    day = f"09/{int(rng.integers(1, 29)):02}/2024" if fault is not Fault.SIGNED_TOMORROW else "11/15/2024"
    year, month, number = child.birth_date.split("-")
    parent = child.guardians.split(";")[0] or f"{child.first} {child.last}"
    values: dict[str, Value] = {
        "partner": _OTHER_PARTNER if fault is Fault.OTHER_PARTNER else PARTNER,
        "student_first": hands.name_ink(child.first, rng),
        "student_last": hands.name_ink(child.last, rng),
        "birth_date": hands.date_ink(f"{month}/{number}/{year}", rng),
        "school": child.school,
        "grade": child.grade,
        "parent_name": parent,
        "relationship": "parent",
        "consent_yes": fault is not Fault.DECLINED,
        "consent_no": fault is Fault.DECLINED,
    }
    if rng.random() < 0.8:
        values["student_id"] = hands.number_ink(child.student_id, rng)
    if fault is not Fault.UNSIGNED:
        values["parent_signature"] = parent
    if fault is not Fault.UNDATED:
        values["parent_date"] = hands.date_ink(day, rng)
    ticked = fault is not Fault.NOTHING_TICKED
    for name in ("records_attendance", "records_assessment", "records_discipline", "records_demographics"):
        values[name] = ticked and (name == "records_attendance" or bool(rng.random() < 0.5))
    present = {name: value for name, value in values.items() if name in blank.boxes}
    return fill_form(blank, present, Hand.pick(rng), rng)


def _list_child(
    child: EnrolledStudent, fault: Fault, children: Sequence[EnrolledStudent], rng: np.random.Generator
) -> StudentRow:
    birth_date = child.birth_date
    student_id = child.student_id
    if fault is Fault.OTHER_ROW:
        other = children[int(rng.integers(len(children)))]
        birth_date, student_id = other.birth_date, other.student_id
    return StudentRow(
        last=child.last.title(),
        first=child.first.title(),
        birth_date=birth_date,
        school=child.school,
        student_id=student_id,
        grade=child.grade,
        partner=PARTNER,
    )


def _write_enrollment(file: Path, children: Sequence[EnrolledStudent]) -> None:
    columns = ("student_id", "first", "last", "birth_date", "school", "grade", "guardians")
    lines = [",".join(columns)]
    lines += [",".join(f'"{getattr(child, column)}"' for column in columns) for child in children]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _run_job(folder: Path, blanks: Sequence[_Blank], made: Sequence[_BenchForm], seed: int) -> dict[str, Any]:
    call = Caller(folder / "home")
    call("init")
    call("enrollment", "load", str(folder / "enrollment.csv"), "--as-of", "2024-09-15")
    for blank in blanks:
        call(
            *("form", "add", str(blank.path), "--code", blank.code, "--school-year", blank.school_year),
            *("--language", blank.language, "--published", blank.published),
        )
    call("partner", "add", PARTNER, "--id", PARTNER_ID)
    call("partner", "add", _OTHER_PARTNER, "--id", "green-lake")
    agreement = ("--kind", "dsa", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-01")
    call("partner", "agreement", PARTNER_ID, *agreement)
    started = time.perf_counter()
    receipt = call("submit", "--partner", PARTNER_ID, "--list", str(folder / "list.xlsx"), str(folder / "scans"))
    submitted, worked = time.perf_counter(), _read_processor_seconds()
    call("work", "--drain", "--processes", "2")
    done, worked = time.perf_counter(), _read_processor_seconds() - worked
    status = call("status", receipt["submission_id"])
    head, access = call("ledger", "head"), call("access", PARTNER_ID)
    idle = _read_processor_seconds()
    call("work", "--drain", "--processes", "2")
    idle = _read_processor_seconds() - idle
    unchanged = call("ledger", "head")["root"] == head["root"] and call("access", PARTNER_ID) == access
    figures = _count(made, status)
    return {
        "seed": seed,
        **figures,
        "submit_seconds": round(submitted - started, 1),
        "seconds_a_page": round((done - submitted) / len(made), 3),
        "pages_a_second_on_2_processes": round(len(made) / (done - submitted), 2),
        "cpu_seconds_of_starting_2_processes": round(idle, 1),
        "cpu_seconds_a_page_after_the_start": round((worked - idle) / len(made), 3),
        "peak_megabytes_of_a_process": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
        "second_work_changes_nothing": unchanged,
        "ledger_whole": call("ledger", "verify")["whole"],
        "access_rows": len(access),
    }


def _read_processor_seconds() -> float:
    """What ended child processes have used: unlike the clock it hardly grows with what else the machine does."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


class Caller:
    """Calls the command line as anyone would, and reads its JSON."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __call__(self, *arguments: str) -> Any:
        """The JSON of one call; `CommandError` if it could not run."""
        command = [sys.executable, "-m", "consentry", "--home", str(self._home), "--json", *arguments]
        environment = {**os.environ, "CONSENTRY_TODAY": TODAY}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
        if done.returncode not in (0, 1):
            raise CommandError(f"'consentry {arguments[0]}' failed: {done.stderr.strip().splitlines()[-1:]}")
        return json.loads(done.stdout)


def _count(made: Sequence[_BenchForm], status: Mapping[str, Any]) -> dict[str, Any]:
    forms = {Path(form["source"]["file"]).name: form for form in status["forms"]}
    wrong, lost, straight, valid = [], [], Counter[str](), Counter[str]()
    reviewed: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for bench in made:
        form = forms.get(bench.file)
        state = form["state"] if form else "missing"
        outcomes[f"{bench.fault or 'valid'}: {state}"] += 1
        if form is None or state not in _ENDS:
            lost.append(bench.file)
        elif state == "granted" and (
            bench.fault is not Fault.NONE or form["match"]["student_id"] != bench.child.student_id
        ):
            wrong.append(f"{bench.file}: {bench.fault or 'another child'}")
        elif state == "returned" and bench.fault.value not in form["reasons"]:
            lost.append(f"{bench.file}: returned for {', '.join(form['reasons'])}")
        if bench.fault is Fault.NONE and form is not None:
            valid[bench.kind] += 1
            straight[bench.kind] += state == "granted"
            reviewed.update(form["reasons"] if state == "in_review" else ())
    share = {kind: round(straight[kind] / valid[kind], 3) for kind in valid}
    return {
        "forms": len(made),
        "valid_forms": valid.total(),
        "wrong_grants": len(wrong),
        "lost_forms": len(lost),
        "straight_through_of_valid": round(straight.total() / max(valid.total(), 1), 3),
        "straight_through_by_scan": share,
        "exact_reading": _count_exact(made, forms),
        "reasons_of_valid_in_review": dict(reviewed),
        "outcomes": dict(sorted(outcomes.items())),
        "wrong": wrong,
        "lost": lost,
    }


def _count_exact(made: Sequence[_BenchForm], forms: Mapping[str, Any]) -> dict[str, float]:
    hits: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for bench in made:
        fields = forms.get(bench.file, {}).get("fields") or {}
        truth = {
            "student_first": bench.child.first,
            "student_last": bench.child.last,
            "birth_date": bench.child.birth_date,
            "student_id": bench.child.student_id,
        }
        for name, text in truth.items():
            if name == "student_id" and not fields.get(name, {}).get("value"):
                continue
            asked[name] += 1
            read = str(fields.get(name, {}).get("value", ""))
            hits[name] += fold_text(read).replace(" ", "") == fold_text(text).replace(" ", "")
    return {name: round(hits[name] / asked[name], 3) for name in asked}
