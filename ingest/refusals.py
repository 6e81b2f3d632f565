"""The sentences of intake: from a code and numbers to words that say what is wrong, the limit, and what to do.

Words never hold anything read from a document: readers hand out codes of this table only, an unknown code counts as
damage. File names stand in `Refusal.file` alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingest.cell import CellStopped, Stop
from ingest.cell_frames import Json
from ingest.types import Limits, Refusal

BAD_FILE = "BAD_FILE"

_SENTENCES: dict[str, str] = {
    "damaged": "The file is damaged and can't be read; scan or save it again and send the new file.",
    "cut_short": "The file is cut short, part of it is missing; send it again, or scan it again.",
    "empty": "The file is empty; send it again.",
    "encrypted": "The file is protected by a password; save it without a password and send it again.",
    "no_pages": "The file has no pages; scan it again.",
    "unknown_type": "This is not a scan that can be read; send PDF, TIFF, JPEG, PNG or HEIC.",
    "jpeg_2000": "JPEG 2000 pictures are not taken; send PDF, TIFF, JPEG, PNG or HEIC.",
    "office_document": "This is an office document, not a scan; print it to PDF and send the PDF.",
    "web_page": "This is a web page or an XML file under another name; open it, save it as PDF (scans) or .xlsx (lists).",
    "program": "This is a program, not a scan; send PDF, TIFF, JPEG, PNG or HEIC.",
    "list_among_scans": "This is a table or a text, not a scan; student lists go with --list.",
    "scan_as_list": "This is a scan, not a student list; send the list as .xlsx, .xls or .csv.",
    "zip_in_zip": "This is a zip within a zip; put the scans themselves into one zip.",
    "not_a_list": "This is not a student list; send the list as .xlsx, .xls or .csv.",
    "zip_as_list": "This is a zip, not a student list; send the list as .xlsx, .xls or .csv.",
    "unsafe_name": "The name points outside the zip; make the zip again with plain names.",
    "link_in_zip": "This is a link and not a file; put the scan itself into the zip.",
    "link": "This is a link and not a file; put the scan itself into the folder.",
    "not_a_file": "This is not a plain file; send the scan itself.",
    "missing": "There is no such file or folder; check the path.",
    "unreadable_path": "The file can't be opened; check that it may be read.",
    "empty_folder": "The folder holds no files; put the scans into it.",
    "empty_zip": "The zip holds no files; put the scans into it.",
    "compression": "The zip uses a compression that is not supported; make it again with ordinary zip.",
    "too_large": "The file is larger than {limit} MB; split it or scan at 300 dpi or less.",
    "too_many_pages": "The file has more than {limit} pages; split it into smaller files.",
    "too_many_pixels": "A page has more than {limit} million pixels; scan it at 300 dpi or less.",
    "side_too_long": "A page is longer than {limit} pixels on a side; scan it at 300 dpi or less.",
    "too_many_members": "The zip holds more than {limit} files; split it into smaller zips.",
    "zip_too_large": "The zip unpacks to more than {limit} MB; split it into smaller zips.",
    "zip_ratio": "The file unpacks to more than {limit} times its packed size; send it without the zip.",
    "workbook_too_large": "The list unpacks to more than {limit} MB; copy the rows into a new workbook and save it.",
    "list_too_large": "The list is larger than {limit} MB; copy the rows into a new workbook, without pictures.",
    "broken_row": "Row {limit} is broken: a quotation mark in it has no partner; correct it and send the file again.",
    "too_many_rows": "The list has more than {limit} rows; split it into smaller lists.",
    "too_many_columns": "The list has more than {limit} columns; keep only the columns of the template.",
    "no_header": "No row of column headings was found; use the student list template with its headings.",
    "no_rows": "The list has headings but no students; add a row for each student.",
    "empty_list": "The list is empty; add the headings of the template and a row for each student.",
    "no_page": "The file has no page of that number; submit the file again.",
    "no_student_ids": "No row could be used: each needs student ID, first and last name, birth date and school.",
    "all_left": "Every enrollment in this file ended before the given day; load a newer extract, or give --as-of.",
    "not_enrollment": "This is not an enrollment extract; send CSV, or a OneRoster zip with users.csv.",
}

_STOPPED: dict[Stop, str] = {
    Stop.TIME: "Reading took more than {seconds:g} seconds, the limit; scan or save the file again in a simpler way.",
    Stop.MEMORY: "Reading needed more than {memory:g} GB of memory, the limit; scan or save the file again at 300 dpi.",
    Stop.DAMAGE: _SENTENCES["damaged"],
    Stop.CRASH: (
        "Reading broke off within its limits of {memory:g} GB and {seconds:g} seconds: the file is damaged; "
        "scan or save it again."
    ),
}


def refuse(file: str, code: str, limit: int | None = None) -> Refusal:
    """Refusal BAD_FILE for a code of the table; `limit` is the number that the sentence names."""
    sentence = _SENTENCES.get(code, _SENTENCES["damaged"])
    return Refusal(file, BAD_FILE, sentence.format(limit=f"{limit:,}" if limit is not None else "the allowed"))


def refuse_missing_columns(file: str, columns: tuple[str, ...]) -> Refusal:
    """Refusal of a table that lacks needed columns; `columns` are headings of our template."""
    named = " and ".join([", ".join(columns[:-1]), columns[-1]] if len(columns) > 1 else columns)
    noun = "column" if len(columns) == 1 else "columns"
    return Refusal(file, BAD_FILE, f"The {noun} {named} is missing; add it with that heading and send the file again."
                   if len(columns) == 1 else
                   f"The {noun} {named} are missing; add them with these headings and send the file again.")  # fmt: skip


def refuse_stopped(file: str, stopped: CellStopped, limits: Limits) -> Refusal:
    """Refusal of a document whose reader was stopped or crashed."""
    words = _STOPPED[stopped.stop].format(seconds=stopped.seconds, memory=limits.cell_memory_bytes / 1e9)
    return Refusal(file, BAD_FILE, words)


def refuse_by_answer(file: str, header: Mapping[str, Json]) -> Refusal | None:
    """Refusal that a reader asked for in its answer, None if it asked for none."""
    code = header.get("refused")
    if code is None:
        return None
    limit = header.get("limit")
    return refuse(file, str(code), limit if type(limit) is int else None)
