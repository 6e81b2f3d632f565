"""Prints a packet for a partner's list: a sheet a child in the family's language, and keeps what was printed on each.

The batch stands in the store before the file is written, so that no sheet can come back that isn't known. Which sheets came
back, and which never did, is told by batch. Decides nothing about a form that comes in (`printed_sheets`).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pikepdf
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.paper.packet_pages import BlankPrinter, Sheet
from consentry.paper.packet_rows import PacketPlan, SheetPlan, plan_packet
from consentry.paper.paper_codes import PaperKey, draw_batch_id
from consentry.partners import find_partner
from consentry.program import Program
from ingest import read_student_list
from ingest.types import ListRow, Refusal, RowFault
from ocr import Template
from store import Entry, Event, describe_document, record
from store.packet_tables import PrintBatch, PrintedSheet
from store.tables import FormTemplate

PACKET_NAME = "packet.pdf"
_MOST_SHEETS = 65_000


@dataclass(frozen=True, slots=True)
class PrintOrder:
    """What is to be printed: whose list, into which folder, by whom. `school_year` None: the newest that has a blank."""

    partner_id: str
    list_path: Path
    folder: Path
    school_year: str | None = None
    usual_language: str = "en"
    user: str = "program"


@dataclass(frozen=True, slots=True)
class PrintedPacket:
    """What was printed. `in_usual_language`: rows whose own language has no blank."""

    batch_id: str
    file: Path
    sheets: int
    by_language: dict[str, int]
    in_usual_language: tuple[int, ...]
    refused: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch and the rows whose sheets never came back."""

    batch_id: str
    partner_id: str
    school_year: str
    list_name: str
    printed_on: date
    sheets: int
    came_back: int
    missing_rows: tuple[int, ...]


def print_packet(program: Program, order: PrintOrder) -> PrintedPacket:
    """Prints a packet. `CommandError`: no such partner or list, no blank in the usual language, nothing that can be printed."""
    content, rows = _read_list(program, order.list_path)
    with program.installation.reading() as session:
        partner = find_partner(session, order.partner_id)
        blanks = _find_blanks(session, order)
    plan = plan_packet(rows, partner, blanks, order.usual_language)
    if not plan.sheets:
        raise CommandError(f"no row of the list can be printed ({len(plan.faults)} faults): mend the list first")
    if plan.sheets[-1].row_number > _MOST_SHEETS:
        raise CommandError(f"a packet holds {_MOST_SHEETS} rows at most: part the list")
    batch_id = draw_batch_id()
    packet = _draw_packet(program, plan, order.partner_id, batch_id)
    _record_batch(program, order, plan, batch_id, content)
    file = _write_whole(order.folder / PACKET_NAME, packet)
    languages = [sheet.template.language for sheet in plan.sheets]
    return PrintedPacket(
        batch_id=batch_id,
        file=file,
        sheets=len(plan.sheets),
        by_language={language: languages.count(language) for language in sorted(set(languages))},
        in_usual_language=tuple(sheet.row_number for sheet in plan.sheets if sheet.language_missing),
        refused=plan.faults,
    )


def list_batches(program: Program, partner_id: str | None) -> list[BatchState]:
    """Batches, the oldest first, with the rows whose sheets never came back."""
    batches = select(PrintBatch).order_by(PrintBatch.at)
    if partner_id is not None:
        batches = batches.where(PrintBatch.partner_id == partner_id)
    with program.installation.reading() as session:
        return [_describe_batch(session, batch) for batch in session.scalars(batches)]


def _describe_batch(session: Session, batch: PrintBatch) -> BatchState:
    of_batch = PrintedSheet.batch_id == batch.batch_id
    missing = select(PrintedSheet.row_number).where(of_batch, PrintedSheet.came_back_on.is_(None))
    back = select(func.count()).select_from(PrintedSheet).where(of_batch, PrintedSheet.came_back_on.is_not(None))
    return BatchState(
        batch_id=batch.batch_id,
        partner_id=batch.partner_id,
        school_year=batch.school_year,
        list_name=batch.list_name,
        printed_on=batch.on_date,
        sheets=batch.sheets,
        came_back=session.scalar(back) or 0,
        missing_rows=tuple(session.scalars(missing.order_by(PrintedSheet.row_number))),
    )


def _read_list(program: Program, path: Path) -> tuple[bytes, Sequence[ListRow]]:
    if not path.is_file():
        raise CommandError(f"no such file: {path}")
    content = path.read_bytes()
    with program.open_cell() as cell:
        read = read_student_list(content, path.name, cell, program.limits)
    if isinstance(read, Refusal):
        raise CommandError(f"the list cannot be read: {read.words}")
    return content, read.rows


def _find_blanks(session: Session, order: PrintOrder) -> list[FormTemplate]:
    """The blanks of the year that may be printed for the partner."""
    known = select(FormTemplate).where(
        FormTemplate.partner_id.is_(None) | (FormTemplate.partner_id == order.partner_id)
    )
    blanks = list(session.scalars(known))
    year = order.school_year or max((blank.school_year for blank in blanks), default="")
    of_year = [blank for blank in blanks if blank.school_year == year]
    if not any(blank.language == order.usual_language for blank in of_year):
        raise CommandError(
            f"no blank form of {year or 'any year'} in '{order.usual_language}': run 'consentry form add'"
        )
    return of_year


def _draw_packet(program: Program, plan: PacketPlan, partner_id: str, batch_id: str) -> bytes:
    key = PaperKey.load(program.installation.home)
    pages: dict[int, list[pikepdf.Page]] = {}
    with pikepdf.new() as packet:
        for template_id, sheets in _group_by_blank(plan).items():
            printer = _open_printer(program, sheets[0].template)
            texts = [
                Sheet(s.printed, key.write_sheet_code(template_id, partner_id, batch_id, s.row_number)) for s in sheets
            ]
            made = printer.print_sheets(packet, texts)
            pages |= {sheet.row_number: drawn for sheet, drawn in zip(sheets, made, strict=True)}
        for sheet in plan.sheets:
            packet.pages.extend(pages[sheet.row_number])
        out = io.BytesIO()
        packet.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _group_by_blank(plan: PacketPlan) -> dict[str, list[SheetPlan]]:
    groups: dict[str, list[SheetPlan]] = {}
    for sheet in plan.sheets:
        groups.setdefault(sheet.template.template_id, []).append(sheet)
    return groups


def _open_printer(program: Program, template: FormTemplate) -> BlankPrinter:
    documents = program.installation.documents
    return BlankPrinter(documents.get(template.blank_sha256), Template.from_bytes(documents.get(template.model_sha256)))


def _record_batch(program: Program, order: PrintOrder, plan: PacketPlan, batch_id: str, content: bytes) -> None:
    clock = program.read_clock()
    list_sha256 = program.installation.documents.put(content)
    batch = PrintBatch(
        batch_id=batch_id,
        partner_id=order.partner_id,
        school_year=plan.sheets[0].template.school_year,
        list_sha256=list_sha256,
        list_name=order.list_path.name,
        sheets=len(plan.sheets),
        printed_by=order.user,
        on_date=clock.today,
        at=clock.now,
    )
    sheets = [
        PrintedSheet(
            sheet_id=f"{batch_id}/{sheet.row_number}",
            batch_id=batch_id,
            row_number=sheet.row_number,
            template_id=sheet.template.template_id,
            printed=dict(sheet.printed),
            form_id=None,
            came_back_on=None,
        )
        for sheet in plan.sheets
    ]
    with program.installation.writing() as session:
        rows = [*describe_document(session, list_sha256, "list", len(content), clock), batch, *sheets]
        record(session, clock, Entry(Event.SHEETS_PRINTED, batch_id, order.user, rows, {"sheets": len(sheets)}))


def _write_whole(file: Path, content: bytes) -> Path:
    """Writes a packet; one that lies there already is another batch's and stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    chosen = file
    while chosen.exists():
        number += 1
        chosen = file.with_stem(f"{file.stem}-{number}")
    chosen.write_bytes(content)
    return chosen
