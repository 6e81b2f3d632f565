"""The registry of reports: the one that comes with the program holds the twelve; none lets a blocked column through."""

from __future__ import annotations

import pytest

from access.adr_columns import find_block, find_blocked_value, needs_listing, tells_marks
from access.adr_registry import Registry, parse_registry, read_own_registry
from access.errors import RegistryError

OWN = read_own_registry().decode()
EXPECTED = {
    1: (None, "DateOfBirth AccessBasis ConsentDate AccessFrom AccessTo Categories"),
    2: (
        "demographics",
        "Gender RaceEthnicity ELLStatus AdvancedLearning SpecialEducation McKinneyVento PrimaryLanguage HomeLanguage "
        "LivingWith ProjectedGradYear",
    ),
    3: ("demographics", "EnrollStart EnrollEnd StatusCode StatusDescription"),
    4: ("attendance", "AttendanceDate AbsenceCode Excused DayPortion Tardy"),
    5: ("attendance", "DaysPossible Absences Excused Unexcused Tardies AttendanceRate Chronic10Pct"),
    6: ("discipline", "IncidentID IncidentDate BehaviorCode ActionType ActionStart ActionEnd"),
    7: ("discipline", "TotalActions ShortTermSuspensions LongTermSuspensions Expulsions"),
    8: ("assessment", "TestSeason TestGrade Subject TestName RIT RITStdErr Percentile TestWindow"),
    9: ("assessment", "TestGrade Subject TestName Attempt ScaleScore Level MetStandard"),
    10: ("assessment", "Test Domain Score Level TestDate"),
    11: ("assessment", "Term CourseCode Title Mark CreditsAttempted CreditsEarned"),
    12: ("assessment", "Term CumGPA CumCredits"),
}
BLOCKED = [
    "LunchStatus",
    "free_reduced_lunch",
    "FRL",
    "MealCode",
    "LowIncome",
    "HomeAddress",
    "ResidentialAddress",
    "StreetName",
    "ZipCode",
    "HomePhone",
    "home_phone",
    "TelNo",
    "Ph0ne",
    "CellNumber",
    "ParentEmail",
    "HealthPlan",
    "Health_Alert",
    "Allergies",
    "Section504",
    "OtherStudents",
    "Victim",
    "WitnessName",
    "IncidentNarrative",
    "Comments",
    "LegalFirstName",
    "PreferredName",
    "Alias",
    "SSN",
    "Citizenship",
]
ALLOWED = [
    "Gender",
    "RaceEthnicity",
    "AbsenceCode",
    "BehaviorCode",
    "ActionType",
    "TestName",
    "StatusDescription",
    "PrimaryLanguage",
    "Phonemes",
    "DayPortion",
    "Subject",
]


def add_report(columns: str, rest: str = "") -> bytes:
    """The own registry with a thirteenth report."""
    report = (
        f'[[reports]]\nnumber = 13\nname = "More"\nfile = "more.csv"\ncategory = "attendance"\ncolumns = {columns}\n'
    )
    return f"{OWN}\n{report}{rest}".encode()


def find_faults(content: bytes) -> list[str]:
    with pytest.raises(RegistryError) as raised:
        parse_registry(content)
    return list(raised.value.faults)


def test_the_registry_that_comes_with_the_program_holds_the_twelve_reports() -> None:
    registry: Registry = parse_registry(OWN.encode())
    found = {report.number: (report.category, " ".join(report.columns)) for report in registry.reports}
    assert found == EXPECTED
    assert (registry.shrink_limit, registry.days_to_notify, registry.attorney_general_above) == (0.10, 30, 500)
    assert registry.listable >= {"SpecialEducation", "McKinneyVento", "LivingWith", "courses", "gpa"}


@pytest.mark.parametrize("column", BLOCKED)
def test_a_blocked_column_is_refused_under_its_own_name_and_under_another(column: str) -> None:
    assert find_block(column), column
    assert any("never leaves the house" in fault for fault in find_faults(add_report(f'["{column}"]')))
    renamed = add_report('["Harmless"]', f'from = {{ Harmless = "{column}" }}\n')
    assert any("never leaves the house" in fault for fault in find_faults(renamed))


@pytest.mark.parametrize("column", ALLOWED)
def test_a_plain_column_is_not_blocked(column: str) -> None:
    assert find_block(column) is None


def test_what_needs_a_listing_or_another_category_is_refused() -> None:
    assert needs_listing("SpecialEducation")
    assert tells_marks("FinalGrade")
    assert "put it in if_listed" in find_faults(add_report('["SpecialEducation"]'))[0]
    assert "need a report with 'listed'" in find_faults(add_report('["CumGPA"]'))[0]
    assert "belongs to discipline" in find_faults(add_report('["BehaviorCode"]'))[0]


def test_all_faults_are_told_together_with_report_and_column() -> None:
    faults = find_faults(add_report('["HomePhone", "HomePhone", "FirstName"]', 'if_listed = ["Elsewhere"]\n'))
    assert len(faults) >= 4
    assert all(fault.startswith("report 13: ") for fault in faults)


@pytest.mark.parametrize(
    "content", [b"version = 1", b"\xff", b"version = 2", OWN.replace("every_student", "evry").encode()]
)
def test_what_is_no_registry_is_refused(content: bytes) -> None:
    assert find_faults(content)


def test_a_value_that_is_plainly_a_telephone_number_or_an_address_is_seen() -> None:
    assert find_blocked_value("call 206-555-0142")
    assert find_blocked_value("(206) 555-0142")
    assert find_blocked_value("ana@example.org")
    assert [find_blocked_value(text) for text in ("2024-09-17", "1000001", "212.5", "2024-09-09/2024-10-11")] == [
        None
    ] * 4
