"""One child is meant once: claims are settled within each group of queries that have candidates in common."""

from matching import Candidate
from matching.assignment import assign_one_to_one, find_rivals


def _found(**chances: float) -> list[Candidate]:
    return [Candidate(student_id, probability, ()) for student_id, probability in chances.items()]


def test_groups_are_joined_by_shared_candidates_alone() -> None:
    found = [_found(a=0.9), _found(b=0.5, c=0.2), _found(), _found(c=0.4, d=0.1), _found(d=0.9)]
    assert find_rivals(found) == [[0], [1, 3, 4]]
    assert find_rivals([[], []]) == []


def test_far_away_queries_change_nothing() -> None:
    rivals = [_found(a=0.7, b=0.2), _found(a=0.6)]
    alone = assign_one_to_one(rivals)
    beside = assign_one_to_one([*rivals, *(_found(**{f"x{number}": 0.9}) for number in range(300))])
    assert beside[:2] == alone
    assert [[candidate.student_id for candidate in candidates] for candidates in alone] == [["a", "b"], []]
