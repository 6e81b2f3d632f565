"""Finds the enrolled child that a form or a list row means: probabilities, evidence, never a decision.

A plain library: it imports nothing of the other folders, no database and no web framework.
"""

from matching.agreement import AgreementSummary, summarise_agreement
from matching.learning import learn_weights
from matching.matcher import Matcher
from matching.pairing import Pairing, pair_rows
from matching.types import Agreement, Candidate, Evidence, PixelReading, Query, Witness

__all__ = [
    "Agreement",
    "AgreementSummary",
    "Candidate",
    "Evidence",
    "Matcher",
    "Pairing",
    "PixelReading",
    "Query",
    "Witness",
    "learn_weights",
    "pair_rows",
    "summarise_agreement",
]
