"""The bench of matching counts what it says it counts."""

from consentry.benches.match import draw_trial, run
from consentry.benches.match_children import Child, Kind
from consentry.benches.match_figures import (
    Answer,
    Verdict,
    compare_errors,
    hold_to_claim,
    interval,
    judge_best,
    measure_loss,
    summarise_ranking,
    threshold_at,
)
from ingest.types import EnrolledStudent


def _child(number: int, kind: Kind = Kind.ENROLLED) -> Child:
    return Child(EnrolledStudent(f"{number:07d}", "Ana", "Sample", "2012-03-04", "Heron Point"), "english", kind)


def test_a_wrong_child_and_an_unenrolled_one_both_count_as_false() -> None:
    asked = [*(_child(number) for number in range(20)), _child(50, Kind.TWIN), _child(51, Kind.STRANGER)]
    best = [*((child.record.student_id, 0.9) for child in asked[:19]), ("0000003", 0.95), ("0000004", 0.99), ("", 0.0)]
    figures = summarise_ranking(judge_best(asked, best))
    assert figures["right_first"] == 0.95
    assert figures["accept_threshold"] == 0.9
    assert figures["false_among_accepted"] == round(2 / 21, 6)
    assert figures["false_by_kind"] == {"enrolled": 1, "stranger": 0, "sibling": 0, "twin": 1}


def test_the_threshold_reaches_the_recall_asked_for_and_no_more() -> None:
    answers = [Answer(_child(number), number / 100, right=True) for number in range(100)]
    assert threshold_at(answers, 0.95) == 0.05
    assert threshold_at([Answer(_child(1), 0.9, right=False)], 0.95) == 0.0


def test_claims_are_held_against_exact_intervals() -> None:
    answers = [Answer(_child(number), 0.999, right=number > 0) for number in range(1000)]
    held = hold_to_claim(answers, 0.99)
    assert (held["claimed_error"], held["real_error"], held["within_factor_2"]) == (0.001, 0.001, True)
    assert (held["wrong"], held["wrong_expected"], held["verdict"]) == (1, 1.0, Verdict.TOO_FEW)
    assert interval(0, 100) == [0.0, 0.036217]
    assert interval(100, 100)[1] == 1.0


def test_a_claim_is_shown_or_refuted_only_by_enough_answers() -> None:
    assert compare_errors(0.01, *interval(1000, 100_000)) is Verdict.SHOWN
    assert compare_errors(0.01, *interval(3000, 100_000)) is Verdict.REFUTED
    assert compare_errors(0.01, *interval(100, 100_000)) is Verdict.REFUTED
    assert compare_errors(0.0001, *interval(0, 1000)) is Verdict.TOO_FEW


def test_being_too_sure_costs_more_than_doubt() -> None:
    def lose(*chances: float) -> float:
        return measure_loss([Answer(_child(1), chance, right=number > 0) for number, chance in enumerate(chances)])

    assert lose(0.5, 0.9) < lose(0.99, 0.99)
    assert lose(0.0, 1.0) == 0.0


def test_children_who_are_not_enrolled_are_asked_for_and_never_in_the_frame() -> None:
    trial = draw_trial(600, seed=3, queries=400)
    absent = [child for child in trial.asked if not child.enrolled]
    assert {child.kind for child in absent} == {Kind.STRANGER, Kind.SIBLING, Kind.TWIN}
    assert 30 < len(absent) < 90
    assert not set(trial.frame["student_id"]) & {child.record.student_id for child in absent}


def test_the_bench_finds_nearly_every_child_of_a_small_district() -> None:
    figures = run(1200, [5, 6], queries=150)
    assert figures["queries"] == 300
    assert isinstance(figures["right_first"], float)
    assert figures["right_first"] > 0.98
