"""Asks the forms of many children's names what weighed texts make of them, many pairs of a query and a child at once.

Decides which of a child's forms fits a text best, form by form; never which box or which way of writing counts. Each pair comes
out the same, to the last bit, alone or among others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from matching.name_vocabulary import FloatArray, IntArray
from matching.postings import ChildForms, LongArray, Postings
from matching.words_together import Weighed

UNLISTED = np.float32(-np.inf)


class AskedForms:
    """The forms of one vocabulary that any query of a lot asks for, numbered from 1 on; 0 is a form that nobody asks for."""

    def __init__(self, words: Iterable[Weighed], vocabulary_size: int) -> None:
        listed = [word.ids for word in words]
        self.number = np.zeros(vocabulary_size, dtype=np.int32)
        if listed:
            self.number[np.concatenate(listed).astype(np.intp)] = 1
        forms = self.number.nonzero()[0]
        self.count = forms.size + 1
        self.number[forms] = np.arange(1, self.count)


class Asking:
    """The forms of all pairs' children in one box, to be asked with one weighed text a query."""

    def __init__(
        self, postings: Postings, asked: AskedForms, query: IntArray, children: IntArray, queries: int
    ) -> None:
        forms: ChildForms = postings.expand(children)
        self.without = forms.without
        self._query = query
        self._asked = asked
        self._log_share = postings.log_share
        self._value = np.full(queries * asked.count, UNLISTED, dtype=np.float32)
        number = asked.number[forms.forms]
        ever = number.nonzero()[0]
        self._owner = forms.owner[ever].astype(np.intp)
        self._habits = forms.habits[ever]
        self._cell = query[self._owner].astype(np.intp) * asked.count + number[ever]

    def ask(self, asked: Sequence[Weighed | None], *shares: FloatArray) -> list[FloatArray]:
        """For each table of log shares by habit (the box's own if none is given), the ratio of each pair, (P,).

        A ratio is 0 where the query doesn't ask or the child has no form.
        """
        tables = shares or (self._log_share,)
        numbers = [number for number, weighed in enumerate(asked) if weighed is not None]
        if not numbers or not self._query.size:
            return [np.zeros(self._query.size, dtype=np.float32) for _ in tables]
        listed = [weighed for weighed in asked if weighed is not None]
        floors = np.full(len(asked), np.nan, dtype=np.float32)
        floors[numbers] = [weighed.floor for weighed in listed]
        entries, values = self._look_up(numbers, listed)
        floor = floors[self._query]
        silent = np.isnan(floor) | self.without
        owner = self._owner[entries]
        spoken = ~silent[owner]
        owner, habits, values = owner[spoken], self._habits[entries[spoken]], values[spoken]
        best = [np.where(silent, np.float32(0.0), floor) for _ in tables]
        for mine, table in zip(best, tables, strict=True):
            np.maximum.at(mine, owner, values + table[habits])
        return best

    def _look_up(self, numbers: Sequence[int], listed: Sequence[Weighed]) -> tuple[LongArray, FloatArray]:
        """Entries whose form is listed for their query, and the form's value: laid out, looked up, taken up again."""
        sizes = [weighed.ids.size for weighed in listed]
        cells = np.repeat(np.array(numbers, dtype=np.intp) * self._asked.count, sizes)
        cells += self._asked.number[np.concatenate([weighed.ids for weighed in listed])]
        self._value[cells] = np.concatenate([weighed.ratio for weighed in listed])
        found = self._value[self._cell]
        self._value[cells] = UNLISTED
        entries = (found > UNLISTED).nonzero()[0]
        return entries, found[entries]
