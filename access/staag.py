"""The row-level security feed of Student-at-a-Glance: who may see whom, complete, one row for each person and student.

Decides what a row says where a student has several grants of one partner: every category that any of them gives, and the
earliest of their last days, so that a row never outlives a grant it rests on. Row-level security filters rows and not columns:
each fact table needs a filter on its own category's flag.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from access.adr_files import disarm
from access.adr_reports import OpenGrant
from access.types import CATEGORIES

FEED_COLUMNS = (
    "UserPrincipalName",
    "SPSStudentID",
    "PartnerID",
    "AccessBasis",
    "Attendance",
    "Discipline",
    "Assessment",
    "Demographics",
    "EffectiveFrom",
    "EffectiveTo",
    "GrantID",
    "SchoolYear",
    "GeneratedAt",
)


@dataclass(frozen=True, slots=True)
class FeedPerson:
    """A person of a partner whose network use agreement is active for these school years."""

    user_principal_name: str
    partner_id: str
    school_years: frozenset[str]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: its rows without the time of making, the people that each grant is shown to, partners nobody can log in for."""

    rows: tuple[tuple[str, ...], ...]
    people_by_grant: Mapping[str, tuple[str, ...]]
    partners_without_people: tuple[str, ...]

    @property
    def student_count(self) -> int:
        """How many students are in it."""
        return len({row[1] for row in self.rows})


def make_feed(people: Sequence[FeedPerson], grants: Mapping[str, Sequence[OpenGrant]]) -> Feed:
    """The feed for all partners' open grants, by partner id."""
    rows: list[tuple[str, ...]] = []
    people_by_grant: dict[str, list[str]] = {}
    reached = set()
    for person in sorted(people, key=lambda one: one.user_principal_name):
        own = [grant for grant in grants.get(person.partner_id, ()) if grant.school_year in person.school_years]
        for grant in own:
            people_by_grant.setdefault(grant.grant_id, []).append(person.user_principal_name)
            reached.add(person.partner_id)
        rows += _make_rows(person, own)
    without = sorted(partner_id for partner_id, found in grants.items() if found and partner_id not in reached)
    return Feed(tuple(rows), {grant_id: tuple(names) for grant_id, names in people_by_grant.items()}, tuple(without))


def write_feed(feed: Feed, generated_at: datetime) -> bytes:
    """The feed as csv, UTF-8 without a byte order mark; lines end in a line feed."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(FEED_COLUMNS)
    told = generated_at.isoformat(timespec="seconds")
    writer.writerows([disarm(text) for text in (*row, told)] for row in feed.rows)
    return stream.getvalue().encode()


def _make_rows(person: FeedPerson, grants: Sequence[OpenGrant]) -> Iterator[tuple[str, ...]]:
    ordered = sorted(grants, key=lambda grant: (grant.student_id, grant.from_date, grant.grant_id))
    for student_id, group in groupby(ordered, key=lambda grant: grant.student_id):
        own = list(group)
        given = {name for grant in own for name in grant.categories}
        yield (
            person.user_principal_name,
            student_id,
            person.partner_id,
            ";".join(dict.fromkeys(grant.basis for grant in own)),
            *("1" if name in given else "0" for name in CATEGORIES),
            min(grant.from_date for grant in own).isoformat(),
            min(grant.closes_on for grant in own).isoformat(),
            ";".join(grant.grant_id for grant in own),
            ";".join(sorted({grant.school_year for grant in own})),
        )
