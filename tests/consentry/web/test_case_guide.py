"""What a page says to do about a reason: each sentence that puts a form before a person has something to do about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from consentry.web.case_guide import find_guide, find_guides, list_fields

RULES = Path(__file__).parents[3] / "review_queue"


def list_review_sentences() -> Iterator[str]:
    """The sentences with which the rules put something before a person: what `_for_review`, `_review` and `_low` are given,
    and findings that say REVIEW.
    """
    for path in sorted(RULES.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            is_review = node.func.id in ("_for_review", "_review", "_low") or (
                node.func.id == "Finding" and "Disposition.REVIEW" in ast.unparse(node)
            )
            last = node.args[-1] if node.args else None
            if is_review and isinstance(last, ast.Constant | ast.JoinedStr):
                yield ast.unparse(last).strip("fF").strip("'\"").replace("{fields}", "student_last")


def test_each_reason_that_asks_for_a_person_says_what_to_do() -> None:
    told = set(list_review_sentences())
    assert len(told) > 20
    assert {words for words in told if find_guide(words) is None} == set()


def test_the_fields_that_a_sentence_names_are_looked_at() -> None:
    guides = [find_guide("cannot be read: student_last, birth_date"), find_guide("the form names no partner")]
    assert list_fields(guides) == ["student_last", "birth_date", "partner"]


def test_the_same_is_told_once_and_twins_are_not_merely_compared() -> None:
    alike = ["the best child is not probable enough", "the list row alone does not point at this child clearly enough"]
    first, second = find_guides(alike)
    assert first is not None and second is None
    twin, compared = find_guides(["a twin or sibling fits nearly as well", alike[0]])
    assert twin is not None and compared is None
