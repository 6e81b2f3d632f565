"""Weighs one query against every enrolled child at once, field by field.

Decides the log-likelihood ratios that `posterior` joins. Every child is weighed: there are no blocks. A distinct value is
weighed once, then handed to the children that bear it. Never joins fields into a probability and never words evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from matching.birth_dates import BirthDateIndex
from matching.enrollment_columns import EnrollmentColumns
from matching.grades import GradeIndex
from matching.guardians import GuardianIndex
from matching.name_folding import words_of
from matching.name_index import NameIndex, Weighed
from matching.name_roles import NameRecord, Role
from matching.name_vocabulary import FloatArray, IntArray
from matching.pixels import weigh_date, weigh_id, weigh_name
from matching.posterior import OTHER_ORDER, FieldRatios, join_fields
from matching.schools import SchoolIndex
from matching.student_ids import StudentIdIndex
from matching.types import Query, is_reading

OTHER_NAME_INSTEAD = -1.5
MOST_WORDS = 7
MOST_SURVIVORS = 400
NEGLIGIBLE = 30.0
"""Children this many nats behind the best are summed, not looked at one by one."""


@dataclass(frozen=True, slots=True)
class WeighedQuery:
    """The children worth a closer look, (M,), their ratios, what the written words say for their brothers and sisters, and the
    log sum of all others' likelihood ratios.
    """

    children: IntArray
    fields: FieldRatios
    family: FloatArray
    remainder: float


@dataclass(frozen=True, slots=True)
class WeighedFields:
    """The ratios of every child, (N,) each, and the written words one by one."""

    fields: FieldRatios
    words: tuple[Weighed, ...]


def text_of(value: object) -> str:
    """What a value says as text: itself, the text of a reading, "" for nothing at all."""
    if isinstance(value, str):
        return value
    if is_reading(value):
        return value.text
    if value is None or value != value:
        return ""
    return str(value)


class ChildIndex:
    """All evidence tables of the enrolled children. Immutable after construction, safe to use from several threads.

    `unlisted_population` widens the population that frequencies are shares of: 0 for a whole district, more for a short list
    whose names say little about how common a name is.
    """

    def __init__(self, columns: EnrollmentColumns, unlisted_population: float) -> None:
        self.columns = columns
        self.records = [
            NameRecord(*cells)
            for cells in zip(
                columns.first, columns.middle, columns.last, columns.preferred_first, columns.other_names, strict=True
            )
        ]
        self.children_count = len(self.records)
        self.names = NameIndex(self.records, unlisted_population)
        self.dates = BirthDateIndex(columns.birth_date, unlisted_population)
        self.ids = StudentIdIndex(columns.student_id, columns.username, columns.state_id, unlisted_population)
        self.schools = SchoolIndex(columns.school)
        self.grades = GradeIndex(columns.grade)
        self.guardians = GuardianIndex(columns.guardians, columns.last, unlisted_population)

    def weigh(self, query: Query) -> WeighedQuery | None:
        """The query's ratios for the children worth a closer look; None where no field says anything."""
        found = self.weigh_all(query)
        return None if found is None else self.select(found.fields, found.words)

    def weigh_all(self, query: Query) -> WeighedFields | None:
        """The query's ratios for every child, (N,) each; None where no field says anything."""
        first = self._weigh_box(Role.FIRST, query.get("student_first"), query.get("other_name"))
        last = self._weigh_box(Role.LAST, query.get("student_last"), query.get("other_name"))
        words = self._weigh_words(query)
        any_order = self._sum_words(words)
        birth_date = self._weigh_date(query.get("birth_date"))
        student_id = self._weigh_id(query.get("student_id"))
        school = self._weigh_school(query.get("school"))
        grade = self._weigh_grade(query.get("grade"))
        guardian = self.guardians.weigh_text(text_of(query.get("parent_name")))
        middle = self._weigh_middle(query.get("student_middle"))
        if not self.children_count or all(
            field is None for field in (first, last, any_order, birth_date, student_id, school, grade, guardian)
        ):
            return None
        nothing = np.zeros(self.children_count, dtype=np.float32)
        first = nothing if first is None else first
        last = nothing if last is None else last
        straight = first + last
        if middle is not None:
            straight = straight + middle
        name = straight if any_order is None else self._either_order(straight, any_order)
        fields = FieldRatios(
            name=name,
            first=first,
            last=last,
            middle=nothing if middle is None else middle,
            birth_date=nothing if birth_date is None else birth_date,
            student_id=nothing if student_id is None else student_id,
            school=nothing if school is None else school,
            grade=nothing if grade is None else grade,
            guardian=nothing if guardian is None else guardian,
        )
        return WeighedFields(fields, words)

    @staticmethod
    def _either_order(straight: FloatArray, any_order: FloatArray) -> FloatArray:
        return np.asarray(np.maximum(straight, any_order + np.float32(OTHER_ORDER)))

    def select(self, fields: FieldRatios, words: tuple[Weighed, ...]) -> WeighedQuery:
        """The children within reach of the best, best first, and the sum of all others."""
        total = join_fields(fields)
        best = float(total.max())
        near = np.flatnonzero(total > best - NEGLIGIBLE)
        if near.size > MOST_SURVIVORS:
            near = near[np.argpartition(-total[near], MOST_SURVIVORS)[:MOST_SURVIVORS]]
        order = near[np.lexsort((near, -total[near]))].astype(np.int32)
        everybody = float(np.exp((total - best).astype(np.float64)).sum())
        looked_at = float(np.exp((total[order] - best).astype(np.float64)).sum())
        remainder = best + log(max(everybody - looked_at, 1e-300))
        family = self.names.weigh_family(order, words)
        return WeighedQuery(order, take_children(fields, order), family, remainder)

    def _weigh_box(self, role: Role, value: object, other: object) -> FloatArray | None:
        if is_reading(value):
            return weigh_name(self.names, role, value)
        weighed = self.names.weigh_text(role, text_of(value))
        if weighed is None:
            return None
        ratios = self.names.spread(role, weighed)
        words = words_of(text_of(other))
        if words:
            part = " ".join(words) if len(words) == 1 or role is Role.LAST else words[0]
            part = words[-1] if role is Role.LAST and len(words) > 1 else part
            instead = self.names.weigh_text(role, part)
            if instead is not None and (role is Role.FIRST or len(words) > 1):
                np.maximum(ratios, self.names.spread(role, instead) + np.float32(OTHER_NAME_INSTEAD), out=ratios)
        return ratios

    def _weigh_middle(self, value: object) -> FloatArray | None:
        weighed = self.names.weigh_text(Role.MIDDLE, text_of(value))
        return None if weighed is None else self.names.spread(Role.MIDDLE, weighed)

    def _weigh_words(self, query: Query) -> tuple[Weighed, ...]:
        words: list[str] = []
        for box in ("student_first", "student_middle", "student_last"):
            words.extend(word for word in words_of(text_of(query.get(box))) if len(word) > 1 and word not in words)
        weighed = (self.names.weigh_text(Role.ANY, word) for word in words[:MOST_WORDS])
        return tuple(found for found in weighed if found is not None)

    def _sum_words(self, words: tuple[Weighed, ...]) -> FloatArray | None:
        if not words:
            return None
        total = np.zeros(self.children_count, dtype=np.float32)
        for weighed in words:
            total += self.names.spread(Role.ANY, weighed)
        return total

    def _weigh_date(self, value: object) -> FloatArray | None:
        weighed = weigh_date(self.dates, value) if is_reading(value) else self.dates.weigh_text(text_of(value))
        if weighed is None:
            return None
        ratios: FloatArray = weighed.ratio[self.dates.date_of_child]
        return ratios

    def _weigh_id(self, value: object) -> FloatArray | None:
        weighed = weigh_id(self.ids, value) if is_reading(value) else self.ids.weigh_text(text_of(value))
        if weighed is None:
            return None
        ratios = np.full(self.children_count, weighed.floor, dtype=np.float32)
        ratios[weighed.children] = weighed.ratio
        ratios[self.ids.absent] = 0.0
        return ratios

    def _weigh_school(self, value: object) -> FloatArray | None:
        weighed = self.schools.weigh_text(text_of(value))
        return None if weighed is None else weighed[self.schools.school_of_child]

    def _weigh_grade(self, value: object) -> FloatArray | None:
        weighed = self.grades.weigh_text(text_of(value))
        return None if weighed is None else weighed[self.grades.grade_of_child]


def take_children(fields: FieldRatios, children: IntArray) -> FieldRatios:
    """The ratios of some children only."""
    return FieldRatios(
        name=fields.name[children],
        first=fields.first[children],
        last=fields.last[children],
        middle=fields.middle[children],
        birth_date=fields.birth_date[children],
        student_id=fields.student_id[children],
        school=fields.school[children],
        grade=fields.grade[children],
        guardian=fields.guardian[children],
    )
