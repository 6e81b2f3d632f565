"""The bench of marks: ticked boxes and signatures of every kind on degraded pages, registered and cut as any page is.

Decides nothing: it counts what was said rightly, what was sent to a person and what was said wrongly, by kind. A mark said of
a box without one is the worst, and counted by itself. Boxes of dates, contacts and interpreters are cut as signature boxes
too, so that a page holds six. The writers are those that the rules weren't looked at with (`fixtures/mark_habits.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from consentry.benches.counts import bin_claims
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.mark_habits import TESTING, MarkHabits
from fixtures.real_hands import RealHands
from fixtures.scanning import ScanKind, degrade
from fixtures.signed_boxes import FREQUENCIES as SIGNED_FREQUENCIES
from fixtures.signed_boxes import RIGHT_ANSWERS as SIGNED_ANSWERS
from fixtures.signed_boxes import NameInk, SignatureKind, draw_signed_box, measure_room
from fixtures.ticked_boxes import BY_OTHERS, RIGHT_ANSWERS, RightAnswer, TickKind, draw_ticked_boxes
from fixtures.ticked_boxes import FREQUENCIES as TICK_FREQUENCIES
from ocr import Mark, Template
from ocr.crops import FieldCrop, cut_field
from ocr.pictures import to_grey
from ocr.reading import FieldReading
from ocr.reading_fields import CutField, read_cut_fields
from ocr.registration import Registration, register_page
from ocr.types import FieldKind, PixelBox

_SIGNED_BOXES = ("parent_signature", "student_signature", "parent_date", "student_date", "interpreter", "contact")
_DRAWN_TICKS = tuple(kind for kind in TickKind if kind not in BY_OTHERS)
_PENCILS = (TickKind.FAINT, SignatureKind.FAINT)
_ONE_BIT = (ScanKind.FAX, ScanKind.BITONAL)
_EMPTY_SHARE = 0.3
_Kind = TypeVar("_Kind", TickKind, SignatureKind)
_NOWHERE = PixelBox(0, 0, 0, 0)

Looker = Callable[[str, FieldReading, FieldCrop], None]
"""Is shown every mark that wasn't said rightly: its kind, what was said, its cut."""


@dataclass(slots=True)
class MarkCount:
    """What was said of one kind of mark."""

    right: int = 0
    for_a_person: int = 0
    wrong: int = 0
    marked_wrongly: int = 0

    def add(self, answer: RightAnswer, mark: Mark) -> bool:
        """Counts one answer; whether it was right. Of a mark taken back, EMPTY is right too: nothing is granted by it."""
        if mark is Mark.UNSURE and answer is not RightAnswer.PERSON:
            self.for_a_person += 1
            return False
        right = mark.value == answer.value or (answer is RightAnswer.PERSON and mark is not Mark.MARKED)
        self.right, self.wrong = self.right + right, self.wrong + (not right)
        self.marked_wrongly += not right and mark is Mark.MARKED
        return right

    def as_json(self) -> dict[str, int | float]:
        """Shares of all that were asked."""
        asked = self.right + self.for_a_person + self.wrong
        counts = {"right": self.right, "sent_to_a_person": self.for_a_person, "wrong": self.wrong}
        shares = {name: round(count / max(1, asked), 4) for name, count in counts.items()}
        return {"asked": asked, **shares, "said_marked_wrongly": self.marked_wrongly}


@dataclass(slots=True)
class MarkCounts:
    """Counts of all, by kind, by scan, and each confident answer's confidence with whether it was right."""

    whole: MarkCount = field(default_factory=MarkCount)
    by_kind: defaultdict[str, MarkCount] = field(default_factory=lambda: defaultdict(MarkCount))
    by_scan: defaultdict[str, MarkCount] = field(default_factory=lambda: defaultdict(MarkCount))
    claims: list[tuple[float, bool]] = field(default_factory=list)

    def judge(self, kind: str, scan: str, answer: RightAnswer, reading: FieldReading) -> bool:
        """Counts one answer; whether it was right."""
        self.by_kind[kind].add(answer, reading.mark)
        self.by_scan[scan].add(answer, reading.mark)
        right = self.whole.add(answer, reading.mark)
        if reading.mark is not Mark.UNSURE:
            self.claims.append((reading.confidence, right))
        return right

    def as_json(self, frequencies: Mapping[_Kind, float]) -> dict[str, object]:
        """All counts, ready to print: kinds as they were drawn, and weighed by how frequent they are in life."""
        kinds = {kind: count.as_json() for kind, count in sorted(self.by_kind.items())}
        scans = {scan: count.as_json() for scan, count in sorted(self.by_scan.items())}
        return {
            "kinds_in_equal_shares": self.whole.as_json(),
            "kinds_as_frequent_as_in_life": self._weigh(frequencies),
            "by_kind": kinds,
            "by_scan": scans,
        }

    def _weigh(self, frequencies: Mapping[_Kind, float]) -> dict[str, float]:
        asked = {kind: weight for kind, weight in frequencies.items() if kind in self.by_kind}
        shares: defaultdict[str, float] = defaultdict(float)
        for kind, weight in asked.items():
            count = self.by_kind[kind].as_json()
            for name in ("right", "sent_to_a_person", "wrong"):
                shares[name] += weight * count[name] / sum(asked.values())
        return {name: round(share, 4) for name, share in shares.items()}


@dataclass(frozen=True, slots=True)
class _Known:
    blank: BlankForm
    template: Template

    def corners(self) -> dict[str, tuple[int, int, int, int]]:
        return {name: box.pixel_corners(200.0) for name, box in self.blank.boxes.items()}


def run(seed: int, shared: Path, count: int) -> dict[str, Any]:
    """The bench alone, ready to print as JSON. `FileNotFoundError` where the folder of real handwriting is absent."""
    return {"seed": seed, **measure_marks(RealHands.load(shared), count, seed)}


def measure_marks(
    hands: RealHands | None, sample: int, seed: int, habits: MarkHabits = TESTING, look: Looker | None = None
) -> dict[str, Any]:
    """At least `sample` ticks and as many signatures. `hands`: real names as signatures among drawn ones."""
    rng = np.random.default_rng(seed)
    known = list(_load_blanks())
    ticks, signatures, lost = MarkCounts(), MarkCounts(), 0
    for number in range(-(-sample // len(_SIGNED_BOXES))):
        one, scan = known[number % len(known)], list(ScanKind)[number % len(ScanKind)]
        page = one.blank.draw()
        ticked = _tick_boxes(page, one, scan, habits, rng)
        signed = _sign_boxes(page, one, scan, habits, _choose_inks(hands, habits), rng)
        pixels = to_grey(degrade(page, scan, rng).pixels)
        registration = register_page(pixels, [one.template])
        if registration is None:
            lost += 1
            continue
        cuts = _cut_boxes(pixels, registration, set(ticked), set(signed))
        for name, reading in read_cut_fields(cuts).items():
            if name in ticked:
                right = ticks.judge(ticked[name], scan, RIGHT_ANSWERS[ticked[name]], reading)
            else:
                right = signatures.judge(signed[name], scan, SIGNED_ANSWERS[signed[name]], reading)
            if not right and look is not None:
                look(f"{ticked.get(name) or signed[name]}, {scan}", reading, cuts[name].crop)
    return {
        "ticks": ticks.as_json(TICK_FREQUENCIES),
        "signatures": signatures.as_json(SIGNED_FREQUENCIES),
        "pages_not_registered": lost,
        "reliability": {"tick": bin_claims(ticks.claims), "signature": bin_claims(signatures.claims)},
    }


def _load_blanks() -> Iterator[_Known]:
    for plan in PLANS:
        file = FORMS_FOLDER / plan.file
        if plan.code.startswith("SPS") and file.exists():
            template = Template.from_pdf(file, plan.code, plan.school_year, plan.language)
            yield _Known(BlankForm.load(file), template)


def _tick_boxes(
    page: np.ndarray, one: _Known, scan: ScanKind, habits: MarkHabits, rng: np.random.Generator
) -> dict[str, TickKind]:
    boxes = {name: corners for name, corners in one.corners().items() if name.startswith(("records_", "consent_"))}
    kinds = {
        name: TickKind.EMPTY if rng.random() < _EMPTY_SHARE else _draw_kind(_DRAWN_TICKS, scan, rng) for name in boxes
    }
    return draw_ticked_boxes(page, boxes, kinds, habits, rng)


def _sign_boxes(
    page: np.ndarray,
    one: _Known,
    scan: ScanKind,
    habits: MarkHabits,
    name_ink: NameInk | None,
    rng: np.random.Generator,
) -> dict[str, SignatureKind]:
    corners = one.corners()
    drawn = {}
    for name in (name for name in _SIGNED_BOXES if name in corners):
        kind = _draw_kind(tuple(SignatureKind), scan, rng)
        draw_signed_box(page, corners[name], measure_room(corners, name), kind, habits, name_ink, rng)
        drawn[name] = kind
    return drawn


def _draw_kind(kinds: Sequence[_Kind], scan: ScanKind, rng: np.random.Generator) -> _Kind:
    """One of the kinds; of a pencil nothing comes through a fax or a black and white scan, so it isn't asked for there."""
    asked = [kind for kind in kinds if kind not in _PENCILS or scan not in _ONE_BIT]
    return asked[int(rng.integers(len(asked)))]


def _choose_inks(hands: RealHands | None, habits: MarkHabits) -> NameInk | None:
    if hands is None:
        return None
    texts = habits.own_texts(hands.names())
    return lambda rng: hands.name_ink(str(rng.choice(texts)), rng).pixels


def _cut_boxes(page: np.ndarray, registration: Registration, ticked: set[str], signed: set[str]) -> dict[str, CutField]:
    page_map = registration.page_map
    straight = page_map.straighten(page)
    cuts = {}
    for name in sorted(ticked | signed):
        box = registration.template.boxes[name]
        crop = cut_field(straight, page_map.homography, registration.template, box, keep_outside=True)
        cuts[name] = CutField(FieldKind.CHECKBOX if name in ticked else FieldKind.SIGNATURE, crop, _NOWHERE)
    return cuts
