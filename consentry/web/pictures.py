"""Pages drawn for the eye: each at most once while it is kept in memory, as WebP, never the uploaded bytes themselves."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass

from PIL import Image

from consentry.program import Program
from ingest import Cell, draw_page
from ingest.types import MediaType, Refusal
from store.tables import Form

_KEPT_BYTES = 256_000_000
_QUALITY = 60


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
        self._kept: OrderedDict[tuple[str, int], PagePicture] = OrderedDict()
        self._lock, self._drawing = threading.Lock(), threading.Lock()

    def draw(self, form: Form) -> PagePicture | None:
        """The page of a form; None where it can't be drawn."""
        key = (form.document_sha256, form.page_index)
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
        with self._drawing:
            with self._lock:
                if (kept := self._kept.get(key)) is not None:
                    return kept
            picture = self._draw(form)
        if picture is not None:
            with self._lock:
                self._kept[key] = picture
                while sum(len(page.content) for page in self._kept.values()) > _KEPT_BYTES and len(self._kept) > 1:
                    self._kept.popitem(last=False)
        return picture

    def draw_ahead(self, forms: list[Form]) -> None:
        """Draws pages that will be asked for next, in the background."""
        threading.Thread(target=lambda: [self.draw(form) for form in forms], daemon=True).start()

    def _draw(self, form: Form) -> PagePicture | None:
        content = self._program.installation.documents.get(form.document_sha256)
        page = draw_page(content, MediaType(form.media_type), form.page_index, self._cell, self._program.limits)
        if isinstance(page, Refusal):
            return None
        stream = io.BytesIO()
        Image.fromarray(page.pixels).save(stream, "WEBP", quality=_QUALITY, method=1)
        return PagePicture(stream.getvalue(), page.pixels.shape[1], page.pixels.shape[0])
