"""What tests of several folders share: installations on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from store import Clock, Installation

SHARED = Path(__file__).parents[2] / "shared"
FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def note_figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Notes a figure that the run ends with, beside the promise that it is of."""
    return request.config.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if noted := config.stash.get(FIGURES, []):
        terminalreporter.section("figures")
        for figure in noted:
            terminalreporter.write_line(figure)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An empty installation on each database; PostgreSQL at $CONSENTRY_TEST_POSTGRES, a schema a test."""
    if request.param == "sqlite":
        made = Installation.create(tmp_path / "home", None, Clock.read("2024-10-01"))
        yield made
        made.engine.dispose()
        return
    server = os.environ.get("CONSENTRY_TEST_POSTGRES")
    if not server:
        pytest.skip("no PostgreSQL server at $CONSENTRY_TEST_POSTGRES (make test starts one)")
    with _make_database(server) as url:
        made = Installation.create(tmp_path / "home", url, Clock.read("2024-10-01"))
        yield made
        made.engine.dispose()


@contextmanager
def empty_database(installation: Installation) -> Iterator[str | None]:
    """Where another installation of the same kind may have its database; None: in its home."""
    if installation.database_url.startswith("sqlite"):
        yield None
        return
    with _make_database(installation.database_url) as url:
        yield url


@contextmanager
def _make_database(server: str) -> Iterator[str]:
    name = f"t{uuid.uuid4().hex[:16]}"
    admin = create_engine(server.rsplit("/", 1)[0] + "/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.rsplit("/", 1)[0] + f"/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
