"""The policy in force: thresholds and the calendar of school years, checked whole, with its hash."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consentry.errors import CommandError
from review_queue import Policy, SchoolYear

_YEAR_LABEL = re.compile(r"(\d{4})-(\d{2})")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Calendar(_Strict):
    begins: str = Field(pattern=r"^\d\d-\d\d$")
    due: str = Field(pattern=r"^\d\d-\d\d$")
    ends: str = Field(pattern=r"^\d\d-\d\d$")


class _Acceptance(_Strict):
    accept_probability: float = Field(gt=0.5, le=1)
    runner_up_limit: float = Field(ge=0, lt=0.5)
    witness_probability: float = Field(ge=0, le=1)
    not_enrolled_probability: float = Field(ge=0, le=1)
    date_probability: float = Field(gt=0.5, le=1)
    date_fault_probability: float = Field(gt=0.5, le=1)
    second_person_below: float = Field(ge=0, le=1)


class _Gates(_Strict):
    training_must_be_recorded: bool


class _ServiceTargets(_Strict):
    soon: int = Field(ge=0)
    late: int = Field(ge=0)


class _PolicyFile(_Strict):
    school_year: _Calendar
    acceptance: _Acceptance
    gates: _Gates
    service_targets: _ServiceTargets


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The policy file, as the rules need it. Service targets are days."""

    policy: Policy
    soon_days: int
    late_days: int
    _calendar: _Calendar

    def find_school_year(self, label: str) -> SchoolYear:
        """The days of the school year `label` (such as 2024-25); `CommandError` if that is no school year."""
        found = _YEAR_LABEL.fullmatch(label)
        if not found or (int(found[1]) + 1) % 100 != int(found[2]):
            raise CommandError("a school year is written like 2024-25")
        first, last = int(found[1]), int(found[1]) + 1
        return SchoolYear(
            label,
            _day_of(first, self._calendar.begins),
            _day_of(last, self._calendar.due),
            _day_of(last, self._calendar.ends),
        )


def load_rulebook(home: Path) -> Rulebook:
    """The rulebook of a home, or the one that comes with the program. `CommandError` lists every fault of the file."""
    own = home / "policy.toml"
    content = own.read_bytes() if own.exists() else (resources.files("consentry") / "data/policy.toml").read_bytes()
    try:
        parsed = _PolicyFile.model_validate(tomllib.loads(content.decode()))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CommandError(f"policy.toml has faults: {faults}") from None
    except ValueError:
        raise CommandError("policy.toml is not TOML") from None
    policy = Policy(
        **parsed.acceptance.model_dump(),
        training_must_be_recorded=parsed.gates.training_must_be_recorded,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return Rulebook(policy, parsed.service_targets.soon, parsed.service_targets.late, parsed.school_year)


def _day_of(year: int, month_day: str) -> date:
    try:
        return date.fromisoformat(f"{year}-{month_day}")
    except ValueError:
        raise CommandError(f"policy.toml has a day that {year} does not have: {month_day}") from None
