"""Writes a drafted field map for a person's eyes: as YAML with the labels it goes by, and drawn on the blank's pages.

Decides nothing; what was not found stands in the file as a remark.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.blank_pdfs import DOTS_PER_INCH, POINTS_PER_INCH, read_blank_pages
from ocr.field_maps import MUST_BE_TOLD
from ocr.map_drafting import Draft

_SURE_COLOUR, _UNSURE_COLOUR = (20, 130, 40), (210, 90, 0)
_HALF = 0.5
_TICK_TALL = 50


def write_draft(draft: Draft, name: str) -> str:
    """The draft as YAML; `name` is the blank's file name."""
    lines = [
        f"# Field map of {name}, proposed from its printed labels. Look at every line before using it.",
        "# box: left, top, right, bottom in points (1/72 inch) from the page's upper left corner.",
        *(f"# Page {number} holds no text and was read off its picture." for number in draft.was_read),
        "fields:" if draft.fields else "fields: []",
    ]
    for drafted in draft.fields:
        box = ", ".join(f"{side:g}" for side in drafted.field.box)
        remark = "" if drafted.is_sure else "  UNSURE"
        label = " ".join(drafted.label.split())
        lines += [
            f"- {{field: {drafted.field.name}, page: {drafted.field.page_number}, box: [{box}]}}  # {label}{remark}"
        ]
    untold = [name for name in MUST_BE_TOLD if name in draft.missing]
    if untold:
        lines += ["# If the form prints no such field, say so in a line like this:", f"# absent: [{', '.join(untold)}]"]
    if draft.missing:
        lines.append(f"# Not found: {', '.join(draft.missing)}")
    return "\n".join(lines) + "\n"


def draw_draft(path: str | Path, draft: Draft) -> NDArray[np.uint8]:
    """The blank's pages one under another with the drafted boxes and their fields' names (H x W x 3 uint8, RGB)."""
    shown = []
    for number, page in enumerate(read_blank_pages(path), start=1):
        picture = cv2.cvtColor(page.picture, cv2.COLOR_GRAY2RGB)
        for drafted in draft.fields:
            if drafted.field.page_number == number:
                x0, y0, x1, y1 = (round(side * DOTS_PER_INCH / POINTS_PER_INCH) for side in drafted.field.box)
                colour = _SURE_COLOUR if drafted.is_sure else _UNSURE_COLOUR
                cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 3)
                place, size = ((x0, y0 - 6), 0.5) if y1 - y0 < _TICK_TALL else ((x0 + 6, y0 + 24), 0.75)
                cv2.putText(picture, drafted.field.name, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 2)
        shown.append(cv2.resize(picture, None, fx=_HALF, fy=_HALF, interpolation=cv2.INTER_AREA))
    width = max(picture.shape[1] for picture in shown)
    return np.concatenate(
        [cv2.copyMakeBorder(p, 0, 0, 0, width - p.shape[1], cv2.BORDER_CONSTANT, value=(255,) * 3) for p in shown]
    )
