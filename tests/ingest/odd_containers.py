"""Two hundred odd but legal containers of one page: every way that a scanner, a phone or an office program might write it.

The page is grey or black on white, so that each comes out as the same picture, upright.
"""

from __future__ import annotations

import base64
import io
import itertools
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode
from PIL import Image, ImageCms, TiffImagePlugin

from tests.ingest.sample_files import draw_picture, save_picture

PAGE = draw_picture(340, 440)
_WIDTH, _HEIGHT = PAGE.size
_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
_ORIENTED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True)
class Odd:
    """A container, and what is odd about it."""

    what: str
    content: bytes
    name: str


def make_odd_containers() -> list[Odd]:
    made = [*_make_pdfs(), *_make_tiffs(), *_make_pngs(), *_make_jpegs()]
    assert len({odd.what for odd in made}) == len(made)
    return made


def _make_pdfs() -> Iterator[Odd]:
    for picture, way in itertools.product(_PICTURES, _WAYS):
        yield Odd(f"pdf, {picture}, {way}", _WAYS[way](_place(_PICTURES[picture])), "scan.pdf")
    for change in _CHANGES:
        document = _place(_PICTURES["flate"])
        _CHANGES[change](document)
        yield Odd(f"pdf, {change}", _save(document), "scan.pdf")
    plain = _save(_place(_PICTURES["flate"]))
    yield Odd("pdf, bytes before its head", b"\r\n" * 40 + plain, "scan.pdf")
    yield Odd("pdf, bytes after its end", plain + b"\0" * 700, "scan.pdf")
    for version in ("1.3", "1.4", "1.5", "1.6", "2.0"):
        yield Odd(f"pdf, version {version}", _save(_place(_PICTURES["flate"]), force_version=version), "scan.pdf")


def _place(picture: tuple[dict[str, object], bytes]) -> pikepdf.Pdf:
    """A page that shows a picture from edge to edge."""
    document = pikepdf.new()
    facts, content = picture
    named = {"Type": Name.XObject, "Subtype": Name.Image, "Width": _WIDTH, "Height": _HEIGHT}
    image = document.make_stream(content, **{**named, **facts})
    page = document.add_blank_page(page_size=(_WIDTH, _HEIGHT))
    page.Resources = Dictionary(XObject=Dictionary(Im=image))
    page.Contents = document.make_stream(b"q %d 0 0 %d 0 0 cm /Im Do Q" % (_WIDTH, _HEIGHT))
    return document


def _save(document: pikepdf.Pdf, **options: object) -> bytes:
    held = io.BytesIO()
    document.save(held, **options)  # type: ignore[arg-type]  # options of every way to save
    return held.getvalue()


def _bits(mode: str = "L") -> bytes:
    return PAGE.convert(mode).tobytes()


def _fax(compression: str) -> bytes:
    held = io.BytesIO()
    PAGE.convert("1", dither=Image.Dither.NONE).save(held, "TIFF", compression=compression, strip_size=1 << 20)
    with Image.open(held) as read:
        (place,), (size,) = read.tag_v2[273], read.tag_v2[279]
    return held.getvalue()[place : place + size]


def _deep() -> bytes:
    return b"".join(struct.pack(">H", value * 257) for value in _bits())


def _predicted() -> bytes:
    rows = np.frombuffer(_bits(), np.uint8).reshape(_HEIGHT, _WIDTH)
    up = np.diff(rows, axis=0, prepend=np.zeros((1, _WIDTH), np.uint8)).astype(np.uint8)
    return zlib.compress(b"".join(b"\2" + row.tobytes() for row in up))


def _run_lengths() -> bytes:
    packed = bytearray()
    for value, group in itertools.groupby(_bits()):
        count = len(list(group))
        while count:
            taken = min(count, 128)
            packed += bytes((0, value)) if taken == 1 else bytes((257 - taken, value))
            count -= taken
    return bytes(packed) + b"\x80"


_GREY = {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 8}
_ONE_BIT = {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 1}
_FAX = {"Columns": _WIDTH, "Rows": _HEIGHT, "BlackIs1": True}
_FLAT = {"Filter": Name.FlateDecode}
_INVERTED = bytes(255 - value for value in _bits())
_PICTURES: dict[str, tuple[dict[str, object], bytes]] = {
    "raw": (_GREY, _bits()),
    "flate": ({**_GREY, **_FLAT}, zlib.compress(_bits())),
    "predicted": (
        {**_GREY, **_FLAT, "DecodeParms": Dictionary(Predictor=15, Columns=_WIDTH, Colors=1, BitsPerComponent=8)},
        _predicted(),
    ),
    "run lengths": ({**_GREY, "Filter": Name.RunLengthDecode}, _run_lengths()),
    "two filters": (
        {**_GREY, "Filter": Array([Name.ASCII85Decode, Name.FlateDecode])},
        base64.a85encode(zlib.compress(_bits())) + b"~>",
    ),
    "hexadecimal": ({**_GREY, "Filter": Name.ASCIIHexDecode}, _bits().hex().encode() + b">"),
    "colours": ({"ColorSpace": Name.DeviceRGB, "BitsPerComponent": 8, **_FLAT}, zlib.compress(_bits("RGB"))),
    "four inks": ({"ColorSpace": Name.DeviceCMYK, "BitsPerComponent": 8, **_FLAT}, zlib.compress(_bits("CMYK"))),
    "one bit": ({**_ONE_BIT, **_FLAT}, zlib.compress(_bits("1"))),
    "sixteen bits": ({"ColorSpace": Name.DeviceGray, "BitsPerComponent": 16, **_FLAT}, zlib.compress(_deep())),
    "inverted": ({**_GREY, **_FLAT, "Decode": Array([1, 0])}, zlib.compress(_INVERTED)),
    "palette": (
        {
            "ColorSpace": Array([Name.Indexed, Name.DeviceRGB, 1, pikepdf.String(b"\xff\xff\xff\0\0\0")]),
            "BitsPerComponent": 8,
            **_FLAT,
        },
        zlib.compress(bytes(value < 128 for value in _bits())),
    ),
    "jpeg": ({**_GREY, "Filter": Name.DCTDecode}, save_picture(PAGE, "JPEG", quality=90)),
    "jpeg 2000": ({"Filter": Name.JPXDecode}, save_picture(PAGE, "JPEG2000")),
    "fax of group 4": (
        {**_ONE_BIT, "Filter": Name.CCITTFaxDecode, "DecodeParms": Dictionary(K=-1, **_FAX)},
        _fax("group4"),
    ),
    "fax of group 3": (
        {**_ONE_BIT, "Filter": Name.CCITTFaxDecode, "DecodeParms": Dictionary(K=0, **_FAX)},
        _fax("group3"),
    ),
}
_OWNER = {"owner": "owner", "user": ""}
_WAYS = {
    "plain": _save,
    "linearised": lambda document: _save(document, linearize=True),
    "object streams": lambda document: _save(document, object_stream_mode=ObjectStreamMode.generate),
    "owner password, AES": lambda document: _save(document, encryption=pikepdf.Encryption(**_OWNER, R=6)),
    "owner password, RC4": lambda document: _save(
        document, encryption=pikepdf.Encryption(**_OWNER, R=3, metadata=False, aes=False)
    ),
    "normalised": lambda document: _save(document, normalize_content=True, qdf=True),
}


def _turn(angle: int, document: pikepdf.Pdf) -> None:
    """The picture lies turned, and the page says by how much to turn it back."""
    page = document.pages[0]
    page.Rotate = angle
    turned = PAGE.transpose(_TURNS[angle])
    width, height = turned.size
    page.MediaBox = Array([0, 0, width, height])
    page.Resources.XObject.Im = document.make_stream(
        zlib.compress(turned.tobytes()),
        **{"Type": Name.XObject, "Subtype": Name.Image, "Width": width, "Height": height, **_GREY, **_FLAT},
    )
    page.Contents = document.make_stream(b"q %d 0 0 %d 0 0 cm /Im Do Q" % (width, height))


def _wrap(document: pikepdf.Pdf) -> None:
    """The page draws a form that draws the picture."""
    page = document.pages[0]
    inner = document.make_stream(
        page.Contents.read_bytes(),
        **{"Type": Name.XObject, "Subtype": Name.Form, "BBox": page.MediaBox, "Resources": page.Resources},
    )
    page.Resources = Dictionary(XObject=Dictionary(Fm=inner))
    page.Contents = document.make_stream(b"/Fm Do")


def _cut(document: pikepdf.Pdf) -> None:
    """A wide page of which the crop box shows the picture's part."""
    page = document.pages[0]
    page.MediaBox = Array([-50, -50, _WIDTH + 50, _HEIGHT + 50])
    page.CropBox = Array([0, 0, _WIDTH, _HEIGHT])


def _turn_box(document: pikepdf.Pdf) -> None:
    document.pages[0].MediaBox = Array([_WIDTH, _HEIGHT, 0, 0])


def _inherit(document: pikepdf.Pdf) -> None:
    page, pages = document.pages[0], document.Root.Pages
    pages.MediaBox, pages.Resources = page.MediaBox, page.Resources
    del page.obj["/MediaBox"], page.obj["/Resources"]


def _split(document: pikepdf.Pdf) -> None:
    page = document.pages[0]
    parts = [b"q %d 0 0" % _WIDTH, b" %d 0 0 cm" % _HEIGHT, b" /Im Do Q"]
    page.Contents = Array([document.make_stream(part) for part in parts])


def _enlarge(document: pikepdf.Pdf) -> None:
    document.pages[0].UserUnit = 2


def _layer(document: pikepdf.Pdf) -> None:
    layer = document.make_indirect(Dictionary(Type=Name.OCG, Name="Scan"))
    document.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(ON=Array([layer])))
    page = document.pages[0]
    page.Resources.Properties = Dictionary(Lay=layer)
    page.Contents = document.make_stream(b"/OC /Lay BDC " + page.Contents.read_bytes() + b" EMC")


def _tag(document: pikepdf.Pdf) -> None:
    with document.open_metadata() as told:
        told["dc:title"] = "scan"
    document.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))
    document.Root.Lang = "am"


def _mask(document: pikepdf.Pdf) -> None:
    """The picture is a stencil through which the page is inked."""
    page = document.pages[0]
    facts = {"Width": _WIDTH, "Height": _HEIGHT, "ImageMask": True, "BitsPerComponent": 1, **_FLAT}
    named = {"Type": Name.XObject, "Subtype": Name.Image, **facts}
    page.Resources.XObject.Im = document.make_stream(zlib.compress(_bits("1")), **named)


def _soften(document: pikepdf.Pdf) -> None:
    """All of the picture shows through its soft mask."""
    facts = {"Width": 2, "Height": 2, **_GREY}
    named = {"Type": Name.XObject, "Subtype": Name.Image, **facts}
    document.pages[0].Resources.XObject.Im.SMask = document.make_stream(b"\xff" * 4, **named)


def _colour(document: pikepdf.Pdf) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = document.pages[0].Resources.XObject.Im
    image.ColorSpace = Array([Name.ICCBased, document.make_stream(profile, N=3, Alternate=Name.DeviceRGB)])
    image.write(_bits("RGB"))


def _ink(document: pikepdf.Pdf) -> None:
    """A separation: one ink, and how it would look in grey."""
    tint = Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([1]), C1=Array([0]), N=1)
    image = document.pages[0].Resources.XObject.Im
    image.ColorSpace = Array([Name.Separation, Name.Black, Name.DeviceGray, tint])
    image.write(_INVERTED)


_CHANGES = {
    **{f"turned by {angle}": lambda document, angle=angle: _turn(angle, document) for angle in (90, 180, 270)},
    "a form within": _wrap,
    "a crop box": _cut,
    "a box from its far corner": _turn_box,
    "inherited boxes": _inherit,
    "contents in parts": _split,
    "a unit of two points": _enlarge,
    "a layer": _layer,
    "tags and labels": _tag,
    "a stencil": _mask,
    "a soft mask": _soften,
    "a colour profile": _colour,
    "an ink": _ink,
}


def _make_tiffs() -> Iterator[Odd]:
    modes = ("1", "L", "RGB", "CMYK", "P", "LA", "RGBA", "I;16")
    for mode, compression in itertools.product(modes, ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")):
        yield Odd(
            f"tiff, {mode}, {compression}", save_picture(_in_mode(mode), "TIFF", compression=compression), "s.tif"
        )
    for compression in ("group3", "group4"):
        yield Odd(f"tiff, fax, {compression}", save_picture(_in_mode("1"), "TIFF", compression=compression), "s.tif")
    for mode in ("L", "RGB"):
        yield Odd(f"tiff, {mode}, jpeg", save_picture(_in_mode(mode), "TIFF", compression="jpeg"), "s.tif")
    yield Odd("tiff, of 64 bits", save_picture(PAGE, "TIFF", big_tiff=True), "s.tif")
    for number, way in _ORIENTED.items():
        told = TiffImagePlugin.ImageFileDirectory_v2()
        told[274] = number
        yield Odd(f"tiff, orientation {number}", save_picture(PAGE.transpose(way), "TIFF", tiffinfo=told), "s.tif")
    for strip in (1, 4000):
        yield Odd(f"tiff, strips of {strip}", save_picture(PAGE, "TIFF", strip_size=strip), "s.tif")
    yield Odd("tiff, named pdf", save_picture(PAGE, "TIFF"), "s.pdf")


def _in_mode(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(PAGE).astype(np.uint16) * 257)
    if mode == "1":
        return PAGE.convert("1", dither=Image.Dither.NONE)
    return PAGE.convert(mode)


def _make_pngs() -> Iterator[Odd]:
    for mode in ("1", "L", "LA", "RGB", "RGBA", "P", "I;16"):
        yield Odd(f"png, {mode}", save_picture(_in_mode(mode), "PNG"), "scan.png")
    for level in (0, 9):
        yield Odd(f"png, packed {level}", save_picture(PAGE, "PNG", compress_level=level), "scan.png")
    for number, way in _ORIENTED.items():
        told = Image.Exif()
        told[274] = number
        yield Odd(f"png, orientation {number}", save_picture(PAGE.transpose(way), "PNG", exif=told), "scan.png")
    yield Odd("png, of 72 dots", save_picture(PAGE, "PNG", dpi=(72, 72)), "scan.png")
    yield Odd("png, named jpg", save_picture(PAGE, "PNG"), "scan.jpg")
    clear = PAGE.convert("RGBA")
    clear.putalpha(Image.eval(PAGE, lambda value: 255 - value))
    yield Odd("png, paper that is clear", save_picture(clear, "PNG"), "scan.png")


def _make_jpegs() -> Iterator[Odd]:
    for mode, progressive in itertools.product(("L", "RGB", "CMYK"), (False, True)):
        kind = "progressive" if progressive else "plain"
        yield Odd(f"jpeg, {mode}, {kind}", save_picture(_in_mode(mode), "JPEG", progressive=progressive), "scan.jpg")
    for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
        content = save_picture(_in_mode("RGB"), "JPEG", subsampling=subsampling)
        yield Odd(f"jpeg, {subsampling}", content, "scan.jpg")
    for number, way in _ORIENTED.items():
        told = Image.Exif()
        told[274] = number
        yield Odd(f"jpeg, orientation {number}", save_picture(PAGE.transpose(way), "JPEG", exif=told), "scan.jpg")
    yield Odd("jpeg, restarts", save_picture(PAGE, "JPEG", restart_marker_rows=1), "scan.jpg")
    yield Odd("jpeg, poor", save_picture(PAGE, "JPEG", quality=15), "scan.jpg")
    yield Odd("jpeg, bytes after its end", save_picture(PAGE, "JPEG") + bytes(500), "scan.jpg")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield Odd("jpeg, a profile", save_picture(_in_mode("RGB"), "JPEG", icc_profile=profile), "scan.jpg")
