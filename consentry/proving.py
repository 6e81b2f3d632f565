"""Commands of the ledger: prove it whole, give its head, write it out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from consentry.errors import CommandError
from consentry.program import Program
from store import JsonValue, StoreError
from store.checkpoint import Checkpoint, open_note
from store.tables import LedgerHead, LedgerLeaf
from store.verification import Break, verify_ledger


@dataclass(frozen=True, slots=True)
class Proof:
    """What `ledger verify` found; whole means no break."""

    size: int
    root: str
    breaks: tuple[Break, ...]


def prove_ledger(program: Program, against: Path | None) -> Proof:
    """Verifies everything, and that it continues the head in `against`. `CommandError` if that is no head."""
    key = program.installation.load_key()
    earlier = None
    if against is not None:
        try:
            earlier = open_note(_read_note(against), key.origin, key.public_bytes)
        except StoreError as error:
            return Proof(0, "", (Break(None, "head", str(error)),))
    sizes = (earlier.size,) if earlier else ()
    with program.installation.reading() as session:
        verdict = verify_ledger(session, program.installation.documents, sizes)
    breaks = verdict.breaks
    if earlier is not None and verdict.roots.get(earlier.size) != earlier.root:
        words = (
            "the ledger is shorter than at that head"
            if earlier.size > verdict.size
            else "the entries up to that head are not those that it was made of"
        )
        breaks = (*breaks, Break(min(earlier.size, verdict.size), "ledger", words))
    return Proof(verdict.size, verdict.root, breaks)


def make_head(program: Program) -> dict[str, JsonValue]:
    """The signed head of the ledger, to keep elsewhere."""
    key = program.installation.load_key()
    with program.installation.reading() as session:
        head = session.get_one(LedgerHead, 1)
    checkpoint = Checkpoint(key.origin, head.size, head.root)
    return {
        "origin": key.origin,
        "size": head.size,
        "root": head.root,
        "public_key": key.public_bytes.hex(),
        "note": key.sign(checkpoint),
    }


def export_ledger(program: Program, file: Path) -> int:
    """Writes every entry as a line of JSON with its hashes; returns their number."""
    count = 0
    try:
        with program.installation.reading() as session, file.open("w", encoding="utf-8") as stream:
            for leaf in session.scalars(select(LedgerLeaf).order_by(LedgerLeaf.seq)).yield_per(2000):
                entry = {"seq": leaf.seq, "leaf_hash": leaf.leaf_hash, "root": leaf.root, "body": leaf.body.decode()}
                stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
                count += 1
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}") from None
    return count


def _read_note(file: Path) -> str:
    try:
        parsed = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"cannot read {file}: {error.strerror}") from None
    except ValueError:
        raise CommandError(f"{file} is not a head written by 'consentry ledger head'") from None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("note"), str):
        raise CommandError(f"{file} is not a head written by 'consentry ledger head'")
    return str(parsed["note"])
