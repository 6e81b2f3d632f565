"""Heads that were given out: made, read from a file, and a copy of each kept in the home.

The kept copies prove nothing by themselves, since whoever owns the machine can change them too. They say which heads are
held outside, so that a bundle brings the proof from each; and `ledger verify` holds the ledger against them at no cost.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from consentry.errors import CommandError
from consentry.program import Program
from store import JsonValue, StoreError
from store.checkpoint import Checkpoint, LogKey, open_note
from store.tables import LedgerHead
from store.tree_reader import TreeReader
from store.witnesses import Witness, countersign

_MOST_KEPT = 1000


def make_head(program: Program, since: Checkpoint | None = None) -> dict[str, JsonValue]:
    """The signed head of the ledger, to keep elsewhere; a copy stays in the home. The ledger doesn't grow by it. With `since`
    it brings the proof that it continues that head: what a witness asks for.
    """
    key = program.installation.load_key()
    with program.installation.reading() as session:
        head = session.get_one(LedgerHead, 1)
        proof = TreeReader(session).prove_consistency(since.size, head.size) if since else []
    checkpoint = Checkpoint(key.origin, head.size, head.root)
    made: dict[str, JsonValue] = {
        "origin": key.origin,
        "size": head.size,
        "root": head.root,
        "public_key": key.public_bytes.hex(),
        "note": key.sign(checkpoint),
    }
    if since:
        encoded: list[JsonValue] = [base64.b64encode(node).decode() for node in proof]
        made["consistency"] = {"size": since.size, "proof": encoded}
    folder = program.installation.home / "heads"
    folder.mkdir(exist_ok=True)
    file = folder / f"{head.size:012d}.json"
    if not file.exists():
        aside = file.with_suffix(".part")
        aside.write_text(json.dumps(made, indent=1), encoding="utf-8")
        aside.replace(file)
    return made


def list_kept_heads(program: Program) -> list[Checkpoint]:
    """The newest heads that were given out, oldest first; files that are none of ours are passed over."""
    key = program.installation.load_key()
    kept = []
    for file in sorted((program.installation.home / "heads").glob("*.json"))[-_MOST_KEPT:]:
        try:
            kept.append(open_note(read_note_of(file), key.origin, key.public_bytes))
        except (CommandError, StoreError):
            continue
    return kept


def read_note_of(file: Path) -> str:
    """The signed note in a head's file. `CommandError` if it isn't one."""
    try:
        parsed = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"cannot read {file}: {error.strerror}") from None
    except ValueError:
        raise CommandError(f"{file} is not a head written by 'consentry ledger head'") from None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("note"), str):
        raise CommandError(f"{file} is not a head written by 'consentry ledger head'")
    return str(parsed["note"])


def open_head(program: Program, file: Path) -> Checkpoint:
    """An earlier head of this ledger, from a file. `StoreError` if it is of another installation or not signed by this one."""
    key = program.installation.load_key()
    return open_note(read_note_of(file), key.origin, key.public_bytes)


def countersign_file(file: Path, last: Path | None, name: str, key_file: Path) -> str:
    """Adds a witness's line to the head in `file`; returns the witness's verifier key, which the district is given once."""
    head, before = _read_head(file), _read_head(last) if last else None
    key = LogKey.load(key_file) if key_file.exists() else LogKey.make(key_file)
    head["note"] = countersign(head, before, name, key.private)
    file.write_text(json.dumps(head, indent=1), encoding="utf-8")
    return Witness(name, key.public_bytes).verifier_key


def _read_head(file: Path) -> dict[str, JsonValue]:
    read_note_of(file)
    head: dict[str, JsonValue] = json.loads(file.read_text(encoding="utf-8"))
    return head
