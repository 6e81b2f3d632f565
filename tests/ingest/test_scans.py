from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from ingest import Cell, IncomingFile, Limits, MediaType, Refusal, UploadPath, take_in_scans
from tests.ingest.sample_files import draw_picture, save_picture, write_page_pdf, write_pdf, write_workbook, write_zip

PNG = save_picture(draw_picture(), "PNG")
JPEG = save_picture(draw_picture(), "JPEG")
PDF = save_picture(draw_picture(), "PDF", save_all=True, append_images=[draw_picture()])
TIFF = save_picture(draw_picture(), "TIFF", save_all=True, append_images=[draw_picture()] * 2)


class Intake:
    """Takes in one file or folder and gives what came out by name."""

    def __init__(self, folder: Path, cell: Cell, limits: Limits) -> None:
        self.folder, self.cell, self.limits = folder, cell, limits

    def take(self, content: bytes, name: str = "scan.pdf") -> IncomingFile | Refusal:
        (only,) = self.take_all(content, name)
        return only

    def refuse(self, content: bytes, name: str = "scan.pdf") -> str:
        refusal = self.take(content, name)
        assert isinstance(refusal, Refusal), refusal
        assert (refusal.file, refusal.reason) == (name, "BAD_FILE")
        return refusal.words

    def take_all(self, content: bytes, name: str) -> list[IncomingFile | Refusal]:
        path = self.folder / "upload"
        path.write_bytes(content)
        return list(take_in_scans([UploadPath(path, name)], self.cell, self.limits))

    def take_zip(self, content: bytes) -> dict[str, str]:
        return {
            getattr(one, "name", "") or getattr(one, "file", ""): one.words
            if isinstance(one, Refusal)
            else one.media_type
            for one in self.take_all(content, "z.zip")
        }


@pytest.fixture
def intake(tmp_path: Path, cell: Cell, limits: Limits) -> Intake:
    return Intake(tmp_path, cell, limits)


def png_of_size(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def encrypt(user: str) -> bytes:
    held = io.BytesIO()
    with pikepdf.open(io.BytesIO(PDF)) as document:
        document.save(held, encryption=pikepdf.Encryption(owner="owner", user=user))
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type", "pages"),
    [(PNG, MediaType.PNG, 1), (JPEG, MediaType.JPEG, 1), (PDF, MediaType.PDF, 2), (TIFF, MediaType.TIFF, 3)],
)
def test_type_comes_from_the_content(content: bytes, media_type: MediaType, pages: int, intake: Intake) -> None:
    for name in ("scan", "scan.pdf", "scan.jpg", "list.xlsx"):
        taken = intake.take(content, name)
        assert taken == IncomingFile(name, content, media_type, pages)


def test_heic(intake: Intake) -> None:
    taken = intake.take((Path(__file__).parent / "data" / "heic_upright.heic").read_bytes())
    assert isinstance(taken, IncomingFile)
    assert taken.media_type == MediaType.HEIC


def test_odd_but_legal_pdfs_are_read(intake: Intake) -> None:
    assert isinstance(intake.take(encrypt(user="")), IncomingFile)  # owner password only
    assert isinstance(intake.take(b"mail header\r\n" * 20 + PDF), IncomingFile)
    assert isinstance(intake.take(PDF + b"\r\n" * 300 + bytes(3000)), IncomingFile)
    for options in ({"linearize": True}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}):
        held = io.BytesIO()
        with pikepdf.open(io.BytesIO(PDF)) as document:
            document.save(held, **options)  # type: ignore[arg-type] # options of two types
        assert isinstance(intake.take(held.getvalue()), IncomingFile)


def test_broken_cross_references_are_mended(intake: Intake) -> None:
    assert isinstance(intake.take(PDF.replace(b"trailer", b"traiter")), IncomingFile)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
@pytest.mark.parametrize("content", [PDF, JPEG, PNG])
def test_a_file_that_is_cut_short(content: bytes, share: float, intake: Intake) -> None:
    assert "cut short" in intake.refuse(content[: int(len(content) * share)])


def test_a_tiff_that_is_cut_short(intake: Intake) -> None:
    """The pages' directories stand before the pixels of the next page: the first pages are whole, a later one isn't."""
    assert intake.refuse(TIFF[: len(TIFF) // 2])
    long = save_picture(draw_picture(), "TIFF", save_all=True, append_images=[draw_picture()] * 9)
    assert isinstance(intake.take(long), IncomingFile)
    start = long.rindex(struct.pack("<HHI", 273, 4, 1)) + 8
    past_the_end = long[:start] + struct.pack("<I", len(long) - 10) + long[start + 4 :]
    assert "cut short" in intake.refuse(past_the_end)


def test_an_encrypted_pdf(intake: Intake) -> None:
    assert intake.refuse(encrypt(user="secret")) == (
        "The file is protected by a password; save it without a password and send it again."
    )


def test_a_page_of_30000_by_30000_pixels(intake: Intake) -> None:
    words = "A page is longer than 20,000 pixels on a side; scan it at 300 dpi or less."
    assert intake.refuse(png_of_size(30_000, 30_000)) == words
    assert "60 million pixels" in intake.refuse(png_of_size(10_000, 10_000))


def test_a_page_of_30000_by_30000_pixels_really_packed(intake: Intake) -> None:
    big = Image.new("1", (30_000, 30_000), 1)
    assert "20,000 pixels" in intake.refuse(save_picture(big, "PNG"))
    assert "20,000 pixels" in intake.refuse(save_picture(big, "TIFF", compression="group4"))


def test_pdf_without_pages(intake: Intake) -> None:
    empty = write_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"])
    assert "no pages" in intake.refuse(empty)


def test_too_many_pages(intake: Intake) -> None:
    small = [draw_picture(20, 20, "1")] * 60
    many = save_picture(small[0], "TIFF", save_all=True, append_images=small)
    assert intake.refuse(many) == "The file has more than 60 pages; split it into smaller files."
    held = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(61):
            document.add_blank_page()
        document.save(held)
    assert "more than 60 pages" in intake.refuse(held.getvalue())


def test_too_large_a_file(intake: Intake) -> None:
    assert intake.refuse(PDF + bytes(25_000_000)) == (
        "The file is larger than 25 MB; split it or scan at 300 dpi or less."
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"hello", "not a scan"),
        (b"last,first\nA,B\n", "--list"),
        (write_workbook([["last", "first"]]), "--list"),
        (b"MZ\x90\0" + bytes(200), "program"),
        (b"<html><body>scan</body></html>", "web page"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(50), "JPEG 2000"),
        (write_zip({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "office document"),
        (b"%PDF-1.7\n" + os.urandom(5000), "cut short"),
        (b"%PDF-1.7\n" + os.urandom(5000) + b"startxref\n0\n%%EOF", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "damaged"),
        (b"II*\0" + bytes(100), "damaged"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "damaged"),
        (b"GIF89a" + bytes(100), "PDF, TIFF, JPEG, PNG or HEIC"),
    ],
)
def test_what_is_no_scan_is_refused_in_words(content: bytes, words: str, intake: Intake) -> None:
    assert words in intake.refuse(content)


def test_words_name_the_file_only_in_its_place(intake: Intake) -> None:
    refusal = intake.take(b"Amina Hussein", "amina\u202ehussein.pdf")
    assert isinstance(refusal, Refusal)
    assert refusal.file == "amina?hussein.pdf"
    assert "mina" not in refusal.words


def test_folder(tmp_path: Path, cell: Cell, limits: Limits) -> None:
    folder = tmp_path / "scans"
    (folder / "b" / ".git").mkdir(parents=True)
    (folder / "__MACOSX").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    for place in (folder / "z.png", folder / "b" / "a.jpg", folder / "b" / ".git" / "x.png", folder / "__MACOSX" / "y",
                  folder / ".hidden.png", folder / "Thumbs.db", outside / "secret.png"):  # fmt: skip
        place.write_bytes(PNG)
    (folder / "list.csv").write_bytes(b"last,first\n")
    (folder / "link.png").symlink_to(outside / "secret.png")
    (folder / "linked").symlink_to(outside)
    os.mkfifo(folder / "pipe")
    taken = list(take_in_scans([UploadPath(folder, "scans")], cell, limits))
    assert [one.name if isinstance(one, IncomingFile) else one.file for one in taken] == [
        "scans/link.png", "scans/linked", "scans/list.csv", "scans/pipe", "scans/z.png", "scans/b/a.jpg",
    ]  # fmt: skip
    words = [one.words for one in taken if isinstance(one, Refusal)]
    assert [" link " in words[0], " link " in words[1], "--list" in words[2], "plain file" in words[3]] == [True] * 4


def test_an_empty_folder_and_a_missing_file_are_told(tmp_path: Path, cell: Cell, limits: Limits) -> None:
    paths = [UploadPath(tmp_path, "empty"), UploadPath(tmp_path / "none.pdf", "none.pdf")]
    first, second = take_in_scans(paths, cell, limits)
    assert isinstance(first, Refusal)
    assert isinstance(second, Refusal)
    assert "holds no files" in first.words
    assert "no such file" in second.words


def test_zip_members_one_by_one(intake: Intake) -> None:
    content = write_zip(
        {"b.pdf": PDF, "sub/a.jpg": JPEG, "broken.png": PNG[:60], "inner.zip": write_zip({"x.png": PNG}),
         "list.xlsx": write_workbook([["a"]]), "__MACOSX/._b.pdf": b"x", ".DS_Store": b"x", "empty.tif": b""}
    )  # fmt: skip
    taken = intake.take_zip(content)
    assert taken["z.zip/b.pdf"] == MediaType.PDF
    assert taken["z.zip/sub/a.jpg"] == MediaType.JPEG
    assert "cut short" in taken["z.zip/broken.png"]
    assert "zip within a zip" in taken["z.zip/inner.zip"]
    assert "--list" in taken["z.zip/list.xlsx"]
    assert "empty" in taken["z.zip/empty.tif"]
    assert len(taken) == 6


def test_zip_members_with_unsafe_names_are_refused_and_the_rest_goes_on(intake: Intake) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name in ("../up.png", "/absolute.png", "a/../../b.png", "C:\\drive.png", "..\\back.png"):
            packed.writestr(name, PNG)
        packed.writestr(link, "/etc/passwd")
        packed.writestr("good.png", PNG)
    taken = intake.take_zip(held.getvalue())
    assert [name for name, result in taken.items() if result == MediaType.PNG] == ["z.zip/good.png"]
    assert sum("points outside" in words for words in taken.values()) == 5
    assert "link" in taken["z.zip/link.png"]


def test_encrypted_zip_member(intake: Intake) -> None:
    content = bytearray(write_zip({"a.png": PNG, "b.png": JPEG}))
    local = content.index(b"PK\x03\x04")
    central = content.index(b"PK\x01\x02")
    content[local + 6] |= 1
    content[central + 8] |= 1
    taken = intake.take_zip(bytes(content))
    assert "password" in taken["z.zip/a.png"]
    assert taken["z.zip/b.png"] == MediaType.JPEG


def test_zip_limits(intake: Intake) -> None:
    assert intake.take_zip(write_zip({f"{number}.png": b"x" for number in range(501)})) == {
        "z.zip": "The zip holds more than 500 files; split it into smaller zips."
    }
    bomb = intake.take_zip(write_zip({"bomb.png": bytes(20_000_000), "good.png": PNG}))
    assert "more than 100 times" in bomb["z.zip/bomb.png"]
    assert bomb["z.zip/good.png"] == MediaType.PNG
    intake.limits = replace(intake.limits, zip_unpacked_bytes=100_000)
    assert "unpacks to more than" in intake.take_zip(write_zip({"a.png": bytes(200_000)}))["z.zip"]


def test_a_zip_that_lies_about_its_size(intake: Intake) -> None:
    content = write_zip({"bomb.png": bytes(30_000_000), "good.png": PNG})
    content = content.replace(struct.pack("<I", 30_000_000), struct.pack("<I", 100))
    taken = intake.take_zip(content)
    assert isinstance(taken["z.zip/bomb.png"], str)
    assert taken["z.zip/bomb.png"] != MediaType.PNG
    assert taken["z.zip/good.png"] == MediaType.PNG


def test_empty_and_broken_zips(intake: Intake) -> None:
    assert "holds no files" in intake.take_zip(write_zip({}))["z.zip"]
    assert "cut short" in intake.take_zip(write_zip({"a.png": PNG})[:-40])["z.zip"]


def test_two_members_of_one_name_are_both_taken(intake: Intake) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed, pytest.warns(UserWarning):
        packed.writestr("a.png", PNG)
        packed.writestr("a.png", PNG)
    assert list(intake.take_zip(held.getvalue())) == ["z.zip/a.png", "z.zip/a.png (2)"]


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, cell: Cell, limits: Limits) -> None:
    def paths() -> Iterator[UploadPath]:
        for number, content in enumerate([PNG, b"x", PDF, write_page_pdf(b"")]):
            (tmp_path / f"{number}").write_bytes(content)
            yield UploadPath(tmp_path / f"{number}", f"{number}")

    taken = list(take_in_scans(list(paths()), cell, limits))
    assert [isinstance(one, IncomingFile) for one in taken] == [True, False, True, True]
