"""Files on their way in from a partner's browser: announced, sent piece by piece, checked, taken in as one submission.

A piece is taken only where the last one ended, so a broken transfer goes on where it stopped. The list is read, in the cell,
before any scan is. Nothing is promised until the submission is made. What was never finished is cleared away after a week.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, func, select, update

from consentry.errors import CommandError
from consentry.intake.list_checks import check_list as find_faults
from consentry.intake.offers import Basis, Offer, receive_offer
from consentry.program import Program
from ingest import Cell, read_student_list
from ingest.types import Refusal, RowFault
from store import Entry, Event, record
from store.desk_tables import SubmissionAnswer, Upload
from store.ids import derive_id
from store.tables import Form, ListedStudent, Submission

MOST_FILES, MOST_BYTES, MOST_FILE_BYTES, MOST_OPEN = 200, 500_000_000, 200_000_000, 20
KEPT = timedelta(days=7)
LIST, SCAN = "list", "scan"
_BEING_TAKEN = "being-taken"
_ODD_LETTERS = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_WRITING = threading.Lock()


@dataclass(frozen=True, slots=True)
class AnnouncedFile:
    """A file that is to come: its name as the partner has it, its size, and whether it is the list or a scan."""

    name: str
    size: int
    kind: str


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How much of a file has come."""

    number: int
    name: str
    size: int
    kind: str
    received: int


@dataclass(frozen=True, slots=True)
class ListCheck:
    """What is wrong with a list, in sentences; `rows` is 0 for one that can't be read."""

    rows: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, for which partner, and the form or list row that it answers, if any."""

    partner_id: str
    account_id: str
    name: str
    answers: str = ""


def begin_upload(program: Program, sender: Sender, files: Sequence[AnnouncedFile]) -> str:
    """Announces files; returns the upload's id. `CommandError`: none, too many, too large, or too many begun and not ended."""
    _refuse_too_much(files)
    if sender.answers and find_answered(program, sender.partner_id, sender.answers) is None:
        raise CommandError("there is nothing of yours that this would answer")
    clear_away(program)
    now = program.read_clock().now
    upload = Upload(
        upload_id=derive_id("upload", sender.account_id, now.isoformat()),
        partner_id=sender.partner_id,
        account_id=sender.account_id,
        answers=sender.answers or None,
        files=[{"name": _tidy_name(file.name), "size": file.size, "kind": file.kind} for file in files],
        submission_id=None,
        created_at=now,
    )
    with program.installation.sessions.begin() as session:
        mine = select(func.count()).where(Upload.account_id == sender.account_id, Upload.submission_id.is_(None))
        if (session.scalar(mine) or 0) >= MOST_OPEN:
            raise CommandError("too many uploads were begun and not ended: finish one, or wait a week")
        session.add(upload)
    return upload.upload_id


def list_progress(program: Program, upload_id: str) -> list[FileProgress]:
    """How much of each file has come. `CommandError` for no such upload."""
    upload = _find(program, upload_id)
    progress = []
    for number, file in enumerate(upload.files):
        if isinstance(file, dict):
            name, size = str(file["name"]), int(str(file["size"]))
            place = _place(program, upload_id, number, name)
            received = place.stat().st_size if place.exists() else 0
            progress.append(FileProgress(number, name, size, str(file["kind"]), received))
    return progress


def take_piece(program: Program, upload_id: str, number: int, offset: int, piece: bytes) -> int:
    """Appends a piece to a file where the last one ended; returns how much of the file has come, also where the piece doesn't
    fit there. `CommandError`: no such file, more than was announced, or the upload has ended.
    """
    if _find(program, upload_id).submission_id is not None:
        raise CommandError("this upload has ended")
    file = next((each for each in list_progress(program, upload_id) if each.number == number), None)
    if file is None:
        raise CommandError("no such file was announced")
    place = _place(program, upload_id, number, file.name)
    with _WRITING:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        received = place.stat().st_size if place.exists() else 0
        if offset != received:
            return received
        if received + len(piece) > file.size:
            raise CommandError("more has come than was announced")
        with place.open("ab") as stream:
            stream.write(piece)
    return received + len(piece)


def check_list(program: Program, cell: Cell, upload_id: str) -> ListCheck:
    """Reads the list of an upload and says what is wrong with it, row by row. `CommandError`: it hasn't come whole."""
    file = next((each for each in list_progress(program, upload_id) if each.kind == LIST), None)
    if file is None:
        return ListCheck(0, ())
    if file.received != file.size:
        raise CommandError("the list has not come whole yet")
    content = _place(program, upload_id, file.number, file.name).read_bytes()
    return check_content(program, cell, _find(program, upload_id).partner_id, file.name, content)


def check_content(program: Program, cell: Cell, partner_id: str, name: str, content: bytes) -> ListCheck:
    """Reads a list and says what is wrong with it, row by row."""
    read = read_student_list(content, name, cell, program.limits)
    if isinstance(read, Refusal):
        return ListCheck(0, (read.words,))
    faults = find_faults(program, read, partner_id)
    return ListCheck(len(read.rows), tuple(_say_fault(fault) for fault in faults))


def finish_upload(program: Program, upload_id: str, user: str, basis: Basis = Basis.CONSENT, school: str = "") -> str:
    """Makes the submission, once; returns its id. `school`: whose right-to-view list it is. `CommandError`: something hasn't
    come whole, it is being taken in, or it can't be taken on that ground.
    """
    upload = _find(program, upload_id)
    if upload.submission_id not in (None, _BEING_TAKEN):
        return str(upload.submission_id)
    progress = list_progress(program, upload_id)
    if any(file.received != file.size for file in progress):
        raise CommandError("not all files have come whole yet")
    if not _move(program, upload_id, None, _BEING_TAKEN):
        raise CommandError("these files are being taken in already: wait a moment")
    places = {file.number: _place(program, upload_id, file.number, file.name) for file in progress}
    scans = tuple(places[file.number] for file in progress if file.kind == SCAN)
    student_list = next((places[file.number] for file in progress if file.kind == LIST), None)
    try:
        offer = Offer(upload.partner_id, scans, student_list, None, basis, user, school)
        receipt = receive_offer(program, offer)
    except BaseException:
        _move(program, upload_id, _BEING_TAKEN, None)
        raise
    if upload.answers:
        _link_answer(program, receipt.submission_id, upload.partner_id, upload.answers, user)
    _move(program, upload_id, _BEING_TAKEN, receipt.submission_id)
    shutil.rmtree(_folder(program, upload_id), ignore_errors=True)
    return receipt.submission_id


def find_answered(program: Program, partner_id: str, answers: str) -> Form | ListedStudent | None:
    """The form or list row of a partner that a new submission answers: "form-..." or "SUBMISSION/ROW"."""
    with program.installation.reading() as session:
        form = session.get(Form, answers)
        if form is not None:
            return form if form.partner_id == partner_id else None
        row = session.get(ListedStudent, answers)
        if row is None:
            return None
        submission = session.get_one(Submission, row.submission_id)
        return row if submission.partner_id == partner_id else None


def clear_away(program: Program) -> None:
    """Removes what was begun a week ago and never finished."""
    before = program.read_clock().now - KEPT
    with program.installation.sessions.begin() as session:
        old = session.scalars(
            select(Upload.upload_id).where(Upload.created_at < before, Upload.submission_id.is_(None))
        ).all()
        session.execute(delete(Upload).where(Upload.upload_id.in_(old)))
    for upload_id in old:
        shutil.rmtree(_folder(program, upload_id), ignore_errors=True)


def resume_uploads(program: Program) -> None:
    """Lets uploads be finished whose taking in was cut off with the server. One server answers a home."""
    cut_off = update(Upload).where(Upload.submission_id == _BEING_TAKEN).values(submission_id=None)
    with program.installation.sessions.begin() as session:
        session.execute(cut_off)


def _refuse_too_much(files: Sequence[AnnouncedFile]) -> None:
    if not files:
        raise CommandError("choose at least one file")
    if len(files) > MOST_FILES:
        raise CommandError(f"send at most {MOST_FILES} files at once")
    if any(not 0 < file.size <= MOST_FILE_BYTES for file in files):
        raise CommandError(f"a file has between 1 byte and {MOST_FILE_BYTES // 1_000_000} MB")
    if sum(file.size for file in files) > MOST_BYTES:
        raise CommandError(f"send at most {MOST_BYTES // 1_000_000} MB at once")
    if any(file.kind not in (LIST, SCAN) for file in files) or sum(file.kind == LIST for file in files) > 1:
        raise CommandError("send one student list and any number of scans")


def _link_answer(program: Program, submission_id: str, partner_id: str, answers: str, user: str) -> None:
    answered = find_answered(program, partner_id, answers)
    if answered is None:
        return
    is_form = isinstance(answered, Form)
    link = SubmissionAnswer(
        submission_id=submission_id,
        answers_form_id=answers if is_form else None,
        answers_row_id=None if is_form else answers,
    )
    clock = program.read_clock()
    with program.installation.writing() as session:
        record(session, clock, Entry(Event.SUBMISSION_LINKED, submission_id, user, [link]))


def _find(program: Program, upload_id: str) -> Upload:
    with program.installation.reading() as session:
        upload = session.get(Upload, upload_id)
    if upload is None:
        raise CommandError("no such upload")
    return upload


def _move(program: Program, upload_id: str, was: str | None, becomes: str | None) -> bool:
    found = Upload.submission_id.is_(None) if was is None else Upload.submission_id == was
    statement = update(Upload).where(Upload.upload_id == upload_id, found).values(submission_id=becomes)
    with program.installation.sessions.begin() as session:
        moved = session.execute(statement.returning(Upload.upload_id)).all()
    return len(moved) == 1


def _folder(program: Program, upload_id: str) -> Path:
    return program.installation.home / "uploads" / upload_id


def _place(program: Program, upload_id: str, number: int, name: str) -> Path:
    """Each file has a folder of its own, so that two of one name don't meet."""
    return _folder(program, upload_id) / str(number) / name


def _tidy_name(name: str) -> str:
    tidy = _ODD_LETTERS.sub("_", name).strip(" .")[-100:]
    return tidy or "file"


def _say_fault(fault: RowFault) -> str:
    place = f"Row {fault.row_number}"
    says_place = place.casefold() in fault.words.casefold()
    return fault.words if not fault.row_number or says_place else f"{place}: {fault.words}"
