"""The record of a Student-at-a-Glance feed: the feed, and what it discloses of whom, in one ledger entry.

A disclosure by feed is one row, from the first feed that has it to the first that has it no more or otherwise. Each feed's own
file is kept as a document, so each day's rows can be shown again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.adr_reports import OpenGrant
from access.staag import Feed
from consentry.disclosing.delivering_record import RECORDED
from consentry.disclosing.freezing import refuse_while_frozen
from consentry.telling.telling_partners import tell_of_package
from store import Clock, Entry, Event, JsonValue, describe_document, record
from store.ids import Sha256, derive_id
from store.loading import load_rows
from store.tables import Delivery, Disclosure, Grant, Partner, Tracked

FEED = "staag-feed"
RECIPIENT = "Student-at-a-Glance"
_ACTOR = "program"
_STANDING = select(Disclosure).where(Disclosure.kind == FEED, Disclosure.until_delivery_id.is_(None))
"""What the last feed discloses."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A lead's word that an empty or shrunk feed is right."""

    by: str
    why: str


@dataclass(frozen=True, slots=True)
class MadeFeed:
    """A feed's file and manifest, and the grants and partners behind it."""

    feed: Feed
    grants: Mapping[str, Sequence[OpenGrant]]
    partners: Mapping[str, Partner]
    name: str
    file: bytes
    manifest: bytes

    @property
    def file_sha256(self) -> Sha256:
        """The hash of the file."""
        return Sha256(hashlib.sha256(self.file).hexdigest())


def record_feed(session: Session, made: MadeFeed, clock: Clock, acceptance: Acceptance | None) -> Delivery:
    """Writes the feed and what it discloses. Both files SHALL be in the document store already. `CommandError` while exports
    are frozen.
    """
    refuse_while_frozen(session, clock)
    manifest_sha256 = Sha256(hashlib.sha256(made.manifest).hexdigest())
    delivery = Delivery(
        delivery_id=derive_id("del", FEED, manifest_sha256, clock.now.isoformat()),
        kind=FEED,
        partner_id=None,
        recipient=RECIPIENT,
        purpose="",
        report_date=clock.today,
        file_format="csv",
        manifest_sha256=manifest_sha256,
        folder="",
        inputs={"files": {made.name: made.file_sha256}},
        student_count=made.feed.student_count,
        row_count=len(made.feed.rows),
        state=RECORDED,
        accepted_by=acceptance.by if acceptance else None,
        accepted_why=acceptance.why if acceptance else None,
        on_date=clock.today,
        at=clock.now,
    )
    begun, ended = _compare_disclosures(session, made, delivery)
    rows: list[Tracked] = [
        *describe_document(session, manifest_sha256, "feed", len(made.manifest), clock),
        *describe_document(session, made.file_sha256, "feed", len(made.file), clock),
        delivery,
        *begun,
    ]
    facts: dict[str, JsonValue] = {
        "kind": FEED,
        "rows": delivery.row_count,
        "students": delivery.student_count,
        "sha256": made.file_sha256,
        "shrink_accepted": acceptance is not None,
    }
    actor = acceptance.by if acceptance else _ACTOR
    record(session, clock, Entry(Event.DELIVERY_RECORDED, delivery.delivery_id, actor, rows, facts))
    for one in ended:
        one.until_delivery_id = delivery.delivery_id
    if ended:  # an entry of its own: the delivery that they name has to be there first
        record(session, clock, Entry(Event.DELIVERY_RECORDED, delivery.delivery_id, actor, ended, {"kind": FEED}))
    tell_of_package(session, clock, delivery.delivery_id, made.feed.people_by_grant)
    return delivery


def count_revoked_rows(session: Session, day: date) -> int:
    """How many rows of the last feed rest on nothing but grants that were revoked by that day."""
    standing = session.scalars(_STANDING).all()
    grants = load_rows(session, Grant, {row.grant_id for row in standing})
    runs_on: dict[tuple[str, str], bool] = {}
    for row in standing:
        ends = grants[row.grant_id].revoked_on
        for person in _list_people(row):
            place = (person, row.student_id)
            runs_on[place] = runs_on.get(place, False) or ends is None or ends > day
    return sum(not runs for runs in runs_on.values())


def _list_people(row: Disclosure) -> list[str]:
    people = row.content.get("people")
    return [str(person) for person in people] if isinstance(people, list) else []


def _compare_disclosures(
    session: Session, made: MadeFeed, delivery: Delivery
) -> tuple[list[Disclosure], list[Disclosure]]:
    """The disclosures that begin with this feed, and those that stood until it."""
    standing = {row.grant_id: row for row in session.scalars(_STANDING)}
    begun = []
    for partner_id, grants in made.grants.items():
        for grant in grants:
            people = made.feed.people_by_grant.get(grant.grant_id)
            if people is None:
                continue
            before, now = standing.get(grant.grant_id), _disclose(made.partners[partner_id], grant, people, delivery)
            if before is not None and (before.content, before.categories) == (now.content, now.categories):
                del standing[grant.grant_id]
            else:
                begun.append(now)
    return begun, list(standing.values())


def _disclose(partner: Partner, grant: OpenGrant, people: Sequence[str], delivery: Delivery) -> Disclosure:
    return Disclosure(
        disclosure_id=derive_id("dis", delivery.delivery_id, grant.grant_id),
        kind=FEED,
        delivery_id=delivery.delivery_id,
        until_delivery_id=None,
        partner_id=partner.partner_id,
        student_id=grant.student_id,
        grant_id=grant.grant_id,
        basis=grant.basis,
        categories=list(grant.categories),
        content={"people": list(people)},
        recipient=partner.name,
        purpose=partner.purpose,
        on_date=delivery.on_date,
        at=delivery.at,
    )
