"""Seals a long text as it is written, and opens it as it is read: chunks of a mebibyte, each bound to its place and to the end.

A text that was cut, prolonged, or whose chunks were changed, swapped or left out is refused before its last byte is handed out.
The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM with a key used for one text alone.
"""

from __future__ import annotations

from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from store.sealing import HEADER_BYTES, SealBrokenError, SealingKey

CHUNK_BYTES = 1 << 20
_TAG_BYTES = 16


class SealingWriter:
    """Takes plain bytes, writes them sealed. `finish` SHALL be called: a text without its end is refused."""

    def __init__(self, stream: BinaryIO, key: SealingKey) -> None:
        self._stream, self._key = stream, key.make_data_key()
        self._waiting = bytearray()
        self._place = 0
        stream.write(self._key.header)

    def write(self, content: bytes) -> int:
        """Takes the next bytes."""
        self._waiting += content
        while len(self._waiting) > CHUNK_BYTES:
            self._put(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(content)

    def finish(self) -> None:
        """Writes what waits, and the end."""
        self._put(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _put(self, chunk: bytes, is_last: bool) -> None:
        self._stream.write(self._key.cipher.encrypt(_name_chunk(self._place, is_last), chunk, self._key.header))
        self._place += 1


class SealedReader:
    """Opens what `SealingWriter` wrote. `SealBrokenError` as soon as it isn't that any more."""

    def __init__(self, stream: BinaryIO, key: SealingKey) -> None:
        self._stream = stream
        self._key = key.open_data_key(stream.read(HEADER_BYTES))
        self._ahead = stream.read(CHUNK_BYTES + _TAG_BYTES)
        self._waiting = bytearray()
        self._place = 0
        self._is_at_end = False

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end alone."""
        while len(self._waiting) < size and not self._is_at_end:
            self._waiting += self._open_next()
        content = bytes(self._waiting[:size])
        del self._waiting[:size]
        return content

    def finish(self) -> None:
        """Reads to the end, so that a text that was cut or prolonged is refused though nobody asked for its last bytes."""
        while not self._is_at_end:
            self._open_next()

    def _open_next(self) -> bytes:
        chunk, self._ahead = self._ahead, self._stream.read(CHUNK_BYTES + _TAG_BYTES)
        self._is_at_end = not self._ahead
        try:
            opened = self._key.cipher.decrypt(_name_chunk(self._place, self._is_at_end), chunk, self._key.header)
        except (InvalidTag, ValueError):
            raise SealBrokenError("it was changed or cut") from None
        self._place += 1
        return opened


def _name_chunk(place: int, is_last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes([is_last])
