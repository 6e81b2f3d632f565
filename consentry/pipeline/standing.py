"""Which decisions on cases stand: a reversal names what it takes back, so that a clock set back in between revives nothing."""

from __future__ import annotations

from collections.abc import Iterable

from store.tables import Decision

REVERSE = "reverse"
TAKES_BACK = "takes_back"
"""In `seen` of a reversal: the ids of all decisions on the case that stood until then."""


def find_standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Of decisions on cases those that nobody took back, by their time. A reversal of before they named what they take back
    counts for all on its case that came before it in time.
    """
    ordered = sorted(decisions, key=lambda decision: decision.at)
    standing = {decision.decision_id: decision for decision in ordered if decision.action != REVERSE}
    for reversal in ordered:
        if reversal.action == REVERSE:
            for taken in _list_taken_back(reversal, standing.values()):
                standing.pop(taken, None)
    return list(standing.values())


def _list_taken_back(reversal: Decision, standing: Iterable[Decision]) -> list[str]:
    named = reversal.seen.get(TAKES_BACK)
    if isinstance(named, list):
        return [str(decision_id) for decision_id in named]
    return [other.decision_id for other in standing if other.case_id == reversal.case_id and other.at <= reversal.at]
