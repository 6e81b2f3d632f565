from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import openpyxl
import pytest
import xlwt

from ingest import Cell, Limits, ListRow, Refusal, StudentList, read_student_list
from tests.ingest.sample_files import draw_picture, save_picture, write_workbook, write_zip

TEMPLATE = [
    "SchoolYear", "PartnerName", "ProgramOrSite", "StudentLastName", "StudentFirstName", "StudentMiddleName",
    "OtherName", "DateOfBirth", "SPSStudentID", "School", "Grade", "ParentGuardianName", "ConsentSignedBy",
    "ConsentDate", "FormLanguage", "ScanFileName", "ScanPage", "ProgramStart", "ProgramEnd", "Action", "Notes",
]  # fmt: skip
HEADER = ["Last Name", "First Name", "DOB", "SPS ID", "School"]


class Reader:
    def __init__(self, cell: Cell, limits: Limits) -> None:
        self.cell, self.limits = cell, limits

    def read(self, content: bytes) -> StudentList:
        found = read_student_list(content, "list", self.cell, self.limits)
        assert isinstance(found, StudentList), found
        return found

    def rows(self, rows: Sequence[Sequence[object]]) -> tuple[ListRow, ...]:
        return self.read(write_workbook(rows)).rows

    def one(self, *cells: object) -> ListRow:
        (row,) = self.rows([HEADER, cells])
        return row

    def refuse(self, content: bytes) -> str:
        refusal = read_student_list(content, "list", self.cell, self.limits)
        assert isinstance(refusal, Refusal), refusal
        assert (refusal.file, refusal.reason) == ("list", "BAD_FILE")
        return refusal.words


@pytest.fixture
def reader(cell: Cell, limits: Limits) -> Reader:
    return Reader(cell, limits)


def test_every_column_of_the_template(reader: Reader) -> None:
    values = ["2024-25", "P", "Site", "Núñez", "Ana", "Maria", "Anita", date(2015, 3, 4), "1234567", "Garfield HS", "9",
              "Rosa Núñez", "R. Núñez", date(2024, 9, 2), "es", "scan.pdf", 3, "", "", "Remove", "moved"]  # fmt: skip
    (row,) = reader.rows([TEMPLATE, values])
    assert row == ListRow(
        row_number=2, last_name="Núñez", first_name="Ana", middle_name="Maria", other_name="Anita", birth_date="2015-03-04",
        birth_date_readings=("2015-03-04",), student_id="1234567", school="Garfield HS", grade="9", parent_name="Rosa Núñez",
        consent_date="2024-09-02", program="Site", school_year="2024-25", partner_name="P", scan_file="scan.pdf",
        scan_page="3", action="Remove", notes="moved", form_language="es",
    )  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [
        ["LastFirst", None, "DOB", "Student_Number", "School_Name", "Grade_Level"],
        ["familyName", "givenName", "birthDate", "identifier", "school", "grades"],
        [
            "Student's Last Name",
            "Student's first name *",
            "Date of Birth (mm/dd/yyyy)",
            "Student ID #",
            "School Name",
            "Gr.",
        ],
        ["APELLIDOS", "Nombre", "Fecha de nacimiento", "Número de estudiante", "Escuela", "Grado"],
        [
            "Scholar's Legal Last Name",
            "Child First Name",
            "Student DOB 2024-25",
            "District ID",
            "Current School 24-25",
            "Grade (fall)",
        ],
        ["LAST NAME:", "FIRST NAME:", "BIRTHDATE:", "SPS ID:", "SCHOOL:", "GRADE:"],
    ],
)
def test_headings_as_people_and_systems_write_them(header: list[str | None], reader: Reader) -> None:
    first = "Le, Bo" if header[0] == "LastFirst" else "Le"
    (row,) = reader.rows([header, [first, "Bo", "3/14/2015", "1234567", "Garfield", "4"]])
    assert (row.last_name, row.first_name, row.birth_date, row.student_id, row.school, row.grade) == (
        "Le", "Bo", "2015-03-14", "1234567", "Garfield", "4",
    )  # fmt: skip


def test_headings_of_other_people_and_ids_of_the_partner_are_not_taken(reader: Reader) -> None:
    header = ["Teacher Last Name", "Parent First Name", "Participant ID", "Emergency contact name", *HEADER]
    (row,) = reader.rows([header, ["T", "P", "77", "E", "Le", "Bo", "2015-03-04", "1234567", "X"]])
    assert (row.last_name, row.first_name, row.student_id, row.parent_name) == ("Le", "Bo", "1234567", "P")


def test_a_title_and_notes_above_the_header_and_among_the_rows(reader: Reader) -> None:
    rows = reader.rows(
        [["Garfield after-school: student list"], [], ["Please fill in the last name, first name and school by June."],
         ["Contact:", "someone@example.org"], HEADER, [], ["Le", "Bo", "2015-03-04", "1234567", "X"],
         ["Note: the next ones came late"], HEADER, ["Cruz", "Al", "2015-03-05", "1234568", "X"], [None, " ", "n/a"],
         ["Total: 2"]]
    )  # fmt: skip
    assert [(row.row_number, row.last_name) for row in rows] == [(7, "Le"), (10, "Cruz")]


@pytest.mark.parametrize(
    ("value", "readings"),
    [
        (date(2015, 3, 4), ("2015-03-04",)),
        (datetime(2015, 3, 4, 12, 30), ("2015-03-04",)),  # noqa: DTZ001 - a cell knows no zone
        (42067, ("2015-03-04",)),
        (42067.5, ("2015-03-04",)),
        ("42067", ("2015-03-04",)),
        ("3/4/2015", ("2015-03-04", "2015-04-03")),
        ("13/2/2015", ("2015-02-13",)),
        ("2/13/15", ("2015-02-13",)),
        (20150304, ("2015-03-04",)),
        (3142015, ("2015-03-14",)),
        ("4 de marzo de 2015", ("2015-03-04",)),
    ],
)
def test_birth_dates_in_every_guise(value: object, readings: tuple[str, ...], reader: Reader) -> None:
    row = reader.one("Le", "Bo", value, "1234567", "X")
    assert row.birth_date_readings == readings
    assert row.birth_date == readings[0]
    assert row.faults == ()


def test_a_column_written_day_first_is_read_so(reader: Reader) -> None:
    rows = reader.rows(
        [
            HEADER,
            ["A", "A", "13/2/2015", "", "X"],
            ["B", "B", "3/4/2015", "", "X"],
            ["C", "C", date(2015, 3, 4), "", "X"],
        ]
    )
    assert [row.birth_date_readings for row in rows] == [
        ("2015-02-13",), ("2015-04-03", "2015-03-04"), ("2015-03-04", "2015-04-03"),
    ]  # fmt: skip


def test_a_workbook_that_counts_from_1904(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(["Le", "Bo", 40605, "1234567", "X"])
    sheet.append(["Le", "Bo", date(2015, 3, 4), "1234567", "X"])
    held = io.BytesIO()
    book.save(held)
    assert [row.birth_date for row in reader.read(held.getvalue()).rows] == ["2015-03-04"] * 2


@pytest.mark.parametrize("from_1904", [False, True])
def test_xls(from_1904: bool, reader: Reader) -> None:
    book = xlwt.Workbook()
    book.dates_1904 = from_1904
    sheet = book.add_sheet("List")
    styled = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for column, heading in enumerate(HEADER):
        sheet.write(2, column, heading)
    for column, value in enumerate(["Le", "Bo", 40605 if from_1904 else 42067, 12345, "X"]):
        sheet.write(3, column, value)
    for column, value in enumerate(["Le", "Bo", date(2015, 3, 4), "0012345", "X"]):
        sheet.write(4, column, value, styled if column == 2 else xlwt.Style.default_style)
    held = io.BytesIO()
    book.save(held)
    rows = reader.read(held.getvalue()).rows
    assert [(row.row_number, row.birth_date, row.student_id) for row in rows] == [
        (4, "2015-03-04", "0012345"), (5, "2015-03-04", "0012345"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "student_id", "faulty"),
    [
        (1234567, "1234567", False),
        (1234567.0, "1234567", False),
        (12345, "0012345", False),
        (7, "0000007", False),
        ("0012345", "0012345", False),
        ("12345", "0012345", False),
        ("1234567.0", "1234567", False),
        (" 123-4567 ", "1234567", False),
        ("1,234,567", "1234567", False),
        ("'0012345", "0012345", False),
        ("SPS 1234567", "1234567", False),
        ("#1234567", "1234567", False),
        ("1234567890", "1234567890", False),
        ("1jwsmith", "1jwsmith", False),
        ("1JWSmith@seattleschools.org", "1jwsmith", False),
        ("n/a", "", False),
        (None, "", False),
        ("12345678", "12345678", True),
        ("1.23E+06", "1.23E+06", True),
        ("12", "12", True),
    ],
)
def test_student_ids(value: object, student_id: str, faulty: bool, reader: Reader) -> None:
    row = reader.one("Le", "Bo", "2015-03-04", value, "X")
    assert row.student_id == student_id
    assert [(fault.row_number, fault.column, fault.reason) for fault in row.faults] == (
        [(2, "SPSStudentID", "ID_FORMAT")] if faulty else []
    )


def test_all_faults_of_a_row_are_told_and_the_row_is_kept(reader: Reader) -> None:
    row = reader.one("Le", None, "soon", "12", None)
    assert {(fault.column, fault.reason) for fault in row.faults} == {
        ("StudentFirstName", "ILLEGIBLE"), ("DateOfBirth", "ILLEGIBLE"), ("SPSStudentID", "ID_FORMAT"),
        ("School", "ILLEGIBLE"),
    }  # fmt: skip
    assert row.birth_date == "soon"
    assert "Row 2 has no first name; fill it in and send the list again." in [fault.words for fault in row.faults]
    assert not any("soon" in fault.words or "Le" in fault.words for fault in row.faults)


def test_surnames_that_look_like_nothing_are_kept(reader: Reader) -> None:
    rows = reader.rows([HEADER, ["Na", "Null", "2015-03-04", "", "X"], ["None", "Bo", "2015-03-04", "none", "X"]])
    assert [(row.last_name, row.first_name, row.student_id) for row in rows] == [("Na", "Null", ""), ("None", "Bo", "")]


def test_hidden_characters_are_stripped(reader: Reader) -> None:
    row = reader.one("  Le\u202e\u200b\u00a0 Van ", "Bo\n\tLy", "2015-03-04", "1234567", "Ga\u0301rfield")
    assert (row.last_name, row.first_name, row.school) == ("Le Van", "Bo Ly", "Gárfield")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Nguyen, Thi Minh Anh", ("Nguyen", "Thi", "Minh Anh")),
        ("Smith, Jr., John", ("Smith Jr.", "John", "")),
        ("Amina Ahmed Hussein", ("Hussein", "Amina", "Ahmed")),
        ("Cher", ("Cher", "", "")),
    ],
)
def test_whole_names(name: str, parts: tuple[str, str, str], reader: Reader) -> None:
    (row,) = reader.rows([["Student Name", "DOB", "School"], [name, "2015-03-04", "X"]])
    assert (row.last_name, row.first_name, row.middle_name) == parts


def test_formula_cells_give_their_value(reader: Reader) -> None:
    content = write_workbook([HEADER, ["Le", "Bo", "2015-03-04", 1234567, "X"]])
    parts = {}
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for name in packed.namelist():
            part = packed.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b"<v>1234567</v>", b"<f>1234560+7</f><v>1234567</v>")
            parts[name] = part
    (row,) = reader.read(write_zip(parts)).rows
    assert row.student_id == "1234567"


def test_the_sheet_with_the_list_is_chosen(reader: Reader) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["Read me first", "Name"])
    wrong = book.create_sheet("Old")
    wrong.sheet_state = "hidden"
    for row in (HEADER, ["Old", "Row", "2015-03-04", "1234567", "X"]):
        wrong.append(row)
    right = book.create_sheet("List")
    for row in (HEADER, ["Le", "Bo", "2015-03-04", "1234567", "X"]):
        right.append(row)
    held = io.BytesIO()
    book.save(held)
    found = reader.read(held.getvalue())
    assert [row.last_name for row in found.rows] == ["Le"]
    assert found.faults == ()
    wrong.sheet_state = "visible"
    book.save(held := io.BytesIO())
    assert "Another sheet" in reader.read(held.getvalue()).faults[0].words


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_every_encoding(encoding: str, delimiter: str, reader: Reader) -> None:
    lines = [
        ["List of\nstudents"],
        HEADER,
        ["Núñez", "Bo, Jr." if delimiter != "," else "Bo", "3/14/2015", "12345", "X"],
    ]
    text = "\r\n".join(delimiter.join(f'"{cell}"' if "\n" in cell else cell for cell in line) for line in lines)
    (row,) = reader.read(text.encode(encoding)).rows
    assert (row.row_number, row.last_name, row.student_id) == (3, "Núñez", "0012345")


def test_a_stray_quotation_mark_swallows_no_rows(reader: Reader) -> None:
    lines = [
        ",".join(HEADER),
        'Le,"Bo,2015-03-04,1234567,X',
        'Cruz,Al "Ace",2015-03-04,1234568,X',
        'Cho,"An",2015-03-04,,X',
    ]
    rows = reader.read("\n".join(lines).encode()).rows
    assert [(row.row_number, row.last_name) for row in rows] == [(2, "Le"), (3, "Cruz"), (4, "Cho")]
    assert rows[0].faults
    assert rows[1].first_name == 'Al "Ace"'


def test_csv_with_texts_protected_from_spreadsheets(reader: Reader) -> None:
    (row,) = reader.read((",".join(HEADER) + '\nLe,Bo,2015-03-04,"=""0012345""",X').encode()).rows
    assert row.student_id == "0012345"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The list is empty; add the headings of the template and a row for each student."),
        (b"\xef\xbb\xbf \r\n,,\r\n", "The list is empty; add the headings of the template and a row for each student."),
        (write_workbook([]), "The list is empty; add the headings of the template and a row for each student."),
        (write_workbook([HEADER]), "The list has headings but no students; add a row for each student."),
        (write_workbook([["a", "b"], ["c", "d"]]),
         "No row of column headings was found; use the student list template with its headings."),
        (write_workbook([["Last", "First", "School"], ["Le", "Bo", "X"]]),
         "The column DateOfBirth is missing; add it with that heading and send the file again."),
        (write_workbook([["Last", "Grade", "DOB"], ["Le", "4", "X"]]),
         "The columns StudentFirstName and School are missing; add them with these headings and send the file again."),
        (save_picture(draw_picture(), "PDF"), "This is a scan, not a student list; send the list as .xlsx, .xls or .csv."),
        (write_zip({"a.csv": b"x"}), "This is a zip, not a student list; send the list as .xlsx, .xls or .csv."),
        (write_workbook([HEADER])[:2000], "This is a zip, not a student list; send the list as .xlsx, .xls or .csv."),
        (b"<html><table><tr><td>Last</td></tr></table></html>", "This is a web page or an XML file under another name; "
         "open it, save it as PDF (scans) or .xlsx (lists)."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
         "The file is protected by a password; save it without a password and send it again."),
        (write_workbook([[f"c{number}" for number in range(61)]]),
         "The list has more than 60 columns; keep only the columns of the template."),
    ],
)  # fmt: skip
def test_lists_that_are_refused_whole(content: bytes, words: str, reader: Reader) -> None:
    assert reader.refuse(content) == words


def test_too_many_rows(reader: Reader) -> None:
    text = ",".join(HEADER) + "\n" + "Le,Bo,2015-03-04,1234567,X\n" * 20_001
    assert reader.refuse(text.encode()) == "The list has more than 20,000 rows; split it into smaller lists."


def test_a_workbook_bomb(reader: Reader) -> None:
    content = write_workbook([HEADER, ["Le", "Bo", "2015-03-04", "1234567", "X"]])
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    assert "unpacks to more than 200 MB" in reader.refuse(write_zip({**parts, "xl/media/a": bytes(210_000_000)}))
    cells = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (number, number) for number in range(4, 1_000_000))
    sheet = re.sub(rb"</sheetData>", cells + b"</sheetData>", parts["xl/worksheets/sheet1.xml"])
    assert reader.refuse(write_zip({**parts, "xl/worksheets/sheet1.xml": sheet}))


def test_a_cell_at_the_far_end_of_the_sheet(reader: Reader) -> None:
    content = write_workbook([HEADER, ["Le", "Bo", "2015-03-04", "1234567", "X"]])
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", far)
    assert "1.5 GB" in reader.refuse(write_zip(parts))
    assert reader.read(content).rows


def test_limits_are_the_ones_given(cell: Cell, limits: Limits) -> None:
    tight = Reader(cell, replace(limits, workbook_bytes=100, workbook_rows=1))
    assert "larger than" in tight.refuse(write_workbook([HEADER]))


def test_twenty_thousand_rows_in_five_seconds(reader: Reader) -> None:
    lines = [",".join(TEMPLATE)]
    lines += [
        f"2024-25,P,Site,Last{number},First{number},,,{number % 12 + 1}/14/2015,{1000000 + number},X,4,A B,,9/2/2024,,,,,,Add,"
        for number in range(20_000)
    ]
    content = "\n".join(lines).encode()
    start = time.perf_counter()
    assert len(reader.read(content).rows) == 20_000
    assert time.perf_counter() - start < 5
