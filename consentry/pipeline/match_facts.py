"""What the rules need to know of a match: the best child, its rival, how far the two witnesses carry it."""

from __future__ import annotations

from collections.abc import Sequence

from consentry.intake.enrolled_children import EnrolledChildren
from matching import Candidate, Witness, summarise_agreement
from review_queue import MatchFacts


def gather_match_facts(
    candidates: Sequence[Candidate],
    alone: Sequence[Candidate],
    by_row: Sequence[Candidate],
    children: EnrolledChildren,
) -> MatchFacts:
    """The facts of a form's match: by both witnesses, by the form `alone`, and by its row."""
    if not candidates:
        return MatchFacts()
    best = candidates[0]
    rival = candidates[1] if len(candidates) > 1 else None
    agreement = summarise_agreement(best)
    return MatchFacts(
        student_id=best.student_id,
        probability=best.probability,
        form_probability=_probability_of(best.student_id, alone),
        row_student_id=by_row[0].student_id if by_row else None,
        row_probability=by_row[0].probability if by_row else 0.0,
        runner_up=rival.probability if rival else 0.0,
        student_number=agreement.student_id,
        row_student_number=summarise_agreement(best, Witness.ROW).student_id,
        name=agreement.name,
        birth_date=agreement.birth_date,
        school=agreement.school,
        rival_is_sibling=rival is not None and children.are_siblings(best.student_id, rival.student_id),
        protected=children.is_protected(best.student_id),
        enrolled_birth_date=children.find_birth_date(best.student_id),
    )


def _probability_of(student_id: str, candidates: Sequence[Candidate]) -> float:
    return next((found.probability for found in candidates if found.student_id == student_id), 0.0)
