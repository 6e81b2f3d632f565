"""Which forms a child's name may take in each box of a form, and which children a form belongs to.

Decides the chance of each habit (the second half of a double surname alone, the father's name as last name, the preferred
name as first name). Never sees a query. The habits are the same for every child: nobody's culture is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from math import log

import numpy as np
from numpy.typing import NDArray

from matching.name_folding import APOSTROPHES, join_words, parts_of, words_of
from matching.name_vocabulary import FloatArray, IntArray


class Role(StrEnum):
    """A box of the form that takes a name; "any": one word of the name, wherever it stands; "family": one word that brothers
    and sisters share (surname, father's name).
    """

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"
    ANY = "any"
    FAMILY = "family"


@dataclass(frozen=True, slots=True)
class NameRecord:
    """The names of one enrolled child as the enrollment has them; several in a cell separated by `;`."""

    first: str
    middle: str
    last: str
    preferred_first: str
    other_names: str


Forms = dict[str, float]
"""Form as written (words with single spaces) to the log of its share in that role."""


def _offer(forms: Forms, words: tuple[str, ...], share: float) -> None:
    if words:
        text = " ".join(words)
        price = log(share)
        if forms.get(text, -99.0) < price:
            forms[text] = price


def first_forms(name: NameRecord) -> Forms:
    """What may stand in the box for the first name."""
    forms: Forms = {}
    first, middle = words_of(name.first), words_of(name.middle)
    _offer(forms, first, 0.8 if name.preferred_first else 0.97)
    if len(first) > 1:
        _offer(forms, first[:1], 0.2)
        _offer(forms, first[-1:], 0.05)
    if middle:
        _offer(forms, first + middle, 0.08)
        _offer(forms, middle, 0.015)
    for preferred in parts_of(name.preferred_first):
        _offer(forms, words_of(preferred), 0.5)
    for other in parts_of(name.other_names):
        _offer(forms, words_of(other), 0.05)
        _offer(forms, words_of(other)[:1], 0.1)
    return forms


def last_forms(name: NameRecord) -> Forms:
    """What may stand in the box for the last name."""
    forms: Forms = {}
    middle, last = words_of(name.middle), words_of(name.last)
    _offer(forms, last, 0.95)
    if len(last) > 1:
        _offer(forms, last[:1], 0.15)
        _offer(forms, last[-1:], 0.08)
        _offer(forms, last[::-1], 0.01)
    if middle:
        _offer(forms, middle[-1:] + last, 0.03)
        _offer(forms, middle, 0.02)
    for other in parts_of(name.other_names):
        words = words_of(other)
        _offer(forms, words, 0.05)
        _offer(forms, words[-1:], 0.1)
        if len(words) > 2:
            _offer(forms, words[1:], 0.05)
    return forms


def middle_forms(name: NameRecord) -> Forms:
    """What may stand in the box for the middle name; empty where enrollment has nothing to compare with."""
    forms: Forms = {}
    first, middle, last = words_of(name.first), words_of(name.middle), words_of(name.last)
    if not middle:
        return forms
    _offer(forms, middle, 0.9)
    for word in middle:
        _offer(forms, (word,), 0.3)
    if len(first) > 1:
        _offer(forms, first[1:], 0.2)
    if len(last) > 1:
        _offer(forms, last[:1], 0.1)
    return forms


def any_forms(name: NameRecord) -> Forms:
    """Every single word of the name, and its parts joined."""
    forms: Forms = {}
    cells = [name.first, name.middle, name.last, *parts_of(name.preferred_first), *parts_of(name.other_names)]
    for cell in cells:
        for word in words_of(cell):
            if len(word) > 1:
                _offer(forms, (word,), 0.95)
        joined = join_words(cell)
        if joined:
            _offer(forms, (joined,), 0.5)
    _offer(forms, words_of(name.first) + words_of(name.middle), 0.1)
    _offer(forms, words_of(name.middle)[-1:] + words_of(name.last), 0.1)
    return forms


def family_forms(name: NameRecord) -> Forms:
    """The words that an unenrolled brother or sister may have too."""
    forms: Forms = {}
    for cell, share in ((name.last, 0.95), (name.middle, 0.5)):
        for word in words_of(cell):
            _offer(forms, (word,), share)
        joined = join_words(cell)
        if joined:
            _offer(forms, (joined,), share)
    return forms


FORMS_OF_ROLE = {
    Role.FIRST: first_forms,
    Role.MIDDLE: middle_forms,
    Role.LAST: last_forms,
    Role.ANY: any_forms,
    Role.FAMILY: family_forms,
}


def find_marks(name: NameRecord) -> dict[str, str]:
    """Words that enrollment spells with an apostrophe: folded word to the word with its mark ("obrien": "o'brien")."""
    cells = f"{name.first} {name.last} {name.middle} {name.preferred_first} {name.other_names}"
    if not APOSTROPHES.search(cells):
        return {}
    marked: dict[str, str] = {}
    for word in re.split(r"[\s;-]+", cells):
        folded = words_of(word)
        if APOSTROPHES.search(word) and len(folded) == 1:
            marked[folded[0]] = "'".join("".join(words_of(piece)) for piece in APOSTROPHES.split(word)).strip("'")
    return marked


def spell_with_marks(text: str, marks: dict[str, str]) -> tuple[str, ...]:
    """The ways a form may stand on paper: as folded, with its apostrophes, with a hyphen. Only pixels see marks."""
    ways = [text]
    if marks and any(word in marks for word in text.split(" ")):
        ways.append(" ".join(marks.get(word, word) for word in text.split(" ")))
    if text.count(" ") == 1:
        ways.append(text.replace(" ", "-"))
    return tuple(ways)


@dataclass(frozen=True, slots=True)
class Postings:
    """Forms to children and children to forms of one role, as compressed rows.

    `children[form_start[f]:form_start[f+1]]` are the children of form f with `share` (log); `forms`/`child_start` the other
    way round. `log_frequency` (V,) is the log share of all children that this form stands for.
    """

    form_start: IntArray
    children: IntArray
    share: FloatArray
    child_start: IntArray
    forms: IntArray
    share_of_child: FloatArray
    log_frequency: FloatArray
    bearers: IntArray

    def find(self, ids: IntArray, values: FloatArray) -> tuple[IntArray, FloatArray]:
        """Children of the forms `ids` and, for each, the form's value plus its share; a child may come twice."""
        starts = self.form_start[ids]
        counts = self.form_start[ids + 1] - starts
        total = int(counts.sum())
        ends = np.cumsum(counts)
        positions = np.repeat(starts - (ends - counts), counts) + np.arange(total, dtype=np.int32)
        return self.children[positions], np.repeat(values, counts) + self.share[positions]

    def expand(self, children: IntArray) -> ChildForms:
        """All forms of some children, to be asked several times."""
        starts = self.child_start[children]
        counts = self.child_start[children + 1] - starts
        ends = np.cumsum(counts)
        total = int(ends[-1]) if ends.size else 0
        positions = np.repeat(starts - (ends - counts), counts) + np.arange(total, dtype=np.int32)
        owner = np.repeat(np.arange(children.size, dtype=np.int32), counts)
        return ChildForms(self.forms[positions], self.share_of_child[positions], owner, counts == 0)


@dataclass(frozen=True, slots=True, eq=False)
class ChildForms:
    """The forms of M children in one role, laid end to end: form id, log share, which child (0 to M - 1).

    `without` (M,) marks children that have no form: for them the field says nothing.
    """

    forms: IntArray
    share: FloatArray
    owner: IntArray
    without: NDArray[np.bool_]

    def best(self, ids: IntArray, values: FloatArray) -> FloatArray:
        """For each child, (M,), the best of value plus share over its forms among `ids` (ascending); -inf for none."""
        best = np.full(self.without.size, -np.inf, dtype=np.float32)
        if ids.size and self.forms.size:
            places = ids.searchsorted(self.forms)
            places[places == ids.size] = 0
            hits = (ids[places] == self.forms).nonzero()[0]
            np.maximum.at(best, self.owner[hits], values[places[hits]] + self.share[hits])
        return best


def build_postings(form_ids: list[IntArray], shares: list[FloatArray], vocabulary_size: int, spread: float) -> Postings:
    """Compressed rows from each child's form ids; `spread` is added to the population a frequency is a share of."""
    sizes = np.array([ids.size for ids in form_ids], dtype=np.int32)
    forms = np.concatenate(form_ids) if form_ids else np.empty(0, dtype=np.int32)
    share = np.concatenate(shares) if shares else np.empty(0, dtype=np.float32)
    children = np.repeat(np.arange(sizes.size, dtype=np.int32), sizes)
    order = np.argsort(forms, kind="stable")
    bearers = np.bincount(forms, minlength=vocabulary_size)
    weight = np.bincount(forms, weights=np.exp(share), minlength=vocabulary_size)
    population = max(int((sizes > 0).sum()), 1) + spread
    return Postings(
        form_start=np.concatenate([[0], np.cumsum(bearers)]).astype(np.int32),
        children=children[order],
        share=share[order],
        child_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        forms=forms,
        share_of_child=share,
        log_frequency=np.log(np.maximum(weight, 1e-9) / population).astype(np.float32),
        bearers=bearers.astype(np.int32),
    )
