"""A blank without form fields, by the command line: drafted, learned, learned again, refused with other fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pikepdf

from fixtures.build_forms import FORMS_FOLDER
from tests.consentry.conftest import District
from tests.ocr.test_field_maps import strip_fields

NAMED = ("--code", "BARE", "--school-year", "2024-25", "--language", "en", "--published", "2024-05-01")


def rename_boxes(prefix: str, folder: Path) -> Path:
    """A blank whose boxes of a kind bear names that the program doesn't know."""
    blank = folder / "renamed.pdf"
    with pikepdf.open(FORMS_FOLDER / "consent-2024-25-en.pdf") as document:
        for page in document.pages:
            for widget in page.Annots:
                if str(widget.T).startswith(prefix):
                    widget.T = pikepdf.String(f"box of {widget.T}")
        document.save(blank)
    return blank


def test_a_map_is_drafted_mended_and_learned(shared_district: District, tmp_path: Path) -> None:
    district, bare = shared_district, strip_fields(FORMS_FOLDER / "consent-2024-25-en.pdf", tmp_path / "bare.pdf")
    told = district.call("form", "add", str(bare), *NAMED)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "'form add --draft-map' proposes one" in told.err

    drafted = district.expect("form", "add", str(bare), "--draft-map")
    assert len(drafted["fields"]) == 25
    assert drafted["not_found"] == []
    assert Path(drafted["picture"]).read_bytes().startswith(b"\x89PNG")
    again = district.call("form", "add", str(bare), "--draft-map")
    assert (again.code, "is there already" in again.err) == (2, True)

    field_map = Path(drafted["map"])
    proposed = field_map.read_text(encoding="utf-8")
    field_map.write_text(
        proposed.replace("field: grade,", "field: grad,").replace("page: 1", "page: 2", 1), encoding="utf-8"
    )
    told = district.call("form", "add", str(bare), *NAMED)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "2 faults" in told.err

    field_map.write_text(proposed, encoding="utf-8")
    assert district.expect("form", "add", str(bare), *NAMED)["code"] == "BARE"
    assert district.expect("form", "add", str(bare), *NAMED)["code"] == "BARE"
    without = [line for line in proposed.splitlines() if "field: interpreter" not in line]
    field_map.write_text("\n".join(without), encoding="utf-8")
    told = district.call("form", "add", str(bare), *NAMED)
    assert (told.code, "known with other fields" in told.err) == (2, True)


def test_what_is_needed_to_learn_is_told(shared_district: District) -> None:
    told = shared_district.call("form", "add", str(FORMS_FOLDER / "consent-2024-25-en.pdf"))
    assert (told.code, told.err.strip()) == (
        2,
        "consentry: --code, --school-year, --language and --published are needed",
    )


def test_a_signature_alone_is_no_consent_until_somebody_says_so(make_district: Any, tmp_path: Path) -> None:
    """The blank's box for "I consent" bears a name that the program doesn't know; this family ticked "I do not consent"."""
    district: District = make_district()
    district.set_up(forms=False)
    blank = rename_boxes("consent_", tmp_path)
    told = district.expect("form", "add", str(blank), *NAMED)
    assert len(told["cautions"]) == 1 and "each of its forms goes before a person" in told["cautions"][0]
    district.save(district.fill("1000002", consent_yes=False, consent_no=True), "declined.png")
    [form] = district.take_in(district.write_list("1000002"))["forms"]
    assert (form["state"], "ILLEGIBLE" in form["reasons"]) == ("in_review", True)
    said = district.expect("form", "add", str(blank), *NAMED, "--signing-is-consent")
    assert said["cautions"] == ["it has no box for 'I consent': its signature counts as consent"]
    assert district.expect("form", "add", str(blank), *NAMED)["cautions"] == said["cautions"], (
        "what was said stays said"
    )
    (district.folder / "scans" / "declined.png").unlink()
    district.save(district.fill("1000003", seed=3), "signed.png")
    [form] = district.take_in(district.write_list("1000003"))["forms"]
    assert form["state"] == "granted", form["reasons"]
    assert district.expect("ledger", "verify")["whole"]


def test_a_blank_without_boxes_for_records_releases_what_somebody_said_and_nothing_before(
    make_district: Any, tmp_path: Path
) -> None:
    """This family ticked attendance alone, in a box that the program doesn't know: it must not release all four."""
    district: District = make_district()
    district.set_up(forms=False)
    blank = rename_boxes("records_", tmp_path)
    told = district.expect("form", "add", str(blank), *NAMED)
    assert len(told["cautions"]) == 1 and "releases nothing" in told["cautions"][0]
    district.save(district.fill("1000002"), "first.png")
    [form] = district.take_in(district.write_list("1000002"))["forms"]
    assert (form["state"], form["reasons"]) == ("in_review", ["NO_RECORDS_CHOSEN"])
    [case] = district.expect("queue", "list")
    accept = ("queue", "decide", case["case_id"], "--action", "accept", "--reason", "its print says so", "--as", "ana")
    refused = district.call(*accept)
    assert (refused.code, "form add --records" in refused.err) == (2, True)
    assert district.call("form", "add", str(blank), *NAMED, "--records", "attendence").code == 2
    said = district.expect("form", "add", str(blank), *NAMED, "--records", "assessment, attendance")
    assert said["cautions"] == ["it has no boxes for records: each of its forms releases attendance, assessment"]
    assert district.expect("form", "add", str(blank), *NAMED)["cautions"] == said["cautions"]
    district.expect(*accept)
    (district.folder / "scans" / "first.png").unlink()
    district.save(district.fill("1000003", seed=3), "second.png")
    [form] = district.take_in(district.write_list("1000003"))["forms"]
    assert form["state"] == "granted", form["reasons"]
    access = {row["student_id"]: row["categories"] for row in district.expect("access", "rainier")}
    assert access == {student: ["attendance", "assessment"] for student in ("1000002", "1000003")}
    whole = district.call(
        "form",
        "add",
        str(FORMS_FOLDER / "consent-2024-25-es.pdf"),
        *NAMED[:-3],
        "es",
        *NAMED[-2:],
        "--records",
        "attendance",
    )
    assert (whole.code, "has boxes for records" in whole.err) == (2, True)
    assert district.expect("ledger", "verify")["whole"]
