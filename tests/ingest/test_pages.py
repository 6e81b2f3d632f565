from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageDraw

from ingest import Cell, Limits, MediaType, PageImage, Refusal, UploadPath, draw_page, take_in_scans
from tests.ingest.sample_files import draw_picture, find_block, save_picture, write_page_pdf

DATA = Path(__file__).parent / "data"
TURNS = {1: "top left", 3: "bottom right", 6: "top right", 8: "bottom left"}


def draw(content: bytes, kind: MediaType, cell: Cell, limits: Limits, page_index: int = 0) -> PageImage:
    page = draw_page(content, kind, page_index, cell, limits)
    assert isinstance(page, PageImage), page
    return page


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_the_stated_orientation_is_kept(kind: str, orientation: int, cell: Cell, limits: Limits) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    options: dict[str, object] = {"exif": exif}
    if kind == "TIFF":
        options = {"tiffinfo": {274: orientation}, "compression": "tiff_lzw"}
    content = save_picture(draw_picture(mode="RGB"), kind, **options)
    page = draw(content, MediaType[kind], cell, limits)
    assert find_block(page.pixels) == TURNS[orientation]
    assert page.pixels.shape == ((340, 440) if orientation in (6, 8) else (440, 340))


def test_heic_is_turned_as_it_states(cell: Cell, limits: Limits) -> None:
    upright = draw((DATA / "heic_upright.heic").read_bytes(), MediaType.HEIC, cell, limits)
    turned = draw((DATA / "heic_turned.heic").read_bytes(), MediaType.HEIC, cell, limits)
    assert (find_block(upright.pixels), upright.pixels.shape) == ("top left", (120, 160))
    assert (find_block(turned.pixels), turned.pixels.shape) == ("top right", (160, 120))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("1", "TIFF"), ("L", "PNG"), ("P", "PNG"), ("RGB", "PNG"), ("CMYK", "JPEG"), ("CMYK", "TIFF"), ("I;16", "PNG"),
     ("I;16", "TIFF"), ("LA", "PNG"), ("RGBA", "PNG"), ("LAB", "TIFF"), ("YCbCr", "JPEG")],
)  # fmt: skip
def test_every_kind_of_pixel_comes_out_grey_on_white(mode: str, kind: str, cell: Cell, limits: Limits) -> None:
    grey = draw_picture()
    if mode == "I;16":
        picture = Image.fromarray((np.asarray(grey).astype(np.uint16)) * 257)
    elif mode == "LAB":
        picture = Image.merge("LAB", [grey, *[Image.new("L", grey.size, 128)] * 2])
    elif mode == "LA":
        picture = Image.merge("LA", [Image.new("L", grey.size, 0), grey.point(lambda value: 255 - value)])
    elif mode == "RGBA":
        picture = Image.merge("RGBA", [*[Image.new("L", grey.size, 0)] * 3, grey.point(lambda value: 255 - value)])
    else:
        picture = grey.convert("RGB").convert(mode)
    page = draw(save_picture(picture, kind), MediaType[kind], cell, limits)
    assert page.pixels.dtype == np.uint8
    assert page.pixels.shape == (440, 340)
    assert find_block(page.pixels) == "top left"
    assert page.pixels[300, 200] > 245
    assert page.pixels[20, 20] < 10


def test_colour_is_kept_where_there_is_some(cell: Cell, limits: Limits) -> None:
    picture = draw_picture(mode="RGB")
    ImageDraw.Draw(picture).rectangle((100, 300, 140, 302), fill=(20, 20, 160))
    page = draw(save_picture(picture, "PNG"), MediaType.PNG, cell, limits)
    assert page.pixels.shape == (440, 340, 3)
    assert tuple(page.pixels[300, 101]) == (20, 20, 160)


def test_fax_pixels_are_made_square(cell: Cell, limits: Limits) -> None:
    content = save_picture(draw_picture(1728, 1100, "1"), "TIFF", compression="group4", dpi=(204, 98))
    page = draw(content, MediaType.TIFF, cell, limits)
    assert page.pixels.shape == (2290, 1728)
    assert page.dots_per_inch == pytest.approx(204, abs=0.5)


def test_pages_of_a_tiff(cell: Cell, limits: Limits) -> None:
    pages = [draw_picture().rotate(180), draw_picture()]
    content = save_picture(draw_picture(), "TIFF", save_all=True, append_images=pages)
    assert [find_block(draw(content, MediaType.TIFF, cell, limits, number).pixels) for number in range(3)] == [
        "top left", "bottom right", "top left",
    ]  # fmt: skip
    refusal = draw_page(content, MediaType.TIFF, 3, cell, limits)
    assert isinstance(refusal, Refusal)
    assert "no page of that number" in refusal.words


def test_a_jpeg_of_several_pictures_shows_its_first(cell: Cell, limits: Limits) -> None:
    content = save_picture(
        draw_picture(mode="RGB"), "MPO", save_all=True, append_images=[draw_picture(mode="RGB").rotate(180)]
    )
    assert find_block(draw(content, MediaType.JPEG, cell, limits).pixels) == "top left"


def test_large_pictures_are_reduced(cell: Cell, limits: Limits) -> None:
    content = save_picture(draw_picture(6000, 8000), "PNG", dpi=(600, 600))
    page = draw(content, MediaType.PNG, cell, limits)
    assert 39_000_000 < page.pixels.size <= 40_000_000
    assert page.dots_per_inch == pytest.approx(600 * (40 / 48) ** 0.5, abs=0.5)


@pytest.mark.parametrize(("dots", "drawn"), [(150, 150), (200, 200), (300, 300), (600, 300)])
def test_a_scanned_page_is_drawn_in_its_own_resolution(dots: int, drawn: int, cell: Cell, limits: Limits) -> None:
    scan = Image.fromarray(np.random.default_rng(1).integers(0, 2, (dots * 4, dots * 3), np.uint8) * 255)
    page = draw(save_picture(scan, "PDF", resolution=dots), MediaType.PDF, cell, limits)
    assert page.dots_per_inch == pytest.approx(drawn)
    assert page.pixels.shape == (drawn * 4, drawn * 3)
    if dots <= 300:
        assert (
            np.abs(page.pixels.astype(int) - np.asarray(scan)) < 40
        ).mean() > 0.97  # JPEG within; not blurred by scaling


def test_sides_of_a_page_in_millimetres_are_rounded(cell: Cell, limits: Limits) -> None:
    content = write_page_pdf(b"20 700 100 60 re f").replace(b"[0 0 612 792]", b"[0 0 595 842]")
    assert draw(content, MediaType.PDF, cell, limits).pixels.shape == (2339, 1653)


def embed(change: str) -> bytes:
    """A scan of 150 dpi, put on its page in another legal way."""
    document = pikepdf.open(io.BytesIO(save_picture(draw_picture(1275, 1650), "PDF", resolution=150)))
    page = document.pages[0]
    if change == "cropped":
        page.CropBox = pikepdf.Array([12, 12, 600, 780])
    elif change == "shifted":
        page.MediaBox = pikepdf.Array([-100, -100, 512, 692])
        page.Contents = document.make_stream(b"q 612 0 0 792 -100 -100 cm /image Do Q")
    elif change == "in a form object":
        inner = document.make_stream(page.Contents.read_bytes())
        inner.Type, inner.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        inner.BBox, inner.Resources = page.MediaBox, page.Resources
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm=inner))
        page.Contents = document.make_stream(b"q /Fm Do Q")
    elif change == "with hidden text":
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.Resources.Font = pikepdf.Dictionary(F=font)
        page.Contents = document.make_stream(page.Contents.read_bytes() + b" BT /F 12 Tf 3 Tr 72 72 Td (Hello) Tj ET")
    elif change == "in halves":
        halves = b"q 612 0 0 396 0 396 cm /image Do Q q 612 0 0 396 0 0 cm /image Do Q"
        page.Contents = document.make_stream(halves)
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


@pytest.mark.parametrize(
    ("change", "shape"),
    [("cropped", (1600, 1225)), ("shifted", (1650, 1275)), ("in a form object", (1650, 1275)),
     ("with hidden text", (1650, 1275)), ("in halves", (3300, 2550))],
)  # fmt: skip
def test_a_scan_is_known_however_it_stands_on_the_page(
    change: str, shape: tuple[int, int], cell: Cell, limits: Limits
) -> None:
    page = draw(embed(change), MediaType.PDF, cell, limits)
    assert page.pixels.shape == shape
    assert find_block(page.pixels) == "top left"


def test_a_fine_photo_with_wide_margins_keeps_its_resolution(cell: Cell, limits: Limits) -> None:
    document = pikepdf.open(io.BytesIO(save_picture(draw_picture(2000, 1500), "PDF", resolution=300)))
    document.pages[0].MediaBox = pikepdf.Array([0, 0, 612, 792])
    held = io.BytesIO()
    document.save(held)
    assert draw(held.getvalue(), MediaType.PDF, cell, limits).dots_per_inch == pytest.approx(300)


def test_a_phone_photo_that_claims_a_huge_page_keeps_its_pixels(cell: Cell, limits: Limits) -> None:
    page = draw(save_picture(draw_picture(3024, 4032), "PDF", resolution=72), MediaType.PDF, cell, limits)
    assert page.pixels.shape == (4032, 3024)


def test_a_page_of_text_over_a_coarse_background_is_drawn_sharp(cell: Cell, limits: Limits) -> None:
    picture = b"<< /Type /XObject /Subtype /Image /Width 20 /Height 20 "
    picture += b"/ColorSpace /DeviceGray /BitsPerComponent 8 /Length 400 >>"
    content = write_page_pdf(
        b"q 612 0 0 792 0 0 cm /P Do Q BT /F 12 Tf 72 700 Td (Consent) Tj ET",
        page=b"/Resources << /XObject << /P 5 0 R >> /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
        more=[picture + b"\nstream\n" + b"\xf0" * 400 + b"\nendstream"],
    )
    page = draw(content, MediaType.PDF, cell, limits)
    assert page.pixels.shape == (2200, 1700)
    assert page.text == "Consent"


@pytest.mark.parametrize(
    ("turn", "corner"), [(0, "top left"), (90, "top right"), (180, "bottom right"), (270, "bottom left")]
)
def test_the_turn_of_a_pdf_page_is_kept(turn: int, corner: str, cell: Cell, limits: Limits) -> None:
    content = write_page_pdf(b"20 700 100 60 re f", page=b"/Rotate %d" % turn)
    page = draw(content, MediaType.PDF, cell, limits)
    assert find_block(page.pixels) == corner
    assert page.pixels.shape == ((2200, 1700) if turn % 180 == 0 else (1700, 2200))


def fill_form(need_appearances: bool) -> bytes:
    """A form filled by a program: texts with all kinds of letters, ticked and unticked boxes, one that contradicts itself."""
    document = pikepdf.open(io.BytesIO(write_page_pdf(b"")))
    fields = {
        "student_first": ("/Tx", "Nguyễn\u202e \tThị"), "student_last": ("/Tx", "Xuseen ዓለም"), "contact": ("/Tx", ""),
        "consent_yes": ("/Btn", "/Yes"), "consent_no": ("/Btn", "/Off"), "records_discipline": ("/Btn", None),
    }  # fmt: skip
    widgets = []
    for number, (name, (kind, value)) in enumerate(fields.items()):
        widget = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name(kind), T=name,
            Rect=[72, 700 - 40 * number, 300, 720 - 40 * number], P=document.pages[0].obj, DA="/Helv 12 Tf 0 g",
        )  # fmt: skip
        if kind == "/Tx":
            widget.V = pikepdf.String(str(value))
        else:
            widget.V = pikepdf.Name(value or "/Yes")
            widget.AS = pikepdf.Name(value or "/Off")
        widgets.append(document.make_indirect(widget))
    document.pages[0].Annots = pikepdf.Array(widgets)
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    document.Root.AcroForm = pikepdf.Dictionary(
        Fields=pikepdf.Array(widgets), NeedAppearances=need_appearances, DR=pikepdf.Dictionary(Font={"/Helv": font})
    )
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


@pytest.mark.parametrize("need_appearances", [True, False])
def test_typed_values_survive_though_they_are_not_drawn(need_appearances: bool, cell: Cell, limits: Limits) -> None:
    page = draw(fill_form(need_appearances), MediaType.PDF, cell, limits)
    assert page.typed_fields == {
        "student_first": "Nguyễn Thị",
        "student_last": "Xuseen ዓለም",
        "consent_yes": "Yes",
        "consent_no": "Off",
    }


def test_an_ordinary_scan_is_quick(cell: Cell, limits: Limits) -> None:
    import time

    content = save_picture(draw_picture(1700, 2200, "1"), "TIFF", compression="group4")
    draw(content, MediaType.TIFF, cell, limits)
    start = time.perf_counter()
    for _ in range(5):
        draw(content, MediaType.TIFF, cell, limits)
    assert (time.perf_counter() - start) / 5 < 0.5  # 0.03 s on a quiet machine


def test_broken_bytes_never_raise(cell: Cell, limits: Limits, tmp_path: Path) -> None:
    """Good files with random bytes changed: read or refused, and the next is read."""
    chance = random.Random(7)
    good = {
        MediaType.PNG: save_picture(draw_picture(), "PNG"),
        MediaType.JPEG: save_picture(draw_picture(mode="RGB"), "JPEG"),
        MediaType.TIFF: save_picture(draw_picture(mode="1"), "TIFF", compression="group4"),
        MediaType.PDF: fill_form(False),
        MediaType.HEIC: (DATA / "heic_turned.heic").read_bytes(),
    }
    path = tmp_path / "scan"
    for media_type, content in good.items():
        for _ in range(12):
            broken = bytearray(content)
            for _ in range(chance.randint(1, 8)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            path.write_bytes(broken)
            assert list(take_in_scans([UploadPath(path, "scan")], cell, limits))
            assert draw_page(bytes(broken), media_type, 0, cell, limits) is not None
    draw(good[MediaType.PNG], MediaType.PNG, cell, limits)


def test_limits_of_a_picture_hold_when_drawing(cell: Cell, limits: Limits) -> None:
    content = save_picture(draw_picture(), "PNG")
    refusal = draw_page(content, MediaType.PNG, 0, cell, replace(limits, image_pixels=1_000))
    assert isinstance(refusal, Refusal)
