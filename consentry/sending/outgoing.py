"""What is to leave: kept as a document and a row until it has left, however long the other side is down.

The same thing about the same subject is queued once. What is sent twice because a machine died in between is the same file,
the same mail (by its Message-ID) or the same event (by its id) again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from store import Clock, Entry, Event, Installation, describe_document, record
from store.door_tables import Sending, SendingAttempts
from store.ids import Sha256, derive_id

_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
ACTOR = "program"


class Kind(StrEnum):
    """What leaves."""

    RECEIPT = "receipt"
    REPORT = "report"
    ADR = "adr"
    NOTICE = "notice"
    DIGEST = "digest"
    REMINDER = "reminder"
    EVENT = "event"


class Way(StrEnum):
    """By what it leaves."""

    OUTBOX = "outbox"
    MAIL = "mail"
    WEBHOOK = "webhook"


class SendingState(StrEnum):
    """Where it stands. WITHDRAWN: it may no longer leave, since access that it rests on has ended."""

    WAITING = "waiting"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class NewSending:
    """Something to leave. `sha256`: its content, which is in the document store already; `submission_id`: whose content it
    holds, with which it is erased; `addressee`: the school that a mail is for; "" where it is for the partner or the staff.
    """

    kind: Kind
    way: Way
    partner_id: str | None
    subject_id: str
    file_name: str
    sha256: Sha256
    size: int
    submission_id: str | None = None
    addressee: str = ""

    @property
    def sending_id(self) -> str:
        """The same for the same thing about the same subject."""
        return derive_id("snd", self.kind, self.way, self.partner_id or "", self.subject_id)


def keep_content(installation: Installation, new: Sequence[tuple[NewSending, bytes]]) -> list[NewSending]:
    """Stores contents before their rows are written."""
    for _, content in new:
        installation.documents.put(content)
    return [sending for sending, _ in new]


def queue_sendings(session: Session, clock: Clock, new: Sequence[NewSending]) -> int:
    """Writes what isn't queued yet; how many. The session holds the ledger's lock."""
    count = 0
    for sending in new:
        if session.get(Sending, sending.sending_id) is not None:
            continue
        row = Sending(
            sending_id=sending.sending_id,
            kind=sending.kind,
            way=sending.way,
            partner_id=sending.partner_id,
            subject_id=sending.subject_id,
            document_sha256=sending.sha256,
            file_name=sending.file_name,
            submission_id=sending.submission_id,
            addressee=sending.addressee,
            state=SendingState.WAITING,
            on_date=clock.today,
            created_at=clock.now,
            sent_at=None,
        )
        documents = describe_document(session, sending.sha256, "sending", sending.size, clock)
        facts = {"kind": sending.kind, "way": sending.way}
        record(session, clock, Entry(Event.SENDING_QUEUED, row.sending_id, ACTOR, [*documents, row], dict(facts)))
        count += 1
    return count


def list_due(session: Session, now: datetime) -> dict[str, int]:
    """What waits and may be tried now: attempts so far by id, the oldest first."""
    waiting = select(Sending.sending_id).where(Sending.state == SendingState.WAITING)
    tried = {row.sending_id: row for row in session.scalars(select(SendingAttempts))}
    due = {}
    for sending_id in session.scalars(waiting.order_by(Sending.created_at, Sending.sending_id)):
        attempt = tried.get(sending_id)
        if attempt is None or attempt.next_at <= now:
            due[sending_id] = attempt.attempts if attempt else 0
    return due


def record_outcome(session: Session, clock: Clock, sending: Sending, outcome: str, retry_after: float = 0.0) -> None:
    """Notes how an attempt went: `sent`, `withdrawn`, or the code of a trouble, after which it is tried again."""
    attempts = session.get(SendingAttempts, sending.sending_id)
    if outcome in (SendingState.SENT, SendingState.WITHDRAWN):
        sending.state = outcome
        sending.sent_at = clock.now if outcome == SendingState.SENT else None
        record(session, clock, Entry(Event.SENDING_ENDED, sending.sending_id, ACTOR, [sending], {"outcome": outcome}))
        if attempts is not None:
            session.delete(attempts)
        return
    if attempts is None:
        attempts = SendingAttempts(sending_id=sending.sending_id, attempts=0, next_at=clock.now, trouble="")
        session.add(attempts)
    attempts.attempts += 1
    wait = min(_FIRST_WAIT * 2 ** min(attempts.attempts - 1, 10), _LONGEST_WAIT)
    attempts.next_at = clock.now + max(wait, timedelta(seconds=retry_after))
    attempts.trouble = outcome
