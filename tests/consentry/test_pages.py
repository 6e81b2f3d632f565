"""What lies in a picture or on a pile: each form is one of its own, pages of a form are joined, nothing is lost."""

from __future__ import annotations

import numpy as np

from fixtures.photographing import photograph_two, scan_two
from tests.consentry.conftest import District


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


def test_a_page_beside_a_form_that_is_none_reaches_a_person(district: District) -> None:
    rng = np.random.default_rng(5)
    letter = district.fill("1000002", seed=2)[::-1, ::-1].copy()
    strips = np.array_split(letter, 12)
    torn = np.concatenate([strips[place] for place in (1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10)])
    district.save(scan_two([district.fill("1000001", seed=1), torn], rng)[0].pixels, "beside.png")
    status = district.take_in(district.write_list("1000001"))
    states = sorted((form["state"], form["reasons"]) for form in status["forms"])
    assert states == [("granted", []), ("in_review", ["ILLEGIBLE"])]
