"""Pages drawn for the eye: each at most once while it is kept in memory, as WebP, never the uploaded bytes themselves."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from PIL import Image

from consentry.pipeline.form_pages import PageSource
from consentry.program import Program
from ingest import Cell, CellBroken, draw_page
from ingest.types import MediaType, Refusal

_KEPT_BYTES = 256_000_000
_QUALITY = 60
_MARGIN = 6
"""Pixels around a field's box, for strokes that run over its edge."""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as WebP, and its size in pixels of the scan, which boxes are given in."""

    content: bytes
    width: int
    height: int


class PagePictures:
    """Draws pages in the cell and keeps the most recent."""

    def __init__(self, program: Program, cell: Cell) -> None:
        self._program, self._cell = program, cell
        self._kept: OrderedDict[PageSource, PagePicture] = OrderedDict()
        self._lock, self._drawing = threading.Lock(), threading.Lock()

    def draw(self, source: PageSource) -> PagePicture | None:
        """A page; None where it can't be drawn, as a list can't."""
        if source.media_type is MediaType.LIST:
            return None
        with self._lock:
            if (kept := self._kept.get(source)) is not None:
                self._kept.move_to_end(source)
                return kept
        with self._drawing:
            with self._lock:
                if (kept := self._kept.get(source)) is not None:
                    return kept
            picture = self._draw(source)
        if picture is not None:
            with self._lock:
                self._kept[source] = picture
                while sum(len(page.content) for page in self._kept.values()) > _KEPT_BYTES and len(self._kept) > 1:
                    self._kept.popitem(last=False)
        return picture

    def cut(self, source: PageSource, box: Sequence[int]) -> bytes | None:
        """One field of a page and nothing else, as WebP."""
        picture = self.draw(source)
        if picture is None:
            return None
        x0, y0, x1, y1 = box
        left, top = max(x0 - _MARGIN, 0), max(y0 - _MARGIN, 0)
        right, bottom = min(x1 + _MARGIN, picture.width), min(y1 + _MARGIN, picture.height)
        if right <= left or bottom <= top:
            return None
        with Image.open(io.BytesIO(picture.content)) as page:
            return _write(page.crop((left, top, right, bottom)))

    def draw_ahead(self, sources: Sequence[PageSource]) -> None:
        """Draws pages that will be asked for next, in the background."""
        threading.Thread(target=self._draw_all, args=(sources,), daemon=True).start()

    def _draw_all(self, sources: Sequence[PageSource]) -> None:
        with suppress(CellBroken):  # the server ends
            for source in sources:
                self.draw(source)

    def _draw(self, source: PageSource) -> PagePicture | None:
        content = self._program.installation.documents.get(source.sha256)
        page = draw_page(content, source.media_type, source.page_index, self._cell, self._program.limits)
        if isinstance(page, Refusal):
            return None
        return PagePicture(_write(Image.fromarray(page.pixels)), page.pixels.shape[1], page.pixels.shape[0])


def _write(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", quality=_QUALITY, method=1)
    return stream.getvalue()
