"""The hashes of an RFC 6962/9162 Merkle tree, appending to one without reading it all, and proofs about it.

Source: RFC 9162, section 2.1. Only the right edge of the tree (one hash a perfect subtree) is needed to append. A proof is
built from the hashes of aligned perfect subtrees, which its caller looks up; checking one is `store.verify_bundle`'s part,
the same code that an auditor runs. Standard library only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from store.verify_bundle import hash_children

EMPTY_ROOT = hashlib.sha256(b"").digest()
LEVEL_BITS = 8
"""A kept node covers 2 to the power of this many nodes of the level below."""

ReadSubtree = Callable[[int, int], bytes]
"""Gives the hash of the perfect subtree of 2**height leaves with a number, counted from 0 on the left."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node that is kept: the perfect subtree of 256**level leaves with this number, counted from 0 on the left."""

    level: int
    number: int
    node_hash: bytes


@dataclass(frozen=True, slots=True)
class TreeEdge:
    """A tree of `size` leaves by the roots of its perfect subtrees, largest first."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def append(self, leaf: bytes, finished: list[TreeNode] | None = None) -> TreeEdge:
        """The edge after one more leaf hash. Nodes to keep that this leaf finishes are added to `finished`."""
        roots, size, node, height = list(self.roots), self.size, leaf, 0
        while size & 1:
            node = hash_children(roots.pop(), node)
            size >>= 1
            height += 1
            if finished is not None and height % LEVEL_BITS == 0:
                finished.append(TreeNode(height // LEVEL_BITS, size, node))
        return TreeEdge(self.size + 1, (*roots, node))

    @property
    def root(self) -> bytes:
        """The root hash of the whole tree (32 bytes)."""
        return fold_edge(self.roots)


def fold_edge(roots: tuple[bytes, ...]) -> bytes:
    """The root over perfect subtrees, largest first; that of the empty tree for none."""
    if not roots:
        return EMPTY_ROOT
    node = roots[-1]
    for left in reversed(roots[:-1]):
        node = hash_children(left, node)
    return node


def grow_tree(leaves: Iterable[bytes]) -> TreeEdge:
    """The edge of the tree over these leaf hashes."""
    edge = TreeEdge()
    for leaf in leaves:
        edge = edge.append(leaf)
    return edge


def prove_inclusion(index: int, size: int, read: ReadSubtree) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, nearest first. `ValueError` where there is no such leaf."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of that size")
    return _climb(index, 0, size, read)


def prove_consistency(earlier: int, size: int, read: ReadSubtree) -> list[bytes]:
    """The proof that the tree of `size` leaves continues that of its first `earlier`. `ValueError` where it can't."""
    if not 0 < earlier <= size:
        raise ValueError("no such earlier tree")
    return _descend(earlier, 0, size, True, read)


def hash_range(first: int, end: int, read: ReadSubtree) -> bytes:
    """The hash of the subtree over leaves `first` to before `end`, where `first` is where RFC 9162 cuts."""
    roots: list[bytes] = []
    while first < end:
        height = (end - first).bit_length() - 1
        roots.append(read(height, first >> height))
        first += 1 << height
    return fold_edge(tuple(roots))


def _climb(index: int, first: int, end: int, read: ReadSubtree) -> list[bytes]:
    if end - first == 1:
        return []
    middle = first + _cut(end - first)
    if index < middle:
        return [*_climb(index, first, middle, read), hash_range(middle, end, read)]
    return [*_climb(index, middle, end, read), hash_range(first, middle, read)]


def _descend(earlier: int, first: int, end: int, is_whole: bool, read: ReadSubtree) -> list[bytes]:
    """RFC 9162, section 2.1.4.1: SUBPROOF(earlier, leaves from first to end, whether the verifier knows that subtree)."""
    if earlier == end - first:
        return [] if is_whole else [hash_range(first, end, read)]
    cut = _cut(end - first)
    middle = first + cut
    if earlier <= cut:
        return [*_descend(earlier, first, middle, is_whole, read), hash_range(middle, end, read)]
    return [*_descend(earlier - cut, middle, end, False, read), hash_range(first, middle, read)]


def _cut(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
