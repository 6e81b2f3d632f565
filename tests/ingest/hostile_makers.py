"""Hostile files of our own: a maker for every family of trick that PDFs, pictures, workbooks, tables and zips are known for.

A maker draws sizes and places from a seed, so that each seed is another file of its family. `mangle` breaks a good file as a
bad disk or a fuzzer would.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

from PIL import Image

from tests.ingest.sample_files import draw_picture, save_picture, write_page_pdf, write_pdf, write_workbook, write_zip

Rng = random.Random
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(10))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + b"".join(chunks) + _chunk(b"IEND", b"")


def _tiff(entries: list[tuple[int, int, int, int]], after: int = 0, body: bytes = b"") -> bytes:
    """A TIFF with one directory of (tag, type, count, value) and a pointer to the next."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + struct.pack("<I", after) + body


def _picture_pdf(facts: bytes, data: bytes) -> bytes:
    image = b"<< /Type /XObject /Subtype /Image " + facts + b" /Length %d >>\nstream\n" % len(data)
    shown = b"/Resources << /XObject << /Im 5 0 R >> >>"
    return write_page_pdf(b"q 612 0 0 792 0 0 cm /Im Do Q", page=shown, more=[image + data + b"\nendstream"])


def _workbook(changes: dict[str, bytes]) -> bytes:
    """A good workbook of which members are put in the place of its own."""
    held = io.BytesIO()
    with zipfile.ZipFile(
        io.BytesIO(write_workbook([["Last", "First", "DOB", "School"], ["A", "B", "2012-01-02", "C"]]))
    ) as good:
        members = {name: good.read(name) for name in good.namelist()}
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in {**members, **changes}.items():
            packed.writestr(name, content)
    return held.getvalue()


def _sheet(rows: str, more: str = "") -> dict[str, bytes]:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return {"xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{rows}</sheetData>{more}</worksheet>".encode()}


def _zip_with(name: str, content: bytes = b"x", *, mode: int = 0) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        packed.writestr(member, content)
    return held.getvalue()


def _overlapping_zip(members: int) -> bytes:
    """Many names for one body."""
    body = zlib.compress(bytes(5_000_000), 9)[2:-4]
    check, size = zlib.crc32(bytes(5_000_000)), 5_000_000
    head = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, check, len(body), size, 1, 0) + b"a"
    central = b"".join(
        struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 0, check, len(body), size, 5, 0, 0, 0, 0, 0, 0)
        + f"{number:05}".encode()
        for number in range(members)
    )
    start = len(head) + len(body)
    return head + body + central + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, members, members, len(central), start, 0)


def _encode_scans(rng: Rng) -> bytes:
    """A progressive JPEG whose scan is told again and again."""
    good = save_picture(draw_picture(200, 200), "JPEG", progressive=True)
    start = good.rindex(b"\xff\xda")
    return good[:start] + good[start:-2] * rng.randrange(200, 3000) + b"\xff\xd9"


def _loop_exif(rng: Rng) -> bytes:
    body = b"Exif\0\0" + _tiff([(0x8769, 4, 1, 8), (0x0112, 3, 1, rng.randrange(70_000) % 65_536)], after=8)
    good = save_picture(draw_picture(), "JPEG")
    return good[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + good[2:]


def _huge_jpeg(rng: Rng) -> bytes:
    good = bytearray(save_picture(draw_picture(), "JPEG"))
    place = good.index(b"\xff\xc0")
    good[place + 5 : place + 9] = struct.pack(">HH", rng.randrange(20_000, 65_536), rng.randrange(20_000, 65_536))
    return bytes(good)


def _animate(rng: Rng) -> bytes:
    frames = [draw_picture(64, 64)] * rng.randrange(200, 900)
    return save_picture(frames[0], "PNG", save_all=True, append_images=frames[1:])


def _loop_of_directories(rng: Rng) -> bytes:
    return _tiff([(256, 3, 1, 10), (257, 3, 1, 10), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)], after=8)


def _many_directories(rng: Rng) -> bytes:
    count, size = rng.randrange(2_000, 60_000), 2 + 12 * 2 + 4
    one = [(256, 3, 1, 1), (257, 3, 1, 1)]
    packed = struct.pack("<H", 2) + b"".join(struct.pack("<HHII", *entry) for entry in one)
    return b"II*\0\x08\0\0\0" + b"".join(packed + struct.pack("<I", 8 + size * (n + 1)) for n in range(count))


def _wrong_strips(rng: Rng) -> bytes:
    side, place = rng.choice((16, 5_000, 19_000)), rng.randrange(1 << 32)
    body = [
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8),
        (259, 3, 1, rng.choice((1, 2, 4, 5, 7, 8, 32773, 50000))),
    ]
    return _tiff([*body, (262, 3, 1, 1), (273, 4, 1, place), (278, 4, 1, 1), (279, 4, 1, rng.randrange(1 << 32))])


def _list_of_tags(rng: Rng) -> bytes:
    return _tiff([(256 + n, rng.randrange(1, 13), rng.randrange(1 << 32), rng.randrange(1 << 32)) for n in range(200)])


def _heif(rng: Rng) -> bytes:
    boxes = b"".join(
        struct.pack(">I", rng.choice((0, 1, 8, 1 << 31, 90))) + kind + rng.randbytes(40) for kind in _BOXES
    )
    return struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + boxes


_ODD_NUMBERS = ("1e999", "NaN", "-1e308", "99999999999", "", "x")
_BOXES = (b"meta", b"hdlr", b"pitm", b"iloc", b"iinf", b"iref", b"iprp", b"ipco", b"hvcC", b"ispe", b"mdat")

PDFS: dict[str, Callable[[Rng], bytes]] = {
    "a page tree that bites its tail": lambda rng: write_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count %d >>" % rng.randrange(1 << 31),
        ]
    ),
    "a page tree of many storeys": lambda rng: write_pdf(
        [b"<< /Type /Catalog /Pages 2 0 R >>"]
        + [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 3) for n in range(rng.randrange(500, 20_000))]
    ),
    "nested arrays": lambda rng: write_pdf(
        [b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * (n := rng.randrange(1_000, 200_000)) + b"]" * n + b" >>", PAGES]
    ),
    "a page of a huge box": lambda rng: write_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            PAGES,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] >>"
            % rng.choice(
                (b"0 0 1e38 1e38", b"0 0 0 0", b"-1e9 -1e9 1e9 1e9", b"0 0 200000 3", b"0 0 nan inf", b"/a (b) [] null")
            ),
        ]
    ),
    "content that unpacks without end": lambda rng: write_page_pdf(
        b"q 1 0 0 1 0 0 cm " * rng.randrange(2_000_000, 9_000_000)
    ),
    "a picture larger than memory": lambda rng: _picture_pdf(
        b"/Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 16 /Filter /FlateDecode"
        % (rng.randrange(30_000, 1 << 31), rng.randrange(30_000, 1 << 31)),
        zlib.compress(bytes(rng.randrange(1_000_000))),
    ),
    "a predictor of many columns": lambda rng: _picture_pdf(
        b"/Width 9 /Height 9 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode "
        b"/DecodeParms << /Predictor 15 /Columns %d /Colors 32 >>" % rng.randrange(1 << 31),
        zlib.compress(rng.randbytes(900)),
    ),
    "rubbish in a decoder": lambda rng: _picture_pdf(
        b"/Width 900 /Height 900 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /"
        + rng.choice((b"JBIG2Decode", b"JPXDecode", b"DCTDecode", b"CCITTFaxDecode", b"LZWDecode", b"RunLengthDecode")),
        rng.randbytes(rng.randrange(20_000)),
    ),
    "filters upon filters": lambda rng: _picture_pdf(
        b"/Width 9 /Height 9 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter ["
        + b"/FlateDecode " * rng.randrange(20, 5_000)
        + b"]",
        zlib.compress(zlib.compress(bytes(1000))),
    ),
    "a form that draws itself": lambda rng: write_page_pdf(
        b"/Fm Do " * rng.randrange(1, 50),
        page=b"/Resources << /XObject << /Fm 5 0 R >> >>",
        more=[
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /Fm 5 0 R >> >> /Length 14 >>\n"
            b"stream\n/Fm Do /Fm Do \nendstream"
        ],
    ),
    "forms that multiply": lambda rng: write_page_pdf(
        b"/F Do",
        page=b"/Resources << /XObject << /F 5 0 R >> >>",
        more=[
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F %d 0 R >> >> /Length 60 >>\n"
            b"stream\n" % (n + 6) + b"/F Do " * 10 + b"\nendstream"
            for n in range(rng.randrange(8, 40))
        ],
    ),
    "a pattern of specks": lambda rng: write_page_pdf(
        b"/Pattern cs /P scn 0 0 612 792 re f",
        page=b"/Resources << /Pattern << /P 5 0 R >> >>",
        more=[
            b"<< /Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.00%d /YStep 0.001 "
            b"/Resources << >> /Length 10 >>\nstream\n0 0 1 1 re f\nendstream" % rng.randrange(1, 9)
        ],
    ),
    "a function within functions": lambda rng: write_page_pdf(
        b"/S sh",
        page=b"/Resources << /Shading << /S << /ShadingType 1 /ColorSpace /DeviceRGB /Function 5 0 R >> >> >>",
        more=[b"<< /FunctionType 3 /Domain [0 1] /Functions [5 0 R 5 0 R] /Bounds [0.5] /Encode [0 1 0 1] >>"],
    ),
    "cross references that go round": lambda rng: write_page_pdf(b"", root=b"").replace(
        b"/Size", b"/Prev 9 /XRefStm 9 /Size"
    ),
    "cross references to nowhere": lambda rng: (
        write_page_pdf(b"0 0 9 9 re f")[: -rng.randrange(5, 40)] + b"%d" % rng.randrange(1 << 62)
    ),
    "a stream of a false length": lambda rng: write_page_pdf(b"0 0 9 9 re f").replace(
        b"/Length ", b"/Length %d" % rng.choice((-1, 1 << 40))
    ),
    "an unknown lock": lambda rng: write_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            PAGES,
            b"<< /Filter /%s /V %d >>" % (rng.choice((b"Evil", b"Standard")), rng.randrange(9)),
        ],
        b"/Encrypt 3 0 R /ID [(a) (b)]",
    ),
    "scripts and calls": lambda rng: write_page_pdf(
        b"",
        root=b"/OpenAction << /S /Launch /F (/bin/sh) >> /AA << /WC << /S /JavaScript /JS (while(1);) >> >> "
        b"/Names << /EmbeddedFiles << /Names [(x) << /Type /Filespec /F (../../x) >>] >> >> "
        b"/URI << /Base (http://127.0.0.1:9) >>",
    ),
    "very many fields": lambda rng: write_page_pdf(
        b"",
        root=b"/AcroForm << /NeedAppearances true /Fields [" + b"5 0 R " * rng.randrange(1_000, 100_000) + b"] >>",
        more=[b"<< /FT /Tx /T (a) /Kids [5 0 R 5 0 R] /Parent 5 0 R /V 5 0 R >>"],
    ),
    "entities in a form": lambda rng: write_page_pdf(
        b"",
        root=b"/AcroForm << /Fields [] /XFA 5 0 R >>",
        more=[
            b"<< /Length %d >>\nstream\n"
            % len(text := f"<?xml version='1.0'?><!DOCTYPE x [{ENTITIES}]><x>&e9;</x>".encode())
            + text
            + b"\nendstream"
        ],
    ),
    "endless words": lambda rng: write_page_pdf(
        b"BT /F 9 Tf (" + b"a" * rng.randrange(1_000_000, 20_000_000) + b") Tj ET"
    ),
    "a font that is none": lambda rng: write_page_pdf(
        b"BT /F 40 Tf 9 9 Td (evil) Tj ET",
        page=b"/Resources << /Font << /F 5 0 R >> >>",
        more=[
            b"<< /Type /Font /Subtype /TrueType /BaseFont /X /FontDescriptor 6 0 R >>",
            b"<< /Type /FontDescriptor /FontName /X /FontFile2 7 0 R >>",
            b"<< /Length %d >>\nstream\n" % len(font := b"\0\1\0\0\0\xff" + rng.randbytes(rng.randrange(4_000)))
            + font
            + b"\nendstream",
        ],
    ),
}

PICTURES: dict[str, Callable[[Rng], bytes]] = {
    "a PNG of huge sides": lambda rng: _png(
        rng.randrange(20_000, 1 << 31), rng.randrange(1, 1 << 31), _chunk(b"IDAT", zlib.compress(bytes(9)))
    ),
    "a PNG that unpacks without end": lambda rng: _png(
        100, 100, _chunk(b"IDAT", zlib.compress(bytes(rng.randrange(40_000_000, 90_000_000)), 9))
    ),
    "a PNG with a bomb of words": lambda rng: _png(
        9, 9, _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(60_000_000), 9)), _chunk(b"IDAT", zlib.compress(bytes(90)))
    ),
    "a PNG with a bomb of a profile": lambda rng: _png(
        9, 9, _chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(60_000_000), 9)), _chunk(b"IDAT", zlib.compress(bytes(90)))
    ),
    "a PNG of odd depth": lambda rng: _png(
        90, 90, _chunk(b"IDAT", zlib.compress(bytes(90_000))), depth=rng.randrange(256), colour=rng.randrange(256)
    ),
    "a PNG of many frames": _animate,
    "a PNG without pixels": lambda rng: _png(rng.randrange(3), rng.randrange(3)),
    "a JPEG of huge sides": _huge_jpeg,
    "a JPEG of many scans": _encode_scans,
    "a JPEG whose Exif goes round": _loop_exif,
    "a TIFF that goes round": _loop_of_directories,
    "a TIFF of very many pages": _many_directories,
    "a TIFF with strips elsewhere": _wrong_strips,
    "a TIFF of false tags": _list_of_tags,
    "a HEIC of false boxes": _heif,
    "a GIF": lambda rng: save_picture(
        draw_picture(), "GIF", save_all=True, append_images=[draw_picture()] * rng.randrange(1, 400)
    ),
    "a BMP of huge sides": lambda rng: (
        b"BM"
        + struct.pack(
            "<IHHIIiiHHIIiiII", 1 << 30, 0, 0, 54, 40, rng.randrange(1 << 31), -(1 << 30), 1, 24, 0, 0, 0, 0, 0, 0
        )
    ),
    "a WebP": lambda rng: b"RIFF" + struct.pack("<I", rng.randrange(1 << 32)) + b"WEBPVP8X" + rng.randbytes(200),
    "an SVG": lambda rng: (
        f"<?xml version='1.0'?><!DOCTYPE svg [{ENTITIES}]><svg xmlns='http://www.w3.org/2000/svg'>&e9;</svg>".encode()
    ),
    "PostScript": lambda rng: b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file 1000 string readstring\n",
    "a picture and a PDF in one": lambda rng: save_picture(draw_picture(), "JPEG") + write_page_pdf(b""),
}

TABLES: dict[str, Callable[[Rng], bytes]] = {
    "entities in a sheet": lambda rng: _workbook(
        {
            "xl/worksheets/sheet1.xml": (
                f"<!DOCTYPE x [{ENTITIES}]><worksheet><sheetData><row><c t='inlineStr'><is><t>&e9;</t></is></c></row>"
                "</sheetData></worksheet>"
            ).encode()
        }
    ),
    "an entity from a file": lambda rng: _workbook(
        {
            "xl/sharedStrings.xml": b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><sst><si><t>&e;</t></si></sst>"
        }
    ),
    "an entity from the network": lambda rng: _workbook(
        {"xl/styles.xml": b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'><styleSheet/>"}
    ),
    "words that unpack without end": lambda rng: _workbook(
        {
            "xl/sharedStrings.xml": b"<sst>"
            + b"<si><t>aaaaaaaaaaaaaaaaaaaa</t></si>" * rng.randrange(3_000_000, 6_000_000)
        }
    ),
    "rows without end": lambda rng: _workbook(_sheet("<row><c><v>1</v></c></row>" * rng.randrange(20_001, 400_000))),
    "columns without end": lambda rng: _workbook(
        _sheet("<row>" + "<c><v>1</v></c>" * rng.randrange(16_385, 300_000) + "</row>")
    ),
    "a cell at the end of the world": lambda rng: _workbook(
        _sheet(f'<row r="{rng.choice((1048576, 1048577, 4294967296, -1, 0))}"><c r="XFE1048577"><v>1</v></c></row>')
    ),
    "merged cells without end": lambda rng: _workbook(
        _sheet("", "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * rng.randrange(1_000, 90_000) + "</mergeCells>")
    ),
    "numbers that are none": lambda rng: _workbook(
        _sheet(
            "".join(f'<row><c t="{rng.choice("nsbed")}"><v>{rng.choice(_ODD_NUMBERS)}</v></c></row>' for _ in range(90))
        )
    ),
    "words that aren't there": lambda rng: _workbook(
        _sheet(f'<row><c t="s"><v>{rng.randrange(1 << 40)}</v></c></row>')
    ),
    "styles that aren't there": lambda rng: _workbook(
        _sheet(f'<row><c s="{rng.randrange(1 << 40)}"><v>41000</v></c></row>')
    ),
    "nested elements": lambda rng: _workbook({"xl/workbook.xml": b"<a>" * rng.randrange(10_000, 900_000)}),
    "an attribute without end": lambda rng: _workbook(
        _sheet(f'<row spans="{"1 " * rng.randrange(1_000_000, 9_000_000)}"/>')
    ),
    "a workbook without sheets": lambda rng: _workbook({"xl/workbook.xml": b"<workbook/>"}),
    "very many sheets": lambda rng: _workbook(
        {
            "xl/workbook.xml": b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
            + b"".join(
                b'<sheet name="s%d" sheetId="%d" r:id="rId1"/>' % (n, n) for n in range(rng.randrange(1_000, 20_000))
            )
            + b"</sheets></workbook>"
        }
    ),
    "a member that climbs out": lambda rng: _workbook({"../../../evil.xml": b"x", "/etc/evil": b"x"}),
    "relations that go round": lambda rng: _workbook(
        {
            "_rels/.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            b'<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
            b'Target="../../../../etc/passwd"/></Relationships>'
        }
    ),
    "an old workbook whose chain goes round": lambda rng: (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + b"\x3e\0\3\0\xfe\xff\x09\0\6\0"
        + bytes(10)
        + struct.pack("<IIIIIIII", 1, 0, 0, 4096, 0, 1, 0, 0)
        + bytes(4) * 109
        + bytes(1024)
    ),
    "an old workbook of false records": lambda rng: (
        b"\x09\x08\x10\0\0\6\5\0"
        + b"".join(
            struct.pack("<HH", rng.randrange(1 << 16), rng.randrange(1 << 16)) + rng.randbytes(30) for _ in range(300)
        )
    ),
    "one line without end": lambda rng: b"Last,First,DOB,School\n" + b"a" * rng.randrange(5_000_000, 24_000_000),
    "a quotation without end": lambda rng: b'Last,First,DOB,School\n"' + b"a,b\n" * rng.randrange(500_000, 5_000_000),
    "commas without end": lambda rng: b"Last,First,DOB,School" + b"," * rng.randrange(500_000, 9_000_000),
    "lines without end": lambda rng: b"Last,First,DOB,School\n" * rng.randrange(20_002, 900_000),
    "zeros": lambda rng: bytes(rng.randrange(1, 9_000_000)),
    "half a letter": lambda rng: "Last,First,DOB,School\nÑ,B,2012-01-02,C".encode("utf-16")[: -rng.randrange(1, 9)],
    "letters that are none": lambda rng: b"Last,First,DOB,School\n" + rng.randbytes(rng.randrange(100_000)),
    "headings a thousandfold": lambda rng: (
        (b"Last,First,DOB,School," * rng.randrange(200, 9_000)) + b"\nA,B,2012-01-02,C\n"
    ),
    "rubbish named as a date": lambda rng: (
        b"Last,First,DOB,School\nA,B," + b"9" * rng.randrange(5_000, 500_000) + b",C\n"
    ),
}

_UNSAFE_NAMES = (
    "../../evil.png",
    "/evil.png",
    "C:\\evil.png",
    "..\\..\\evil.png",
    "a/../../evil.png",
    "evil\0.png",
    "con.png",
    "a" * 60_000,
    "\u202egnp.live",
    "evil\r\nSet-Cookie: x",
    "<script>alert(1)</script>.png",
    "=1+1.png",
    "\x1b[2J.png",
    "....//evil.png",
    "~/evil.png",
    "",
)

ZIPS: dict[str, Callable[[Rng], bytes]] = {
    "a name that climbs out": lambda rng: _zip_with(rng.choice(_UNSAFE_NAMES), save_picture(draw_picture(), "PNG")),
    "a link": lambda rng: _zip_with("scan.png", rng.choice((b"/etc/passwd", b"../../x", b"scan.png")), mode=0o120777),
    "a device": lambda rng: _zip_with("scan.png", b"", mode=rng.choice((0o060666, 0o020666, 0o010666, 0o140666))),
    "a zip in a zip": lambda rng: write_zip({"inner.zip": write_zip({"inner.zip": write_zip({"a.png": b"x"})})}),
    "a bomb": lambda rng: write_zip({"scan.png": bytes(rng.randrange(50_000_000, 250_000_000))}),
    "bombs": lambda rng: write_zip({f"{n}.png": bytes(9_000_000) for n in range(rng.randrange(10, 40))}),
    "many names for one body": lambda rng: _overlapping_zip(rng.randrange(40, 600)),
    "very many members": lambda rng: write_zip({f"{n}": b"" for n in range(rng.randrange(501, 9_000))}),
    "a false size": lambda rng: write_zip({"scan.png": bytes(90_000)}).replace(
        struct.pack("<I", 90_000), struct.pack("<I", rng.randrange(1 << 32))
    ),
    "a false checksum": lambda rng: write_zip({"scan.png": (png := save_picture(draw_picture(), "PNG"))}).replace(
        struct.pack("<I", zlib.crc32(png)), rng.randbytes(4)
    ),
    "a long remark": lambda rng: write_zip({"scan.png": b"x"})[:-2] + b"\xff\xff" + b"PK\5\6" * 16_000,
    "a directory elsewhere": lambda rng: write_zip({"scan.png": b"x"})[:-6] + rng.randbytes(6),
    "an unknown packing": lambda rng: write_zip({"scan.png": bytes(900)}).replace(
        b"\x14\0\0\0\x08\0", b"\x14\0\0\0" + struct.pack("<H", rng.choice((1, 9, 12, 14, 95, 98, 99)))
    ),
    "a folder that is a file": lambda rng: write_zip({"scan.png/": b"x", "scan.png": b"y", "scan.png/x": b"z"}),
}

FAMILIES: dict[str, tuple[str, Callable[[Rng], bytes]]] = {
    **{what: ("scan.pdf", maker) for what, maker in PDFS.items()},
    **{what: ("scan.png", maker) for what, maker in PICTURES.items()},
    **{what: ("list.xlsx", maker) for what, maker in TABLES.items()},
    **{f"zip: {what}": ("scans.zip", maker) for what, maker in ZIPS.items()},
}
"""By family: the name that its files come under, and its maker."""


def make_seeds() -> dict[str, bytes]:
    """A good file of each kind, to be broken."""
    good = draw_picture()
    rows = [["Last", "First", "DOB", "School", "ID"], ["Warsame", "Amina", "2012-03-04", "Cedar Grove", "1000001"]]
    return {
        "scan.pdf": save_picture(good, "PDF", save_all=True, append_images=[good]),
        "page.pdf": write_page_pdf(b"BT /F 20 Tf 9 700 Td (x) Tj ET 0 0 90 90 re f"),
        "scan.png": save_picture(good, "PNG"),
        "scan.jpg": save_picture(good, "JPEG", exif=Image.Exif()),
        "scan.tif": save_picture(good, "TIFF", compression="tiff_lzw", save_all=True, append_images=[good]),
        "list.xlsx": write_workbook(rows),
        "list.csv": "\n".join(",".join(row) for row in rows).encode("utf-8-sig"),
        "scans.zip": write_zip({"a.png": save_picture(good, "PNG"), "b.jpg": save_picture(good, "JPEG")}),
    }


def mangle(content: bytes, rng: Rng) -> bytes:
    """The content, broken in one to eight places."""
    broken = bytearray(content)
    for _ in range(rng.randrange(1, 9)):
        place, length = rng.randrange(len(broken)), rng.randrange(1, 64)
        way = rng.randrange(6)
        if way == 0:
            broken[place] ^= 1 << rng.randrange(8)
        elif way == 1:
            broken[place : place + length] = rng.randbytes(length)
        elif way == 2:
            del broken[place : place + length]
        elif way == 3:
            broken[place:place] = broken[place : place + length] * rng.randrange(1, 40)
        elif way == 4:
            broken[place : place + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0")
            )
        else:
            del broken[place:]
        if not broken:
            break
    return bytes(broken)
