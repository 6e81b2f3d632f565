"""Works off what waits to leave: one attempt each, its outcome recorded with what follows from it in one transaction.

A package leaves only while every grant in it is open and exports aren't frozen: one that waited too long is withdrawn, and
made anew by whoever delivers.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.disclosing.delivering_record import load_files, rests_on_open_grants
from consentry.disclosing.freezing import refuse_while_frozen
from consentry.doors.door_settings import DoorSettings, open_outbox, read_door_secrets, read_door_settings
from consentry.doors.types import DoorTrouble
from consentry.errors import CommandError
from consentry.intake.snapshots import HeldRoll
from consentry.logs import log_failure
from consentry.program import Program
from consentry.sending.outgoing import Kind, SendingState, Way, list_due, queue_sendings, record_outcome
from consentry.sending.preparing import announce, prepare_sendings
from consentry.sending.senders import MailSender, OutboxSender, Sender, WebhookSender
from store.door_tables import Sending, SendingAttempts
from store.tables import Delivery

_FROZEN, _SETTINGS = "frozen", "settings"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class SendingLine:
    """One sending as it is listed."""

    sending_id: str
    kind: str
    way: str
    partner_id: str | None
    subject_id: str
    state: str
    attempts: int
    trouble: str


def prepare_due(program: Program) -> int:
    """Makes ready what is due, where doors go out; how many."""
    settings = _read_settings(program)
    return prepare_sendings(program, settings) if settings.goes_out or settings.mail else 0


def send_one(program: Program, sending_id: str, held: HeldRoll) -> str:
    """Tries one sending; returns the outcome as `record_outcome` takes it, with the seconds to wait after a colon. `held`: who
    is enrolled, kept from one package to the next.
    """
    with program.installation.reading() as session:
        sending = session.get_one(Sending, sending_id)
        if sending.state != SendingState.WAITING:
            return sending.state
        hindrance = _find_hindrance(program, session, sending, held) if sending.kind == Kind.ADR else ""
    if hindrance:
        return hindrance
    try:
        _open_sender(program, Way(sending.way)).send(sending, _load_content(program, sending))
    except DoorTrouble as trouble:
        log_failure("sending", sending_id, trouble)
        return f"{trouble.code}:{trouble.retry_after or 0:.0f}"
    except CommandError as error:
        log_failure("sending", sending_id, error)
        return _SETTINGS
    return SendingState.SENT


def keep_outcome(session: Session, program: Program, sending_id: str, outcome: str) -> None:
    """Records an attempt and queues what follows. The session holds the ledger's lock."""
    clock = program.read_clock()
    sending = session.get_one(Sending, sending_id)
    if sending.state != SendingState.WAITING:
        return
    code, _, wait = outcome.partition(":")
    record_outcome(session, clock, sending, code, float(wait or 0))
    if code == SendingState.SENT:
        settings = _read_settings(program)
        queue_sendings(session, clock, announce(program, settings, sending))


def send_all_due(program: Program) -> tuple[int, int]:
    """Prepares and tries all that is due once, and what follows from it; how many left and how many wait on."""
    prepare_due(program)
    tried, held = set[str](), HeldRoll(program.installation)
    while due := [sending_id for sending_id in find_due(program) if sending_id not in tried]:
        for sending_id in due:
            tried.add(sending_id)
            outcome = send_one(program, sending_id, held)
            with program.installation.writing() as session:
                keep_outcome(session, program, sending_id, outcome)
    with program.installation.reading() as session:
        states = session.scalars(select(Sending.state).where(Sending.sending_id.in_(tried))).all()
    return states.count(SendingState.SENT), states.count(SendingState.WAITING)


def find_due(program: Program) -> dict[str, int]:
    """What may be tried now, with its attempts so far."""
    with program.installation.reading() as session:
        return list_due(session, program.read_clock().now)


def list_sendings(program: Program, waiting_alone: bool) -> list[SendingLine]:
    """All sendings, the oldest first, or those alone that wait."""
    wanted = select(Sending).order_by(Sending.created_at, Sending.sending_id)
    if waiting_alone:
        wanted = wanted.where(Sending.state == SendingState.WAITING)
    with program.installation.reading() as session:
        tried = {row.sending_id: row for row in session.scalars(select(SendingAttempts))}
        return [_describe(sending, tried.get(sending.sending_id)) for sending in session.scalars(wanted)]


def _describe(sending: Sending, tried: SendingAttempts | None) -> SendingLine:
    return SendingLine(
        sending.sending_id,
        sending.kind,
        sending.way,
        sending.partner_id,
        sending.subject_id,
        sending.state,
        tried.attempts if tried else 0,
        tried.trouble if tried else "",
    )


def _read_settings(program: Program) -> DoorSettings:
    """The settings of the doors; none while their file is at fault: other work goes on."""
    try:
        return read_door_settings(program.installation.home)
    except CommandError as error:
        log_failure("doors", "doors.toml", error)
        return DoorSettings()


def _open_sender(program: Program, way: Way) -> Sender:
    home = program.installation.home
    if way is Way.OUTBOX:
        return OutboxSender(open_outbox(home))
    settings, secrets = read_door_settings(home), read_door_secrets(home)
    return MailSender(settings.mail, secrets.mail_password) if way is Way.MAIL else WebhookSender(settings, secrets)


def _find_hindrance(program: Program, session: Session, sending: Sending, held: HeldRoll) -> str:
    """Why a package may not leave now: withdrawn for good, or frozen for a while; "" if it may."""
    if not rests_on_open_grants(program, sending.subject_id, str(sending.partner_id), held):
        return SendingState.WITHDRAWN
    try:
        refuse_while_frozen(session, program.read_clock())
    except CommandError:
        return _FROZEN
    return ""


def _load_content(program: Program, sending: Sending) -> bytes:
    if sending.kind != Kind.ADR:
        return program.installation.documents.get(sending.document_sha256)
    with program.installation.reading() as session:
        delivery = session.get_one(Delivery, sending.subject_id)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for file in load_files(program, delivery):
            package.writestr(zipfile.ZipInfo(file.name, _LONG_AGO), file.content)
    return out.getvalue()
