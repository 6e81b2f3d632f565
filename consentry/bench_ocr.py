"""The bench of reading: real names, IDs and dates, loose and in degraded forms, beside Tesseract and the plain recogniser.

Names, IDs and dates are by real hands of a folder that isn't part of the project; nothing is copied. Ticks and signatures are
drawn. Decides nothing: it counts. Accepted limit: the digits of one number are by several hands, and a few crops are
labelled wrongly, which holds the exact figure of names below 1.
"""

from __future__ import annotations

import csv
import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

from consentry.bench_counts import MANY, Counts
from consentry.bench_marks import measure_marks
from consentry.reliability_plot import draw_reliability
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand
from fixtures.real_hands import RealHands, load_faulty_crops
from fixtures.scanning import Scan, ScanKind, degrade
from ocr import FormReading, Mark, Template, classify_page, read_field, read_page
from ocr.alphabet import fold_text
from ocr.crops import cut_field, locate_box
from ocr.ctc import score_candidates
from ocr.reading_fields import CutField, read_cut_fields
from ocr.recogniser import recognise
from ocr.registration import register_page
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
    corners: defaultdict[str, list[float]] = defaultdict(list)
    lost: defaultdict[str, int] = defaultdict(int)
    clock = _Clock()
    kinds = list(ScanKind)
    for number in range(sample):
        place, kind = number % len(blanks), kinds[number % len(kinds)]
        filled = fill_page(blanks[place], hands, rng)
        scan = degrade(filled.page, kind, rng)
        with clock.measure("page"):
            reading = read_page(scan.pixels, templates)
        if reading is None or reading.template_identity != templates[place].identity:
            lost[kind] += 1
            continue
        corners[kind].append(measure_corner_error(reading, scan, templates[place]))
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
        if number % _PLAIN_EVERY == 0:
            time_steps(scan.pixels, templates, clock)
    return {
        "fields": counts.as_json(),
        "reliability": {kind: counts.of[kind].reliability() for kind in ("name", "student_id", "date")},
        "marks": marks.as_json(),
        "not_registered": dict(lost),
        "corner_error_pixels_mean": {kind: round(float(np.mean(found)), 2) for kind, found in corners.items()},
        "seconds": clock.as_json(),
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


class _Clock:
    def __init__(self) -> None:
        self._spent: defaultdict[str, list[float]] = defaultdict(list)

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._spent[step].append(time.perf_counter() - start)

    def as_json(self) -> dict[str, float]:
        return {step: round(float(np.median(spent)), 3) for step, spent in self._spent.items()}


def time_steps(pixels: NDArray[np.uint8], templates: Sequence[Template], clock: _Clock) -> None:
    """The same page step by step: register, cut, read."""
    page = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    with clock.measure("register"):
        found = register_page(page, templates)
    if found is None:
        return
    with clock.measure("cut"):
        cuts = {
            name: CutField(kind, cut_field(page, found.homography, found.template, box, kind in _RUNS_OUT),
                           locate_box(found.homography, box, page))
            for name, box in found.template.boxes.items() if (kind := FIELD_KINDS[name])
        }  # fmt: skip
    with clock.measure("read"):
        read_cut_fields(cuts)


_RUNS_OUT = (FieldKind.CHECKBOX, FieldKind.SIGNATURE)


def measure_corner_error(reading: FormReading, scan: Scan, template: Template) -> float:
    """Mean distance of the four corners from where they really are, in template pixels (200 dpi)."""
    height, width = template.page.shape
    return scan.measure_corners(width, height, np.array(reading.corners))


def cut_plainly(scan: Scan, template: Template, name: str) -> NDArray[np.uint8]:
    """A field's box cut out of the scan where it really lies, laid upright, nothing cleaned."""
    box = template.boxes[name]
    size = (round(box.x1 - box.x0), round(box.y1 - box.y0))
    page = scan.pixels if scan.pixels.ndim == 2 else cv2.cvtColor(scan.pixels, cv2.COLOR_RGB2GRAY)
    move = np.array([[1, 0, -box.x0], [0, 1, -box.y0], [0, 0, 1.0]])
    cut: NDArray[np.uint8] = cv2.warpPerspective(page, move @ np.linalg.inv(scan.homography), size)
    return cut


def measure_other_pages(sample: int, seed: int) -> dict[str, object]:
    """Pages that are no form of the district: none may be taken for one, and each is told by its kind."""
    rng = np.random.default_rng(seed)
    own = [plan for plan in PLANS if plan.code.startswith("SPS") and (FORMS_FOLDER / plan.file).exists()]
    others = [plan for plan in PLANS if not plan.code.startswith("SPS") and (FORMS_FOLDER / plan.file).exists()]
    templates = [Template.from_pdf(FORMS_FOLDER / p.file, p.code, p.school_year, p.language) for p in own]
    kinds: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    taken = 0
    for number in range(sample):
        what = ("form of another district", "blank back", "letter", "noise")[number % 4]
        if what == "form of another district" and others:
            page = BlankForm.load(FORMS_FOLDER / others[number // 4 % len(others)].file).draw()
        else:
            page = draw_other_page(what, rng)
        pixels = degrade(page, list(ScanKind)[int(rng.integers(len(ScanKind)))], rng).pixels
        taken += read_page(pixels, templates) is not None
        if number < sample // 4:
            kinds[what][classify_page(pixels)] += 1
    return {"pages": sample, "taken_for_a_form": taken, "kinds": {what: dict(found) for what, found in kinds.items()}}


def draw_other_page(what: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A letter-sized page at 200 dpi: a blank back, a letter of printed lines, or noise."""
    page = np.full((2200, 1700, 3), 252, np.uint8)
    if what == "noise":
        coarse = rng.integers(0, 255, (220, 170), dtype=np.uint8)
        return np.repeat(cv2.resize(coarse, (1700, 2200))[:, :, None], 3, axis=2)
    if what == "letter":
        words = ("the", "school", "year", "student", "of", "program", "family", "records", "please", "return", "letter")
        for line in range(200, 1900, 42):
            text = " ".join(rng.choice(words, 11))
            cv2.putText(page, text, (150, line), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (30, 30, 30), 2, cv2.LINE_AA)
    return page


def run(seed: int, shared: Path, sample: int, plot: Path | None = None, marks: int = 300) -> dict[str, object]:
    """All figures, ready to print as JSON. `shared` is the folder of real handwriting, `sample` the number of forms; of loose
    names twice as many are read, of `marks` as many ticks and signatures each. `FileNotFoundError` where the folder is absent.
    `plot`: a PNG of how far confidence holds.
    """
    cv2.setNumThreads(1)
    hands = RealHands.load(shared)
    loose, forms = measure_raw_names(shared, 2 * sample, seed), measure_forms(hands, sample, seed)
    marked = measure_marks(hands, marks, seed)
    if plot is not None:
        draw_reliability({"loose name": loose["reliability"]} | forms["reliability"] | marked["reliability"], plot)
    return {
        "seed": seed,
        "raw_names": loose,
        "forms": forms,
        "marks": marked,
        "other_pages": measure_other_pages(sample, seed),
    }
