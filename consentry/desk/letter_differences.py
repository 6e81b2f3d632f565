"""Where two values differ, letter by letter, so that an eye that compares them is led to the letters. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of letters of a value, and whether the other value has it too."""

    text: str
    differs: bool


def mark_differences(value: str, other: str) -> tuple[Piece, ...]:
    """`value` in pieces: those that stand in `other` in the same order, and those that don't. Case doesn't count.

    Nothing is marked where there is nothing to compare with.
    """
    if not value or not other:
        return (Piece(value, False),) if value else ()
    folded, against = _fold(value), _fold(other)
    if folded == against:
        return (Piece(value, False),)
    pieces: list[Piece] = []
    for kind, start, end, _, _ in SequenceMatcher(None, folded, against, autojunk=False).get_opcodes():
        if start < end:
            pieces.append(Piece(value[start:end], kind != "equal"))
        elif pieces and not pieces[-1].differs and kind == "insert":
            pieces.append(Piece("", True))  # the other has letters here that this one lacks
        elif not pieces:
            pieces.append(Piece("", True))
    return tuple(pieces)


def _fold(text: str) -> str:
    """Lower case letter by letter: a letter that would become two stays, so that places are kept."""
    return "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in text)
