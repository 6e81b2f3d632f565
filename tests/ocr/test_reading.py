"""Readings keep their evidence: stored and taken back they score alike; typed values are weighed too."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.alphabet import SIZE
from ocr.reading import FieldReading, FormReading
from ocr.types import FieldKind, Mark, PixelBox, TemplateIdentity


@pytest.fixture
def form() -> FormReading:
    rng = np.random.default_rng(0)
    view = rng.dirichlet(np.ones(SIZE), 20).astype(np.float32)
    name = FieldReading(
        FieldKind.NAME, "Ann", 0.8, "engine 1", PixelBox(1, 2, 30, 40), "Ann", Mark.MARKED, "Ann", (view,)
    )
    tick = FieldReading(FieldKind.CHECKBOX, "", 0.9, "ink 1", PixelBox(5, 5, 9, 9), "marked", Mark.MARKED)
    corners = ((0.0, 0.0), (10.0, 0.0), (10.0, 20.0), (0.0, 20.0))
    return FormReading(
        TemplateIdentity("C", "2024-25", "en"), {"student_first": name, "consent_yes": tick}, corners, (), (), 99, 0.8
    )


def test_a_stored_form_scores_as_before(form: FormReading) -> None:
    back = FormReading.from_bytes(form.to_bytes())
    candidates = ["Ann", "Anne", "Bob"]
    np.testing.assert_allclose(
        back.fields["student_first"].score(candidates), form.fields["student_first"].score(candidates), rtol=1e-2
    )
    assert back.template_identity == form.template_identity
    assert back.fields["consent_yes"].mark is Mark.MARKED
    assert back.fields["student_first"].box == PixelBox(1, 2, 30, 40)


def test_typed_values_replace_pixels_and_score_by_edits(form: FormReading) -> None:
    typed = form.with_typed_fields({"student_first": "José", "consent_yes": "Off", "no_such_field": "x"})
    scores = typed.fields["student_first"].score(["Jose", "Josh", "", "王"])
    assert scores[0] == 0.0
    assert scores[0] > scores[1] > scores[2]
    assert np.isfinite(scores).all()
    assert typed.fields["consent_yes"].mark is Mark.EMPTY


def test_a_typed_date_is_normalised() -> None:
    reading = FieldReading.from_text(FieldKind.DATE, "3/4/2012")
    assert reading.value == "2012-03-04"
    assert reading.score(["2012-03-04"])[0] == 0.0


def test_an_empty_field_is_empty_and_scores_finitely() -> None:
    reading = FieldReading.from_text(FieldKind.NAME, "  ")
    assert reading.is_empty
    assert np.isfinite(reading.score(["Ann", ""])).all()
