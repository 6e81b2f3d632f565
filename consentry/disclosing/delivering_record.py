"""The record of a delivery: which package went to whom, and for each grant in it a disclosure, in one ledger entry.

Decides what is written down of a package; `consentry.disclosing.delivering` decides when. What was recorded and never came in
reach is completed here from the document store, unless access that it rests on has ended since: then it never comes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.adr_package import FileFormat, Package, PackageFile
from access.adr_reports import OpenGrant, ReportSet
from consentry.desk.showing import select_access
from consentry.disclosing.delivering_files import hold_folder, stage_folder
from consentry.disclosing.freezing import refuse_while_frozen
from consentry.errors import CommandError
from consentry.intake.snapshots import HeldRoll
from consentry.program import Program
from consentry.telling.telling_partners import tell_of_package
from store import Clock, Entry, Event, JsonValue, describe_document, record
from store.ids import Sha256, derive_id
from store.tables import Delivery, Disclosure, Partner, Tracked

ADR = "adr"
RECORDED, DELIVERED, WITHHELD = "recorded", "delivered", "withheld"
_ACTOR = "program"
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Tells a refusal of the system inside the block as a `CommandError`: cannot `what`, and why."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"cannot {what}: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class MadePackage:
    """A package, the grants that it was made for, and what it was made from: hashes of data files by name."""

    partner: Partner
    grants: tuple[OpenGrant, ...]
    reports: ReportSet
    package: Package
    day: date
    file_format: FileFormat
    registry: PackageFile
    data: dict[str, str]

    @property
    def student_count(self) -> int:
        """How many students are in it."""
        return len({grant.student_id for grant in self.grants})


def find_outbox(program: Program, partner_id: str) -> Path:
    """A partner's outbox. `CommandError` for an id that can't name a folder."""
    if not _SAFE_NAME.fullmatch(partner_id):
        raise CommandError(f"partner {partner_id} has an id that cannot name a folder")
    return program.settings.home / "outbox" / partner_id


@contextmanager
def holding_outbox(program: Program, partner_id: str) -> Iterator[None]:
    """One run at a time delivers to a partner. `CommandError` if its outbox can't be had."""
    with refusing(f"open the outbox of {partner_id}"):
        handle = hold_folder(find_outbox(program, partner_id))
    try:
        yield
    finally:
        os.close(handle)


def complete_deliveries(program: Program, partner_id: str) -> None:
    """Puts in reach what was recorded for a partner and not delivered, since a run was ended in between. What rests on a grant
    that gives access no more is withheld for good; it stays on record as what may have left.
    """
    with program.installation.reading() as session:
        waiting = session.scalars(
            select(Delivery).where(Delivery.partner_id == partner_id, Delivery.kind == ADR, Delivery.state == RECORDED)
        ).all()
    held = HeldRoll(program.installation)
    for delivery in waiting:
        target, state = find_outbox(program, partner_id) / delivery.folder, DELIVERED
        if not target.exists():
            if rests_on_open_grants(program, delivery.delivery_id, partner_id, held):
                with refusing("complete a recorded delivery"):
                    stage_folder(target, load_files(program, delivery)).publish()
            else:
                state = WITHHELD
        note_delivered(program, delivery.delivery_id, state)


def rests_on_open_grants(program: Program, delivery_id: str, partner_id: str, held: HeldRoll) -> bool:
    """Whether every grant in a package gives access today. `held`: who is enrolled, kept from one package to the next."""
    today = program.read_clock().today
    with program.installation.reading() as session:
        granted = set(session.scalars(select(Disclosure.grant_id).where(Disclosure.delivery_id == delivery_id)))
        access = select_access(session, partner_id, held.find(session, today), today)
    return granted <= {row.grant_id for row in access}


def describe_delivery(made: MadePackage, clock: Clock) -> Delivery:
    """The row of a delivery, not yet written."""
    partner, package = made.partner, made.package
    parts = (partner.partner_id, package.manifest_sha256, clock.now.isoformat())
    delivery_id = derive_id("del", *parts)
    files: dict[str, JsonValue] = {file.name: file.sha256 for file in package.files}
    data: dict[str, JsonValue] = dict(made.data)
    return Delivery(
        delivery_id=delivery_id,
        kind=ADR,
        partner_id=partner.partner_id,
        recipient=partner.name,
        purpose=partner.purpose,
        report_date=made.day,
        file_format=made.file_format.value,
        manifest_sha256=package.manifest_sha256,
        folder=f"adr-{made.day.isoformat()}-{made.file_format}-{delivery_id[-8:]}",
        inputs={"registry": made.registry.sha256, "data": data, "files": files},
        student_count=made.student_count,
        row_count=package.row_count,
        state=RECORDED,
        accepted_by=None,
        accepted_why=None,
        on_date=clock.today,
        at=clock.now,
    )


def record_delivery(session: Session, made: MadePackage, delivery: Delivery, clock: Clock) -> None:
    """Writes the delivery and each disclosure in one entry. The package's files SHALL be in the document store already.
    `CommandError` while exports are frozen.
    """
    refuse_while_frozen(session, clock)
    rows: list[Tracked] = []
    for file in {file.sha256: file for file in (*made.package.files, made.registry)}.values():
        rows += describe_document(session, Sha256(file.sha256), "package", len(file.content), clock)
    rows.append(delivery)
    rows += (_disclose(made, delivery, grant) for grant in made.grants)
    facts: dict[str, JsonValue] = {
        "kind": delivery.kind,
        "manifest": delivery.manifest_sha256,
        "students": delivery.student_count,
        "rows": delivery.row_count,
    }
    record(session, clock, Entry(Event.DELIVERY_RECORDED, delivery.delivery_id, _ACTOR, rows, facts))
    tell_of_package(session, clock, delivery.delivery_id, [grant.grant_id for grant in made.grants])


def _disclose(made: MadePackage, delivery: Delivery, grant: OpenGrant) -> Disclosure:
    reports: dict[str, JsonValue] = {
        str(table.spec.number): table.rows_by_grant[grant.grant_id]
        for table in made.reports.tables
        if grant.grant_id in table.rows_by_grant
    }
    return Disclosure(
        disclosure_id=derive_id("dis", delivery.delivery_id, grant.grant_id),
        kind=ADR,
        delivery_id=delivery.delivery_id,
        until_delivery_id=None,
        partner_id=made.partner.partner_id,
        student_id=grant.student_id,
        grant_id=grant.grant_id,
        basis=grant.basis,
        categories=list(grant.categories),
        content={"reports": reports},
        recipient=delivery.recipient,
        purpose=delivery.purpose,
        on_date=delivery.on_date,
        at=delivery.at,
    )


def note_delivered(program: Program, delivery_id: str, state: str = DELIVERED) -> None:
    """Notes that a recorded delivery came in reach, or that it was withheld."""
    clock, event = program.read_clock(), Event.DELIVERY_COMPLETED if state == DELIVERED else Event.DELIVERY_WITHHELD
    with program.installation.writing() as session:
        delivery = session.get_one(Delivery, delivery_id)
        delivery.state = state
        record(session, clock, Entry(event, delivery_id, _ACTOR, [delivery]))


def load_files(program: Program, delivery: Delivery) -> list[PackageFile]:
    """The files of a delivery, out of the document store."""
    files = delivery.inputs["files"]
    assert isinstance(files, dict)  # noqa: S101 - narrows the type
    documents = program.installation.documents
    return [PackageFile(name, documents.get(str(sha256))) for name, sha256 in files.items()]
