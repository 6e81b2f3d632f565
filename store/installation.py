"""One installation: its home folder, its database, its documents, its key. Opened once and passed down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from store.checkpoint import LogKey
from store.documents import DocumentStore
from store.engine import make_sessions, open_engine
from store.errors import StoreError
from store.group_commit import CommitGroup
from store.ids import Sha256
from store.key_place import find_key, make_key
from store.ledger import Clock, Entry, Event, lock_ledger, record
from store.merkle import EMPTY_ROOT
from store.migrating import migrate
from store.sealing import SealingKey
from store.shelf import Shelf, find_shelf, make_shelf
from store.tables import Document, LedgerHead


@dataclass(frozen=True, slots=True)
class Installation:
    """An open home. `database_url` is where its tables are; `engine` is shared by all sessions of the process."""

    home: Path
    database_url: str
    engine: Engine
    sessions: sessionmaker[Session]
    documents: DocumentStore
    appends: CommitGroup
    key: SealingKey

    @classmethod
    def create(
        cls,
        home: Path,
        database_url: str | None,
        clock: Clock,
        key_file: Path | None = None,
        documents_url: str | None = None,
    ) -> Installation:
        """Makes an empty home, and its sealing key where `key_file` isn't there yet. `StoreError` if there is a home."""
        if (home / "keys" / "ledger.key").exists():
            raise StoreError(f"{home} is a home already")
        make_home_folders(home)
        opened = cls._open(home, database_url, make_key(home, key_file), make_shelf(home, documents_url))
        migrate(opened.engine)
        with opened.sessions.begin() as session:
            if session.get(LedgerHead, 1) is not None:
                raise StoreError("the database of this home holds another installation's ledger")
        with opened.engine.begin() as connection:
            empty = {"only": 1, "size": 0, "root": EMPTY_ROOT.hex(), "edge": []}
            connection.execute(insert(LedgerHead), [empty])
        with opened.writing() as session:
            record(session, clock, Entry(Event.HOME_MADE, "home", "program", []))
        LogKey.make(home / "keys" / "ledger.key")
        return opened

    @classmethod
    def open(
        cls, home: Path, database_url: str | None, key_file: Path | None = None, documents_url: str | None = None
    ) -> Installation:
        """Opens a home and brings its schema forward. `StoreError` if there is none, or not the key that it is sealed with, or
        its documents lie elsewhere.
        """
        if not (home / "keys" / "ledger.key").exists():
            raise StoreError(f"{home} is no home yet: run 'consentry init' first")
        opened = cls._open(home, database_url, find_key(home, key_file), find_shelf(home, documents_url))
        try:
            migrate(opened.engine)
        except OperationalError as error:
            code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or "no answer"
            raise StoreError(
                f"the database of this home cannot be opened ({code}): is the disk full or the server down?"
            ) from None
        return opened

    @classmethod
    def _open(cls, home: Path, database_url: str | None, key: SealingKey, shelf: Shelf) -> Installation:
        url = database_url or f"sqlite:///{(home / 'consentry.sqlite').absolute()}"
        engine = open_engine(url)
        sessions = make_sessions(engine)
        return cls(home, url, engine, sessions, DocumentStore(shelf, key), CommitGroup(sessions), key)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that may `record`; the only writer until it ends. Commits at the end, or nothing happened."""
        with self.sessions.begin() as session:
            lock_ledger(session)
            yield session

    def append(self, clock: Clock, entry: Entry) -> int:
        """Writes one entry in a transaction shared with whatever other threads append now; returns its number once durable.
        For events that need no look at the tables first, such as a page that was shown.
        """
        return self.appends.append(clock, entry)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading alone."""
        with self.sessions() as session:
            yield session

    def load_key(self) -> LogKey:
        """The key that signs heads; `StoreError` if it is gone."""
        return LogKey.load(self.home / "keys" / "ledger.key")


def make_home_folders(home: Path) -> None:
    """The folders of a home; the keys' is its owner's alone."""
    for folder in ("documents", "keys", "inbox", "outbox"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    (home / "keys").chmod(0o700)


def describe_document(session: Session, digest: Sha256, kind: str, size: int, clock: Clock) -> list[Document]:
    """The row of a stored document as a list to write: empty where the document has its row already."""
    if session.scalar(select(Document.sha256).where(Document.sha256 == digest)) is not None:
        return []
    return [Document(sha256=digest, kind=kind, size=size, stored_at=clock.now)]
