"""Takes what rests at a door into submissions: fetched whole, recorded in the submission's own transaction, then put away.

A pass that was cut off anywhere is taken up by the next: what is recorded is only put away, what is not is fetched anew. A
delivery that can't be taken is told with its reason and stays where it is; the others go on. Which file is a list is told by
its suffix, and by its content when it is read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from consentry.doors.rest import Delivery
from consentry.doors.stacks import take_stack
from consentry.doors.types import OFFICE, Door, DoorTrouble, FileChanged, Outcome, WaitingFile
from consentry.errors import CommandError
from consentry.intake.arrivals import ArrivedFile, is_known, name_arrival
from consentry.intake.receiving import receive_submission
from consentry.program import Program
from ingest.types import Refusal
from store.tables import Partner

_LIST_SUFFIXES = frozenset({".xlsx", ".xls", ".csv"})
_MOST_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one delivery: its submissions, refused inputs, and why it could not be taken at all ("" if it was)."""

    door: str
    partner_id: str
    files: tuple[str, ...]
    submission_ids: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    trouble: str = ""


def take_deliveries(program: Program, door: Door, deliveries: Sequence[Delivery]) -> list[Taken]:
    """Takes deliveries that rest. What changed meanwhile is left for another pass and not told."""
    taken = []
    for delivery in deliveries:
        with suppress(FileChanged):
            taken += _take_delivery(program, door, delivery)
    return taken


def _take_delivery(program: Program, door: Door, delivery: Delivery) -> list[Taken]:
    names = tuple(file.name for file in delivery.files)
    try:
        new = _put_known_away(program, door, delivery)
        if not new:
            return []
        with tempfile.TemporaryDirectory(prefix=".arrivals-", dir=program.installation.home) as spool:
            found = [_fetch(program, door, file, Path(spool) / str(number)) for number, file in enumerate(new)]
            if delivery.partner_id == OFFICE:
                return [_take_stack(program, door, file) for file in found]
            done = _submit(program, door, delivery.partner_id, found)
    except (CommandError, DoorTrouble) as error:
        return [Taken(door.name, delivery.partner_id, names, trouble=str(error))]
    try:
        for file in new:
            door.put_away(file, Outcome.TAKEN)
    except DoorTrouble as trouble:
        return [replace(done, trouble=str(trouble))]
    return [done]


@dataclass(frozen=True, slots=True)
class _Fetched:
    file: WaitingFile
    path: Path
    arrived: ArrivedFile


def _put_known_away(program: Program, door: Door, delivery: Delivery) -> list[WaitingFile]:
    """The files that weren't dealt with yet; the others wait no longer."""
    new = []
    for file in delivery.files:
        with program.installation.reading() as session:
            known = is_known(session, _name(door, file))
        if known:
            door.put_away(file, Outcome.KNOWN)
        else:
            new.append(file)
    return new


def _fetch(program: Program, door: Door, file: WaitingFile, folder: Path) -> _Fetched:
    if file.size > _MOST_BYTES:
        raise CommandError(f"a file is larger than {_MOST_BYTES // 1_000_000} MB: part it")
    folder.mkdir()
    path = folder / Path(file.name).name
    door.fetch(file, path)
    content = path.read_bytes()
    digest = program.installation.documents.put(content)
    return _Fetched(file, path, ArrivedFile(_name(door, file), door.name, file.name, digest, len(content)))


def _name(door: Door, file: WaitingFile) -> str:
    return name_arrival(door.name, file.partner_id, file.place, file.version)


def _submit(program: Program, door: Door, partner_id: str, found: Sequence[_Fetched]) -> Taken:
    with program.installation.reading() as session:
        if session.get(Partner, partner_id) is None:
            raise CommandError(f"no partner {partner_id}: its files stay where they are")
    lists = [file for file in found if file.path.suffix.lower() in _LIST_SUFFIXES]
    if len(lists) > 1:
        raise CommandError("two student lists in one delivery: put each into a folder of its own with its scans")
    scans = [file.path for file in found if file not in lists]
    receipt = receive_submission(
        program,
        partner_id,
        scans,
        lists[0].path if lists else None,
        None,
        f"door:{door.name}",
        [file.arrived for file in found],
    )
    names = tuple(file.file.name for file in found)
    return Taken(door.name, partner_id, names, (receipt.submission_id,), receipt.refused)


def _take_stack(program: Program, door: Door, found: _Fetched) -> Taken:
    stack = take_stack(program, found.path, found.arrived)
    door.put_away(found.file, Outcome.REFUSED if stack.refused else Outcome.STACK)
    return Taken(door.name, OFFICE, (found.file.name,), stack.submission_ids, stack.refused)
