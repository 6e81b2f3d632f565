"""Sends what is ready: into an outbox, by mail, or as a signed event. Each is one way, and fails with a code alone.

An event is posted with `consentry-signature: t=SECONDS,v1=HEX`, HMAC-SHA-256 of "SECONDS.BODY" under the partner's key, so
that an old call can't be passed off as new; its id stands in the body, for what comes twice.
"""

from __future__ import annotations

import hashlib
import hmac
import smtplib
import time
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Protocol

import httpx

from consentry.doors.door_settings import DoorSecrets, DoorSettings, MailSettings
from consentry.doors.mail_server import connect_mail
from consentry.doors.types import Door, DoorTrouble
from consentry.sending.outgoing import Kind
from store.door_tables import Sending

_TIMEOUT = 20.0
_SUBJECTS = {
    Kind.DIGEST: "Consentry: the day's work",
    Kind.NOTICE: "Consentry: something is in your outbox",
    Kind.REMINDER: "Consentry: an agreement of your year",
}
_TO_SCHOOLS = "Consentry: a right-to-view list to confirm"
_ACCEPTED = frozenset({250, 251})
SIGNATURE_HEADER = "consentry-signature"


class Sender(Protocol):
    """One way out."""

    def send(self, sending: Sending, content: bytes) -> None:
        """Sends whole or raises `DoorTrouble`; SHALL be harmless when the same is sent again."""


class OutboxSender:
    """Puts files into partners' outboxes by a door."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def send(self, sending: Sending, content: bytes) -> None:
        """Delivers the file under its name."""
        self._door.deliver(str(sending.partner_id), sending.file_name, content)


class MailSender:
    """Mails notices to partners and the digest to staff. The text is the content; nothing is attached."""

    def __init__(self, settings: MailSettings | None, password: str) -> None:
        self._settings = settings
        self._password = password

    def send(self, sending: Sending, content: bytes) -> None:
        """Sends one mail to all who get it; none is sent where one is refused."""
        if self._settings is None:
            raise DoorTrouble("closed", "no mail server is set up")
        settings = self._settings
        people = settings.partners.get(sending.partner_id, []) if sending.partner_id else settings.staff
        people = settings.schools.get(sending.addressee, []) if sending.addressee else people
        if not people:
            raise DoorTrouble("nobody", "nobody is named in doors.toml to be written to")
        mail = _write_mail(sending, content, settings, people)
        with connect_mail(settings, self._password) as server:
            _hand_over(server, mail, settings.sender, people)


class WebhookSender:
    """Posts events to partners' addresses."""

    def __init__(self, settings: DoorSettings, secrets: DoorSecrets) -> None:
        self._addresses = settings.webhooks
        self._keys = secrets.event_keys

    def send(self, sending: Sending, content: bytes) -> None:
        """Posts one signed event; any answer but 2xx is trouble."""
        address, key = self._addresses.get(str(sending.partner_id)), self._keys.get(str(sending.partner_id))
        if not address or not key:
            raise DoorTrouble("closed", "no address or no key is set up for the partner's events")
        headers = {SIGNATURE_HEADER: sign_event(content, key, int(time.time())), "content-type": "application/json"}
        try:
            answer = httpx.post(address, content=content, headers=headers, timeout=_TIMEOUT)
        except httpx.HTTPError:
            raise DoorTrouble("unreachable", "the address for events cannot be reached") from None
        if not answer.is_success:
            wait = answer.headers.get("retry-after", "")
            raise DoorTrouble(
                "refused", f"the event was refused ({answer.status_code})", float(wait) if wait.isdigit() else None
            )


def sign_event(body: bytes, key: str, at: int) -> str:
    """The signature header of an event that is sent at a time (seconds since 1970)."""
    signed = hmac.digest(key.encode(), f"{at}.".encode() + body, "sha256").hex()
    return f"t={at},v1={signed}"


def _hand_over(server: smtplib.SMTP, mail: EmailMessage, sender: str, people: list[str]) -> None:
    """One mail to all, or to nobody: `smtplib` itself sends to the rest where one is refused, and says so to nobody."""
    server.ehlo_or_helo_if_needed()
    answers = [server.mail(sender), *(server.rcpt(address) for address in people)]
    if all(code in _ACCEPTED for code, _ in answers):
        answers = [server.data(mail.as_bytes(policy=SMTP))]
    if any(code not in _ACCEPTED for code, _ in answers):
        server.rset()
        raise DoorTrouble("mail", "the mail server refused a mail or an address")


def _write_mail(sending: Sending, content: bytes, settings: MailSettings, people: list[str]) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings.sender
    mail["To"] = ", ".join(people)
    mail["Subject"] = _TO_SCHOOLS if sending.addressee else _SUBJECTS[Kind(sending.kind)]
    mail["Date"] = formatdate(sending.created_at.timestamp())
    domain = settings.sender.rpartition("@")[2] or hashlib.sha256(settings.sender.encode()).hexdigest()[:8]
    mail["Message-ID"] = f"<{sending.sending_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(content.decode())
    return mail
