from .beside import lies_something_beside
from .errors import TemplateError
from .field_maps import locate_field_map
from .map_drafting import Draft, draft_field_map
from .map_writing import draw_draft, write_draft
from .page_kinds import classify_page, read_printed_page
from .pictures import write_png
from .read_field import read_field
from .read_page import read_forms, read_page
from .reading import FieldReading, FormReading
from .sheet_codes import find_sheet_code_place
from .template import Template, TemplateBox
from .types import FIELD_KINDS, FieldKind, Mark, PageKind, PixelBox, TemplateIdentity

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
