"""What a file is, by its content, and whether it can be drawn: the task `examine` of a cell's child.

The name is never asked. A scan type is opened, its pages are counted and each is checked; anything else is named by a
refusal code. Pictures are decoded once here, so that a broken one is refused at intake and not a day later.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import puremagic

from ingest import document_pages
from ingest.cell_frames import Frame, Json
from ingest.drawing import Refused

_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def recognise_kind(start: bytes, document: BinaryIO) -> str:
    """Kind of a document: pdf tiff jpeg png heic zip xlsx xls text, or a refusal code.

    `start` is its first 4 kB. A PDF may have up to 1,024 bytes of other things before its header, as readers allow.
    """
    if not start:
        return "empty"
    if start.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if start[4:8] == b"ftyp":
        brands = {start[8:12], *(start[at : at + 4] for at in range(16, min(64, len(start)), 4))}
        return "heic" if brands & _HEIC_BRANDS else "unknown_type"
    if start.startswith(b"PK"):
        return _recognise_zip(document)
    if start.startswith(_OLE_START):
        return _recognise_ole(document)
    if b"%PDF" in start[:1029] or _ends_as_pdf(document):
        return "pdf"
    if start[:12] == b"\0\0\0\x0cjP  \r\n\x87\n" or start.startswith(b"\xff\x4f\xff\x51"):
        return "jpeg_2000"
    return _recognise_other(start)


def _recognise_zip(document: BinaryIO) -> str:
    document.seek(0)
    try:
        with zipfile.ZipFile(document) as opened:
            names = set(opened.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return "zip"
    if any(name.startswith("xl/workbook") for name in names):
        return "xlsx"
    if "[Content_Types].xml" in names or "mimetype" in names:
        return "office_document"
    return "zip"


def _recognise_ole(document: BinaryIO) -> str:
    document.seek(0)
    content = document.read()
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "encrypted"
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return "xls"
    return "office_document"


def _recognise_other(start: bytes) -> str:
    if start.startswith((b"MZ", b"\x7fELF")):
        return "program"
    opening = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if opening.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"<svg")):
        return "web_page"
    if start.startswith((b"\t\x08", b"\t\x04", b"\t\x02", b"\t\0")):
        return "xls"  # Excel of the years before OLE containers
    if _looks_like_text(start):
        return "text"
    if any(found.mime_type.startswith("application/vnd.") for found in _guesses(start)):
        return "office_document"
    return "unknown_type"


def _ends_as_pdf(document: BinaryIO) -> bool:
    """True for a PDF whose first line is broken."""
    size = document.seek(0, 2)
    document.seek(max(0, size - 2048))
    end = document.read()
    return b"startxref" in end and b"%%EOF" in end


def _looks_like_text(start: bytes) -> bool:
    """Text of any encoding that tables come in, also with a few stray control characters in it."""
    high_bytes, low_bytes = start[1:200:2], start[:200:2]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if high_bytes.count(0) > 0.8 * len(high_bytes) and not low_bytes.count(0):
        return True  # UTF-16 without its mark
    return len(re.findall(rb"[\0-\x08\x0e-\x1f]", start)) <= len(start) // 100


def _guesses(start: bytes) -> list[puremagic.PureMagicWithConfidence]:
    try:
        found: list[puremagic.PureMagicWithConfidence] = puremagic.magic_string(start)
    except (puremagic.PureError, ValueError):
        return []
    return found


def examine(document: BinaryIO, arguments: Mapping[str, Json]) -> Iterator[Frame]:
    """Task: kind and page count of a scan, or a refusal code. Arguments: the limits by name."""
    start = document.read(4096)
    kind = recognise_kind(start, document)
    document.seek(0)
    if kind not in document_pages.SCAN_KINDS:
        yield Frame({"kind": kind})
        return
    try:
        yield Frame({"kind": kind, "pages": document_pages.count_pages(kind, document.read(), arguments)})
    except Refused as refused:
        yield Frame(refused.header())


TASKS = {"examine": examine}
