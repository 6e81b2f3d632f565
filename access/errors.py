"""What can go wrong in access: data that cannot be used as it is. Every fault is named, none holds a name or a birth date."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 12


class AccessError(Exception):
    """The base of this folder's errors. `faults`: one sentence each, all that were found."""

    def __init__(self, what: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        super().__init__(f"{what}: {'; '.join(faults[:_SHOWN])}{more}")


class RegistryError(AccessError):
    """The registry of reports cannot be used."""


class StudentDataError(AccessError):
    """The student data cannot be used."""
