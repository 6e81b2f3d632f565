from .agreement import AgreementSummary, summarise_agreement
from .learning import learn_weights
from .matcher import Matcher
from .pairing import Pairing, pair_rows
from .types import Agreement, Candidate, Evidence, PixelReading, Query, Witness

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
