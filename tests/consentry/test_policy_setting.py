"""The policy through the command line: shown, simulated without a trace, set by a lead with a reason, found by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from consentry.risk.policy import read_built_in_policy, read_rulebook, write_policy
from review_queue import Stratum, StratumThreshold
from tests.consentry.conftest import District

STRICT = 0.99999999999


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> District:
    district = District(tmp_path_factory.mktemp("policy"))
    district.set_up()
    for number in ("1000001", "1000002"):
        district.save(district.fill(number, seed=int(number)), f"{number}.png")
    district.save(district.fill("1000003", parent_signature=""), "unsigned.png")
    district.take_in(district.write_list("1000001", "1000002", "1000003"))
    return district


def test_new_home_begins_with_the_built_in_policy(granted: District) -> None:
    shown = granted.expect("policy", "show")
    assert shown["sha256"] == hashlib.sha256(read_built_in_policy()).hexdigest()
    assert (shown["version"], shown["set_by"], shown["within_bound"]) == (1, "program", True)
    assert (shown["forms_considered"], shown["forms_left_out"]) == (3, 0)
    point = next(point for point in shown["curve"] if point["threshold"] == 0.9999)
    assert point["share_automatic"] == pytest.approx(2 / 3)
    assert (point["labels"], point["upper_bound"]) == (0, 1.0), "grants of the automaton are no labels"
    assert [(group["allowed"], group["ground"]) for group in shown["allowances"]] == [(0.9999, "start")]


def test_simulation_tells_what_would_change_and_writes_nothing(granted: District) -> None:
    head = granted.expect("ledger", "head")
    result = granted.expect("policy", "simulate", "--accept-probability", str(STRICT))
    assert granted.expect("ledger", "head")["root"] == head["root"]
    assert result["changes"] == {"granted -> in_review": 2}
    assert result["reasons_gained"] == {"LOW_PROBABILITY": 2}
    assert (result["automatic_before"], result["automatic_after"]) == (0.6667, 0.0)
    assert granted.expect("policy", "simulate", "--built-in")["changes"] == {}


def test_simulation_of_a_whole_file(granted: District) -> None:
    file = granted.folder / "dates.toml"
    text = read_built_in_policy().decode()
    file.write_text(text.replace('due = "06-01"', 'due = "09-05"'))
    begun = granted.expect("policy", "simulate", "--file", str(file))
    assert begun["changed_forms"] == [], "the year of a form stands in its facts"
    file.write_text(text.replace("witness_probability = 0.90", "witness_probability = 1.0"))
    assert granted.expect("policy", "simulate", "--file", str(file))["changes"] == {"granted -> in_review": 2}


def test_faulty_calls_end_with_one_line(granted: District) -> None:
    file = granted.folder / "faulty.toml"
    file.write_text("[risk]\npromised_false_grant_rate = 7\n")
    for arguments in (
        ("simulate", "--file", str(file)),
        ("simulate", "--file", str(granted.folder / "absent.toml")),
        ("simulate",),
        ("simulate", "--learned", "--built-in"),
        ("simulate", "--accept-probability", "0.4"),
        ("set", "--built-in", "--reason", " ", "--as", "lea"),
        ("show", "--hash", "0" * 64),
    ):
        result = granted.call("policy", *arguments)
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1), arguments


def test_looser_than_the_bound_needs_the_risk_accepted(district: District) -> None:
    before = district.expect("policy", "show")
    loose = ("policy", "set", "--accept-probability", "0.99", "--reason", "queue too long", "--as", "lea")
    refused = district.call(*loose)
    assert refused.code == 2
    assert "0.99 where the bound allows 0.9999" in refused.err
    assert district.expect("policy", "show")["version"] == 1
    assert district.expect(*loose, "--accept-risk", "superintendent agreed")["version"] == 2
    shown = district.expect("policy", "show")
    assert (shown["set_by"], shown["accepted_risk"], shown["within_bound"]) == ("lea", "superintendent agreed", False)
    assert shown["policy"]["acceptance"]["accept_probability"] == 0.99
    old = district.expect("policy", "show", "--hash", before["sha256"])
    assert old["file"].encode() == read_built_in_policy()
    back = district.expect("policy", "set", "--learned", "--reason", "back", "--as", "lea")
    assert (back["version"], back["looser_than_allowed"], back["accepted_risk"]) == (3, [], None)
    assert district.expect("ledger", "verify")["whole"]


def test_loosening_what_labels_cannot_speak_to_is_refused_too(district: District) -> None:
    file = district.folder / "loose.toml"
    file.write_text(read_built_in_policy().decode().replace("share = 0.02", "share = 0.0"))
    refused = district.call("policy", "set", "--file", str(file), "--reason", "less work", "--as", "lea")
    assert refused.code == 2
    assert "blind_sample.share" in refused.err


def test_file_in_the_home_that_was_never_set_is_refused(district: District) -> None:
    own: Path = district.home / "policy.toml"
    own.write_text(read_built_in_policy().decode().replace("soon = 7", "soon = 5"))
    refused = district.call("status")
    assert refused.code == 2
    assert "policy set" in refused.err
    district.expect("policy", "set", "--file", str(own), "--reason", "faster", "--as", "lea")
    assert district.expect("status")["service_target_days"]["soon"] == 5


def test_decisions_follow_a_policy_set_since(make_district: Callable[[], District]) -> None:
    district = make_district()
    district.set_up()
    district.expect("policy", "set", "--accept-probability", str(STRICT), "--reason", "start of year", "--as", "lea")
    district.save(district.fill("1000001"), "form.png")
    status = district.take_in(district.write_list("1000001"))
    assert [(form["state"], form["reasons"]) for form in status["forms"]] == [("in_review", ["LOW_PROBABILITY"])]
    form = status["forms"][0]["form_id"]
    case = district.expect("queue", "list")[0]["case_id"]
    accept = ("queue", "decide", case, "--action", "accept", "--student", "1000001", "--reason", "seen", "--as", "ana")
    district.expect(*accept)
    shown = district.expect("policy", "show")
    assert [group["labels"] for group in shown["allowances"]] == [1]
    decisions = district.expect("trace", "--form", form)["forms"][0]["decisions"]
    assert {entry["policy_sha256"] for entry in decisions} == {shown["sha256"]}


def test_written_policy_reads_back() -> None:
    before = read_rulebook(read_built_in_policy())
    special = StratumThreshold(0.995, Stratum(student_number="absent", language="es"))
    after = read_rulebook(write_policy(before.file, 0.99999, (special,)))
    assert after.policy.accept_probability == 0.99999
    assert after.policy.find_accept_probability(Stratum("absent", "es", "photo")) == 0.995
    assert after.policy.find_accept_probability(Stratum("present", "es", "photo")) == 0.99999
    assert (after.risk, after.release, after.blind_share) == (before.risk, before.release, before.blind_share)
