"""Field maps: a blank without form fields is learned from one; a faulty one is told whole, line by line."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest

from ocr import Template, TemplateError
from ocr.blank_pdfs import read_blank_pages
from ocr.field_maps import FieldMapError, read_field_map

FORMS = Path(__file__).parents[2] / "fixtures" / "forms"

FAULTY = """\
# line 1
fields:
- {field: student_first, page: 1, box: [40, 200, 200, 230]}
- {field: student_frist, page: 1, box: [40, 240, 200, 270]}
- {field: student_first, page: 1, box: [240, 240, 400, 270]}
- {field: grade, page: 3, box: [40, 300, 200, 330]}
- {field: school, page: 1, box: [40, 330, 700, 360]}
- {field: birth_date, page: 1, box: [40, 430, 30, 460]}
- {field: program, page: 1, box: [40, 430, 30]}
- {field: partner, page: 1}
- {field: contact, page: one, box: [1, 2, .nan, 4], colour: red}
- {field: contact, page: one, box: [1, 2, .nan, 40]}
- {field: other_name, page: 1, box: [41, 201, 190, 231]}
- parent_name
absent: [parent_signature, parent_date, consent_no, grade, signature]
"""
TOLD = (
    "line 4: no field is called 'student_frist'; docs/forms.md lists them",
    "line 5: student_first stands here a second time",
    "line 6: page 3 is none of the PDF's 1",
    "line 7: the box lies outside the page of 612 x 792 points",
    "line 8: the box is smaller than 4 points, or its right or bottom comes before its left or top",
    "line 9: a box is four numbers: left, top, right, bottom",
    "line 10: box missing",
    "line 11: an entry has the keys field, page and box, each once, not 'colour'",
    "line 12: page 'one' is none of the PDF's 1",
    "line 12: a box is four numbers: left, top, right, bottom",
    "line 13: other_name lies on student_first",
    "line 14: an entry has the keys field, page and box",
    "line 15: no field is called 'signature'",
    "line 1: consent_yes is neither mapped nor listed under 'absent'",
)


def strip_fields(source: Path, target: Path, turned: int = 0) -> Path:
    with pikepdf.open(source) as pdf:
        del pdf.Root.AcroForm
        for page in pdf.pages:
            del page.obj.Annots
            page.rotate(turned, relative=True)
        pdf.save(target)
    return target


def test_all_faults_are_told_together() -> None:
    pages = read_blank_pages(FORMS / "consent-2024-25-en.pdf")
    with pytest.raises(FieldMapError) as told:
        read_field_map(FAULTY, pages)
    assert told.value.faults == TOLD
    assert str(told.value).startswith("the field map has 14 faults: line 4: no field")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("fields: [", "line 1: this is not YAML"),
        ("", "line 1: a map is a list under the key 'fields', and perhaps one under 'absent'"),
        (
            "- {field: grade, page: 1, box: [1, 2, 30, 40]}",
            "line 1: a map is a list under the key 'fields', and perhaps one under 'absent'",
        ),
        ("fields: []\nabsent: [consent_yes, consent_no, parent_signature, parent_date]", "line 1: no field is listed"),
        ("fields: []\nothers: []", "line 1: a map is a list under the key 'fields', and perhaps one under 'absent'"),
    ],
)
def test_what_is_no_map_is_told(text: str, fault: str) -> None:
    with pytest.raises(FieldMapError) as told:
        read_field_map(text, read_blank_pages(FORMS / "consent-2024-25-en.pdf"))
    assert told.value.faults == (fault,)


@pytest.mark.parametrize("page", ["=", "2001-99-99"])
def test_a_value_that_yaml_itself_cannot_build_is_a_fault_of_its_entry(page: str) -> None:
    text = f"fields:\n- {{field: student_first, page: {page}, box: [40, 200, 200, 230]}}\n"
    with pytest.raises(FieldMapError, match="page None is none of the PDF's"):
        read_field_map(text, read_blank_pages(FORMS / "consent-2024-25-en.pdf"))


def test_a_blank_without_fields_is_learned_from_the_map_beside_it(tmp_path: Path) -> None:
    bare = strip_fields(FORMS / "consent-2024-25-en.pdf", tmp_path / "bare.pdf")
    with pytest.raises(TemplateError, match="--draft-map"):
        Template.from_pdf(bare, "C", "2024-25", "en")
    true = Template.from_pdf(FORMS / "consent-2024-25-en.pdf", "C", "2024-25", "en")
    boxes = {name: [side * 72 / 200 for side in box] for name, box in true.boxes.items()}
    lines = [f"- {{field: {name}, page: 1, box: [{', '.join(map(str, box))}]}}" for name, box in boxes.items()]
    (tmp_path / "bare.yaml").write_text("fields:\n" + "\n".join(lines), encoding="utf-8")
    learned = Template.from_pdf(bare, "C", "2024-25", "en")
    assert list(learned.boxes) == list(true.boxes)
    for name, box in true.boxes.items():
        assert learned.boxes[name] == pytest.approx(box, abs=0.01)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_fields_of_a_turned_page_lie_where_they_are_shown(turned: int, tmp_path: Path) -> None:
    """The tick box's outline is drawn around its field, however the page is turned."""
    source = FORMS / "consent-2024-25-en.pdf"
    with pikepdf.open(source) as pdf:
        pdf.pages[0].rotate(turned, relative=True)
        pdf.save(tmp_path / "turned.pdf")
    template = Template.from_pdf(tmp_path / "turned.pdf", "C", "2024-25", "en")
    assert template.page.shape == ((2200, 1700) if turned == 180 else (1700, 2200))
    for name in ("consent_yes", "records_discipline"):
        x0, y0, x1, y1 = (round(side) for side in template.boxes[name])
        inside, around = (
            template.page[y0 + 5 : y1 - 5, x0 + 5 : x1 - 5],
            template.page[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3],
        )
        assert inside.min() > 200
        assert (around < 120).mean() > 0.1
