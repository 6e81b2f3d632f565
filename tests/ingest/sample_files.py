"""Files made for the tests of intake: pictures with one dark corner, PDFs, zips and tables, good and bad."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import openpyxl
from PIL import Image, ImageDraw


def draw_picture(width: int = 340, height: int = 440, mode: str = "L") -> Image.Image:
    """White with a black block in the top left corner, so that every turn shows."""
    picture = Image.new("L", (width, height), 255)
    ImageDraw.Draw(picture).rectangle((width // 34, height // 44, width // 4, height // 8), fill=0)
    return picture.convert(mode)


def save_picture(picture: Image.Image, kind: str, **options: object) -> bytes:
    held = io.BytesIO()
    picture.save(held, kind, **options)  # type: ignore[arg-type] # options of every format
    return held.getvalue()


def find_block(pixels: np.ndarray) -> str:
    """The corner with the black block: top left, top right, bottom left, bottom right."""
    grey = pixels if pixels.ndim == 2 else pixels.min(axis=2)
    rows, columns = np.nonzero(grey < 100)
    assert rows.size
    down = "top" if rows.mean() < grey.shape[0] / 2 else "bottom"
    return f"{down} {'left' if columns.mean() < grey.shape[1] / 2 else 'right'}"


def write_pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of numbered objects, the first of which is the catalog."""
    content = bytearray(b"%PDF-1.7\n")
    places = []
    for number, text in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n" % number + text + b"\nendobj\n"
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(content)


def write_page_pdf(stream: bytes, *, page: bytes = b"", more: Sequence[bytes] = (), root: bytes = b"") -> bytes:
    """A PDF of one letter page with this content stream; `more` objects count from 5."""
    packed = zlib.compress(stream, 9)
    return write_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R " + root + b" >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R " + page + b" >>",
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream",
            *more,
        ]
    )


def write_zip(members: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return held.getvalue()


def write_workbook(rows: Sequence[Sequence[object]], *, title: str = "List") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()
