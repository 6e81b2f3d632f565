"""Shows that ledger entries stand in the tree whose head is now: each with its proof, checked as an outsider would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from store.tables import LedgerHead, LedgerLeaf
from store.tree_reader import TreeReader
from store.verify_bundle import hash_leaf, includes


@dataclass(frozen=True, slots=True)
class EntryProof:
    """An entry's leaf hash, the number of hashes in its proof, and whether the proof holds."""

    seq: int
    leaf_hash: str
    hashes: int
    is_proven: bool


@dataclass(frozen=True, slots=True)
class ProvenEntries:
    """Proofs of entries in one head of the ledger."""

    size: int
    root: str
    proofs: dict[int, EntryProof]


def prove_entries(session: Session, seqs: Iterable[int]) -> ProvenEntries:
    """The proofs of entries by their numbers."""
    head = session.get_one(LedgerHead, 1)
    reader = TreeReader(session)
    proofs = {}
    for seq in sorted(set(seqs)):
        leaf = hash_leaf(session.get_one(LedgerLeaf, seq).body)
        path = reader.prove_inclusion(seq, head.size)
        is_proven = includes(leaf, seq, head.size, path, bytes.fromhex(head.root))
        proofs[seq] = EntryProof(seq, leaf.hex(), len(path), is_proven)
    return ProvenEntries(head.size, head.root, proofs)
