"""What labels allow, by kind of form; and the promise in worlds whose risk is known."""

from __future__ import annotations

from consentry.benches.policy import run
from consentry.risk.policy import RiskTerms
from consentry.risk.risk_control import NOTHING, ScoredForm, list_looser, weigh_forms
from review_queue import Policy, Stratum, StratumThreshold

TERMS = RiskTerms(promised_false_grant_rate=0.01, confidence=0.95)
WITH, WITHOUT = Stratum("present"), Stratum("absent")


def forms(stratum: Stratum, score: float, right: int, wrong: int = 0, unknown: int = 0) -> list[ScoredForm]:
    answers = [False] * right + [True] * wrong + [None] * unknown
    return [ScoredForm(f"{stratum}/{score}/{n}", stratum, score, answer) for n, answer in enumerate(answers)]


def test_without_labels_the_start_holds() -> None:
    found = weigh_forms(forms(WITH, 0.9999, 0, unknown=5000), TERMS)
    assert [(group.stratum, group.allowed, group.ground) for group in found.groups] == [(None, 0.99, "start")]
    assert found.curve[-1].upper_bound == 1.0


def test_kind_with_labels_enough_gets_its_own_threshold_and_others_do_not_share_it() -> None:
    past = forms(WITH, 0.96, 900) + forms(WITHOUT, 0.96, 30)
    found = weigh_forms(past, TERMS)
    assert found.find_allowed(WITH) == 0.9  # nothing lies between 0.96 and 0.9, so no label fails it
    assert found.find_allowed(WITHOUT) == 0.99
    assert {group.stratum: group.ground for group in found.groups} == {WITH: "labels", None: "start"}


def test_errors_below_a_threshold_stop_there_and_errors_above_the_start_make_it_stricter() -> None:
    past = forms(WITH, 0.9995, 600) + forms(WITH, 0.97, 100, wrong=9)
    assert weigh_forms(past, TERMS).find_allowed(WITH) == 0.98
    doubted = weigh_forms(forms(WITH, 0.9995, 40) + forms(WITH, 0.991, 10, wrong=4), TERMS)
    assert (doubted.find_allowed(WITH), doubted.groups[0].ground) == (0.995, "contradicted")
    hopeless = weigh_forms(forms(WITH, 0.9999995, 10, wrong=9), TERMS)
    assert hopeless.find_allowed(WITH) == NOTHING


def test_looser_policies_are_named_by_kind() -> None:
    found = weigh_forms(forms(WITH, 0.96, 900), TERMS)
    base = (0.0005, 0.9, 0.2, 0.98, 0.999, 0.5, False)
    special = StratumThreshold(0.95, WITH)
    assert list_looser(Policy(0.99, *base, strata=(special,)), found) == []
    assert list_looser(Policy(0.98, *base), found) == ["all other forms: 0.98 where the bound allows 0.99"]


def test_promise_holds_in_simulated_worlds_and_is_broken_without_the_bound() -> None:
    figures = run(runs=120, seed=3)
    assert figures["promise_kept"]
    assert figures["worst_broken_share_without_bound"] > 0.3
    learned = [world for world in figures["worlds"] if world["learned_share"] > 0.9]
    assert any(world["automation_mean"] > world["automation_at_start"] for world in learned)
