"""The members of a zip, one by one, under limits: the task `unzip` of a cell's child.

Sizes that the zip states are not believed: bytes are counted while unpacking. A bad member is refused by its own name
and the rest go on; a zip beyond the limits of a whole is refused as a whole, before anything is unpacked.
Never unpacks to disk.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import BinaryIO

from ingest.cell_frames import Frame, Json
from ingest.drawing import Refused
from ingest.scan_names import is_passed_over

_PIECE = 1_048_576
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ALWAYS_ALLOWED = 1_000_000
"""Bytes a member may unpack to whatever its ratio: an uncompressed blank page packs a thousandfold."""


def unzip(document: BinaryIO, arguments: Mapping[str, Json]) -> Iterator[Frame]:
    """Task: a frame for each member, `name` with its bytes, or `name` with a refusal; or one refusal of the whole."""
    limits = {name: int(str(value)) for name, value in arguments.items()}
    try:
        opened = zipfile.ZipFile(document)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        yield Frame(Refused("cut_short" if _lacks_end(document) else "damaged").header())
        return
    members = [member for member in opened.infolist() if not member.is_dir() and not is_passed_over(member.filename)]
    if len(members) > limits["zip_members"]:
        yield Frame(Refused("too_many_members", limits["zip_members"]).header())
        return
    whole = limits["zip_unpacked_bytes"]
    if sum(member.file_size for member in members) > whole:
        yield Frame(Refused("zip_too_large", whole // 1_000_000).header())
        return
    left = whole
    for member in sorted(members, key=lambda one: one.filename):
        try:
            content = _unpack(opened, member, left, limits)
        except Refused as refused:
            yield Frame({"name": member.filename, **refused.header()})
            continue
        left -= len(content)
        yield Frame({"name": member.filename}, (content,))


def _unpack(opened: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, limits: Mapping[str, int]) -> bytes:
    _check_member(member)
    gathered = bytearray()
    try:
        with opened.open(member) as packed:
            while piece := packed.read(_PIECE):
                gathered += piece
                if len(gathered) > limits["file_bytes"]:
                    raise Refused("too_large", limits["file_bytes"] // 1_000_000)
                if len(gathered) > left:
                    raise Refused("zip_too_large", limits["zip_unpacked_bytes"] // 1_000_000)
                allowed = max(_ALWAYS_ALLOWED, limits["zip_ratio"] * max(member.compress_size, 1))
                if len(gathered) > allowed:
                    raise Refused("zip_ratio", limits["zip_ratio"])
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError, RuntimeError):
        raise Refused("damaged") from None
    return bytes(gathered)


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":" or ".." in PurePosixPath(name).parts:
        raise Refused("unsafe_name")
    mode = member.external_attr >> 16
    if mode and stat.S_ISLNK(mode):
        raise Refused("link_in_zip")
    if member.flag_bits & 0x41:  # encrypted, in the old way or the strong
        raise Refused("encrypted")
    if member.compress_type not in _METHODS:
        raise Refused("compression")


def _lacks_end(document: BinaryIO) -> bool:
    size = document.seek(0, 2)
    document.seek(max(0, size - 66_000))
    return b"PK\x05\x06" not in document.read()


TASKS = {"unzip": unzip}
