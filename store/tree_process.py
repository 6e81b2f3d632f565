"""Hashes a long ledger in a process of its own, beside the one that reads what its entries and rows say: two cores, half the
time.

The leaves up to a number never change, so both see the same ones. Whatever goes wrong in the other process, the walk is done
here instead: it is never taken on trust that there was none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from store.engine import open_engine
from store.leaf_walk import Break, Observe, Walk, walk_contents, walk_leaves, walk_tree

LONG = 100_000
"""Leaves from which a second process is worth its start."""

_URL_VARIABLE = "CONSENTRY_TREE_DATABASE"


def walk_on_two_cores(
    session: Session,
    connection: Connection,
    sizes: Sequence[int],
    observers: Sequence[Observe],
    meanwhile: Callable[[Walk], None],
) -> Walk:
    """As `walk_leaves`, on two cores where the ledger is long and the machine has them. `meanwhile` is called once it is known
    what the entries say; the walk that it is given may lack the tree still.
    """
    last = connection.execute(text("SELECT max(seq) FROM ledger")).scalar()
    bind = session.get_bind()
    if type(last) is not int or last < LONG or not isinstance(bind, Engine) or (os.cpu_count() or 1) < 2:
        walk = walk_leaves(connection, sizes, observers)
        meanwhile(walk)
        return walk
    environment = {**os.environ, _URL_VARIABLE: bind.url.render_as_string(hide_password=False)}
    command = [sys.executable, "-m", "store.tree_process", str(last), *map(str, sizes)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as other:  # noqa: S603 - our own
        try:
            walk = walk_contents(connection, observers)
            meanwhile(walk)
            told, _ = other.communicate()
        except BaseException:
            other.kill()
            raise
    try:
        _take_over(walk, json.loads(told), frozenset(sizes))
    except (ValueError, KeyError, TypeError):
        hashed = walk_tree(connection, sizes, last)
        _take_over(walk, _tell(hashed), frozenset(sizes))
    return walk


def _tell(walk: Walk) -> dict[str, object]:
    return {
        "size": walk.size,
        "breaks": [asdict(found) for found in walk.breaks],
        "roots": list(walk.roots.items()),
        "nodes": [[level, number, node] for (level, number), node in walk.nodes.items()],
        "edge": [node.hex() for node in walk.edge],
        "is_lost": walk.is_lost,
    }


def _take_over(walk: Walk, told: dict, sizes: frozenset[int]) -> None:  # type: ignore[type-arg]  # JSON of our own
    """Adds the hashing half of a walk to the reading half."""
    breaks = [Break(**found) for found in told["breaks"]]
    nodes = {(level, number): node for level, number, node in told["nodes"]}
    edge = [bytes.fromhex(node) for node in told["edge"]]
    walk.wanted_sizes, walk.size, walk.edge, walk.nodes = sizes, int(told["size"]), edge, nodes
    walk.roots = {int(size): str(root) for size, root in told["roots"]}
    walk.is_lost = bool(told["is_lost"])
    walk.breaks = [*breaks, *walk.breaks]


def main(arguments: Sequence[str]) -> int:
    """The other process: the last leaf's number, then the sizes whose roots are wanted."""
    last, *sizes = map(int, arguments)
    engine = open_engine(os.environ.pop(_URL_VARIABLE))
    try:
        with engine.connect() as connection:
            sys.stdout.write(json.dumps(_tell(walk_tree(connection, sizes, last))))
    except SQLAlchemyError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
