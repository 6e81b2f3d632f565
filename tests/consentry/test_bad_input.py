"""Bad input through the command line: a reason and a sentence each, exit code 1, nothing lost, no traceback."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from tests.consentry.conftest import BLANK, District

MOST_SECONDS = 120


def write_bad_files(folder: Path) -> set[str]:
    folder.mkdir(exist_ok=True)
    (folder / "truncated.pdf").write_bytes(BLANK.read_bytes()[:20_000])
    with pikepdf.open(BLANK) as document:
        document.save(folder / "encrypted.pdf", encryption=pikepdf.Encryption(user="secret", owner="secret"))
    Image.fromarray(np.zeros((30_000, 30_000), np.uint8)).save(folder / "huge.png")
    (folder / "lies.pdf").write_bytes(b"GIF89a" + bytes(200))
    (folder / "note.txt").write_text("call me", encoding="utf-8")
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as bundle:
        bundle.writestr("a.pdf", BLANK.read_bytes())
    with zipfile.ZipFile(folder / "outer.zip", "w") as bundle:
        bundle.writestr("inner.zip", inner.getvalue())
    return {"truncated.pdf", "encrypted.pdf", "huge.png", "lies.pdf", "note.txt", "outer.zip/inner.zip"}


def test_bad_files_are_refused_by_name_and_the_good_form_goes_on(district: District) -> None:
    bad = write_bad_files(district.folder / "scans")
    good = district.save(district.fill("1000001"), "good.png")
    shutil.copy(good, good.with_name("same.png"))
    receipt = district.expect(
        *("submit", "--partner", "rainier", "--list", str(district.write_list("1000001"))),
        str(district.folder / "scans"),
        code=1,
    )
    refused = {entry["file"].removeprefix("scans/"): entry for entry in receipt["refused"]}
    assert set(refused) == bad | {"same.png"}
    assert {entry["reason"] for name, entry in refused.items() if name != "same.png"} == {"BAD_FILE"}
    assert refused["same.png"]["reason"] == "DUPLICATE"
    assert all(entry["words"] for entry in refused.values())
    district.expect("work", "--drain")
    status = district.expect("status", receipt["submission_id"])
    assert status["refused"] == receipt["refused"]
    assert [form["state"] for form in status["forms"]] == ["granted"]
    again = district.expect("submit", "--partner", "rainier", str(good), code=1)
    assert [entry["reason"] for entry in again["refused"]] == ["DUPLICATE"]
    assert district.expect("ledger", "verify")["whole"]


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "empty"), (b"StudentLastName,StudentFirstName,School\nA,B,C\n", "birth")],
    ids=["empty list", "list without a needed column"],
)
def test_list_that_cannot_be_used_is_refused(district: District, content: bytes, word: str) -> None:
    listed = district.folder / "list.csv"
    listed.write_bytes(content)
    district.save(district.fill("1000001"), "good.png")
    result = district.call("submit", "--partner", "rainier", "--list", str(listed), str(district.folder / "scans"))
    assert result.code == 1
    assert [(entry["file"], entry["reason"]) for entry in result.out["refused"]] == [("list.csv", "BAD_FILE")]
    assert word in result.out["refused"][0]["words"].casefold()
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("submit", "--partner", "nobody", "."),
        ("submit", "--partner", "rainier", "/no/such/file.pdf"),
        ("status", "sub-none"),
        ("access", "nobody"),
        ("trace", "--grant", "none"),
        ("trace",),
        ("queue", "show", "none"),
        ("queue", "decide", "none", "--action", "accept", "--reason", "x", "--as", "ana"),
        ("report", "none", "--out", "x.csv"),
        ("enrollment", "load", "/no/such.csv"),
        ("partner", "agreement", "rainier", "--kind", "dsa", "--school-year", "24", "--status", "active", "--on", "x"),
        (
            "form",
            "add",
            "/no/such.pdf",
            "--code",
            "C",
            "--school-year",
            "2024-25",
            "--language",
            "en",
            "--published",
            "2024-05-01",
        ),
        ("no-such-command",),
        ("access", "rainier", "--on", "yesterday"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_what_cannot_run_says_so_in_one_line(shared_district: District, arguments: tuple[str, ...]) -> None:
    result = shared_district.call(*arguments)
    assert result.code == 2
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err


def test_work_without_enrollment_says_what_to_do(tmp_path: Path) -> None:
    district = District(tmp_path)
    district.expect("init")
    result = district.call("work", "--drain")
    assert (result.code, "enrollment load" in result.err) == (2, True)


def test_home_that_is_none_says_what_to_do(tmp_path: Path) -> None:
    result = District(tmp_path).call("access", "rainier")
    assert (result.code, "consentry init" in result.err) == (2, True)
