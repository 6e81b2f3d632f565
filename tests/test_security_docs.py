"""Each line of the threat model and of the promises names a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", ["security.md", "operations.md"])
def test_every_test_that_is_named_is_there(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/.]*)(?:::(\w+))?`", text)
    assert len(named) > 10
    for file, function in named:
        assert (ROOT / file).exists(), file
        assert not function or f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), function


def test_every_threat_has_a_test() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| threat", "| ---"))]
    assert [row[:40] for row in rows if "`tests/" not in row] == []


def test_every_promise_stands_in_the_table() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [number for number in range(1, 24) if f"| P{number} |" not in text] == []
