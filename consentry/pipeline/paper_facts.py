"""What a form's readings say in the words of the rules: who is named, what is ticked, which days a date may mean.

Joins the reader and the rules, which know nothing of each other. A reading that is missing or can't be told stays so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from access import CATEGORIES
from consentry.risk.policy import Rulebook
from matching import Query
from ocr import FieldReading, FormReading, Mark
from review_queue import DayProbability, PaperFacts, PartnerNaming, Presence, SchoolYear, WrittenDate
from store.tables import FormTemplate, Partner

QUERY_FIELDS = (
    "student_first",
    "student_middle",
    "student_last",
    "other_name",
    "student_id",
    "birth_date",
    "school",
    "grade",
    "parent_name",
)
"""Fields that a child is found by: read, or keyed by a person."""

_MUST_BE_LEGIBLE = ("student_first", "student_last", "birth_date")
_LEAST_DAY_PROBABILITY = 1e-4
_LIKELY_DAYS = 0.97
_UNREADABLE_GAP_A_CHARACTER = 1.1
_NAMED_GAP_A_CHARACTER = 0.45
_CLEARLY_WORSE = 6.0
_ALIKE, _UNLIKE = 82.0, 55.0


def query_form(reading: FormReading) -> Query:
    """The form as a query: every field in which something stands, typed ones as their text."""
    return {
        name: (field.value or field.text) if field.is_typed else field
        for name in QUERY_FIELDS
        if (field := reading.fields.get(name)) is not None and not field.is_empty and field.text
    }


def gather_paper_facts(
    reading: FormReading, template: FormTemplate, partner_id: str, partners: Sequence[Partner], rulebook: Rulebook
) -> PaperFacts:
    """The facts of one form that was read by a template."""
    year = rulebook.find_school_year(template.school_year)

    def mark(name: str) -> Mark:
        field = reading.fields.get(name)
        return field.mark if field else Mark.EMPTY

    unboxed = Mark.MARKED if template.signing_consents else Mark.UNSURE
    signing_days = _list_days(template.published - timedelta(days=800), year.ends + timedelta(days=500))
    likely = (template.published, year.due)
    return PaperFacts(
        school_year=year,
        form_published=template.published,
        partner=_find_naming(reading.fields.get("partner"), template, partner_id, partners),
        consent_yes=mark("consent_yes") if "consent_yes" in reading.fields else unboxed,
        consent_no=mark("consent_no"),
        records={name: mark(f"records_{name}") for name in CATEGORIES if f"records_{name}" in reading.fields}
        or dict.fromkeys(template.printed_records or (), Mark.MARKED),
        signature=_find_presence(reading.fields.get("parent_signature")),
        signature_date=_read_date(reading.fields.get("parent_date"), signing_days, likely),
        student_signature=_find_presence(reading.fields.get("student_signature")),
        student_signature_date=_read_date(reading.fields.get("student_date"), signing_days, likely),
        birth_date=_read_birth_date(reading.fields.get("birth_date"), year),
        cut_off_fields=reading.cut_off,
        page_order_unsure=reading.order_unsure,
        version_unsure=reading.version_unsure,
        altered_fields=reading.altered,
        illegible_fields=tuple(_find_illegible(reading)),
    )


def _find_illegible(reading: FormReading) -> Iterator[str]:
    for name in _MUST_BE_LEGIBLE:
        field = reading.fields.get(name)
        if field is None or field.is_empty or not field.text:
            yield name


def _find_presence(field: FieldReading | None) -> Presence:
    if field is None or field.mark is Mark.EMPTY:
        return Presence.ABSENT
    return Presence.PRESENT if field.mark is Mark.MARKED else Presence.UNSURE


@lru_cache(maxsize=16)
def _list_days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def _read_birth_date(field: FieldReading | None, year: SchoolYear) -> WrittenDate:
    days = _list_days(date(year.begins.year - 24, 1, 1), date(year.begins.year - 2, 12, 31))
    return _read_date(field, days, (days[0], days[-1]))


def _read_date(field: FieldReading | None, days: Sequence[date], likely: tuple[date, date]) -> WrittenDate:
    """The days that a date may mean, out of `days`; those `likely` weigh nine tenths beforehand."""
    presence = _find_presence(field)
    if field is None or presence is not Presence.PRESENT:
        return WrittenDate(presence)
    prior = _weigh_beforehand(days[0], days[-1], *likely)
    scores = field.score_days(days)
    if _is_far_off(field, float(scores.max())):
        return WrittenDate(presence)
    weights = np.exp(scores + prior - (scores + prior).max())
    weights /= weights.sum()
    places = np.flatnonzero(weights >= _LEAST_DAY_PROBABILITY)
    return WrittenDate(presence, tuple(DayProbability(days[place], float(weights[place])) for place in places.tolist()))


@lru_cache(maxsize=64)
def _weigh_beforehand(first: date, last: date, likely_first: date, likely_last: date) -> NDArray[np.float64]:
    """Natural-log weight of each day from `first` to `last`, before anything was read."""
    within = np.array([likely_first <= day <= likely_last for day in _list_days(first, last)])
    likely, unlikely = max(int(within.sum()), 1), max(int((~within).sum()), 1)
    return np.where(within, math.log(_LIKELY_DAYS / likely), math.log((1 - _LIKELY_DAYS) / unlikely))


def _is_far_off(field: FieldReading, best: float) -> bool:
    """Whether the pixels, or what was typed, spell something that no day explains."""
    if field.is_typed:
        return best < 0
    letters = max(len(field.greedy.replace(" ", "")), 6)
    return best < field.score_greedy() - _UNREADABLE_GAP_A_CHARACTER * letters


def _find_naming(
    field: FieldReading | None, template: FormTemplate, partner_id: str, partners: Sequence[Partner]
) -> PartnerNaming:
    if template.partner_id is not None:
        return PartnerNaming.PREPRINTED if template.partner_id == partner_id else PartnerNaming.ANOTHER
    if field is None:
        return PartnerNaming.PREPRINTED  # the blank asks for no partner: the district printed it there
    if field.is_empty:
        return PartnerNaming.NOBODY
    fits = _measure_fits(field, partners)
    mine = fits[partner_id]
    best_other = max((fit for other, fit in fits.items() if other != partner_id), default=-math.inf)
    alike = {partner.partner_id: _measure_likeness(field, partner) for partner in partners}
    most_alike_other = max((value for other, value in alike.items() if other != partner_id), default=0.0)
    named = next(partner.name for partner in partners if partner.partner_id == partner_id)
    if best_other > mine + _CLEARLY_WORSE and most_alike_other >= _ALIKE:
        return PartnerNaming.ANOTHER
    if mine > best_other and mine >= -_NAMED_GAP_A_CHARACTER * len(named):
        return PartnerNaming.THIS
    if alike[partner_id] >= _ALIKE and alike[partner_id] > most_alike_other:
        return PartnerNaming.THIS
    if alike[partner_id] < _UNLIKE and field.confidence > 0.5:
        return PartnerNaming.ANOTHER
    return PartnerNaming.UNSURE


def _measure_fits(field: FieldReading, partners: Sequence[Partner]) -> dict[str, float]:
    """How much worse than the field's own best reading each partner's name explains the pixels (nats, 0 or less)."""
    best = field.score_greedy()
    scores = field.score([partner.name for partner in partners])
    return {partner.partner_id: float(score) - best for partner, score in zip(partners, scores, strict=True)}


def _measure_likeness(field: FieldReading, partner: Partner) -> float:
    read, name = field.text.casefold(), partner.name.casefold()
    whole = fuzz.ratio(read, name)
    part = fuzz.partial_ratio(read, name) if len(read) >= 6 else 0.0
    short = 100.0 if read == partner.partner_id.casefold() else 0.0
    return max(whole, part, short)
