"""A call loads what its own command needs, and finds every command that the whole line has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from consentry.cli import put_together
from consentry.commands.places import PLACES

WORDS = sorted({path.split(" ")[0] for path in PLACES})


def list_parts(command: object) -> dict[str, object]:
    return getattr(command, "commands", {})


@pytest.mark.parametrize("word", WORDS)
def test_one_word_brings_what_the_whole_line_has_under_it(word: str) -> None:
    whole, alone = list_parts(put_together()), list_parts(put_together(word))
    assert list(alone) == [word]
    assert list(list_parts(alone[word])) == list(list_parts(whole[word]))


def test_who_signs_up_users_loads_neither_recogniser_nor_tables() -> None:
    code = (
        "import sys; from consentry.cli import run; run(['user', '--help']); "
        "print([name for name in ('onnxruntime', 'cv2', 'scipy', 'pandas', 'pypdfium2') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"
