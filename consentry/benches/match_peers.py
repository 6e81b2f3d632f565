"""Other ways of matching on the queries of the bench: Splink, and a weighted sum of rapidfuzz likenesses.

Decides nothing. Both get what our own reading makes of the queries (dates as days, names folded, IDs as digits), so that they
answer for matching alone. A weighted sum gives no probabilities: its threshold is the one of 95% recall, known from the labels.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler, Levenshtein

from consentry.benches import match_splink as splink
from consentry.benches.match_children import Child
from consentry.benches.match_figures import Answer, Figures, hold_to_claim, judge_best, summarise_ranking
from matching import Query
from matching.name_folding import words_of
from matching.student_ids import clean_id
from matching.written_days import iso, read_day

RULES = splink.Rules(
    blocks=(
        "l.last = r.last", "l.born = r.born", "l.student_id = r.student_id",
        "l.first = r.first and substr(l.born, 1, 4) = substr(r.born, 1, 4)",
        "l.first = r.last", "l.last = r.first", "l.first = r.first and l.school = r.school",
    ),
    sure=("l.student_id = r.student_id", "l.first = r.first and l.last = r.last and l.born = r.born"),
    learns=("l.first = r.first and l.last = r.last", "l.born = r.born"),
)  # fmt: skip
WEIGHTS = {"first": 0.22, "last": 0.22, "born": 0.25, "student_id": 0.2, "school": 0.11}
PAIRS_AT_ONCE = 5_000_000

Likenesses = NDArray[np.float32]


def run_peers(frame: pd.DataFrame, asked: Sequence[Child], written: Sequence[Query]) -> Figures:
    """The peers' figures on these queries."""
    enrolled = _fold(frame.rename(columns={"student_id": "unique_id"}).assign(student_id=frame["student_id"]))
    queries = _fold(
        pd.DataFrame(
            {
                "unique_id": [f"q{place}" for place in range(len(written))],
                "first": [query.get("student_first", "") for query in written],
                "last": [query.get("student_last", "") for query in written],
                "birth_date": [query.get("birth_date", "") for query in written],
                "student_id": [query.get("student_id", "") for query in written],
                "school": [query.get("school", "") for query in written],
            }
        )
    )
    return {
        "splink": _run_splink(queries, enrolled, asked) if splink.installed() else splink.MISSING,
        "rapidfuzz_weighted_sum": _run_weighted_sum(queries, enrolled, asked),
    }


def _fold(people: pd.DataFrame) -> pd.DataFrame:
    days = [read_day(text) for text in people["birth_date"]]
    return pd.DataFrame(
        {
            "unique_id": people["unique_id"],
            "first": [" ".join(words_of(text)) for text in people["first"]],
            "last": [" ".join(words_of(text)) for text in people["last"]],
            "born": ["" if day is None else iso(day) for day in days],
            "student_id": [clean_id(text) for text in people["student_id"]],
            "school": people["school"].str.lower(),
        }
    )


def _run_splink(queries: pd.DataFrame, enrolled: pd.DataFrame, asked: Sequence[Child]) -> Figures:
    comparisons = splink.compare_people(exact=["student_id"], names=["first", "last"], text=["school"])
    linked = splink.link(queries.replace("", None), enrolled.replace("", None), comparisons, RULES)
    best = linked.pairs.sort_values("weight").groupby("left").tail(1).set_index("left")
    named = [best.loc[key] if key in best.index else None for key in queries["unique_id"]]
    by_weight = judge_best(asked, [("", -99.0) if row is None else (row["right"], row["weight"]) for row in named])
    sure = [
        Answer(answer.child, 0.0 if row is None else float(row["probability"]), answer.right)
        for answer, row in zip(by_weight, named, strict=True)
    ]
    return {
        **summarise_ranking(by_weight),
        "claims": {str(claim): hold_to_claim(sure, claim) for claim in (0.99, 0.999)},
        "learning_seconds": round(linked.learning_seconds, 1),
        "queries_a_second": round(len(asked) / linked.linking_seconds, 1),
        "cpu_ms_a_query": round(1000 * linked.linking_cpu_seconds / len(asked), 3),
    }


def _run_weighted_sum(queries: pd.DataFrame, enrolled: pd.DataFrame, asked: Sequence[Child]) -> Figures:
    begun, worked = time.perf_counter(), time.process_time()
    some = max(1, PAIRS_AT_ONCE // len(enrolled))
    best: list[tuple[str, float]] = []
    columns = {field: pd.factorize(enrolled[field]) for field in WEIGHTS}
    for start in range(0, len(queries), some):
        lot = queries.iloc[start : start + some]
        total = np.zeros((len(lot), len(enrolled)), dtype=np.float32)
        asked_weight = np.zeros(len(lot), dtype=np.float32)
        for field, weight in WEIGHTS.items():
            codes, values = columns[field]
            likeness = _compare(lot[field].tolist(), list(values), field)
            total += np.float32(weight) * likeness[:, codes]
            asked_weight += np.where(lot[field] != "", np.float32(weight), np.float32(0.0))
        places = total.argmax(axis=1)
        scores = total[np.arange(len(lot)), places] / np.maximum(asked_weight, np.float32(0.01))
        best += zip(enrolled["unique_id"].iloc[places].tolist(), scores.tolist(), strict=True)
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    return {
        **summarise_ranking(judge_best(asked, best)),
        "queries_a_second": round(len(asked) / seconds, 1),
        "cpu_ms_a_query": round(1000 * worked / len(asked), 3),
    }


def _compare(written: list[str], values: list[str], field: str) -> Likenesses:
    """0 to 1, a row for each written value; 0 where nothing is written."""
    if field == "school":
        likeness = process.cdist(written, values, scorer=fuzz.token_set_ratio, dtype=np.float32) / np.float32(100.0)
    elif field in {"first", "last"}:
        likeness = process.cdist(written, values, scorer=JaroWinkler.normalized_similarity, dtype=np.float32)
    else:
        likeness = process.cdist(written, values, scorer=Levenshtein.normalized_similarity, dtype=np.float32)
    likeness[[not text for text in written]] = 0.0
    return np.asarray(likeness, dtype=np.float32)
