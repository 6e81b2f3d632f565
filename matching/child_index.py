"""All evidence tables of the enrolled children, and reading a query against them.

Decides nothing: it holds the tables that `reach` and `weighing` ask. A distinct value is weighed once, however many children
bear it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching.birth_dates import BirthDateIndex
from matching.enrollment_columns import EnrollmentColumns, TextColumn
from matching.grades import GRADES, GradeIndex
from matching.guardians import GuardianIndex
from matching.name_index import NameIndex
from matching.name_roles import NameRecord
from matching.name_vocabulary import FloatArray, IntArray
from matching.pixels import weigh_date, weigh_id, weigh_school
from matching.posterior import WeighedPairs
from matching.query_reading import ReadQuery, prepare_names, read_names, text_of
from matching.schools import SchoolIndex
from matching.sibling_names import learn_shared_words
from matching.student_ids import StudentIdIndex
from matching.types import Query, check_queries, is_reading
from matching.weighing import PairWeigher
from matching.weights import Weights


class ChildIndex:
    """All evidence tables of the enrolled children. Immutable after construction, safe to use from several threads.

    `unlisted_population` widens the population that frequencies are shares of: 0 for a whole district, more for a short list
    whose names say little about how common a name is.
    """

    def __init__(self, columns: EnrollmentColumns, weights: Weights, unlisted_population: float) -> None:
        self.columns = columns
        self.weights = weights
        self.children_count = len(columns.student_id)
        self.dates = BirthDateIndex(columns.birth_date, weights, unlisted_population)
        self.names = NameIndex(columns, self.dates.first_of_january, weights, unlisted_population)
        self.ids = StudentIdIndex(columns.student_id, columns.username, columns.state_id, weights, unlisted_population)
        families = number_families(columns.last, columns.guardians)
        self.schools = SchoolIndex(columns.school, families, weights)
        self.shared_first_word = learn_shared_words(columns.first, families, weights.rivals.first_word)
        self.grades = GradeIndex(columns.grade, weights)
        self.guardians = GuardianIndex(columns.guardians, columns.last, weights, unlisted_population)
        self.cell_of_child: IntArray = self.schools.school_of_child * np.int32(GRADES) + self.grades.grade_of_child
        cells = (len(self.schools.texts) + 1) * GRADES
        self.children_of_cell: FloatArray = np.bincount(self.cell_of_child, minlength=cells).astype(np.float32)

    def record(self, child: int) -> NameRecord:
        """A child's names."""
        columns = self.columns
        return NameRecord(
            columns.first[child],
            columns.middle[child],
            columns.last[child],
            columns.preferred_first[child],
            columns.other_names[child],
        )

    def read_all(self, queries: Sequence[Query]) -> list[ReadQuery | None]:
        """`read` of each query; what they have in common is weighed once, and single words all in one go."""
        check_queries(queries)
        prepare_names(self.names, queries)
        self.ids.prepare(number for query in queries if isinstance(number := query.get("student_id"), str))
        self.dates.prepare(date for query in queries if isinstance(date := query.get("birth_date"), str))
        self.guardians.prepare(
            {
                word: None
                for query in queries
                for word in self.guardians.choose_words(
                    text_of(query.get("parent_name")), text_of(query.get("student_last"))
                )
            }
        )
        return [self.read(query) for query in queries]

    def read(self, query: Query) -> ReadQuery | None:
        """The query weighed against distinct values; None where it says nothing or nobody is enrolled."""
        check_queries([query])
        if not self.children_count:
            return None
        date, number, school = query.get("birth_date"), query.get("student_id"), query.get("school")
        found = ReadQuery(
            names=read_names(self.names, query),
            birth_date=weigh_date(self.dates, date) if is_reading(date) else self.dates.weigh_text(text_of(date)),
            student_id=weigh_id(self.ids, number) if is_reading(number) else self.ids.weigh_text(text_of(number)),
            school=weigh_school(self.schools, school)
            if is_reading(school)
            else self.schools.weigh_text(text_of(school)),
            grade=self.grades.weigh_text(text_of(query.get("grade"))),
            guardian=self.guardians.weigh_words(text_of(query.get("parent_name")), text_of(query.get("student_last"))),
        )
        return None if found.says_nothing else found

    def weigh(self, reads: Sequence[ReadQuery], query: IntArray, children: IntArray) -> WeighedPairs:
        """Pairs of a query, by its number in `reads`, ascending, and a child, weighed in full."""
        return PairWeigher(self, reads, query, children).weigh()


def number_families(surnames: TextColumn, guardians: TextColumn) -> IntArray:
    """A number for each child's family, (N,): same surname and same guardians as the enrollment has them; -1 unknown."""
    pairs = guardians.codes.astype(np.int64) * len(surnames.values) + surnames.codes
    known = np.array([bool(text) for text in guardians.values])[guardians.codes]
    numbers = np.unique(pairs, return_inverse=True)[1].astype(np.int32)
    return np.where(known, numbers, np.int32(-1))
