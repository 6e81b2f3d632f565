"""A form template, learned from the blank PDF: its looks for registration and the boxes of its fields.

Decides where each field of the contract lies on the blank. Reads the district's own blanks only, never an upload. Accepted
limit: the fields of one page; a blank of several pages is learned from the first that has fields.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pikepdf
import pypdfium2
from numpy.typing import NDArray

from ocr.errors import TemplateError
from ocr.features import Features, find_features
from ocr.types import FIELD_KINDS

DOTS_PER_INCH = 200
_POINTS_PER_INCH = 72
_FORMAT = 1


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


@dataclass(frozen=True, slots=True)
class Template:
    """A blank form. `page` is H x W uint8 at 200 dpi, without field contents; `boxes` in its pixels."""

    identity: TemplateIdentity
    page: NDArray[np.uint8]
    boxes: dict[str, TemplateBox]
    features: Features

    @classmethod
    def from_pdf(cls, path: str | Path, code: str, school_year: str, language: str) -> Template:
        """Learns a blank form from its PDF. `TemplateError` if it can't be opened or has no field of the contract."""
        try:
            with pikepdf.open(path) as document:
                page_index, boxes = _find_fields(document)
            drawn = pypdfium2.PdfDocument(path)[page_index].render(
                scale=DOTS_PER_INCH / _POINTS_PER_INCH, grayscale=True, may_draw_forms=False
            )
        except (pikepdf.PdfError, pypdfium2.PdfiumError, OSError):
            raise TemplateError("the file is not a PDF that can be opened") from None
        page = np.ascontiguousarray(drawn.to_numpy().reshape(drawn.height, drawn.width))
        return cls(TemplateIdentity(code, school_year, language), page, boxes, find_features(page))

    def to_bytes(self) -> bytes:
        """The template as bytes, to be kept."""
        described = {
            "format": _FORMAT,
            "identity": list(self.identity),
            "boxes": self.boxes,
            "scale": self.features.scale,
        }
        stream = io.BytesIO()
        np.savez_compressed(
            stream,
            page=self.page,
            points=self.features.points,
            descriptors=self.features.descriptors,
            described=np.frombuffer(json.dumps(described).encode(), np.uint8),
        )
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Template:
        """A template that was kept; `ValueError` for bytes that are none of this version."""
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            described = json.loads(kept["described"].tobytes())
            if described["format"] != _FORMAT:
                raise ValueError("a template of another version: learn the blank form again")
            features = Features(kept["points"], kept["descriptors"], described["scale"])
            boxes = {name: TemplateBox(*box) for name, box in described["boxes"].items()}
            return cls(TemplateIdentity(*described["identity"]), kept["page"], boxes, features)


def _find_fields(document: pikepdf.Pdf) -> tuple[int, dict[str, TemplateBox]]:
    for page_index, page in enumerate(document.pages):
        boxes = dict(_find_page_fields(page))
        if boxes:
            return page_index, boxes
    raise TemplateError("the PDF has no form field with a name of the contract")


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
