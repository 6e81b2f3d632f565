"""Commands of student lists: the template, and the check before a list is sent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from consentry.commands.console import DONE, SOME_REFUSED, open_program, tell
from consentry.corrections import take_family_answer
from consentry.intake.list_checks import check_list_file, write_template
from consentry.intake.offers import Basis
from consentry.left_to_do import find_left_to_do, write_left_to_do
from ingest.types import RowFault

student_list = typer.Typer(no_args_is_help=True, help="Student lists: their template, and checking one.")


@student_list.command("template")
def list_template(
    context: typer.Context,
    partner: Annotated[str, typer.Option("--partner", help="Whose template.")],
    out: Annotated[Path, typer.Option("--out", help="Where to: .xlsx.")],
    school_year: Annotated[str | None, typer.Option("--school-year", help="The running year if left out.")] = None,
    basis: Annotated[Basis, typer.Option("--basis", help="is: a right-to-view list.")] = Basis.CONSENT,
) -> int:
    """Write the list template of a partner and year. Example: consentry list template --partner harbor --out list.xlsx."""
    year = write_template(open_program(context), partner, school_year, basis is Basis.IS, out)
    tell(context, {"file": str(out), "partner_id": partner, "school_year": year}, f"the template of {year} is in {out}")
    return DONE


@student_list.command("check")
def list_check(
    context: typer.Context,
    file: Path,
    partner: Annotated[str | None, typer.Option("--partner", help="Whose list it is.")] = None,
) -> int:
    """All faults of a list by row and column; takes nothing in. Example: consentry list check list.xlsx --partner harbor."""
    faults = show_faults(check_list_file(open_program(context), file, partner))
    lines = [f"row {fault['row']}, {fault['column']}: {fault['words']}" for fault in faults]
    tell(context, {"faults": faults}, "\n".join(lines) or "the list has no fault")
    return SOME_REFUSED if faults else DONE


def left_to_do(
    context: typer.Context,
    partner: Annotated[str, typer.Argument(metavar="PARTNER")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Also write it: .html to print, .xlsx to mend, .csv.")
    ] = None,
) -> int:
    """What is left to do for a partner, as a list to print. Example: consentry left-to-do harbor --out list.html."""
    program = open_program(context)
    found = write_left_to_do(program, partner, out) if out else find_left_to_do(program, partner)
    shown = [
        {"submission_id": sent, "row": line.row_number, "file": line.file, "code": line.code, "words": line.what_to_do}
        for line, sent in zip(found.lines, found.submissions, strict=True)
    ]
    hints = [{"column": hint.column, "times": hint.times, "words": hint.words} for hint in found.hints]
    lines = [
        *(f"row {line['row']} {line['file']}: {line['words']}" for line in shown),
        *(str(h["words"]) for h in hints),
    ]
    tell(context, {"left_to_do": shown, "hints": hints}, "\n".join(lines) or "nothing is left to do")
    return DONE


def answer(
    context: typer.Context,
    form: Annotated[str, typer.Argument(metavar="FORM", help="A form that went back.")],
    says: Annotated[str, typer.Option("--says", help="What the family says.")],
    user: Annotated[str, typer.Option("--as", help="Who passes it on.")],
) -> int:
    """Pass on what a family says about a returned form. Example: consentry answer form-1 --says "born in May" --as ana."""
    case = take_family_answer(open_program(context), form, says, user)
    tell(context, {"form_id": form, "case_id": case}, f"it is before a person now: {case}")
    return DONE


def show_faults(faults: Iterable[RowFault]) -> list[dict[str, str | int]]:
    """Faults as JSON."""
    return [
        {"row": fault.row_number, "column": fault.column, "reason": fault.reason, "words": fault.words}
        for fault in faults
    ]
