"""Writes the Student-at-a-Glance feed: complete each time, with a manifest; empty or shrunk, an error until a lead says so.

What a feed discloses of a student is recorded before the file is in place. An empty or truncated feed never means that
everybody loses access: the file that lies there stays. Rows of grants that somebody revoked don't count as missing: a
revocation has its person and reason already, and takes effect at once. One feed is written at a time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.staag import FEED_COLUMNS, Feed, make_feed, write_feed
from consentry.accounts import check_lead
from consentry.disclosing.delivering_files import write_flushed
from consentry.disclosing.delivering_grants import OpenGrantFinder
from consentry.disclosing.delivering_record import DELIVERED, note_delivered, refusing
from consentry.disclosing.delivering_registry import load_registry
from consentry.disclosing.staag_people import find_people
from consentry.disclosing.staag_record import FEED, Acceptance, MadeFeed, count_revoked_rows, record_feed
from consentry.errors import CommandError
from consentry.program import Program
from store import Clock
from store.shelf import flush_folder
from store.tables import Delivery, Partner

_WAY_OUT = "what lies there stays; if it is right, a lead says so: --allow-shrink --as LEAD --reason TEXT"


@dataclass(frozen=True, slots=True)
class WrittenFeed:
    """A feed that was written. `partners_without_people`: they have access, and nobody who may log in."""

    delivery_id: str
    file: Path
    manifest: Path
    rows: int
    students: int
    sha256: str
    partners_without_people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Staged:
    """A file written beside its target, under a hidden name."""

    hidden: Path
    target: Path


def write_staag_feed(program: Program, file: Path, acceptance: Acceptance | None) -> WrittenFeed:
    """Writes the feed to `file` and its manifest beside it. `CommandError`: empty, shrunk, or it can't be written."""
    if acceptance is not None and not (acceptance.by.strip() and acceptance.why.strip()):
        raise CommandError("accepting an empty or shrunk feed needs a lead (--as) and a reason (--reason)")
    if not file.parent.is_dir():
        raise CommandError(f"no such folder: {file.parent}")
    with _one_at_a_time(program):
        return _write(program, file, acceptance)


def _write(program: Program, file: Path, acceptance: Acceptance | None) -> WrittenFeed:
    clock = program.read_clock()
    finder = OpenGrantFinder(program, clock.today, clock.today)
    with program.installation.reading() as session:
        made = _gather(session, program, finder, clock, file.name, acceptance)
        if acceptance is None:
            revoked = count_revoked_rows(session, clock.today)
            _check_size(session, made.feed, revoked, load_registry(program).registry.shrink_limit)
        else:
            check_lead(session, acceptance.by, "accepts a feed that is empty or shrunk")
    manifest_file = file.with_name(f"{file.name}.manifest.json")
    staged = [_stage(manifest_file), _stage(file)]
    try:
        with refusing("write the feed; the one before stays"):
            for one, content in zip(staged, (made.manifest, made.file), strict=True):
                program.installation.documents.put(content)
                write_flushed(one.hidden, content)
        with program.installation.writing() as session:
            if _gather(session, program, finder, clock, file.name, acceptance).file != made.file:
                raise CommandError(
                    "the access sets changed while the feed was made: run it again; the one before stays"
                )
            recorded_at = replace(program.read_clock(), today=clock.today)  # making a large feed takes a while
            delivery = record_feed(session, made, recorded_at, acceptance)
        with refusing("put the feed in place; it is recorded, run it again"):
            for one in staged:
                one.hidden.replace(one.target)
            flush_folder(file.parent)
    finally:
        for one in staged:
            one.hidden.unlink(missing_ok=True)
    note_delivered(program, delivery.delivery_id)
    return WrittenFeed(
        delivery_id=delivery.delivery_id,
        file=file,
        manifest=manifest_file,
        rows=len(made.feed.rows),
        students=made.feed.student_count,
        sha256=made.file_sha256,
        partners_without_people=made.feed.partners_without_people,
    )


@contextmanager
def _one_at_a_time(program: Program) -> Iterator[None]:
    with (program.settings.home / ".staag-feed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stage(target: Path) -> _Staged:
    return _Staged(target.with_name(f".staged-{target.name}"), target)


def _gather(
    session: Session, program: Program, finder: OpenGrantFinder, clock: Clock, name: str, acceptance: Acceptance | None
) -> MadeFeed:
    partners = {one.partner_id: one for one in session.scalars(select(Partner).order_by(Partner.partner_id))}
    grants = {partner_id: finder.find(session, partner) for partner_id, partner in partners.items()}
    feed = make_feed(find_people(session, program.rulebook, clock.today), grants)
    file = write_feed(feed, clock.now)
    manifest = {
        "manifest": "consentry staag feed 1",
        "file": name,
        "complete": True,
        "rows": len(feed.rows),
        "students": feed.student_count,
        "people": len({row[0] for row in feed.rows}),
        "columns": list(FEED_COLUMNS),
        "sha256": hashlib.sha256(file).hexdigest(),
        "bytes": len(file),
        "effective_on": clock.today.isoformat(),
        "generated_at": clock.now.isoformat(timespec="seconds"),
        "shrink_accepted_by": acceptance.by if acceptance else None,
    }
    return MadeFeed(feed, grants, partners, name, file, (json.dumps(manifest, indent=1) + "\n").encode())


def _check_size(session: Session, feed: Feed, revoked: int, shrink_limit: float) -> None:
    rows, without = len(feed.rows), feed.partners_without_people
    delivered = select(Delivery.row_count).where(Delivery.kind == FEED, Delivery.state == DELIVERED)
    before = session.scalar(delivered.order_by(Delivery.at.desc()).limit(1))
    if rows == 0:
        why = f": nobody may log in for {', '.join(without)}, see 'consentry partner waits'" if without else ""
        raise CommandError(f"the feed would be empty{why}; {_WAY_OUT}")
    if before is not None and rows < (before - revoked) * (1 - shrink_limit):
        besides = f" besides {revoked} that were revoked" if revoked else ""
        raise CommandError(
            f"the feed would shrink from {before} rows to {rows}, by more than {shrink_limit:.0%}{besides}; {_WAY_OUT}"
        )
