"""A policy file: thresholds, the promise about wrong grants, times of release, the calendar of school years; checked whole.

Which policy is in force is decided in `consentry.risk.policy_versions`; this module only reads and writes files. A section
that a file of before does not have takes the values that it had then.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from importlib import resources
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from consentry.errors import CommandError
from consentry.program_year.school_years import YearRules, draft_year, find_label, read_year
from review_queue import Policy, SchoolYear, Stratum, StratumThreshold

TRAITS = ("student_number", "language", "scan")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Trait = Literal["student_number", "language", "scan"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_YEAR_LABEL = re.compile(r"(\d{4})-(\d{2})")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Calendar(_Strict):
    begins: str = Field(pattern=r"^\d\d-\d\d$")
    due: str = Field(pattern=r"^\d\d-\d\d$")
    ends: str = Field(pattern=r"^\d\d-\d\d$")


class _StratumAcceptance(_Strict):
    accept_probability: float = Field(gt=0.5, le=1)
    student_number: Literal["", "present", "absent"] = ""
    language: str = Field(default="", max_length=8)
    scan: Literal["", "photo", "scan", "typed"] = ""


class _Acceptance(_Strict):
    accept_probability: float = Field(gt=0.5, le=1)
    runner_up_limit: float = Field(ge=0, lt=0.5)
    witness_probability: float = Field(ge=0, le=1)
    not_enrolled_probability: float = Field(ge=0, le=1)
    date_probability: float = Field(gt=0.5, le=1)
    date_fault_probability: float = Field(gt=0.5, le=1)
    second_person_below: float = Field(ge=0, le=1)
    strata: tuple[_StratumAcceptance, ...] = ()


class _Gates(_Strict):
    training_must_be_recorded: bool
    consent_at_18: Literal["lapse", "keep"] = "lapse"


class _ServiceTargets(_Strict):
    soon: int = Field(ge=0)
    late: int = Field(ge=0)


class RiskTerms(_Strict):
    """The promise: at most this share of the automatic grants is wrong, shown by labels at this confidence."""

    promised_false_grant_rate: float = Field(default=0.0001, gt=0, lt=0.5)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    stratify_by: tuple[Trait, ...] = ("student_number",)


class _BlindSample(_Strict):
    share: float = Field(default=0.02, ge=0, le=1)


class ReleaseTimes(_Strict):
    """When partners are told what was decided: local times of week days. `report_command`: what the command `report` writes;
    `packages`: whether reports and feeds hold every open grant, which tells the partner of it, or wait for its release.
    """

    timezone: str = "America/Los_Angeles"
    days: tuple[Day, ...] = Field(default=("mon", "tue", "wed", "thu", "fri"), min_length=1)
    times: tuple[str, ...] = Field(default=("16:00",), min_length=1)
    report_command: Literal["complete", "as_released"] = "complete"
    packages: Literal["complete", "as_released"] = "complete"

    @field_validator("timezone")
    @classmethod
    def _check_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone") from None
        return name

    @field_validator("times")
    @classmethod
    def _check_times(cls, times: tuple[str, ...]) -> tuple[str, ...]:
        for text in times:
            if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
                raise ValueError("a time is written like 16:00")
        return times

    def list_times(self) -> list[time]:
        """The times of a day, in order."""
        return sorted(time.fromisoformat(text) for text in self.times)


class PolicyFile(_Strict):
    """All sections of a policy file."""

    school_year: _Calendar
    acceptance: _Acceptance
    gates: _Gates
    service_targets: _ServiceTargets
    risk: RiskTerms = RiskTerms()
    blind_sample: _BlindSample = _BlindSample()
    release: ReleaseTimes = ReleaseTimes()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What a decision was made under, by hash: the policy, and the file of its school year. Both are documents."""

    policy_sha256: str
    year_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A policy file, as the program needs it, with the school years in force. Service targets are days; `blind_share` is 0 to
    1.
    """

    policy: Policy
    soon_days: int
    late_days: int
    risk: RiskTerms
    blind_share: float
    release: ReleaseTimes
    file: PolicyFile
    years: Mapping[str, YearRules] = field(default_factory=dict)

    @property
    def lapses_at_18(self) -> bool:
        """Whether a parent's consent lapses on the student's 18th birthday."""
        return self.file.gates.consent_at_18 == "lapse"

    def find_school_year(self, label: str) -> SchoolYear:
        """The days of the school year `label` (such as 2024-25): of the year's file in force, else of the policy's calendar.
        `CommandError` if that is no school year.
        """
        if label in self.years:
            return self.years[label].school_year
        found = _YEAR_LABEL.fullmatch(label)
        if not found or (int(found[1]) + 1) % 100 != int(found[2]):
            raise CommandError("a school year is written like 2024-25")
        first, last, calendar = int(found[1]), int(found[1]) + 1, self.file.school_year
        return SchoolYear(
            label, _day_of(first, calendar.begins), _day_of(last, calendar.due), _day_of(last, calendar.ends)
        )

    def find_running_year(self, day: date) -> str:
        """The label of the school year that runs on a day: the last that has begun."""
        label = find_label(day.year)
        return label if self.find_school_year(label).begins <= day else find_label(day.year - 1)

    def is_open_on(self, label: str, day: date) -> bool:
        """Whether `label` is a school year whose forms are published by a day, and that has not ended."""
        try:
            days = self.find_year_rules(label).file.school_year
        except CommandError:
            return False
        return days.forms_published <= day <= days.ends

    def find_year_rules(self, label: str) -> YearRules:
        """The rules of a school year: of its file in force, else as the program drafts them."""
        return self.years.get(label) or read_year(draft_year(self.find_school_year(label)), label)

    def find_rule_set(self, school_year: str | None) -> RuleSet:
        """The hashes of what a decision on something of that school year was made under; None: of no year that is known."""
        year = self.years.get(school_year) if school_year else None
        return RuleSet(self.policy.sha256, year.sha256 if year else None)


def read_built_in_policy() -> bytes:
    """The file of the policy that comes with the program."""
    return (resources.files("consentry") / "data/policy.toml").read_bytes()


def read_rulebook(content: bytes) -> Rulebook:
    """The rulebook of a policy file. `CommandError` lists every fault of the file."""
    try:
        parsed = PolicyFile.model_validate(tomllib.loads(content.decode()))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CommandError(f"the policy file has faults: {faults}") from None
    except ValueError:
        raise CommandError("the policy file is not TOML") from None
    thresholds = parsed.acceptance.model_dump(exclude={"strata"})
    strata = tuple(
        StratumThreshold(special.accept_probability, Stratum(special.student_number, special.language, special.scan))
        for special in parsed.acceptance.strata
    )
    policy = Policy(
        **thresholds,
        training_must_be_recorded=parsed.gates.training_must_be_recorded,
        sha256=hashlib.sha256(content).hexdigest(),
        strata=strata,
    )
    targets = parsed.service_targets
    share = parsed.blind_sample.share
    return Rulebook(policy, targets.soon, targets.late, parsed.risk, share, parsed.release, parsed)


def write_policy(file: PolicyFile, accept_probability: float, strata: Sequence[StratumThreshold]) -> bytes:
    """`file` with other thresholds for automatic acceptance, as TOML."""
    lines = ["# Written by `consentry policy set` from the policy before it, with other thresholds for acceptance.", ""]
    for section, values in file.model_dump().items():
        lines.append(f"[{section}]")
        for name, value in values.items():
            if name == "accept_probability":
                lines.append(f"{name} = {accept_probability!r}")
            elif name != "strata":
                lines.append(f"{name} = {_write_value(value)}")
        lines.append("")
        if section == "acceptance":
            for special in strata:
                lines += ["[[acceptance.strata]]", f"accept_probability = {special.accept_probability!r}"]
                traits = ((trait, getattr(special.stratum, trait)) for trait in TRAITS)
                lines += [*(f"{trait} = {_write_value(value)}" for trait, value in traits if value), ""]
    return "\n".join(lines).encode()


def _write_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_write_value(part) for part in value) + "]"
    return repr(value)


def _day_of(year: int, month_day: str) -> date:
    try:
        return date.fromisoformat(f"{year}-{month_day}")
    except ValueError:
        raise CommandError(f"the policy has a day that {year} does not have: {month_day}") from None
