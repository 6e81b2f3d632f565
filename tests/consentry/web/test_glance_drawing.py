"""The calendar and the chart of a student's page: every entry told once, at its place, in letters and words."""

from __future__ import annotations

from datetime import date

from consentry.web.attendance_calendar import CalendarDay, draw_calendar
from consentry.web.score_chart import draw_chart

FIRST, LAST = date(2024, 9, 1), date(2024, 10, 15)


def row(day: str, excused: str = "N", portion: str = "1", tardy: str = "N") -> dict[str, str]:
    return {"AttendanceDate": day, "AbsenceCode": "", "Excused": excused, "DayPortion": portion, "Tardy": tardy}


def list_marks(*rows: dict[str, str]) -> dict[date, tuple[str, str]]:
    months = draw_calendar(rows, FIRST, LAST)
    days = [day for month in months for week in month.weeks for day in week if isinstance(day, CalendarDay)]
    assert len({day.day for day in days}) == len(days)
    return {day.day: (day.kind, day.mark) for day in days if day.kind}


def test_each_entry_is_told_once_at_its_day() -> None:
    marks = list_marks(
        row("2024-09-05", "Y"), row("2024-09-30", portion="0.5"), row("2024-10-01", tardy="Y"), row("nonsense")
    )
    assert marks == {
        date(2024, 9, 5): ("excused", "E"),
        date(2024, 9, 30): ("unexcused", "U½"),
        date(2024, 10, 1): ("tardy", "T"),
    }


def test_two_entries_of_a_day_are_both_told_and_the_heavier_colours_it() -> None:
    assert list_marks(row("2024-09-05", tardy="Y"), row("2024-09-05", portion="0.5")) == {
        date(2024, 9, 5): ("unexcused", "TU½")
    }


def test_months_have_the_days_of_the_time_and_weekends_only_where_needed() -> None:
    months = draw_calendar([], FIRST, LAST)
    assert [month.first for month in months] == [date(2024, 9, 1), date(2024, 10, 1)]
    assert months[1].weeks[-1][1:] == (CalendarDay(LAST), None, None, None)
    assert len(draw_calendar([row("2024-09-07")], FIRST, LAST)[0].weeks[0]) == 7


def score(year: str, season: str, subject: str, value: str) -> dict[str, str]:
    return {"SchoolYear": year, "TestSeason": season, "Subject": subject, "RIT": value}


def test_scores_stand_in_order_of_time_and_labels_do_not_cover_each_other() -> None:
    chart = draw_chart(
        [
            score("2024-25", "Winter", "Reading", "204"),
            score("2023-24", "Spring", "Reading", "196"),
            score("2024-25", "Fall", "Mathematics", "203"),
            score("2024-25", "Winter", "Mathematics", "203.5"),
            score("2024-25", "Winter", "Science", "absent"),
        ]
    )
    assert chart is not None
    assert [(tick.words, tick.year) for tick in chart.times] == [
        ("Spring", "2024"),
        ("Fall", "2024"),
        ("Winter", "2025"),
    ]
    reading = next(line for line in chart.lines if line.subject == "Reading")
    assert [point.score for point in reading.points] == ["196", "204"]
    assert reading.points[0].x < reading.points[1].x
    assert reading.points[0].y > reading.points[1].y, "a higher score stands higher"
    places = sorted(line.label_y for line in chart.lines)
    assert places[1] - places[0] >= 16
    assert draw_chart([score("2024-25", "Fall", "Reading", "200")]) is None
