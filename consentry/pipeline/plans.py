"""The plan of a submission's settlement, what planning found of each form: one stored document for whoever shows or records."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from matching import Candidate
from review_queue import MatchFacts, PaperFacts, RowFacts


@dataclass(frozen=True, slots=True)
class FormPlan:
    """What planning found for one form. `sheet_id`: the printed sheet that it is, where its page agrees with its code."""

    form_id: str
    paper: PaperFacts
    row: RowFacts
    match: MatchFacts
    candidates: tuple[Candidate, ...]
    sheet_id: str | None = None


@dataclass(frozen=True, slots=True)
class JoinedForm:
    """A form of several pages, or one that lacks pages: its whole reading, and the rows of its further pages."""

    form_id: str
    reading_sha256: str
    further: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """A row whose form came with an earlier submission of the partner."""

    row_number: int
    form_id: str


@dataclass(frozen=True, slots=True)
class SettlementPlan:
    """What planning found for a submission, and the enrollment that it was matched against. `settlement`: how often the
    submission had been settled or woken by then; None in plans of before.
    """

    submission_id: str
    snapshot_id: str
    forms: tuple[FormPlan, ...]
    answered_before: tuple[AnsweredRow, ...] = ()
    joined: tuple[JoinedForm, ...] = ()
    taken_up: tuple[FormPlan, ...] = ()
    settlement: int | None = None


_PLAN_JSON = TypeAdapter(SettlementPlan)


def write_plan(plan: SettlementPlan) -> bytes:
    """A plan as it is stored."""
    return _PLAN_JSON.dump_json(plan)


def read_plan(content: bytes) -> SettlementPlan:
    """A stored plan."""
    return _PLAN_JSON.validate_json(content)
