"""Names in which of the ways of the weights' tables a query was written, given the child that is meant.

Decides one way a box, the likeliest one, never whether the child is meant. Ways that tables don't tell apart (which of a
child's names stands in which box) have no name here. Typed queries only: pixels hold their own ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from matching.enrollment_columns import EnrollmentColumns
from matching.grades import read_grade
from matching.name_folding import join_words
from matching.name_slips import find_slip, name_slip
from matching.query_reading import text_of
from matching.spelling_variants import nicknames_of, spelling_key, variants_of
from matching.student_ids import clean_id, strip_zeros
from matching.types import Agreement, Candidate, Evidence, Query, is_reading
from matching.written_days import YEARS_AROUND, Day, code_of, looks_alike, read_day


@dataclass(frozen=True, slots=True)
class Way:
    """An entry of the weights: `date_slips.swapped`."""

    table: str
    name: str


def name_ways(columns: EnrollmentColumns, child: int, query: Query, candidate: Candidate) -> Iterator[Way]:
    """The ways of all boxes that say something of this child."""
    evidence = {piece.field: piece for piece in candidate.evidence if not is_reading(query.get(piece.field))}
    for box, own in (("first", columns.first[child]), ("last", columns.last[child])):
        yield from _name_of_box(box, evidence.get(f"student_{box}"), join_words(own))
    written, real = read_day(text_of(query.get("birth_date"))), read_day(columns.birth_date[child])
    if "birth_date" in evidence and written is not None and real is not None:
        yield way_of_date(written, real)
    number = strip_zeros(clean_id(text_of(query.get("student_id"))))
    if "student_id" in evidence and number:
        yield way_of_id(number, strip_zeros(clean_id(columns.student_id[child])), evidence["student_id"].agreement)
    grade, enrolled = read_grade(text_of(query.get("grade"))), read_grade(columns.grade[child])
    if grade is not None and enrolled is not None:
        yield Way("grade_slips", {0: "same", 1: "off_by_one"}.get(abs(grade - enrolled), "other"))
    yield from _name_related("school", evidence.get("school"))
    yield from _name_related("guardian", evidence.get("parent_name"))


def _name_of_box(box: str, piece: Evidence | None, real: str) -> Iterator[Way]:
    if piece is None or not real or piece.agreement is Agreement.MISSING:
        return
    written = join_words(piece.read)
    if piece.agreement is Agreement.DIFFERENT:
        yield Way("unrelated", box)
    else:
        yield Way("related", box)
        way = way_of_name(written, real)
        if way:
            yield Way("name_slips", way)


def way_of_name(written: str, real: str) -> str:
    """How one joined name was written for another; "" where no table says."""
    if written == real:
        return "exact"
    if real in variants_of(written):
        return "variant"
    if real in nicknames_of(written):
        return "nickname"
    apart = OSA.distance(written, real, score_cutoff=3)
    if apart == 1 and len(written) > 1:
        return str(name_slip(written, real, find_slip(written, real)))
    if spelling_key(written) and spelling_key(written) == spelling_key(real):
        return "same_key"
    if real.startswith(written):
        return "initial" if len(written) == 1 else "beginning"
    return {2: "two_slips", 3: "three_slips"}.get(apart, "") if min(len(written), len(real)) > 3 else ""


def way_of_date(written: Day, real: Day) -> Way:
    """How one day was written for another."""
    one, other = f"{code_of(written):08d}", f"{code_of(real):08d}"
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    same_day = (written.month, written.day) == (real.month, real.day)
    if written == real:
        name = "exact"
    elif written == Day(real.year, real.day, real.month):
        name = "swapped"
    elif same_day and abs(written.year - real.year) == 1:
        name = "year_off_by_one"
    elif (written.month, written.day) == (1, 1) and written.year == real.year:
        name = "first_of_january_written"
    elif len(differing) == 1:
        name = "look_alike_digit" if looks_alike(*differing[0]) else "other_digit"
    elif same_day and abs(written.year - real.year) <= YEARS_AROUND:
        name = "other_year"
    elif abs(code_of(written) - code_of(real)) in {1, 100}:
        name = "off_by_one"
    elif OSA.distance(one, other) == 1:
        name = "turned_digits"
    else:
        return Way("unrelated", "birth_date")
    return Way("date_slips", name)


def way_of_id(written: str, real: str, agreement: Agreement) -> Way:
    """How one number was written for another."""
    if written == real:
        return Way("id_slips", "exact")
    if agreement is Agreement.VARIANT:
        return Way("id_slips", "instead")
    if OSA.distance(written, real, score_cutoff=1) > 1:
        return Way("unrelated", "student_id")
    if len(written) != len(real):
        return Way("id_slips", "lost_or_doubled")
    return Way("id_slips", "turned" if sorted(written) == sorted(real) else "one_digit")


def _name_related(box: str, piece: Evidence | None) -> Iterator[Way]:
    if piece is not None and piece.agreement is not Agreement.MISSING:
        apart = {Agreement.DIFFERENT} | ({Agreement.PARTIAL} if box == "guardian" else set())
        yield Way("unrelated" if piece.agreement in apart else "related", box)
