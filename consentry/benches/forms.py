"""The bench of drafted field maps: blanks robbed of their form fields, their maps drafted and held against the fields' boxes.

Once with the text that the PDF holds, once as pictures that are read first. It only counts. Accepted limit: labels were
gathered with the samples and one strange form at hand, and cells of labels were learned on another.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pikepdf
from PIL import Image

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS, FormPlan
from ocr import draft_field_map
from ocr.blank_pdfs import PointBox

_RIGHT_PLACE = 0.5
_READ_AS_PICTURES = ("en", "es", "vi", "so")


@dataclass(frozen=True, slots=True)
class DraftCount:
    """Of one blank: fields there are, fields drafted in their place, in a wrong one, and how well the right boxes overlap."""

    fields: int
    right: int
    wrong: int
    overlaps: tuple[float, ...]


def measure_overlap(one: PointBox, other: PointBox) -> float:
    """The area that two boxes share, of the area that they cover together (0 to 1)."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    both = max(across, 0.0) * max(down, 0.0)
    areas = [(box.right - box.left) * (box.bottom - box.top) for box in (one, other)]
    return both / (sum(areas) - both)


def count_draft(blank: Path, true: BlankForm) -> DraftCount:
    """Drafts the map of a blank of one page and counts."""
    drafted = draft_field_map(blank).field_map.on_page(1)
    overlaps = {
        name: measure_overlap(drafted[name], PointBox(box.left, box.top, box.right, box.bottom))
        for name, box in true.boxes.items()
        if name in drafted
    }
    right = tuple(share for share in overlaps.values() if share > _RIGHT_PLACE)
    return DraftCount(len(true.boxes), len(right), len(drafted) - len(right), right)


def measure_drafts() -> dict[str, object]:
    """Shares of fields found and mean overlaps, of the district's samples and of strange forms."""
    own = [plan for plan in PLANS if plan.code.startswith("SPS")]
    strange = [plan for plan in PLANS if not plan.code.startswith("SPS")]
    latin = [plan for plan in own if plan.language in _READ_AS_PICTURES]
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "blank.pdf"
        return {
            "samples": _sum_up([_count_without_fields(plan, bare) for plan in own]),
            "strange forms": _sum_up([_count_without_fields(plan, bare) for plan in strange]),
            "samples as pictures (en, es, vi, so)": _sum_up([_count_as_picture(plan, bare) for plan in latin]),
            "strange forms as pictures": _sum_up([_count_as_picture(plan, bare) for plan in strange]),
        }


def _sum_up(counts: Sequence[DraftCount]) -> dict[str, object]:
    fields = sum(count.fields for count in counts)
    overlaps = [share for count in counts for share in count.overlaps]
    return {
        "blanks": len(counts),
        "fields": fields,
        "found": round(sum(count.right for count in counts) / max(fields, 1), 4),
        "in_a_wrong_place": sum(count.wrong for count in counts),
        "overlap_mean": round(float(np.mean(overlaps)), 3) if overlaps else None,
    }


def _count_without_fields(plan: FormPlan, target: Path) -> DraftCount:
    with pikepdf.open(FORMS_FOLDER / plan.file) as pdf:
        del pdf.Root.AcroForm
        for page in pdf.pages:
            del page.obj.Annots
        pdf.save(target)
    return count_draft(target, BlankForm.load(FORMS_FOLDER / plan.file))


def _count_as_picture(plan: FormPlan, target: Path) -> DraftCount:
    blank = BlankForm.load(FORMS_FOLDER / plan.file)
    Image.fromarray(blank.draw()).convert("L").save(target, "PDF", resolution=200)
    return count_draft(target, blank)
