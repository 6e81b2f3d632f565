"""The newest enrollment in a server's memory: loaded once, its matcher indexed in the background, renewed on a new snapshot.

Safe to ask from several threads. Students can also be looked up by any part of a name, a birth date or an ID: for the child
that no candidate shows.
"""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass, fields
from datetime import date

from anyascii import anyascii
from sqlalchemy.orm import Session

from consentry.intake.enrolled_children import EnrolledChildren, EnrollmentCache
from ingest import parse_written_date
from store import Installation

MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class ShownStudent:
    """An enrolled student as the people inside see them. Dates YYYY-MM-DD, several names or guardians joined by `;`."""

    protected: bool
    student_id: str
    first: str
    middle: str
    last: str
    preferred_first: str
    other_names: str
    birth_date: str
    school: str
    grade: str
    guardians: str


_TEXTS = tuple(field.name for field in fields(ShownStudent) if field.name != "protected")


@dataclass(frozen=True, slots=True)
class _Held:
    children: EnrolledChildren
    students: dict[str, ShownStudent]
    searchable: tuple[str, ...]
    order: tuple[str, ...]


class HeldEnrollment(EnrollmentCache):
    """The newest snapshot on or before a day, for many threads."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(installation)
        self._lock = threading.Lock()
        self._indexing = threading.Lock()
        self._view: _Held | None = None
        self._indexed: EnrolledChildren | None = None

    def find(self, session: Session, day: date) -> EnrolledChildren:
        """The children enrolled on `day`. `CommandError` where nothing was loaded."""
        with self._lock:
            children = super().find(session, day)
        if self._view is None or self._view.children is not children:
            with self._lock:
                if self._view is None or self._view.children is not children:
                    self._view = _arrange(children)
                    threading.Thread(target=self._index, args=(children,), daemon=True).start()
        return children

    def index(self, children: EnrolledChildren) -> EnrolledChildren:
        """The same children, with their matcher indexed: waits where another thread is at it."""
        self._index(children)
        return children

    def show(self, session: Session, day: date, student_ids: list[str]) -> dict[str, ShownStudent]:
        """The students of those ids that are enrolled on `day`."""
        self.find(session, day)
        students = self._view.students if self._view else {}
        return {number: students[number] for number in student_ids if number in students}

    def search(self, session: Session, day: date, text: str) -> list[ShownStudent]:
        """Students on whom every word of `text` fits, at most `MOST_FOUND`, by name; a word may be part of a name, a birth
        date in any of the usual ways of writing, or an ID. Empty for less than two letters.
        """
        self.find(session, day)
        words = [_fold_word(word) for word in text.split()]
        if self._view is None or sum(len(word) for word in words) < 2:
            return []
        found = []
        for number, line in zip(self._view.order, self._view.searchable, strict=True):
            if all(word in line for word in words):
                found.append(self._view.students[number])
                if len(found) == MOST_FOUND:
                    break
        return found

    def _index(self, children: EnrolledChildren) -> None:
        with self._indexing:
            if self._indexed is not children:
                _ = children.matcher
                _spare_from_collection()
                self._indexed = children


def _spare_from_collection() -> None:
    """Has the garbage collector leave alone what is in memory now: with tens of thousands of students in it each of its full
    rounds would hold every page up. The snapshot before is let go of first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _arrange(children: EnrolledChildren) -> _Held:
    texts = (children.frame[name].astype(str).tolist() for name in _TEXTS)
    rows = [ShownStudent(children.is_protected(cells[0]), *cells) for cells in zip(*texts, strict=True)]
    rows.sort(key=lambda row: (row.last.casefold(), row.first.casefold(), row.student_id))
    lines = tuple(
        _fold(" ".join((row.first, row.middle, row.last, row.preferred_first, row.other_names)))
        + f" {row.birth_date} {row.student_id}"
        for row in rows
    )
    return _Held(children, {row.student_id: row for row in rows}, lines, tuple(row.student_id for row in rows))


def _fold(text: str) -> str:
    return " " + str(anyascii(text)).casefold().replace("'", "").replace("-", " ").replace(";", " ")


def _fold_word(word: str) -> str:
    if any(sign.isdigit() for sign in word) and not word.isdigit():
        days = parse_written_date(word)
        if days:
            return days[0]
    folded = _fold(word).strip()
    return folded if folded.isdigit() else " " + folded
