"""A form template, learned from the blank PDF: its looks for registration and the boxes of its fields.

Decides where each field of the contract lies on the blank. Reads the district's own blanks only, never an upload. Of a blank
of several pages each is known again; the first with fields stands for the form. A page without fields (instructions) may be
missing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pikepdf
import pypdfium2
from numpy.typing import NDArray

from ocr.errors import TemplateError
from ocr.features import Features, find_features
from ocr.types import FIELD_KINDS

DOTS_PER_INCH = 200
_POINTS_PER_INCH = 72
_FORMAT = 2
_SINGLE_PAGE_FORMAT = 1


class TemplateBox(NamedTuple):
    """A box on the blank in template units (pixels at 200 dpi)."""

    x0: float
    y0: float
    x1: float
    y1: float


class TemplateIdentity(NamedTuple):
    """What tells one template from another."""

    code: str
    school_year: str
    language: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Template:
    """A blank form. `page` is H x W uint8 at 200 dpi, without field contents; `boxes` in its pixels. `page_number` counts from
    1; `further` holds the blank's other pages, each a template of the same identity; `elsewhere` names the fields that only
    other pages have.
    """

    identity: TemplateIdentity
    page: NDArray[np.uint8]
    boxes: dict[str, TemplateBox]
    features: Features
    page_number: int = 1
    further: tuple[Template, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def pages(self) -> tuple[Template, ...]:
        """All pages of the blank, in their order."""
        return tuple(sorted((self, *self.further), key=lambda page: page.page_number))

    @classmethod
    def from_pdf(cls, path: str | Path, code: str, school_year: str, language: str) -> Template:
        """Learns a blank form from its PDF. `TemplateError` if it can't be opened or has no field of the contract."""
        try:
            with pikepdf.open(path) as document:
                fields = [dict(_find_page_fields(page)) for page in document.pages]
            drawn = [_draw(page) for page in pypdfium2.PdfDocument(path)]
        except (pikepdf.PdfError, pypdfium2.PdfiumError, OSError):
            raise TemplateError("the file is not a PDF that can be opened") from None
        if not any(fields):
            raise TemplateError("the PDF has no form field with a name of the contract")
        identity = TemplateIdentity(code, school_year, language)
        first = next(number for number, boxes in enumerate(fields) if boxes)
        every = dict.fromkeys(name for boxes in fields for name in boxes)
        pages = [
            cls(
                identity,
                page,
                fields[number],
                find_features(page),
                number + 1,
                elsewhere=tuple(name for name in every if name not in fields[number]),
            )
            for number, page in enumerate(drawn)
        ]
        return replace(pages[first], further=tuple(page for page in pages if page.page_number != first + 1))

    def to_bytes(self) -> bytes:
        """The template as bytes, to be kept."""
        pages = (self, *self.further)
        described = {
            "format": _FORMAT,
            "identity": list(self.identity),
            "pages": [
                {
                    "number": page.page_number,
                    "boxes": page.boxes,
                    "scale": page.features.scale,
                    "elsewhere": page.elsewhere,
                }
                for page in pages
            ],
        }
        arrays: dict[str, np.ndarray] = {"described": np.frombuffer(json.dumps(described).encode(), np.uint8)}
        for place, page in enumerate(pages):
            arrays[f"page{place}"] = page.page
            arrays[f"points{place}"] = page.features.points
            arrays[f"descriptors{place}"] = page.features.descriptors
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # the stub takes a name for an option
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Template:
        """A template that was kept, also by the version before; `ValueError` for other bytes."""
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            described = json.loads(kept["described"].tobytes())
            if described["format"] == _SINGLE_PAGE_FORMAT:
                page = kept["page"]
                return cls(TemplateIdentity(*described["identity"]), page, _list_boxes(described), find_features(page))
            if described["format"] != _FORMAT:
                raise ValueError("a template of another version: learn the blank form again")
            pages = [
                cls(
                    TemplateIdentity(*described["identity"]),
                    kept[f"page{place}"],
                    _list_boxes(entry),
                    Features(kept[f"points{place}"], kept[f"descriptors{place}"], entry["scale"]),
                    entry["number"],
                    elsewhere=tuple(entry.get("elsewhere", ())),
                )
                for place, entry in enumerate(described["pages"])
            ]
        return replace(pages[0], further=tuple(pages[1:]))


def _list_boxes(described: dict[str, Any]) -> dict[str, TemplateBox]:
    return {name: TemplateBox(*box) for name, box in described["boxes"].items()}


def _draw(page: pypdfium2.PdfPage) -> NDArray[np.uint8]:
    drawn = page.render(scale=DOTS_PER_INCH / _POINTS_PER_INCH, grayscale=True, may_draw_forms=False)
    return np.ascontiguousarray(drawn.to_numpy().reshape(drawn.height, drawn.width))


def _find_page_fields(page: pikepdf.Page) -> Iterator[tuple[str, TemplateBox]]:
    left, top = float(page.cropbox[0]), max(float(page.cropbox[1]), float(page.cropbox[3]))
    scale = DOTS_PER_INCH / _POINTS_PER_INCH
    for annotation in page.obj.get("/Annots", pikepdf.Array()):
        if annotation.get("/Subtype") != "/Widget":
            continue
        name = _name_field(annotation)
        if name is None:
            continue
        xs = sorted((float(annotation.Rect[0]), float(annotation.Rect[2])))
        ys = sorted((float(annotation.Rect[1]), float(annotation.Rect[3])))
        yield (
            name,
            TemplateBox(
                (xs[0] - left) * scale,
                (top - ys[1]) * scale,
                (xs[1] - left) * scale,
                (top - ys[0]) * scale,
            ),
        )


def _name_field(annotation: pikepdf.Object) -> str | None:
    holder: pikepdf.Object | None = annotation
    names: list[str] = []
    while holder is not None:
        if "/T" in holder:
            names.insert(0, str(holder.T))
        holder = holder.get("/Parent")
    states = (
        [str(state).lstrip("/") for state in annotation.AP.get("/N", pikepdf.Dictionary())]
        if "/AP" in annotation
        else []
    )
    for candidate in (".".join(names), *reversed(names), *states, *(f"{name}_{s}" for name in names for s in states)):
        if candidate in FIELD_KINDS:
            return candidate
        if candidate.casefold() in FIELD_KINDS:
            return candidate.casefold()
    return None
