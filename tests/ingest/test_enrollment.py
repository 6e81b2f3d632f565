from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ingest import Cell, EnrolledStudent, EnrollmentExtract, Limits, Refusal, read_enrollment
from tests.ingest.sample_files import write_workbook, write_zip

TODAY = date(2025, 1, 15)
OWN = "student_id,first,middle,last,preferred_first,other_names,birth_date,school,grade,guardians,username,state_id,protected"


class Loader:
    def __init__(self, cell: Cell, limits: Limits) -> None:
        self.cell, self.limits = cell, limits

    def load(self, content: bytes | str | Path, as_of: date = TODAY) -> EnrollmentExtract:
        given = content.encode() if isinstance(content, str) else content
        found = read_enrollment(given, "extract", self.cell, self.limits, as_of)
        assert isinstance(found, EnrollmentExtract), found
        return found

    def refuse(self, content: bytes | str) -> str:
        given = content.encode() if isinstance(content, str) else content
        refusal = read_enrollment(given, "extract", self.cell, self.limits, TODAY)
        assert isinstance(refusal, Refusal), refusal
        assert refusal.reason == "BAD_FILE"
        return refusal.words


@pytest.fixture
def loader(cell: Cell, limits: Limits) -> Loader:
    return Loader(cell, limits)


def test_own_headings(loader: Loader) -> None:
    line = "1234567,Ana,María,Núñez,Anita,Ana Cruz;A. Nunez,2015-03-04,Garfield,09,Rosa Núñez;Luis Núñez,1anunez,1234567890,1"
    found = loader.load(f"{OWN}\n{line}\n")
    assert found.students == (
        EnrolledStudent(
            "1234567", "Ana", "Núñez", "2015-03-04", "Garfield", "María", "Anita", "Ana Cruz;A. Nunez", "9",
            "Rosa Núñez;Luis Núñez", "1anunez", "1234567890", True,
        ),
    )  # fmt: skip
    assert (found.faults, found.left_count) == ((), 0)


def test_powerschool(loader: Loader) -> None:
    content = (
        "Student_Number\tLast_Name\tFirst_Name\tMiddle_Name\tDOB\tSchoolID\tSchool_Name\tGrade_Level\tEntryDate\tExitDate"
        "\tEnroll_Status\tMother\tFather\tStudent_Web_ID\n"
        "12345\tLe\tBo\t\t3/4/2015\t201\tGarfield\t0\t9/4/2024\t6/20/2025\t0\tKim Le\tAn Le\t1bole\n"
        "1234568\tOld\tOne\t\t3/14/2015\t201\tGarfield\t3\t9/4/2023\t6/20/2024\t2\t\t\t\n"
    )
    found = loader.load(content)
    assert found.students == (
        EnrolledStudent(
            "0012345", "Bo", "Le", "2015-03-04", "Garfield", grade="K", guardians="Kim Le;An Le", username="1bole"
        ),
    )
    assert found.left_count == 1


def test_a_school_code_stands_in_where_there_is_no_name(loader: Loader) -> None:
    found = loader.load("Student_Number,Last_Name,First_Name,DOB,SchoolID\n1234567,Le,Bo,3/4/2015,201\n")
    assert found.students[0].school == "201"


def test_the_current_enrollment_wins_and_names_are_kept(loader: Loader) -> None:
    content = (
        "student_id,first,last,birth_date,school,grade,guardians,EntryDate,ExitDate\n"
        "1234567,Ana,Cruz,2015-03-04,Old School,3,Rosa,2023-09-04,2024-06-20\n"
        "1234567,Ana,Nunez,2015-03-04,Garfield,4,Luis,2024-09-04,\n"
        "1234567,Ana,Nunez,2015-03-04,Next School,5,,2025-09-04,\n"
    )
    for order in ([1, 2, 3], [3, 2, 1], [2, 3, 1]):
        lines = content.splitlines()
        found = loader.load("\n".join([lines[0], *(lines[number] for number in order)]))
        (student,) = found.students
        assert (student.last, student.school, student.grade) == ("Nunez", "Garfield", "4")
        assert student.other_names == "Ana Cruz"
        assert set(student.guardians.split(";")) == {"Rosa", "Luis"}
        assert found.faults == ()


def test_protection_of_any_row_holds(loader: Loader) -> None:
    head = "student_id,first,last,birth_date,school,protected,EntryDate\n"
    found = loader.load(head + "1234567,A,B,2015-03-04,X,,2024-09-04\n1234567,A,B,2015-03-04,Y,yes,2023-09-04\n")
    assert found.students[0].protected
    assert found.students[0].school == "X"
    assert loader.load(head + "1234567,A,B,2015-03-04,X,maybe,\n").students[0].protected


def test_contradicting_birth_dates_are_told(loader: Loader) -> None:
    head = "student_id,first,last,birth_date,school,EntryDate\n"
    found = loader.load(head + "1234567,A,B,2015-03-04,X,2023-09-04\n1234567,A,B,2015-03-05,Y,2024-09-04\n")
    assert found.students[0].birth_date == "2015-03-05"
    (fault,) = found.faults
    assert (fault.row_number, fault.column, fault.reason) == (3, "birth_date", "AMBIGUOUS")
    assert "2015" not in fault.words


def test_who_left_is_not_enrolled_but_who_comes_is(loader: Loader) -> None:
    content = (
        "student_id,first,last,birth_date,school,EntryDate,ExitDate\n"
        "1234567,A,B,2015-03-04,X,2024-09-04,2024-12-01\n1234568,C,D,2015-03-04,X,2025-02-01,\n"
    )
    found = loader.load(content)
    assert [student.student_id for student in found.students] == ["1234568"]
    assert found.left_count == 1
    assert [student.student_id for student in loader.load(content, date(2024, 10, 1)).students] == [
        "1234567",
        "1234568",
    ]


def test_an_extract_of_the_past_is_refused_and_not_taken_as_empty(loader: Loader) -> None:
    words = loader.refuse("student_id,first,last,birth_date,school,ExitDate\n1234567,A,B,2015-03-04,X,2023-06-20\n")
    assert words == "Every enrollment in this file ended before the given day; load a newer extract, or give --as-of."


def test_faulty_rows_are_named_and_the_rest_is_loaded(loader: Loader) -> None:
    found = loader.load(
        "student_id,first,last,birth_date,school\n1234567,A,B,2015-03-04,X\n,C,D,2015-03-04,X\n1234568,,D,soon,X\n"
    )
    assert [student.student_id for student in found.students] == ["1234567"]
    assert [(fault.row_number, fault.words) for fault in found.faults] == [
        (3, "Row 3 has no student ID; it was left out."),
        (4, "Row 4 has no first name and no readable birth date; it was left out."),
    ]


def one_roster(version: str, **changes: str) -> dict[str, bytes]:
    role = "role,orgSourcedIds,agentSourcedIds," if version == "1.1" else ""
    student = "student,s1,g1," if version == "1.1" else ""
    guardian = "guardian,s1,," if version == "1.1" else ""
    tables = {
        "manifest.csv": "propertyName,value\nmanifest.version,1.0\n",
        "orgs.csv": "sourcedId,status,name,type,identifier\ns1,active,Garfield,school,201\ns2,active,Franklin,school,202\n",
        "users.csv": f"sourcedId,status,{role}username,givenName,familyName,middleName,identifier,grades\n"
        f"u1,active,{student}1bole@x.org,Bo,Le,Van,1234567,04\n"
        f"g1,active,{guardian}kle,Kim,Le,,,\n"
        f"u2,tobedeleted,{student}gone,Gone,Boy,,1234568,04\n",
        "demographics.csv": "sourcedId,status,birthDate,sex\nu1,active,2015-03-04,male\nu2,active,2015-03-04,male\n",
        "enrollments.csv": "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,beginDate,endDate\n"
        "e1,active,c1,s2,u1,student,2023-09-04,2024-06-20\ne2,active,c2,s1,u1,student,2024-09-04,2025-06-20\n"
        "e3,active,c3,s1,u1,student,2024-09-04,2025-06-20\n",
        "roles.csv": "sourcedId,status,userSourcedId,roleType,role,orgSourcedId\n"
        "r1,active,u1,primary,student,s1\nr2,active,g1,primary,guardian,s1\n",
        **changes,
    }  # fmt: skip
    if version == "1.1":
        del tables["roles.csv"]
    return {name: text.encode() for name, text in tables.items() if text}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_one_roster(version: str, loader: Loader) -> None:
    found = loader.load(write_zip({f"export/{name}": content for name, content in one_roster(version).items()}))
    assert found.students == (
        EnrolledStudent(
            "1234567", "Bo", "Le", "2015-03-04", "Garfield", "Van", grade="4", username="1bole",
            guardians="Kim Le" if version == "1.1" else "",
        ),
    )  # fmt: skip
    assert found.faults == ()


def test_one_roster_without_enrollments_takes_the_schools_of_the_users(loader: Loader) -> None:
    found = loader.load(write_zip(one_roster("1.1", **{"enrollments.csv": ""})))
    assert found.students[0].school == "Garfield"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty; send it again."),
        (b"a,b\nc,d\n", "No row of column headings was found; use the student list template with its headings."),
        (OWN.encode() + b"\n", "No row could be used: each needs student ID, first and last name, birth date and school."),
        (b"student_id,first,last,school\n1234567,A,B,X\n",
         "The column birth_date is missing; add it with that heading and send the file again."),
        (write_zip({"other.csv": b"x"}), "This is not an enrollment extract; send CSV, or a OneRoster zip with users.csv."),
        (write_zip(one_roster("1.1", **{"demographics.csv": ""})),
         "The column birth_date is missing; add it with that heading and send the file again."),
        (write_workbook([["a"]]), "This is not an enrollment extract; send CSV, or a OneRoster zip with users.csv."),
        (write_zip(one_roster("1.1"))[:-50],
         "The file is damaged and can't be read; scan or save it again and send the new file."),
    ],
)  # fmt: skip
def test_extracts_that_are_refused_whole(content: bytes, words: str, loader: Loader) -> None:
    assert loader.refuse(content) == words


def test_a_stray_quotation_mark_swallows_no_students(loader: Loader) -> None:
    content = f'{OWN}\n1234567,A,,B,,,2015-03-04,X,,,,,\n1234568,A,,"B,,,2015-03-04,X,,,,,\n'
    content += "1234569,A,,B,,,2015-03-04,X,,,,,\n" * 3
    assert loader.refuse(content) == (
        "Row 3 is broken: a quotation mark in it has no partner; correct it and send the file again."
    )


def test_limits(cell: Cell, limits: Limits) -> None:
    content = OWN + "\n1234567,A,,B,,,2015-03-04,X,,,,,\n" * 3
    assert "more than 2 rows" in Loader(cell, replace(limits, enrollment_rows=2)).refuse(content)
    assert "larger than" in Loader(cell, replace(limits, enrollment_bytes=20)).refuse(content)


def test_fifty_thousand_students_from_a_path(tmp_path: Path, loader: Loader) -> None:
    path = tmp_path / "enrollment.csv"
    with path.open("w") as out:
        print(OWN, file=out)
        for number in range(50_000):
            print(f"{1000000 + number},F{number % 900},,L{number % 3000},,,20{number % 15 + 5:02}-03-1{number % 10},"
                  f"School {number % 100},{number % 12 + 1},P L{number % 3000},,,", file=out)  # fmt: skip
    start = time.perf_counter()
    assert len(loader.load(path).students) == 50_000
    assert time.perf_counter() - start < 10
