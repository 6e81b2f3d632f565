"""The bench of printed packets: how long a packet takes to print, and what comes of its sheets once families filled them in.

Sheets are ticked, signed and dated in handwriting fonts and degraded in every way that pages reach the district; one in eight
has a code of another sheet, a forged one or last year's, or isn't signed. All goes through the command line. A grant is wrong
if it names another child than the sheet's print or if its sheet may not be granted. Fonts aren't handwriting: what is written
is little.
"""

from __future__ import annotations

import contextlib
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
from PIL import Image

from consentry.benches.pipeline import PARTNER, PARTNER_ID, TODAY, Caller
from consentry.paper.packet_pages import BlankPrinter, Sheet
from consentry.paper.paper_codes import PaperKey
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS, FormPlan
from fixtures.district import Student, make_district
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand
from fixtures.scanning import Scan, ScanKind, degrade
from fixtures.student_lists import StudentRow, write_student_list
from ocr import Template, find_sheet_code_place

_YEAR, _LAST_YEAR = "2024-25", "2023-24"
_FAULT_EVERY = 8
_CODE_MARGIN = 8


class SheetFault(StrEnum):
    """What is wrong with a sheet of the bench."""

    NONE = "none"
    COPIED = "another child's code"
    FORGED = "a forged code"
    LAST_YEAR = "last year's code"
    UNSIGNED = "not signed"


@dataclass(frozen=True, slots=True)
class _Filled:
    file: str
    child: Student
    fault: SheetFault
    kind: ScanKind


@dataclass(frozen=True, slots=True)
class _Packets:
    """What was printed: the packet's file, the children in its order, each one's blank, last year's packet."""

    file: Path
    children: Sequence[Student]
    plans: Sequence[FormPlan]
    last_year: Path


def run(sheets: int, forms: int, seed: int, students: int = 5000) -> dict[str, Any]:
    """Prints `sheets`, fills in and takes in `forms` of them; all figures, ready to print as JSON."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="consentry-packets-")))
        call = Caller(folder / "home")
        children = _choose_children(students, sheets, seed)
        plans = [plan for plan in PLANS if plan.code.startswith("SPS") and plan.school_year == _YEAR]
        plans = [plan for plan in plans if plan.template == "consent_a"]
        _set_up(call, folder, students, seed)
        chosen = [plans[number % len(plans)] for number in range(len(children))]
        listed = _write_list(folder / "list.xlsx", children, chosen)
        started, busy_before = time.perf_counter(), _count_busy_seconds()
        order = ("form", "print", "--partner", PARTNER_ID, "--list", str(listed))
        printed = call(*order, "--out", str(folder / "packet"))
        seconds, busy = time.perf_counter() - started, _count_busy_seconds() - busy_before
        last = call(*order, "--out", str(folder / "last"), "--school-year", _LAST_YEAR)
        packets = _Packets(Path(printed["file"]), children, chosen, Path(last["file"]))
        made = _fill_in(folder / "scans", packets, forms, seed)
        receipt = call("submit", "--partner", PARTNER_ID, "--list", str(listed), str(folder / "scans"))
        call("work", "--drain", "--processes", "2")
        status = call("status", receipt["submission_id"])
        batch = call("form", "batches")[0]
        return {
            "seed": seed,
            "sheets_printed": printed["sheets"],
            "languages": len(printed["by_language"]),
            "print_seconds": round(seconds, 1),
            "print_cpu_seconds": round(busy, 1),
            "packet_bytes_a_sheet": round(packets.file.stat().st_size / printed["sheets"]),
            **_count(made, status),
            "sheets_known_as_back": batch["came_back"],
            "sheets_known_as_missing": len(batch["missing_rows"]),
            "ledger_whole": call("ledger", "verify")["whole"],
        }


def _count_busy_seconds() -> float:
    """CPU seconds of the calls that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _choose_children(students: int, sheets: int, seed: int) -> list[Student]:
    """Children whose parents sign for them and whose forms no rule sends to a person."""
    today = date.fromisoformat(TODAY)
    found = [child for child in make_district(students, seed) if not child.protected and child.age_on(today) < 17]
    return found[:sheets]


def _set_up(call: Caller, folder: Path, students: int, seed: int) -> None:
    make_district(students, seed).write_enrollment_csv(folder / "enrollment.csv")
    call("init")
    call("enrollment", "load", str(folder / "enrollment.csv"), "--as-of", "2024-09-15")
    for plan in PLANS:
        if plan.code.startswith("SPS"):
            named = ("--code", plan.code, "--school-year", plan.school_year, "--language", plan.language)
            call("form", "add", str(FORMS_FOLDER / plan.file), *named, "--published", plan.published)
    call("partner", "add", PARTNER, "--id", PARTNER_ID)
    agreement = ("--kind", "dsa", "--school-year", _YEAR, "--status", "active", "--on", "2024-09-01")
    call("partner", "agreement", PARTNER_ID, *agreement)


def _write_list(file: Path, children: Sequence[Student], plans: Sequence[FormPlan]) -> Path:
    rows = [
        StudentRow(
            last=child.last,
            first=child.first,
            middle=child.middle,
            birth_date=child.birth_date,
            school=child.school,
            student_id=child.student_id,
            grade=child.grade,
            language=plan.language,
            partner=PARTNER,
        )
        for child, plan in zip(children, plans, strict=True)
    ]
    write_student_list(file, rows)
    return file


def _fill_in(folder: Path, packets: _Packets, forms: int, seed: int) -> list[_Filled]:
    folder.mkdir()
    made = []
    kinds, faults = list(ScanKind), [fault for fault in SheetFault if fault is not SheetFault.NONE]
    for number in range(min(forms, len(packets.children))):
        rng = np.random.default_rng([seed, number])
        fault = faults[number // _FAULT_EVERY % len(faults)] if number % _FAULT_EVERY == 5 else SheetFault.NONE
        kind = kinds[number % len(kinds)]
        page = _spoil(_fill_sheet(packets, number, fault, rng), packets, number, fault)
        made.append(_Filled(f"sheet-{number:04}.png", packets.children[number], fault, kind))
        _save(folder / made[-1].file, degrade(page, kind, rng))
    return made


def _save(file: Path, scan: Scan) -> None:
    Image.fromarray(scan.pixels).save(file, dpi=(scan.dots_per_inch, scan.dots_per_inch))


def _open_blank(packets: _Packets, number: int) -> BlankForm:
    blank = BlankForm.load(FORMS_FOLDER / packets.plans[number].file)
    return replace(blank, path=packets.file, page_index=number)


def _fill_sheet(packets: _Packets, number: int, fault: SheetFault, rng: np.random.Generator) -> np.ndarray:
    parent = packets.children[number].guardian or "A. Parent"
    values: dict[str, Value] = {
        "records_attendance": True,
        "records_assessment": bool(rng.random() < 0.5),
        "consent_yes": True,
        "parent_date": f"09/{int(rng.integers(1, 29)):02}/2024",
    }
    if fault is not SheetFault.UNSIGNED:
        values["parent_signature"] = parent
    return fill_form(_open_blank(packets, number), values, Hand.pick(rng), rng)


def _spoil(page: np.ndarray, packets: _Packets, number: int, fault: SheetFault) -> np.ndarray:
    """The page with a code on it that isn't its own, where that is its fault."""
    if fault in (SheetFault.NONE, SheetFault.UNSIGNED):
        return page
    own = packets.plans[number]
    source, plan = _draw_source(packets, number, fault)
    square, place = _find_square(plan), _find_square(own)
    page[place] = 255
    code = source[square]
    rows, columns = place
    page[rows.start : rows.start + code.shape[0], columns.start : columns.start + code.shape[1]] = code
    return page


def _draw_source(packets: _Packets, number: int, fault: SheetFault) -> tuple[np.ndarray, FormPlan]:
    """The page that the code is taken from, and its blank."""
    if fault is SheetFault.COPIED:
        other = _find_look_alike(packets.children, number)
        return _open_blank(packets, other).draw(), packets.plans[other]
    if fault is SheetFault.LAST_YEAR:
        plan = next(plan for plan in PLANS if plan.school_year == _LAST_YEAR)
        return BlankForm(packets.last_year, 612, 792, {}, number).draw(), plan
    plan = packets.plans[number]
    code = PaperKey(b"forger's key, of the right length"[:32]).write_sheet_code(
        "tpl", PARTNER_ID, "batch-0102030405", 2
    )
    template = Template.from_pdf(FORMS_FOLDER / plan.file, plan.code, plan.school_year, plan.language)
    printer = BlankPrinter((FORMS_FOLDER / plan.file).read_bytes(), template)
    forged = packets.file.with_name("forged.pdf")
    with pikepdf.new() as pdf:
        pdf.pages.extend(printer.print_sheets(pdf, [Sheet({}, code)])[0])
        pdf.save(forged)
    return BlankForm(forged, 612, 792, {}).draw(), plan


def _find_look_alike(children: Sequence[Student], number: int) -> int:
    """Another child of the packet: of the same family if there is one, else of the same surname, else any."""
    child = children[number]
    others = [place for place in range(len(children)) if place != number]
    return max(others, key=lambda place: (children[place].family == child.family, children[place].last == child.last))


def _find_square(plan: FormPlan) -> tuple[slice, slice]:
    template = Template.from_pdf(FORMS_FOLDER / plan.file, plan.code, plan.school_year, plan.language)
    box = find_sheet_code_place(template)
    if box is None:
        raise ValueError(f"{plan.file} has no room for a code")
    low_x, low_y = round(box.x0) - _CODE_MARGIN, round(box.y0) - _CODE_MARGIN
    side = round(box.x1 - box.x0) + 2 * _CODE_MARGIN
    return slice(low_y, low_y + side), slice(low_x, low_x + side)


def _count(made: Sequence[_Filled], status: Mapping[str, Any]) -> dict[str, Any]:
    forms = {Path(form["source"]["file"]).name: form for form in status["forms"]}
    straight, valid, outcomes, reasons = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    wrong, lost = [], []
    for sheet in made:
        form = forms.get(sheet.file)
        state = form["state"] if form else "missing"
        outcomes[f"{sheet.fault}: {state}"] += 1
        if form is None or state not in ("granted", "in_review", "returned"):
            lost.append(sheet.file)
        elif state == "granted" and (
            sheet.fault is not SheetFault.NONE or form["match"]["student_id"] != sheet.child.student_id
        ):
            wrong.append(f"{sheet.file} ({sheet.kind}): {sheet.fault}")
        if sheet.fault is SheetFault.NONE:
            valid[sheet.kind] += 1
            straight[sheet.kind] += state == "granted"
            if form is not None and state != "granted":
                reasons[f"{sheet.kind}: {', '.join(form['reasons'])}"] += 1
    return {
        "forms": len(made),
        "valid_forms": valid.total(),
        "straight_through": f"{straight.total()} of {valid.total()}",
        "straight_through_share": round(straight.total() / max(valid.total(), 1), 4),
        "straight_through_by_scan": {kind: f"{straight[kind]} of {valid[kind]}" for kind in valid},
        "wrong_grants": len(wrong),
        "lost": len(lost),
        "not_straight_through": dict(reasons),
        "outcomes": dict(sorted(outcomes.items())),
        "wrong": wrong,
    }
