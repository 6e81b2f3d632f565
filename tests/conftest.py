"""What tests of several folders share: installations on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
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
def installation(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An empty installation on each database: a copy of one that is made once a process. PostgreSQL at
    $CONSENTRY_TEST_POSTGRES, a database a test.
    """
    server = None if request.param == "sqlite" else os.environ.get("CONSENTRY_TEST_POSTGRES")
    if request.param != "sqlite" and not server:
        pytest.skip("no PostgreSQL server at $CONSENTRY_TEST_POSTGRES (make test starts one)")
    if server not in _MADE:
        _MADE[server] = _make_once(server, tmp_path_factory.mktemp("installation"))
    home, database = _MADE[server]
    shutil.copytree(home, tmp_path / "home")
    with nullcontext(None) if server is None else _make_database(server, database) as url:
        opened = Installation.open(tmp_path / "home", url)
        yield opened
        opened.engine.dispose()


_MADE: dict[str | None, tuple[Path, str]] = {}
"""Home and database of the empty installation that tests get copies of, by server; None: SQLite."""


def _make_once(server: str | None, folder: Path) -> tuple[Path, str]:
    name = f"t{uuid.uuid4().hex[:16]}"
    url = None if server is None else f"{server.rsplit('/', 1)[0]}/{name}"
    if server is not None:
        _say(server, f"CREATE DATABASE {name}")
    made = Installation.create(folder / "home", url, Clock.read("2024-10-01"))
    made.engine.dispose()
    return folder / "home", name


@contextmanager
def empty_database(installation: Installation) -> Iterator[str | None]:
    """Where another installation of the same kind may have its database; None: in its home."""
    if installation.database_url.startswith("sqlite"):
        yield None
        return
    with _make_database(installation.database_url) as url:
        yield url


@contextmanager
def _make_database(server: str, like: str = "template1") -> Iterator[str]:
    name = f"t{uuid.uuid4().hex[:16]}"
    _say(server, f"CREATE DATABASE {name} TEMPLATE {like}")
    yield f"{server.rsplit('/', 1)[0]}/{name}"
    _say(server, f"DROP DATABASE {name} WITH (FORCE)")


def _say(server: str, statement: str) -> None:
    admin = create_engine(server.rsplit("/", 1)[0] + "/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()
