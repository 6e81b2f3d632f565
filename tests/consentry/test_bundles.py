"""What an outsider can check: heads, witnesses and bundles, with the standalone verifier run as a program of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import create_engine, text

import store.verify_bundle
from store.witnesses import Witness, cosign, find_cosignatures
from tests.consentry.conftest import District

VERIFIER = Path(store.verify_bundle.__file__)


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> District:
    """A home with one grant; a head that was given out before it, a bundle, and a head after it. Tests work on copies."""
    district = District(tmp_path_factory.mktemp("granted"))
    district.set_up()
    district.expect("ledger", "head", "--out", str(district.folder / "before.json"))
    district.save(district.fill("1000001"), "form.png")
    district.take_in(district.write_list("1000001"))
    grant = district.expect("access", "rainier")[0]["grant_id"]
    district.expect("trace", "--grant", grant, "--bundle", str(district.folder / "bundle.zip"))
    district.expect("ledger", "head", "--out", str(district.folder / "after.json"))
    return district


def copy_home(district: District, folder: Path) -> District:
    copied = District(folder)
    shutil.copytree(district.home, copied.home)
    return copied


def run_verifier(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(VERIFIER), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_bundle_is_proven_from_a_head_held_outside(granted: District) -> None:
    done = run_verifier(granted.folder / "bundle.zip", "--head", granted.folder / "before.json")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("continues your head", "entries stand in the ledger", "is the file that was received", "PROVEN"):
        assert words in done.stdout


def test_the_verifier_in_the_bundle_is_the_one_that_is_tested(granted: District) -> None:
    assert zipfile.ZipFile(granted.folder / "bundle.zip").read("verify_bundle.py") == VERIFIER.read_bytes()


def rebuild(granted: District, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    with zipfile.ZipFile(granted.folder / "bundle.zip") as source, zipfile.ZipFile(target, "w") as changed:
        for name in source.namelist():
            content = change(name, source.read(name))
            if content is not None:
                changed.writestr(name, content)
    return target


def replace(wanted: str, before: bytes, after: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, content: content.replace(before, after) if name.startswith(wanted) else content


def test_whatever_is_changed_in_a_bundle_is_named(granted: District, tmp_path: Path) -> None:
    head = granted.folder / "before.json"
    names = [n for n in zipfile.ZipFile(granted.folder / "bundle.zip").namelist() if n != "verify_bundle.py"]
    for name in names:

        def flip(each: str, content: bytes, name: str = name) -> bytes:
            middle = len(content) // 2
            return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :] if each == name else content

        assert run_verifier(rebuild(granted, tmp_path / "b.zip", flip), "--head", head).returncode != 0, name
        gone = rebuild(granted, tmp_path / "b.zip", lambda each, content, name=name: None if each == name else content)
        assert run_verifier(gone, "--head", head).returncode != 0, name


def test_a_lie_in_the_trace_is_named(granted: District, tmp_path: Path) -> None:
    lie = rebuild(granted, tmp_path / "lie.zip", replace("trace.json", b"1000001", b"1000002"))
    done = run_verifier(lie, "--head", granted.folder / "before.json")
    assert done.returncode == 1
    assert "what trace.json says is not what was recorded" in done.stdout
    assert "trace.json: not the file that was put into the bundle" in done.stdout


def test_a_head_of_another_installation_or_key_proves_nothing(granted: District, tmp_path: Path) -> None:
    other = District(tmp_path)
    other.expect("init")
    other.expect("ledger", "head", "--out", str(tmp_path / "other.json"))
    done = run_verifier(granted.folder / "bundle.zip", "--head", tmp_path / "other.json")
    assert (done.returncode, "another installation" in done.stderr) == (2, True)
    found = granted.expect("ledger", "verify", "--against", str(tmp_path / "other.json"), code=1)
    assert "another installation" in found["first_bad"]["words"]


def change_leaves(district: District, *statements: str) -> None:
    engine = create_engine(f"sqlite:///{district.home / 'consentry.sqlite'}")
    with engine.begin() as connection:
        for name in ("ledger_never_updated", "ledger_never_deleted"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def verify_against(district: District, head: Path) -> dict[str, Any]:
    shutil.rmtree(district.home / "heads", ignore_errors=True)
    return dict(district.expect("ledger", "verify", "--against", str(head), code=1)["first_bad"])


def test_truncation_and_rollback_are_seen_against_an_outside_head(granted: District, tmp_path: Path) -> None:
    """The home is put back to an earlier state, whole in itself: only the head held outside tells."""
    old = District(tmp_path)
    shutil.copytree(granted.home / "keys", old.home / "keys")
    aside = tmp_path / "keys"
    shutil.move(old.home / "keys", aside)
    old.expect("init")
    shutil.rmtree(old.home / "keys")
    shutil.move(aside, old.home / "keys")
    assert old.expect("ledger", "verify")["whole"]
    assert "shorter than the head" in verify_against(old, granted.folder / "after.json")["words"]


def test_a_rewrite_and_a_fork_with_the_real_key_are_seen(granted: District, tmp_path: Path) -> None:
    """As many entries as before and more, all consistent in themselves and signed with the real key."""
    forged = District(tmp_path)
    forged.expect("init")
    shutil.rmtree(forged.home / "keys")
    shutil.copytree(granted.home / "keys", forged.home / "keys")
    size = json.loads((granted.folder / "after.json").read_text())["size"]
    for number in range(size):
        forged.expect("partner", "add", f"Partner {number}", "--id", f"p{number}")
    assert forged.expect("ledger", "verify")["whole"]
    for head in ("before.json", "after.json"):
        assert "not those that it was made of" in verify_against(forged, granted.folder / head)["words"]


def test_heads_given_out_are_held_against_the_ledger_by_themselves(granted: District, tmp_path: Path) -> None:
    home = copy_home(granted, tmp_path)
    change_leaves(home, "DELETE FROM ledger WHERE seq >= 4")
    words = [found["words"] for found in home.expect("ledger", "verify", code=1)["breaks"]]
    assert any("shorter than a head that was given out" in each for each in words)


def test_grant_without_entry_and_entry_without_grant(granted: District, tmp_path: Path) -> None:
    home = copy_home(granted, tmp_path)
    columns = "partner_id, student_id, categories, from_date, to_date, basis, school_year, form_id, decision_id"
    rest = "lapses_on, revoked_on, revoked_by, revoked_why, recorded_at, salt"
    copied = f"INSERT INTO grants (grant_id, {columns}, {rest}) SELECT 'forged', {columns}, {rest} FROM grants"  # noqa: S608
    change_leaves(home, copied)
    found = home.expect("ledger", "verify", code=1)
    assert [(b["subject"], b["words"]) for b in found["breaks"]] == [("grants forged", "a row that no entry wrote")]
    change_leaves(home, "DELETE FROM grants")
    found = home.expect("ledger", "verify", code=1)["first_bad"]
    assert found["words"] == "the row that this entry wrote is gone"
    assert found["entry"] is not None


def test_the_page_to_print_holds_the_note_in_its_code(granted: District, tmp_path: Path) -> None:
    home = copy_home(granted, tmp_path)
    page = tmp_path / "head.pdf"
    head = home.expect("ledger", "head", "--page", str(page))
    picture = pypdfium2.PdfDocument(page)[0].render(scale=3).to_numpy()
    read = zxingcpp.read_barcodes(np.ascontiguousarray(picture[:, :, :3]))
    assert [code.text for code in read] == [head["note"]]
    home.expect("ledger", "head", "--page", str(tmp_path / "head.html"))
    assert head["root"] in (tmp_path / "head.html").read_text(encoding="utf-8")


def test_a_witness_countersigns_a_head(granted: District, tmp_path: Path) -> None:
    key, at = Ed25519PrivateKey.generate(), datetime(2024, 11, 1, 12, tzinfo=UTC)
    witness = Witness("auditor.example", key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    head = json.loads((granted.folder / "before.json").read_text(encoding="utf-8"))
    head["note"] = cosign(head["note"], "auditor.example", key, at)
    signed = tmp_path / "signed.json"
    signed.write_text(json.dumps(head), encoding="utf-8")
    named = ("ledger", "verify", "--witness", witness.verifier_key)
    told = granted.expect(*named, "--against", str(signed))
    assert told["countersigned"] == [{"by": "auditor.example", "at": at.isoformat()}]
    unsigned = granted.expect(*named, "--against", str(granted.folder / "before.json"), code=1)
    assert "not countersigned by auditor.example" in unsigned["first_bad"]["words"]
    moved = head["note"].replace("auditor.example", "auditor.other")
    assert find_cosignatures(moved, [witness]) == []
    assert run_verifier(granted.folder / "bundle.zip", "--head", signed).returncode == 0


def test_a_witness_signs_only_what_continues_its_last_head(granted: District, tmp_path: Path) -> None:
    first, second, key = tmp_path / "first.json", tmp_path / "second.json", tmp_path / "witness.key"
    shutil.copy(granted.folder / "before.json", first)
    sign = ("ledger", "countersign", "--name", "auditor.example", "--key", str(key))
    verifier_key = granted.expect(*sign, str(first))["verifier_key"]
    shutil.copy(granted.folder / "after.json", second)
    assert "no proof" in granted.call(*sign, str(second), "--last", str(first)).err
    granted.expect("ledger", "head", "--since", str(first), "--out", str(second))
    assert granted.expect(*sign, str(second), "--last", str(first))["verifier_key"] == verifier_key
    assert granted.expect("ledger", "verify", "--against", str(second), "--witness", verifier_key)["whole"]
    backwards = granted.call(*sign, str(first), "--last", str(second))
    assert (backwards.code, "no proof" in backwards.err) == (2, True)
