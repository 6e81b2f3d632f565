"""Commands of the ledger: prove it whole and a continuation of heads that were given out; write it out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from access.fold import AccessFold
from consentry.errors import CommandError
from consentry.program import Program
from consentry.proof.heads import list_kept_heads, open_head, read_note_of
from store import StoreError
from store.checkpoint import Checkpoint
from store.tables import Grant, LedgerLeaf
from store.verification import Break, Verdict, verify_ledger
from store.witnesses import Cosignature, Witness, find_cosignatures


@dataclass(frozen=True, slots=True)
class Proof:
    """What `ledger verify` found; whole means no break. Warnings are no breaks; `erased` counts rows said to be erased."""

    size: int
    root: str
    breaks: tuple[Break, ...]
    warnings: tuple[Break, ...] = ()
    erased: int = 0
    cosignatures: tuple[Cosignature, ...] = ()


def prove_ledger(program: Program, against: Path | None, witnesses: tuple[str, ...] = ()) -> Proof:
    """Verifies everything, that the access set follows from the entries, and that the ledger continues the head in `against`,
    which each of `witnesses` (verifier keys) SHALL have countersigned. `CommandError` if there is no head to read.
    """
    if witnesses and against is None:
        raise CommandError("witnesses countersign a head: name it with --against")
    seen: tuple[Cosignature, ...] = ()
    outside: list[Checkpoint] = []
    if against is not None:
        try:
            outside = [open_head(program, against)]
            seen = _check_witnesses(against, witnesses)
        except StoreError as error:
            return Proof(0, "", (Break(None, "head", str(error)),))
    kept = list_kept_heads(program)
    fold = AccessFold()
    with program.installation.reading() as session:
        sizes = [head.size for head in (*outside, *kept)]
        verdict = verify_ledger(session, program.installation.documents, sizes, (fold.note,))
        folded = fold.find_breaks(session.scalars(select(Grant)).all()) if not verdict.breaks else []
    breaks = [*verdict.breaks, *(Break(seq, subject, words) for seq, subject, words in folded)]
    breaks += [found for head in outside if (found := _compare(verdict, head, "the head"))]
    breaks += [found for head in kept if (found := _compare(verdict, head, "a head that was given out"))]
    return Proof(verdict.size, verdict.root, tuple(breaks), verdict.warnings, verdict.erased, seen)


def _check_witnesses(file: Path, verifier_keys: tuple[str, ...]) -> tuple[Cosignature, ...]:
    witnesses = [Witness.parse(key) for key in verifier_keys]
    found = find_cosignatures(read_note_of(file), witnesses)
    absent = [witness.name for witness in witnesses if all(seen.witness != witness for seen in found)]
    if absent:
        raise StoreError(f"this head is not countersigned by {', '.join(absent)}")
    return tuple(found)


def _compare(verdict: Verdict, head: Checkpoint, what: str) -> Break | None:
    if head.size > verdict.size:
        return Break(verdict.size, "ledger", f"the ledger is shorter than {what} of {head.size} entries")
    if verdict.roots.get(head.size) != head.root:
        return Break(head.size, "ledger", f"the entries up to {what} of {head.size} are not those that it was made of")
    return None


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
