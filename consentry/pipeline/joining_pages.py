"""Joins the pages of forms whose blank has several: by the page that each one is, and the order in which they lie.

Pages that follow each other in the blank's order within one file belong together. Where a page lies alone among them, or the
order is another, the likeliest belong together and a person is asked: one family's signature must never come under another
child's name. A form without one of its pages keeps the fields of the missing page as ones that can't be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ocr import FIELD_KINDS, FieldReading, FormReading, Mark

MISSING_ENGINE = "page missing"


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page of a form as it was read, and the file in which it lies."""

    form_id: str
    template_id: str
    document_sha256: str
    reading: FormReading


@dataclass(frozen=True, slots=True)
class JoinedPages:
    """The pages of one form, the first of the blank's pages foremost. `is_unsure`: a person has to see that they belong
    together.
    """

    pages: tuple[ReadPage, ...]
    is_unsure: bool = False

    @property
    def form_id(self) -> str:
        """The form is known by its first page."""
        return self.pages[0].form_id

    @property
    def is_complete(self) -> bool:
        """Whether every field of the blank is on one of the pages."""
        there = {name for page in self.pages for name in page.reading.fields}
        return all(name in there for page in self.pages for name in page.reading.elsewhere)

    def merge(self) -> FormReading:
        """One reading of all pages; the fields of a missing page can't be told."""
        first, *later = (page.reading for page in self.pages)
        fields = {name: field for reading in reversed([first, *later]) for name, field in reading.fields.items()}
        missing = tuple(name for name in first.elsewhere if name not in fields)
        lost = {name: FieldReading(FIELD_KINDS[name], "", 0.0, MISSING_ENGINE, mark=Mark.UNSURE) for name in missing}
        readings = (first, *later)
        codes = {reading.sheet_code for reading in readings if reading.sheet_code}
        return replace(
            first,
            fields={**fields, **lost},
            cut_off=(*(name for reading in readings for name in reading.cut_off), *missing),
            altered=tuple(name for reading in readings for name in reading.altered),
            elsewhere=(),
            order_unsure=self.is_unsure or len(codes) > 1,
            version_unsure=all(reading.version_unsure for reading in readings),
            sheet_code=first.sheet_code or next(iter(codes), ""),
        )


def join_pages(pages: Sequence[ReadPage]) -> list[JoinedPages]:
    """The forms that pages make up, in the order of their first pages; `pages` come as they lie in the submission."""
    joined: list[JoinedPages] = []
    for _, of_file in groupby(pages, key=lambda page: (page.document_sha256, page.template_id)):
        joined += _join_file(list(of_file))
    whole = [form for form in joined if form.is_complete]
    whole += _join_rest([form for form in joined if not form.is_complete])
    places = {page.form_id: place for place, page in enumerate(pages)}
    return sorted(whole, key=lambda form: min(places[page.form_id] for page in form.pages))


def _join_file(pages: Sequence[ReadPage]) -> list[JoinedPages]:
    """Pages of one blank that lie together in one file."""
    rising = _split(pages)
    if all(form.is_complete for form in rising):
        return rising
    falling = _split(pages[::-1])
    if all(form.is_complete for form in falling):
        return [replace(form, is_unsure=len(falling) > 1) for form in falling]
    in_step = _pair_up(pages)
    if in_step:
        return in_step
    begun_late = any(form.pages[0].reading.page_number > _first_number(pages) for form in rising)
    return [replace(form, is_unsure=begun_late and len(form.pages) > 1) for form in rising]


def _split(pages: Sequence[ReadPage]) -> list[JoinedPages]:
    """Runs of pages of which each is a later one of the blank than the one before."""
    runs: list[list[ReadPage]] = []
    for page in pages:
        if runs and page.reading.elsewhere and page.reading.page_number > runs[-1][-1].reading.page_number:
            runs[-1].append(page)
        else:
            runs.append([page])
    return [JoinedPages(tuple(run)) for run in runs]


def _join_rest(partial: Sequence[JoinedPages]) -> list[JoinedPages]:
    """What is left of each blank: where it makes whole forms, the k-th of each page belong together, and a person is asked."""
    joined: list[JoinedPages] = []
    by_blank = sorted(partial, key=lambda form: form.pages[0].template_id)
    for _, of_blank in groupby(by_blank, key=lambda form: form.pages[0].template_id):
        left = list(of_blank)
        joined += _pair_up([page for form in left for page in form.pages]) or left
    return joined


def _pair_up(pages: Sequence[ReadPage]) -> list[JoinedPages]:
    """The k-th of each page together, if that makes whole forms of all; else none."""
    numbered: dict[int, list[ReadPage]] = {}
    for page in pages:
        numbered.setdefault(page.reading.page_number, []).append(page)
    if len({len(found) for found in numbered.values()}) != 1:
        return []
    forms = [JoinedPages(_in_order(group), is_unsure=True) for group in zip(*numbered.values(), strict=True)]
    return forms if all(form.is_complete for form in forms) else []


def _in_order(pages: Iterable[ReadPage]) -> tuple[ReadPage, ...]:
    return tuple(sorted(pages, key=lambda page: page.reading.page_number))


def _first_number(pages: Sequence[ReadPage]) -> int:
    return min(page.reading.page_number for page in pages)
