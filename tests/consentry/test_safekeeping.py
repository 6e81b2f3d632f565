"""Backup and restore: one sealed file taken while the home runs; a home made of it is what was kept, or says that it isn't."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from store import Clock, Entry, Event, Installation, record
from store.backup import take_backup
from store.installation import describe_document
from store.restore import restore_backup
from store.sealing import SealingKey
from store.tables import Document
from store.verification import verify_ledger
from tests.conftest import empty_database
from tests.consentry.conftest import District
from tests.consentry.granting import grant

CLOCK = Clock.read("2024-10-01")


def move_to(district: District, home: Path) -> District:
    moved = District(district.folder)
    moved.home, moved.today = home, district.today
    return moved


def revoke(district: District, student: str) -> None:
    why = ("--on", district.today, "--reason", "the mother called", "--as", "ana")
    district.expect("revoke", "--student", student, "--partner", "rainier", *why)


def put(installation: Installation, content: bytes) -> str:
    digest = installation.documents.put(content)
    with installation.writing() as session:
        rows = describe_document(session, digest, "scan", len(content), CLOCK)
        record(session, CLOCK, Entry(Event.SUBMISSION_RECEIVED, "s", "p", rows))
    return digest


def test_a_restored_home_is_what_was_kept_and_goes_on(district: District, tmp_path: Path) -> None:
    grant(district, "1000001")
    grant(district, "1000002")
    file = tmp_path / "home.backup"
    taken = district.expect("backup", str(file))
    assert taken["missing_documents"] == 0
    assert taken["key_lies_beside"]
    content = file.read_bytes()
    assert not [word for word in (b"SQLite format", b"rainier", b"Warsame", b"ledger.key") if word in content]
    again = district.call("backup", str(file))
    assert (again.code, "never writes over another" in again.err) == (2, True)
    within = district.call("backup", str(district.home / "x.backup"))
    assert (within.code, "lost with it" in within.err) == (2, True)

    moved = move_to(district, tmp_path / "moved")
    restored = moved.expect("restore", str(file))
    assert (restored["access_sets"], restored["access_rows"], restored["differences"]) == (1, 2, [])
    assert moved.expect("access", "rainier") == district.expect("access", "rainier")
    assert moved.expect("ledger", "head") == district.expect("ledger", "head")
    assert moved.expect("ledger", "verify")["whole"]
    assert (moved.home / "keys").stat().st_mode & 0o777 == 0o700
    revoke(moved, "1000001")
    assert [row["student_id"] for row in moved.expect("access", "rainier")] == ["1000002"]
    full = moved.call("restore", str(file))
    assert (full.code, "is not empty" in full.err) == (2, True)


def test_a_backup_of_a_home_with_its_key_outside_opens_with_that_key_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file, file = tmp_path / "safe.key", tmp_path / "home.backup"
    district = District(tmp_path)
    monkeypatch.setenv("CONSENTRY_KEY_FILE", str(key_file))
    district.set_up()
    taken = district.expect("backup", str(file))
    assert (taken["key_lies_beside"], taken["key_file"]) == (False, str(key_file))
    assert sorted(path.name for path in tmp_path.glob("*.key")) == ["safe.key"]
    moved = move_to(district, tmp_path / "moved")
    monkeypatch.delenv("CONSENTRY_KEY_FILE")
    without = moved.call("restore", str(file))
    assert (without.code, "CONSENTRY_KEY_FILE" in without.err) == (2, True)
    SealingKey.make(tmp_path / "other.key")
    monkeypatch.setenv("CONSENTRY_KEY_FILE", str(tmp_path / "other.key"))
    other = moved.call("restore", str(file))
    assert (other.code, "sealed with another key" in other.err) == (2, True)
    assert not moved.home.exists()
    monkeypatch.setenv("CONSENTRY_KEY_FILE", str(key_file))
    assert moved.expect("restore", str(file))["differences"] == []
    assert not (moved.home / "keys" / "documents.key").exists()


def test_a_head_that_knows_more_freezes_exports_and_an_older_one_does_not(district: District, tmp_path: Path) -> None:
    grant(district, "1000001")
    before, after, file = tmp_path / "before.json", tmp_path / "after.json", tmp_path / "home.backup"
    district.expect("ledger", "head", "--out", str(before))
    district.expect("backup", str(file))
    revoke(district, "1000001")
    district.expect("ledger", "head", "--out", str(after))

    older = move_to(district, tmp_path / "older")
    assert older.expect("restore", str(file), "--against", str(before))["frozen_why"] is None
    lagging = move_to(district, tmp_path / "lagging")
    restored = lagging.expect("restore", str(file), "--against", str(after), code=1)
    assert restored["differences"] == []
    assert "knows 1 entries that the backup doesn't" in restored["frozen_why"]
    delivered = lagging.call("adr", "rainier", "--data", str(tmp_path), "--out", str(tmp_path / "out"))
    assert (delivered.code, "exports are frozen" in delivered.err) == (2, True)
    lagging.expect("exports", "release", "--reason", "revocations keyed anew", "--as", "lena")
    assert lagging.expect("ledger", "verify")["whole"]

    fork = move_to(district, tmp_path / "fork")  # the same home went on otherwise than the head kept elsewhere says
    fork.expect("restore", str(file))
    grant(fork, "1000002")
    fork.expect("backup", str(tmp_path / "fork.backup"))
    forked = move_to(district, tmp_path / "forked")
    told = forked.expect("restore", str(tmp_path / "fork.backup"), "--against", str(after), code=1)
    assert "another one than the head" in told["frozen_why"]


@pytest.mark.parametrize("spoil", ["flip", "cut", "prolong", "none of ours"])
def test_a_spoilt_backup_makes_no_home(tmp_path: Path, spoil: str) -> None:
    made = Installation.create(tmp_path / "home", None, CLOCK)
    put(made, bytes(2_500_000))
    file = tmp_path / "home.backup"
    take_backup(made, file, lambda _: {})
    made.engine.dispose()
    content = bytearray(file.read_bytes())
    if spoil == "flip":
        content[len(content) // 2] ^= 1
    elif spoil == "cut":
        del content[-1_200_000:]
    elif spoil == "prolong":
        content += content[-100:]
    else:
        content = bytearray(b"PK\x03\x04 something else")
    file.write_bytes(content)
    moved = move_to(District(tmp_path), tmp_path / "moved")
    refused = moved.call("restore", str(file))
    assert (refused.code, "cannot be restored" in refused.err) == (2, True)
    assert not moved.home.exists()


def test_a_backup_while_others_write_is_one_state_and_keeps_nobody_waiting(
    installation: Installation, tmp_path: Path
) -> None:
    for number in range(60):
        put(installation, f"scan {number}".encode() * 20_000)
    is_over, waits = threading.Event(), list[float]()

    def write() -> None:
        number = 0
        while not is_over.is_set():
            start = time.monotonic()
            put(installation, f"meanwhile {number}".encode())
            waits.append(time.monotonic() - start)
            number += 1

    def describe(state: Installation) -> dict[str, Any]:
        with state.reading() as session:
            size = verify_ledger(session, state.documents).size
            return {"size": size, "documents": len(session.query(Document).all())}

    writer = threading.Thread(target=write)
    writer.start()
    try:
        told = take_backup(installation, tmp_path / "home.backup", describe).told
    finally:
        is_over.set()
        writer.join()
    assert len(waits) > 3
    assert max(waits) < 5.0  # the promise is a second; the machine of the tests may be busy
    with empty_database(installation) as url:
        restored, kept = restore_backup(tmp_path / "home.backup", tmp_path / "moved", url, None)
        with restored.reading() as session:
            verdict = verify_ledger(session, restored.documents)
            documents = len(session.query(Document).all())
        assert verdict.breaks == ()
        assert kept == told == {"size": verdict.size, "documents": documents}
        put(restored, b"and it goes on")
        restored.engine.dispose()


def test_what_is_erased_during_a_backup_has_it_taken_anew(installation: Installation, tmp_path: Path) -> None:
    digest = put(installation, b"its time is over")
    rounds = 0

    def describe(state: Installation) -> dict[str, Any]:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            with installation.engine.begin() as connection:
                connection.execute(delete(Document).where(Document.sha256 == digest))
            installation.documents.remove(digest)
        return {"round": rounds}

    taken = take_backup(installation, tmp_path / "home.backup", describe)
    assert (taken.told, taken.missing_documents) == ({"round": 2}, 0)


def test_a_document_that_was_lost_before_is_counted_and_the_rest_is_kept(district: District, tmp_path: Path) -> None:
    grant(district, "1000001")
    digest = json.loads(json.dumps(district.expect("trace", "--student", "1000001")))["forms"][0]["source"]["sha256"]
    (district.home / "documents" / digest[:2] / digest[2:]).unlink()
    assert district.expect("backup", str(tmp_path / "home.backup"))["missing_documents"] == 1
    moved = move_to(district, tmp_path / "moved")
    restored = moved.expect("restore", str(tmp_path / "home.backup"), code=1)
    assert len(restored["differences"]) == 1
    assert restored["frozen_why"] == "what was restored is not what was kept"
