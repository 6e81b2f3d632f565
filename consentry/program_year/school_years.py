"""A school year's file: its days, terms, holidays, targets, categories, forms and who reviews; read and checked whole.

Which file is in force is decided in `consentry.program_year.year_versions`; this module only reads and drafts files. The
policy's calendar gives the days of a draft; once a year's file is in force, that file alone holds.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import TypeVar

import holidays
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from access import CATEGORIES, AgreementKind
from access.business_days import BusinessCalendar
from consentry.errors import CommandError
from review_queue import SchoolYear

_LABEL = re.compile(r"(\d{4})-(\d{2})")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Section = TypeVar("_Section", bound=_Strict)


class FormVersion(_Strict):
    """A version of the family's form that the year has."""

    code: str = Field(min_length=1, max_length=80)
    language: str = Field(min_length=2, max_length=8)


class _Days(_Strict):
    label: str
    forms_published: date
    begins: date
    due: date
    ends: date
    categories: tuple[str, ...] = Field(min_length=1)
    forms: tuple[FormVersion, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> _Days:
        faults = []
        found = _LABEL.fullmatch(self.label)
        if not found or (int(found[1]) + 1) % 100 != int(found[2]):
            faults.append("a school year is written like 2024-25")
        elif not self.begins.year == int(found[1]) == self.ends.year - 1:
            faults.append(f"{self.label} begins in {found[1]} and ends in the year after")
        if not self.forms_published < self.due <= self.ends or not self.begins < self.ends:
            faults.append("its days come in the order: forms_published, due, ends; begins before ends")
        unknown = sorted(set(self.categories) - set(CATEGORIES))
        if unknown:
            faults.append(f"no such category: {', '.join(unknown)}; there are {', '.join(CATEGORIES)}")
        return _accept(self, faults)


class Targets(_Strict):
    """Business days that the program promises."""

    dsa: int = Field(ge=1, le=260)
    nua: int = Field(ge=1, le=260)
    is_: int = Field(ge=1, le=260, alias="is")
    training: int = Field(ge=1, le=260)
    forms: int = Field(ge=1, le=260)
    data: int = Field(ge=1, le=260)

    def of_kind(self, kind: AgreementKind) -> int:
        """The days for an agreement, from submitted to active."""
        days = {
            AgreementKind.DSA: self.dsa,
            AgreementKind.NUA: self.nua,
            AgreementKind.IS: self.is_,
            AgreementKind.TRAINING: self.training,
        }
        return days[kind]


class _Reminders(_Strict):
    before_target: int = Field(ge=0, le=60)
    before_due: int = Field(ge=0, le=120)
    after_return: int = Field(default=5, ge=0, le=60)
    before_term_ends: int = Field(default=5, ge=0, le=60)


class _Review(_Strict):
    dsa: tuple[str, ...] = Field(min_length=1)
    is_: tuple[str, ...] = Field(min_length=1, alias="is")

    @model_validator(mode="after")
    def _check(self) -> _Review:
        twice = [name for name, listed in (("dsa", self.dsa), ("is", self.is_)) if len(set(listed)) < len(listed)]
        return _accept(self, [f"{name} names a department twice" for name in twice])


class _Application(_Strict):
    questions: tuple[str, ...] = Field(min_length=1)


class _Lists(_Strict):
    designees_must_be_recorded: bool = False


class Term(_Strict):
    """A term of the year: its first day, and the day up to which the term before it stands in for a confirmation."""

    name: str = Field(min_length=1, max_length=40)
    begins: date
    confirm_by: date


class _Holiday(_Strict):
    day: date
    name: str = Field(min_length=1)


class YearFile(_Strict):
    """All sections of a school year's file."""

    school_year: _Days
    targets: Targets
    reminders: _Reminders
    review: _Review
    application: _Application
    lists: _Lists = _Lists()
    terms: tuple[Term, ...] = Field(min_length=1)
    holidays: tuple[_Holiday, ...]

    @model_validator(mode="after")
    def _check(self) -> YearFile:
        days, faults = self.school_year, []
        begins = [term.begins for term in self.terms]
        if begins != sorted(set(begins)):
            faults.append("terms come in the order of their first days")
        for term in self.terms:
            if not days.begins <= term.begins <= days.ends:
                faults.append(f"the term {term.name} begins outside the year")
            if term.confirm_by < term.begins:
                faults.append(f"the term {term.name} is to be confirmed before it begins")
        if len({term.name for term in self.terms}) < len(self.terms):
            faults.append("two terms have one name")
        for holiday in self.holidays:
            if not days.forms_published <= holiday.day <= days.ends:
                faults.append(f"{holiday.day.isoformat()} is no day of the year")
        return _accept(self, faults)


@dataclass(frozen=True, slots=True)
class YearRules:
    """A school year's file as the program needs it; `sha256` of its bytes stands with every decision of the year."""

    file: YearFile
    sha256: str

    @property
    def school_year(self) -> SchoolYear:
        """The year's days as the rules need them."""
        days = self.file.school_year
        return SchoolYear(days.label, days.begins, days.due, days.ends)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that a grant of the year may have, in their order."""
        return tuple(name for name in CATEGORIES if name in self.file.school_year.categories)

    @property
    def terms(self) -> tuple[Term, ...]:
        """The year's terms in their order."""
        return self.file.terms

    def find_term(self, day: date) -> tuple[Term, date]:
        """The term that runs on a day (before the first, the first), and the last day on which a confirmation given in it
        holds: that by which the next term has to be confirmed, or the year's end.
        """
        place = max((number for number, term in enumerate(self.terms) if term.begins <= day), default=0)
        later = self.terms[place + 1 : place + 2]
        return self.terms[place], later[0].confirm_by if later else self.file.school_year.ends

    def find_departments(self, kind: AgreementKind) -> tuple[str, ...]:
        """Who gives a verdict on an agreement; nobody on those that need no review."""
        by_kind = {AgreementKind.DSA: self.file.review.dsa, AgreementKind.IS: self.file.review.is_}
        return by_kind.get(kind, ())


def read_year(content: bytes, label: str) -> YearRules:
    """The rules of a year's file. `CommandError` lists every fault of the file, or says that it is of another year."""
    try:
        parsed = YearFile.model_validate(tomllib.loads(content.decode()))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the year'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise CommandError(f"the file of the school year has faults: {faults}") from None
    except ValueError:
        raise CommandError("the file of the school year is not TOML") from None
    if parsed.school_year.label != label:
        raise CommandError(f"this is the file of {parsed.school_year.label}, not of {label}")
    return YearRules(parsed, hashlib.sha256(content).hexdigest())


def draft_year(year: SchoolYear) -> bytes:
    """The file that a year has where the installation has none of its own: the state's public holidays, our targets."""
    published = date(year.begins.year, 5, 1)
    first, last = str(year.begins.year), str(year.ends.year)
    public = holidays.country_holidays("US", subdiv="WA", years=[year.begins.year, year.ends.year])
    lines = [
        f'[[holidays]]\nday = {day.isoformat()}\nname = "{name}"\n'
        for day, name in sorted(public.items())
        if published <= day <= year.ends
    ]
    text = (resources.files("consentry") / "data/year.toml").read_text("utf-8")
    filled = {
        "LABEL": year.label,
        "FIRST": first,
        "LAST": last,
        "BEGINS": year.begins.isoformat(),
        "DUE": year.due.isoformat(),
        "ENDS": year.ends.isoformat(),
        "HOLIDAYS": "\n".join(lines),
    }
    for name, value in filled.items():
        text = text.replace(f"{{{name}}}", value)
    return text.encode()


def find_label(first: int) -> str:
    """The label of the school year that begins in a calendar year."""
    return f"{first}-{(first + 1) % 100:02}"


def join_calendars(years: Iterable[YearRules]) -> BusinessCalendar:
    """The business days by the holidays of all years at hand: a step begun in May ends by the calendar of either year."""
    return BusinessCalendar({holiday.day for year in years for holiday in year.file.holidays})


def _accept(section: _Section, faults: list[str]) -> _Section:
    if faults:
        raise ValueError("; ".join(faults))
    return section
