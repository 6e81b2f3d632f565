"""Commands of the partner's year: verdicts, named people, what waits on what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from access.types import AgreementKind, AgreementStatus
from consentry.commands.console import DONE, open_program, read_day, tell
from consentry.errors import CommandError
from consentry.pipeline.list_recording import confirm_term
from consentry.pipeline.list_schools import Designee, DesigneeRole, DesigneeStatus, record_designee
from consentry.program_year.agreement_papers import StepNote
from consentry.program_year.agreement_reviews import Verdict, give_verdict
from consentry.program_year.application import draft_application, submit_application
from consentry.program_year.history import list_history, write_paper
from consentry.program_year.named_people import NamedStep, name_person
from consentry.program_year.waits import find_waits, show_waits

PartnerArgument = Annotated[str, typer.Argument(metavar="PARTNER")]
KindOption = Annotated[AgreementKind, typer.Option("--kind")]
YearOption = Annotated[str, typer.Option("--school-year", help="Such as 2026-27.")]
PaperOption = Annotated[Path | None, typer.Option("--paper", help="The document that goes with it; kept by its hash.")]
UserOption = Annotated[str, typer.Option("--as", help="Who does it.")]
_ACTIVE = AgreementStatus.ACTIVE


def partner_verdict(
    context: typer.Context,
    partner_id: PartnerArgument,
    kind: KindOption,
    school_year: YearOption,
    department: Annotated[str, typer.Option("--department", help="Such as Legal.")],
    verdict: Annotated[Verdict, typer.Option("--verdict")],
    user: UserOption,
    reason: Annotated[str, typer.Option("--reason", help="Why; needed unless it approves.")] = "",
    paper: PaperOption = None,
) -> int:
    """A department's verdict. Example: consentry partner verdict harbor --kind dsa ... --department Legal --verdict approve."""
    program, note = open_program(context), StepNote(user, reason, paper)
    given = give_verdict(program, partner_id, kind, school_year, department, verdict, note)
    result = {"partner_id": partner_id, "kind": given.kind, "department": given.department, "verdict": given.verdict}
    tell(context, result, f"{given.department} on {kind} of {partner_id}: {verdict}")
    return DONE


def partner_name(
    context: typer.Context,
    partner_id: PartnerArgument,
    kind: KindOption,
    school_year: YearOption,
    name: Annotated[str, typer.Option("--name", help="The person's full name.")] = "",
    address: Annotated[str, typer.Option("--address", help="User principal name; needed for nua.")] = "",
    status: Annotated[AgreementStatus, typer.Option("--status", help="For nua: active, or ended.")] = _ACTIVE,
    on: Annotated[str | None, typer.Option("--on", help="Day, YYYY-MM-DD; today.")] = None,
    user: UserOption = "program",
    paper: PaperOption = None,
) -> int:
    """Name a person for an account (nua), or as trained. Example: consentry partner name harbor --kind nua --address ..."""
    program, note = open_program(context), StepNote(user, "", paper)
    day = read_day(on) or program.read_clock().today
    named = name_person(program, kind, NamedStep(partner_id, address, school_year, status, day, name), note)
    tell(
        context, {"partner_id": partner_id, "kind": kind, "person_id": named, "status": status}, f"{status} for {kind}"
    )
    return DONE


def partner_designee(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The principal's or designee's name.")],
    school: Annotated[str, typer.Option("--school")],
    school_year: YearOption,
    user: UserOption,
    role: Annotated[DesigneeRole, typer.Option("--role")] = DesigneeRole.PRINCIPAL,
    status: Annotated[DesigneeStatus, typer.Option("--status")] = DesigneeStatus.ACTIVE,
    on: Annotated[str | None, typer.Option("--on", help="First day, YYYY-MM-DD; today.")] = None,
) -> int:
    """Note who may submit lists for a school. Example: consentry partner designee "Ana Lopez" --school "Cedar Grove" ..."""
    program = open_program(context)
    day = read_day(on) or program.read_clock().today
    step = record_designee(program, Designee(name, role, school, school_year), status, day, user)
    result = {"designee_id": step.designee_id, "school": school, "role": step.role, "status": step.status}
    tell(context, result, f"{role} of {school} for {school_year}: {status}")
    return DONE


def partner_confirm_term(
    context: typer.Context,
    partner_id: PartnerArgument,
    school_year: YearOption,
    user: UserOption,
    school: Annotated[str, typer.Option("--school", help="Whose list; all of one's own if left out.")] = "",
) -> int:
    """Stand by a right-to-view list for the term that runs. Example: consentry partner confirm-term harbor ... --as "Ana"."""
    given = confirm_term(open_program(context), partner_id, school_year, user, school)
    result = [{"school": row.school, "term": row.term, "holds_until": str(row.holds_until)} for row in given]
    tell(context, result, "\n".join(f"{row.school}: {row.term}, holds until {row.holds_until}" for row in given))
    return DONE


def partner_waits(
    context: typer.Context,
    partner_id: Annotated[str | None, typer.Argument(metavar="PARTNER", help="All partners if left out.")] = None,
    reminders: Annotated[bool, typer.Option("--reminders", help="Only steps of which a reminder is due.")] = False,
) -> int:
    """What waits on what, steps side by side. Example: consentry partner waits harbor."""
    found = find_waits(open_program(context), partner_id)
    kept = [waits for waits in found if not reminders or waits.reminders]
    lines = [
        f"{waits.name}, {waits.school_year}: {words}"
        for waits in kept
        for words in (waits.reminders if reminders else waits.words)
    ]
    tell(context, [show_waits(waits) for waits in kept], "\n".join(lines) or "nothing waits")
    return DONE


def partner_history(
    context: typer.Context,
    partner_id: PartnerArgument,
    school_year: Annotated[str | None, typer.Option("--school-year", help="Of one year alone.")] = None,
) -> int:
    """Each step, verdict and named person: who noted it, when, why. Example: consentry partner history harbor."""
    steps = list_history(open_program(context), partner_id, school_year)
    tell(context, [step.as_json() for step in steps], "\n".join(step.in_words() for step in steps) or "nothing yet")
    return DONE


def partner_paper(
    context: typer.Context,
    partner_id: PartnerArgument,
    sha256: Annotated[str, typer.Argument(metavar="SHA256", help="As 'partner history' tells it.")],
    out: Annotated[Path, typer.Option("--out", help="Where to.")],
) -> int:
    """Write out the document of an agreement's step. Example: consentry partner paper harbor 3f2a... --out dsa.pdf."""
    size = write_paper(open_program(context), partner_id, sha256, out)
    tell(context, {"file": str(out), "sha256": sha256, "bytes": size}, f"{size} bytes in {out}")
    return DONE


def partner_application(
    context: typer.Context,
    partner_id: PartnerArgument,
    school_year: YearOption,
    draft: Annotated[
        Path | None, typer.Option("--draft", help="Write the year's questions here, to be answered.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="The answered questions.")] = None,
    on: Annotated[str | None, typer.Option("--on", help="Day, YYYY-MM-DD; today.")] = None,
    user: UserOption = "program",
) -> int:
    """Apply for an institutional service. Example: consentry partner application harbor --school-year 2026-27 --draft A."""
    program = open_program(context)
    if draft is not None:
        count = draft_application(program, school_year, draft)
        tell(context, {"questions": count}, f"{count} questions in {draft}")
        return DONE
    if file is None:
        raise CommandError("name --draft or --file")
    step = submit_application(program, partner_id, school_year, file, read_day(on) or program.read_clock().today, user)
    tell(context, {"partner_id": partner_id, "status": step.status}, f"the application of {partner_id} is submitted")
    return DONE
