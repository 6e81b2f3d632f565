"""Written dates are read as a family means them; a slip is priced, never corrected."""

import pytest

from matching.weights import builtin_weights
from matching.written_days import Day, DayPrices, code_of, read_day


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2012-03-04", (2012, 3, 4)),
        ("2012-03-04T00:00:00", (2012, 3, 4)),
        ("3/4/2012", (2012, 3, 4)),
        ("03-04-12", (2012, 3, 4)),
        ("25.12.2011", (2011, 12, 25)),
        ("Mar 4, 2012", (2012, 3, 4)),
        ("4 de marzo de 2012", (2012, 3, 4)),
        ("03042012", (2012, 3, 4)),
        ("20120304", (2012, 3, 4)),
        ("40972", (2012, 3, 4)),
        ("2012-13-45", (2012, 13, 45)),
        ("March", None),
        ("", None),
        ("unknown", None),
        ("1" * 60, None),
    ],
)
def test_reads_a_day(written: str, day: tuple[int, int, int] | None) -> None:
    assert read_day(written) == (None if day is None else Day(*day))


def test_slips_are_dearer_the_stranger_they_are() -> None:
    best: dict[int, float] = {}
    slips = DayPrices(builtin_weights().date_slips).slips_of([Day(2012, 3, 7)])
    for meant, price in zip(slips.codes[0].tolist(), slips.prices[0].tolist(), strict=True):
        best[meant] = max(best.get(meant, -99.0), price)
    exact, swapped = best[20120307], best[20120703]
    look_alike, other_digit = best[20120807], best[20120327]
    assert exact > swapped > look_alike > other_digit
    assert code_of(Day(2013, 11, 20)) not in best
