"""Commands by which data leaves the house, and what lists it: adr, disclosures, incident, what agreements and blanks list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from access.adr_package import FileFormat
from consentry.commands.console import DONE, SOME_REFUSED, open_program, read_day, show_busy, split_names, tell
from consentry.disclosing.delivering import Delivered, DeliveryRequest, deliver_all_reports, deliver_reports
from consentry.disclosing.delivering_terms import list_agreement_terms, list_form_terms
from consentry.disclosing.family import write_family_account
from consentry.disclosing.incidents import IncidentRequest, report_incident
from consentry.errors import CommandError

_DayOption = Annotated[str | None, typer.Option("--on", help="The day, YYYY-MM-DD; today.")]


def adr(
    context: typer.Context,
    data: Annotated[Path, typer.Option("--data", help="Folder of the district's student data, csv.")],
    out: Annotated[Path, typer.Option("--out", help="Where to write the package too.")],
    partner: Annotated[str | None, typer.Argument(help="The partner.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every partner.")] = False,
    file_format: Annotated[FileFormat, typer.Option("--format")] = FileFormat.CSV,
    on: _DayOption = None,
) -> int:
    """Deliver the twelve reports to a partner's outbox. Example: consentry adr harbor --data extracts/ --out package/."""
    if (partner is None) is not every:
        raise CommandError("name one partner, or --all")
    program, request = open_program(context), DeliveryRequest(data, out, file_format, read_day(on))
    if partner is not None:
        with show_busy("making the reports"):
            delivered = deliver_reports(program, partner, request)
        tell(context, _show_delivered(delivered), _say_delivered(delivered))
        return DONE
    with show_busy("making the reports of all partners"):
        all_delivered, passed = deliver_all_reports(program, request)
    refused = [{"partner_id": one.partner_id, "reason": one.why} for one in passed]
    lines = [*map(_say_delivered, all_delivered), *(f"{one.partner_id}: nothing: {one.why}" for one in passed)]
    tell(context, {"delivered": [*map(_show_delivered, all_delivered)], "refused": refused}, "\n".join(lines))
    return SOME_REFUSED if passed else DONE


def partner_terms(
    context: typer.Context,
    partner_id: Annotated[str, typer.Argument(metavar="PARTNER")],
    school_year: Annotated[str, typer.Option("--school-year", help="Such as 2024-25.")],
    lists: Annotated[
        str, typer.Option("--lists", help="Comma-separated: SpecialEducation, courses, ...; empty: none.")
    ],
    on: Annotated[str, typer.Option("--on", help="First day, YYYY-MM-DD.")],
) -> int:
    """Note what a partner's agreement lists by name. Example: consentry partner terms harbor --lists courses,gpa ..."""
    day = read_day(on)
    if day is None:
        raise CommandError("--on is needed")
    terms = list_agreement_terms(open_program(context), partner_id, school_year, split_names(lists), day)
    result = {"partner_id": partner_id, "school_year": school_year, "lists": list(terms.listed), "on": on}
    tell(context, result, f"the agreement of {partner_id} lists {', '.join(terms.listed) or 'nothing more'} from {on}")
    return DONE


def form_terms(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="The form's code.")],
    lists: Annotated[str, typer.Option("--lists", help="Comma-separated: courses, gpa; empty: none.")],
    on: Annotated[str, typer.Option("--on", help="First day, YYYY-MM-DD.")],
) -> int:
    """Note what a blank form lists in print. Example: consentry form terms SPS-CONSENT-2024-25-EN --lists courses ..."""
    day = read_day(on)
    if day is None:
        raise CommandError("--on is needed")
    made = list_form_terms(open_program(context), code, split_names(lists), day)
    listed = list(made[0].listed)
    result = {"code": code, "forms": [one.template_id for one in made], "lists": listed, "on": on}
    tell(context, result, f"{code} lists {', '.join(listed) or 'nothing more'} from {on}")
    return DONE


def disclosures(
    context: typer.Context,
    student: Annotated[str, typer.Option("--student", help="The student's ID.")],
    out: Annotated[Path, typer.Option("--out", help="The .html or .csv to write.")],
    language: Annotated[str, typer.Option("--language", help="A language of the forms: en, es, so, vi, ...")] = "en",
) -> int:
    """For the family: all that was disclosed of a student, to whom, on what consent. Example: disclosures --student ID ..."""
    lines = write_family_account(open_program(context), student, language, out)
    result = {"file": str(out), "student_id": student, "language": language, "disclosures": lines}
    tell(context, result, f"disclosures told: {lines}, in {out}")
    return DONE


def incident(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="A new folder for list, summary and letters.")],
    user: Annotated[str, typer.Option("--as", help="Who reports it.")],
    grant: Annotated[list[str] | None, typer.Option("--grant", help="A wrong grant; may stand several times.")] = None,
    grants: Annotated[Path | None, typer.Option("--grants", help="A file with a grant a line.")] = None,
    found: Annotated[str | None, typer.Option("--found", help="Since when it is known, YYYY-MM-DD; today.")] = None,
) -> int:
    """All that left because of wrong grants, whom to tell and by when, letters drafted. Example: incident --grant GRANT ..."""
    named = (*(grant or ()), *(_read_lines(grants) if grants else ()))
    summary = report_incident(open_program(context), IncidentRequest(named, read_day(found), user, out))
    told = f"students affected: {summary['students_affected']}, days left to tell families: {summary['days_left']}"
    words = told if summary["left_the_house"] else "nothing left the house"
    tell(context, {**summary, "folder": str(out)}, f"{words}: {out}")
    return DONE


def _read_lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"cannot read {file}") from None


def _show_delivered(delivered: Delivered) -> dict[str, object]:
    return {
        "partner_id": delivered.partner_id,
        "delivery_id": delivered.delivery_id,
        "outbox": str(delivered.outbox),
        "out": str(delivered.out),
        "students": delivered.students,
        "files": delivered.files,
        "left_out": delivered.left_out,
        "new": delivered.is_new,
    }


def _say_delivered(delivered: Delivered) -> str:
    words = "delivered" if delivered.is_new else "was delivered before and lies there"
    return f"{delivered.partner_id}: {delivered.students} students {words}: {delivered.outbox} in the home, {delivered.out}"
