"""A field map drafted from the printed labels lies where the form's own fields lay, and a filled scan is read with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from consentry.benches.forms import measure_overlap
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER
from fixtures.filling import Value, fill_form
from fixtures.scanning import ScanKind, degrade
from ocr import Mark, Template, draft_field_map, read_page, write_draft
from ocr.alphabet import fold_text
from ocr.blank_pdfs import PointBox
from ocr.map_drafting import Draft
from tests.consentry.conftest import CLEAR_HAND
from tests.ocr.test_field_maps import strip_fields

ALL_ENGLISH = ("consent-2024-25-en-b", "other-district", "release-lines", "release-table")
VALUES: dict[str, Value] = {
    "student_first": "Marisol",
    "student_last": "Quintero",
    "birth_date": "03/14/2012",
    "consent_yes": True,
    "records_attendance": True,
    "parent_signature": "Ana Quintero",
    "parent_date": "09/20/2024",
}


def find_true_boxes(name: str) -> dict[str, PointBox]:
    boxes = BlankForm.load(FORMS_FOLDER / f"{name}.pdf").boxes
    return {field: PointBox(box.left, box.top, box.right, box.bottom) for field, box in boxes.items()}


def measure_overlaps(name: str, draft: Draft) -> dict[str, float]:
    drafted = draft.field_map.on_page(1)
    nowhere = PointBox(0, 0, 0, 0)
    return {field: measure_overlap(box, drafted.get(field, nowhere)) for field, box in find_true_boxes(name).items()}


@pytest.mark.parametrize(
    "name",
    [
        "consent-2024-25-ar",
        "consent-2024-25-zh",
        "consent-2024-25-en-b",
        "other-district",
        "release-lines",
        "release-table",
    ],
)
def test_the_draft_lies_where_the_fields_lay(name: str, tmp_path: Path) -> None:
    draft = draft_field_map(strip_fields(FORMS_FOLDER / f"{name}.pdf", tmp_path / "bare.pdf"))
    overlaps = measure_overlaps(name, draft)
    assert {field: round(share, 2) for field, share in overlaps.items() if share < 0.7} == {}
    assert {drafted.field.name for drafted in draft.fields} == overlaps.keys()


def test_a_blank_that_is_a_picture_is_read_first(tmp_path: Path) -> None:
    page = pypdfium2.PdfDocument(FORMS_FOLDER / "other-district.pdf")[0].render(scale=200 / 72, may_draw_forms=False)
    Image.fromarray(page.to_numpy()).convert("L").save(tmp_path / "picture.pdf", resolution=200)
    draft = draft_field_map(tmp_path / "picture.pdf")
    assert draft.was_read == (1,)
    right = [share for share in measure_overlaps("other-district", draft).values() if share > 0.7]
    assert len(right) >= 13
    assert "was read off its picture" in write_draft(draft, "picture.pdf")


def test_fields_of_other_names_keep_their_boxes(tmp_path: Path) -> None:
    with pikepdf.open(FORMS_FOLDER / "other-district.pdf") as pdf:
        for number, widget in enumerate(pdf.pages[0].Annots):
            widget.T = pikepdf.String(f"Text{number}")
        pdf.save(tmp_path / "renamed.pdf")
    overlaps = measure_overlaps("other-district", draft_field_map(tmp_path / "renamed.pdf"))
    assert min(overlaps.values()) > 0.98


@pytest.mark.parametrize("name", ["consent-2024-25-es", "other-district"])
def test_a_scan_is_read_with_a_drafted_map(name: str, tmp_path: Path) -> None:
    source = FORMS_FOLDER / f"{name}.pdf"
    bare = strip_fields(source, tmp_path / "bare.pdf")
    (tmp_path / "bare.yaml").write_text(write_draft(draft_field_map(bare), "bare.pdf"), encoding="utf-8")
    template = Template.from_pdf(bare, "DRAFTED", "2024-25", "en")
    rng = np.random.default_rng(5)
    scan = degrade(fill_form(BlankForm.load(source), VALUES, CLEAR_HAND, rng), ScanKind.SKEWED, rng)
    reading = read_page(scan.pixels, [template])
    assert reading is not None
    assert fold_text(reading.fields["student_first"].text) == "marisol"
    assert fold_text(reading.fields["student_last"].text) == "quintero"
    assert reading.fields["birth_date"].value == "2012-03-14"
    marked = {field for field, found in reading.fields.items() if found.mark is Mark.MARKED and not found.text}
    assert marked - {"parent_signature"} == {"consent_yes", "records_attendance"}
    assert reading.fields["parent_signature"].mark is not Mark.EMPTY
