"""A form template, learned from the blank PDF: its looks for registration and the boxes of its fields.

Decides where each field of the contract lies on the blank. Reads the district's own blanks only, never an upload. Of a blank
of several pages each is known again; the first with fields stands for the form. A page without fields (instructions) may be
missing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocr.blank_pdfs import DOTS_PER_INCH, POINTS_PER_INCH, BlankPage, PointBox, Widget, read_blank_pages
from ocr.errors import TemplateError
from ocr.features import Features, find_features
from ocr.field_maps import locate_field_map, read_field_map
from ocr.types import FIELD_KINDS, TemplateIdentity

_FORMAT = 2
_SINGLE_PAGE_FORMAT = 1


class TemplateBox(NamedTuple):
    """A box on the blank in template units (pixels at 200 dpi)."""

    x0: float
    y0: float
    x1: float
    y1: float


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
        """Learns a blank form from its PDF, its fields from the field map beside it or else from its form fields.

        `TemplateError` if it can't be opened, the map has faults, or no field of the contract is found.
        """
        blank = read_blank_pages(path)
        fields = _list_fields(Path(path), blank)
        if not any(fields):
            raise TemplateError(
                "the PDF has no form field with a name of the contract and no field map beside it: "
                "'form add --draft-map' proposes one"
            )
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
            for number, page in enumerate(page.picture for page in blank)
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


def _list_fields(path: Path, pages: Sequence[BlankPage]) -> list[dict[str, TemplateBox]]:
    """The boxes of each page by field: by the map beside the blank where there is one, else by its form fields."""
    beside = locate_field_map(path)
    if beside.is_file():
        mapped = read_field_map(beside.read_text(encoding="utf-8"), pages)
        return [
            {name: _scale(box) for name, box in mapped.on_page(number).items()} for number in range(1, len(pages) + 1)
        ]
    return [
        {name: _scale(widget.box) for widget in page.widgets if (name := _name_field(widget)) is not None}
        for page in pages
    ]


def _scale(box: PointBox) -> TemplateBox:
    return TemplateBox(*(side * DOTS_PER_INCH / POINTS_PER_INCH for side in box))


def _name_field(widget: Widget) -> str | None:
    for name in widget.names:
        if name in FIELD_KINDS:
            return name
        if name.casefold() in FIELD_KINDS:
            return name.casefold()
    return None
