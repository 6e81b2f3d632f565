"""The student list template of a partner and year: a workbook with drop-downs, checks and an example above the headings.

The example stands above the row of headings, where nothing is ever read as a student, whatever is typed there. What a check
lets through is not thereby right: a list is checked anew when it comes in.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from access.report import strip_controls

GRADES = ("PK", "K", *(str(grade) for grade in range(1, 13)))
ACTIONS = ("Add", "Remove")
LANGUAGE_NAMES = {
    "en": "English", "es": "Spanish", "so": "Somali", "vi": "Vietnamese", "zh": "Chinese", "am": "Amharic", "ti": "Tigrinya",
    "om": "Oromo", "ar": "Arabic", "tl": "Tagalog",
}  # fmt: skip
"""The languages of the family's form, as a list names them."""
_FIRST_ROW, _LAST_ROW = 6, 20_005
_CONSENT_ALONE = ("ConsentSignedBy", "ConsentDate", "FormLanguage", "ScanFileName", "ScanPage")
_SUBMITTED = ("SubmittedBy", "SubmittedDate")
_NEEDED = ("StudentLastName", "StudentFirstName", "DateOfBirth", "School")
_DATES = ("DateOfBirth", "ConsentDate", "ProgramStart", "ProgramEnd", "SubmittedDate")
_EXAMPLE = {
    "StudentLastName": "Example",
    "StudentFirstName": "Not read",
    "DateOfBirth": "03/04/2013",
    "SPSStudentID": "1234567",
    "Grade": "6",
    "ParentGuardianName": "Parent Example",
    "ConsentSignedBy": "Parent Example",
    "ConsentDate": "09/12",
    "ScanFileName": "scan-001.pdf",
    "ScanPage": "1",
    "Action": "Add",
}
COLUMNS = (
    "SchoolYear", "PartnerName", "ProgramOrSite", "StudentLastName", "StudentFirstName", "StudentMiddleName", "OtherName",
    "DateOfBirth", "SPSStudentID", "School", "Grade", "ParentGuardianName", "ConsentSignedBy", "ConsentDate", "FormLanguage",
    "ScanFileName", "ScanPage", "ProgramStart", "ProgramEnd", "Action", "Notes",
)  # fmt: skip
"""The columns of a list that goes with forms."""


@dataclass(frozen=True, slots=True)
class TemplateTerms:
    """What a template is made for. `schools` and `languages` are offered as drop-downs."""

    partner_name: str
    school_year: str
    begins: date
    schools: tuple[str, ...]
    languages: tuple[str, ...]
    is_right_to_view: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns: a right-to-view list has none of consent, and says who submits it."""
        if not self.is_right_to_view:
            return COLUMNS
        return (*(name for name in COLUMNS if name not in _CONSENT_ALONE), *_SUBMITTED)


def write_list_template(terms: TemplateTerms) -> bytes:
    """The workbook."""
    terms = replace(
        terms,
        partner_name=strip_controls(terms.partner_name),
        schools=tuple(strip_controls(school) for school in terms.schools),
    )
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has a sheet
    sheet.title = "Students"
    choices = book.create_sheet("Choices")
    choices.sheet_state = "hidden"
    _write_head(sheet, terms)
    for place, name in enumerate(terms.columns, start=1):
        letter = get_column_letter(place)
        rows = f"{letter}{_FIRST_ROW}:{letter}{_LAST_ROW}"
        check = _make_check(name, terms, choices)
        if check is not None:
            sheet.add_data_validation(check)
            check.add(rows)
        # One style for the whole column: 20,000 cells of their own would make a file of megabytes.
        sheet.column_dimensions[letter].width = 13 if name in (*_DATES, "Grade", "Action", "ScanPage") else 22
        sheet.column_dimensions[letter].number_format = "mm/dd/yyyy" if name in _DATES else "@"
    sheet.freeze_panes = f"A{_FIRST_ROW}"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write_head(sheet: Worksheet, terms: TemplateTerms) -> None:
    kind = "right-to-view list" if terms.is_right_to_view else "student list"
    sheet["A1"] = f"{terms.partner_name}: {kind}, {terms.school_year}"
    sheet["A1"].data_type = "s"  # else a name that starts with = would be a formula
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = (
        "One row a student, below the dark row. Dark blue columns are needed; point at a cell to see what goes in."
    )
    sheet["A3"] = "The grey row shows how a row looks. It is never read: leave it, or remove it."
    example = {
        **_EXAMPLE,
        "SchoolYear": terms.school_year,
        "PartnerName": terms.partner_name,
        "School": terms.schools[0] if terms.schools else "",
        "FormLanguage": terms.languages[0] if terms.languages else "",
    }
    for place, name in enumerate(terms.columns, start=1):
        shown = sheet.cell(row=_FIRST_ROW - 2, column=place, value=example.get(name, ""))
        shown.font = Font(italic=True, color="7A8694")
        shown.data_type = "s"
        head = sheet.cell(row=_FIRST_ROW - 1, column=place, value=name)
        head.font = Font(bold=True, color="FFFFFF")
        head.fill = PatternFill("solid", start_color="1F3A5F" if name in _NEEDED else "5B7391")
        head.alignment = Alignment(vertical="center")


def _make_check(name: str, terms: TemplateTerms, choices: Worksheet) -> DataValidation | None:
    first = terms.begins.year
    if name == "DateOfBirth":
        return _between(date(first - 22, 1, 1), date(first - 2, 12, 31), "The birth date as MM/DD/YYYY.")
    if name in _DATES:
        return _between(date(first, 5, 1), date(first + 1, 12, 31), "A day as MM/DD/YYYY.")
    if name == "SPSStudentID":
        check = DataValidation(type="textLength", operator="equal", formula1="7", allow_blank=True)
        return _say(check, "7 digits, or leave it empty.")
    offered: dict[str, Sequence[str]] = {
        "SchoolYear": (terms.school_year,),
        "PartnerName": (terms.partner_name,),
        "School": terms.schools,
        "Grade": GRADES,
        "FormLanguage": terms.languages,
        "Action": ACTIONS,
    }
    if not offered.get(name):
        return None
    return _choose(name, offered[name], choices)


def _choose(name: str, offered: Sequence[str], choices: Worksheet) -> DataValidation:
    """A drop-down whose choices stand on the hidden sheet: a list within a check may have no more than 255 letters."""
    place = choices.max_column + 1 if choices.cell(row=1, column=1).value else 1
    for number, choice in enumerate(offered, start=1):
        cell = choices.cell(row=number, column=place, value=choice)
        cell.data_type = "s"
    letter = get_column_letter(place)
    check = DataValidation(type="list", formula1=f"Choices!${letter}$1:${letter}${len(offered)}", allow_blank=True)
    return _say(check, f"Choose the {name} from the list.")


def _between(first: date, last: date, words: str) -> DataValidation:
    epoch = date(1899, 12, 30)
    formulas = ((day - epoch).days for day in (first, last))
    check = DataValidation(type="date", operator="between", allow_blank=True)
    check.formula1, check.formula2 = (str(number) for number in formulas)
    return _say(check, words)


def _say(check: DataValidation, words: str) -> DataValidation:
    check.showErrorMessage = check.showInputMessage = True
    check.error = check.prompt = words
    check.errorTitle = check.promptTitle = "Student list"
    return check
