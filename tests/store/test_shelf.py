"""Shelves of documents, one body for all: a folder, a bucket of a real S3 server; one that does nothing; one that breaks."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from store import Clock, Entry, Event, Installation, StoreError, UnknownRecordError, describe_document, record
from store.backup import take_backup
from store.documents import DocumentStore
from store.ids import Sha256
from store.object_shelf import ObjectShelf
from store.restore import restore_backup
from store.sealing import SealBrokenError, SealingKey
from store.shelf import FolderShelf, Shelf
from tests.buckets import Buckets, serve_buckets

KEY = SealingKey(bytes(range(32)))
CLOCK = Clock.read("2024-10-01")
SCAN = b"%PDF-1.7 the consent of a child"


@pytest.fixture(scope="module")
def buckets() -> Iterator[Buckets]:
    with serve_buckets() as served:
        yield served


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    if request.param == "folder":
        return FolderShelf(tmp_path)
    return ObjectShelf(request.getfixturevalue("buckets").make("shelf"))


def test_what_is_put_there_comes_back_until_it_is_removed(shelf: Shelf) -> None:
    digest = hashlib.sha256(SCAN).hexdigest()
    assert not shelf.has(digest)
    with pytest.raises(FileNotFoundError):
        shelf.read(digest)
    for content in (b"first", b"second" * 3_000_000):
        shelf.write(digest, content)
        assert (shelf.has(digest), shelf.read(digest)) == (True, content)
    assert shelf.takes_writes()
    assert list(shelf.list_digests()) == [digest]
    for _ in range(2):
        shelf.remove(digest)
        assert not shelf.has(digest)
    assert list(shelf.list_digests()) == []


def test_a_file_whose_writer_was_killed_before_the_last_flush_is_flushed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents, flushed = DocumentStore(FolderShelf(tmp_path), KEY), list[str]()

    def flush(descriptor: int) -> None:
        flushed.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        if Path(flushed[-1]).is_dir():
            raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", flush)
        with pytest.raises(InterruptedError):
            documents.put(SCAN)
        flushed.clear()
        with pytest.raises(InterruptedError):
            documents.put(SCAN)
    digest = hashlib.sha256(SCAN).hexdigest()
    assert flushed == [str(tmp_path / digest[:2])]
    assert documents.put(SCAN) == digest


def test_many_writers_of_one_document_leave_one(shelf: Shelf) -> None:
    documents = DocumentStore(shelf, KEY)
    writers = [threading.Thread(target=documents.put, args=(SCAN,)) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [documents.get(digest) for digest in shelf.list_digests()] == [SCAN]


def test_documents_lie_sealed_and_none_stands_in_for_another(shelf: Shelf) -> None:
    documents = DocumentStore(shelf, KEY)
    first, second = documents.put(SCAN), documents.put(b"another scan")
    assert documents.get(first) == SCAN
    assert b"consent of a child" not in shelf.read(first)
    shelf.write(first, shelf.read(second))
    assert not documents.is_intact(first)
    with pytest.raises(SealBrokenError):
        documents.get(first)


@dataclass
class NoShelf:
    """Keeps nothing."""

    def has(self, digest: str) -> bool:
        return False

    def write(self, digest: str, sealed: bytes) -> None: ...

    def read(self, digest: str) -> bytes:
        raise FileNotFoundError(digest)

    def remove(self, digest: str) -> None: ...

    def list_digests(self) -> Iterator[Sha256]:
        return iter(())

    def takes_writes(self) -> bool:
        return False


@dataclass
class BrokenShelf(NoShelf):
    """Fails at every write, half of it done."""

    left: dict[str, bytes] = field(default_factory=dict)

    def write(self, digest: str, sealed: bytes) -> None:
        self.left[digest] = sealed[: len(sealed) // 2]
        raise OSError("the shelf broke")

    def read(self, digest: str) -> bytes:
        return self.left[digest]


def test_a_shelf_that_keeps_nothing_or_breaks_is_never_believed() -> None:
    empty, broken = DocumentStore(NoShelf(), KEY), DocumentStore(BrokenShelf(), KEY)
    digest = empty.put(SCAN)
    with pytest.raises(UnknownRecordError):
        empty.get(digest)
    with pytest.raises(OSError, match="the shelf broke"):
        broken.put(SCAN)
    assert not empty.is_intact(digest)
    assert not broken.is_intact(digest)


def test_a_home_is_opened_with_its_own_address_alone(tmp_path: Path, buckets: Buckets) -> None:
    home, address = tmp_path / "home", buckets.make("home") + "/documents"
    made = Installation.create(home, None, CLOCK, None, address)
    digest = made.documents.put(SCAN)
    made.engine.dispose()
    assert not any((home / "documents").iterdir())
    for other in (None, address + "2"):
        with pytest.raises(StoreError, match=r"let \$CONSENTRY_DOCUMENTS_URL say so"):
            Installation.open(home, None, None, other)
    again = Installation.open(home, None, None, address)
    assert again.documents.get(digest) == SCAN
    again.engine.dispose()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://elsewhere.example/x", "is not s3://BUCKET"),
        ("s3://", "is not s3://BUCKET"),
        ("s3://no-such-bucket", "nothing can be written to s3://no-such-bucket"),
    ],
)
def test_an_address_that_is_none_makes_no_home(tmp_path: Path, buckets: Buckets, address: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        Installation.create(tmp_path / "home", None, CLOCK, None, address)
    assert not (tmp_path / "home" / "keys" / "ledger.key").exists()


def test_a_server_that_is_gone_is_trouble_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_buckets() as served:
        shelf = ObjectShelf(served.make("gone"))
        assert shelf.takes_writes()
    with pytest.raises(OSError, match="the store of documents does not answer"):
        shelf.write("a" * 64, b"x")
    assert not shelf.takes_writes()


def test_a_backup_brings_documents_from_a_bucket_to_a_folder_and_back(tmp_path: Path, buckets: Buckets) -> None:
    made = Installation.create(tmp_path / "home", None, CLOCK, tmp_path / "key", buckets.make("from"))
    digest = made.documents.put(SCAN)
    with made.writing() as session:
        rows = describe_document(session, digest, "scan", len(SCAN), CLOCK)
        record(session, CLOCK, Entry(Event.FILES_ARRIVED, "x", "test", [*rows]))
    taken = take_backup(made, tmp_path / "one.backup", lambda _: {})
    assert taken.missing_documents == 0
    in_folder, _ = restore_backup(tmp_path / "one.backup", tmp_path / "two", None, tmp_path / "key")
    assert in_folder.documents.get(digest) == SCAN
    take_backup(in_folder, tmp_path / "two.backup", lambda _: {})
    address = buckets.make("to")
    back, _ = restore_backup(tmp_path / "two.backup", tmp_path / "three", None, tmp_path / "key", address)
    assert back.documents.get(digest) == SCAN
    assert [file for file in (tmp_path / "three" / "documents").rglob("*") if file.is_file()] == []
    assert list(ObjectShelf(address).list_digests()) == [digest]
    for each in (made, in_folder, back):
        each.engine.dispose()


def test_the_server_is_told_by_the_environment_alone(buckets: Buckets) -> None:
    assert os.environ["AWS_ENDPOINT_URL"] == buckets.endpoint
