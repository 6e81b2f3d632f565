"""Tells what a page is that no template fits: a blank back, a cover sheet, another form, or nothing that can be made out.

Never a "no" by default: whatever may be a damaged form of ours is UNREADABLE, and goes to a person.
"""

from __future__ import annotations

import logging
import os
import re
from functools import cache

import cv2
import numpy as np
import pytesseract
from numpy.typing import NDArray
from PIL import Image

from ocr.flattening import even_out
from ocr.pictures import to_grey
from ocr.types import PageKind

_LOG = logging.getLogger(__name__)
_READ_PIXELS = 3_500_000
_BLANK_SHARE, _FAINTEST_INK = 0.0001, 200
_SMALLEST_PAGE, _DARKEST_PAPER = 100, 90
_FEWEST_WORDS = 25
_COVER = re.compile(r"cover\s*(sheet|page)|\bfax\b|number of pages|scan batch|carátula|portada", re.IGNORECASE)
_FORM = re.compile(
    r"consent|signature|parent|guardian|student|authoriz|release|permission|firma|padre|estudiante|school",
    re.IGNORECASE,
)


def classify_page(image: NDArray[np.uint8]) -> PageKind:
    """The kind of a page (H x W or H x W x 3 uint8) that no template fits."""
    grey = to_grey(image)
    if _is_blank(grey):
        return PageKind.BLANK
    text = read_printed_page(grey)
    words = re.findall(r"[^\W\d_]{3,}", text)
    if _COVER.search(text) and len(set(map(str.casefold, _FORM.findall(text)))) < 4:
        return PageKind.COVER_SHEET
    if len(words) >= _FEWEST_WORDS and len(set(map(str.casefold, _FORM.findall(text)))) >= 2:
        return PageKind.OTHER_FORM
    return PageKind.UNREADABLE


def read_printed_page(image: NDArray[np.uint8]) -> str:
    """The printed text of a page by Tesseract, for a reviewer's eyes; "" where Tesseract is absent (said once in the log)."""
    grey = to_grey(image)
    if not _find_tesseract():
        return ""
    scale = min(1.0, (_READ_PIXELS / grey.size) ** 0.5)
    shrunk = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    try:
        return str(pytesseract.image_to_string(Image.fromarray(shrunk), config="--psm 3", timeout=20))
    except (pytesseract.TesseractError, RuntimeError):
        return ""


def _is_blank(grey: NDArray[np.uint8]) -> bool:
    """Whether light paper holds nothing at all: a single word is something, and for a person."""
    scale = min(1.0, (500_000 / grey.size) ** 0.5)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    height, width = small.shape
    if min(height, width) < _SMALLEST_PAGE or np.median(small) < _DARKEST_PAPER:
        return False
    inner = cv2.medianBlur(even_out(small, 31), 3)[height // 25 : -(height // 25), width // 25 : -(width // 25)]
    return bool((inner < _FAINTEST_INK).mean() < _BLANK_SHARE)


@cache
def _find_tesseract() -> bool:
    try:
        pytesseract.get_tesseract_version()
    except (pytesseract.TesseractNotFoundError, SystemExit):
        _LOG.warning("tesseract is not installed: printed pages without a template are not read")
        return False
    return True
