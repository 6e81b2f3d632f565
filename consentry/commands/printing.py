"""Commands of printed packets: form print, form batches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consentry.commands.console import DONE, SOME_REFUSED, open_program, tell
from consentry.paper.printing_packets import PrintOrder, list_batches, print_packet


def form_print(
    context: typer.Context,
    partner: Annotated[str, typer.Option("--partner", help="Whose list it is.")],
    student_list: Annotated[Path, typer.Option("--list", help="The student list: xlsx, xls or csv.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the packet.")],
    school_year: Annotated[str | None, typer.Option("--school-year", help="The newest with a blank.")] = None,
    language: Annotated[str, typer.Option("--language", help="Where a row names none, or one without a blank.")] = "en",
    user: Annotated[str, typer.Option("--as", help="Who prints.")] = "program",
) -> int:
    """Print a sheet a child of a list. Example: consentry form print --partner harbor --list list.xlsx --out packet/."""
    order = PrintOrder(partner, student_list, out, school_year, language, user)
    packet = print_packet(open_program(context), order)
    refused = [{"row": f.row_number, "column": f.column, "reason": f.reason, "words": f.words} for f in packet.refused]
    result = {"batch_id": packet.batch_id, "file": str(packet.file), "sheets": packet.sheets}
    shown = {"by_language": packet.by_language, "in_usual_language": list(packet.in_usual_language), "refused": refused}
    lines = [f"{packet.sheets} sheets in {packet.file}, batch {packet.batch_id}", *(str(r["words"]) for r in refused)]
    tell(context, result | shown, "\n".join(lines))
    return SOME_REFUSED if refused else DONE


def form_batches(
    context: typer.Context,
    partner: Annotated[str | None, typer.Option("--partner", help="Of one partner alone.")] = None,
) -> int:
    """Batches of printed sheets, and the rows whose sheets never came back."""
    batches = list_batches(open_program(context), partner)
    shown = [
        {
            **{"batch_id": batch.batch_id, "partner_id": batch.partner_id, "school_year": batch.school_year},
            **{"list": batch.list_name, "printed_on": batch.printed_on.isoformat(), "sheets": batch.sheets},
            **{"came_back": batch.came_back, "missing_rows": list(batch.missing_rows)},
        }
        for batch in batches
    ]
    lines = [f"{b.batch_id}  {b.partner_id}  {b.came_back} of {b.sheets} came back" for b in batches]
    tell(context, shown, "\n".join(lines) or "nothing was printed yet")
    return DONE
