"""The bench of reading: real names, IDs and dates, loose and in degraded forms, beside Tesseract and the plain recogniser.

Names, IDs and dates are by real hands of a folder that isn't part of the project; nothing is copied. Ticks and signatures are
drawn. Decides nothing: it counts. Accepted limit: the digits of one number are by several hands, and a few crops are
labelled wrongly, which holds the exact figure of names below 1.
"""

from __future__ import annotations

import csv
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytesseract
from numpy.typing import NDArray
from PIL import Image
from rapidfuzz import fuzz, process

from consentry.benches.blanks import load_blanks
from consentry.benches.counts import MANY, Counts
from consentry.benches.forms import measure_drafts
from consentry.benches.marks import measure_marks
from consentry.benches.other_pages import measure_others
from consentry.benches.pages import measure_pages, measure_two
from consentry.benches.reliability_plot import draw_reliability
from consentry.benches.steps import measure_apart
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand
from fixtures.real_hands import RealHands, load_faulty_crops
from fixtures.scanning import Scan, ScanKind, degrade
from ocr import FormReading, Mark, Template, read_field, read_page
from ocr.alphabet import fold_text
from ocr.ctc import score_candidates
from ocr.recogniser import recognise
from ocr.types import FIELD_KINDS, FieldKind

_PLAIN_EVERY = 4
_TICKS = ("records_attendance", "records_discipline", "records_assessment", "records_demographics", "consent_yes")
_NAMES = ("student_first", "student_last", "parent_name")
_FIRST_DAY = date(2004, 1, 1)


def recombine_names(names: Sequence[str], count: int, rng: random.Random) -> list[str]:
    """`count` different names: those given, and new ones out of the heads and tails of two of them."""
    known = sorted(set(names))
    found = dict.fromkeys(known)
    while len(found) < count:
        head, tail = rng.sample(known, 2)
        found[head[: max(2, round(len(head) * rng.uniform(0.4, 0.7)))] + tail[-max(2, len(tail) // 2) :]] = None
    return list(found)[:count]


def choose_rivals(truth: str, pool: Sequence[str], rng: random.Random) -> list[str]:
    """The truth, then all of the pool that read otherwise, in random order."""
    same = fold_text(truth).replace(" ", "")
    rivals = [text for text in pool if fold_text(text).replace(" ", "") != same]
    rng.shuffle(rivals)
    return [truth, *rivals]


def read_plainly(crop: NDArray[np.uint8], candidates: Sequence[str]) -> dict[str, tuple[str, Sequence[float]]]:
    """The same crop by Tesseract with edit similarity, and by the plain recogniser with CTC scores."""
    padded = cv2.copyMakeBorder(crop, 8, 8, 8, 8, cv2.BORDER_REPLICATE)
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    text = " ".join(pytesseract.image_to_string(Image.fromarray(padded), config="--psm 7").split())
    ratios = process.cdist([text.upper()], candidates, scorer=fuzz.ratio)[0]
    output = recognise([crop])[0]
    return {"tesseract": (text, ratios), "plain_recogniser": (output.text, score_candidates(output.matrix, candidates))}


def measure_raw_names(shared: Path, sample: int, seed: int) -> dict[str, Any]:
    """Loose crops as they come, with remains of labels and lines, by `read_field`."""
    rng = random.Random(seed)  # noqa: S311  sample data, never a secret
    with (shared / "names.csv").open(encoding="utf-8", newline="") as lines:
        rows = [(row["file"], row["text"]) for row in csv.DictReader(lines)]
    pool = recombine_names([text for _, text in rows], MANY, rng)
    counts, faulty = Counts(), load_faulty_crops("label")
    for number, (file, text) in enumerate(rng.sample(rows, min(sample, len(rows)))):
        with Image.open(shared / file) as picture:
            crop = np.asarray(picture.convert("L"))
        candidates = choose_rivals(text, pool, rng)
        names = ["ours, wrong labels too"] + ["ours"] * (file not in faulty)
        names += ["ours_on_the_others_crops"] * (number % _PLAIN_EVERY == 0)
        counts.judge(names, read_field(crop, FieldKind.NAME), text, candidates)
        if number % _PLAIN_EVERY == 0:
            for name, (read, scores) in read_plainly(crop, candidates).items():
                counts.judge_text(name, read, text, candidates, scores)
    return counts.as_json() | {"reliability": counts.of["ours"].reliability()}


@dataclass(frozen=True, slots=True)
class _Filled:
    page: NDArray[np.uint8]
    texts: dict[str, str]
    marks: dict[str, bool]


def fill_page(blank: BlankForm, hands: RealHands, rng: np.random.Generator) -> _Filled:
    """A form with real names, ID and birth date, drawn ticks, and a signature on three of four."""
    hand = Hand.pick(rng)
    texts = {name: str(rng.choice(hands.names())) for name in _NAMES}
    values: dict[str, Value] = {name: hands.name_ink(text, rng) for name, text in texts.items()}
    texts["student_id"] = str(rng.integers(1_000_000, 10_000_000))
    values["student_id"] = hands.number_ink(texts["student_id"], rng)
    day = _FIRST_DAY + timedelta(days=int(rng.integers(0, 5500)))
    ways = (f"{day:%m/%d/%Y}", f"{day.month}/{day.day}/{day:%y}", f"{day:%m-%d-%Y}", f"{day.month}/{day.day}/{day:%Y}")
    texts["birth_date"] = day.isoformat()
    values["birth_date"] = hands.date_ink(str(rng.choice(ways)), rng)
    marks = {name: bool(rng.random() < 0.5) for name in _TICKS}
    marks["parent_signature"] = bool(rng.random() < 0.75)
    values |= {name: marked for name, marked in marks.items() if name in _TICKS}
    if marks["parent_signature"]:
        values["parent_signature"] = texts["parent_name"].title()
    values = {name: value for name, value in values.items() if name in blank.boxes}
    page = fill_form(blank, values, hand, rng)
    return _Filled(page, *({n: v for n, v in kept.items() if n in blank.boxes} for kept in (texts, marks)))  # type: ignore[arg-type]  # mixed maps


def measure_forms(hands: RealHands, sample: int, seed: int) -> dict[str, Any]:
    """Whole forms, degraded in every way in turn, by `read_page`."""
    rng, chance = np.random.default_rng(seed), random.Random(seed)  # noqa: S311  sample data, never a secret
    plans = [plan for plan in PLANS if plan.code.startswith("SPS") and (FORMS_FOLDER / plan.file).exists()]
    blanks = [BlankForm.load(FORMS_FOLDER / plan.file) for plan in plans]
    templates = [Template.from_pdf(FORMS_FOLDER / p.file, p.code, p.school_year, p.language) for p in plans]
    pools = {
        FieldKind.NAME: recombine_names(hands.names(), MANY, chance),
        FieldKind.STUDENT_ID: [str(chance.randrange(1_000_000, 10_000_000)) for _ in range(MANY)],
        FieldKind.DATE: [(_FIRST_DAY + timedelta(days=days)).isoformat() for days in range(5500)][:MANY],
    }
    counts, marks = Counts(), _MarkCounts()
    lost: defaultdict[str, int] = defaultdict(int)
    kinds = list(ScanKind)
    for number in range(sample):
        place, kind = number % len(blanks), kinds[number % len(kinds)]
        filled = fill_page(blanks[place], hands, rng)
        scan = degrade(filled.page, kind, rng)
        reading = read_page(scan.pixels, templates)
        if reading is None or reading.template_identity != templates[place].identity:
            lost[kind] += 1
            continue
        for name, truth in filled.texts.items():
            candidates = choose_rivals(truth, pools[FIELD_KINDS[name]], chance)
            label = str(FIELD_KINDS[name])
            counts.judge([label, f"{label} {kind}"], reading.fields[name], truth, candidates)
            if number % _PLAIN_EVERY == 0 and name == "student_last":
                counts.judge([f"{label} by us on the same crops"], reading.fields[name], truth, candidates)
                for engine, (text, scores) in read_plainly(
                    cut_plainly(scan, templates[place], name), candidates
                ).items():
                    counts.judge_text(f"{label} by {engine}", text, truth, candidates, scores)
        marks.judge(kind, reading, filled.marks)
    return {
        "fields": counts.as_json(),
        "reliability": {kind: counts.of[kind].reliability() for kind in ("name", "student_id", "date")},
        "marks": marks.as_json(),
        "not_registered": dict(lost),
    }


@dataclass(slots=True)
class _MarkCounts:
    asked: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    unsure: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def judge(self, kind: str, reading: FormReading, truth: dict[str, bool]) -> None:
        for name, marked in truth.items():
            what = "signature" if name.endswith("signature") else "tick"
            found = reading.fields[name].mark
            self.asked[what] += 1
            if found is Mark.UNSURE:
                self.unsure[f"{what} {kind} {'marked' if marked else 'empty'}"] += 1
            elif (found is Mark.MARKED) != marked:
                self.wrong[f"{what} {kind} {'marked' if marked else 'empty'}"] += 1

    def as_json(self) -> dict[str, object]:
        return {"asked": dict(self.asked), "wrong": dict(self.wrong), "unsure": dict(self.unsure)}


def cut_plainly(scan: Scan, template: Template, name: str) -> NDArray[np.uint8]:
    """A field's box cut out of the scan where it really lies, laid upright, nothing cleaned."""
    box = template.boxes[name]
    size = (round(box.x1 - box.x0), round(box.y1 - box.y0))
    page = scan.pixels if scan.pixels.ndim == 2 else cv2.cvtColor(scan.pixels, cv2.COLOR_RGB2GRAY)
    move = np.array([[1, 0, -box.x0], [0, 1, -box.y0], [0, 0, 1.0]])
    cut: NDArray[np.uint8] = cv2.warpPerspective(page, move @ np.linalg.inv(scan.homography), size)
    return cut


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: forms by real hands, ticks and signatures, pages of each kind of scan, pages that are no form."""

    forms: int
    marks: int
    pages_each: int
    others: int


def run(seed: int, shared: Path, sizes: Sizes, plot: Path | None = None) -> dict[str, object]:
    """All figures, ready to print as JSON. `shared` is the folder of real handwriting; of loose names twice as many are read as
    forms. `FileNotFoundError` where the folder is absent. `plot`: a PNG of how far confidence holds.
    """
    cv2.setNumThreads(1)
    hands, known = RealHands.load(shared), load_blanks()
    loose, forms = measure_raw_names(shared, 2 * sizes.forms, seed), measure_forms(hands, sizes.forms, seed)
    marked = measure_marks(hands, sizes.marks, seed)
    if plot is not None:
        draw_reliability({"loose name": loose["reliability"]} | forms["reliability"] | marked["reliability"], plot)
    return {
        "seed": seed,
        "raw_names": loose,
        "forms": forms,
        "marks": marked,
        "pages": measure_pages(known, sizes.pages_each, seed),
        "two_in_a_picture": measure_two(known, 2 * sizes.pages_each, seed),
        "other_pages": measure_others(known, sizes.others, seed),
        "field_maps": measure_drafts(),
        "speed": measure_apart(6 * sizes.pages_each, seed),
    }
