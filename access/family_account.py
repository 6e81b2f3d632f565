"""A family's account of what was disclosed of its student: when, to whom, what, how, what for and on what consent.

Fixed text comes from a file a language; names of organizations, people and purposes stand as they were recorded. Dates are
written YYYY-MM-DD in every language. csv is for reading on, html for printing; both hold the same lines.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from html import escape
from importlib import resources

from access.adr_files import disarm
from access.types import CATEGORIES

_LEFT_TO_RIGHT, _END = "\u2066", "\u2069"


class Way(StrEnum):
    """How something left the house; the values are the kinds of a disclosure."""

    ADR = "adr"
    FEED = "staag-feed"
    VIEW = "staag-view"


@dataclass(frozen=True, slots=True)
class DisclosureLine:
    """One disclosure. `until`: the last day of what stood open over a time, None while it is open or for what is one moment;
    `consented_on`, `form_id`: the consent, None on another basis.
    """

    way: Way
    first: date
    until: date | None
    recipient: str
    people: tuple[str, ...]
    categories: tuple[str, ...]
    purpose: str
    form_id: str | None
    consented_on: date | None


@dataclass(frozen=True, slots=True)
class FamilyTexts:
    """The fixed text of one language."""

    language: str
    approved: bool
    name: str
    dir: str
    title: str
    intro: str
    student: str
    made_on: str
    when: str
    to: str
    what: str
    how: str
    why: str
    ground: str
    identity: str
    birth_date: str
    attendance: str
    discipline: str
    assessment: str
    demographics: str
    adr: str
    feed: str
    view: str
    people: str
    still_open: str
    consent: str
    signed_on: str
    form: str
    list: str
    none: str
    contact: str
    sample: str


@dataclass(frozen=True, slots=True)
class FamilyAccount:
    """Whose, made when, of what, in which language."""

    student_id: str
    made_on: date
    lines: tuple[DisclosureLine, ...]
    texts: FamilyTexts


def list_languages() -> tuple[str, ...]:
    """The languages that there is text in."""
    names = (entry.name for entry in (resources.files("access") / "family_texts").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_texts(language: str) -> FamilyTexts | None:
    """The text of a language, None if there is none; zh is zh-Hans."""
    wanted = {"zh": "zh-Hans"}.get(language, language)
    if wanted not in list_languages():
        return None
    read = tomllib.loads((resources.files("access") / "family_texts" / f"{wanted}.toml").read_text(encoding="utf-8"))
    return FamilyTexts(language=wanted, **{field.name: read[field.name] for field in fields(FamilyTexts)[1:]})


def write_account_csv(account: FamilyAccount) -> bytes:
    """The lines as csv with a byte order mark, headings in the language; no cell acts as a formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_list_headings(account.texts))
    writer.writerows([disarm(cell) for cell in _list_cells(line, account.texts)] for line in account.lines)
    return stream.getvalue().encode("utf-8-sig")


def write_account_html(account: FamilyAccount) -> bytes:
    """The account as a page to print, without script or outside parts."""
    texts = account.texts
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in _list_headings(texts))
    rows = "\n".join(
        "<tr>" + "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in _list_cells(line, texts)) + "</tr>"
        for line in account.lines
    )
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    page = _PAGE.format(
        language=texts.language,
        direction=texts.dir,
        title=escape(texts.title),
        intro=escape(texts.intro),
        student=f'{escape(texts.student)}: <b dir="ltr">{escape(account.student_id)}</b>',
        made=f'{escape(texts.made_on)}: <b dir="ltr">{account.made_on.isoformat()}</b>',
        table=table if account.lines else f"<p><b>{escape(texts.none)}</b></p>",
        contact=escape(texts.contact),
        sample="" if texts.approved else f'<p class="sample">{escape(texts.sample)}</p>',
    )
    return page.encode()


def _list_headings(texts: FamilyTexts) -> list[str]:
    return [texts.when, texts.to, texts.what, texts.how, texts.why, texts.ground]


def _list_cells(line: DisclosureLine, texts: FamilyTexts) -> list[str]:
    how = {Way.ADR: texts.adr, Way.FEED: texts.feed, Way.VIEW: texts.view}[line.way]
    if line.people:
        how = f"{how} ({texts.people}: {_set_apart(', '.join(line.people), texts)})"
    return [
        _set_apart(_say_when(line, texts), texts),
        line.recipient,
        ", ".join(_list_kinds(line, texts)),
        how,
        line.purpose,
        _say_ground(line, texts),
    ]


def _say_when(line: DisclosureLine, texts: FamilyTexts) -> str:
    first = line.first.isoformat()
    if line.way is not Way.FEED:
        return first
    if line.until is None:
        return f"{first} – ({texts.still_open})"
    return first if line.until == line.first else f"{first} – {line.until.isoformat()}"


def _list_kinds(line: DisclosureLine, texts: FamilyTexts) -> Iterator[str]:
    yield texts.student if line.way is Way.FEED else texts.identity
    if line.way is Way.ADR:
        yield texts.birth_date
    words: Sequence[str] = (texts.attendance, texts.discipline, texts.assessment, texts.demographics)
    yield from (word for category, word in zip(CATEGORIES, words, strict=True) if category in line.categories)


def _say_ground(line: DisclosureLine, texts: FamilyTexts) -> str:
    if line.form_id is None:
        return texts.list
    signed = f", {texts.signed_on} {_set_apart(line.consented_on.isoformat(), texts)}" if line.consented_on else ""
    return f"{texts.consent}{signed} ({texts.form} {_set_apart(line.form_id, texts)})"


def _set_apart(words: str, texts: FamilyTexts) -> str:
    """A date, id or name so that text that runs from right to left leaves its parts in their order."""
    return f"{_LEFT_TO_RIGHT}{words}{_END}" if texts.dir == "rtl" else words


_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 "Noto Sans", "Noto Sans Ethiopic", "Noto Sans Arabic", "Noto Sans CJK SC", system-ui, sans-serif;
  margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1b2430; }}
h1 {{ font-size: 1.5rem; }} table {{ border-collapse: collapse; width: 100%; font-size: .95rem; }}
th, td {{ text-align: start; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #9aa5b4; }}
th {{ background: #1f3a5f; color: #fff; }} td:first-child {{ white-space: nowrap; }} td {{ overflow-wrap: anywhere; }}
.sample {{ font-size: .85rem; border-top: 1px solid #9aa5b4; padding-top: .5rem; }}
@media print {{ body {{ margin: 0; font-size: 11pt; }} tr {{ break-inside: avoid; }} }}
</style>
<h1>{title}</h1>
<p>{intro}</p>
<p>{student} · {made}</p>
{table}
<p>{contact}</p>
{sample}
</html>
"""
