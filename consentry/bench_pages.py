"""The bench of pages: whether the right blank is found, how exactly it lies, and whether other pages are left alone.

Pages are filled in with handwriting fonts and degraded in every way; registration is timed by itself and step by step, with a
few blanks known and with thirty. Decides nothing: it counts. Accepted limit: the other pages are drawn, not collected.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand, write_text
from fixtures.photographing import photograph_two, scan_two
from fixtures.scanning import Scan, ScanKind, degrade
from ocr.features import find_features
from ocr.pictures import to_grey
from ocr.registration import Registration, find_plane, lay_over, register_forms
from ocr.template import Template, TemplateIdentity
from ocr.template_index import index_templates

KNOWN_AT_ONCE = 30
_CORNERS_WITHIN = 2.0
_PHOTOS = (ScanKind.PHOTO, ScanKind.CURLED, ScanKind.FINGERS)
_QUICK = tuple(kind for kind in ScanKind if kind is not ScanKind.FINE)
_WORDS = ("the", "school", "year", "student", "records", "of", "program", "family", "please", "return", "parent", "date",
          "signature", "name", "grade", "consent", "district", "office", "phone", "number")  # fmt: skip
OTHER_KINDS = ("another district's form", "our form cut into strips and put together anew", "a letter", "a table",
               "boxes and labels", "handwriting", "a blank back", "noise")  # fmt: skip
_VALUES: dict[str, Value] = {
    "partner": "Rainier Youth Partners",
    "student_first": "Marisol",
    "student_last": "Quintero Vega",
    "student_id": "2048371",
    "birth_date": "03/14/2012",
    "school": "Rainier Beach High School",
    "grade": "7",
    "records_attendance": True,
    "records_assessment": True,
    "consent_yes": True,
    "parent_name": "Ana Quintero",
    "relationship": "mother",
    "parent_signature": "Ana Quintero",
    "parent_date": "09/20/2024",
}


@dataclass(frozen=True, slots=True)
class _Known:
    """A blank as the bench fills it in, and as reading knows it."""

    blank: BlankForm
    template: Template


def run(seed: int, each: int, others: int, two: int) -> dict[str, object]:
    """All figures, ready to print as JSON: `each` pages of every kind of scan, `others` pages that are no form, `two` pictures
    of two forms.
    """
    cv2.setNumThreads(1)
    known = load_blanks()
    return {
        "blanks_known": len(known),
        "pages": measure_pages(known, each, seed),
        "two_in_a_picture": measure_two(known, two, seed),
        "other_pages": measure_others(known, others, seed),
        "cpu_seconds": measure_time(known, max(each, 2), seed),
    }


def load_blanks() -> list[_Known]:
    """The district's sample forms that there are."""
    plans = [plan for plan in PLANS if plan.code.startswith("SPS") and (FORMS_FOLDER / plan.file).exists()]
    return [
        _Known(
            BlankForm.load(FORMS_FOLDER / plan.file),
            Template.from_pdf(FORMS_FOLDER / plan.file, plan.code, plan.school_year, plan.language),
        )
        for plan in plans
    ]


def fill(known: _Known, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The blank filled in by some hand."""
    values = {name: value for name, value in _VALUES.items() if name in known.blank.boxes}
    return fill_form(known.blank, values, Hand.pick(rng), rng)


def measure_pages(known: Sequence[_Known], each: int, seed: int) -> dict[str, object]:
    """Of every kind of scan: the share of pages whose blank was found, and found alone; corner errors in pixels at 200 dpi."""
    templates = [entry.template for entry in known]
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    errors: defaultdict[str, list[float]] = defaultdict(list)
    for number, kind in enumerate(list(ScanKind) * each):
        rng = np.random.default_rng([seed, number])
        entry = known[int(rng.integers(len(known)))]
        scan = degrade(fill(entry, rng), kind, rng)
        found = register_forms(to_grey(scan.pixels), templates)
        asked[kind] += 1
        if len(found) == 1 and found[0].template is entry.template:
            right[kind] += 1
            errors[kind].append(_measure_corners(found[0], scan))
    total = [error for kind in errors.values() for error in kind]
    return {
        "registered": round(right.total() / max(asked.total(), 1), 4),
        "registered_by_kind": {kind: f"{right[kind]} of {asked[kind]}" for kind in asked},
        "corner_error_mean": round(float(np.mean(total)), 2) if total else None,
        "corner_error_by_kind": {kind: round(float(np.mean(found)), 2) for kind, found in errors.items()},
        "corner_error_largest_by_kind": {kind: round(max(found), 2) for kind, found in errors.items()},
        "within_two_pixels": round(float(np.mean(np.array(total) < _CORNERS_WITHIN)), 4) if total else None,
    }


def _measure_corners(found: Registration, scan: Scan) -> float:
    height, width = found.template.page.shape
    return scan.measure_corners(width, height, found.page_map.locate_page((height, width)))


def measure_two(known: Sequence[_Known], pictures: int, seed: int) -> dict[str, object]:
    """Pictures of two forms, by phone and by scanner in turn: how many were found, each in its place."""
    templates = [entry.template for entry in known]
    found_both, right = 0, 0
    for number in range(pictures):
        rng = np.random.default_rng([seed, 77, number])
        entries = [known[int(place)] for place in rng.integers(len(known), size=2)]
        lay = photograph_two if number % 2 == 0 else scan_two
        scans = lay([fill(entry, rng) for entry in entries], rng)
        found = register_forms(to_grey(scans[0].pixels), templates)
        hits = sum(
            entry.template is seen.template and _measure_corners(seen, scan) < 5.0
            for entry, scan, seen in zip(entries, scans, found, strict=False)
        )
        right += hits
        found_both += hits == 2 and len(found) == 2
    return {"pictures": pictures, "forms_found": f"{right} of {2 * pictures}", "both_and_no_more": found_both}


def measure_others(known: Sequence[_Known], pages: int, seed: int) -> dict[str, object]:
    """Pages that are no form of the district: how many were taken for one, by kind; and the CPU seconds that one took."""
    templates = [entry.template for entry in known]
    taken: Counter[str] = Counter()
    spent = 0.0
    for number in range(pages):
        rng = np.random.default_rng([seed, 99, number])
        what = OTHER_KINDS[number % len(OTHER_KINDS)]
        page = draw_other_page(what, known, rng)
        grey = to_grey(degrade(page, _QUICK[int(rng.integers(len(_QUICK)))], rng).pixels)
        start = time.process_time()
        taken[what] += bool(register_forms(grey, templates))
        spent += time.process_time() - start
    return {
        "pages": pages,
        "taken_for_a_form": taken.total(),
        "by_kind": dict(+taken),
        "cpu_seconds_each": round(spent / max(pages, 1), 3),
    }


def draw_other_page(what: str, known: Sequence[_Known], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A letter-sized page at 200 dpi (H x W x 3) of one of `OTHER_KINDS`, drawn by chance."""
    page = np.full((2200, 1700, 3), 252, np.uint8)
    match what:
        case "another district's form":
            others = [plan for plan in PLANS if not plan.code.startswith("SPS") and (FORMS_FOLDER / plan.file).exists()]
            blank = BlankForm.load(FORMS_FOLDER / others[int(rng.integers(len(others)))].file)
            values = {name: value for name, value in _VALUES.items() if name in blank.boxes}
            return fill_form(blank, values, Hand.pick(rng), rng)
        case "our form cut into strips and put together anew":
            own = known[int(rng.integers(len(known)))].blank.draw()
            strips = np.array_split(own, 2 * int(rng.integers(5, 9)))
            order = [*range(1, len(strips), 2), *range(0, len(strips), 2)]  # no strip keeps its neighbour
            return np.ascontiguousarray(np.concatenate([strips[place] for place in np.roll(order, rng.integers(9))]))
        case "a letter":
            for line in range(int(rng.integers(150, 400)), int(rng.integers(1200, 2000)), int(rng.integers(34, 60))):
                _print(page, " ".join(rng.choice(_WORDS, 10)), (150, line), float(rng.uniform(0.7, 0.9)))
        case "a table":
            rows, columns = int(rng.integers(10, 40)), int(rng.integers(3, 8))
            for x, y in _grid(rows, columns):
                cv2.rectangle(page, (x, y), (x + 1400 // columns, y + 1900 // rows), (40, 40, 40), 2)
                _print(page, str(rng.choice(_WORDS)), (x + 8, y + 1900 // rows - 10), 0.7)
        case "boxes and labels":
            for x, y in _grid(int(rng.integers(8, 16)), int(rng.integers(1, 4))):
                wide, tall = int(rng.integers(150, 400)), int(rng.integers(40, 70))
                _print(page, " ".join(rng.choice(_WORDS, 3)), (x, y + 20), 0.6)
                cv2.rectangle(page, (x, y + 28), (x + wide, y + 28 + tall), (30, 30, 30), 2)
        case "handwriting":
            hand = Hand.pick(rng)
            for line in range(200, 1900, int(rng.integers(70, 110))):
                ink = write_text(" ".join(rng.choice(_WORDS, 5)), hand, 60, rng)[:, :1400]
                part = page[line : line + ink.shape[0], 150 : 150 + ink.shape[1]]
                part[:] = (part * (1 - 0.8 * ink[:, :, None])).astype(np.uint8)
        case "noise":
            coarse = rng.integers(0, 255, (int(rng.integers(60, 300)), 170), dtype=np.uint8)
            return np.repeat(cv2.resize(coarse, (1700, 2200))[:, :, None], 3, axis=2)
    return page


def _grid(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    return (
        (150 + column * 1400 // columns, 150 + row * 1900 // rows) for row in range(rows) for column in range(columns)
    )


def _print(page: NDArray[np.uint8], text: str, place: tuple[int, int], size: float) -> None:
    cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (30, 30, 30), 2, cv2.LINE_AA)


def measure_time(known: Sequence[_Known], pages: int, seed: int) -> dict[str, object]:
    """CPU seconds a page of registration with the blanks that there are and with thirty, and of its steps, medians."""
    few = [entry.template for entry in known]
    many = few + [_draw_stranger(known, number, seed) for number in range(max(KNOWN_AT_ONCE - len(few), 0))]
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for templates in (few, many):
        register_forms(few[0].page, templates)  # what is made once a process
    for number, kind in enumerate((ScanKind.SKEWED, ScanKind.FAX, ScanKind.PHOTO, ScanKind.HIGH_RESOLUTION) * pages):
        rng = np.random.default_rng([seed, 55, number])
        entry = known[int(rng.integers(len(known)))]
        grey = to_grey(degrade(fill(entry, rng), kind, rng).pixels)
        for name, templates in ((f"{len(few)} blanks", few), (f"{len(many)} blanks", many)):
            with _measured(spent[f"registration with {name}"]):
                register_forms(grey, templates)
        with _measured(spent["features"]):
            features = find_features(grey)
        with _measured(spent["choosing a blank"]):
            index_templates(many).count_votes(features)
        with _measured(spent["laying it over and refining"]):
            plane = find_plane(grey, features, entry.template)
            if plane is not None:
                lay_over(grey, plane)
    return {step: round(float(np.median(times)), 4) for step, times in spent.items()}


class _measured:
    def __init__(self, times: list[float]) -> None:
        self._times = times

    def __enter__(self) -> None:
        self._start = time.process_time()

    def __exit__(self, *_: object) -> None:
        self._times.append(time.process_time() - self._start)


def _draw_stranger(known: Sequence[_Known], number: int, seed: int) -> Template:
    """A blank to fill the index with: one of ours in another order, so that its words and boxes vie with the true ones."""
    rng = np.random.default_rng([seed, 33, number])
    page = cv2.cvtColor(draw_other_page(OTHER_KINDS[1], known, rng), cv2.COLOR_RGB2GRAY)
    own = known[number % len(known)].template
    identity = TemplateIdentity(f"STRANGER-{number}", own.identity.school_year, own.identity.language)
    return replace(own, identity=identity, page=page, features=find_features(page), further=())
