"""Which policy is in force: the newest version in the store, whose file is a document under the hash that decisions carry. The
school years in force come with it: the two together are what a decision is made under.

The store is the one truth. A file in the home puts nothing in force: it is the input of `consentry policy set`. A home whose
`policy.toml` was never set refuses to run, so that nobody believes a file to hold that doesn't.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.program_year.year_versions import YearShelf
from consentry.risk.policy import Rulebook, read_built_in_policy, read_rulebook
from store import Clock, Entry, Event, Installation, JsonValue, describe_document, record
from store.risk_tables import PolicyVersion

POLICY_DOCUMENT = "policy"
_NEWEST = select(PolicyVersion.sha256).order_by(PolicyVersion.version.desc()).limit(1)
_PROGRAM = "program"


class PolicyShelf:
    """The policy in force of one home, asked for anew each time, so that a running worker or server follows a change."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._held: Rulebook | None = None
        self._years = YearShelf(installation)

    def find_rulebook(self) -> Rulebook:
        """The rulebook in force."""
        with self._installation.reading() as session:
            sha256 = session.scalar(_NEWEST)
            years = self._years.find_years(session)
        if sha256 is None:
            raise CommandError("no policy is in force: open the home with this version of the program once")
        if self._held is None or self._held.policy.sha256 != sha256 or self._held.years is not years:
            self._held = replace(read_rulebook(self._installation.documents.get(sha256)), years=years)
        return self._held


class HeldPolicy(PolicyShelf):
    """The policy as it was at one moment, for a step that asks for it many times."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def find_rulebook(self) -> Rulebook:
        """The rulebook of that moment."""
        return self._rulebook


def find_in_force(session: Session) -> PolicyVersion:
    """The version in force."""
    return session.scalars(select(PolicyVersion).order_by(PolicyVersion.version.desc()).limit(1)).one()


def list_versions(session: Session) -> list[PolicyVersion]:
    """All versions, the first one first."""
    return list(session.scalars(select(PolicyVersion).order_by(PolicyVersion.version)))


def begin_with_built_in(installation: Installation, clock: Clock) -> None:
    """Puts the policy that comes with the program in force where none is yet. A later program's is not taken by itself."""
    with installation.reading() as session:
        if session.scalar(select(PolicyVersion.version).limit(1)) is not None:
            return
    content = read_built_in_policy()
    with installation.writing() as session:
        if session.scalar(select(PolicyVersion.version).limit(1)) is None:
            record_version(session, installation, clock, content, _PROGRAM, "the policy that comes with the program")


def refuse_unset_file(installation: Installation, home: Path) -> None:
    """`CommandError` if the home has a policy file that was never put in force."""
    own = home / "policy.toml"
    if not own.exists():
        return
    sha256 = hashlib.sha256(own.read_bytes()).hexdigest()
    with installation.reading() as session:
        known = session.scalar(select(PolicyVersion.version).where(PolicyVersion.sha256 == sha256).limit(1))
    if known is None:
        raise CommandError(
            "policy.toml in the home is not in force: run 'consentry policy set --file HOME/policy.toml', or remove it"
        )


def record_version(
    session: Session,
    installation: Installation,
    clock: Clock,
    content: bytes,
    set_by: str,
    reason: str,
    accepted_risk: str | None = None,
    basis: dict[str, JsonValue] | None = None,
) -> PolicyVersion:
    """Puts a policy file in force. The session holds the ledger's lock; the file was read without fault before."""
    sha256 = installation.documents.put(content)
    newest = session.scalar(select(func.max(PolicyVersion.version))) or 0
    version = PolicyVersion(
        version=newest + 1,
        sha256=sha256,
        set_by=set_by,
        reason=reason,
        accepted_risk=accepted_risk,
        basis=basis or {},
        on_date=clock.today,
        at=clock.now,
    )
    rows = [*describe_document(session, sha256, POLICY_DOCUMENT, len(content), clock), version]
    facts: dict[str, JsonValue] = {"policy_sha256": sha256, "risk_accepted": accepted_risk is not None}
    record(session, clock, Entry(Event.POLICY_SET, f"policy/{version.version}", set_by, rows, facts))
    return version
