"""The twelve reports delivered: cut to what is granted, the same bytes each time, nothing half, nothing unrecorded."""

from __future__ import annotations

import io
import shutil
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consentry.disclosing import delivering, delivering_files
from consentry.disclosing.delivering_files import StagedFolder
from fixtures.student_data import BLOCKED_SAMPLES
from store.tables import Delivery, Disclosure
from tests.consentry.conftest import District
from tests.consentry.granting import grant, open_program, write_data

NUMBERS = {"attendance": {4, 5}, "discipline": {6, 7}, "assessment": {8, 9, 10}, "demographics": {2, 3}}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without grants, and student data. Made once; each test works on a copy."""
    made = District(tmp_path_factory.mktemp("prepared"))
    made.set_up()
    write_data(made.folder / "data")
    return made.folder


@pytest.fixture
def district(prepared: Path, tmp_path: Path) -> District:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return District(tmp_path)


@pytest.fixture
def data(district: District) -> Path:
    return district.folder / "data"


def deliver(district: District, data: Path, out: str, *options: str, code: int = 0) -> str:
    done = district.call("adr", "rainier", "--data", str(data), "--out", str(district.folder / out), *options)
    assert done.code == code, done.err
    return done.err


def read_package(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def list_numbers(folder: Path) -> set[int]:
    return {int(name[:2]) for name in read_package(folder) if name[:2].isdigit()}


def count_records(district: District) -> tuple[int, int]:
    with open_program(district).installation.reading() as session:
        return len(session.scalars(select(Delivery)).all()), len(session.scalars(select(Disclosure)).all())


def list_outbox(district: District) -> list[str]:
    outbox = district.home / "outbox" / "rainier"
    return sorted(entry.name for entry in outbox.iterdir()) if outbox.exists() else []


@pytest.mark.parametrize("category", NUMBERS)
def test_a_package_holds_the_reports_of_the_granted_category_alone(
    district: District, data: Path, category: str
) -> None:
    grant(district, "1000003", (category,))
    deliver(district, data, "package")
    assert list_numbers(district.folder / "package") == {1} | NUMBERS[category]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_same_inputs_give_the_same_bytes_and_nothing_that_is_blocked(
    district: District, data: Path, file_format: str
) -> None:
    for student in ("1000001", "1000003", "1000004"):
        grant(district, student)
    deliver(district, data, "one", "--format", file_format)
    deliver(district, data, "two", "--format", file_format)
    package = read_package(district.folder / "one")
    assert package == read_package(district.folder / "two")
    assert len(list_outbox(district)) == 1, "what lies there already is not delivered again"
    told = b"".join(package.values())
    for content in package.values():
        if content.startswith(b"PK"):
            book = zipfile.ZipFile(io.BytesIO(content))
            told += b"".join(book.read(name) for name in book.namelist())
    assert [word for word in (*BLOCKED_SAMPLES.values(), "INC-") if len(word) > 1 and word.encode() in told] == []
    assert b"1000002" not in told
    assert b"34 CFR 99.33" in told


def test_what_only_the_agreement_lists_comes_with_it(district: District, data: Path) -> None:
    grant(district, "1000003", ("demographics",))
    deliver(district, data, "without")
    terms = ("--school-year", "2024-25", "--lists", "SpecialEducation", "--on", "2024-09-01")
    district.expect("partner", "terms", "rainier", *terms)
    deliver(district, data, "with")
    name = "02-demographics-and-programs.csv"
    without, listed = (read_package(district.folder / out)[name] for out in ("without", "with"))
    assert b"SpecialEducation" not in without
    assert b"SpecialEducation" in listed
    assert b"LivingWith" not in listed


def spoil(data: Path, file: str, before: str, after: str) -> None:
    text = (data / file).read_text(encoding="utf-8")
    assert before in text
    (data / file).write_text(text.replace(before, after), encoding="utf-8")


def test_data_without_a_student_a_column_or_an_end_delivers_nothing_and_tells_all(
    district: District, data: Path
) -> None:
    grant(district, "1000003")
    spoil(data, "attendance_summary.csv", "1000003", "1000009")
    spoil(data, "map.csv", "Percentile", "Rank")
    (data / "gpa.csv").unlink()
    (data / "discipline_summary.csv").write_bytes((data / "discipline_summary.csv").read_bytes()[:-3])
    told = deliver(district, data, "package", code=2)
    for words in (
        "attendance_summary.csv: 1 students (1000003) with access have no row",
        "map.csv: no column Percentile",
        "discipline_summary.csv: the last line has no end",
    ):
        assert words in told
    assert (count_records(district), list_outbox(district)) == ((0, 0), [])


def test_a_telephone_number_in_a_value_stops_the_package(district: District, data: Path) -> None:
    grant(district, "1000003", ("demographics",))
    spoil(data, "enrollment_history.csv", "Enrolled", "call 206-555-0142")
    assert "a telephone number" in deliver(district, data, "package", code=2)
    assert count_records(district) == (0, 0)


@pytest.mark.parametrize("after", [0, 3, 9, 14])
def test_a_full_disk_in_the_middle_leaves_nothing_delivered_and_nothing_recorded(
    district: District, data: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    grant(district, "1000003")
    written = delivering_files.write_flushed
    left = iter([True] * after)

    def write(place: Path, content: bytes) -> None:
        if not next(left, False):
            raise OSError(28, "No space left on device")
        written(place, content)

    monkeypatch.setattr(delivering_files, "write_flushed", write)
    assert "No space left on device" in deliver(district, data, "package", code=2)
    assert (count_records(district), list_outbox(district)) == ((0, 0), [])
    assert not (district.folder / "package").exists()
    monkeypatch.setattr(delivering_files, "write_flushed", written)
    deliver(district, data, "package")
    assert count_records(district) == (1, 1)


def test_every_disclosure_is_recorded_before_a_file_is_in_reach(
    district: District, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(district, "1000003")
    grant(district, "1000001")
    seen = []
    publish = StagedFolder.publish

    def look(folder: StagedFolder) -> None:
        seen.append((count_records(district), list_outbox(district)[:0]))
        publish(folder)

    monkeypatch.setattr(StagedFolder, "publish", look)
    deliver(district, data, "package")
    assert seen[0][0] == (1, 2)


def fail(folder: StagedFolder) -> None:
    raise OSError(5, "Input/output error")


def test_a_delivery_cut_off_after_its_record_is_completed_by_the_next_run(
    district: District, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(district, "1000003")
    publish = StagedFolder.publish

    monkeypatch.setattr(StagedFolder, "publish", fail)
    assert "it is recorded, and the next run completes it" in deliver(district, data, "package", code=2)
    assert (count_records(district), [name for name in list_outbox(district) if name[0] != "."]) == ((1, 1), [])
    monkeypatch.setattr(StagedFolder, "publish", publish)
    deliver(district, data, "again")
    assert count_records(district) == (1, 1), "completed, not delivered twice"
    assert read_package(district.home / "outbox" / "rainier" / list_outbox(district)[0]) == read_package(
        district.folder / "again"
    )
    assert district.expect("ledger", "verify")["whole"]


def revoke(district: District, student_id: str) -> None:
    who = ("--student", student_id, "--partner", "rainier", "--on", district.today)
    district.expect("revoke", *who, "--reason", "mother called", "--as", "ana")


def test_a_delivery_cut_off_after_its_record_is_withheld_once_a_student_in_it_was_revoked(
    district: District, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(district, "1000003")
    grant(district, "1000001")
    with monkeypatch.context() as broken:
        broken.setattr(StagedFolder, "publish", fail)
        deliver(district, data, "package", code=2)
    revoke(district, "1000003")
    deliver(district, data, "again")
    outbox = district.home / "outbox" / "rainier"
    texts = [file.read_text(encoding="utf-8-sig") for file in outbox.rglob("*.csv")]
    assert texts and not any("1000003" in text for text in texts)
    with open_program(district).installation.reading() as session:
        assert sorted(session.scalars(select(Delivery.state))) == ["delivered", "withheld"]
    assert district.expect("ledger", "verify")["whole"]


def test_what_a_killed_run_left_hidden_in_the_outbox_is_taken_away(district: District, data: Path) -> None:
    left = district.home / "outbox" / "rainier" / ".staged-adr-2024-10-01-csv-00000000"
    left.mkdir(parents=True)
    (left / "02-demographics.csv").write_text("of a run that was killed", encoding="utf-8")
    grant(district, "1000003")
    deliver(district, data, "package")
    assert not left.exists()
    assert len(list_outbox(district)) == 1


def test_a_grant_given_while_the_data_is_read_goes_out_too(
    district: District, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(district, "1000003", ("attendance",))
    read, reads = delivering.read_student_data, []

    def read_and_grant(*asked: Any) -> Any:
        found = read(*asked)
        if not reads:
            grant(district, "1000001", ("assessment",))
        reads.append(found)
        return found

    monkeypatch.setattr(delivering, "read_student_data", read_and_grant)
    deliver(district, data, "package")
    assert list_numbers(district.folder / "package") == {1, 4, 5, 8, 9, 10}
    assert (len(reads), count_records(district)) == (2, (1, 2))


def test_a_registry_of_the_home_with_a_fault_delivers_nothing(district: District, data: Path) -> None:
    grant(district, "1000003")
    (district.home / "report_registry.toml").write_text("version = 1", encoding="utf-8")
    assert "report_registry.toml" in deliver(district, data, "package", code=2)
    assert count_records(district) == (0, 0)


def test_a_long_run_over_all_partners_is_not_taken_for_a_clock_that_runs_behind(
    district: District, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.expect("partner", "add", "Green Lake Mentors", "--id", "green")
    signed = ("--kind", "dsa", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-01")
    district.expect("partner", "agreement", "green", *signed)
    grant(district, "1000001")
    grant(district, "1000003", partner="green")
    monkeypatch.setattr("consentry.disclosing.freezing._CLOCKS_DIFFER_BY", timedelta(0))
    told = district.expect("adr", "--all", "--data", str(data), "--out", str(district.folder / "out"))
    assert [one["partner_id"] for one in told["delivered"]] == ["green", "rainier"]
