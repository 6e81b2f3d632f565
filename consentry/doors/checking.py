"""Tries the doors that are set up: whether each answers, how many files wait there, whether outboxes can be written to.

Changes nothing: a file of no bytes is written into each outbox of a folder tree and taken away again; ShareFile is asked for a
token and its folders; the mail server is logged in to; an address for events is connected to and told nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select

from consentry.doors.door_settings import (
    DoorSecrets,
    DoorSettings,
    MailSettings,
    ShareFileSettings,
    open_sharefile,
    read_door_secrets,
    read_door_settings,
)
from consentry.doors.folder_door import FolderDoor
from consentry.doors.mail_server import connect_mail
from consentry.doors.types import Door, DoorTrouble
from consentry.errors import CommandError
from consentry.program import Program
from store.tables import Partner

_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class DoorCheck:
    """A door, how many files wait there (None: it has no inbox), and why it can't be used ("" if it can)."""

    door: str
    waiting: int | None
    trouble: str

    def in_words(self) -> str:
        """One line for people."""
        waiting = "" if self.waiting is None else f", {self.waiting} wait"
        return f"{self.trouble or 'answers'}{waiting}"


def check_doors(program: Program) -> list[DoorCheck]:
    """All doors of `doors.toml`. `CommandError` for faults in it."""
    home = program.installation.home
    settings = read_door_settings(home)
    secrets = read_door_secrets(home)
    with program.installation.reading() as session:
        partners = session.scalars(select(Partner.partner_id).order_by(Partner.partner_id)).all()
    return list(_check_all(program, settings, secrets, partners))


def subscribe(program: Program, url: str) -> None:
    """Asks ShareFile to call `url` when a file is uploaded. `CommandError`: not set up, no https, or refused."""
    sharefile: ShareFileSettings | None = read_door_settings(program.installation.home).sharefile
    if sharefile is None:
        raise CommandError("ShareFile is not set up in doors.toml")
    if urlsplit(url).scheme != "https":
        raise CommandError("ShareFile calls https addresses alone")
    try:
        open_sharefile(program.installation.home, sharefile).subscribe(url)
    except DoorTrouble as trouble:
        raise CommandError(str(trouble)) from None


def _check_all(
    program: Program, settings: DoorSettings, secrets: DoorSecrets, partners: Sequence[str]
) -> Iterator[DoorCheck]:
    if settings.folder is not None:
        tree = FolderDoor(settings.folder.root)
        check = _check_door(tree)
        closed = "; ".join(tree.find_closed(partners)) if not check.trouble else check.trouble
        yield DoorCheck(check.door, check.waiting, closed)
    if settings.sharefile is not None:
        yield _check_door(open_sharefile(program.installation.home, settings.sharefile))
    if settings.mail is not None:
        yield DoorCheck("mail", None, _try_mail(settings.mail, secrets))
    for partner_id, address in sorted(settings.webhooks.items()):
        yield DoorCheck(f"events of {partner_id}", None, _try_address(address, partner_id in secrets.event_keys))


def _check_door(door: Door) -> DoorCheck:
    try:
        return DoorCheck(door.name, len(door.list_waiting()), "")
    except DoorTrouble as trouble:
        return DoorCheck(door.name, None, str(trouble))


def _try_mail(settings: MailSettings, secrets: DoorSecrets) -> str:
    try:
        with connect_mail(settings, secrets.mail_password) as server:
            server.noop()
    except DoorTrouble as trouble:
        return str(trouble)
    return ""


def _try_address(address: str, has_key: bool) -> str:
    if not has_key:
        return "no key is set up under [event_keys] in keys/doors.toml"
    parts = urlsplit(address)
    try:
        socket.create_connection(
            (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)), _TIMEOUT
        ).close()
    except (OSError, ValueError):
        return "the address for events cannot be reached"
    return ""
