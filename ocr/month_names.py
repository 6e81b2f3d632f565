"""The months in words, as families write them in the languages of the forms; `data/month_names.toml` says where from."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

_DATA = "data/month_names.toml"


@cache
def load_month_names() -> dict[str, frozenset[int]]:
    """By folded name, the months (1 to 12) that it stands for: `mar` is March in many languages, no name is two months'."""
    lists = tomllib.loads((resources.files("ocr") / _DATA).read_text(encoding="utf-8"))
    found: dict[str, set[int]] = {}
    for months in lists.values():
        for month, names in enumerate(months, start=1):
            for name in names:
                found.setdefault(name, set()).add(month)
    return {name: frozenset(months) for name, months in sorted(found.items())}
