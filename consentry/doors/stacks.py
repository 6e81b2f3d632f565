"""Parts a stack of the office's scanner by its cover sheets: the pages behind a cover are its partner's, up to the next.

Pages are drawn in the cell and kept as pictures, so that no partner's submission holds another's paper; the stack itself is
kept whole as a document. Pages before a cover, or behind one that wasn't printed here, are nobody's: they are told and go to
no partner.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from consentry.intake.arrivals import ArrivalEnd, ArrivedFile, make_arrivals, name_arrival
from consentry.intake.receiving import receive_submission
from consentry.paper.paper_codes import PaperKey, looks_like_code, names
from consentry.program import Program
from ingest import Cell, draw_page, take_in_scans
from ingest.types import IncomingFile, Refusal, UploadPath
from ocr import write_png
from review_queue import Reason
from store import Entry, Event, describe_document, record
from store.door_tables import CoverSheet
from store.ids import Sha256

_DOOR = "stack"


@dataclass(frozen=True, slots=True)
class TakenStack:
    """The submissions that a stack became, and what of it went to nobody or was refused."""

    submission_ids: tuple[str, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """Pages behind one cover; `cover` None: nobody's."""

    cover: CoverSheet | None
    first_page: int
    files: tuple[Path, ...]


def take_stack(program: Program, path: Path, arrived: ArrivedFile) -> TakenStack:
    """Takes one stack. Its parts are recorded each in its own transaction, the stack last; what was begun is not done again."""
    with tempfile.TemporaryDirectory(prefix=".stack-", dir=program.installation.home) as spool:
        with program.open_cell() as cell:
            taken = next(iter(take_in_scans([UploadPath(path, arrived.name)], cell, program.limits)))
            parts = list(_part(program, cell, taken, Path(spool))) if isinstance(taken, IncomingFile) else []
        refused = [taken] if isinstance(taken, Refusal) else []
        submissions: list[str] = []
        for part in parts:
            if part.cover is None:
                refused.append(_refuse_part(arrived.name, part))
            elif part.files:
                done = _submit(program, part, arrived)
                submissions.append(done.submission_ids[0])
                refused += done.refused
    _record_stack(program, arrived, parts, submissions, refused)
    return TakenStack(tuple(submissions), tuple(refused))


def _part(program: Program, cell: Cell, stack: IncomingFile, spool: Path) -> Iterator[_Part]:
    key = PaperKey.load(program.installation.home)
    cover: CoverSheet | None = None
    first, files = 1, list[Path]()
    for index in range(stack.page_count):
        page = draw_page(stack.content, stack.media_type, index, cell, program.limits)
        if isinstance(page, Refusal):
            files.append(_keep_unread(spool, index))
            continue
        code = _read_cover_code(page.pixels)
        if code is None:
            files.append(spool / f"page-{index + 1:03}.png")
            files[-1].write_bytes(write_png(page.pixels))
            continue
        if cover is not None or files:
            yield _Part(cover, first, tuple(files))
        with program.installation.reading() as session:
            cover = _find_cover(session, key, code)
        first, files = index + 2, []
    if cover is not None or files:
        yield _Part(cover, first, tuple(files))


def _keep_unread(spool: Path, index: int) -> Path:
    """In the place of a page that can't be drawn: an empty file, refused by its name when it is taken in."""
    file = spool / f"page-{index + 1:03}.png"
    file.touch()
    return file


def _read_cover_code(pixels: NDArray[np.uint8]) -> str | None:
    """The text of a cover's code on a page, whoever made it; the code of a printed sheet is none."""
    found = (code.text for code in zxingcpp.read_barcodes(pixels))
    return next((text for text in found if looks_like_code(text) and text.startswith("C")), None)


def _find_cover(session: Session, key: PaperKey, text: str) -> CoverSheet | None:
    code = key.open_cover_code(text)
    cover = session.get(CoverSheet, code.cover_id) if code else None
    return cover if code and cover is not None and names(code.partner, cover.partner_id) else None


def _refuse_part(name: str, part: _Part) -> Refusal:
    last = part.first_page + len(part.files) - 1
    words = f"pages {part.first_page} to {last} lie behind no cover sheet of ours: print one and scan them again"
    return Refusal(name, Reason.BAD_FILE, words)


def _submit(program: Program, part: _Part, arrived: ArrivedFile) -> TakenStack:
    assert part.cover is not None  # noqa: S101 - asked of parts with a cover alone
    part_id = name_arrival(_DOOR, arrived.arrival_id, part.cover.cover_id, str(part.first_page))
    behind = ArrivedFile(part_id, _DOOR, arrived.name, arrived.sha256, arrived.size)
    partner, day = part.cover.partner_id, part.cover.received_on
    receipt = receive_submission(program, partner, list(part.files), None, day, f"door:{_DOOR}", [behind])
    return TakenStack((receipt.submission_id,), receipt.refused)


def _record_stack(
    program: Program,
    arrived: ArrivedFile,
    parts: Sequence[_Part],
    submissions: Sequence[str],
    refused: Sequence[Refusal],
) -> None:
    clock = program.read_clock()
    end = ArrivalEnd(None, "refused" if refused else "stack", clock.today, words=" · ".join(r.words for r in refused))
    with program.installation.writing() as session:
        documents = describe_document(session, Sha256(arrived.sha256), "stack", arrived.size, clock)
        [arrival] = make_arrivals([arrived], end, clock)
        if submissions:
            arrival.sha256 = None  # its parts name it: it is erased with the last of them
        covers = [session.get_one(CoverSheet, part.cover.cover_id) for part in parts if part.cover is not None]
        counts = [len(part.files) for part in parts if part.cover is not None]
        for cover, pages in zip(covers, counts, strict=True):
            cover.arrival_id, cover.pages_found = arrived.arrival_id, (cover.pages_found or 0) + pages
        facts = {"parts": len(parts), "submissions": len(submissions)}
        rows = [*documents, arrival, *dict.fromkeys(covers)]
        record(session, clock, Entry(Event.STACK_PARTED, arrived.arrival_id, f"door:{_DOOR}", rows, dict(facts)))
