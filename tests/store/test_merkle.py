"""Proofs of the tree: published vectors, vectors of our own, and every honest proof of small trees."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

from store.merkle import EMPTY_ROOT, TreeEdge, TreeNode, grow_tree, prove_consistency, prove_inclusion
from store.verify_bundle import continues, hash_children, hash_leaf, includes
from tests.conftest import SHARED

VECTORS = SHARED / "merkle-vectors" / "testdata"
KINDS = ("inclusion", "consistency")


def list_vectors() -> list[Any]:
    if not VECTORS.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"no vectors at {VECTORS}"))]
    files = sorted(file for kind in KINDS for file in (VECTORS / kind).rglob("*.json"))
    return [pytest.param(file, id="/".join(file.relative_to(VECTORS).parts)) for file in files]


def decode(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize("file", list_vectors())
def test_published_vector(file: Path) -> None:
    vector = json.loads(file.read_text(encoding="utf-8"))
    proof = [decode(text) for text in vector["proof"] or []]
    if "leafIdx" in vector:
        root, leaf = decode(vector["root"]), decode(vector["leafHash"])
        accepted = includes(leaf, vector["leafIdx"], vector["treeSize"], proof, root)
    else:
        roots = decode(vector["root1"]), decode(vector["root2"])
        accepted = continues(vector["size1"], vector["size2"], proof, *roots)
    assert accepted is not vector["wantErr"], vector["desc"]


def make_leaves(count: int) -> list[bytes]:
    return [hash_leaf(str(number).encode()) for number in range(count)]


def hash_naively(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    cut = 1
    while cut * 2 < len(leaves):
        cut *= 2
    return hashlib.sha256(b"\x01" + hash_naively(leaves[:cut]) + hash_naively(leaves[cut:])).digest()


def read_from(leaves: list[bytes]) -> Any:
    return lambda height, number: hash_naively(leaves[number << height : (number + 1) << height])


def test_roots_are_those_of_the_standard() -> None:
    leaves = make_leaves(40)
    for size in range(41):
        assert grow_tree(leaves[:size]).root == hash_naively(leaves[:size])
    assert grow_tree([]).root == EMPTY_ROOT


def test_every_honest_proof_is_accepted_and_none_for_another_place() -> None:
    leaves = make_leaves(33)
    read = read_from(leaves)
    roots = [hash_naively(leaves[:size]) for size in range(34)]
    for size in range(1, 34):
        for index in range(size):
            proof = prove_inclusion(index, size, read)
            assert includes(leaves[index], index, size, proof, roots[size])
            assert not includes(leaves[index], (index + 1) % size, size, proof, roots[size]) or size == 1
        for earlier in range(1, size + 1):
            proof = prove_consistency(earlier, size, read)
            assert continues(earlier, size, proof, roots[earlier], roots[size])
            assert not continues(earlier, size, [*proof, roots[1]], roots[earlier], roots[size])
            assert earlier == size or not continues(earlier, size, proof[:-1], roots[earlier], roots[size])


def test_a_changed_bit_anywhere_in_a_proof_is_refused() -> None:
    leaves, rng = make_leaves(200), random.Random(1)
    root = hash_naively(leaves)
    for _ in range(300):
        index = rng.randrange(200)
        proof = prove_inclusion(index, 200, read_from(leaves))
        place, bit = rng.randrange(len(proof)), rng.randrange(256)
        proof[place] = (int.from_bytes(proof[place], "big") ^ 1 << bit).to_bytes(32, "big")
        assert not includes(leaves[index], index, 200, proof, root)


def test_no_proof_of_what_is_not_there() -> None:
    read = read_from(make_leaves(4))
    for index, size in ((4, 4), (-1, 4), (0, 0)):
        with pytest.raises(ValueError, match="no such leaf"):
            prove_inclusion(index, size, read)
    for earlier, size in ((0, 4), (5, 4)):
        with pytest.raises(ValueError, match="no such earlier"):
            prove_consistency(earlier, size, read)


def test_a_node_is_no_leaf() -> None:
    leaves = make_leaves(4)
    inner = hash_children(leaves[0], leaves[1])
    assert not includes(inner, 0, 4, [hash_children(leaves[2], leaves[3])], hash_naively(leaves))
    assert hash_leaf(leaves[0] + leaves[1]) != inner


def test_nodes_to_keep_are_those_of_the_tree() -> None:
    leaves = make_leaves(2 * 65536 + 300)
    finished: list[TreeNode] = []
    edge = TreeEdge()
    for leaf in leaves:
        edge = edge.append(leaf, finished)
    assert [(node.level, node.number) for node in finished if node.level > 1] == [(2, 0), (2, 1)]
    assert [node.number for node in finished if node.level == 1] == list(range(513))
    assert finished[0].node_hash == hash_naively(leaves[:256])
    assert finished[256].node_hash == hash_naively(leaves[:65536])
