"""Backing a home up, and proving that what was restored is what was kept: ledger whole, head and every access set the same.

A backup is older than what others hold: whatever was recorded after it is missing from the restored home, revocations too. So a
home that doesn't contain the last head kept elsewhere has its exports frozen until a lead says so; where no head is given,
that can't be seen, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy import select

from consentry.desk.showing import select_access, show_access_row
from consentry.disclosing.freezing import record_freeze
from consentry.errors import CommandError
from consentry.intake.snapshots import find_roll
from consentry.program import Program
from consentry.proof.heads import make_head, open_head
from consentry.proof.proving import prove_ledger
from consentry.settings import Settings
from store import JsonValue, StoreError, hash_value
from store.backup import name_key_beside, take_backup
from store.restore import restore_backup
from store.tables import Partner

_ACTOR = "program"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore proved. `differences`: what isn't as it was kept; `frozen_why`: why exports are frozen, None if not."""

    size: int
    root: str
    access_sets: int
    access_rows: int
    differences: tuple[str, ...]
    frozen_why: str | None
    was_compared_outside: bool

    def in_words(self) -> str:
        """The result for a person at a terminal."""
        lines = [f"restored: {self.size} entries, root {self.root}", *self.differences]
        if not self.differences:
            lines.append(f"whole; {self.access_sets} access sets with {self.access_rows} rows are as they were kept")
        if self.frozen_why:
            lines.append(f"exports are frozen ({self.frozen_why}): a lead ends it with 'exports release'")
        elif not self.was_compared_outside:
            lines.append(
                "what was recorded after the backup is missing, revocations too: give --against the last head kept"
            )
        return "\n".join(lines)


def back_up(program: Program, file: Path) -> dict[str, JsonValue]:
    """Takes the whole home into `file`; returns what it holds and its signed head, to be kept elsewhere."""
    day = program.read_clock().today
    taken = take_backup(program.installation, file, lambda state: _describe(replace(program, installation=state), day))
    beside = name_key_beside(file)
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "files": taken.files,
        "missing_documents": taken.missing_documents,
        "key_file": str(beside if beside.exists() else program.settings.key_file),
        "key_lies_beside": beside.exists(),
        "head": taken.told["head"],
    }


def restore(settings: Settings, file: Path, against: Path | None) -> Restored:
    """Makes the empty home of the settings what the backup holds, and proves it. `against`: the last head kept elsewhere."""
    if not file.is_file():
        raise CommandError(f"no such file: {file}")
    places = (settings.home, settings.database_url, settings.key_file, settings.documents_url)
    installation, told = restore_backup(file, *places)
    installation.engine.dispose()
    program = Program.open(settings)
    proof = prove_ledger(
        program, None
    )  # also against the head that the backup was made with: it is among the kept ones
    now = _describe(program, date.fromisoformat(str(told["day"])))
    differences = tuple(f"entry {found.seq}: {found.subject}: {found.words}" for found in proof.breaks)
    differences += tuple(_compare_access(told["access"], now["access"]))
    frozen_why = _compare_outside(program, against, proof.size) if against else None
    if differences and frozen_why is None:
        frozen_why = "what was restored is not what was kept"
    if frozen_why is not None:
        with program.installation.writing() as session:
            record_freeze(session, program.read_clock(), frozen_why, _ACTOR)
    return Restored(
        size=proof.size,
        root=proof.root,
        access_sets=int(str(now["access_sets"])),
        access_rows=int(str(now["access_rows"])),
        differences=differences,
        frozen_why=frozen_why,
        was_compared_outside=against is not None,
    )


def _compare_access(kept: JsonValue, now: JsonValue) -> list[str]:
    """A sentence for each partner whose access set is another one."""
    if not isinstance(kept, dict) or not isinstance(now, dict):
        return ["the backup tells no access sets"]
    partners = sorted(kept.keys() | now.keys())
    return [
        f"the access set of {each} is not the one that was kept" for each in partners if kept.get(each) != now.get(each)
    ]


def _describe(program: Program, day: date) -> dict[str, JsonValue]:
    """The head of a state, and a hash of each partner's access set on a day."""
    access: dict[str, JsonValue] = {}
    rows = 0
    with program.installation.reading() as session:
        roll = find_roll(program.installation, session, day)
        for partner_id in session.scalars(select(Partner.partner_id).order_by(Partner.partner_id)).all():
            found = [show_access_row(row) for row in select_access(session, partner_id, roll, day)]
            access[partner_id] = hash_value(list(found))
            rows += len(found)
    return {
        "day": day.isoformat(),
        "head": make_head(program),
        "access": access,
        "access_sets": len(access),
        "access_rows": rows,
    }


def _compare_outside(program: Program, against: Path, size: int) -> str | None:
    """Why the restored home doesn't contain a head kept elsewhere; None if it does."""
    try:
        head = open_head(program, against)
    except StoreError as error:
        return f"the head kept elsewhere is not this ledger's: {error}"
    if head.size > size:
        return f"the head kept elsewhere knows {head.size - size} entries that the backup doesn't, perhaps revocations"
    proof = prove_ledger(program, against)
    return "the restored ledger is another one than the head kept elsewhere was made of" if proof.breaks else None
