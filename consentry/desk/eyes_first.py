"""Which field of a case a person keys before any suggestion is shown, because that one field decides the case.

Who confirms a value that stands there already overlooks most errors; who keys what they see is a third witness. Asked of each
person once a case, and only where nothing but the child is in doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from matching import Agreement
from review_queue import Reason
from store import JsonValue
from store.tables import Form

DECIDING_FIELDS = ("birth_date", "student_id")
ABOUT_IDENTITY = frozenset(
    {
        Reason.LOW_PROBABILITY,
        Reason.FORM_ROW_MISMATCH,
        Reason.AMBIGUOUS,
        Reason.TWIN_OR_SIBLING,
        Reason.NOT_ENROLLED,
        Reason.CANNOT_CONFIRM,
    }
)
"""Reasons that say whose form it is isn't sure; all others are about the paper."""

_SURE = 0.9


def find_field_to_key(form: Form, reasons: Collection[str], keyed_by_person: Collection[str]) -> str | None:
    """The field that decides a case and that the person has not keyed on it; None where no single field does."""
    if not reasons or any(Reason(code) not in ABOUT_IDENTITY for code in reasons) or keyed_by_person:
        return None
    doubtful = [name for name in DECIDING_FIELDS if _has_ink(form, name) and _is_doubtful(form, name)]
    disagreeing = set(_list_disagreeing(form))
    return next((name for name in doubtful if not disagreeing - {name}), None)


def _has_ink(form: Form, name: str) -> bool:
    field = form.fields.get(name)
    return isinstance(field, dict) and bool(field.get("value")) and isinstance(field.get("box"), list)


def _is_doubtful(form: Form, name: str) -> bool:
    field = form.fields[name]
    unsure = isinstance(field, dict) and float(str(field.get("confidence") or 0.0)) < _SURE
    levels = {str(piece["agreement"]) for piece in _list_evidence(form) if piece.get("field") == name}
    return unsure or levels != {Agreement.EXACT.value}


def _list_disagreeing(form: Form) -> Iterator[str]:
    for piece in _list_evidence(form):
        if piece.get("agreement") == Agreement.DIFFERENT:
            yield str(piece["field"])


def _list_evidence(form: Form) -> Iterator[dict[str, JsonValue]]:
    """What the form's own ink says of the best candidate."""
    candidates = form.match.get("candidates")
    best = candidates[0] if isinstance(candidates, list) and candidates else None
    evidence = best.get("evidence") if isinstance(best, dict) else None
    for piece in evidence if isinstance(evidence, list) else []:
        if isinstance(piece, dict) and piece.get("witness") == "form":
            yield piece
