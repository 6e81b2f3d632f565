"""Scans taken in: files, folders and zips told apart by content; each file comes out whole or refused by its name.

Never follows a link out of a folder, never trusts a name, never parses outside a cell. One bad file never stops the
others. Order is fixed: paths as given, folders and zips sorted by name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.cell import Cell, CellStopped
from ingest.cell_frames import Frame
from ingest.drawing import DrawLimits
from ingest.refusals import refuse, refuse_by_answer, refuse_stopped
from ingest.scan_names import is_passed_over, show_name
from ingest.types import IncomingFile, Limits, MediaType, Refusal, UploadPath

_MEDIA_TYPES = {
    "pdf": MediaType.PDF,
    "tiff": MediaType.TIFF,
    "jpeg": MediaType.JPEG,
    "png": MediaType.PNG,
    "heic": MediaType.HEIC,
}
_REFUSED_KINDS = {"xlsx": "list_among_scans", "xls": "list_among_scans", "text": "list_among_scans"}


def take_in_scans(paths: Sequence[UploadPath], cell: Cell, limits: Limits) -> Iterator[IncomingFile | Refusal]:
    """Every scan file under the paths that a person named, or a Refusal in its place.

    Raises CellBroken if no reading process can be started; nothing else for any content.
    """
    for path in paths:
        if path.path.is_dir():
            yield from _take_in_folder(path, cell, limits)
        else:
            yield from _take_in_file(path.path, show_name(path.shown_name), cell, limits, may_follow=True)


def _take_in_folder(folder: UploadPath, cell: Cell, limits: Limits) -> Iterator[IncomingFile | Refusal]:
    seen = 0
    for path in _walk(folder.path):
        inner = path.relative_to(folder.path).as_posix()
        shown = show_name(f"{folder.shown_name.rstrip('/')}/{inner}")
        seen += 1
        yield from _take_in_file(path, shown, cell, limits, may_follow=False)
    if not seen:
        yield refuse(show_name(folder.shown_name), "empty_folder")


def _walk(folder: Path) -> Iterator[Path]:
    for top, folders, files in os.walk(folder):
        here = Path(top)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in links and not is_passed_over(name))
        yield from (here / name for name in sorted([*files, *links]) if not is_passed_over(name))


def _take_in_file(
    path: Path, shown: str, cell: Cell, limits: Limits, *, may_follow: bool
) -> Iterator[IncomingFile | Refusal]:
    if not may_follow and path.is_symlink():
        yield refuse(shown, "link")
        return
    try:  # not blocking, so that a named pipe in the folder can't hold us up
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if may_follow else os.O_NOFOLLOW))
    except FileNotFoundError:
        yield refuse(shown, "missing")
        return
    except OSError:
        yield refuse(shown, "unreadable_path")
        return
    try:
        yield from _take_in_open_file(descriptor, shown, cell, limits)
    finally:
        os.close(descriptor)


def _take_in_open_file(descriptor: int, shown: str, cell: Cell, limits: Limits) -> Iterator[IncomingFile | Refusal]:
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        yield refuse(shown, "not_a_file")
        return
    is_zip = os.pread(descriptor, 2, 0) == b"PK"
    limit = limits.zip_unpacked_bytes if is_zip else limits.file_bytes
    if about.st_size > limit:
        yield refuse(shown, "too_large", limit // 1_000_000)
        return
    if not is_zip:
        yield _take_in_content(_read_whole(descriptor, limit), shown, cell, limits)
        return
    kind = _examine(descriptor, shown, cell, limits)
    if isinstance(kind, Refusal):
        yield kind
    elif kind.header.get("kind") == "zip":
        yield from _take_in_zip(descriptor, shown, cell, limits)
    else:
        yield _refuse_kind(str(kind.header.get("kind")), shown)


def _read_whole(descriptor: int, limit: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as opened:
        opened.seek(0)
        return opened.read(limit + 1)


def _take_in_zip(descriptor: int, shown: str, cell: Cell, limits: Limits) -> Iterator[IncomingFile | Refusal]:
    names = ("file_bytes", "zip_members", "zip_unpacked_bytes", "zip_ratio")
    seen: dict[str, int] = {}
    try:
        for frame in cell.run(
            "unzip", descriptor, {name: getattr(limits, name) for name in names}, seconds=limits.seconds_a_file
        ):
            if "name" not in frame.header:
                yield refuse_by_answer(shown, frame.header) or refuse(shown, "damaged")
                return
            member = _name_member(shown, str(frame.header["name"]), seen)
            yield _take_in_member(frame, member, cell, limits)
    except CellStopped as stopped:
        yield refuse_stopped(shown, stopped, limits)
        return
    if not seen:
        yield refuse(shown, "empty_zip")


def _name_member(zip_name: str, member: str, seen: dict[str, int]) -> str:
    """Name to show for a member; the second of the same name says so."""
    seen[member] = seen.get(member, 0) + 1
    name = show_name(f"{zip_name}/{member}")
    return name if seen[member] == 1 else f"{name} ({seen[member]})"


def _take_in_member(frame: Frame, shown: str, cell: Cell, limits: Limits) -> IncomingFile | Refusal:
    refusal = refuse_by_answer(shown, frame.header)
    if refusal is not None:
        return refusal
    if len(frame.blobs) != 1 or len(frame.blobs[0]) > limits.file_bytes:
        return refuse(shown, "damaged")
    return _take_in_content(frame.blobs[0], shown, cell, limits)


def _take_in_content(content: bytes, shown: str, cell: Cell, limits: Limits) -> IncomingFile | Refusal:
    if not content:
        return refuse(shown, "empty")
    if len(content) > limits.file_bytes:  # the file grew while it was read
        return refuse(shown, "too_large", limits.file_bytes // 1_000_000)
    found = _examine(content, shown, cell, limits)
    if isinstance(found, Refusal):
        return found
    kind, pages = str(found.header.get("kind")), found.header.get("pages")
    if kind not in _MEDIA_TYPES:
        return _refuse_kind(kind, shown)
    if type(pages) is not int or not 0 < pages <= limits.document_pages:
        return refuse(shown, "damaged")
    return IncomingFile(shown, content, _MEDIA_TYPES[kind], pages)


def _examine(document: bytes | int, shown: str, cell: Cell, limits: Limits) -> Frame | Refusal:
    try:
        frame = cell.run_for_one("examine", document, DrawLimits.as_arguments(limits), seconds=limits.seconds_to_answer)
    except CellStopped as stopped:
        return refuse_stopped(shown, stopped, limits)
    return refuse_by_answer(shown, frame.header) or frame


def _refuse_kind(kind: str, shown: str) -> Refusal:
    return refuse(shown, "zip_in_zip" if kind == "zip" else _REFUSED_KINDS.get(kind, kind))
