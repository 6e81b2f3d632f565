"""Reaching the mail server that `doors.toml` names: one way, for sending and for trying it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from consentry.doors.door_settings import MailSettings
from consentry.doors.types import DoorTrouble

_TIMEOUT = 20.0


@contextmanager
def connect_mail(settings: MailSettings, password: str) -> Iterator[smtplib.SMTP]:
    """The server, logged in to where a user is named. `DoorTrouble`: out of reach, no safe line, or it refuses."""
    try:
        with smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT) as server:
            if settings.starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.username:
                server.login(settings.username, password)
            yield server
    except smtplib.SMTPAuthenticationError:
        raise DoorTrouble("log-in", "the mail server refuses the log-in") from None
    except smtplib.SMTPException as error:
        raise DoorTrouble("mail", f"the mail server refused ({type(error).__name__})") from None
    except OSError:
        raise DoorTrouble("unreachable", "the mail server cannot be reached") from None
