"""Which pages a form's fields stand on: its own first, then those that were joined to it. Draws and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.types import MediaType
from store import JsonValue
from store.ids import Sha256
from store.tables import Form


@dataclass(frozen=True, slots=True)
class PageSource:
    """A page of a stored document."""

    sha256: Sha256
    media_type: MediaType
    page_index: int


def list_sources(form: Form) -> list[PageSource]:
    """The pages of a form, its own first."""
    own = PageSource(Sha256(form.document_sha256), MediaType(form.media_type), form.page_index)
    found = [find_source(field) or own for field in form.fields.values()]
    return list(dict.fromkeys([own, *found]))


def find_source(field: JsonValue) -> PageSource | None:
    """The page of a field that doesn't stand on its form's first page."""
    source = field.get("source") if isinstance(field, dict) else None
    if not isinstance(source, dict):
        return None
    return PageSource(Sha256(str(source["sha256"])), MediaType(str(source["media_type"])), int(str(source["page"])) - 1)
