"""Proofs from the stored ledger, at the cost of a few queries: leaves and kept nodes are read by blocks of 256.

What is read here is not trusted: a proof is worth what its root is worth, and `store.verification` holds the kept nodes
against the leaves.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import StoreError
from store.merkle import EMPTY_ROOT, LEVEL_BITS, hash_range, prove_consistency, prove_inclusion
from store.tables import LedgerHead, LedgerLeaf, LedgerNode
from store.verify_bundle import hash_children

_BLOCK = 1 << LEVEL_BITS


class TreeReader:
    """The ledger's tree as one session sees it. Blocks that were read are kept while it lives."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._blocks: dict[tuple[int, int], list[bytes]] = {}

    def prove_inclusion(self, seq: int, size: int) -> list[bytes]:
        """That entry `seq` stands in the ledger of `size` entries. `ValueError` where there is no such entry."""
        return prove_inclusion(seq, size, self._read)

    def prove_consistency(self, earlier: int, size: int) -> list[bytes]:
        """That the ledger of `size` entries continues that of `earlier`. `ValueError` where it can't."""
        return prove_consistency(earlier, size, self._read)

    def find_root(self, size: int) -> bytes:
        """The root that the ledger had at a size."""
        return hash_range(0, size, self._read) if size else EMPTY_ROOT

    def count_leaves(self) -> int:
        """How many entries the head counts."""
        return self._session.scalar(select(LedgerHead.size)) or 0

    def read_body(self, seq: int) -> bytes:
        """The bytes of an entry. `StoreError` where there is none."""
        body = self._session.scalar(select(LedgerLeaf.body).where(LedgerLeaf.seq == seq))
        if body is None:
            raise StoreError(f"the ledger has no entry {seq}")
        return bytes(body)

    def _read(self, height: int, number: int) -> bytes:
        level, rest = divmod(height, LEVEL_BITS)
        first, count = number << rest, 1 << rest
        block = self._read_block(level, first // _BLOCK)
        nodes = block[first % _BLOCK : first % _BLOCK + count]
        if len(nodes) != count:
            raise StoreError("the ledger lacks entries or nodes of its tree: run 'consentry ledger verify'")
        while len(nodes) > 1:
            nodes = [hash_children(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
        return nodes[0]

    def _read_block(self, level: int, number: int) -> list[bytes]:
        if (level, number) not in self._blocks:
            first, end = number * _BLOCK, (number + 1) * _BLOCK
            if level == 0:
                leaves = select(LedgerLeaf.leaf_hash).where(LedgerLeaf.seq >= first, LedgerLeaf.seq < end)
                found = self._session.scalars(leaves.order_by(LedgerLeaf.seq))
            else:
                nodes = select(LedgerNode.node_hash).where(
                    LedgerNode.level == level, LedgerNode.number >= first, LedgerNode.number < end
                )
                found = self._session.scalars(nodes.order_by(LedgerNode.number))
            self._blocks[level, number] = [bytes.fromhex(text) for text in found]
        return self._blocks[level, number]
