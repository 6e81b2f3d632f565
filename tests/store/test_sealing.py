"""Documents at rest: sealed, opened by the one key, never standing in for each other; where the key lies is said or refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Clock, Installation, StoreError
from store.sealing import SEAL_MARK, SealBrokenError, SealingKey

CLOCK = Clock.read("2024-10-01")
KEY = SealingKey(bytes(range(32)))
SCAN = b"%PDF-1.7 the consent of a child"


def place_of(home: Path, digest: str) -> Path:
    return home / "documents" / digest[:2] / digest[2:]


@given(st.binary(max_size=300), st.text(max_size=70))
def test_what_was_sealed_comes_back(content: bytes, name: str) -> None:
    sealed = KEY.seal(content, name)
    assert KEY.unseal(sealed, name) == content
    assert sealed != KEY.seal(content, name)
    assert len(content) < 8 or content not in sealed.removeprefix(SEAL_MARK)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_every_changed_byte_is_refused(place: int, change: int) -> None:
    sealed = bytearray(KEY.seal(SCAN, "a"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealBrokenError):
        KEY.unseal(bytes(sealed), "a")


def test_a_cut_text_another_name_and_another_key_are_refused() -> None:
    sealed = KEY.seal(SCAN, "a")
    for length in range(len(sealed)):
        with pytest.raises(SealBrokenError):
            KEY.unseal(sealed[:length], "a")
    with pytest.raises(SealBrokenError):
        KEY.unseal(sealed, "b")
    with pytest.raises(SealBrokenError, match=f"another key than {SealingKey(bytes(32)).key_id}"):
        SealingKey(bytes(32)).unseal(sealed, "a")


def test_no_document_lies_in_plain_and_none_stands_in_for_another(installation: Installation) -> None:
    first, second = installation.documents.put(SCAN), installation.documents.put(b"another scan")
    assert first == hashlib.sha256(SCAN).hexdigest()
    assert installation.documents.get(first) == SCAN
    files = [file for file in (installation.home / "documents").rglob("*") if file.is_file()]
    assert len(files) == 2
    assert all(b"consent of a child" not in file.read_bytes() for file in files)
    place_of(installation.home, first).unlink()
    place_of(installation.home, second).rename(place_of(installation.home, first))
    assert not installation.documents.is_intact(first)
    with pytest.raises(SealBrokenError, match=f"document {first[:12]} cannot be read"):
        installation.documents.get(first)


def test_a_key_outside_is_made_once_and_needed_ever_after(tmp_path: Path) -> None:
    home, key_file = tmp_path / "home", tmp_path / "safe" / "consentry.key"
    made = Installation.create(home, None, CLOCK, key_file)
    digest = made.documents.put(SCAN)
    made.engine.dispose()
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert not (home / "keys" / "documents.key").exists()
    opened = Installation.open(home, None, key_file)
    assert opened.documents.get(digest) == SCAN
    opened.engine.dispose()
    with pytest.raises(StoreError, match="its key is kept outside; name the key's file in \\$CONSENTRY_KEY_FILE"):
        Installation.open(home, None)
    with pytest.raises(StoreError, match="no key is at"):
        Installation.open(home, None, tmp_path / "nowhere.key")
    SealingKey.make(tmp_path / "other.key")
    with pytest.raises(StoreError, match="not the one that this home is sealed with"):
        Installation.open(home, None, tmp_path / "other.key")
    (tmp_path / "other.key").write_text("what is this", encoding="ascii")
    with pytest.raises(StoreError, match="is not a key file"):
        Installation.open(home, None, tmp_path / "other.key")


def test_a_key_file_within_the_home_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="within the home"):
        Installation.create(tmp_path / "home", None, CLOCK, tmp_path / "home" / "keys" / "mine.key")


def test_a_home_of_before_is_sealed_when_opened(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = Installation.create(home, None, CLOCK)
    digest, damaged = made.documents.put(SCAN), made.documents.put(b"damaged")
    made.engine.dispose()
    for name in ("documents.key", "documents.id"):
        (home / "keys" / name).unlink()
    for name, content in ((digest, SCAN), (damaged, b"something else")):
        place_of(home, name).unlink()
        place_of(home, name).write_bytes(content)
    opened = Installation.open(home, None)
    assert opened.documents.get(digest) == SCAN
    assert SCAN not in place_of(home, digest).read_bytes()
    assert not opened.documents.is_intact(damaged)
    opened.engine.dispose()


def test_a_home_whose_note_and_key_are_lost_gets_no_new_key(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = Installation.create(home, None, CLOCK)
    made.documents.put(SCAN)
    made.engine.dispose()
    for name in ("documents.key", "documents.id"):
        (home / "keys" / name).unlink()
    with pytest.raises(StoreError, match="its documents are sealed, and their key is not at"):
        Installation.open(home, None)
