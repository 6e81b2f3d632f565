"""Documents in a bucket of an S3-compatible store, for installations of several machines.

A document is one object, put whole: such stores show an object once it is complete and kept, and to every reader from then on,
so "file before row" holds as on a disk. Where the bucket is and who may use it say the store's own settings ($AWS_ENDPOINT_URL,
$AWS_ACCESS_KEY_ID, $AWS_SECRET_ACCESS_KEY). Whether the bucket keeps old versions or is locked against removal is its owner's
choice; with either, what `retention erase` removes may still be there.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from store.errors import StoreError
from store.ids import Sha256

if TYPE_CHECKING:
    from s3fs import S3FileSystem

_ADDRESS = re.compile(r"s3://(?P<place>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[\w.-]+)*)")
_PROBE = "probe"
_CONNECT_SECONDS, _READ_SECONDS, _TRIES = 5, 30, 3


def is_object_address(address: str) -> bool:
    """Whether an address names a bucket, or a folder of one."""
    return _ADDRESS.fullmatch(address) is not None


class ObjectShelf:
    """A bucket, or a folder of one. The connection is made at the first use, in the process that uses it."""

    def __init__(self, address: str) -> None:
        self._root = address.removeprefix("s3://")
        self._opened: S3FileSystem | None = None
        self._lock = threading.Lock()

    def has(self, digest: str) -> bool:
        """Whether there is such an object."""
        with _as_os_errors():
            return bool(self._open().exists(self._place(digest)))

    def write(self, digest: str, sealed: bytes) -> None:
        """Puts the object; returns when the store has taken it."""
        with _as_os_errors():
            self._open().pipe_file(self._place(digest), sealed)

    def read(self, digest: str) -> bytes:
        """The bytes of the object."""
        with _as_os_errors():
            return bytes(self._open().cat_file(self._place(digest)))

    def remove(self, digest: str) -> None:
        """Deletes the object."""
        with _as_os_errors():
            self._open().rm_file(self._place(digest))

    def list_digests(self) -> Iterator[Sha256]:
        """The objects that are named as documents are."""
        with _as_os_errors():
            names = self._open().find(self._root)
        for name in names:
            digest = "".join(name.rsplit("/", 2)[-2:])
            if re.fullmatch(r"[0-9a-f]{64}", digest):
                yield Sha256(digest)

    def takes_writes(self) -> bool:
        """Whether a small object can be put there."""
        try:
            with _as_os_errors():
                self._open().pipe_file(f"{self._root}/{_PROBE}", b"")
        except OSError:
            return False
        return True

    def _place(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest[2:]}"

    def _open(self) -> S3FileSystem:
        with self._lock:
            if self._opened is None:
                self._opened = _connect()
            return self._opened


def _connect() -> S3FileSystem:
    try:
        from s3fs import S3FileSystem
    except ImportError:
        raise StoreError("documents in a bucket need s3fs: install consentry with its extra, consentry[s3]") from None
    patience = {
        "connect_timeout": _CONNECT_SECONDS,
        "read_timeout": _READ_SECONDS,
        "retries": {"total_max_attempts": _TRIES, "mode": "standard"},
    }
    return S3FileSystem(use_listings_cache=False, skip_instance_cache=True, config_kwargs=patience)


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """What the store's client raises as the trouble with a disk that it is."""
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except BotoCoreError as error:
        raise OSError(f"the store of documents does not answer ({type(error).__name__})") from None
