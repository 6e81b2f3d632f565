"""Readers of lists, enrollment, field maps and blanks under broken input: at random always, guided by coverage in soak."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.fuzz_readers import try_broken

TARGETS = ("list", "enrollment", "field map", "blank")
_SECONDS = 90


@pytest.mark.parametrize("target", TARGETS)
def test_broken_input_is_refused_and_breaks_nothing(target: str) -> None:
    try_broken(target, 12 if target == "blank" else 60, 1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("target", TARGETS)
def test_guided_fuzzing_finds_nothing(target: str, tmp_path: Path, note_figure: Callable[[str], None]) -> None:
    if importlib.util.find_spec("atheris") is None:
        try_broken(target, 2_000, 2)
        note_figure(f"fuzzing of {target}: atheris is not installed; 2000 inputs broken at random: nothing found")
        return
    command = [sys.executable, "-m", "tests.hostile.fuzz_readers", target, "--seconds", str(_SECONDS)]
    ran = subprocess.run(
        [*command, "--folder", str(tmp_path / "fuzz")], capture_output=True, text=True, errors="replace", check=False
    )
    found = sorted(place.name for place in (tmp_path / "fuzz").glob("*-*") if place.is_file())
    assert (ran.returncode, found) == (0, []), ran.stderr[-4000:]
    runs = re.search(r"stat::number_of_executed_units: +(\d+)", ran.stderr)
    assert runs is not None
    note_figure(f"fuzzing of {target}, guided by coverage: {runs[1]} inputs in {_SECONDS} s, nothing found")
