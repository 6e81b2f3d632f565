"""Holds what is installed, and the lock, against the floors: `python tools/check_dependencies.py [--lock FILE] [--floors FILE]`

It names a package below its floor, one that has to be there and isn't, a pin without a hash, and a dependency of pyproject.toml
that the lock lacks or pins outside its range. An audit against a list of advisories says "fine" when it can't reach its list;
this needs none, so what it says is what there is.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.+!-]+)(?P<rest>.*)$")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


@dataclass(frozen=True, slots=True)
class Floor:
    """The lowest version of a package, and why."""

    name: str
    version: Version
    why: str


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of the lock."""

    name: str
    version: Version
    hashes: int


def read_floors(file: Path) -> list[Floor]:
    """The floors of a file."""
    read = tomllib.loads(file.read_text(encoding="utf-8"))["floors"]
    return [Floor(canonicalize_name(name), Version(version), why) for name, (version, why) in read.items()]


def read_lock(file: Path) -> list[Pin]:
    """The pins of a lock: lines of `name==version`, their hashes on the same line or on those that continue it."""
    joined = file.read_text(encoding="utf-8").replace("\\\n", " ")
    pins = []
    for line in joined.splitlines():
        if line.strip() and not line.startswith("#"):
            found = _PIN.match(line.strip())
            if found is None:
                raise SystemExit(f"{file.name}: cannot read {line.strip()[:60]!r}")
            hashes = len(_HASH.findall(found["rest"]))
            pins.append(Pin(canonicalize_name(found["name"]), Version(found["version"]), hashes))
    return pins


def find_installed_faults(floors: list[Floor]) -> Iterator[str]:
    """What is installed and shouldn't be, or isn't and should."""
    for floor in floors:
        try:
            installed = Version(metadata.version(floor.name))
        except metadata.PackageNotFoundError:
            yield f"{floor.name} is not installed ({floor.why})"
            continue
        if installed < floor.version:
            yield f"{floor.name} {installed} is installed, below {floor.version} ({floor.why})"


def find_lock_faults(pins: list[Pin], floors: list[Floor], required: list[Requirement]) -> Iterator[str]:
    """What a lock pins and shouldn't, or lacks."""
    pinned = {pin.name: pin for pin in pins}
    for pin in pins:
        if not pin.hashes:
            yield f"{pin.name} is pinned without a hash"
    for floor in floors:
        pin = pinned.get(floor.name)
        if pin is not None and pin.version < floor.version:
            yield f"{floor.name} is pinned to {pin.version}, below {floor.version} ({floor.why})"
    for requirement in required:
        pin = pinned.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"{requirement.name} is not in the lock"
        elif not requirement.specifier.contains(pin.version):
            yield f"{requirement.name} is pinned to {pin.version}, outside {requirement.specifier}"


def read_required(file: Path) -> list[Requirement]:
    """What the project asks for."""
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    return [Requirement(text) for text in read["project"]["dependencies"]]


def main() -> int:
    """Prints each fault; 1 where there is any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", type=Path, default=ROOT / "tools" / "lock.txt")
    parser.add_argument("--floors", type=Path, default=ROOT / "tools" / "floors.toml")
    arguments = parser.parse_args()
    floors = read_floors(arguments.floors)
    faults = [*find_installed_faults(floors)]
    faults += find_lock_faults(read_lock(arguments.lock), floors, read_required(ROOT / "pyproject.toml"))
    for fault in faults:
        sys.stderr.write(f"dependencies: {fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
