"""Where a school's children go on to, told by brothers and sisters: feeder patterns without a list of them.

A form for the next school year names the next school. Families that have children in two schools show which schools share
families; nothing is assumed about levels or neighbourhoods. Where siblings say nothing, nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.name_vocabulary import FloatArray, IntArray

FED_SHARE = 0.5
"""Of families that name another school than the enrolled one: those that name one that shares families with it."""
PAIRS_TOWARDS_ALL = 8.0
"""Pairs of siblings that a school needs before they say more than that children move anywhere."""
LARGEST_FAMILY = 8


@dataclass(frozen=True, slots=True, eq=False)
class Feeders:
    """`shares` (S, S): of siblings at other schools of children at school s, those at t; each row sums to at most 1."""

    shares: FloatArray

    def spread(self, gain: FloatArray) -> FloatArray:
        """How much likelier than by chance a family of each school, (S,), names another school with these gains, (S,)."""
        if not self.shares.size:
            return np.ones_like(gain)
        told = self.shares.sum(axis=1)
        return np.asarray(1.0 - FED_SHARE * told + FED_SHARE * (self.shares @ gain), dtype=np.float32)


def learn_feeders(school_of_child: IntArray, families: IntArray, schools_count: int) -> Feeders:
    """Counts pairs of siblings at two schools; school number `schools_count` is "none", family -1 is unknown."""
    if not schools_count:
        return Feeders(np.empty((0, 0), dtype=np.float32))
    known = (families >= 0) & (school_of_child < schools_count)
    family, school = families[known], school_of_child[known]
    order = np.argsort(family, kind="stable")
    family, school = family[order], school[order]
    pairs = np.zeros((schools_count, schools_count))
    for apart in range(1, min(LARGEST_FAMILY, family.size)):
        same = family[apart:] == family[:-apart]
        one, other = school[:-apart][same], school[apart:][same]
        differ = one != other
        np.add.at(pairs, (one[differ], other[differ]), 1.0)
        np.add.at(pairs, (other[differ], one[differ]), 1.0)
    shares = pairs / (pairs.sum(axis=1, keepdims=True) + PAIRS_TOWARDS_ALL)
    return Feeders(shares.astype(np.float32))
