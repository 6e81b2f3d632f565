"""Says evidence as a person would, and puts each field on its ladder of agreement.

Decides words and levels, never weights: those come from the ratios. The words are for the district's reviewers and hold
district values; a partner must never see them (domain rule 9).
"""

from __future__ import annotations

from dataclasses import replace

from rapidfuzz.distance import OSA

from matching.child_index import ChildIndex
from matching.grades import read_grade
from matching.name_folding import join_words, parts_of, words_of
from matching.name_roles import Role, words_of_record
from matching.pixels import measure_gap
from matching.posterior import FieldRatios
from matching.query_reading import text_of, value_of
from matching.spelling_variants import nicknames_of, spelling_key, variants_of
from matching.student_ids import clean_id, strip_zeros
from matching.types import Agreement, Evidence, Query, Witness, is_reading
from matching.written_days import Day, iso, read_day

RARE = 0.0005
COMMON = 0.005
HARDLY_WORSE = 4.0
WORSE = 9.0
_LABEL = {Role.FIRST: "first name", Role.LAST: "surname", Role.MIDDLE: "middle name"}


def compare_joined(written: str, real: str) -> Agreement:
    """The level of two joined names."""
    if not written or not real:
        return Agreement.MISSING
    if written == real:
        return Agreement.EXACT
    same_key = bool(spelling_key(written)) and spelling_key(written) == spelling_key(real)
    if same_key or real in variants_of(written) or real in nicknames_of(written):
        return Agreement.VARIANT
    longest = max(len(written), len(real))
    slips = 1 if longest <= 5 else 2
    if longest > 2 and OSA.distance(written, real, score_cutoff=slips) <= slips:
        return Agreement.CLOSE
    if real.startswith(written) or (len(real) == 1 and written.startswith(real)):
        return Agreement.PARTIAL
    return Agreement.DIFFERENT


def word_name(index: ChildIndex, child: int, role: Role, value: object, weight: float, other_order: bool) -> Evidence:
    """Evidence of one name box."""
    columns, label, shown, field = index.columns, _LABEL[role], text_of(value), f"student_{role}"
    own = (columns.first if role is Role.FIRST else columns.last if role is Role.LAST else columns.middle)[child]
    written = join_words(shown)
    if not written or not own:
        return Evidence(field, shown, Agreement.MISSING, 0.0, f"{label} missing")
    level = compare_joined(written, join_words(own))
    count = index.names.frequency_words(role, own)
    if level is Agreement.EXACT:
        share = index.names.rarity(role, own)
        how = "rare" if share < RARE else "common" if share > COMMON else "not rare"
        return Evidence(field, shown, level, weight, f"{label} agrees, {how}: {count}")
    preferred = columns.preferred_first[child] if role is Role.FIRST else ""
    if any(written == join_words(name) for name in parts_of(preferred)):
        return Evidence(field, shown, Agreement.EXACT, weight, f"preferred name agrees: {preferred}")
    if level in {Agreement.VARIANT, Agreement.CLOSE}:
        how = "is another form of" if level is Agreement.VARIANT else "is a letter or two from"
        return Evidence(field, shown, level, weight, f"{label} {shown} {how} {own}")
    if may_leave(index, child, role, written):
        return Evidence(field, shown, Agreement.PARTIAL, weight, f"{label} {shown} is part or another form of {own}")
    if is_reading(value) and weight > 3.0:
        return Evidence(field, shown, Agreement.CLOSE, weight, f"{label} read as {shown}, fits {own} well")
    if other_order and words_of(shown) and words_of_record(index.record(child)).issuperset(words_of(shown)):
        return Evidence(field, shown, Agreement.VARIANT, weight, f"{label} {shown} stands in another place of the name")
    if is_reading(value) and weight > 0.5:
        return Evidence(field, shown, Agreement.PARTIAL, weight, f"{label} read as {shown}, fits {own} somewhat")
    if level is Agreement.PARTIAL:
        return Evidence(field, shown, level, weight, f"{label} {shown} is the beginning of {own}")
    return Evidence(field, shown, Agreement.DIFFERENT, weight, f"{label} {shown} is not {own}")


def word_birth_date(index: ChildIndex, child: int, value: object, weight: float) -> Evidence:
    """Evidence of the birth date."""
    shown, real_text = text_of(value), index.columns.birth_date[child]
    real, written = read_day(real_text), read_day(value_of(value))
    if real is None or (written is None and not is_reading(value)) or not shown.strip():
        return Evidence("birth_date", shown, Agreement.MISSING, 0.0, "birth date missing")
    if real == written:
        placeholder = (real.month, real.day) == (1, 1)
        words = "birth date agrees, but 1 January is often a stand-in" if placeholder else "birth date agrees"
        return Evidence("birth_date", shown, Agreement.EXACT, weight, words)
    gap = measure_gap(value, iso(real)) if is_reading(value) else None
    if gap is not None and gap <= HARDLY_WORSE and weight > 0.0:
        return Evidence(
            "birth_date", shown, Agreement.EXACT, weight, f"birth date read as {shown}, fits {real_text} well"
        )
    level, words = _compare_days(written, real) if written else (Agreement.DIFFERENT, "birth date differs")
    if gap is not None and gap <= WORSE and weight > 0.0 and level is Agreement.DIFFERENT:
        level, words = Agreement.CLOSE, f"birth date read as {shown}, fits {real_text} somewhat"
    return Evidence("birth_date", shown, level, weight, words)


def _compare_days(written: Day, real: Day) -> tuple[Agreement, str]:
    if written == Day(real.year, real.day, real.month):
        return Agreement.VARIANT, "day and month swapped"
    same_day = (written.month, written.day) == (real.month, real.day)
    if same_day:
        return Agreement.CLOSE, f"same day and month, year {written.year} instead of {real.year}"
    written_digits, real_digits = iso(written).replace("-", ""), iso(real).replace("-", "")
    apart = OSA.distance(written_digits, real_digits)
    if apart == 1:
        return Agreement.CLOSE, "birth date differs in one digit"
    if written.year == real.year and (1, 1) in {(written.month, written.day), (real.month, real.day)}:
        return Agreement.PARTIAL, "same year, and one of the dates is 1 January"
    return Agreement.DIFFERENT, "birth date differs"


def word_student_id(index: ChildIndex, child: int, value: object, weight: float) -> Evidence:
    """Evidence of the ID box."""
    shown, real = text_of(value), strip_zeros(clean_id(index.columns.student_id[child]))
    written = strip_zeros(clean_id(value_of(value)))
    if not written or not real:
        return Evidence("student_id", shown, Agreement.MISSING, 0.0, "ID missing")
    if written == real:
        return Evidence("student_id", shown, Agreement.EXACT, weight, "ID agrees")
    for column, name in ((index.columns.username, "username"), (index.columns.state_id, "state ID")):
        if column[child] and written == strip_zeros(clean_id(column[child])):
            return Evidence("student_id", shown, Agreement.VARIANT, weight, f"{name} stands in the ID box and agrees")
    gap = measure_gap(value, clean_id(index.columns.student_id[child])) if is_reading(value) else None
    if gap is not None and gap <= HARDLY_WORSE and weight > 0.0:
        return Evidence("student_id", shown, Agreement.EXACT, weight, f"ID read as {shown}, fits {real} well")
    if OSA.distance(written, real, score_cutoff=1) <= 1:
        return Evidence("student_id", shown, Agreement.CLOSE, weight, "ID differs in one digit or two are swapped")
    if gap is not None and gap <= WORSE and weight > 0.0:
        return Evidence("student_id", shown, Agreement.CLOSE, weight, f"ID read as {shown}, fits {real} somewhat")
    return Evidence("student_id", shown, Agreement.DIFFERENT, weight, "ID differs")


def word_school(index: ChildIndex, child: int, value: object, weight: float) -> Evidence:
    """Evidence of the school."""
    shown, real = text_of(value), index.columns.school[child]
    if not shown.strip() or not real:
        return Evidence("school", shown, Agreement.MISSING, 0.0, "school missing")
    if shown.strip().lower() == real.lower():
        return Evidence("school", shown, Agreement.EXACT, weight, "school agrees")
    compared = index.schools.compare(shown)
    score = 0.0 if compared is None else float(compared[index.schools.school_of_child[child]])
    if score > 0.8 and weight > 1.0:
        return Evidence("school", shown, Agreement.VARIANT, weight, f"{shown} is short for {real}")
    if is_reading(value) and weight > 2.0:
        return Evidence("school", shown, Agreement.VARIANT, weight, f"school read as {shown}, fits {real} well")
    if weight > 0.5:
        return Evidence("school", shown, Agreement.CLOSE, weight, f"{shown} resembles {real}")
    return Evidence("school", shown, Agreement.DIFFERENT, weight, f"school differs: enrolled at {real}")


def word_grade(index: ChildIndex, child: int, value: object, weight: float) -> Evidence:
    """Evidence of the grade."""
    shown = text_of(value)
    written, real = read_grade(shown), read_grade(index.columns.grade[child])
    if written is None or real is None:
        return Evidence("grade", shown, Agreement.MISSING, 0.0, "grade missing")
    if written == real:
        return Evidence("grade", shown, Agreement.EXACT, weight, "grade agrees")
    if abs(written - real) == 1:
        return Evidence("grade", shown, Agreement.CLOSE, weight, "grade off by one")
    return Evidence("grade", shown, Agreement.DIFFERENT, weight, "grade differs")


def word_guardian(index: ChildIndex, child: int, value: object, weight: float) -> Evidence:
    """Evidence of the parent's name."""
    shown = text_of(value)
    people = parts_of(index.columns.guardians[child])
    if not words_of(shown) or not people:
        return Evidence("parent_name", shown, Agreement.MISSING, 0.0, "parent's name missing")
    written = set(words_of(shown))
    if any(written == set(words_of(person)) for person in people):
        return Evidence("parent_name", shown, Agreement.EXACT, weight, "parent's name agrees")
    if weight > 1.5:
        return Evidence(
            "parent_name", shown, Agreement.CLOSE, weight, "parent's name is close to an enrolled guardian's"
        )
    if any(written & set(words_of(person)) for person in people):
        return Evidence("parent_name", shown, Agreement.PARTIAL, weight, "part of the parent's name agrees")
    return Evidence("parent_name", shown, Agreement.DIFFERENT, weight, "parent is not an enrolled guardian")


class EvidenceWriter:
    """Words the evidence of pairs that were weighed. Holds no state beyond the tables it reads."""

    def __init__(self, index: ChildIndex) -> None:
        self._index = index

    def write(
        self, child: int, query: Query, fields: FieldRatios, place: int, witness: Witness = Witness.FORM
    ) -> list[Evidence]:
        """All evidence for one child; `place` is the pair's row in `fields`. Boxes that hold nothing are left out."""
        index = self._index
        found = self._write_names(child, query, fields, place)
        for field, word in _WORDED.items():
            value = query.get(field)
            if _says_something(value):
                weight = float(getattr(fields, _RATIO_OF.get(field, field))[place])
                found.append(word(index, child, value, weight))
        return found if witness is Witness.FORM else [replace(piece, witness=witness) for piece in found]

    def _write_names(self, child: int, query: Query, fields: FieldRatios, place: int) -> list[Evidence]:
        first, last, name = float(fields.first[place]), float(fields.last[place]), float(fields.name[place])
        middle = float(fields.middle[place])
        other_order = name > first + last + middle + 0.5
        half = name / 2
        boxes = (
            ("student_first", Role.FIRST, half if other_order else first),
            ("student_middle", Role.MIDDLE, 0.0 if other_order else middle),
            ("student_last", Role.LAST, half if other_order else last),
        )
        return [
            word_name(self._index, child, role, query.get(field), weight, other_order)
            for field, role, weight in boxes
            if _says_something(query.get(field))
        ]


_WORDED = {
    "birth_date": word_birth_date,
    "student_id": word_student_id,
    "school": word_school,
    "grade": word_grade,
    "parent_name": word_guardian,
}
_RATIO_OF = {"parent_name": "guardian"}


def may_leave(index: ChildIndex, child: int, role: Role, written: str) -> bool:
    """Whether the habits may put this joined text into one box for this child."""
    columns = index.columns
    middle = join_words(columns.middle[child])
    beside = join_words((columns.first if role is Role.FIRST else columns.last)[child])
    if middle and written == (beside + middle if role is Role.FIRST else middle + beside):
        return True
    return index.names.may_leave(role, child, written)


def _says_something(value: object) -> bool:
    return bool(text_of(value).strip())
