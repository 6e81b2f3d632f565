"""Whether an enrollment extract may be taken without a person: one that lost students, or gives IDs to others, may be poisoned.

A wrong ID shows a stranger another child's record, and a missing student loses access at once. So an extract that differs from
the one in force by more than the limits is refused, the old one stays, and a lead who knows why gives it again with a reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consentry.errors import CommandError
from consentry.program import Program
from ingest.types import EnrolledStudent
from store import JsonValue


class _EnrollmentLimits(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    rows_down: float = Field(gt=0, le=1)
    ids_changed: float = Field(gt=0, le=1)
    least: int = Field(ge=1)


class _LimitsFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    enrollment: _EnrollmentLimits


@dataclass(frozen=True, slots=True)
class Differences:
    """How an extract differs from the one before: students then and now, and children whose ID is another one."""

    students_before: int
    students_now: int
    ids_changed: int

    def as_facts(self) -> dict[str, JsonValue]:
        """The counts, to be recorded."""
        return dict(asdict(self))


def compare_extracts(before: pd.DataFrame, now: Sequence[EnrolledStudent]) -> Differences:
    """Counts children, told by name and birth date, under another ID, and IDs that stand for another child."""
    children = zip(before["last"], before["first"], before["birth_date"], before["student_id"], strict=True)
    then = {student_id: (_fold(last), _fold(first), born) for last, first, born, student_id in children}
    here = {one.student_id: (_fold(one.last), _fold(one.first), one.birth_date) for one in now}
    ids_then, ids_now = _index(then), _index(here)
    moved = {student_id for child, student_id in ids_then.items() if child in ids_now and ids_now[child] != student_id}
    taken = {
        student_id
        for student_id in then.keys() & here.keys()
        if then[student_id][0] != here[student_id][0] and then[student_id][2] != here[student_id][2]
    }
    return Differences(len(then), len(here), len(moved | taken))


def find_too_different(program: Program, differences: Differences) -> str | None:
    """In words what of an extract passes the limits; None where nothing does."""
    limits = _load_limits(program)
    lost = differences.students_before - differences.students_now
    found = []
    if lost >= limits.least and lost >= limits.rows_down * differences.students_before:
        found.append(f"{lost} of {differences.students_before} students are missing")
    if differences.ids_changed >= limits.least and (
        differences.ids_changed >= limits.ids_changed * differences.students_before
    ):
        found.append(f"{differences.ids_changed} students stand under another ID")
    return " and ".join(found) or None


def _index(children: dict[str, tuple[str, str, str]]) -> dict[tuple[str, str, str], str]:
    """The ID of each child whom name and birth date tell from all others."""
    ids: dict[tuple[str, str, str], str | None] = {}
    for student_id, child in children.items():
        ids[child] = None if child in ids else student_id
    return {child: student_id for child, student_id in ids.items() if student_id is not None}


def _fold(name: object) -> str:
    return "".join(str(name).casefold().split())


def _load_limits(program: Program) -> _EnrollmentLimits:
    own = program.installation.home / "extracts.toml"
    built_in = resources.files("consentry") / "data/extracts.toml"
    try:
        content = (own if own.exists() else built_in).read_text("utf-8")
        return _LimitsFile.model_validate(tomllib.loads(content)).enrollment
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CommandError(f"extracts.toml has faults: {faults}") from None
    except ValueError:
        raise CommandError("extracts.toml is not TOML") from None
