"""Appends of many threads in few transactions: whoever comes first commits for all who wait.

A durable commit costs the disk milliseconds, whether it holds one entry or fifty. So a thread that appends leaves its entry
in a queue; the first to find nobody at work takes all that wait and commits them together, in their order. Each is
acknowledged only after that commit. Where one entry is refused, each is tried again alone, and only the refused one fails.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from store.errors import StoreError
from store.ledger import Clock, Entry, StampedEntry, append_stamped, lock_ledger

MOST_AT_ONCE = 256
"""Entries in one commit: bounds how long the last of them waits."""


@dataclass(slots=True, eq=False)
class _Waiting:
    stamped: StampedEntry
    is_done: bool = False
    seq: int = -1
    error: Exception | None = None


class CommitGroup:
    """The appends of one process on one home. Any thread may call it."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._turn = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._is_busy = False

    def append(self, clock: Clock, entry: Entry) -> int:
        """Writes an entry's rows and leaf; returns the leaf's number once it is durable. The rows SHALL be new, or read in no
        session that is still open. Whatever refuses the entry is raised, and then nothing of it was written.
        """
        mine = _Waiting(StampedEntry(clock, entry))
        with self._turn:
            self._waiting.append(mine)
        while batch := self._take_turn(mine):
            self._commit(batch)
        if mine.error is not None:
            raise mine.error
        return mine.seq

    def _take_turn(self, mine: _Waiting) -> list[_Waiting]:
        """What this thread has to commit now; nothing once another thread has committed its entry."""
        with self._turn:
            while self._is_busy and not mine.is_done:
                self._turn.wait()
            if mine.is_done:
                return []
            self._is_busy = True
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            self._write(batch)
        except (SQLAlchemyError, StoreError, ValueError):
            for each in batch:
                try:
                    self._write([each])
                except Exception as error:
                    each.error = error
        except BaseException as error:
            for each in batch:
                each.error = error if isinstance(error, Exception) else StoreError("the append was interrupted")
            raise
        finally:
            with self._turn:
                for each in batch:
                    each.is_done = True
                self._is_busy = False
                self._turn.notify_all()

    def _write(self, batch: list[_Waiting]) -> None:
        with self._sessions.begin() as session:
            lock_ledger(session)
            seqs = append_stamped(session, [each.stamped for each in batch])
        for each, seq in zip(batch, seqs, strict=True):
            each.seq = seq
