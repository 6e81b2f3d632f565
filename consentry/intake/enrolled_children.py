"""The children of a snapshot in memory: the view that matching and the rules work with."""

from __future__ import annotations

import io
from datetime import date
from functools import cached_property

import pandas as pd
from sqlalchemy.orm import Session

from access.types import Roll
from consentry.errors import CommandError
from consentry.intake.snapshots import PROTECTED, find_snapshot
from matching import Matcher
from store import Installation
from store.tables import EnrollmentSnapshot


class EnrolledChildren:
    """One snapshot in memory: a matcher over it, and what the rules ask of a single child."""

    def __init__(self, snapshot_id: str, frame: pd.DataFrame) -> None:
        self.snapshot_id = snapshot_id
        self.frame = frame.set_index("student_id", drop=False)
        self.ids = frozenset(
            self.frame.index.tolist()
        )  # a list of str: iterating the column itself costs six times as much
        self._protected = frozenset(frame.loc[frame["protected"] == PROTECTED, "student_id"])
        self._matcher: Matcher | None = None

    @cached_property
    def roll(self) -> Roll:
        """Who is enrolled."""
        return Roll(self.schools, self._protected)

    @cached_property
    def schools(self) -> dict[str, str]:
        """The school of each child, by id."""
        return dict(zip(self.frame.index.tolist(), self.frame["school"].tolist(), strict=True))

    @property
    def matcher(self) -> Matcher:
        """The matcher over these children, indexed at first use."""
        if self._matcher is None:
            self._matcher = Matcher(self.frame.reset_index(drop=True))
        return self._matcher

    def find_birth_date(self, student_id: str) -> date | None:
        """A child's birth date, None for a child that isn't enrolled."""
        return date.fromisoformat(str(self.frame.at[student_id, "birth_date"])) if student_id in self.ids else None

    def is_protected(self, student_id: str) -> bool:
        """Whether a child's address is confidential."""
        return student_id in self._protected

    def are_siblings(self, one: str, other: str) -> bool:
        """Whether two children look like one family: a surname and a birth date, or a surname and a guardian, in common."""
        first, second = self.frame.loc[one], self.frame.loc[other]
        if not _words(first["last"]) & _words(second["last"]):
            return False
        guardians = {name for name in str(first["guardians"]).split(";") if name}
        return first["birth_date"] == second["birth_date"] or bool(guardians & set(str(second["guardians"]).split(";")))


class EnrollmentCache:
    """The newest snapshot on or before a day, loaded once a process."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._held: EnrolledChildren | None = None

    def find(self, session: Session, day: date) -> EnrolledChildren:
        """The children enrolled on `day`. `CommandError` where nothing was loaded."""
        snapshot = find_snapshot(session, day)
        if snapshot is None:
            raise CommandError("no enrollment is loaded: run 'consentry enrollment load' first")
        if self._held is None or self._held.snapshot_id != snapshot.snapshot_id:
            self._held = EnrolledChildren(snapshot.snapshot_id, read_snapshot(self._installation, snapshot))
        return self._held


def read_snapshot(installation: Installation, snapshot: EnrollmentSnapshot) -> pd.DataFrame:
    """A snapshot whole: a row a child, text in every column."""
    content = installation.documents.get(snapshot.document_sha256)
    return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)


def _words(name: object) -> set[str]:
    return set(str(name).casefold().replace("-", " ").split())
