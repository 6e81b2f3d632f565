"""Holds a page against the printed sheet that its code names, and notes that the sheet came back.

The code alone grants nothing. Name and birth date have to be read on the page itself and agree with what was printed; only then
do the printed values stand in for their pixels, field by field where these agree too. A page whose print can't be read goes the
way of any form; a code of another child, partner, blank or installation is for a person. Accepted limit: names outside the
Latin alphabet can't be read back, so their sheets take the way of any form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from consentry.paper.packet_rows import read_printed_day
from consentry.paper.paper_codes import PaperKey, looks_like_code, names
from ocr import FieldReading, FormReading
from review_queue import SheetFit
from store import Clock, Entry, Event, record
from store.packet_tables import PrintBatch, PrintedSheet
from store.tables import Form, FormTemplate, Submission

_SURE_NAMES = ("student_first", "student_last")
_TEXT_AGREES, _NAME_DIFFERS = -3.0, -6.0
_DAY_AGREES, _DAY_DIFFERS, _DAY_UNREADABLE = 1.0, 3.0, -8.0
_LEGIBLE = 0.7
"""Gaps in nats between what was printed and the best reading. Measured over all kinds of scan: print is within 1.5 of it,
another name a letter apart is 6.4 or more away, another day 4.6 or more; one typed letter counts 4.
"""
_FIRST_DAY, _DAYS = date(1995, 1, 1), 365 * 35


@dataclass(frozen=True, slots=True)
class JudgedSheet:
    """What a page's code came to: the reading to go on with, and the sheet where the page agrees with it. `row_number` is that
    of the printed list, None unless the submission brought that same list.
    """

    fit: SheetFit
    reading: FormReading
    sheet_id: str | None = None
    row_number: int | None = None


def judge_sheet(
    session: Session, key: PaperKey, reading: FormReading, template: FormTemplate, submission: Submission
) -> JudgedSheet:
    """Holds one reading against the sheet that its code names."""
    if not looks_like_code(reading.sheet_code):
        return JudgedSheet(SheetFit.NONE, reading)
    code = key.open_sheet_code(reading.sheet_code)
    sheet = session.get(PrintedSheet, f"{code.batch_id}/{code.row_number}") if code else None
    if code is None or sheet is None:
        return JudgedSheet(SheetFit.FORGED, reading)
    batch = session.get_one(PrintBatch, sheet.batch_id)
    if batch.partner_id != submission.partner_id or not names(code.partner, submission.partner_id):
        return JudgedSheet(SheetFit.OTHER_PARTNER, reading)
    if sheet.template_id != template.template_id or not names(code.template, template.template_id):
        return JudgedSheet(SheetFit.OTHER_BLANK, reading)
    printed = {name: str(value) for name, value in sheet.printed.items()}
    fit = compare_with_print(reading, printed)
    if fit is not SheetFit.AGREES:
        return JudgedSheet(fit, reading)
    same_list = batch.list_sha256 == submission.list_sha256
    agreeing = dict(_find_agreeing(reading, printed))
    return JudgedSheet(
        fit, reading.with_typed_fields(agreeing), sheet.sheet_id, sheet.row_number if same_list else None
    )


def compare_with_print(reading: FormReading, printed: Mapping[str, str]) -> SheetFit:
    """Whether the page's own pixels say the name and birth date that were printed: AGREES, DIFFERS or UNREAD."""
    gaps = [
        _measure_gap(field, printed[name]) if field is not None and not field.is_empty else None
        for name in _SURE_NAMES
        for field in (reading.fields.get(name),)
    ]
    day = _compare_day(reading.fields.get("birth_date"), read_printed_day(printed["birth_date"]))
    legible = [_is_legible(reading.fields.get(name)) for name in _SURE_NAMES]
    if day is SheetFit.DIFFERS or any(
        gap is not None and gap < _NAME_DIFFERS and sure for gap, sure in zip(gaps, legible, strict=True)
    ):
        return SheetFit.DIFFERS
    if day is SheetFit.AGREES and all(gap is not None and gap >= _TEXT_AGREES for gap in gaps):
        return SheetFit.AGREES
    return SheetFit.UNREAD


def record_sheet_back(session: Session, sheet_id: str | None, form: Form, actor: str, clock: Clock) -> None:
    """Notes the form as which a sheet came back; of several the last. The session holds the ledger's lock."""
    sheet = session.get(PrintedSheet, sheet_id) if sheet_id else None
    if sheet is None or sheet.form_id == form.form_id:
        return
    sheet.form_id, sheet.came_back_on = form.form_id, sheet.came_back_on or clock.today
    record(session, clock, Entry(Event.SHEET_CAME_BACK, sheet.sheet_id, actor, [sheet]))


def _compare_day(field: FieldReading | None, printed: date) -> SheetFit:
    if field is None or field.is_empty:
        return SheetFit.UNREAD
    days = [_FIRST_DAY + timedelta(days=number) for number in range(_DAYS)]
    scores = field.score_days(days)
    best, own = float(scores.max()), float(field.score_days([printed])[0])
    if best < field.score_greedy() + _DAY_UNREADABLE:
        return SheetFit.UNREAD
    if own >= best - _DAY_AGREES:
        return SheetFit.AGREES
    return SheetFit.DIFFERS if own < best - _DAY_DIFFERS else SheetFit.UNREAD


def _find_agreeing(reading: FormReading, printed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The printed values whose pixels agree; name and birth date do already."""
    for name, text in printed.items():
        field = reading.fields.get(name)
        if field is None or name in reading.altered or name in reading.cut_off:
            continue
        if name == "birth_date" or _measure_gap(field, text) >= _TEXT_AGREES:
            yield name, text


def _measure_gap(field: FieldReading, text: str) -> float:
    """How much worse than the field's own best reading a text explains the pixels (nats; about 0 or less)."""
    return float(field.score([text])[0]) - field.score_greedy()


def _is_legible(field: FieldReading | None) -> bool:
    return field is not None and field.confidence >= _LEGIBLE
