"""One cell for all tests of intake: starting it takes a third of a second, a task a few milliseconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest import Cell, Limits


@pytest.fixture(scope="session")
def limits() -> Limits:
    return Limits()


@pytest.fixture(scope="session")
def cell(limits: Limits) -> Iterator[Cell]:
    with Cell(limits) as opened:
        yield opened
