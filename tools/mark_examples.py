"""Draws examples for the recognisers of marks: `python -m tools.mark_examples --fonts NODE_MODULES --pages 60 --out FILE.npz`.

Boxes of a third people of writers (`TRAINING` of `fixtures/mark_habits.py`) on the sample blanks, scanned in every way and cut
where they are known to lie, a little off as registration is; and many more that are only sketched. Names are set in the fonts
of `mark_fonts.toml`, which neither the benches nor the tests use; no real hand is shown. Decides nothing about the recognisers.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from fontTools.ttLib import TTFont

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.district import make_district
from fixtures.hands import Hand, write_text
from fixtures.mark_habits import TRAINING, MarkHabits
from fixtures.scanning import ScanKind, degrade
from fixtures.signed_boxes import RIGHT_ANSWERS as SIGNED_ANSWERS
from fixtures.signed_boxes import NameInk, SignatureKind, draw_signed_box, measure_room
from fixtures.ticked_boxes import BY_OTHERS, RIGHT_ANSWERS, RightAnswer, TickKind, draw_ticked_boxes
from ocr import Template
from ocr.crops import FieldCrop, cut_field
from ocr.mark_pictures import picture_signature, picture_tick
from ocr.pictures import to_grey
from ocr.registration import register_page
from ocr.signature_traits import describe_ink
from ocr.signatures import clean_signature
from ocr.specks import clean_crop
from tools.box_sketches import sketch_box

SIGNED_BOXES = ("parent_signature", "student_signature", "parent_date", "student_date", "interpreter", "contact")
ANSWERS = (RightAnswer.MARKED, RightAnswer.EMPTY, RightAnswer.PERSON)
_SCANS = tuple(
    kind for kind in ScanKind if kind is not ScanKind.FINE
)  # in a small picture a fine scan looks as a clean one
_MISPLACED = 0.7  # pixels at 200 dpi
_PENCILS = (TickKind.FAINT, SignatureKind.FAINT)
_ONE_BIT = (ScanKind.FAX, ScanKind.BITONAL)
_HARD = (SignatureKind.HAND_PRINTED, SignatureKind.PRINTED_NAME, SignatureKind.REAL_HAND)
_OFTEN = (*_HARD, *_HARD, SignatureKind.STAMP, SignatureKind.UNDERLINED)
_NO_TRAITS = np.zeros(0, np.float32)
_DRAWN_TICKS = tuple(kind for kind in TickKind if kind not in BY_OTHERS)


@dataclass(slots=True)
class Examples:
    """Pictures of one kind of box (3 x H x W, 0 to 255), the traits of its ink, what is right to say (place in ANSWERS), its
    kind.
    """

    pictures: list[np.ndarray] = field(default_factory=list)
    traits: list[np.ndarray] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def add(self, picture: np.ndarray, traits: np.ndarray, answer: RightAnswer, kind: str) -> None:
        """One example more."""
        self.traits.append(traits)
        self.pictures.append(np.round(picture * 255).astype(np.uint8))
        self.answers.append(ANSWERS.index(answer))
        self.kinds.append(kind)


@dataclass(frozen=True, slots=True)
class DrawnFonts:
    """Files of fonts, without their ending: those that stand for hands, and those that a machine sets, like writing or not."""

    hands: Sequence[str]
    scripts: Sequence[str]
    machines: Sequence[str]

    def dress(self, habits: MarkHabits) -> MarkHabits:
        """Writers whose offices have these machines."""
        machines = tuple(f"{name}.ttf" for name in self.machines)
        return replace(
            habits, fonts=(*habits.fonts, *machines), script_fonts=tuple(f"{name}.ttf" for name in self.scripts)
        )


def unpack_fonts(modules: Path, folder: Path) -> DrawnFonts:
    """The Latin part of every font of `mark_fonts.toml` out of an npm folder, as TTF."""
    with Path(__file__).with_name("mark_fonts.toml").open("rb") as file:
        names: dict[str, list[str]] = tomllib.load(file)
    for name in (name for group in names.values() for name in group):
        font = TTFont(modules / "@fontsource" / name / "files" / f"{name}-latin-400-normal.woff")
        font.flavor = None
        font.save(folder / f"{name}.ttf")
    return DrawnFonts(**{group: [str(folder / name) for name in found] for group, found in names.items()})


def write_names(fonts: Sequence[str]) -> NameInk:
    """Draws a parent's name by an invented hand, dark on white: whole, initials and surname, capitals, surname alone."""
    people = [child.guardian or f"{child.first} {child.last}" for child in make_district(1500, 77)]

    def write(rng: np.random.Generator) -> np.ndarray:
        words = people[int(rng.integers(len(people)))].split()
        form = rng.random()
        if form < 0.2 and len(words) > 1:
            words = [f"{words[0][0]}.", *words[1:]]
        elif form < 0.35:
            words = words[-1:]
        elif form < 0.42:
            words = ["".join(f"{word[0]}." for word in words)]
        text = " ".join(words)
        font = fonts[int(rng.integers(len(fonts)))]
        hand = replace(
            Hand.pick(rng), font=font, slant=float(rng.normal(0.05, 0.2)), unsteadiness=float(rng.uniform(0.4, 2.6))
        )
        mask = write_text(text.upper() if rng.random() < 0.35 else text, hand, 100.0, rng)
        return np.asarray(255 - np.clip(mask, 0, 1) * 235, np.uint8)

    return write


@dataclass(frozen=True, slots=True)
class Desk:
    """Where pages are drawn, scanned and cut: the blanks with their templates and pictures, the hands, and what came of it."""

    blanks: Sequence[tuple[BlankForm, Template, np.ndarray]]
    habits: MarkHabits
    name_ink: NameInk
    ticks: Examples = field(default_factory=Examples)
    signatures: Examples = field(default_factory=Examples)

    def make_page(self, rng: np.random.Generator) -> None:
        """One page; its boxes are added to the examples. A curled page that isn't found is left out."""
        blank, template, empty = self.blanks[int(rng.integers(len(self.blanks)))]
        scan = _SCANS[int(rng.integers(len(_SCANS)))]
        page = empty.copy()
        ticked, signed = self._tick(page, blank, scan, rng), self._sign(page, blank, scan, rng)
        made = degrade(page, scan, rng)
        pixels, homography = to_grey(made.pixels), made.homography
        if made.curl is not None:
            found = register_page(pixels, [template])
            if found is None:
                return
            pixels, homography = found.page_map.straighten(pixels), found.homography
        for name in (*ticked, *signed):
            off = np.eye(3)
            off[:2, 2] = rng.normal(0, _MISPLACED, 2)
            cut = cut_field(pixels, homography @ off, template, template.boxes[name], keep_outside=True)
            crop = clean_crop(cut, is_mark=True)
            if name in ticked:
                self.ticks.add(picture_tick(crop), _NO_TRAITS, RIGHT_ANSWERS[ticked[name]], ticked[name])
            else:
                self._add_signature(crop, signed[name])

    def _tick(
        self, page: np.ndarray, blank: BlankForm, scan: ScanKind, rng: np.random.Generator
    ) -> dict[str, TickKind]:
        boxes = {name: corners for name, corners in locate_boxes(blank).items() if name.startswith(("rec", "consent_"))}
        asked = [kind for kind in _DRAWN_TICKS if kind not in _PENCILS or scan not in _ONE_BIT]
        drawn = {name: TickKind.EMPTY if rng.random() < 0.2 else asked[int(rng.integers(len(asked)))] for name in boxes}
        return draw_ticked_boxes(page, boxes, drawn, self.habits, rng)

    def _sign(
        self, page: np.ndarray, blank: BlankForm, scan: ScanKind, rng: np.random.Generator
    ) -> dict[str, SignatureKind]:
        corners = locate_boxes(blank)
        asked = [kind for kind in SignatureKind if kind not in _PENCILS or scan not in _ONE_BIT]
        signed = {name: asked[int(rng.integers(len(asked)))] for name in SIGNED_BOXES if name in corners}
        for name, kind in signed.items():
            draw_signed_box(page, corners[name], measure_room(corners, name), kind, self.habits, self.name_ink, rng)
        return signed

    def sketch_ticks(self, rng: np.random.Generator) -> None:
        """The tick boxes of one page on white paper, scanned in a way that costs little: pen and grain, no printing."""
        blank, _, empty = self.blanks[int(rng.integers(len(self.blanks)))]
        page = np.full_like(empty, 255)
        scan = (ScanKind.CLEAN, ScanKind.CLEAN, ScanKind.FAX)[int(rng.integers(3))]
        ticked = self._tick(page, blank, scan, rng)
        grey, boxes = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), locate_boxes(blank)
        for name, kind in ticked.items():
            crop = clean_crop(sketch_cut(grey, boxes[name], scan is ScanKind.FAX, rng), is_mark=True)
            self.ticks.add(picture_tick(crop), _NO_TRAITS, RIGHT_ANSWERS[kind], kind)

    def sketch_signature(self, rng: np.random.Generator) -> None:
        """One signature box; the kinds that are hardest to tell apart oftener than others."""
        kinds = (*SignatureKind, *_OFTEN)
        kind = kinds[int(rng.integers(len(kinds)))]
        self._add_signature(clean_crop(sketch_box(kind, self.habits, self.name_ink, rng), is_mark=True), kind)

    def _add_signature(self, crop: FieldCrop, kind: SignatureKind) -> None:
        ink, answer = clean_signature(crop), SIGNED_ANSWERS[kind]
        if answer is RightAnswer.MARKED and kind not in _PENCILS and not ink.any():
            return  # a scan in black and white may eat all of it
        self.signatures.add(picture_signature(crop, ink), describe_ink(ink, crop.unit), answer, kind)


def sketch_cut(
    page: np.ndarray, corners: tuple[int, int, int, int], one_bit: bool, rng: np.random.Generator
) -> FieldCrop:
    """One box of a grey page as if it had been scanned and cut: blurred, grainy, at some resolution."""
    left, top, right, bottom = corners
    margin = min(45, bottom - top)
    part = page[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin].astype(np.float32)
    unit = float(rng.choice((0.5, 0.75, 1.0, 1.0, 1.5)))
    part = cv2.GaussianBlur(part, (0, 0), float(rng.uniform(0.4, 1.3)))
    if rng.random() < 0.25:
        rule = bottom - max(0, top - margin)
        part[rule : rule + 3] = 255.0  # a rule that was taken away with the ink across it
    if rng.random() < 0.1:
        streak = int(rng.integers(part.shape[1]))
        part[:, streak : streak + 2] *= rng.uniform(0.75, 0.95)
    small = cv2.resize(part, None, fx=unit, fy=unit, interpolation=cv2.INTER_AREA if unit < 1 else cv2.INTER_CUBIC)
    small = 255 - (255 - small) * rng.uniform(0.7, 1.0) + rng.normal(0, rng.uniform(1, 12), small.shape)
    if one_bit:
        small = np.where(small < rng.uniform(140, 195), 0.0, 255.0)
    paper = np.clip(small, 0, 255).astype(np.uint8)
    ink = (paper < rng.uniform(175, 205)).astype(np.uint8)
    x0, y0 = round(min(margin, left) * unit), round(min(margin, top) * unit)
    x1, y1 = x0 + round((right - left) * unit), y0 + round((bottom - top) * unit)
    return FieldCrop(paper, ink, paper, x0, y0, x1, y1, unit)


def locate_boxes(blank: BlankForm) -> dict[str, tuple[int, int, int, int]]:
    """Every box of a blank in pixels at 200 dpi."""
    return {name: box.pixel_corners(200.0) for name, box in blank.boxes.items()}


def prepare_desk(fonts: DrawnFonts) -> Desk:
    """A desk with all blanks of the district and these fonts."""
    blanks = []
    for plan in PLANS:
        if plan.code.startswith("SPS"):
            file = FORMS_FOLDER / plan.file
            blank = BlankForm.load(file)
            blanks.append((blank, Template.from_pdf(file, plan.code, plan.school_year, plan.language), blank.draw()))
    return Desk(blanks, fonts.dress(TRAINING), write_names(fonts.hands))


def save_examples(desk: Desk, target: Path) -> None:
    """Writes the examples; pictures of signatures stand in one row of columns with their widths."""
    packed: dict[str, np.ndarray] = {}
    for name, kind in (("tick", desk.ticks), ("signature", desk.signatures)):
        if kind.pictures:
            packed[f"{name}_pictures"] = np.concatenate(kind.pictures, axis=2)
            packed[f"{name}_widths"] = np.array([picture.shape[2] for picture in kind.pictures])
            packed[f"{name}_traits"] = np.stack(kind.traits)
            packed[f"{name}_answers"], packed[f"{name}_kinds"] = np.array(kind.answers), np.array(kind.kinds)
    np.savez_compressed(target, allow_pickle=False, **packed)


def main() -> None:
    """Draws and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fonts", type=Path, required=True, help="node_modules with @fontsource packages")
    parser.add_argument("--pages", type=int, default=0, help="pages that are drawn, scanned and cut")
    parser.add_argument("--ticks", type=int, default=0, help="pages of ticks on white paper")
    parser.add_argument("--signatures", type=int, default=0, help="signature boxes by themselves")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    folder = given.out.resolve().with_suffix(".fonts")
    folder.mkdir(exist_ok=True)
    desk, rng = prepare_desk(unpack_fonts(given.fonts, folder)), np.random.default_rng(given.seed)
    for make, count in (
        (desk.make_page, given.pages), (desk.sketch_ticks, given.ticks), (desk.sketch_signature, given.signatures)
    ):  # fmt: skip
        for _ in range(count):
            make(rng)
    save_examples(desk, given.out)


if __name__ == "__main__":
    main()
