"""Typed ids, and how they are made.

An id that stands for content is derived from that content, so that the same work done twice names the same thing. No id
carries a name, a birth date or anything else of a person. A `StudentId` is the district's own 7-digit id.
"""

from __future__ import annotations

import hashlib
from typing import NewType

StudentId = NewType("StudentId", str)
PartnerId = NewType("PartnerId", str)
SubmissionId = NewType("SubmissionId", str)
FormId = NewType("FormId", str)
CaseId = NewType("CaseId", str)
DecisionId = NewType("DecisionId", str)
GrantId = NewType("GrantId", str)
TemplateId = NewType("TemplateId", str)
SnapshotId = NewType("SnapshotId", str)
Sha256 = NewType("Sha256", str)


def derive_id(prefix: str, *parts: str) -> str:
    """An id of `prefix` and 16 hexadecimal digits, the same for the same parts in the same order."""
    joined = "\x1f".join((prefix, *parts)).encode()
    return f"{prefix}-{hashlib.sha256(joined).hexdigest()[:16]}"
