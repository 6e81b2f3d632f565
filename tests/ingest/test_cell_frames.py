from __future__ import annotations

import io
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cell_frames import BrokenFrame, Frame, read_frame, write_frame


def read(content: bytes) -> Frame | None:
    return read_frame(io.BytesIO(content).read)


@given(st.dictionaries(st.text(max_size=8), st.text() | st.integers() | st.none()), st.lists(st.binary(max_size=50)))
def test_what_is_written_is_read(header: dict[str, str | int | None], blobs: list[bytes]) -> None:
    header.pop("blobs", None)
    incoming, outgoing = os.pipe()
    write_frame(outgoing, header, blobs)
    os.close(outgoing)
    with os.fdopen(incoming, "rb") as held:
        assert read_frame(held.read) == Frame(header, tuple(blobs))
        assert read_frame(held.read) is None


@given(st.binary(max_size=200))
def test_any_other_bytes_are_a_broken_frame(content: bytes) -> None:
    try:
        found = read(content)
    except BrokenFrame:
        return
    assert found is None or isinstance(found, Frame)


@pytest.mark.parametrize(
    "header",
    [b"[1]", b"{", b"[" * 100_000, b'{"blobs": [-1]}', b'{"blobs": [true]}', b'{"blobs": ["1"]}', b'{"blobs": 1}',
     b'{"blobs": [500000000]}', b'{"blobs": [10]}', b'{"n": ' + b"9" * 5000 + b"}", b"\xff\xfe"],
)  # fmt: skip
def test_headers_of_a_child_gone_bad(header: bytes) -> None:
    with pytest.raises(BrokenFrame):
        read(struct.pack(">I", len(header)) + header)


def test_a_header_that_claims_to_be_huge() -> None:
    with pytest.raises(BrokenFrame):
        read(struct.pack(">I", 2**32 - 1) + b"{}")
