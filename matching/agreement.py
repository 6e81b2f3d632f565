"""Sums up a candidate's evidence by the groups that the decision rules speak of: ID, name, birth date, school.

Decides one level a group. Never decides whether that is enough: the review queue's rules do.
"""

from __future__ import annotations

from dataclasses import dataclass

from matching.types import Agreement, Candidate, Evidence, Witness

_ORDER = tuple(level for level in Agreement if level is not Agreement.MISSING)


@dataclass(frozen=True, slots=True)
class AgreementSummary:
    """The level of each group. `name` is the lower of first and last name, MISSING unless both boxes say something."""

    name: Agreement
    first_name: Agreement
    last_name: Agreement
    birth_date: Agreement
    student_id: Agreement
    school: Agreement
    grade: Agreement
    parent: Agreement

    @property
    def birth_date_agrees(self) -> bool:
        """The birth date is the enrolled one: a swapped day and month or another digit is for a person to see."""
        return self.birth_date is Agreement.EXACT

    @property
    def student_id_agrees(self) -> bool:
        """The ID is the child's, or the child's username or state ID stands in its place."""
        return self.student_id in {Agreement.EXACT, Agreement.VARIANT}


def summarise_agreement(candidate: Candidate, witness: Witness = Witness.FORM) -> AgreementSummary:
    """What one witness says about the candidate, by group; a field without evidence is MISSING."""
    return summarise_evidence(tuple(piece for piece in candidate.evidence if piece.witness is witness))


def summarise_evidence(evidence: tuple[Evidence, ...]) -> AgreementSummary:
    """The evidence by group; a field without evidence is MISSING."""
    level = {piece.field: piece.agreement for piece in evidence}

    def of(field: str) -> Agreement:
        return level.get(field, Agreement.MISSING)

    first, last = of("student_first"), of("student_last")
    name = Agreement.MISSING if Agreement.MISSING in {first, last} else max(first, last, key=_ORDER.index)
    return AgreementSummary(
        name=name,
        first_name=first,
        last_name=last,
        birth_date=of("birth_date"),
        student_id=of("student_id"),
        school=of("school"),
        grade=of("grade"),
        parent=of("parent_name"),
    )
