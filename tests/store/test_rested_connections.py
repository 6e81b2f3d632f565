"""A connection to PostgreSQL that broke while it rested is replaced unnoticed; one in use is not asked each time."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from store import Installation, rested_connections
from store.engine import open_engine

pytestmark = pytest.mark.postgres


def break_after_a_rest(installation: Installation, seconds: float, patched: pytest.MonkeyPatch) -> int:
    """Lets a connection lie for longer than `seconds` and ends it from the server's side; what its next user is told."""
    patched.setattr(rested_connections, "RESTED_SECONDS", seconds)
    engine = open_engine(installation.database_url)
    with engine.connect() as connection:
        process = connection.scalar(text("SELECT pg_backend_pid()"))
    with create_engine(installation.database_url).connect() as other:
        assert other.scalar(text(f"SELECT pg_terminate_backend({process}, 5000)"))
    with engine.connect() as connection:
        answer = connection.scalar(text("SELECT 7"))
    engine.dispose()
    assert isinstance(answer, int)
    return answer


@pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
def test_one_that_broke_while_it_rested_is_replaced(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert break_after_a_rest(installation, 0.0, monkeypatch) == 7
    with pytest.raises(OperationalError):
        break_after_a_rest(installation, 60.0, monkeypatch)
