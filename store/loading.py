"""Many rows by their ids, a few hundred a statement: databases bound how many values one statement may name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from store.tables import Tracked

Row = TypeVar("Row", bound=Tracked)

_IDS_A_STATEMENT = 500


def split_ids(ids: Collection[str]) -> Iterator[list[str]]:
    """The ids, each once and in order, in lists that one statement may name."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _IDS_A_STATEMENT):
        yield ordered[start : start + _IDS_A_STATEMENT]


def load_rows(session: Session, table: type[Row], ids: Collection[str]) -> dict[str, Row]:
    """The rows of these ids, by id; the table's key is one text column."""
    (key,) = inspect(table).primary_key
    found: dict[str, Row] = {}
    for some in split_ids(ids):
        found.update((row.identify(), row) for row in session.scalars(select(table).where(key.in_(some))))
    return found
