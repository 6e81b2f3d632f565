"""How families write their children's names, dates and numbers: queries of known children, for the bench of matching.

The noise here shares no code and no table with `matching`; each seed draws its own mix of habits, so that figures hold for more
than one kind of carelessness. Decides nothing about forms.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from nicknames import NickNamer

from consentry.benches.match_children import PATRONYMIC, Child


@dataclass(frozen=True, slots=True)
class Habits:
    """How careless the families of one run are: a chance for each habit."""

    name_slip: float
    swapped_names: float
    nickname: float
    half_surname: float
    father_as_last: float
    spelling: float
    no_date: float
    date_slip: float
    swapped_day: float
    no_id: float
    id_slip: float
    other_school: float
    no_school: float
    grade_off: float
    other_parent: float
    no_parent: float


def draw_habits(rng: random.Random) -> Habits:
    """Habits around a middle, from careful to careless by a factor of four."""

    def about(middle: float) -> float:
        return min(0.9, middle * 2 ** rng.uniform(-1, 1))

    return Habits(
        name_slip=about(0.06),
        swapped_names=about(0.02),
        nickname=about(0.05),
        half_surname=about(0.25),
        father_as_last=about(0.12),
        spelling=about(0.15),
        no_date=about(0.03),
        date_slip=about(0.03),
        swapped_day=about(0.03),
        no_id=about(0.45),
        id_slip=about(0.04),
        other_school=about(0.06),
        no_school=about(0.08),
        grade_off=about(0.07),
        other_parent=about(0.2),
        no_parent=about(0.2),
    )


def _slip(rng: random.Random, text: str, alphabet: str) -> str:
    if len(text) < 2:
        return text
    place = rng.randrange(len(text) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:place] + rng.choice(alphabet) + text[place + 1 :]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + text[place] + text[place:]


_RESPELL = (
    ("x", "h"), ("c", ""), ("h", "x"), ("kh", "k"), ("dh", "d"), ("aa", "a"), ("a", "aa"), ("o", "u"), ("ee", "i"),
    ("y", "i"), ("q", "k"), ("z", "s"), ("ss", "s"), ("mm", "m"), ("ph", "f"), ("ou", "u"), ("e", "i"), ("d", "dh"),
)  # fmt: skip


def _respell(rng: random.Random, name: str) -> str:
    low = name.lower()
    able = [(old, new) for old, new in _RESPELL if old in low[1:]]
    if not able:
        return name
    old, new = rng.choice(able)
    place = low.index(old, 1)
    return name[:place] + new + name[place + len(old) :]


_NICKNAMER = NickNamer()


class Family:
    """Writes queries for children with the habits of one run."""

    def __init__(self, rng: random.Random, habits: Habits) -> None:
        self._rng = rng
        self._habits = habits

    def _happens(self, chance: float) -> bool:
        return self._rng.random() < chance

    def write(self, child: Child) -> dict[str, str]:
        """One query for the child; the contract's field names."""
        first, middle, last = self._write_names(child)
        query = {"student_first": first, "student_middle": middle, "student_last": last}
        query["birth_date"] = self._write_date(child.record.birth_date)
        query["student_id"] = self._write_id(child)
        query["school"] = self._write_school(child.record.school)
        query["grade"] = self._write_grade(child.record.grade)
        query["parent_name"] = self._write_parent(child)
        return {field: value for field, value in query.items() if value}

    def _write_names(self, child: Child) -> tuple[str, str, str]:
        rng, habits = self._rng, self._habits
        first, middle, last = child.record.first, child.record.middle if self._happens(0.4) else "", child.record.last
        if middle and self._happens(0.3):
            middle = middle[:1]
        if child.record.preferred_first and self._happens(0.4):
            first = child.record.preferred_first
        elif self._happens(habits.nickname):
            first = rng.choice(sorted(_NICKNAMER.nicknames_of(first.lower())) or [first]).title()
        pieces = last.replace("-", " ").split()
        if len(pieces) > 1 and self._happens(habits.half_surname):
            last = rng.choice([pieces[0], pieces[0], pieces[-1], "".join(pieces), "-".join(pieces), " ".join(pieces)])
        if " " in first and self._happens(0.3):
            first = first.split()[0]
        if child.culture in PATRONYMIC:
            if child.record.middle and self._happens(habits.father_as_last):
                middle, last = (
                    "",
                    child.record.middle if self._happens(0.6) else f"{child.record.middle} {child.record.last}",
                )
            first = _respell(rng, first) if self._happens(habits.spelling) else first
            last = _respell(rng, last) if self._happens(habits.spelling) else last
        letters = "abcdefghijklmnopqrstuvwxyz"
        first = _slip(rng, first, letters) if self._happens(habits.name_slip) else first
        last = _slip(rng, last, letters) if self._happens(habits.name_slip) else last
        reversing = habits.swapped_names * (3 if child.culture in {"vietnamese", "chinese"} else 1)
        if self._happens(reversing):
            first, last = last, first
        if self._happens(0.2):
            first, last = first.upper(), last.upper()
        return first, middle, last

    def _write_date(self, text: str) -> str:
        rng, habits = self._rng, self._habits
        if self._happens(habits.no_date):
            return ""
        year, month, day = text.split("-")
        if self._happens(habits.swapped_day):
            month, day = day, month
        if self._happens(0.006):
            year = str(int(year) + rng.choice([-1, 1, 2]))
        if self._happens(0.003):
            month, day = "01", "01"
        digits = list(year + month + day)
        if self._happens(habits.date_slip):
            digits[rng.randrange(2, 8)] = rng.choice("0123456789")
        whole = "".join(digits)
        year, month, day = whole[:4], whole[4:6], whole[6:]
        return rng.choice(
            [
                f"{year}-{month}-{day}",
                f"{month}/{day}/{year}",
                f"{int(month)}/{int(day)}/{year}",
                f"{month}-{day}-{year[2:]}",
            ]
        )

    def _write_id(self, child: Child) -> str:
        number = child.record.student_id
        if not number or self._happens(self._habits.no_id):
            return ""
        if self._happens(0.01):
            return str(self._rng.randrange(1_000_000, 9_999_999))
        if self._happens(0.02):
            return child.record.username or child.record.state_id or number
        return _slip(self._rng, number, "0123456789") if self._happens(self._habits.id_slip) else number

    def _write_school(self, school: str) -> str:
        rng = self._rng
        if self._happens(self._habits.no_school):
            return ""
        words = school.split()
        short = [
            school,
            school,
            words[0],
            " ".join(words[:-1]),
            "".join(word[0] for word in words),
            " ".join([*words[:1], words[-1]]),
        ]
        short.append(
            school.replace("Elementary School", "Elem").replace("High School", "HS").replace("Middle School", "MS")
        )
        return rng.choice(short)

    def _write_grade(self, grade: str) -> str:
        if not grade or self._happens(0.15):
            return ""
        if grade.isdigit() and self._happens(self._habits.grade_off):
            return str(int(grade) + self._rng.choice([-1, 1]))
        return self._rng.choice([grade, grade, f"{grade}th"])

    def _write_parent(self, child: Child) -> str:
        people = [person.strip() for person in child.record.guardians.split(";") if person.strip()]
        if not people or self._happens(self._habits.no_parent):
            return ""
        if self._happens(self._habits.other_parent):
            return f"{self._rng.choice(['Maria', 'John', 'Amina', 'Linh', 'Wei', 'Sara'])} {child.record.last}"
        person = self._rng.choice(people)
        return _slip(self._rng, person, "aeiounrst") if self._happens(self._habits.name_slip) else person
