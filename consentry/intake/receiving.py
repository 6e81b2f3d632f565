"""Takes a partner's scans and list into a submission: every file is either pages to read or refused by name, and kept.

Documents are stored before the one transaction that makes the submission; a command killed before it has acknowledged
nothing and can be given again. A page whose bytes this partner has in the pipeline already is refused as a duplicate;
one that was returned before may come again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import CONSENT, has_active_agreement
from consentry.errors import CommandError
from consentry.intake.arrivals import ARRIVAL_DOCUMENT, ArrivalEnd, ArrivedFile, find_arrival, make_arrivals
from consentry.intake.list_checks import check_list
from consentry.logs import log_step
from consentry.partners import find_partner
from consentry.pipeline.reading_pages import JOINED_PAGE, JOINED_TO
from consentry.program import Program
from ingest import Cell, read_student_list, take_in_scans
from ingest.types import IncomingFile, ListRow, Refusal, RowFault, StudentList, UploadPath
from review_queue import Reason, State
from store import Clock, Entry, Event, describe_document, record
from store.ids import Sha256, derive_id
from store.tables import Agreement, Document, Form, ListedStudent, RefusedInput, Submission, Tracked

CLOSED_STATES = frozenset({State.RETURNED, State.REJECTED, State.FAILED})
"""States that end a form's way: the same bytes may come again after them."""

_KEPT_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was taken: the submission's id, each refused input, and what is wrong with the list, by row and column."""

    submission_id: str
    refused: tuple[Refusal, ...]
    list_faults: tuple[RowFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """All that one call brought, stored as documents but not yet known to any row."""

    pages: tuple[IncomingPage, ...]
    refused: tuple[_KeptRefusal, ...]
    student_list: StudentList | None
    list_document: StoredFile | None
    list_name: str
    arrived: tuple[ArrivedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the document store that no row names yet."""

    sha256: Sha256
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class IncomingPage:
    """A page of a scan that came in."""

    document: StoredFile
    media_type: str
    file_name: str
    page_index: int


@dataclass(frozen=True, slots=True)
class _KeptRefusal:
    refusal: Refusal
    document: StoredFile | None


def receive_submission(
    program: Program,
    partner_id: str,
    paths: Sequence[Path],
    list_path: Path | None,
    received_on: date | None,
    submitted_by: str = "",
    arrived: Sequence[ArrivedFile] = (),
) -> Receipt:
    """Takes the scans at `paths` and the list into one submission. `CommandError`: unknown partner or unreadable path.

    `arrived`: the files that a door handed over; where they bring nothing that isn't here already, no submission is made and
    the receipt names the one that they are in.
    """
    for path in [*paths, *([list_path] if list_path else [])]:
        if not path.exists():
            raise CommandError(f"no such file or folder: {path}")
    if list_path is not None and not list_path.is_file():
        raise CommandError(f"the student list is not a file: {list_path}")
    with program.installation.reading() as session:
        find_partner(session, partner_id)
    with program.open_cell() as cell:
        incoming = replace(_take_in(program, cell, paths, list_path), arrived=tuple(arrived))
    return record_submission(program, partner_id, incoming, received_on, submitted_by)


def _take_in(program: Program, cell: Cell, paths: Sequence[Path], list_path: Path | None) -> Incoming:
    pages: list[IncomingPage] = []
    refused: list[_KeptRefusal] = []
    student_list, list_document, list_name = None, None, ""
    if list_path is not None:
        list_name = list_path.name
        content = list_path.read_bytes() if list_path.stat().st_size <= _KEPT_BYTES else b""
        list_document = _store(program, content, "list")
        read = read_student_list(content, list_name, cell, program.limits)
        if isinstance(read, Refusal):
            refused.append(_KeptRefusal(read, list_document))
        else:
            student_list = read
    uploads = [UploadPath(path, path.name or str(path)) for path in paths]
    for taken in take_in_scans(uploads, cell, program.limits):
        if isinstance(taken, Refusal):
            refused.append(_KeptRefusal(taken, _keep_refused(program, taken, uploads)))
            continue
        pages += _store_pages(program, taken)
    return Incoming(tuple(pages), tuple(refused), student_list, list_document, list_name)


def _store(program: Program, content: bytes, kind: str) -> StoredFile:
    return StoredFile(program.installation.documents.put(content), kind, len(content))


def _store_pages(program: Program, file: IncomingFile) -> list[IncomingPage]:
    document = _store(program, file.content, "scan")
    return [IncomingPage(document, file.media_type, file.name, index) for index in range(file.page_count)]


def _keep_refused(program: Program, refusal: Refusal, uploads: Sequence[UploadPath]) -> StoredFile | None:
    for upload in uploads:
        head, _, rest = refusal.file.partition("/")
        if head != upload.shown_name:
            continue
        inside = upload.path / rest if upload.path.is_dir() else upload.path
        while not inside.exists() and inside != upload.path:
            inside = inside.parent
        if inside.is_file() and not inside.is_symlink() and inside.stat().st_size <= _KEPT_BYTES:
            return _store(program, inside.read_bytes(), "refused")
    return None


def record_submission(
    program: Program, partner_id: str, incoming: Incoming, received_on: date | None, submitted_by: str
) -> Receipt:
    """Makes a submission of what came in and is stored, in one transaction."""
    clock = program.read_clock()
    with program.installation.writing() as session:
        submission = Submission(
            submission_id=_name_submission(session, partner_id, incoming, clock),
            partner_id=partner_id,
            basis=CONSENT,
            received_on=received_on or clock.today,
            list_sha256=incoming.list_document.sha256 if incoming.list_document else None,
            list_name=incoming.list_name,
            submitted_by=submitted_by,
            created_at=clock.now,
            settlements=0,
            needs_settling=True,
        )
        again = find_arrival(session, incoming.arrived)
        if again is not None:
            return Receipt(again.submission_id or "", ())
        forms, refused = _make_forms(session, submission, incoming, clock)
        earlier = None if forms else _find_same(session, submission, incoming, refused)
        if earlier is not None:
            end = ArrivalEnd(partner_id, "known", submission.received_on, earlier)
            known = [*_describe_documents(session, incoming, clock), *make_arrivals(incoming.arrived, end, clock)]
            record(session, clock, Entry(Event.FILES_ARRIVED, earlier, submitted_by or partner_id, known))
            return Receipt(earlier, tuple(kept.refusal for kept in refused))
        rows: list[Tracked] = [*_describe_documents(session, incoming, clock), submission, *forms]
        rows += [_make_refused(submission, position, kept) for position, kept in enumerate(refused)]
        rows += make_listed(submission, incoming.student_list) if incoming.student_list else []
        taken = ArrivalEnd(partner_id, "taken", submission.received_on, submission.submission_id)
        rows += make_arrivals(incoming.arrived, taken, clock)
        facts = {"pages": len(forms), "refused": len(refused)}
        record(
            session,
            clock,
            Entry(Event.SUBMISSION_RECEIVED, submission.submission_id, submitted_by or partner_id, rows, dict(facts)),
        )
    log_step("submission-received", submission.submission_id, pages=len(forms), refused=len(refused))
    faults = check_list(program, incoming.student_list, partner_id) if incoming.student_list else ()
    return Receipt(submission.submission_id, tuple(kept.refusal for kept in refused), faults)


def _name_submission(session: Session, partner_id: str, incoming: Incoming, clock: Clock) -> str:
    count = len(session.scalars(select(Submission.submission_id).where(Submission.partner_id == partner_id)).all())
    hashes = [page.document.sha256 for page in incoming.pages]
    return derive_id("sub", partner_id, str(count), clock.now.isoformat(), *hashes)


def _describe_documents(session: Session, incoming: Incoming, clock: Clock) -> list[Document]:
    stored = {page.document.sha256: page.document for page in incoming.pages}
    stored |= {kept.document.sha256: kept.document for kept in incoming.refused if kept.document}
    if incoming.list_document:
        stored[incoming.list_document.sha256] = incoming.list_document
    for file in incoming.arrived:
        stored.setdefault(file.sha256, StoredFile(file.sha256, ARRIVAL_DOCUMENT, file.size))
    return [
        row
        for document in stored.values()
        for row in describe_document(session, document.sha256, document.kind, document.size, clock)
    ]


def _make_forms(
    session: Session, submission: Submission, incoming: Incoming, clock: Clock
) -> tuple[list[Form], list[_KeptRefusal]]:
    agreements = session.scalars(select(Agreement).where(Agreement.partner_id == submission.partner_id)).all()
    state = State.RECEIVED if has_active_agreement(agreements, clock.today) else State.HELD
    refused = list(incoming.refused)
    forms: dict[str, Form] = {}
    told: set[str] = set()
    for position, page in enumerate(incoming.pages):
        form_id = derive_id("form", submission.submission_id, page.document.sha256, str(page.page_index))
        earlier = _find_earlier(session, submission.partner_id, page)
        if form_id in forms or earlier is not None:
            if page.file_name not in told:
                told.add(page.file_name)
                refused.append(_KeptRefusal(_refuse_duplicate(page, earlier), page.document))
            continue
        forms[form_id] = Form(
            form_id=form_id,
            submission_id=submission.submission_id,
            partner_id=submission.partner_id,
            position=position,
            document_sha256=page.document.sha256,
            media_type=page.media_type,
            file_name=page.file_name,
            page_index=page.page_index,
            state=state,
            reasons=[Reason.NO_ACTIVE_DSA] if state is State.HELD else [],
            fields={},
            signature={},
            match={},
            findings=[],
            page_kind="",
        )
    return list(forms.values()), refused


def _find_same(
    session: Session, submission: Submission, incoming: Incoming, refused: Sequence[_KeptRefusal]
) -> str | None:
    """The submission that holds all that a door brought, where it brought no page and no list that isn't here already."""
    if not incoming.arrived or any(kept.refusal.reason != Reason.DUPLICATE for kept in refused):
        return None
    if incoming.list_document is None:
        earlier = [_find_earlier(session, submission.partner_id, page) for page in incoming.pages]
        return next((form.submission_id for form in earlier if form is not None), None)
    same = select(Submission.submission_id).where(
        Submission.partner_id == submission.partner_id, Submission.list_sha256 == incoming.list_document.sha256
    )
    return session.scalar(same.order_by(Submission.created_at.desc()).limit(1))


def _find_earlier(session: Session, partner_id: str, page: IncomingPage) -> Form | None:
    same = select(Form).where(
        Form.partner_id == partner_id,
        Form.document_sha256 == page.document.sha256,
        Form.page_index == page.page_index,
        Form.state.not_in(CLOSED_STATES),
    )
    return next((form for form in session.scalars(same) if not _is_of_closed_form(session, form)), None)


def _is_of_closed_form(session: Session, page: Form) -> bool:
    """Whether a page belongs to a form that was returned: with it, it may come again."""
    if page.page_kind != JOINED_PAGE:
        return False
    form = session.get(Form, str(page.match.get(JOINED_TO)))
    return form is not None and form.state in CLOSED_STATES


def _refuse_duplicate(page: IncomingPage, earlier: Form | None) -> Refusal:
    where = f"in submission {earlier.submission_id}" if earlier else "in this submission"
    return Refusal(page.file_name, Reason.DUPLICATE, f"the same file is {where} already; nothing is left to do")


def _make_refused(submission: Submission, position: int, kept: _KeptRefusal) -> RefusedInput:
    return RefusedInput(
        refusal_id=f"{submission.submission_id}/{position}",
        submission_id=submission.submission_id,
        position=position,
        file=kept.refusal.file,
        reason=kept.refusal.reason,
        words=kept.refusal.words,
        document_sha256=kept.document.sha256 if kept.document else None,
    )


def make_listed(submission: Submission, student_list: StudentList) -> list[ListedStudent]:
    """The rows of a list, as they wait."""
    return [
        ListedStudent(
            row_id=f"{submission.submission_id}/{row.row_number}",
            submission_id=submission.submission_id,
            row_number=row.row_number,
            cells=_cells_of(row),
            state=State.RECEIVED,
            reasons=[],
        )
        for row in student_list.rows
    ]


def _cells_of(row: ListRow) -> dict[str, object]:
    cells = asdict(row)
    cells["birth_date_readings"] = list(row.birth_date_readings)
    cells["faults"] = [asdict(fault) for fault in row.faults]
    return cells
