"""The sample blanks as the benches use them: as they are filled in, and as reading knows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand
from ocr.template import Template

_VALUES: dict[str, Value] = {
    "partner": "Rainier Youth Partners",
    "student_first": "Marisol",
    "student_last": "Quintero Vega",
    "student_id": "2048371",
    "birth_date": "03/14/2012",
    "school": "Rainier Beach High School",
    "grade": "7",
    "records_attendance": True,
    "records_assessment": True,
    "consent_yes": True,
    "parent_name": "Ana Quintero",
    "relationship": "mother",
    "parent_signature": "Ana Quintero",
    "parent_date": "09/20/2024",
}


@dataclass(frozen=True, slots=True)
class KnownBlank:
    """A blank as a bench fills it in, and as reading knows it."""

    blank: BlankForm
    template: Template


def load_blanks() -> list[KnownBlank]:
    """The district's sample forms."""
    return [
        KnownBlank(
            BlankForm.load(FORMS_FOLDER / plan.file),
            Template.from_pdf(FORMS_FOLDER / plan.file, plan.code, plan.school_year, plan.language),
        )
        for plan in PLANS
        if plan.code.startswith("SPS")
    ]


def load_strange_blanks() -> list[BlankForm]:
    """Forms of invented other districts."""
    return [BlankForm.load(FORMS_FOLDER / plan.file) for plan in PLANS if not plan.code.startswith("SPS")]


def fill(blank: BlankForm, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The blank filled in by some hand (H x W x 3 at 200 dpi)."""
    values = {name: value for name, value in _VALUES.items() if name in blank.boxes}
    return fill_form(blank, values, Hand.pick(rng), rng)
