"""What the documents list is what there is: commands, settings, reason codes, events, modules' homes."""

from __future__ import annotations

from pathlib import Path

import pytest

from consentry.cli import put_together
from consentry.settings import Settings
from review_queue import INSIDE_REASONS, Reason, say_to_partner
from store import Event

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODES = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")


def list_commands() -> list[str]:
    found = []

    def walk(command: object, words: tuple[str, ...]) -> None:
        parts: dict[str, object] = getattr(command, "commands", {})
        if not parts:
            found.append(" ".join(words))
        for word, part in parts.items():
            walk(part, (*words, word))

    walk(put_together(), ())
    return found


@pytest.mark.parametrize("command", list_commands())
def test_every_command_stands_in_the_readme(command: str) -> None:
    assert command in README


@pytest.mark.parametrize("setting", list(Settings.model_fields))
def test_every_setting_stands_in_the_readme(setting: str) -> None:
    assert f"CONSENTRY_{setting.upper()}" in README


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_code_is_told_as_documented(reason: Reason) -> None:
    told = "*inside*" if reason in INSIDE_REASONS else say_to_partner(reason)
    assert f"| {reason} | {told} |" in CODES


@pytest.mark.parametrize("event", list(Event))
def test_every_event_is_documented(event: Event) -> None:
    assert f"| {event} |" in CODES
