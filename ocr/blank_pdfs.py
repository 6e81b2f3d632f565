"""A blank form's PDF: its pages drawn, their sizes, and the form fields that a program would fill in.

Decides nothing about which field is which; it turns everything upright as the page is shown. Reads the district's own blanks
only, never an upload.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pikepdf
import pypdfium2
from numpy.typing import NDArray

from ocr.errors import TemplateError

DOTS_PER_INCH = 200
POINTS_PER_INCH = 72


class PointBox(NamedTuple):
    """A box on a blank in points (1/72 inch) from the upper left corner of the page as it is shown."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Widget:
    """One field of the PDF: the names it may go by, the likeliest first, its box, and whether it is a box to tick."""

    names: tuple[str, ...]
    box: PointBox
    is_tick: bool


@dataclass(frozen=True, slots=True)
class BlankPage:
    """A page of a blank: `picture` is H x W uint8 at 200 dpi without field contents, `width` and `height` are points."""

    picture: NDArray[np.uint8]
    width: float
    height: float
    widgets: tuple[Widget, ...]


def read_blank_pages(path: str | Path) -> tuple[BlankPage, ...]:
    """All pages of a blank. `TemplateError` if it can't be opened."""
    try:
        with pikepdf.open(path) as document:
            described = [_describe(page) for page in document.pages]
        drawn = [_draw(page) for page in pypdfium2.PdfDocument(path)]
    except (pikepdf.PdfError, pypdfium2.PdfiumError, OSError):
        raise TemplateError("the file is not a PDF that can be opened") from None
    return tuple(
        BlankPage(picture, frame.width, frame.height, widgets)
        for picture, (frame, widgets) in zip(drawn, described, strict=True)
    )


@dataclass(frozen=True, slots=True)
class PageFrame:
    """What of a page is shown, in the PDF's own points from the lower left, and how far it is turned clockwise."""

    left: float
    bottom: float
    across: float
    up: float
    turned: int

    @property
    def width(self) -> float:
        """Points across, as shown."""
        return self.across if self.turned % 180 == 0 else self.up

    @property
    def height(self) -> float:
        """Points down, as shown."""
        return self.up if self.turned % 180 == 0 else self.across

    def place(self, box: Sequence[float]) -> PointBox:
        """A PDF rectangle, corners in any order, as it is shown."""
        (x0, y0), (x1, y1) = self._turn(box[0], box[1]), self._turn(box[2], box[3])
        return PointBox(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))

    def _turn(self, x: float, y: float) -> tuple[float, float]:
        across, up = x - self.left, y - self.bottom
        return {
            0: (across, self.up - up),
            90: (up, across),
            180: (self.across - across, up),
            270: (self.up - up, self.across - across),
        }[self.turned]


def frame_page(shown: Sequence[float], turned: int) -> PageFrame:
    """The frame of a page of which the rectangle `shown` is seen, `turned` clockwise by degrees."""
    x0, y0, x1, y1 = shown
    right_angle = turned % 360 if turned % 90 == 0 else 0
    return PageFrame(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0), right_angle)


def _describe(page: pikepdf.Page) -> tuple[PageFrame, tuple[Widget, ...]]:
    frame = frame_page([float(side) for side in page.cropbox], int(page.obj.get("/Rotate", 0)))
    return frame, tuple(_list_widgets(page, frame))


def _list_widgets(page: pikepdf.Page, frame: PageFrame) -> Iterator[Widget]:
    for annotation in page.obj.get("/Annots", pikepdf.Array()):
        if annotation.get("/Subtype") == "/Widget":
            kind = _find_inherited(annotation, "/FT")
            yield Widget(
                tuple(_list_names(annotation)),
                frame.place([float(side) for side in annotation.Rect]),
                str(kind) == "/Btn",
            )


def _list_names(annotation: pikepdf.Object) -> Iterator[str]:
    """The full name, its parts from the last, the states of a tick, and part and state together."""
    holder: pikepdf.Object | None = annotation
    names: list[str] = []
    while holder is not None:
        if "/T" in holder:
            names.insert(0, str(holder.T))
        holder = holder.get("/Parent")
    shown = annotation.AP.get("/N", pikepdf.Dictionary()) if "/AP" in annotation else pikepdf.Dictionary()
    states = [str(state).lstrip("/") for state in shown] if isinstance(shown, pikepdf.Dictionary) else []
    yield ".".join(names)
    yield from reversed(names)
    yield from states
    yield from (f"{name}_{state}" for name in names for state in states)


def _find_inherited(annotation: pikepdf.Object, key: str) -> pikepdf.Object | None:
    holder: pikepdf.Object | None = annotation
    while holder is not None:
        if key in holder:
            return holder[key]
        holder = holder.get("/Parent")
    return None


def _draw(page: pypdfium2.PdfPage) -> NDArray[np.uint8]:
    drawn = page.render(scale=DOTS_PER_INCH / POINTS_PER_INCH, grayscale=True, may_draw_forms=False)
    return np.ascontiguousarray(drawn.to_numpy().reshape(drawn.height, drawn.width))
