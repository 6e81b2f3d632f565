"""Makes ready what is to leave: a receipt of each submission, a report after each release, each package, a digest a day,
reminders with it.

Reports tell what a release told and no more (`telling_partners`). Notices and events name no student: they say that something
lies in the outbox. Nothing is made ready where no door goes out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access import IS_LIST, write_report_xlsx
from consentry.desk.queue_board import LATE, grade_age
from consentry.disclosing.delivering_record import ADR, DELIVERED
from consentry.doors.door_settings import DoorSettings, MailSettings
from consentry.pipeline.list_schools import is_same_school
from consentry.program import Program
from consentry.program_year.waits import PartnerWaits, find_waits
from consentry.proof.heads import make_head
from consentry.sending.outgoing import Kind, NewSending, Way, keep_content, queue_sendings
from consentry.telling.reporting import report_as_released
from store.door_tables import Sending
from store.ids import Sha256, derive_id
from store.risk_tables import PartnerRelease, ReleasedAnswer
from store.tables import Case, Delivery, Form, RefusedInput, Submission

_BACK = timedelta(days=14)
"""What is older when doors are set up is not sent after the fact."""


def prepare_sendings(program: Program, settings: DoorSettings) -> int:
    """Makes ready all that is due; how many."""
    clock = program.read_clock()
    new: list[tuple[NewSending, bytes]] = []
    with program.installation.reading() as session:
        queued = {(kind, subject) for kind, subject in session.execute(select(Sending.kind, Sending.subject_id))}
        if settings.goes_out:
            submissions = _list_submissions(session, clock.now - _BACK)
            fresh = [one for one in submissions if (Kind.RECEIPT, one.submission_id) not in queued]
            new += [_make_receipt(program, session, submission) for submission in fresh]
            told = list(_list_told(session, clock.now - _BACK))
            reports = [(subject, partner) for subject, partner in told if (Kind.REPORT, subject) not in queued]
            new += [_make_report(program, partner, subject) for subject, partner in reports]
            packages = _list_packages(session, clock.today)
            new += [_take_package(program, one) for one in packages if (Kind.ADR, one.delivery_id) not in queued]
        day = f"digest-{clock.today.isoformat()}"
        if settings.mail is not None and settings.mail.staff and (Kind.DIGEST, day) not in queued:
            reminded = [waits for waits in find_waits(program) if waits.reminders]
            digest = write_digest(program, session, clock.today, reminded)
            new.append(_make(Kind.DIGEST, Way.MAIL, None, day, "digest.txt", digest))
            reminders = _list_reminders(reminded, settings.mail)
            new += [one for one in reminders if (Kind.REMINDER, one[0].subject_id) not in queued]
    if not new:
        return 0
    kept = keep_content(program.installation, new)
    with program.installation.writing() as session:
        return queue_sendings(session, clock, kept)


def announce(program: Program, settings: DoorSettings, sending: Sending) -> list[NewSending]:
    """The notice and the event that follow what came to lie in an outbox. Neither names a student."""
    partner_id = sending.partner_id
    if sending.way != Way.OUTBOX or partner_id is None:
        return []
    new = []
    if settings.mail is not None and settings.mail.partners.get(partner_id):
        text = _NOTICE.format(what=_WORDS[Kind(sending.kind)], subject=sending.subject_id).encode()
        new.append(_make(Kind.NOTICE, Way.MAIL, partner_id, sending.sending_id, "notice.txt", text))
    if partner_id in settings.webhooks:
        event = {"event": f"{sending.kind}-delivered", "partner_id": partner_id, "subject": sending.subject_id}
        body = json.dumps({**event, "id": sending.sending_id}, sort_keys=True).encode()
        new.append(_make(Kind.EVENT, Way.WEBHOOK, partner_id, sending.sending_id, "event.json", body))
    return keep_content(program.installation, new)


def write_digest(program: Program, session: Session, today: date, reminded: Sequence[PartnerWaits]) -> bytes:
    """The day's lines for staff: counts, and the partners of whom a reminder is due."""
    open_cases = list(
        session.scalars(
            select(Submission.received_on)
            .join(Form, Form.submission_id == Submission.submission_id)
            .join(Case, Case.form_id == Form.form_id)
            .where(Case.state == "open")
        )
    )
    late = sum(grade_age(program.rulebook, (today - day).days) == LATE for day in open_cases)
    waiting = session.scalar(select(func.count()).select_from(Sending).where(Sending.state == "waiting")) or 0
    lines = [f"{len(open_cases)} cases, {late} past target", f"{waiting} deliveries wait to leave"]
    lines += [f"{each.name}, {each.school_year}: {words}" for each in reminded for words in each.reminders]
    return ("\n".join(lines) + "\n").encode()


def _list_reminders(reminded: Sequence[PartnerWaits], mail: MailSettings) -> Iterator[tuple[NewSending, bytes]]:
    """A mail for each reminder to whoever can be written to: of a step to its partner, of a list to partner and school."""
    for waits in reminded:
        mine, year = waits.partner_id, waits.school_year
        for step in waits.steps:
            if step.due is not None and mail.partners.get(mine):
                since = step.standing.submitted_on or year
                subject = derive_id("rem", mine, year, step.standing.kind, step.due.occasion, str(since))
                yield _make_reminder(mine, subject, f"{step.words}\n\n{step.reminder}.")
        for one in waits.lists:
            text = f"{waits.name}, {year}: {one.words}\n\n{one.reminder.words}."
            named = (name for name, people in mail.schools.items() if people and is_same_school(name, one.school))
            for addressee in (*([""] if mail.partners.get(mine) else []), *named):
                subject = derive_id("rem", mine, year, one.school, one.term, one.reminder.occasion, addressee)
                yield _make_reminder(mine, subject, text, addressee)


def _make_reminder(partner: str, subject: str, text: str, addressee: str = "") -> tuple[NewSending, bytes]:
    content = f"{text}\n\nNothing about any student stands in this mail.\n".encode()
    made, _ = _make(Kind.REMINDER, Way.MAIL, partner, subject, "reminder.txt", content)
    return replace(made, addressee=addressee), content


_WORDS = {
    Kind.RECEIPT: "a receipt for what you sent",
    Kind.REPORT: "a report on what you sent",
    Kind.ADR: "a package of student data",
}
_NOTICE = "There is {what} in your outbox ({subject}).\n\nNothing about any student stands in this mail.\n"


def _make(
    kind: Kind, way: Way, partner: str | None, subject: str, name: str, content: bytes
) -> tuple[NewSending, bytes]:
    digest = Sha256(hashlib.sha256(content).hexdigest())
    return NewSending(kind, way, partner, subject, name, digest, len(content)), content


def _list_submissions(session: Session, since: datetime) -> Sequence[Submission]:
    return session.scalars(
        select(Submission).where(Submission.created_at >= since).order_by(Submission.created_at)
    ).all()


def _make_receipt(program: Program, session: Session, submission: Submission) -> tuple[NewSending, bytes]:
    """What was taken and refused, in the partner's own names, and the ledger's head to keep."""
    of_it = Form.submission_id == submission.submission_id
    pages = session.scalar(select(func.count()).select_from(Form).where(of_it)) or 0
    refused = session.scalars(
        select(RefusedInput)
        .where(RefusedInput.submission_id == submission.submission_id)
        .order_by(RefusedInput.position)
    )
    lines = [
        f"Receipt for submission {submission.submission_id}",
        f"Received on {submission.received_on.isoformat()}: {pages} pages",
        f"Student list: {submission.list_name or 'none'}",
        *(f"Not taken: {one.file}: {one.reason}: {one.words}" for one in refused),
        "",
        "Head of the ledger, to keep: it proves later that nothing before it was changed.",
        str(make_head(program)["note"]),
    ]
    name = f"receipt-{submission.submission_id}.txt"
    content = "\n".join(lines).encode()
    made, _ = _make(Kind.RECEIPT, Way.OUTBOX, submission.partner_id, submission.submission_id, name, content)
    return replace(made, submission_id=submission.submission_id), content


def _list_told(session: Session, since: datetime) -> Iterator[tuple[str, str]]:
    """Each submission that a release told something of, by its newest release: subject and partner. Not a school's list: it
    names children that may never be open to the partner.
    """
    told = session.execute(
        select(ReleasedAnswer.submission_id, ReleasedAnswer.release_id, Submission.partner_id)
        .join(PartnerRelease, PartnerRelease.release_id == ReleasedAnswer.release_id)
        .join(Submission, Submission.submission_id == ReleasedAnswer.submission_id)
        .where(PartnerRelease.at >= since, Submission.basis != IS_LIST)
        .order_by(PartnerRelease.at)
    )
    newest = {submission_id: (release_id, partner_id) for submission_id, release_id, partner_id in told}
    yield from ((f"{submission}/{release}", partner) for submission, (release, partner) in newest.items())


def _make_report(program: Program, partner_id: str, subject: str) -> tuple[NewSending, bytes]:
    submission_id = subject.partition("/")[0]
    content = write_report_xlsx(*report_as_released(program, submission_id))
    name = f"report-{submission_id}-{program.read_clock().today.isoformat()}.xlsx"
    made, _ = _make(Kind.REPORT, Way.OUTBOX, partner_id, subject, name, content)
    return replace(made, submission_id=submission_id), content


def _list_packages(session: Session, today: date) -> Sequence[Delivery]:
    made = select(Delivery).where(Delivery.kind == ADR, Delivery.state == DELIVERED, Delivery.on_date >= today - _BACK)
    return session.scalars(made.order_by(Delivery.at)).all()


def _take_package(program: Program, delivery: Delivery) -> tuple[NewSending, bytes]:
    """A package is kept file by file already: its manifest stands for it, and it is put together when it leaves."""
    manifest = program.installation.documents.get(delivery.manifest_sha256)
    name = Path(delivery.folder).name + ".zip"
    return _make(Kind.ADR, Way.OUTBOX, delivery.partner_id, delivery.delivery_id, name, manifest)
