"""Who took a step of an agreement, why, and the paper that came with it: kept as a document by its hash, never parsed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.program import Program
from store import Clock, describe_document
from store.ids import Sha256
from store.tables import Agreement, Document, Tracked
from store.year_tables import AgreementPaper

_PAPER = "agreement"
_MOST_PAPER_BYTES = 25_000_000


@dataclass(frozen=True, slots=True)
class StepNote:
    """Who took a step, why, and the paper that came with it."""

    actor: str
    reason: str = ""
    paper: Path | None = None


@dataclass(frozen=True, slots=True)
class KeptPaper:
    """A paper in the store; `rows` are what has to be recorded with it."""

    sha256: Sha256
    rows: tuple[Document, ...]


def describe_note(session: Session, program: Program, step: Agreement, note: StepNote, clock: Clock) -> list[Tracked]:
    """The rows that keep a step's note."""
    if not note.actor.strip():
        raise CommandError("a step needs who took it: --as USER")
    kept = keep_paper(session, program, note.paper, clock)
    paper = AgreementPaper(
        agreement_id=step.agreement_id,
        actor=note.actor,
        reason=note.reason,
        document_sha256=kept.sha256 if kept else None,
    )
    return [*(kept.rows if kept else ()), paper]


def keep_paper(session: Session, program: Program, paper: Path | None, clock: Clock) -> KeptPaper | None:
    """A paper as a document; its bytes are kept as they are and never parsed. `CommandError` for a file that can't be read."""
    if paper is None:
        return None
    if not paper.is_file():
        raise CommandError(f"no such file: {paper}")
    if not 0 < paper.stat().st_size <= _MOST_PAPER_BYTES:
        raise CommandError("a paper is a file of 1 byte to 25 MB")
    content = paper.read_bytes()
    sha256 = program.installation.documents.put(content)
    return KeptPaper(sha256, tuple(describe_document(session, sha256, _PAPER, len(content), clock)))
