"""Which kind of form it is, as far as a threshold may differ by it: never by anything that only the answer tells."""

from __future__ import annotations

from ingest.types import MediaType
from matching.types import Agreement
from review_queue import MatchFacts, Stratum
from store.tables import Form

_PHOTOS = frozenset({MediaType.JPEG, MediaType.HEIC})
_TYPED = "typed"


def find_stratum(form: Form, language: str, match: MatchFacts) -> Stratum:
    """The stratum of a read form. A JPEG or HEIC counts as a photo: office scanners send PDF or TIFF."""
    field = form.fields.get("student_last")
    if isinstance(field, dict) and field.get("engine") == _TYPED:
        scan = _TYPED
    else:
        scan = "photo" if MediaType(form.media_type) in _PHOTOS else "scan"
    number = "absent" if match.student_number is Agreement.MISSING else "present"
    return Stratum(number, language, scan)
