"""What lies in a picture or on a pile: each form is one of its own, pages of a form are joined, nothing is lost."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER
from fixtures.filling import Value, fill_form
from fixtures.photographing import photograph_two, scan_two
from tests.consentry.conftest import BLANK, CHILDREN, CLEAR_HAND, District

SECOND = FORMS_FOLDER / "consent-2024-25-en-b.pdf"


def test_two_forms_in_one_photo_are_two_forms(district: District) -> None:
    pages = [district.fill("1000001", seed=1), district.fill("1000002", seed=2)]
    district.save(photograph_two(pages, np.random.default_rng(3))[0].pixels, "both.png")
    status = district.take_in(district.write_list("1000001", "1000002"))
    found = {form["match"]["student_id"]: form["source"] for form in status["forms"]}
    assert set(found) == {"1000001", "1000002"}
    assert found["1000001"] == found["1000002"]
    assert {row["state"] for row in status["rows"]} <= {"granted", "in_review"}
    assert len({form["form_id"] for form in status["forms"]}) == 2
    assert district.expect("ledger", "verify")["whole"]


def test_two_sides_of_a_sheet_are_two_forms(district: District) -> None:
    front, back = district.fill("1000001", seed=1), district.fill("1000002", seed=2)[::-1, ::-1]
    sides = [Image.fromarray(side) for side in (front, back, np.full_like(front, 255))]
    file = district.folder / "scans" / "sheet.pdf"
    file.parent.mkdir()
    sides[0].save(file, "PDF", resolution=200, save_all=True, append_images=sides[1:])
    status = district.take_in(district.write_list("1000001", "1000002"))
    told = [(form["source"]["page"], form["state"], form["match"].get("student_id")) for form in status["forms"]]
    assert [side for side in told if side[1] != "set_aside"] == [(1, "granted", "1000001"), (2, "granted", "1000002")]


def test_a_page_beside_a_form_that_is_none_reaches_a_person(district: District) -> None:
    rng = np.random.default_rng(5)
    letter = district.fill("1000002", seed=2)[::-1, ::-1].copy()
    strips = np.array_split(letter, 12)
    torn = np.concatenate([strips[place] for place in (1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10)])
    district.save(scan_two([district.fill("1000001", seed=1), torn], rng)[0].pixels, "beside.png")
    status = district.take_in(district.write_list("1000001"))
    states = sorted((form["state"], form["reasons"]) for form in status["forms"])
    assert states == [("granted", []), ("in_review", ["ILLEGIBLE"])]


ON_SECOND = ("consent_yes", "consent_no", "parent_name", "parent_signature", "parent_date")


def learn_two_pages(district: District) -> None:
    """Teaches a blank of two pages: the child on the first, decision and signature on the second."""
    blank = pikepdf.new()
    for file, keeps_second in ((BLANK, False), (SECOND, True)):
        with pikepdf.open(file) as source:
            page = source.pages[0]
            names = [str(widget.T) for widget in page.Annots]
            kept = [
                widget
                for widget, name in zip(page.Annots, names, strict=True)
                if (name in ON_SECOND) == keeps_second and not name.startswith("student_s")
            ]
            page.Annots = source.make_indirect(pikepdf.Array(kept))
            blank.pages.append(page)
    file = district.folder / "two-pages.pdf"
    blank.save(file)
    named = ("--code", "TWO-PAGES", "--school-year", "2024-25", "--language", "en", "--published", "2024-05-01")
    district.expect("form", "add", str(file), *named)


def fill_two_pages(district: District, student_id: str, seed: int) -> list[np.ndarray]:
    first = district.fill(student_id, seed, **dict.fromkeys(ON_SECOND, ""))
    last = CHILDREN[student_id][1]
    values: dict[str, Value] = {
        "consent_yes": True,
        "parent_name": f"Maria {last}",
        "parent_signature": f"Maria {last}",
        "parent_date": "09/12/2024",
    }
    return [first, fill_form(BlankForm.load(SECOND), values, CLEAR_HAND, np.random.default_rng(seed))]


def save_pile(district: District, pages: list[np.ndarray], name: str) -> None:
    folder = district.folder / "scans"
    folder.mkdir(exist_ok=True)
    pictures = [Image.fromarray(page) for page in pages]
    pictures[0].save(folder / name, "PDF", resolution=200.0, save_all=True, append_images=pictures[1:])


@pytest.fixture
def two_page_district(tmp_path: Path) -> District:
    made = District(tmp_path)
    made.set_up(forms=False)
    learn_two_pages(made)
    return made


def test_pages_of_a_form_are_joined(two_page_district: District) -> None:
    district = two_page_district
    pages = fill_two_pages(district, "1000001", 1) + fill_two_pages(district, "1000002", 2)
    save_pile(district, pages, "pile.pdf")
    status = district.take_in(district.write_list("1000001", "1000002"))
    assert [(form["source"]["page"], form["state"]) for form in status["forms"]] == [(1, "granted"), (3, "granted")]
    assert [page["page"] for page in status["set_aside"]] == [2, 4]
    signature = status["forms"][1]["fields"]["parent_signature"]
    assert (signature["value"], signature["source"]["page"]) == ("marked", 4)
    bundle = district.folder / "trace.zip"
    district.expect("trace", "--form", status["forms"][0]["form_id"], "--bundle", str(bundle))
    with zipfile.ZipFile(bundle) as held:
        form_id = status["forms"][0]["form_id"]
        assert {f"{form_id}/page.png", f"{form_id}/page-2.png", f"{form_id}/parent_signature.png"} <= set(
            held.namelist()
        )
    assert district.expect("ledger", "verify")["whole"]


def test_a_form_without_its_second_page_is_returned(two_page_district: District) -> None:
    district = two_page_district
    save_pile(district, fill_two_pages(district, "1000001", 1)[:1], "half.pdf")
    status = district.take_in(district.write_list("1000001"))
    assert [(form["state"], form["reasons"]) for form in status["forms"]] == [("returned", ["MISSING_PAGE"])]
    assert district.expect("access", "rainier") == []


def test_pages_of_a_returned_form_may_come_again_together(two_page_district: District) -> None:
    district = two_page_district
    save_pile(district, fill_two_pages(district, "1000001", 1), "form.pdf")
    status = district.take_in(district.write_list("1000002"))
    assert [form["state"] for form in status["forms"]] == ["returned"]
    status = district.take_in(district.write_list("1000001"))
    assert [form["state"] for form in status["forms"]] == ["granted"]
    assert status["refused"] == []
    receipt = district.expect("submit", "--partner", "rainier", str(district.folder / "scans"), code=1)
    assert [refusal["reason"] for refusal in receipt["refused"]] == ["DUPLICATE"]


def test_pages_out_of_order_go_to_a_person(two_page_district: District) -> None:
    district = two_page_district
    one, two = fill_two_pages(district, "1000001", 1), fill_two_pages(district, "1000002", 2)
    save_pile(district, [one[0], two[0], one[1], two[1]], "pile.pdf")
    status = district.take_in(district.write_list("1000001", "1000002"))
    assert [(form["state"], form["reasons"]) for form in status["forms"]] == [("in_review", ["MISSING_PAGE"])] * 2
