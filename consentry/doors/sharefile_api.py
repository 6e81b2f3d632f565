"""ShareFile's REST API (v3), as far as a door needs it: tokens, folders, downloads, uploads, moving, subscriptions.

Source: api.sharefile.com (authentication, OData, Items, WebhookSubscriptions, troubleshooting). A token is kept in memory
alone. A refused token is renewed once; 429, 5xx and a cut connection are tried again a few times where that is harmless, no
sooner than the other side asks, and are then `DoorTrouble`. Never puts a name, a path or an answer's text into a message.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar

import httpx
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from consentry.doors.types import DoorTrouble

_TRIES, _LONGEST_WAIT = 4, 20.0
_BUSY = frozenset({429, 500, 502, 503, 504})
_GONE, _CONFLICT = frozenset({404}), frozenset({409})
_PAGE = 200
_EARLY_SECONDS = 60.0
_TIMEOUT = httpx.Timeout(30.0, read=120.0)
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ShareFileAccount:
    """Where the API is and who asks. With a `refresh_token` no user name and password are needed."""

    login_url: str
    api_url: str
    client_id: str
    client_secret: str
    username: str = ""
    password: str = ""
    refresh_token: str = ""


class Item(BaseModel):
    """A file, a folder, or what is neither (a note, a link). An id never changes; a new version of a file has another. What an
    item doesn't have may be left out or null.
    """

    model_config = ConfigDict(frozen=True)

    id: str = Field(alias="Id")
    name: str = Field(alias="Name")
    type_name: str = Field(alias="odata.type", default="")
    size: int | None = Field(alias="FileSizeBytes", default=None)
    md5: str | None = Field(alias="Hash", default=None)

    @property
    def is_folder(self) -> bool:
        """Whether it holds others."""
        return self.type_name.endswith(".Folder")

    @property
    def is_file(self) -> bool:
        """Whether it can be fetched."""
        return self.type_name.endswith(".File")


class _Feed(BaseModel):
    value: list[Item]
    count: int = Field(alias="odata.count", default=0)
    next_link: str | None = Field(validation_alias=AliasChoices("odata.nextLink", "odata.nextlink"), default=None)


class _Token(BaseModel):
    access_token: str
    refresh_token: str | None = None
    expires_in: float = 28_800.0


class _UploadPlan(BaseModel):
    chunk_uri: str = Field(alias="ChunkUri")


class _Uploaded(BaseModel):
    error: bool


class ShareFileApi:
    """Calls of one account. `wait` sleeps; tests give one that doesn't."""

    def __init__(self, account: ShareFileAccount, wait: Callable[[float], None] = time.sleep) -> None:
        self._account = account
        self._wait = wait
        self._client = httpx.Client(timeout=_TIMEOUT, follow_redirects=False)
        self._token: _Token | None = None
        self._renew_at = 0.0

    def list_children(self, folder_id: str) -> Iterator[Item]:
        """All items of a folder, page by page, each once: by the link to the next page, or by counting where none is given,
        since what asks for so many at most need not be told that there are more.
        """
        pages = f"{self._account.api_url}/Items({folder_id})/Children?$top={_PAGE}&$skip="
        url, got, seen = f"{pages}0", 0, set[str]()
        while url:
            feed = _read(_Feed, self._call("GET", url))
            new = [item for item in feed.value if item.id not in seen]
            yield from new
            seen |= {item.id for item in new}
            got += len(feed.value)
            is_cut = bool(feed.value) and (got < feed.count or len(feed.value) >= _PAGE)
            url = feed.next_link or (f"{pages}{got}" if is_cut else "")
            if url and not new:
                raise DoorTrouble("answer", "ShareFile tells the same page again")
            if not url.startswith(f"{self._account.api_url}/") and url:
                raise DoorTrouble("answer", "ShareFile's answer names another place")  # it would be given the token

    def make_folder(self, parent_id: str, name: str) -> Item:
        """A folder of that name, made if it isn't there."""
        url = f"{self._account.api_url}/Items({parent_id})/Folder?overwrite=false&passthrough=true"
        return _read(Item, self._call("POST", url, {"Name": name}))

    def download(self, item_id: str, target: Path) -> int:
        """Writes a file's bytes; returns how many. The token is given to the API alone, not to where it redirects."""
        answer = self._call("GET", f"{self._account.api_url}/Items({item_id})/Download")
        source = answer.headers.get("location", "")
        if not source:
            target.write_bytes(answer.content)
            return len(answer.content)
        with (
            _telling_of_cuts(),
            self._client.stream("GET", source, follow_redirects=True) as stream,
            target.open("wb") as file,
        ):
            if stream.status_code != httpx.codes.OK:
                raise DoorTrouble("download", f"the file cannot be fetched ({stream.status_code})", _read_wait(stream))
            for part in stream.iter_bytes():
                file.write(part)
        return target.stat().st_size

    def move(self, item_id: str, folder_id: str, other_name: str) -> bool:
        """Moves an item, under another name where one of its name lies there; False if it is gone."""
        url, change = f"{self._account.api_url}/Items({item_id})", {"Parent": {"Id": folder_id}}
        answer = self._call("PATCH", url, change, _GONE | _CONFLICT)
        if answer.status_code in _CONFLICT:
            answer = self._call("PATCH", url, {**change, "Name": other_name, "FileName": other_name}, _GONE)
        return answer.status_code not in _GONE

    def upload(self, folder_id: str, name: str, content: bytes) -> None:
        """Puts a new file into a folder in one piece; nothing is there until all of it is. Not tried again here."""
        plan = {"Method": "standard", "Raw": True, "FileName": name, "FileSize": len(content), "Overwrite": False}
        found = _read(_UploadPlan, self._call("POST", f"{self._account.api_url}/Items({folder_id})/Upload2", plan))
        headers = {"content-type": "application/octet-stream"}
        with _telling_of_cuts():
            answer = self._client.post(found.chunk_uri, content=content, headers=headers)
        if answer.status_code != httpx.codes.OK or not _was_taken(answer):
            raise DoorTrouble("upload", f"a file was not taken ({answer.status_code})", _read_wait(answer))

    def subscribe(self, folder_id: str, url: str) -> None:
        """Asks to be called when a file, or a new version of one, is uploaded below a folder."""
        wanted = {
            "SubscriptionContext": {"ResourceType": "Folder", "ResourceId": folder_id},
            "WebhookUrl": url,
            "Events": [{"ResourceType": "File", "OperationName": name} for name in ("Upload", "Update")],
        }
        self._call("POST", f"{self._account.api_url}/WebhookSubscriptions", wanted)

    def _call(
        self, method: str, url: str, body: Mapping[str, object] | None = None, answers: frozenset[int] = frozenset()
    ) -> httpx.Response:
        """One call, tried again where the other side is busy or the line was cut; a refused token is renewed once. `answers`:
        statuses that are no trouble here.
        """
        renewed = False
        for left in reversed(range(_TRIES)):
            try:
                headers = {"authorization": f"Bearer {self._find_token()}", "accept": "application/json"}
                answer = self._client.request(method, url, json=body, headers=headers)
            except httpx.TransportError:
                if not left:
                    raise DoorTrouble("unreachable", "ShareFile cannot be reached") from None
                self._wait(float(_TRIES - left))
                continue
            if answer.status_code == httpx.codes.UNAUTHORIZED and not renewed:
                renewed, self._renew_at = True, 0.0
                continue
            if answer.status_code in _BUSY and left and (_read_wait(answer) or 0.0) <= _LONGEST_WAIT:
                self._wait(_read_wait(answer) or float(_TRIES - left))
                continue
            return answer if answer.status_code in answers else _check(answer)
        raise DoorTrouble("refused", "ShareFile refuses this account's token")

    def _find_token(self) -> str:
        if self._token is None or time.monotonic() >= self._renew_at:
            self._token = self._ask_for_token()
            self._renew_at = time.monotonic() + max(self._token.expires_in - _EARLY_SECONDS, 1.0)
        return self._token.access_token

    def _ask_for_token(self) -> _Token:
        account = self._account
        known = (self._token.refresh_token if self._token else "") or account.refresh_token
        grant = (
            {"grant_type": "refresh_token", "refresh_token": known}
            if known
            else {"grant_type": "password", "username": account.username, "password": account.password}
        )
        asked = {**grant, "client_id": account.client_id, "client_secret": account.client_secret}
        answer = self._client.post(account.login_url, data=asked)
        if answer.status_code in _BUSY:
            raise DoorTrouble("busy", "ShareFile's log-in is busy", _read_wait(answer))
        if answer.status_code != httpx.codes.OK:
            if self._token is not None and self._token.refresh_token:
                self._token = None  # the refresh token has lapsed: the next call logs in anew
            raise DoorTrouble("log-in", f"ShareFile refuses the log-in ({answer.status_code}): see doors.toml")
        return _read(_Token, answer)


class _telling_of_cuts:
    """Turns a connection that broke within the block into `DoorTrouble`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, httpx.TransportError | httpx.StreamError):
            raise DoorTrouble("cut", "the connection to ShareFile was cut") from None


def _check(answer: httpx.Response) -> httpx.Response:
    if answer.is_success or answer.is_redirect:
        return answer
    wait = _read_wait(answer)
    if answer.status_code in _BUSY:
        raise DoorTrouble("busy", f"ShareFile is busy ({answer.status_code})", wait)
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise DoorTrouble("refused", "ShareFile refuses this account's token")
    raise DoorTrouble("refused", f"ShareFile refused a call ({answer.status_code})", wait)


def _was_taken(answer: httpx.Response) -> bool:
    """Whether an upload's answer, 200, says that the file is there: with nothing, with OK, or as JSON without an error."""
    text = answer.text.strip()
    if not text or text.startswith("OK"):
        return True
    try:
        return not _Uploaded.model_validate_json(text).error
    except ValidationError:
        return False


def _read_wait(answer: httpx.Response) -> float | None:
    """How many seconds the other side asks to wait, told in seconds or by a time; None if it doesn't say."""
    text = answer.headers.get("retry-after", "")
    if text.isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _read(model: type[_Model], answer: httpx.Response) -> _Model:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        raise DoorTrouble("answer", "ShareFile's answer is not of the published form") from None
