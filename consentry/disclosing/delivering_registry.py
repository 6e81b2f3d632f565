"""The registry of reports and the redisclosure notice in force: those of the home, else those that come with the program."""

from __future__ import annotations

from dataclasses import dataclass

from access.adr_package import read_own_notice
from access.adr_registry import Registry, parse_registry, read_own_registry
from access.errors import RegistryError
from consentry.errors import CommandError
from consentry.program import Program

REGISTRY_NAME, NOTICE_NAME = "report_registry.toml", "redisclosure_notice.txt"


@dataclass(frozen=True, slots=True)
class RegistryInForce:
    """A registry with the bytes it was read from, and the notice of each package."""

    registry: Registry
    content: bytes
    notice: str


def load_registry(program: Program) -> RegistryInForce:
    """The registry of a home. `CommandError` lists every fault of the file."""
    own, notice = program.settings.home / REGISTRY_NAME, program.settings.home / NOTICE_NAME
    content = own.read_bytes() if own.exists() else read_own_registry()
    try:
        registry = parse_registry(content)
    except RegistryError as error:
        raise CommandError(f"{REGISTRY_NAME}: {error}") from None
    text = notice.read_text(encoding="utf-8") if notice.exists() else read_own_notice()
    if not text.strip():
        raise CommandError(f"{NOTICE_NAME} is empty: a package must carry the redisclosure notice")
    return RegistryInForce(registry, content, text)
