"""Draws lines of digits as they are cut out of scanned forms, to train the digit recogniser on.

Decides what is written (IDs, dates in many ways, numbers, usernames), by which hands (digits of MNIST's training part, pen
paths of the UCI Pen-Based set, handwriting fonts) and what the scan does to it. It never touches `../shared/handwriting` nor
MNIST's test part: those are what reading is measured on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

DIGIT_HEIGHT = 36
MONTHS = (
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    *("january", "february", "march", "april", "june", "july", "august", "october"),
)
OTHER = "?"


@dataclass(frozen=True, slots=True)
class Glyph:
    """One sign: ink mask (float32, 0 to 1) and how far its foot lies below the writing line, in pixels."""

    mask: np.ndarray
    sink: int = 0


@dataclass(frozen=True, slots=True)
class Sources:
    """Where digits come from: small pictures (uint8, ink bright) by digit, pen paths (8 x 2, 0 to 1) by digit, font files."""

    pictures: dict[str, list[np.ndarray]]
    paths: dict[str, list[np.ndarray]]
    fonts: list[Path]


@dataclass(frozen=True, slots=True)
class Style:
    """What stays the same along a line: where digits come from, how wide gaps are, how thick and how the pen is."""

    share_of_pictures: float
    share_of_paths: float
    font: Path
    gap: float
    gap_jitter: float
    pitch: float
    level: float
    unevenness: float
    pen: float


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn line, cut tight (uint8, dark on white), and its labels (one of `CLASSES` each)."""

    pixels: np.ndarray
    labels: str


def write_something(rng: np.random.Generator) -> str:
    """A text as may stand in an ID or date box."""
    chance = rng.random()
    if chance < 0.33:
        length = int(rng.choice([7, 7, 7, 10, 6, 8, 5, 4, 3, 2, 1]))
        return "".join(map(str, rng.integers(0, 10, length)))
    if chance < 0.8:
        return write_date(rng)
    if chance < 0.87:
        return "".join(rng.choice(list("0123456789" * 3 + "/-. 1177")) for _ in range(int(rng.integers(2, 11)))).strip(
            " .-"
        )
    letters = "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), int(rng.integers(2, 8))))
    if chance < 0.94:
        return f"{rng.integers(0, 10)}{letters}{rng.choice(['', '', '1', '2'])}"
    day = draw_day(rng)
    month = str(rng.choice(MONTHS)).title()
    return str(
        rng.choice([f"{month} {day.day} {day.year}", f"{day.day} {month} {day.year}", f"{day.day}{month}{day:%y}"])
    )


def draw_day(rng: np.random.Generator) -> date:
    """A day of this or the last century."""
    return date(1935, 1, 1) + timedelta(days=int(rng.integers(0, 36500)))


def write_date(rng: np.random.Generator) -> str:
    """A date in one of many ways, month first or day first or year first."""
    day = draw_day(rng) if rng.random() < 0.5 else date(2002, 1, 1) + timedelta(days=int(rng.integers(0, 8000)))
    first, second = (day.month, day.day) if rng.random() < 0.85 else (day.day, day.month)
    padded = rng.random(2) < 0.5
    one, two = (f"{n:02}" if pad else str(n) for n, pad in zip((first, second), padded, strict=True))
    year = f"{day.year}" if rng.random() < 0.65 else f"{day:%y}"
    sign = str(rng.choice(["/", "-", ".", " ", ""], p=[0.5, 0.22, 0.1, 0.12, 0.06]))
    if rng.random() < 0.08:
        return f"{day.year}{sign}{day:%m}{sign}{day:%d}"
    if not sign:
        one, two = f"{first:02}", f"{second:02}"
    return sign.join((one, two, year))


def pick_style(sources: Sources, rng: np.random.Generator) -> Style:
    """The habits of one line."""
    way = rng.random()
    font = sources.fonts[int(rng.integers(len(sources.fonts)))]
    pictures, paths = (0.9, 0.1) if way < 0.55 else (0.35, 0.6) if way < 0.78 else (0.0, 0.0)
    if not sources.pictures:
        pictures, paths = (0.0, 0.9) if way < 0.65 else (0.0, 0.0)
    gap = float(rng.choice([rng.uniform(-4, 1), rng.uniform(1, 7), rng.uniform(7, 18)], p=[0.25, 0.55, 0.2]))
    return Style(
        share_of_pictures=pictures,
        share_of_paths=paths,
        font=font,
        gap=gap,
        gap_jitter=float(rng.uniform(0.5, 3.0)),
        pitch=float(rng.uniform(26, 52)) if rng.random() < 0.3 else 0.0,
        level=float(rng.uniform(0.28, 0.62)),
        unevenness=float(rng.uniform(0.0, 0.09)),
        pen=float(np.exp(rng.uniform(np.log(1.3), np.log(6.5)))),
    )


def draw_line(text: str, sources: Sources, rng: np.random.Generator) -> Line:
    """`text` drawn and scanned. Labels: digits, `/`, `-`, `.` as they are, a blank between words, `?` for each letter."""
    style = pick_style(sources, rng)
    mask = place_glyphs(text, style, sources, rng)
    mask = bend(mask, rng)
    pixels = scan(mask, style, rng)
    labels = "".join(OTHER if sign.isalpha() else "." if sign == "," else sign for sign in text)
    return Line(pixels, labels)


def draw_glyph(sign: str, style: Style, sources: Sources, rng: np.random.Generator) -> Glyph:
    """One sign in the line's style, about DIGIT_HEIGHT tall."""
    if sign in "/-.,":
        return draw_mark(sign, style, rng)
    tall = max(12, round(DIGIT_HEIGHT * float(np.clip(rng.normal(1.0, style.unevenness), 0.7, 1.3))))
    chance = rng.random()
    if sign.isdigit() and chance < style.share_of_pictures:
        found = sources.pictures[sign]
        return Glyph(firm_up(found[int(rng.integers(len(found)))], tall, style, rng))
    if sign.isdigit() and chance < style.share_of_pictures + style.share_of_paths:
        found = sources.paths[sign]
        return Glyph(draw_path(found[int(rng.integers(len(found)))], sign, tall, style, rng))
    return draw_letter(sign, style, tall, rng)


def firm_up(picture: np.ndarray, tall: int, style: Style, rng: np.random.Generator) -> np.ndarray:
    """A small picture enlarged smoothly with a pen's firm edges; the level at which they are set makes it thin or bold."""
    wide = max(3, round(picture.shape[1] * tall / picture.shape[0] * float(rng.uniform(0.85, 1.15))))
    smooth = cv2.resize(
        np.pad(picture, 1).astype(np.float32) / 255, (wide + 4, tall + 4), interpolation=cv2.INTER_CUBIC
    )
    smooth = cv2.GaussianBlur(smooth, (0, 0), 0.8)
    return np.asarray(1 / (1 + np.exp(-(smooth - style.level) * 13)), np.float32)


def draw_path(path: np.ndarray, sign: str, tall: int, style: Style, rng: np.random.Generator) -> np.ndarray:
    """A pen path drawn with the line's pen; paths are stored square, so the digit's own narrowness is chosen here."""
    narrow = rng.uniform(0.05, 0.4) if sign == "1" else rng.uniform(0.5, 0.85)
    room = int(style.pen / 2 + 2)
    wide = max(2, round(tall * narrow))
    mask = np.zeros((tall + 2 * room, wide + 2 * room), np.float32)
    stroke(mask, path * (wide, tall) + room + rng.normal(0, 0.5, path.shape), style.pen)
    return trim(mask)


def stroke(mask: np.ndarray, points: np.ndarray, thickness: float) -> None:
    """A smooth stroke through points (N x 2, x and y), in place."""
    padded = np.vstack([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 6, endpoint=False)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    fixed = np.round(np.vstack([*pieces, points[-1:]]) * 16).astype(np.int32)
    drawn = np.zeros(mask.shape, np.uint8)
    cv2.polylines(drawn, [fixed], False, 255, max(1, round(thickness)), cv2.LINE_AA, 4)
    np.maximum(mask, drawn.astype(np.float32) / 255, out=mask)


def draw_mark(sign: str, style: Style, rng: np.random.Generator) -> Glyph:
    """A slash, dash, dot or comma of a pen."""
    pen = style.pen if style.share_of_paths else float(rng.uniform(2.0, 5.0))
    if sign == "/":
        tall, wide = DIGIT_HEIGHT * rng.uniform(0.8, 1.7), DIGIT_HEIGHT * rng.uniform(0.05, 0.75)
        points = np.array([[wide, 0], [wide * rng.uniform(0.35, 0.65), tall * 0.5], [0, tall]])
        sink = round((tall - DIGIT_HEIGHT) * rng.uniform(0.2, 0.8))
    elif sign == "-":
        wide = DIGIT_HEIGHT * rng.uniform(0.2, 0.7)
        tilt = rng.normal(0, 0.1) * wide
        points = np.array([[0, tilt], [wide / 2, rng.normal(0, 1)], [wide, -tilt]])
        sink = -round(DIGIT_HEIGHT * rng.uniform(0.3, 0.65))
    else:
        pen *= rng.uniform(1.0, 1.9)
        reach = rng.uniform(0, 3) if sign == "." else rng.uniform(5, 9)
        points = np.array([[reach * 0.4, 0], [reach * 0.4, reach * 0.5], [0, reach]])
        sink = round(rng.uniform(-2, 4) + (4 if sign == "," else 0))
    points = points + rng.normal(0, 0.6, points.shape) + 8
    mask = np.zeros((int(points[:, 1].max()) + 10, int(points[:, 0].max()) + 10), np.float32)
    stroke(mask, points, pen)
    return Glyph(trim(mask), sink)


_SHEETS: dict[tuple[Path, str], Glyph] = {}


def draw_letter(sign: str, style: Style, tall: int, rng: np.random.Generator) -> Glyph:
    """A letter or digit of the line's font, scaled so that the font's digits have the height asked for."""
    key = (style.font, sign)
    if key not in _SHEETS:
        font = ImageFont.truetype(str(style.font), 60)
        zero = font.getbbox("0")
        sheet = Image.new("L", (160, 160), 0)
        ImageDraw.Draw(sheet).text((40, 30), sign, font=font, fill=255)
        mask = np.asarray(sheet, np.float32) / 255
        rows, columns = np.flatnonzero(mask.max(axis=1) > 0.1), np.flatnonzero(mask.max(axis=0) > 0.1)
        scale = DIGIT_HEIGHT / max(8, zero[3] - zero[1])
        cut = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        size = (max(2, round(cut.shape[1] * scale)), max(2, round(cut.shape[0] * scale)))
        sink = round((rows[-1] + 1 - 30 - zero[3]) * scale)
        _SHEETS[key] = Glyph(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), sink)
    found = _SHEETS[key]
    grow = tall / DIGIT_HEIGHT
    size = (max(2, round(found.mask.shape[1] * grow)), max(2, round(found.mask.shape[0] * grow)))
    mask = cv2.GaussianBlur(np.pad(cv2.resize(found.mask, size), 2), (0, 0), 0.9)
    return Glyph(np.asarray(1 / (1 + np.exp(-(mask - style.level * 0.8) * 13)), np.float32), found.sink)


def trim(mask: np.ndarray) -> np.ndarray:
    """`mask` without its empty borders; a one-pixel mask where it is empty."""
    rows, columns = np.flatnonzero(mask.max(axis=1) > 0.15), np.flatnonzero(mask.max(axis=0) > 0.15)
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else np.zeros((1, 1), np.float32)


def place_glyphs(text: str, style: Style, sources: Sources, rng: np.random.Generator) -> np.ndarray:
    """The text's signs side by side on one line, evenly in a comb's cells or with a writer's uneven gaps."""
    base, drift = 80, rng.normal(0, 0.03)
    line = np.zeros((130, 120 + 60 * len(text)), np.float32)
    x = 30.0
    blank = rng.uniform(16, 34) + max(style.gap, 0)
    for sign in text:
        if sign == " ":
            x += max(blank, style.pitch)
            continue
        glyph = draw_glyph(sign, style, sources, rng)
        high, wide = glyph.mask.shape
        left = round(x + (style.pitch - wide) / 2) if style.pitch > wide else round(x)
        foot = base + glyph.sink + round(float(np.clip(rng.normal(drift * (x - 100) * 0.3, 1.8), -12, 12)))
        top = int(np.clip(foot - high, 0, 130 - high)) if high < 130 else 0
        room = line[top : top + high, max(left, 0) : max(left, 0) + wide]
        np.maximum(room, glyph.mask[: room.shape[0], : room.shape[1]], out=room)
        closer = -2.0 if sign in "/-." else 0.0
        gap = style.gap + closer + float(rng.normal(0, style.gap_jitter))
        x += max(style.pitch, wide + 1) if style.pitch else max(wide * 0.6, wide + gap)
    return trim(line)


def bend(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The line slanted, a little turned, stretched, and at times bent by a smooth random field."""
    high, wide = mask.shape
    slant, turn, stretch = float(rng.normal(0.0, 0.16)), float(rng.normal(0, 0.015)), float(rng.uniform(0.87, 1.14))
    room = round(abs(slant) * high / 2 + 4), round(abs(turn) * wide / 2 + 4)
    move = np.array([[stretch, slant, room[0] - slant * high / 2], [turn, 1.0, room[1] - turn * wide / 2]], np.float64)
    bent = cv2.warpAffine(mask, move, (round(wide * stretch) + 2 * room[0], high + 2 * room[1]))
    if rng.random() < 0.35:
        down, across = np.mgrid[0 : bent.shape[0], 0 : bent.shape[1]].astype(np.float32)
        coarse, strength = (3, max(3, bent.shape[1] // 40)), float(rng.uniform(0.4, 1.5))
        push = [cv2.resize(rng.normal(0, strength, coarse).astype(np.float32), bent.shape[::-1]) for _ in range(2)]
        bent = cv2.remap(bent, across + push[0], down + push[1], cv2.INTER_LINEAR)
    return trim(np.asarray(bent, np.float32))


def take_rules_away(mask: np.ndarray, style: Style, rng: np.random.Generator) -> np.ndarray:
    """What cleaning leaves of strokes that crossed printed rules and comb lines: gaps, mended only in part."""
    mask = mask.copy()
    lines: list[tuple[int, int, bool]] = []
    if style.pitch and rng.random() < 0.4:
        start = rng.uniform(-4, 4) + style.pitch * 0.05
        lines += [(round(x), int(rng.integers(2, 5)), True) for x in np.arange(start, mask.shape[1], style.pitch)]
    if rng.random() < 0.15:
        lines.append((round(mask.shape[0] * rng.uniform(0.8, 1.0)), int(rng.integers(2, 5)), False))
    for place, breadth, upright in lines:
        part = mask[:, place : place + breadth] if upright else mask[place : place + breadth]
        if part.size:
            mended = cv2.resize(rng.random((1 + mask.shape[0] // 25, 1 + mask.shape[1] // 25)), mask.shape[::-1])
            near = mended[:, place : place + breadth] if upright else mended[place : place + breadth]
            part[near > 0.45] = 0.0
    return mask


def scan(mask: np.ndarray, style: Style, rng: np.random.Generator) -> np.ndarray:
    """What a scanner, fax or phone makes of the ink and what cleaning leaves of it: uint8, dark on white, cut tight."""
    mask = take_rules_away(mask, style, rng)
    tall = float(np.exp(rng.uniform(np.log(10.0), np.log(56.0)))) * mask.shape[0] / DIGIT_HEIGHT
    scale = min(tall, 75.0) / mask.shape[0]
    size = (max(4, round(mask.shape[1] * scale)), max(4, round(mask.shape[0] * scale)))
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    small = np.pad(small, 4)
    pressure = rng.uniform(0.45, 1.0) if rng.random() < 0.75 else rng.uniform(0.25, 0.5)
    if rng.random() < 0.25:
        small = small * np.clip(0.85 + 0.3 * rng.standard_normal(small.shape, np.float32), 0.1, 1.0)
    soft = cv2.GaussianBlur(small.astype(np.float32), (0, 0), float(rng.uniform(0.25, 1.0)))
    grey = 250 - 235 * pressure * soft + rng.uniform(1, 14) * rng.standard_normal(small.shape, np.float32)
    if rng.random() < 0.28:
        grey = fax(grey, pressure, rng)
    elif rng.random() < 0.25:
        packed = cv2.imencode(".jpg", np.clip(grey, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 55])[1]
        grey = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE).astype(np.float32)
    if rng.random() < 0.2:
        grey = leave_dirt(grey, rng)
    return keep_ink(np.clip(grey, 0, 255).astype(np.uint8), 250 - 235 * pressure, rng)


def fax(grey: np.ndarray, pressure: float, rng: np.random.Generator) -> np.ndarray:
    """Black or white, lost and turned dots, at times half the lines."""
    coarse = rng.random() < 0.35
    if coarse:
        grey = grey[::2]
    bits = np.where(grey < 250 - 235 * pressure * rng.uniform(0.3, 0.7), 0.0, 255.0)
    salt = rng.random(bits.shape, np.float32)
    bits[salt < 0.002] = 0
    bits[salt > 0.994] = 255
    return np.repeat(bits, 2, axis=0) if coarse else bits


def leave_dirt(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rests of a rule or a comb line, or specks."""
    grey = np.array(grey, np.float32)
    high, wide = grey.shape
    for _ in range(int(rng.integers(1, 4))):
        x, y = int(rng.integers(wide)), int(rng.integers(high))
        kind = rng.random()
        if kind < 0.4:
            grey[max(0, high - 6) : max(0, high - 6) + 2, x : x + int(rng.integers(3, 20))] *= 0.5
        elif kind < 0.6:
            grey[y : y + int(rng.integers(3, 9)), x : x + 2] *= 0.5
        else:
            cv2.circle(grey, (x, y), int(rng.integers(1, 3)), float(rng.uniform(30, 140)), -1)
    return grey


def keep_ink(grey: np.ndarray, darkest: float, rng: np.random.Generator) -> np.ndarray:
    """What is paler than ink made white, as in a field's cut, and the cut made tight."""
    level = darkest + (250 - darkest) * rng.uniform(0.5, 0.8)
    ink = (grey < level).astype(np.uint8)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    small = [n for n in range(1, count) if stats[n, 4] < max(3, 0.02 * grey.shape[0] ** 2 * rng.random() ** 2)]
    if small:
        ink[np.isin(pieces, small)] = 0
    if not ink.any():
        return grey
    shown = np.where(cv2.dilate(ink, np.ones((3, 3), np.uint8)) > 0, grey, 255).astype(np.uint8)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return shown[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
