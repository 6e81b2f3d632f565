"""What a blind keying says against the granted child: field by field, and whom the keyed values mean among all enrolled.

The same ladder as in matching judges a field, so a nickname or another spelling agrees; in an ID or a birth date a single digit
differs. The keyed values disagree with the grant if a field differs or if they mean another child more than the granted one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consentry.errors import CommandError
from consentry.intake.enrolled_children import EnrolledChildren
from ingest import parse_written_date
from matching import Agreement, Candidate

KEYED_FIELDS = ("student_first", "student_last", "student_id", "birth_date")
ILLEGIBLE = "?"

_AGREES, _DIFFERS, _EMPTY, _UNREADABLE = "agrees", "differs", "empty", "illegible"
_ALLOWED = {
    "student_first": {Agreement.EXACT, Agreement.VARIANT, Agreement.CLOSE},
    "student_last": {Agreement.EXACT, Agreement.VARIANT, Agreement.CLOSE},
    "student_id": {Agreement.EXACT, Agreement.VARIANT},
    "birth_date": {Agreement.EXACT},
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field: it agrees, differs, is empty on the form, or illegible."""

    field: str
    outcome: str


@dataclass(frozen=True, slots=True)
class ComparedKeying:
    """All fields, and the child that the keyed values mean; None if none is found."""

    comparisons: tuple[Comparison, ...]
    matched_student_id: str | None
    granted_student_id: str

    @property
    def says_something(self) -> bool:
        """Whether any field could be keyed."""
        return any(entry.outcome in (_AGREES, _DIFFERS) for entry in self.comparisons)

    @property
    def disagrees(self) -> bool:
        """Whether the keying speaks against the grant."""
        differs = any(entry.outcome == _DIFFERS for entry in self.comparisons)
        return differs or (self.says_something and self.matched_student_id not in (None, self.granted_student_id))


def tidy_keyed(field: str, value: str) -> str:
    """A keyed value as the matcher takes it. `CommandError` for a field that isn't keyed, or a date of no calendar."""
    if field not in KEYED_FIELDS:
        raise CommandError(f"only these fields are keyed: {', '.join(KEYED_FIELDS)}")
    tidy = " ".join(value.split())
    if len(tidy) > 120:
        raise CommandError("a keyed value has up to 120 letters")
    if tidy in ("", ILLEGIBLE):
        return tidy
    if field == "birth_date":
        days = parse_written_date(tidy)
        if not days:
            raise CommandError("key the date like 03/04/2012 or 2012-03-04, '?' if it is illegible")
        return days[0]
    return "".join(tidy.split()) if field == "student_id" else tidy


def compare_keyed(keyed: Mapping[str, str], granted: str, children: EnrolledChildren) -> ComparedKeying:
    """Compares tidy keyed values with the granted child of the enrollment that the grant rests on."""
    query = {name: value for name, value in keyed.items() if value not in ("", ILLEGIBLE)}
    candidates = children.matcher.match(query) if query else []
    own = next((found for found in candidates if found.student_id == granted), None)
    compared = tuple(
        Comparison(name, _compare(name, keyed[name], own, granted, children)) for name in KEYED_FIELDS if name in keyed
    )
    return ComparedKeying(compared, _find_meant(candidates, granted), granted)


def _find_meant(candidates: list[Candidate], granted: str) -> str | None:
    if not candidates:
        return None
    own = next((found.probability for found in candidates if found.student_id == granted), 0.0)
    return candidates[0].student_id if candidates[0].probability > own else granted


def _compare(name: str, value: str, own: Candidate | None, granted: str, children: EnrolledChildren) -> str:
    if value in ("", ILLEGIBLE):
        return _UNREADABLE if value else _EMPTY
    level = next((piece.agreement for piece in own.evidence if piece.field == name), None) if own else None
    if level is not None and level is not Agreement.MISSING:
        return _AGREES if level in _ALLOWED[name] else _DIFFERS
    column = {"student_first": "first", "student_last": "last"}.get(name, name)
    enrolled = str(children.frame.at[granted, column]) if granted in children.ids else ""
    return _AGREES if value.casefold() == enrolled.casefold() else _DIFFERS
