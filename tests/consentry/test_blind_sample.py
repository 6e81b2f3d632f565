"""The blind sample: drawn by a secret, keyed by somebody else, compared field by field; disagreeing opens a case, no more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from consentry.risk.blind_sample import is_drawn
from consentry.risk.policy import read_built_in_policy
from tests.consentry.conftest import CHILDREN, District

IDS = [f"grant-{number:05}" for number in range(20_000)]


def make_home(folder: Path) -> Path:
    (folder / "keys").mkdir(parents=True)
    return folder


def test_draw_is_repeatable_keeps_its_share_and_cannot_be_foretold(tmp_path: Path) -> None:
    one, other = make_home(tmp_path / "one"), make_home(tmp_path / "other")
    drawn = {grant for grant in IDS if is_drawn(one, grant, 0.02)}
    assert drawn == {grant for grant in IDS if is_drawn(one, grant, 0.02)}
    assert 320 < len(drawn) < 480
    elsewhere = {grant for grant in IDS if is_drawn(other, grant, 0.02)}
    assert len(drawn & elsewhere) < 40, "another home's secret draws others"
    assert drawn < {grant for grant in IDS if is_drawn(one, grant, 0.05)}, "a larger share keeps those of a smaller one"
    assert (one / "keys" / "blind-sample.key").stat().st_mode & 0o077 == 0


@pytest.fixture
def audited(make_district: Callable[[], District]) -> District:
    """Two automatic grants, all of them drawn."""
    district = make_district()
    district.set_up()
    file = district.folder / "all.toml"
    file.write_text(read_built_in_policy().decode().replace("share = 0.02", "share = 1.0"))
    district.expect("policy", "set", "--file", str(file), "--reason", "first weeks", "--as", "lea")
    for number in ("1000001", "1000002"):
        district.save(district.fill(number, seed=int(number)), f"{number}.png")
    district.take_in(district.write_list("1000001", "1000002"))
    return district


def find_tasks(district: District) -> dict[str, str]:
    forms = {row["form_id"]: row["student_id"] for row in district.expect("access", "rainier")}
    return {forms[task["form_id"]]: task["task_id"] for task in district.expect("audit", "list")}


def key(district: District, task: str, student: str, user: str = "kim", code: int = 0, **changes: str) -> Any:
    first, last, born, _ = CHILDREN[student]
    values = {"student_first": first, "student_last": last, "student_id": student, "birth_date": born, **changes}
    fields = [part for name, value in values.items() for part in ("--field", f"{name}={value}")]
    return district.expect("audit", "key", task, *fields, "--as", user, code=code)


def test_task_tells_nothing_of_the_granted_child(audited: District) -> None:
    told = str(audited.expect("audit", "list"))
    for first, last, _, _ in CHILDREN.values():
        assert first not in told
        assert last not in told
    task = audited.expect("audit", "list")[0]
    assert [field["name"] for field in task["fields"]] == ["student_first", "student_last", "student_id", "birth_date"]
    out = audited.folder / "crops"
    files = audited.expect("audit", "crops", task["task_id"], "--out", str(out), "--as", "kim")["files"]
    assert len(files) == 4
    with Image.open(out / "student_id.png") as crop:
        assert crop.width > 100
        assert crop.convert("L").getextrema()[0] < 120, "the crop shows ink"


def test_agreement_is_a_label_and_a_measure(audited: District) -> None:
    tasks = find_tasks(audited)
    assert key(audited, tasks["1000001"], "1000001", birth_date="03/04/2012")["state"] == "agrees"
    assert key(audited, tasks["1000002"], "1000002", student_id="", student_last="?")["state"] == "agrees"
    results = audited.expect("audit", "results")
    assert (results["tasks"], results["waiting"]) == (2, 0)
    assert (results["automatic_grants"]["wrong"], results["automatic_grants"]["keyed"]) == (0, 2)
    assert results["automatic_grants"]["interval"]["high"] == pytest.approx(1 - 0.025**0.5)
    assert results["fields"]["student_id"]["keyed"] == results["fields"]["student_last"]["keyed"] == 1
    shown = audited.expect("policy", "show")
    assert sum(group["labels"] for group in shown["allowances"]) == 2
    assert audited.expect("ledger", "verify")["whole"]


def test_disagreement_opens_a_case_and_leaves_the_grant(audited: District) -> None:
    task = find_tasks(audited)["1000001"]
    keyed = key(audited, task, "1000001", student_id="1000007")
    assert keyed["state"] == "disagrees"
    assert len(audited.expect("access", "rainier")) == 2
    case = next(case for case in audited.expect("queue", "list") if case["case_id"] == keyed["case_id"])
    assert case["reasons"] == ["CANNOT_CONFIRM"]
    results = audited.expect("audit", "results")
    assert (results["automatic_grants"]["wrong"], results["disagreements_open"]) == (1, 1)
    decide = ("queue", "decide", keyed["case_id"], "--reason", "called the family", "--as", "ana")
    audited.expect(*decide, "--action", "accept", "--student", "1000001")
    assert len(audited.expect("access", "rainier")) == 2
    results = audited.expect("audit", "results")
    assert (results["automatic_grants"]["wrong"], results["disagreements_cleared"]) == (0, 1)
    assert audited.expect("ledger", "verify")["whole"]


def test_person_who_rejects_ends_the_doubted_grant(audited: District) -> None:
    task = find_tasks(audited)["1000001"]
    case = key(audited, task, "1000006")["case_id"]
    decide = ("queue", "decide", case, "--reason", "another child", "--as", "ana", "--action", "reject")
    assert audited.expect(*decide)["state"] == "rejected"
    assert [row["student_id"] for row in audited.expect("access", "rainier")] == ["1000002"]
    results = audited.expect("audit", "results")
    assert (results["automatic_grants"]["wrong"], results["disagreements_open"]) == (1, 0)
    shown = audited.expect("policy", "show")
    assert [group["ground"] for group in shown["allowances"]] == ["contradicted"]
    assert not shown["within_bound"]
    assert audited.expect("ledger", "verify")["whole"]


def test_keyings_that_are_not_taken(audited: District) -> None:
    task = find_tasks(audited)["1000001"]
    key(audited, task, "1000001", birth_date="31/31/2012", code=2)
    key(audited, task, "1000001", school="Cedar Grove", code=2)
    key(audited, task, "1000001", user=" ", code=2)
    key(audited, "blind-0", "1000001", code=2)
    assert audited.call("audit", "key", task, "--field", "student_id=1000001", "--as", "kim").code == 2
    assert audited.call("audit", "key", task, "--field", "student_id", "--as", "kim").code == 2
    key(audited, task, "1000001")
    key(audited, task, "1000001", code=2)


def test_who_confirmed_a_child_does_not_key_it(audited: District) -> None:
    (audited.folder / "scans" / "1000001.png").unlink()
    (audited.folder / "scans" / "1000002.png").unlink()
    audited.save(audited.fill("1000003", birth_date="11/20/2011"), "odd.png")
    audited.take_in(audited.write_list("1000003", name="more.xlsx"))
    case = audited.expect("queue", "list")[0]["case_id"]
    accept = ("queue", "decide", case, "--action", "accept", "--student", "1000003", "--reason", "seen", "--as")
    if audited.expect(*accept, "ana")["second_person_needed"]:
        audited.expect(*accept, "ben")
    task = find_tasks(audited)["1000003"]
    assert task not in {entry["task_id"] for entry in audited.expect("audit", "list", "--as", "ana")}
    key(audited, task, "1000003", user="ana", code=2)
    key(audited, task, "1000003", user="kim", birth_date="2011-11-20")
    assert audited.expect("audit", "results")["peoples_grants"]["keyed"] == 1
