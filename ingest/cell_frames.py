"""How a cell's two sides talk: frames of a JSON header and raw bytes, over a socket.

Nothing is ever unpickled: what a child sends is text, numbers and bytes, checked for size before it is taken. A frame is
four bytes of header length (big-endian), the header (a JSON object whose `blobs` lists byte lengths), then the blobs.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

HEADER_LIMIT = 64_000_000
"""Largest header in bytes; 20,000 rows of a list fit many times over."""
FRAME_LIMIT = 400_000_000
"""Largest sum of a frame's blobs in bytes; a colour page of 40 Mpx is 120 MB."""

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class BrokenFrame(Exception):
    """The other side sent what is no frame, or stopped in the middle of one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a cell: a JSON object and the bytes that go with it."""

    header: Mapping[str, Json]
    blobs: tuple[bytes, ...] = ()


def write_frame(descriptor: int, header: Mapping[str, Json], blobs: Sequence[bytes | memoryview] = ()) -> None:
    """Write one frame to an open descriptor, all of it."""
    views = [memoryview(blob).cast("B") for blob in blobs]
    text = json.dumps({**header, "blobs": [view.nbytes for view in views]}, ensure_ascii=True).encode("ascii")
    for view in (memoryview(struct.pack(">I", len(text)) + text), *views):
        sent = 0
        while sent < view.nbytes:
            sent += os.write(descriptor, view[sent : sent + 1_048_576])


def read_frame(read_some: Callable[[int], bytes]) -> Frame | None:
    """Read one frame; None at a clean end.

    `read_some(n)` gives at most n bytes, b"" at the end. Raises BrokenFrame on anything that is not a whole frame.
    """
    start = _read_exactly(read_some, 4, may_end=True)
    if start is None:
        return None
    (length,) = struct.unpack(">I", start)
    if length > HEADER_LIMIT:
        raise BrokenFrame("header too long")
    text = _read_exactly(read_some, length)
    try:
        header = json.loads(text or b"")
    except (ValueError, RecursionError):
        raise BrokenFrame("header is not JSON") from None
    if not isinstance(header, dict):
        raise BrokenFrame("header is not an object")
    sizes = header.pop("blobs", [])
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise BrokenFrame("blob sizes are no sizes")
    if sum(sizes) > FRAME_LIMIT:
        raise BrokenFrame("blobs too large")
    return Frame(header, tuple(_read_exactly(read_some, size) or b"" for size in sizes))


def _read_exactly(read_some: Callable[[int], bytes], count: int, *, may_end: bool = False) -> bytes | None:
    if count <= 1_048_576:
        piece = read_some(count) if count else b""
        if len(piece) == count:
            return piece
    else:
        piece = b""
    gathered = bytearray(piece)
    if count and not piece and count <= 1_048_576:
        if may_end:
            return None
        raise BrokenFrame("ended in the middle")
    while len(gathered) < count:
        piece = read_some(min(count - len(gathered), 1_048_576))
        if not piece:
            raise BrokenFrame("ended in the middle")
        gathered += piece
    return bytes(gathered)
