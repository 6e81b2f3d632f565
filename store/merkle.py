"""The hashes of an RFC 6962/9162 Merkle tree, and appending to one without reading it all.

Source: RFC 9162, section 2.1. Only the right edge of the tree (one hash a perfect subtree) is needed to append.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

EMPTY_ROOT = hashlib.sha256(b"").digest()


def hash_leaf(body: bytes) -> bytes:
    """The hash of a leaf: SHA-256 over 0x00 and the leaf's bytes."""
    return hashlib.sha256(b"\x00" + body).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256 over 0x01 and both children's hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class TreeEdge:
    """A tree of `size` leaves by the roots of its perfect subtrees, largest first."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> TreeEdge:
        """The edge after one more leaf hash."""
        roots, size, node = list(self.roots), self.size, leaf
        while size & 1:
            node = hash_children(roots.pop(), node)
            size >>= 1
        return TreeEdge(self.size + 1, (*roots, node))

    @property
    def root(self) -> bytes:
        """The root hash of the whole tree (32 bytes)."""
        if not self.roots:
            return EMPTY_ROOT
        node = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            node = hash_children(left, node)
        return node


def grow_tree(leaves: Iterable[bytes]) -> TreeEdge:
    """The edge of the tree over these leaf hashes."""
    edge = TreeEdge()
    for leaf in leaves:
        edge = edge.append(leaf)
    return edge
