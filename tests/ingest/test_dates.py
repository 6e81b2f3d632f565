from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import parse_written_date
from ingest.dates import read_serial


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2015-03-04", ("2015-03-04",)),
        ("2015/3/4", ("2015-03-04",)),
        ("2015-03-04T00:00:00Z", ("2015-03-04",)),
        ("2015-03-04 00:00:00", ("2015-03-04",)),
        ("3/4/2015 12:00 AM", ("2015-03-04", "2015-04-03")),
        ("03/04/2015", ("2015-03-04", "2015-04-03")),
        ("3-4-2015", ("2015-03-04", "2015-04-03")),
        ("3.4.2015", ("2015-03-04", "2015-04-03")),
        ("3 / 4 / 2015", ("2015-03-04", "2015-04-03")),
        ("13/2/2015", ("2015-02-13",)),
        ("2/13/2015", ("2015-02-13",)),
        ("4/4/2015", ("2015-04-04",)),
        ("3/4/15", ("2015-03-04", "2015-04-03")),
        ("3/4/'15", ("2015-03-04", "2015-04-03")),
        ("3/14/98", ("1998-03-14",)),
        ("03042015", ("2015-03-04", "2015-04-03")),
        ("20150304", ("2015-03-04",)),
        ("031415", ("2015-03-14",)),
        ("March 4, 2015", ("2015-03-04",)),
        ("Mar. 4 2015", ("2015-03-04",)),
        ("4 March 2015", ("2015-03-04",)),
        ("4th of March, 2015", ("2015-03-04",)),
        ("4-Mar-15", ("2015-03-04",)),
        ("2015 March 4", ("2015-03-04",)),
        ("4 de marzo de 2015", ("2015-03-04",)),
        ("1 Enero 2014", ("2014-01-01",)),
        ("1 Jannaayo 2014", ("2014-01-01",)),
        ("2015年3月4日", ("2015-03-04",)),
        ("ngày 4 tháng 3 năm 2015", ("2015-03-04",)),
        ("٠٣/١٤/٢٠١٥", ("2015-03-14",)),
        ("2/29/2016", ("2016-02-29",)),
        ("2/29/2015", ()),
        ("2/30/2015", ()),
        ("31/31/2015", ()),
        ("3/4", ()),
        ("3/4/215", ()),
        ("3/4/1015", ()),
        ("Tuesday", ()),
        ("May", ()),
        ("42067", ()),
        ("3/4/2015 or 3/5/2015", ()),
        ("", ()),
        ("1" * 5000, ()),
    ],
)
def test_reads_what_people_write(text: str, days: tuple[str, ...]) -> None:
    assert parse_written_date(text) == days


@given(st.dates(min_value=date(1941, 1, 1), max_value=date(2039, 12, 31)))
def test_every_form_of_a_day_gives_that_day(day: date) -> None:
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%B %d, %Y", "%d %b %Y", "%Y%m%d", "%m%d%Y"):
        assert day.isoformat() in parse_written_date(day.strftime(form))


@given(st.text(max_size=40))
def test_any_text_is_a_day_or_nothing(text: str) -> None:
    assert len(parse_written_date(text)) <= 2


def test_serials_count_from_1900_or_1904() -> None:
    assert read_serial(42067) == ("2015-03-04",)
    assert read_serial(42067.75) == ("2015-03-04",)
    assert read_serial(40605, from_1904=True) == ("2015-03-04",)
    assert read_serial(3) == ()
    assert read_serial(1e9) == ()
