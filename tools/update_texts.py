#!/usr/bin/env python3
"""Collects the texts of the web pages into their gettext catalogues: new ones are added untranslated, unused ones leave.

    python tools/update_texts.py

Texts stand in templates as `_("...")`, in modules as `mark("...")` or `voice("...")`, in the sentences that partners are
told, and as names and columns of the reports.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from consentry.web.glance_view import list_report_texts
from review_queue import INSIDE_REASONS, Reason, say_to_partner

WEB = Path(__file__).parents[1] / "consentry" / "web"
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_KEYWORDS = {"_": None, "mark": None, "voice": None}


def list_texts() -> list[str]:
    """All texts of the pages, sorted."""
    found = {str(text) for _, _, text, _, _ in extract_from_dir(WEB, method_map=_METHODS, keywords=_KEYWORDS) if text}
    return sorted(found | set(_list_sentences()) | list_report_texts())


def _list_sentences() -> Iterator[str]:
    for reason in Reason:
        if reason not in INSIDE_REASONS:
            yield from re.split(r"(?<=\.) ", say_to_partner(reason))
    yield from ("Accepted.", "Nothing is left to do.", "Being checked.", "Nothing is left to do for now.")
    yield from ("Waits for your agreement with the district.", "It is taken up by itself.")


def update(file: Path) -> int:
    """Brings one catalogue up to date; returns how many texts have no translation."""
    with file.open("rb") as stream:
        known = read_po(stream, locale=file.parents[1].name)
    fresh = Catalog(locale=known.locale, project="Consentry", header_comment="# Texts of the pages.", fuzzy=False)
    missing = 0
    for text in list_texts():
        entry = known.get(text)
        said = str(entry.string) if entry and entry.string else ""
        missing += not said
        fresh.add(text, said)
    with file.open("wb") as stream:
        write_po(stream, fresh, width=120, omit_header=False, sort_output=True, include_previous=False)
    return missing


if __name__ == "__main__":
    for catalogue in sorted((WEB / "locale").glob("*/LC_MESSAGES/consentry.po")):
        sys.stdout.write(f"{catalogue.parents[1].name}: {update(catalogue)} texts without a translation\n")
