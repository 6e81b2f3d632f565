"""Printed packets: from a list to sheets, from sheets to grants, and what a code that belongs elsewhere comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
import zxingcpp

from consentry.paper.packet_pages import BlankPrinter, Sheet
from consentry.paper.packet_rows import find_language
from consentry.paper.paper_codes import PaperKey, draw_batch_id, draw_cover_id, looks_like_code, names
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.filling import fill_form
from ocr import Template, find_sheet_code_place
from tests.consentry.conftest import BLANK, CLEAR_HAND, District

KEY = PaperKey(b"k" * 32)
SCRIPTS = {
    "en": "O’Brien-Fitzgerald",
    "am": "ገብረመድህን",
    "ti": "ተስፋማርያም",
    "ar": "الحسيني",
    "zh": "王小明",
    "zh-Hant": "陳曉明",
    "vi": "Nguyễn",
}


def fill_sheet(packet: Path, page: int, seed: int = 0) -> np.ndarray:
    blank = replace(BlankForm.load(BLANK), path=packet, page_index=page)
    values = {
        "records_attendance": True,
        "consent_yes": True,
        "parent_signature": "Maria Sol",
        "parent_date": "09/12/2024",
    }
    return fill_form(blank, values, CLEAR_HAND, np.random.default_rng(seed))


def paste_code(page: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The page with the other's code over its own."""
    place = find_sheet_code_place(Template.from_pdf(BLANK, "C", "2024-25", "en"))
    assert place is not None
    square = (slice(int(place.y0) - 8, int(place.y1) + 8), slice(int(place.x0) - 8, int(place.x1) + 8))
    pasted = page.copy()
    pasted[square] = other[square]
    return pasted


def test_code_names_what_it_was_made_of_and_no_person() -> None:
    batch, cover = draw_batch_id(), draw_cover_id()
    text = KEY.write_sheet_code("tpl-1", "rainier", batch, 17)
    code = KEY.open_sheet_code(text)
    assert code is not None and (code.batch_id, code.row_number) == (batch, 17)
    assert names(code.partner, "rainier") and names(code.template, "tpl-1") and not names(code.partner, "harbor")
    assert len(text) == 38, "fits a square of 25 modules"
    opened = KEY.open_cover_code(KEY.write_cover_code("rainier", cover))
    assert opened is not None and opened.cover_id == cover


def test_forged_codes_do_not_open() -> None:
    text = KEY.write_sheet_code("tpl-1", "rainier", draw_batch_id(), 17)
    assert PaperKey(b"x" * 32).open_sheet_code(text) is None
    flipped = [
        text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :] for place in range(1, len(text) - 1)
    ]
    assert not any(KEY.open_sheet_code(forged) for forged in flipped)
    assert KEY.open_cover_code(text) is None
    assert KEY.open_sheet_code("S" + "A" * 37) is None and not looks_like_code("SPS-CONSENT-2024-25-EN p1")


def test_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    text = PaperKey.load(tmp_path).write_cover_code("rainier", draw_cover_id())
    assert PaperKey.load(tmp_path).open_cover_code(text) is not None
    assert (tmp_path / "keys" / "paper.key").stat().st_mode & 0o077 == 0
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["paper.key"]


@pytest.mark.parametrize(
    ("cell", "language"),
    [
        ("Spanish", "es"),
        ("español", "es"),
        ("ES", "es"),
        ("Chinese (Traditional)", "zh-Hant"),
        ("አማርኛ", "am"),
        ("Klingon", None),
    ],
)
def test_language_cells_are_understood(cell: str, language: str | None) -> None:
    assert find_language(cell) == language


@pytest.mark.parametrize("language", list(SCRIPTS))
def test_every_script_is_set_and_the_code_is_where_it_is_looked_for(language: str, tmp_path: Path) -> None:
    plan = next(plan for plan in PLANS if plan.language == language and plan.school_year == "2024-25")
    template = Template.from_pdf(FORMS_FOLDER / plan.file, plan.code, plan.school_year, language)
    printer = BlankPrinter((FORMS_FOLDER / plan.file).read_bytes(), template)
    code = KEY.write_sheet_code("tpl-1", "rainier", draw_batch_id(), 2)
    with pikepdf.new() as packet:
        [pages] = printer.print_sheets(packet, [Sheet({"student_last": SCRIPTS[language]}, code)])
        packet.pages.extend(pages)
        packet.save(tmp_path / "sheet.pdf")
    document = pypdfium2.PdfDocument(tmp_path / "sheet.pdf")
    drawn = document[0].render(scale=200 / 72, grayscale=True).to_numpy().squeeze()
    box = template.boxes["student_last"]
    inside = drawn[int(box.y0) + 6 : int(box.y1) - 6, int(box.x0) + 6 : int(box.x1) - 6]
    assert (inside < 100).sum() > 200, "the name is drawn in its box"
    assert code in {found.text for found in zxingcpp.read_barcodes(drawn)}
    with pikepdf.open(tmp_path / "sheet.pdf") as sheet:
        fonts = [str(font.BaseFont) for _, font in sheet.pages[0].Resources.XObject.Values.Resources.Font.items()]
    assert fonts and all("Noto" in font for font in fonts)


def test_rows_with_faults_get_no_sheet_and_are_named(district: District) -> None:
    listed = district.write_list("1000001", "1000002", birth_date="")
    result = district.call(
        "form", "print", "--partner", "rainier", "--list", str(listed), "--out", str(district.folder / "p")
    )
    assert result.code == 2 and "no row of the list can be printed (2 faults)" in result.err
    result = district.call(
        "form", "print", "--partner", "nobody", "--list", str(listed), "--out", str(district.folder / "p")
    )
    assert result.code == 2 and not (district.folder / "p").exists()


def test_sheets_come_back_as_grants_and_foreign_codes_grant_nothing(district: District) -> None:
    listed = district.write_list("1000001", "1000002", "1000003", "1000004")
    out = district.folder / "packet"
    printed = district.expect("form", "print", "--partner", "rainier", "--list", str(listed), "--out", str(out))
    assert printed["by_language"] == {"en": 4}
    packet = Path(printed["file"])
    first, second, third = (fill_sheet(packet, page, page) for page in range(3))
    forged = forge_code(district, packet)
    district.save(first, "1-own.png")
    district.save(paste_code(second, first), "2-code-of-first.png")
    district.save(paste_code(third, forged), "3-forged.png")
    forms = {form["source"]["file"]: form for form in district.take_in(listed)["forms"]}
    own, copied, faked = (forms[f"scans/{name}"] for name in ("1-own.png", "2-code-of-first.png", "3-forged.png"))
    assert own["state"] == "granted" and own["match"]["student_id"] == "1000001", own["findings"]
    assert copied["state"] == "in_review" and copied["reasons"] == ["FORM_ROW_MISMATCH"]
    assert faked["state"] == "in_review" and faked["reasons"] == ["NOT_DISTRICT_FORM"]
    assert [row["student_id"] for row in district.expect("access", "rainier")] == ["1000001"]
    [batch] = district.expect("form", "batches", "--partner", "rainier")
    assert (batch["sheets"], batch["came_back"], batch["missing_rows"]) == (4, 1, [3, 4, 5])


def forge_code(district: District, packet: Path) -> np.ndarray:
    """A page whose code names a true sheet but is signed with another key."""
    code = zxingcpp.read_barcodes(fill_sheet(packet, 2))
    text = next(found.text for found in code if looks_like_code(found.text))
    true = PaperKey.load(district.home).open_sheet_code(text)
    assert true is not None
    false = PaperKey(b"f" * 32).write_sheet_code("tpl-x", "rainier", true.batch_id, true.row_number)
    printer = BlankPrinter(BLANK.read_bytes(), Template.from_pdf(BLANK, "C", "2024-25", "en"))
    with pikepdf.new() as forged:
        forged.pages.extend(printer.print_sheets(forged, [Sheet({}, false)])[0])
        forged.save(district.folder / "forged.pdf")
    return BlankForm(district.folder / "forged.pdf", 612, 792, {}).draw()


def test_a_second_packet_leaves_the_first(district: District) -> None:
    listed = district.write_list("1000005")
    district.expect("form", "print", "--partner", "rainier", "--list", str(listed), "--out", str(district.folder / "a"))
    district.expect("form", "print", "--partner", "rainier", "--list", str(listed), "--out", str(district.folder / "a"))
    batches = district.expect("form", "batches")
    assert [batch["printed_on"] for batch in batches] == [date(2024, 10, 1).isoformat()] * 2
    assert {file.name for file in (district.folder / "a").iterdir()} == {"packet.pdf", "packet-2.pdf"}
