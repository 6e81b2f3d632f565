"""Reads fields: all cuts of a page in few recogniser calls, each with the reader of its kind.

Decides by ink whether a field is empty before anything is read; an empty field is never read as something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ocr.crops import FieldCrop
from ocr.ctc import Matrix
from ocr.decoding import decode
from ocr.digit_recogniser import read_digit_lines
from ocr.marks import MarkReading, read_tick
from ocr.reading import FieldReading
from ocr.recogniser import CtcOutput, name_engine, recognise
from ocr.signatures import read_signature
from ocr.specks import clean_crop
from ocr.types import FieldKind, Mark, PixelBox
from ocr.views import make_view, trim_to_ink

INK_ENGINE = "ink 1"
_LEAST_INK = 40.0
_LEAST_HEIGHT = 6.0
_BY_INK_ALONE = (FieldKind.CHECKBOX, FieldKind.SIGNATURE)
_OF_DIGITS = (FieldKind.STUDENT_ID, FieldKind.DATE)


@dataclass(frozen=True, slots=True)
class CutField:
    """A field to be read: its kind, its cut, its box on the page."""

    kind: FieldKind
    crop: FieldCrop
    box: PixelBox


def read_cut_fields(cuts: Mapping[str, CutField]) -> dict[str, FieldReading]:
    """The readings of all fields, by name, in the order given."""
    cuts = {name: replace(cut, crop=clean_crop(cut.crop, cut.kind in _BY_INK_ALONE)) for name, cut in cuts.items()}
    written = {name: cut for name, cut in cuts.items() if cut.kind not in _BY_INK_ALONE and has_writing(cut.crop)}
    outputs = dict(zip(written, recognise([make_view(cut.crop, cut.kind) for cut in written.values()]), strict=True))
    numbers = {name: trim_to_ink(cut.crop) for name, cut in written.items() if cut.kind in _OF_DIGITS}
    digits = dict(zip(numbers, read_digit_lines(list(numbers.values())), strict=True))
    return {name: _read(cut, outputs.get(name), digits.get(name)) for name, cut in cuts.items()}


def has_writing(crop: FieldCrop) -> bool:
    """Whether there is more ink in the cut than specks: judged in template units."""
    found = crop.ink_box
    if found is None:
        return False
    area = float(crop.ink.sum()) / crop.unit**2
    return area >= _LEAST_INK and (found.y1 - found.y0) / crop.unit >= _LEAST_HEIGHT


def _read(cut: CutField, output: CtcOutput | None, digits: Matrix | None) -> FieldReading:
    if cut.kind is FieldKind.CHECKBOX:
        return _from_mark(cut, read_tick(cut.crop))
    if cut.kind is FieldKind.SIGNATURE:
        return _from_mark(cut, read_signature(cut.crop))
    if output is None:
        return FieldReading(cut.kind, "", 0.99, INK_ENGINE, cut.box, mark=Mark.EMPTY)
    views = (output.matrix,) if digits is None else (output.matrix, digits)
    decoded = decode(cut.kind, output, views)
    mark = Mark.MARKED if decoded.text else Mark.UNSURE
    return FieldReading(
        kind=cut.kind,
        text=decoded.text,
        confidence=decoded.confidence,
        engine=name_engine(),
        box=cut.box,
        value=decoded.value,
        mark=mark,
        greedy=output.text,
        views=views,
    )


def _from_mark(cut: CutField, found: MarkReading) -> FieldReading:
    return FieldReading(cut.kind, "", found.confidence, INK_ENGINE, cut.box, value=found.mark, mark=found.mark)
