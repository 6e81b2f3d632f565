"""Which pages make a form: in order surely, out of order in doubt, never two children's without a person."""

from __future__ import annotations

import pytest

from consentry.pipeline.joining_pages import ReadPage, join_pages
from ocr import FieldKind, FieldReading, FormReading, TemplateIdentity

FIELDS = {1: ("student_last",), 2: ("parent_signature",)}


def read(name: str, file: str = "pile") -> ReadPage:
    """A page such as "a2": the second page of family a's form."""
    number = int(name[1])
    reading = FormReading(
        template_identity=TemplateIdentity("TWO", "2024-25", "en"),
        fields={field: FieldReading(FieldKind.NAME, name, 1.0, "test") for field in FIELDS[number]},
        corners=(),
        cut_off=(),
        altered=(),
        inliers=100,
        agreement=0.9,
        page_number=number,
        elsewhere=FIELDS[3 - number],
    )
    return ReadPage(name, "two", file, reading)


def join(*names: str) -> list[tuple[str, bool]]:
    files = [name.partition("@") for name in names]
    found = join_pages([read(name, file or "pile") for name, _, file in files])
    return [("+".join(page.form_id for page in form.pages), form.is_unsure) for form in found]


@pytest.mark.parametrize(
    ("pages", "forms"),
    [
        ("a1 a2", [("a1+a2", False)]),
        ("a1 a2 b1 b2", [("a1+a2", False), ("b1+b2", False)]),
        ("a2 a1", [("a1+a2", False)]),
        ("a2 a1 b2 b1", [("a1+a2", True), ("b1+b2", True)]),
        ("a1 b1 a2 b2", [("a1+a2", True), ("b1+b2", True)]),
        ("a1@x a2@y", [("a1+a2", True)]),
        ("a1 b1 b2", [("a1", False), ("b1+b2", False)]),
        ("a2 b1 b2", [("a2", False), ("b1+b2", True)]),
        ("a1", [("a1", False)]),
        ("a2", [("a2", False)]),
    ],
)
def test_pages_make_forms(pages: str, forms: list[tuple[str, bool]]) -> None:
    assert join(*pages.split()) == forms


def test_a_merged_form_has_the_fields_of_both_pages() -> None:
    merged = join_pages([read("a1"), read("a2")])[0].merge()
    assert {name: field.text for name, field in merged.fields.items()} == {
        "student_last": "a1",
        "parent_signature": "a2",
    }
    assert merged.cut_off == ()


def test_fields_of_a_missing_page_are_not_empty_but_unknown() -> None:
    merged = join_pages([read("a1")])[0].merge()
    assert merged.cut_off == ("parent_signature",)
    assert not merged.fields["parent_signature"].is_empty
