"""How a partner's agreements came to stand where they do: every step, verdict and named person, who noted it, when, why, and
with which paper. Reads only. A paper is given out by its hash, byte for byte as it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind
from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from store import JsonValue
from store.ids import Sha256
from store.tables import Agreement, PersonStep
from store.year_tables import AgreementPaper, DepartmentVerdict, NamedPerson

TRAINED = "trained"


@dataclass(frozen=True, slots=True)
class PastStep:
    """One thing that happened to an agreement. `what`: a status, a verdict, or `trained`; `who`: the department that gives the
    verdict, or the person who is named; `actor`: who noted it; `paper`: the hash of the document that came with it.
    """

    school_year: str
    kind: str
    on_date: date
    recorded_at: datetime
    what: str
    who: str = ""
    actor: str = ""
    reason: str = ""
    paper: str | None = None

    def as_json(self) -> dict[str, JsonValue]:
        """The step as JSON."""
        return {
            "school_year": self.school_year,
            "kind": self.kind,
            "on": self.on_date.isoformat(),
            "recorded_at": self.recorded_at.isoformat(),
            "what": self.what,
            "who": self.who,
            "by": self.actor,
            "reason": self.reason,
            "paper_sha256": self.paper,
        }

    def in_words(self) -> str:
        """The step as a line."""
        told = f"{self.on_date}  {self.school_year}  {self.kind}: {self.what}"
        told += f", {self.who}" if self.who else ""
        told += f", by {self.actor}" if self.actor else ""
        told += f": {self.reason}" if self.reason else ""
        return f"{told} (paper {self.paper})" if self.paper else told


def list_history(program: Program, partner_id: str, school_year: str | None = None) -> list[PastStep]:
    """All that happened to a partner's agreements, or to those of one school year, in the order of its days. `CommandError` for
    an unknown partner.
    """
    with program.installation.reading() as session:
        find_partner(session, partner_id)
        found = [*_list_steps(session, partner_id), *_list_people(session, partner_id)]
    of_year = [step for step in found if school_year in (None, step.school_year)]
    return sorted(of_year, key=lambda step: (step.on_date, step.recorded_at))


def write_paper(program: Program, partner_id: str, sha256: str, out: Path) -> int:
    """Writes out a paper of a partner's agreements; how many bytes. `CommandError` for one that came with none of them, or a
    file that can't be written.
    """
    if sha256 not in {step.paper for step in list_history(program, partner_id)}:
        raise CommandError("no step of that partner's agreements has that paper: see 'partner history'")
    content = program.installation.documents.get(Sha256(sha256))
    try:
        return out.write_bytes(content)
    except OSError as error:
        raise CommandError(f"cannot write {out}: {error.strerror}") from None


def _list_steps(session: Session, partner_id: str) -> Iterator[PastStep]:
    """Verdicts before the steps that they led to."""
    for verdict in session.scalars(select(DepartmentVerdict).where(DepartmentVerdict.partner_id == partner_id)):
        yield PastStep(
            verdict.school_year,
            verdict.kind,
            verdict.on_date,
            verdict.recorded_at,
            verdict.verdict,
            verdict.department,
            verdict.actor,
            verdict.reason,
            verdict.document_sha256,
        )
    noted = (
        select(Agreement, AgreementPaper)
        .join(AgreementPaper, AgreementPaper.agreement_id == Agreement.agreement_id, isouter=True)
        .where(Agreement.partner_id == partner_id)
    )
    for step, paper in session.execute(noted):
        said = (paper.actor, paper.reason, paper.document_sha256) if paper else ("", "", None)
        yield PastStep(step.school_year, step.kind, step.on_date, step.recorded_at, step.status, "", *said)


def _list_people(session: Session, partner_id: str) -> Iterator[PastStep]:
    for step in session.scalars(select(PersonStep).where(PersonStep.partner_id == partner_id)):
        named = f"{step.full_name} {step.user_principal_name}".strip()
        at = (step.on_date, step.recorded_at)
        yield PastStep(
            step.school_year, AgreementKind.NUA, *at, step.status, named, step.actor, "", step.document_sha256
        )
    trained = select(NamedPerson).where(
        NamedPerson.partner_id == partner_id, NamedPerson.kind == AgreementKind.TRAINING
    )
    for person in session.scalars(trained):
        at = (person.on_date, person.recorded_at)
        paper = person.document_sha256
        yield PastStep(person.school_year, person.kind, *at, TRAINED, person.full_name, "", "", paper)
