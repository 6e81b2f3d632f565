"""Delivers the twelve reports: made from the access set, recorded student by student, then put in reach in one rename.

Order is the promise: files are written under hidden names and kept in the document store; under the ledger's lock the access
set is looked at once more, and each student's disclosure is recorded; only then do the files come in reach. Whatever fails
before leaves nothing delivered and nothing recorded; a kill after it leaves a recorded delivery that the next run completes
from the document store, or withholds where a grant in it has ended. A package that was delivered already and still lies there
is not delivered again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy import select

from access.adr_data import StudentData, read_student_data
from access.adr_package import FileFormat, PackageFile, PackageLabel, make_package
from access.adr_reports import OpenGrant, find_covered, make_reports
from access.errors import AccessError
from consentry.disclosing.delivering_files import StagedFolder, holds_files, stage_folder
from consentry.disclosing.delivering_grants import OpenGrantFinder
from consentry.disclosing.delivering_record import (
    ADR,
    DELIVERED,
    MadePackage,
    complete_deliveries,
    describe_delivery,
    find_outbox,
    holding_outbox,
    note_delivered,
    record_delivery,
    refusing,
)
from consentry.disclosing.delivering_registry import REGISTRY_NAME, RegistryInForce, load_registry
from consentry.disclosing.freezing import refuse_while_frozen
from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from store import Clock
from store.tables import Delivery, Partner

_TRIES = 3


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """What to deliver: from which data, also to which folder, as what, for which day (today if None)."""

    data: Path
    out: Path
    file_format: FileFormat
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """One partner's package. `is_new`: False where the same package lay in the outbox already, recorded before."""

    partner_id: str
    delivery_id: str
    outbox: Path
    out: Path
    students: int
    files: dict[str, int]
    left_out: dict[str, str]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """A partner that got no package, and why."""

    partner_id: str
    why: str


@dataclass(frozen=True, slots=True)
class _Round:
    """What is the same for all partners of one call."""

    program: Program
    request: DeliveryRequest
    in_force: RegistryInForce
    clock: Clock
    day: date
    finder: OpenGrantFinder
    data: StudentData


def deliver_reports(program: Program, partner_id: str, request: DeliveryRequest) -> Delivered:
    """Delivers one partner's reports. `CommandError`: no such partner, nobody open to it, data or disk at fault."""
    with program.installation.reading() as session:
        find_partner(session, partner_id)
    delivered, passed = _deliver(program, [partner_id], request, lambda _: request.out)
    if passed:
        raise CommandError(f"nothing was delivered to {partner_id}: {passed[0].why}")
    return delivered[0]


def deliver_all_reports(program: Program, request: DeliveryRequest) -> tuple[list[Delivered], list[Passed]]:
    """Delivers every partner's reports, each also to a folder of its name in `request.out`. Data at fault stops all."""
    with program.installation.reading() as session:
        partner_ids = list(session.scalars(select(Partner.partner_id).order_by(Partner.partner_id)))
    return _deliver(program, partner_ids, request, lambda partner_id: request.out / partner_id)


def _deliver(
    program: Program, partner_ids: Sequence[str], request: DeliveryRequest, find_out: Callable[[str], Path]
) -> tuple[list[Delivered], list[Passed]]:
    in_force, clock = load_registry(program), program.read_clock()
    day = request.day or clock.today
    finder = OpenGrantFinder(program, day, clock.today)
    open_grants: dict[str, tuple[OpenGrant, ...]] = {}
    with program.installation.reading() as session:
        refuse_while_frozen(session, clock)
        for partner_id in partner_ids:
            open_grants[partner_id] = finder.find(session, session.get_one(Partner, partner_id))
    passed = [Passed(partner_id, _say_nobody(day)) for partner_id, grants in open_grants.items() if not grants]
    wanted = [partner_id for partner_id, grants in open_grants.items() if grants]
    for partner_id in wanted:
        with holding_outbox(program, partner_id):
            complete_deliveries(program, partner_id)
    if not wanted:
        return [], passed
    everyone = [grant for partner_id in wanted for grant in open_grants[partner_id]]
    data = _read_data(in_force, request.data, everyone)
    this_round = _Round(program, request, in_force, clock, day, finder, data)
    delivered = []
    for partner_id in wanted:
        with holding_outbox(program, partner_id):
            delivered.append(_deliver_one(this_round, partner_id, find_out(partner_id)))
    return delivered, passed


def _read_data(in_force: RegistryInForce, folder: Path, grants: Sequence[OpenGrant]) -> StudentData:
    covered, _ = find_covered(in_force.registry, grants)
    try:
        return read_student_data(
            folder,
            in_force.registry,
            {grant.student_id for grant in grants},
            {report.number for report in covered},
        )
    except AccessError as error:
        raise CommandError(f"nothing was delivered: {error}") from None


def _deliver_one(this_round: _Round, partner_id: str, out: Path) -> Delivered:
    for _ in range(_TRIES):
        with this_round.program.installation.reading() as session:
            partner = session.get_one(Partner, partner_id)
            grants = this_round.finder.find(session, partner)
        this_round = _cover(this_round, grants)
        made = _make(this_round, partner, grants)
        lying = _find_lying(this_round.program, made)
        if lying is not None:
            return _tell(made, lying, _copy_out(out, made), False)
        delivery = _record_and_publish(this_round, made, out)
        if delivery is not None:
            return delivery
    raise CommandError(f"the access set of {partner_id} keeps changing: run it again; nothing was delivered to it")


def _cover(this_round: _Round, grants: Sequence[OpenGrant]) -> _Round:
    """The round with the data of these grants too: some may have been given since the data was read."""
    in_force, data = this_round.in_force, this_round.data
    covered, _ = find_covered(in_force.registry, grants)
    has_students = {grant.student_id for grant in grants} <= data.students.keys()
    if has_students and {report.number for report in covered if report.file} <= data.rows.keys():
        return this_round
    return replace(this_round, data=_read_data(in_force, this_round.request.data, grants))


def _make(this_round: _Round, partner: Partner, grants: tuple[OpenGrant, ...]) -> MadePackage:
    if not grants:
        raise CommandError(f"nothing was delivered to {partner.partner_id}: {_say_nobody(this_round.day)}")
    in_force = this_round.in_force
    try:
        reports = make_reports(in_force.registry, grants, this_round.data, this_round.day)
    except AccessError as error:
        raise CommandError(f"nothing was delivered to {partner.partner_id}: {error}") from None
    label = PackageLabel(
        partner_id=partner.partner_id,
        partner_name=partner.name,
        purpose=partner.purpose,
        day=this_round.day,
        file_format=this_round.request.file_format,
        registry_sha256=in_force.registry.sha256,
        notice=in_force.notice,
    )
    students = len({grant.student_id for grant in grants})
    return MadePackage(
        partner=partner,
        grants=grants,
        reports=reports,
        package=make_package(label, reports, students),
        day=this_round.day,
        file_format=this_round.request.file_format,
        registry=PackageFile(REGISTRY_NAME, in_force.content),
        data={file.name: file.sha256 for file in this_round.data.files},
    )


def _record_and_publish(this_round: _Round, made: MadePackage, out: Path) -> Delivered | None:
    """Records and delivers; None, and nothing done, if the access set changed since the package was made."""
    program, partner_id = this_round.program, made.partner.partner_id
    clock = replace(program.read_clock(), today=this_round.clock.today)  # a run over all partners takes minutes
    outbox = find_outbox(program, partner_id)
    staged: list[StagedFolder] = []
    try:
        with refusing(f"write the package of {partner_id}; nothing was delivered to it"):
            for file in made.package.files:
                program.installation.documents.put(file.content)
            program.installation.documents.put(made.registry.content)
            delivery = describe_delivery(made, clock)
            staged.append(stage_folder(outbox / delivery.folder, made.package.files))
            staged.append(stage_folder(_find_target(out, delivery), made.package.files))
        with program.installation.writing() as session:
            partner = session.get_one(Partner, partner_id)
            if this_round.finder.find(session, partner) != made.grants:
                return None
            record_delivery(session, made, delivery, clock)
        with refusing(f"put the package of {partner_id} in place; it is recorded, and the next run completes it"):
            for folder in staged:
                folder.publish()
        note_delivered(program, delivery.delivery_id)
    finally:
        for folder in staged:
            folder.discard()
    return _tell(made, delivery, staged[1].target, True)


def _find_lying(program: Program, made: MadePackage) -> Delivery | None:
    """The delivery by which this very package lies in the partner's outbox."""
    with program.installation.reading() as session:
        same = session.scalars(
            select(Delivery)
            .where(Delivery.kind == ADR, Delivery.partner_id == made.partner.partner_id, Delivery.state == DELIVERED)
            .where(Delivery.manifest_sha256 == made.package.manifest_sha256)
            .order_by(Delivery.at.desc())
        ).all()
    outbox = find_outbox(program, made.partner.partner_id)
    return next((one for one in same if holds_files(outbox / one.folder, made.package.files)), None)


def _copy_out(out: Path, made: MadePackage) -> Path:
    if holds_files(out, made.package.files):
        return out
    with refusing(f"write to {out}"):
        staged = stage_folder(_find_target(out, None), made.package.files)
        staged.publish()
    return staged.target


def _find_target(out: Path, delivery: Delivery | None) -> Path:
    """`out` itself where it is new or empty, else the next free folder in it."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return out
    name = delivery.folder if delivery else "adr-copy"
    return next(place for place in _number(out / name) if not place.exists())


def _number(place: Path) -> Iterator[Path]:
    yield place
    count = 2
    while True:
        yield place.with_name(f"{place.name}-{count}")
        count += 1


def _tell(made: MadePackage, delivery: Delivery, out: Path, is_new: bool) -> Delivered:
    files = {file.name: len(file.content) for file in made.package.files}
    return Delivered(
        partner_id=made.partner.partner_id,
        delivery_id=delivery.delivery_id,
        outbox=Path("outbox") / made.partner.partner_id / delivery.folder,
        out=out,
        students=delivery.student_count,
        files=files,
        left_out={report.name: report.why for report in made.reports.left_out},
        is_new=is_new,
    )


def _say_nobody(day: date) -> str:
    return (
        f"no student is open to it on {day.isoformat()} (no grant runs, its agreement is not active, or no enrollment holds): "
        "an empty package is not made"
    )
