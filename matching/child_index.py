"""Weighs one query against every enrolled child, field by field.

Decides the log-likelihood ratios that `posterior` joins. Every child is considered: there are no blocks. A distinct value is
weighed once; then children are ranked quickly, and all within reach of the best are
weighed in full. Never joins fields into a probability and never words evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from matching.birth_dates import FLOOR, BirthDateIndex, WeighedDates
from matching.enrollment_columns import EnrollmentColumns
from matching.grades import GradeIndex
from matching.guardians import GuardianIndex
from matching.name_index import NameIndex, Weighed, take_best, weigh_family
from matching.name_roles import NameRecord, Role
from matching.name_vocabulary import FloatArray, IntArray
from matching.pixels import weigh_date, weigh_id, weigh_school
from matching.posterior import OTHER_ORDER, FieldRatios, join_fields, join_ratios, join_witnesses, take_rows
from matching.query_reading import NameBox, ReadNames, read_guardian, read_names, text_of
from matching.schools import SchoolIndex
from matching.student_ids import StudentIdIndex
from matching.types import Query, is_reading

GIVEN_NAME_LEFT_OUT = log(0.04)
MOST_WEIGHED = 2_000
MOST_LISTED = 300
WITHIN_REACH = 18.0
"""Children this many nats behind the best in the quick ranking are summed up, not weighed in full."""
NEGLIGIBLE = 28.0
"""And those this many nats behind aren't even summed: a million of them weigh less than a millionth of the best."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadQuery:
    """A query weighed against distinct values; None where a box says nothing. `student_id` is one ratio a child, (N,)."""

    names: ReadNames
    birth_date: WeighedDates | None
    student_id: FloatArray | None
    school: FloatArray | None
    grade: FloatArray | None
    guardian: tuple[Weighed, ...]

    @property
    def says_nothing(self) -> bool:
        """Whether no box says anything."""
        names = self.names
        fields = (names.first, names.last, self.birth_date, self.student_id, self.school, self.grade)
        return not names.words and not self.guardian and all(field is None for field in fields)


@dataclass(frozen=True, slots=True, eq=False)
class ReachedChildren:
    """The children worth weighing in full, (M,), and the log sum of the likelihood ratios of all others."""

    children: IntArray
    remainder: float


@dataclass(frozen=True, slots=True, eq=False)
class WeighedChildren:
    """Some children, (M,), their ratios, and what the written words say for a brother or sister of each, (M,)."""

    children: IntArray
    fields: FieldRatios
    family: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class WeighedQuery:
    """The children worth listing, best first, and the log sum of the likelihood ratios of all others.

    `order` are their places among the children that were weighed.
    """

    best: WeighedChildren
    remainder: float
    order: IntArray


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
        self._school_and_grade = self.schools.school_of_child * 16 + self.grades.grade_of_child
        self.guardians = GuardianIndex(columns.guardians, columns.last, unlisted_population)

    def read(self, query: Query) -> ReadQuery | None:
        """The query weighed against distinct values; None where it says nothing or nobody is enrolled."""
        if not self.children_count:
            return None
        date_value = query.get("birth_date")
        found = ReadQuery(
            names=read_names(self.names, query),
            birth_date=(
                weigh_date(self.dates, date_value)
                if is_reading(date_value)
                else self.dates.weigh_text(text_of(date_value))
            ),
            student_id=self._weigh_id(query.get("student_id")),
            school=self._weigh_school(query.get("school")),
            grade=self.grades.weigh_text(text_of(query.get("grade"))),
            guardian=read_guardian(self.guardians, query),
        )
        return None if found.says_nothing else found

    def reach(self, read: ReadQuery) -> ReachedChildren:
        """The children that the evidence could make likely, and what all others weigh together."""
        total = np.zeros(self.children_count, dtype=np.float32)
        names = read.names
        for box in (names.first, names.last):
            if box is not None and box.pixels is not None:
                total += box.pixels
        if names.swapped is not None:
            np.maximum(total, names.swapped + np.float32(OTHER_ORDER), out=total)
        for weighed in names.anywhere:
            self.names.add_gains(total, Role.ANY, weighed)
        floors = sum(weighed.floor for weighed in names.anywhere)
        if read.birth_date is not None:
            self.dates.add_ratios(total, read.birth_date)
            floors += FLOOR
        if read.student_id is not None:
            total += read.student_id
        if read.school is not None or read.grade is not None:
            school = np.zeros(len(self.schools.texts) + 1, dtype=np.float32) if read.school is None else read.school
            grade = np.zeros(16, dtype=np.float32) if read.grade is None else read.grade
            total += np.add.outer(school, grade).ravel()[self._school_and_grade]
        self.guardians.add_gains(total, read.guardian)
        best = float(total.max())
        heavy = np.flatnonzero(total >= best - NEGLIGIBLE)
        gains = total[heavy]
        within = gains >= best - WITHIN_REACH
        near, weight = heavy[within], np.exp(gains - np.float32(best))
        if near.size > MOST_WEIGHED:
            kept = np.argpartition(-gains[within], MOST_WEIGHED)[:MOST_WEIGHED]
            left = float(weight.sum(dtype=np.float64)) - float(weight[within][kept].sum(dtype=np.float64))
            near = near[kept]
        else:
            left = float(weight[~within].sum(dtype=np.float64))
        return ReachedChildren(near.astype(np.int32), best + floors + log(max(left, 1e-30)))

    def weigh(self, read: ReadQuery, children: IntArray) -> WeighedChildren:
        """All ratios of some children, (M,) each."""
        nothing = np.zeros(children.size, dtype=np.float32)
        names = read.names
        first, middle, last = (self._take_box(box, children) for box in (names.first, names.middle, names.last))
        name = first + middle + last
        if names.words:
            any_order = np.zeros(children.size, dtype=np.float32)
            anywhere = self.names.postings[Role.ANY].expand(children)
            for weighed in names.words:
                any_order += take_best(anywhere, weighed)
            any_order += self._price_unnamed(children, names.words)
            name = np.maximum(name, any_order + np.float32(OTHER_ORDER))
        if names.swapped is not None:
            name = np.maximum(name, names.swapped[children] + np.float32(OTHER_ORDER))
        fields = FieldRatios(
            name=name,
            first=first,
            last=last,
            middle=middle,
            birth_date=nothing
            if read.birth_date is None
            else read.birth_date.ratio[self.dates.date_of_child[children]],
            student_id=nothing if read.student_id is None else read.student_id[children],
            school=nothing if read.school is None else read.school[self.schools.school_of_child[children]],
            grade=nothing if read.grade is None else read.grade[self.grades.grade_of_child[children]],
            guardian=self.guardians.take(children, read.guardian) if read.guardian else nothing,
        )
        family = weigh_family(self.names.postings[Role.FAMILY].expand(children), names.words)
        return WeighedChildren(children, fields, family)

    def _price_unnamed(self, children: IntArray, words: tuple[Weighed, ...]) -> FloatArray:
        """In whatever order a name stands, the child's own given name is hardly ever left out."""
        given = self.names.postings[Role.FIRST].expand(children)
        named = given.without.copy()
        for weighed in words:
            named |= given.best(weighed.ids, weighed.ratio) > 0.0
        return np.where(named, np.float32(0.0), np.float32(GIVEN_NAME_LEFT_OUT))

    def _take_box(self, box: NameBox | None, children: IntArray) -> FloatArray:
        if box is None:
            return np.zeros(children.size, dtype=np.float32)
        if box.pixels is not None:
            pixels: FloatArray = box.pixels[children]
            return pixels
        forms = self.names.postings[box.role].expand(children)
        ratios = take_best(forms, box.written[0])
        for other in box.written[1:]:
            np.maximum(ratios, take_best(forms, other), out=ratios)
        return ratios

    def _weigh_school(self, value: object) -> FloatArray | None:
        return weigh_school(self.schools, value) if is_reading(value) else self.schools.weigh_text(text_of(value))

    def _weigh_id(self, value: object) -> FloatArray | None:
        weighed = weigh_id(self.ids, value) if is_reading(value) else self.ids.weigh_text(text_of(value))
        if weighed is None:
            return None
        ratios = np.full(self.children_count, weighed.floor, dtype=np.float32)
        ratios[weighed.children] = weighed.ratio
        ratios[self.ids.absent] = 0.0
        return ratios


def select_best(weighed: WeighedChildren, remainder: float) -> WeighedQuery:
    """The most likely children, best first; the rest joins the `remainder`, a log sum of likelihood ratios."""
    total = join_fields(weighed.fields)
    order = np.lexsort((weighed.children, -total)).astype(np.int32)
    order, rest = order[:MOST_LISTED], order[MOST_LISTED:]
    if rest.size:
        remainder = float(np.logaddexp(remainder, np.logaddexp.reduce(total[rest].astype(np.float64))))
    kept = WeighedChildren(weighed.children[order], take_rows(weighed.fields, order), weighed.family[order])
    return WeighedQuery(kept, remainder, order)


def join_weighed(form: WeighedChildren, row: WeighedChildren) -> WeighedChildren:
    """Form and list row together, for the same children in the same order."""
    return WeighedChildren(form.children, join_witnesses(form.fields, row.fields), join_ratios(form.family, row.family))
