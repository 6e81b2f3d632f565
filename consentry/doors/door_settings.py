"""What stands in a home's `doors.toml`, and the secrets beside the keys: checked whole, each fault told by its place.

Secrets stand in `keys/doors.toml` alone, which nobody but its owner may read. Without a `doors.toml` no door is set up:
nothing is polled, and what is to go out waits.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consentry.doors.folder_door import FolderDoor
from consentry.doors.sharefile_api import ShareFileAccount, ShareFileApi
from consentry.doors.sharefile_door import ShareFileDoor
from consentry.doors.types import ClosedDoor, Door
from consentry.errors import CommandError

SETTINGS_NAME, SECRETS_NAME = "doors.toml", "keys/doors.toml"
_WRITABLE, _READABLE = 0o022, 0o077
_Model = TypeVar("_Model", bound=BaseModel)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FolderSettings(_Section):
    """`root`: the folder tree with an outbox a partner."""

    root: Path


class ShareFileSettings(_Section):
    """`root_folder`: the id of the folder with a folder a partner."""

    subdomain: str = Field(pattern=r"^[a-z0-9-]+$")
    root_folder: str = Field(min_length=1)
    client_id: str
    poll_seconds: float = Field(default=300.0, ge=1)
    login_url: str = ""
    api_url: str = ""


class MailSettings(_Section):
    """The mail server; who is written to: staff by address, partners by id, schools by name."""

    host: str
    port: int = 587
    starttls: bool = True
    username: str = ""
    sender: str
    staff: list[str] = []
    partners: dict[str, list[str]] = {}
    schools: dict[str, list[str]] = {}


class DoorSettings(_Section):
    """All doors of a home. `webhooks`: where events of a partner are posted to."""

    folder: FolderSettings | None = None
    sharefile: ShareFileSettings | None = None
    mail: MailSettings | None = None
    webhooks: dict[str, str] = {}

    @property
    def goes_out(self) -> bool:
        """Whether files can be delivered at all."""
        return self.folder is not None or self.sharefile is not None


class DoorSecrets(_Section):
    """`webhook_keys`: the keys that ShareFile signs its calls with, the newer first; `event_keys`: ours, by partner."""

    client_secret: str = ""
    username: str = ""
    password: str = ""
    refresh_token: str = ""
    webhook_keys: list[str] = []
    mail_password: str = ""
    event_keys: dict[str, str] = {}


def read_door_settings(home: Path) -> DoorSettings:
    """The settings of a home's doors. `CommandError`: a file that others may write to, or faults in it, all told at once."""
    file = home / SETTINGS_NAME
    if not file.exists():
        return DoorSettings()
    if file.stat().st_mode & _WRITABLE:
        raise CommandError(f"{SETTINGS_NAME} may be written by others than its owner: chmod go-w it")
    return _parse(DoorSettings, file, SETTINGS_NAME)


def read_door_secrets(home: Path) -> DoorSecrets:
    """The secrets of a home's doors; empty where there are none."""
    file = home / SECRETS_NAME
    if not file.exists():
        return DoorSecrets()
    if file.stat().st_mode & _READABLE:
        raise CommandError(f"{SECRETS_NAME} may be read by others than its owner: chmod 600 it")
    return _parse(DoorSecrets, file, SECRETS_NAME)


def open_sharefile(home: Path, settings: ShareFileSettings) -> ShareFileDoor:
    """The ShareFile door of a home."""
    secrets = read_door_secrets(home)
    account = ShareFileAccount(
        login_url=settings.login_url or f"https://{settings.subdomain}.sharefile.com/oauth/token",
        api_url=settings.api_url or f"https://{settings.subdomain}.sf-api.com/sf/v3",
        client_id=settings.client_id,
        client_secret=secrets.client_secret,
        username=secrets.username,
        password=secrets.password,
        refresh_token=secrets.refresh_token,
    )
    return ShareFileDoor(ShareFileApi(account), settings.root_folder)


def open_outbox(home: Path) -> Door:
    """The door that deliveries go out by: ShareFile if it is set up, else the folder tree, else none."""
    settings = read_door_settings(home)
    if settings.sharefile is not None:
        return open_sharefile(home, settings.sharefile)
    return FolderDoor(settings.folder.root) if settings.folder is not None else ClosedDoor()


def _parse(model: type[_Model], file: Path, name: str) -> _Model:
    try:
        return model.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise CommandError(f"{name} is not TOML that can be read") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CommandError(f"{name} has faults: {faults}") from None
