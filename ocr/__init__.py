"""Reads consent forms: which template fits a page, and what each field's pixels say.

A plain library: it imports nothing of the other folders, no database and no web framework.
"""

from ocr.beside import lies_something_beside
from ocr.errors import TemplateError
from ocr.field_maps import locate_field_map
from ocr.map_drafting import Draft, draft_field_map
from ocr.map_writing import draw_draft, write_draft
from ocr.page_kinds import classify_page, read_printed_page
from ocr.pictures import write_png
from ocr.read_field import read_field
from ocr.read_page import read_forms, read_page
from ocr.reading import FieldReading, FormReading
from ocr.sheet_codes import find_sheet_code_place
from ocr.template import Template, TemplateBox, TemplateIdentity
from ocr.types import FIELD_KINDS, FieldKind, Mark, PageKind, PixelBox

__all__ = [
    "FIELD_KINDS",
    "Draft",
    "FieldKind",
    "FieldReading",
    "FormReading",
    "Mark",
    "PageKind",
    "PixelBox",
    "Template",
    "TemplateBox",
    "TemplateError",
    "TemplateIdentity",
    "classify_page",
    "draft_field_map",
    "draw_draft",
    "find_sheet_code_place",
    "lies_something_beside",
    "locate_field_map",
    "read_field",
    "read_forms",
    "read_page",
    "read_printed_page",
    "write_draft",
    "write_png",
]
