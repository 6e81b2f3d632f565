"""Tries the doors that are set up, changing nothing: whether each answers, and how many files wait there."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from urllib.parse import urlsplit

from consentry.doors.door_settings import MailSettings, ShareFileSettings, open_sharefile, read_door_settings
from consentry.doors.folder_door import FolderDoor
from consentry.doors.types import Door, DoorTrouble
from consentry.errors import CommandError
from consentry.program import Program

_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class DoorCheck:
    """A door, how many files wait there (None: it has no inbox), and why it can't be used ("" if it can)."""

    door: str
    waiting: int | None
    trouble: str


def check_doors(program: Program) -> list[DoorCheck]:
    """All doors of `doors.toml`. `CommandError` for faults in it."""
    home = program.installation.home
    settings = read_door_settings(home)
    checks = []
    if settings.folder is not None:
        checks.append(_check_door(FolderDoor(settings.folder.root)))
    if settings.sharefile is not None:
        checks.append(_check_door(open_sharefile(home, settings.sharefile)))
    if settings.mail is not None:
        checks.append(DoorCheck("mail", None, _try_mail(settings.mail)))
    return checks


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


def _check_door(door: Door) -> DoorCheck:
    try:
        return DoorCheck(door.name, len(door.list_waiting()), "")
    except DoorTrouble as trouble:
        return DoorCheck(door.name, None, str(trouble))


def _try_mail(settings: MailSettings) -> str:
    try:
        with smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT) as server:
            server.noop()
    except (OSError, smtplib.SMTPException):
        return "the mail server cannot be reached"
    return ""
