"""Readings: what a field's pixels say, and what a form's fields say together. They keep their evidence, so that any text can
be weighed against the pixels later, also after being stored.

A reading never says whose form it is. An empty or unreadable field has an empty text; it never counts as a value.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import DamerauLevenshtein

from ocr.alphabet import SIZE, fold_text
from ocr.ctc import LOWEST, Matrix, Scores, score_candidates
from ocr.date_spellings import FIRST_YEAR, LAST_YEAR
from ocr.dates import DayShare, find_swapped, rank_days, read_as_digits, weigh_days, weigh_typed_days
from ocr.digit_mixing import average_scores
from ocr.id_reading import IdShape, name_id_shape
from ocr.letters import read_as_letters
from ocr.types import FIELD_KINDS, FieldKind, Mark, PixelBox, TemplateIdentity

_FORMAT = 1
NO_BOX = PixelBox(0, 0, 0, 0)
_TYPED_ENGINE = "typed"
_TYPED_SLIP = 4.0
_OTHER_TYPED_DAY = -40.0


@dataclass(frozen=True, slots=True, eq=False)
class FieldReading:
    """One field. `text` as written (best reading), `value` normalised (a date as YYYY-MM-DD, an ID as digits, "" if none),
    `confidence` 0 to 1, `box` in page pixels, `mark` for tick boxes and signatures; `views` are the CTC outputs behind it.
    """

    kind: FieldKind
    text: str
    confidence: float
    engine: str
    box: PixelBox = NO_BOX
    value: str = ""
    mark: Mark = Mark.EMPTY
    greedy: str = ""
    views: tuple[Matrix, ...] = field(default=(), repr=False)

    @property
    def is_typed(self) -> bool:
        """Whether a program typed the value: there are no pixels to weigh."""
        return self.engine == _TYPED_ENGINE

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in the field (for an unreadable one: False)."""
        return self.mark is Mark.EMPTY

    def score(self, candidates: Sequence[str]) -> Scores:
        """Natural-log probability of each candidate given the pixels, finite, comparable within this reading.

        A candidate YYYY-MM-DD of a date field stands for that day in any way of writing; of an ID field letters that look
        like digits count for them. Views are averaged in the logarithm, each with its recogniser's weight.
        """
        if not self.views:
            return _score_typed(self.value or self.text, candidates) if self.text else np.full(len(candidates), LOWEST)
        return average_scores([self._score_view(view, candidates) for view in self.views])

    def score_days(self, days: Sequence[date]) -> Scores:
        """Natural-log probability of each day given the pixels of a date field."""
        if not self.views:
            typed = _parse_day(self.value)
            return np.array([0.0 if day == typed else _OTHER_TYPED_DAY for day in days])
        return average_scores([weigh_days(view).score_many(days) for view in self.views])

    def rank_days(self, count: int = 5) -> list[DayShare]:
        """The likeliest days of a date field with their shares among all days, best first; none where nothing was read."""
        if self.kind is not FieldKind.DATE or not self.value:
            return []
        return rank_days(self._mean_days(), count)

    @property
    def id_shape(self) -> IdShape:
        """Whether the district's number, the state's or a username stands in an ID field."""
        return name_id_shape(self.value)

    @property
    def swapped_day(self) -> date | None:
        """The other day that a date may mean whose month and day might stand in either order; None where one alone fits."""
        if self.kind is not FieldKind.DATE or not self.value:
            return None
        return find_swapped(self._mean_days(), date.fromisoformat(self.value))

    def _mean_days(self) -> NDArray[np.float64]:
        scores = [weigh_days(view) for view in self.views] or [weigh_typed_days(self.text)]
        return average_scores([one.table for one in scores])

    def score_greedy(self) -> float:
        """Natural-log probability of the most probable path through the pixels: what any good explanation comes near."""
        if not self.views:
            return 0.0
        return float(np.mean([np.log(np.maximum(view.max(axis=1), 1e-9)).sum() for view in self.views]))

    def _score_view(self, view: Matrix, candidates: Sequence[str]) -> Scores:
        if self.kind is FieldKind.STUDENT_ID:
            return score_candidates(read_as_digits(view)[:, :SIZE], candidates)
        if self.kind is FieldKind.NAME:
            return score_candidates(read_as_letters(view), candidates)
        if self.kind is not FieldKind.DATE:
            return score_candidates(view, candidates)
        days = [_parse_day(text) for text in candidates]
        scores = np.full(len(candidates), LOWEST)
        table = weigh_days(view)
        for place, day in enumerate(days):
            if day is not None:
                scores[place] = table.score(day)
        others = [place for place, day in enumerate(days) if day is None]
        if others:
            scores[others] = score_candidates(view, [candidates[place] for place in others])
        return scores

    @classmethod
    def from_text(cls, kind: FieldKind, text: str, box: PixelBox = NO_BOX) -> FieldReading:
        """A value that was typed into a fillable form: certain as text, weighed by edit distance."""
        tidy = " ".join(text.split())
        mark = Mark.MARKED if tidy else Mark.EMPTY
        return cls(kind, tidy, 1.0, _TYPED_ENGINE, box, value=normalise_value(kind, tidy), mark=mark, greedy=tidy)


@dataclass(frozen=True, slots=True, eq=False)
class FormReading:
    """A form's fields, which template it is and how it lies. `corners` are the blank's corners on the page, clockwise from
    top left; `cut_off` names fields that lie outside the picture, `altered` those scribbled over or struck out;
    `agreement` and `inliers` tell how well it registered; `page_number` (from 1) which page of the blank it is, `elsewhere`
    which fields stand on its other pages alone, `order_unsure` whether its pages were joined in doubt; `sheet_code` what the
    code says that was printed beyond the blank's own; `version_unsure` whether it may as well be another year's or language's.
    """

    template_identity: TemplateIdentity
    fields: dict[str, FieldReading]
    corners: tuple[tuple[float, float], ...]
    cut_off: tuple[str, ...]
    altered: tuple[str, ...]
    inliers: int
    agreement: float
    page_number: int = 1
    elsewhere: tuple[str, ...] = ()
    order_unsure: bool = False
    sheet_code: str = ""
    version_unsure: bool = False

    def with_typed_fields(self, typed: Mapping[str, str]) -> FormReading:
        """The reading with values that a program typed into a fillable form in place of their pixels."""
        fields = dict(self.fields)
        for name, text in typed.items():
            known, kind = fields.get(name), FIELD_KINDS.get(name)
            if known is None or kind is None or kind is FieldKind.SIGNATURE:
                continue
            if kind is FieldKind.CHECKBOX:
                mark = Mark.EMPTY if text in ("", "Off") else Mark.MARKED
                fields[name] = replace(known, mark=mark, confidence=1.0, engine=_TYPED_ENGINE)
            elif text.strip():
                fields[name] = FieldReading.from_text(kind, text, known.box)
        return replace(self, fields=fields)

    def to_bytes(self) -> bytes:
        """The reading as bytes, to be kept."""
        described = {
            "format": _FORMAT,
            "template": list(self.template_identity),
            "corners": self.corners,
            "cut_off": self.cut_off,
            "altered": self.altered,
            "inliers": self.inliers,
            "agreement": self.agreement,
            "page_number": self.page_number,
            "elsewhere": self.elsewhere,
            "order_unsure": self.order_unsure,
            "sheet_code": self.sheet_code,
            "version_unsure": self.version_unsure,
            "fields": {name: _describe(reading) for name, reading in self.fields.items()},
        }
        arrays: dict[str, np.ndarray] = {
            f"{name}/{place}": view.astype(np.float16)
            for name, reading in self.fields.items()
            for place, view in enumerate(reading.views)
        }
        stream = io.BytesIO()
        arrays["described"] = np.frombuffer(json.dumps(described).encode(), np.uint8)
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # the stub takes a name for an option
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> FormReading:
        """A reading that was kept; `ValueError` for bytes that are none of this version."""
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            described = json.loads(kept["described"].tobytes())
            if described["format"] != _FORMAT:
                raise ValueError("a reading of another version")
            fields = {
                name: _restore(
                    entry, tuple(kept[f"{name}/{place}"].astype(np.float32) for place in range(entry["views"]))
                )
                for name, entry in described["fields"].items()
            }
        corners = tuple((float(x), float(y)) for x, y in described["corners"])
        identity = TemplateIdentity(*described["template"])
        return cls(
            identity,
            fields,
            corners,
            tuple(described["cut_off"]),
            tuple(described["altered"]),
            described["inliers"],
            described["agreement"],
            described.get("page_number", 1),
            tuple(described.get("elsewhere", ())),
            described.get("order_unsure", False),
            described.get("sheet_code", ""),
            described.get("version_unsure", False),
        )


def normalise_value(kind: FieldKind, text: str) -> str:
    """A date as YYYY-MM-DD, an ID without its blanks, else the text itself."""
    if kind is FieldKind.DATE:
        return text if _is_plain_day(text) else _find_likeliest_day(text)
    return "".join(text.split()) if kind is FieldKind.STUDENT_ID else text


def _is_plain_day(text: str) -> bool:
    """Whether a text is a day of the years that are weighed as the program itself writes it: it can be no other."""
    day = _parse_day(text) if len(text) == len("2012-03-14") and text[4] == text[7] == "-" else None
    return day is not None and FIRST_YEAR <= day.year <= LAST_YEAR


def _find_likeliest_day(text: str) -> str:
    best = rank_days(weigh_typed_days(text).table, 1)
    return best[0].day.isoformat() if best else ""


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    parts = text.replace("-", "/").replace(".", "/").split("/")
    try:
        month, day, year = (int(part) for part in parts)
        return date(year + (2000 if year < 100 else 0), month, day)
    except ValueError:
        return None


def _score_typed(text: str, candidates: Sequence[str]) -> Scores:
    typed = fold_text(text).replace(" ", "")
    return np.array(
        [
            -_TYPED_SLIP * DamerauLevenshtein.distance(typed, folded)
            if (folded := fold_text(c).replace(" ", ""))
            else LOWEST
            for c in candidates
        ],
        np.float64,
    )


def _describe(reading: FieldReading) -> dict[str, object]:
    return {
        "kind": reading.kind,
        "text": reading.text,
        "confidence": reading.confidence,
        "engine": reading.engine,
        "box": list(reading.box),
        "value": reading.value,
        "mark": reading.mark,
        "greedy": reading.greedy,
        "views": len(reading.views),
    }


def _restore(entry: dict[str, object], views: tuple[Matrix, ...]) -> FieldReading:
    box = entry["box"]
    assert isinstance(box, list)  # noqa: S101 - written by `_describe`
    return FieldReading(
        kind=FieldKind(str(entry["kind"])),
        text=str(entry["text"]),
        confidence=float(str(entry["confidence"])),
        engine=str(entry["engine"]),
        box=PixelBox(*box),
        value=str(entry["value"]),
        mark=Mark(str(entry["mark"])),
        greedy=str(entry["greedy"]),
        views=views,
    )
