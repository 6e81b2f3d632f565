"""Proofs from the stored ledger: of any entry, from any earlier size, over block borders."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from store import Clock, Entry, Event, Installation
from store.errors import StoreError
from store.ledger import StampedEntry, append_stamped, lock_ledger
from store.tree_reader import TreeReader
from store.verify_bundle import continues, hash_leaf, includes

CLOCK = Clock.read("2024-10-01")
SIZE = 1300


@pytest.fixture
def long_ledger(installation: Installation) -> Installation:
    with installation.sessions.begin() as session:
        lock_ledger(session)
        entry = Entry(Event.TRACE_EXPORTED, "x", "test", [])
        append_stamped(session, [StampedEntry(CLOCK, entry) for _ in range(SIZE - 1)])
    return installation


def test_entries_and_earlier_ledgers_are_proven(long_ledger: Installation) -> None:
    with long_ledger.reading() as session:
        reader = TreeReader(session)
        root = reader.find_root(SIZE)
        assert root.hex() == session.execute(text("SELECT root FROM ledger_head")).scalar_one()
        for seq in (0, 1, 254, 255, 256, 511, 512, 700, 1023, 1024, 1279, 1280, SIZE - 1):
            leaf = hash_leaf(reader.read_body(seq))
            assert includes(leaf, seq, SIZE, TreeReader(session).prove_inclusion(seq, SIZE), root)
        for earlier in (1, 2, 255, 256, 257, 512, 768, 1024, 1025, SIZE - 1, SIZE):
            proof = TreeReader(session).prove_consistency(earlier, SIZE)
            assert continues(earlier, SIZE, proof, reader.find_root(earlier), root)


def test_a_ledger_that_lacks_nodes_gives_no_proof(long_ledger: Installation) -> None:
    with long_ledger.engine.begin() as connection:
        connection.execute(text("DELETE FROM ledger_nodes WHERE number = 1"))
    with long_ledger.reading() as session, pytest.raises(StoreError, match="lacks entries or nodes"):
        TreeReader(session).prove_inclusion(0, SIZE)
    with long_ledger.reading() as session, pytest.raises(StoreError, match="no entry 1300"):
        TreeReader(session).read_body(SIZE)
