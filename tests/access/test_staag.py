"""The rows of the feed: one for each person and student, categories of all grants, the earliest end, nobody of another year."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

from access.adr_reports import OpenGrant
from access.staag import FEED_COLUMNS, FeedPerson, make_feed, write_feed

ANA = FeedPerson("ana@harbor.example", "harbor", frozenset({"2024-25"}))
BEN = FeedPerson("ben@harbor.example", "harbor", frozenset({"2023-24"}))


def make_open(grant_id: str, student_id: str, categories: tuple[str, ...], last: date) -> OpenGrant:
    first = date(2024, 9, 20)
    none = frozenset[str]()
    return OpenGrant(grant_id, student_id, "CONSENT", categories, first, last, "2024-25", None, none, none)


def test_two_grants_of_a_student_are_one_row_that_outlives_neither() -> None:
    grants = [
        make_open("g2", "1000001", ("assessment",), date(2025, 8, 31)),
        make_open("g1", "1000001", ("attendance",), date(2025, 2, 1)),
    ]
    feed = make_feed([ANA, BEN], {"harbor": grants, "lake": [make_open("g3", "1000002", (), date(2025, 8, 31))]})
    told = list(csv.DictReader(io.StringIO(write_feed(feed, datetime(2024, 10, 1, tzinfo=UTC)).decode())))
    assert len(told) == 1
    assert tuple(told[0]) == FEED_COLUMNS
    assert (told[0]["Attendance"], told[0]["Discipline"], told[0]["Assessment"]) == ("1", "0", "1")
    assert (told[0]["EffectiveTo"], told[0]["GrantID"]) == ("2025-02-01", "g1;g2")
    assert feed.partners_without_people == ("lake",)
    assert feed.people_by_grant == {"g1": ("ana@harbor.example",), "g2": ("ana@harbor.example",)}
