"""Dependencies are held to floors and hashes; a planted bad pin and a planted wrong hash are refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "tools" / "lock.txt"


def check(lock: Path) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "tools" / "check_dependencies.py"), "--lock", str(lock)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stderr


def test_what_is_installed_and_locked_stands_above_the_floors() -> None:
    assert check(LOCK) == (0, "")


@pytest.mark.parametrize(
    ("name", "pin", "words"),
    [
        ("pillow", "pillow==11.0.0 --hash=sha256:" + "0" * 64, "pillow is pinned to 11.0.0, below 13.0"),
        ("pdfminer-six", "pdfminer-six==20250101 --hash=sha256:" + "0" * 64, "below 20251230"),
        ("cryptography", "cryptography==50.0.2", "cryptography is pinned without a hash"),
        ("pandas", "pandas==3.0.0 --hash=sha256:" + "0" * 64, "pandas is pinned to 3.0.0, outside ==3.1.1"),
        ("dbos", "", "dbos is not in the lock"),
    ],
)
def test_a_planted_bad_pin_is_named(tmp_path: Path, name: str, pin: str, words: str) -> None:
    lines = LOCK.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    kept = [line for line in lines if not line.startswith(f"{name}==")]
    assert len(kept) == len(lines) - 1
    (tmp_path / "lock.txt").write_text("\n".join([*kept, pin]), encoding="utf-8")
    code, said = check(tmp_path / "lock.txt")
    assert (code, words in said) == (1, True), said


def test_a_planted_wrong_hash_is_not_installed(tmp_path: Path) -> None:
    wheel = tmp_path / "planted-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("planted.py", "")
        made.writestr("planted-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
        made.writestr("planted-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr("planted-1.0.dist-info/RECORD", "")
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for digest, is_right in ((right, True), (right[:-1] + ("0" if right[-1] != "0" else "1"), False)):
        (tmp_path / "lock.txt").write_text(f"planted==1.0 --hash=sha256:{digest}\n", encoding="utf-8")
        offline = ["--no-index", "--find-links", str(tmp_path), "--target", str(tmp_path / str(is_right))]
        command = [sys.executable, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(tmp_path / "lock.txt")]
        ran = subprocess.run([*command, *offline], capture_output=True, text=True, check=False)
        assert (ran.returncode == 0) is is_right, ran.stderr
        assert is_right or "DO NOT MATCH THE HASHES" in ran.stderr
