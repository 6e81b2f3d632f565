"""Sketches signature boxes as if their pages had been printed, signed, scanned and cut, in a way that costs little.

Decides how a cut may look: its resolution, grain, light, blur, rests of the printed label and rule. A page of the forms takes
a hundred times as long to draw, scan, register and cut; `tools/mark_examples.py` draws some of those too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from fixtures.mark_habits import MarkHabits
from fixtures.signed_boxes import NameInk, Room, SignatureKind, draw_signed_box
from ocr.crops import FieldCrop
from ocr.flattening import even_out

_AROUND = 45  # pixels at 200 dpi that a cut holds around its box
_WINDOW = 90
_BOXES = ((977, 86), (499, 70), (451, 86), (502, 72), (634, 72), (460, 72), (560, 86), (520, 70), (329, 66))
_LABELS = (
    "Signature of parent or guardian",
    "Date mm / dd / yyyy",
    "Firma",
    "Saxiixa waalidka",
    "Chữ ký",
    "Interpreter, if any",
)
_PENCIL_SCANS = 0.75


@dataclass(frozen=True, slots=True)
class _Scan:
    """How a box was scanned: `unit` pixels a template unit, `blur` and `grain` in pixels and grey levels, `shade` how uneven
    its light is, `quality` of JPEG (0: none), and the grey below which a scan in black and white took ink (0: it is grey).
    """

    unit: float
    blur: float
    grain: float
    shade: float
    quality: int
    one_bit: float

    @classmethod
    def pick(cls, grey: bool, rng: np.random.Generator) -> _Scan:
        one_bit = not grey and rng.random() < 0.25
        return cls(
            unit=float(rng.choice((0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.25, 1.5))),
            blur=float(rng.uniform(0.3, 1.5)),
            grain=float(rng.choice((1.0, 3.0, 7.0, 13.0)) * rng.uniform(0.5, 1.2)),
            shade=float(rng.choice((0.0, 0.0, 0.25))),
            quality=int(rng.integers(30, 92)) if rng.random() < 0.5 else 0,
            one_bit=float(rng.uniform(125, 195)) if one_bit else 0.0,
        )


def sketch_box(kind: SignatureKind, habits: MarkHabits, name_ink: NameInk, rng: np.random.Generator) -> FieldCrop:
    """One cut of a signature box in which `kind` stands."""
    width, height = _BOXES[int(rng.integers(len(_BOXES)))]
    page = np.full((height + 2 * _AROUND, width + 2 * _AROUND, 3), 255, np.uint8)
    corners = (_AROUND, _AROUND, _AROUND + width, _AROUND + height)
    room = Room(*(int(side) for side in rng.integers(4, 40, 4)))
    draw_signed_box(page, corners, room, kind, habits, name_ink, rng)
    grey = np.asarray(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), np.float32)
    _leave_rests(grey, height, habits, rng)
    pencil = kind is SignatureKind.FAINT
    return _scan(grey, height, _Scan.pick(pencil or rng.random() < _PENCIL_SCANS, rng), rng)


def _leave_rests(grey: np.ndarray, height: int, habits: MarkHabits, rng: np.random.Generator) -> None:
    """What is left of the blank's print after it was taken away, and the gaps that taking it away left in the ink; in place."""
    if rng.random() < 0.5:
        sheet = Image.new("L", (grey.shape[1], 30), 255)
        label = _LABELS[int(rng.integers(len(_LABELS)))]
        ImageDraw.Draw(sheet).text((int(rng.integers(0, 60)), 2), label, font=habits.pick_font(20, rng), fill=60)
        kept = cv2.resize(rng.random((3, 40)).astype(np.float32), (grey.shape[1], 30), interpolation=cv2.INTER_NEAREST)
        part = np.where(kept < rng.uniform(0.0, 0.5), np.asarray(sheet, np.float32), 255.0)
        level = _AROUND - int(rng.integers(30, 38))
        grey[level : level + 30] = np.minimum(grey[level : level + 30], part)
    for rule in (_AROUND, _AROUND + height):
        if rng.random() < 0.4:
            grey[rule - 2 : rule + 2] = 255.0
        if rng.random() < 0.3:
            slivers = cv2.resize(
                rng.random((1, 30)).astype(np.float32), (grey.shape[1], 1), interpolation=cv2.INTER_NEAREST
            )
            thick = int(rng.integers(1, 4))
            grey[rule : rule + thick, slivers[0] < rng.uniform(0.02, 0.4)] = float(rng.uniform(40, 150))


def _scan(grey: np.ndarray, height: int, scan: _Scan, rng: np.random.Generator) -> FieldCrop:
    unit = scan.unit
    size = (round(grey.shape[1] * unit), round(grey.shape[0] * unit))
    turned = np.array(
        [[unit, rng.normal(0, 0.012), rng.normal(0, 0.7)], [rng.normal(0, 0.004), unit, rng.normal(0, 0.7)]]
    )
    soft = cv2.GaussianBlur(grey, (0, 0), scan.blur / min(1.0, unit))
    small = np.asarray(cv2.warpAffine(soft, turned, size, flags=cv2.INTER_LINEAR, borderValue=(255,)), np.float32)
    small = 255 - (255 - small) * float(rng.uniform(0.65, 1.0))
    if scan.shade:
        small *= cv2.resize(
            rng.uniform(1 - scan.shade, 1.0, (2, 3)).astype(np.float32), size, interpolation=cv2.INTER_LINEAR
        )
    if rng.random() < 0.06:
        streak = int(rng.integers(size[0]))
        small[:, streak : streak + 2] *= float(rng.uniform(0.5, 0.95))
    small += rng.normal(0, scan.grain, small.shape).astype(np.float32)
    if rng.random() < 0.15:
        small[rng.random(small.shape) < 0.0008] = float(rng.choice((0, 255)))
    if scan.one_bit:
        small = np.where(small < scan.one_bit, 0.0, 255.0)
    paper = np.clip(small, 0, 255).astype(np.uint8)
    if scan.quality:
        packed = cv2.imencode(".jpg", paper, [cv2.IMWRITE_JPEG_QUALITY, scan.quality])[1]
        paper = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    paper = even_out(paper, max(15, round(_WINDOW * unit)) | 1)
    some = paper[::3, ::3]
    middle = float(np.median(some))
    spread = 1.48 * float(np.median(np.abs(some[some > 0.8 * middle] - middle)))
    ink = (paper < np.clip(middle - max(45.0, 6 * spread), 130, 205)).astype(np.uint8)
    x0, y0, y1 = round(_AROUND * unit), round(_AROUND * unit), round((_AROUND + height) * unit)
    return FieldCrop(paper, ink, paper, x0, y0, size[0] - x0, y1, unit)
