"""The access set as a fold of the ledger: which entries gave a grant and which ended it, against the grants that are there.

The digests say that a row is as some entry wrote it; this says that the entry was one that may. A grant that an entry of
another kind wrote is named, also where it was written with the ledger's own means.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from store.ledger import Event
from store.tables import Grant

GIVING = frozenset({Event.ACCESS_GRANTED})


class FoldBreak(NamedTuple):
    """A grant that doesn't follow from the entries: the entry's number if there is one, which grant, and how."""

    seq: int | None
    subject: str
    words: str


class AccessFold:
    """Shown each entry in order, knows which grants were given, and which were touched since."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}
        self._ended: set[str] = set()
        self._breaks: list[FoldBreak] = []

    def note(self, body: dict[str, Any]) -> None:
        """Takes an entry's body."""
        digests = body["rows"].get("grants")
        if not digests:
            return
        event, seq = body["event"], body["seq"]
        for grant_id, digest in digests.items():
            if digest is None:
                self._given.pop(grant_id, None)
            elif event in GIVING:
                self._given[grant_id] = seq
            elif grant_id not in self._given:
                self._breaks.append(
                    FoldBreak(seq, f"grants {grant_id}", f"written by an entry {event} that gives none")
                )
            else:
                self._ended.add(grant_id)

    def find_breaks(self, grants: Iterable[Grant]) -> list[FoldBreak]:
        """What doesn't follow: a grant that no entry gave, one given that is gone, one that is ended with no entry for it."""
        found, present = list(self._breaks), set()
        for grant in grants:
            present.add(grant.grant_id)
            seq = self._given.get(grant.grant_id)
            if seq is None:
                found.append(FoldBreak(None, f"grants {grant.grant_id}", "no entry gave this grant"))
            elif grant.revoked_on is not None and grant.grant_id not in self._ended:
                found.append(FoldBreak(seq, f"grants {grant.grant_id}", "ended, and no entry says so"))
        for grant_id in sorted(self._given.keys() - present):
            found.append(
                FoldBreak(self._given[grant_id], f"grants {grant_id}", "the grant that this entry gave is gone")
            )
        return found
