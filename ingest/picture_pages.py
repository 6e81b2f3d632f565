"""Pages of picture files (TIFF, JPEG, PNG, HEIC): counted, checked and drawn by Pillow and libheif, inside the child.

Size is checked from the header before anything is decoded. Orientation is taken as the file states it. Only TIFF has
pages: of a JPEG with several pictures (MPO), an animated PNG and a HEIC sequence the main picture is the page, and `seek`
is never called on them. Pixels with an alpha channel are laid on white, unequal resolutions are made equal.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import numpy as np
import pi_heif
from PIL import Image, ImageOps

from ingest.drawing import DrawLimits, DrawnPage, Refused, drop_false_colour

_FORMATS = {"tiff": "TIFF", "jpeg": "JPEG", "png": "PNG"}
_SUBFILE_TYPE, _PHOTOMETRIC = 254, 262
_REDUCED_OR_MASK = 1 | 4
_EXTENTS = ((273, 279), (324, 325))
"""Tags of where strips and tiles stand and how long they are."""
_DECODED_AT_INTAKE = 4
"""Pages decoded once at intake; sixty would take longer than an uploader waits."""
_PLAUSIBLE_DOTS = (30.0, 2400.0)


def count_pages(kind: str, content: bytes, limits: DrawLimits) -> int:
    """Pages of a picture file, each checked: the first ones decoded, of the rest that their bytes are there.

    Raises Refused.
    """
    count = 0
    for picture in _open_pages(kind, content, limits):
        if kind == "tiff":
            _check_extent(content, picture)
        if count < _DECODED_AT_INTAKE:
            _decode(kind, content, picture)
        count += 1
    if not count:
        raise Refused("no_pages")
    return count


def _check_extent(content: bytes, picture: Image.Image) -> None:
    """Refuse a TIFF whose strips or tiles lie past its end."""
    tags = picture.tag_v2  # type: ignore[attr-defined] # TIFF only
    for offsets, lengths in _EXTENTS:
        ends = zip(_numbers(tags.get(offsets)), _numbers(tags.get(lengths)), strict=False)
        if any(offset + length > len(content) for offset, length in ends):
            raise Refused("cut_short")


def _numbers(value: object) -> tuple[int, ...]:
    values = value if isinstance(value, tuple) else (value,)
    return tuple(number for number in values if isinstance(number, int))


def draw_page(kind: str, content: bytes, page_index: int, limits: DrawLimits) -> DrawnPage:
    """One page as the file states its orientation, at most the limit of pixels. Raises Refused."""
    for number, picture in enumerate(_open_pages(kind, content, limits)):
        if number == page_index:
            return _draw(kind, content, picture, limits)
    raise Refused("no_page")


def _open_pages(kind: str, content: bytes, limits: DrawLimits) -> Iterator[Image.Image]:
    """Each page opened but not decoded; its stated size is within the limits."""
    Image.MAX_IMAGE_PIXELS = None  # our own limits are stricter and are checked before decoding
    if kind == "heic":
        yield _open_heic(content, limits)
        return
    picture = Image.open(io.BytesIO(content), formats=[_FORMATS[kind]])
    limits.check_picture(*picture.size)
    if kind != "tiff":
        yield picture
        return
    frames = 0
    for frame in range(limits.document_pages + 1):
        try:
            picture.seek(frame)
        except EOFError:
            return
        if int(picture.tag_v2.get(_SUBFILE_TYPE, 0)) & _REDUCED_OR_MASK:  # type: ignore[attr-defined] # TIFF only
            continue
        frames += 1
        if frames > limits.document_pages:
            break
        limits.check_picture(*picture.size)
        yield picture
    raise Refused("too_many_pages", limits.document_pages)


def _open_heic(content: bytes, limits: DrawLimits) -> Image.Image:
    pi_heif.options.DECODE_THREADS = 1
    pi_heif.options.THUMBNAILS = False
    opened = pi_heif.open_heif(io.BytesIO(content))
    limits.check_picture(*opened.size)
    picture: Image.Image = opened.to_pillow()
    picture.getexif().clear()  # libheif has turned the picture already
    return picture


def _decode(kind: str, content: bytes, picture: Image.Image) -> None:
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError):
        end = content.rstrip(b"\0")[-4096:]
        missing_end = (kind == "jpeg" and b"\xff\xd9" not in end) or (kind == "png" and b"IEND" not in end)
        raise Refused("cut_short" if missing_end else "damaged") from None


def _draw(kind: str, content: bytes, picture: Image.Image, limits: DrawLimits) -> DrawnPage:
    stated_size = picture.size
    white_is_zero = kind == "tiff" and picture.tag_v2.get(_PHOTOMETRIC) == 0  # type: ignore[attr-defined] # TIFF only
    across, down = _stated_dots(picture)
    _decode(kind, content, picture)
    upright = ImageOps.exif_transpose(picture)
    if upright.size != stated_size:
        across, down = down, across
    flat = _flatten(upright, white_is_zero)
    width, height = flat.size
    if across and down and not 0.95 < across / down < 1.05:
        dots = max(across, down)
        width, height = round(width * dots / across), round(height * dots / down)
        across = down = dots
    shrink = min(1.0, math.sqrt(limits.drawn_page_pixels / (width * height)))
    size = max(int(width * shrink), 1), max(int(height * shrink), 1)
    if size != flat.size:
        flat = flat.resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(flat)
    if pixels.ndim == 3:
        pixels = drop_false_colour(pixels)
    return DrawnPage(pixels, across * shrink if across else None)


def _stated_dots(picture: Image.Image) -> tuple[float, float]:
    """Dots an inch across and down; zeros if the file says nothing plausible."""
    stated = picture.info.get("dpi")
    if not isinstance(stated, tuple) or len(stated) != 2:
        return 0.0, 0.0
    across, down = float(stated[0]), float(stated[1])
    least, most = _PLAUSIBLE_DOTS
    return (across, down) if least <= across <= most and least <= down <= most else (0.0, 0.0)


def _flatten(picture: Image.Image, white_is_zero: bool) -> Image.Image:
    """Grey or RGB, 8 bits, alpha laid on white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return _reduce_depth(picture, invert=white_is_zero and picture.mode.startswith("I;16"))
    if picture.mode == "LAB":
        return picture.getchannel(0)
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, clear).convert("RGB")
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    return picture.convert("RGB")


def _reduce_depth(picture: Image.Image, *, invert: bool) -> Image.Image:
    values = np.asarray(picture).astype(np.float32)
    highest = float(values.max(initial=0))
    bits = next((depth for depth in (8, 10, 12, 14, 16) if highest < 1 << depth), 32)
    full = 1.0 if picture.mode == "F" and highest <= 1 else float((1 << bits) - 1)
    scaled = np.clip(values * (255.0 / full), 0, 255).astype(np.uint8)
    return Image.fromarray(255 - scaled if invert else scaled)
