"""A form as the contract's JSON has it: for `status`, `queue show` and `trace`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from consentry.pipeline.plans import FormPlan
from matching import Candidate
from review_queue import Ruling
from store import JsonValue
from store.tables import Form, FormTemplate


def show_match(form_plan: FormPlan, ruling: Ruling) -> dict[str, JsonValue]:
    """The `match` of a form's JSON: the child that the ruling rests on, and all candidates with their evidence."""
    return {
        "student_id": ruling.student_id,
        "probability": form_plan.match.probability,
        "candidates": show_candidates(form_plan.candidates),
        "list_row": form_plan.row.row_number,
    }


def show_candidates(candidates: Sequence[Candidate]) -> list[JsonValue]:
    """Candidates with their evidence, keys as in the contract."""
    return [
        {
            "student_id": candidate.student_id,
            "probability": candidate.probability,
            "evidence": [
                {
                    "field": piece.field,
                    "read": piece.read,
                    "agreement": piece.agreement,
                    "weight": round(piece.weight, 3),
                    "words": piece.words,
                    "witness": piece.witness,
                }
                for piece in candidate.evidence
            ],
        }
        for candidate in candidates
    ]


def show_form(session: Session, form: Form) -> dict[str, JsonValue]:
    """A form's JSON, keys as in the contract."""
    template = session.get(FormTemplate, form.template_id) if form.template_id else None
    decided = form.decided_by is not None and form.decided_on is not None
    return {
        "form_id": form.form_id,
        "submission_id": form.submission_id,
        "partner_id": form.partner_id,
        "source": {"file": form.file_name, "sha256": form.document_sha256, "page": form.page_index + 1},
        "template": (
            {"code": template.code, "school_year": template.school_year, "language": template.language}
            if template
            else None
        ),
        "fields": form.fields,
        "signature": form.signature or {"present": False, "confidence": 0.0},
        "match": form.match or {"student_id": None, "probability": 0.0, "candidates": [], "list_row": None},
        "state": form.state,
        "reasons": list(form.reasons),
        "findings": form.findings,
        "decision": (
            {"by": form.decided_by, "on": str(form.decided_on), "why": form.decided_why or ""} if decided else None
        ),
    }
