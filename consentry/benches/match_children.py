"""The children of the bench of matching: who is enrolled, and who is asked for, among them children who aren't enrolled.

Decides who they are, never how they are written (`bench_match_families`). Strangers are children of the same invented district
that are kept out of the enrollment; siblings and twins are invented beside enrolled children.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum

import pandas as pd

from ingest.types import EnrolledStudent

NOT_ENROLLED_SHARE = 0.15
HELD_OUT = 20
"""One child in so many is kept out of the enrollment."""
PATRONYMIC = frozenset({"somali", "ethiopian", "eritrean", "amharic", "oromo", "tigrinya", "arabic"})
_COLUMNS = tuple(column.name for column in fields(EnrolledStudent))


class Kind(StrEnum):
    """What a child of the bench is to the enrollment."""

    ENROLLED = "enrolled"
    STRANGER = "stranger"
    SIBLING = "sibling"
    TWIN = "twin"


@dataclass(frozen=True, slots=True)
class Child:
    """A child of the bench, enrolled or not; `culture` is the naming culture that figures are split by."""

    record: EnrolledStudent
    culture: str
    kind: Kind = Kind.ENROLLED

    @property
    def enrolled(self) -> bool:
        """Whether there is a child to find."""
        return self.kind is Kind.ENROLLED


@dataclass(frozen=True, slots=True)
class Roll:
    """Who is enrolled, and who is asked for."""

    enrolled: list[Child]
    asked: list[Child]

    def to_frame(self) -> pd.DataFrame:
        """The enrollment frame of the contract."""
        names = [name for name in _COLUMNS if name != "protected"]
        return pd.DataFrame({name: [getattr(child.record, name) for child in self.enrolled] for name in names})


def invent_district(students: int, seed: int) -> list[Child]:
    """A district of the fixtures with so many enrolled children, and the strangers that `draw_roll` keeps out."""
    from fixtures.district import make_district  # only benches and the demo know the fixtures

    district = make_district(students * HELD_OUT // (HELD_OUT - 1) + 1, seed)
    return [
        Child(EnrolledStudent(**{name: getattr(student, name) for name in _COLUMNS}), str(student.culture))
        for student in district
    ]


def draw_roll(children: Iterable[Child], seed: int, queries: int, asked_seed: int | None = None) -> Roll:
    """The enrolled children, and the children asked for: a share of them isn't enrolled.

    With an `asked_seed` of its own the same children are enrolled and others asked for.
    """
    rng = random.Random(seed)  # noqa: S311  sample data, never a secret
    shuffled = list(children)
    rng.shuffle(shuffled)
    held_out = len(shuffled) // HELD_OUT
    enrolled = sorted(shuffled[held_out:], key=lambda child: child.record.student_id)
    strangers = [replace(child, kind=Kind.STRANGER) for child in shuffled[:held_out]]
    if asked_seed is not None:
        rng.seed(asked_seed)
        rng.shuffle(strangers)
    inventor = _Inventor(rng, shuffled, enrolled)
    asked: list[Child] = []
    for number in range(queries):
        model = rng.choice(enrolled)
        if rng.random() >= NOT_ENROLLED_SHARE:
            asked.append(model)
        elif strangers and rng.random() < 0.5:
            asked.append(strangers[number % len(strangers)])
        else:
            asked.append(inventor.invent_beside(model))
    return Roll(enrolled, asked)


class _Inventor:
    """Invents children who aren't enrolled beside enrolled ones, named as children of that culture are."""

    def __init__(self, rng: random.Random, children: Sequence[Child], enrolled: Sequence[Child]) -> None:
        self._rng = rng
        self._names: dict[str, list[str]] = defaultdict(list)
        self._taken: dict[tuple[str, str], set[str]] = defaultdict(set)
        for child in children:
            self._names[child.culture].append(child.record.first)
        for child in enrolled:
            record = child.record
            self._taken[record.last, record.guardians] |= {record.first, record.preferred_first}
        self._schools = sorted({child.record.school for child in children})

    def invent_beside(self, model: Child) -> Child:
        """A sibling or a twin of `model`."""
        rng, record, names = self._rng, model.record, self._names[model.culture]
        kind = rng.choice((Kind.SIBLING, Kind.SIBLING, Kind.TWIN))
        taken = self._taken[record.last, record.guardians]
        first = rng.choice([name for name in rng.choices(names, k=8) if name not in taken] or [record.first + "a"])
        keeps = model.culture in PATRONYMIC or not record.middle
        middle = record.middle if keeps else rng.choice(names).split()[0]
        number = rng.choice(["", str(rng.randrange(10**6, 10**7))])
        absent = replace(
            record, first=first, middle=middle, preferred_first="", other_names="", student_id=number, username="", state_id=""
        )  # fmt: skip
        return Child(absent if kind is Kind.TWIN else self._set_apart(absent), model.culture, kind)

    def _set_apart(self, twin: EnrolledStudent) -> EnrolledStudent:
        """Born in another year, perhaps at another school."""
        rng = self._rng
        apart = rng.choice([-4, -3, -2, -1, 1, 2, 3, 4])
        born = f"{int(twin.birth_date[:4]) + apart:04d}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        grade = str(int(twin.grade) - apart) if twin.grade.isdigit() and 0 <= int(twin.grade) - apart <= 12 else ""
        school = twin.school if rng.random() < 0.5 else rng.choice(self._schools)
        return replace(twin, birth_date=born, grade=grade, school=school)
