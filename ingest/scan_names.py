"""Names of files as partners call them: which are passed over in silence, and how a name is shown safely.

Only leftovers of operating systems and programs are passed over; everything else is taken or refused by name.
"""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

_LEFTOVERS = {"thumbs.db", "desktop.ini", "__macosx", "ehthumbs.db", "$recycle.bin", "icon\r"}
_SHOWN_CHARACTERS = 200


def is_passed_over(name: str) -> bool:
    """True for hidden files and folders and for leftovers such as Thumbs.db, anywhere in the path."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(
        part.lower() in _LEFTOVERS or part.startswith("~$") or (part.startswith(".") and part not in (".", ".."))
        for part in parts
    )


def show_name(name: str) -> str:
    """A name without control, direction-changing or unprintable characters, cut to a bearable length."""
    shown = "".join("?" if unicodedata.category(letter)[0] == "C" else letter for letter in name)
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[:100] + "…" + shown[-99:]
