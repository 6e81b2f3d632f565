"""What the page readers share: limits of drawing, a page as drawn, a refusal, and keeping colour only where there is some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ingest.cell_frames import Json
from ingest.types import Limits

_COLOUR_SPREAD = 10
"""Largest difference between channels, of 255, that is still taken for grey: noise of a scanner's and of JPEG's."""


class Refused(Exception):
    """A reader refuses a document: a code of `refusals`, and the limit that was passed, if it was one."""

    def __init__(self, code: str, limit: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.limit = limit

    def header(self) -> dict[str, Json]:
        """The refusal as an answer of a child."""
        return {"refused": self.code, "limit": self.limit}


@dataclass(frozen=True, slots=True)
class DrawLimits:
    """The limits that a page reader keeps to, as in `Limits`."""

    document_pages: int
    image_pixels: int
    image_side: int
    drawn_page_pixels: int
    draw_dots_per_inch: int

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Json]) -> DrawLimits:
        """Take the limits out of a task's arguments; a missing one raises KeyError."""
        return cls(*(_whole(arguments[name]) for name in cls.__slots__))

    @staticmethod
    def as_arguments(limits: Limits) -> dict[str, Json]:
        """The limits as arguments of a task."""
        return {name: getattr(limits, name) for name in DrawLimits.__slots__}

    def check_picture(self, width: int, height: int) -> None:
        """Refuse a picture by its stated size, before anything of it is decoded."""
        if max(width, height) > self.image_side:
            raise Refused("side_too_long", self.image_side)
        if width * height > self.image_pixels:
            raise Refused("too_many_pixels", self.image_pixels // 1_000_000)


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page as pixels: uint8, H x W or H x W x 3, upright as the file states."""

    pixels: np.ndarray
    dots_per_inch: float | None
    typed_fields: dict[str, str] = field(default_factory=dict)
    text: str = ""


def _whole(value: Json) -> int:
    if not isinstance(value, int):
        raise TypeError("a limit is no integer")
    return value


def drop_false_colour(pixels: np.ndarray) -> np.ndarray:
    """Grey H x W if no pixel of an RGB picture has colour, else the picture as it is."""
    for step in (16, 1):  # a coarse look finds most coloured pages at once
        red, green, blue = (pixels[::step, ::step, channel] for channel in range(3))
        highest = np.maximum(np.maximum(red, green), blue)
        if int((highest - np.minimum(np.minimum(red, green), blue)).max(initial=0)) > _COLOUR_SPREAD:
            return np.ascontiguousarray(pixels)
    return np.ascontiguousarray(pixels[:, :, 1])
