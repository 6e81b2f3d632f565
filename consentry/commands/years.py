"""Commands of the school year: open, show, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consentry.commands.console import DONE, open_program, tell
from consentry.program_year.year_opening import check_year, open_year, show_year

year = typer.Typer(no_args_is_help=True, help="School years: their days, terms, holidays, targets and forms.")


@year.command("open")
def year_open(
    context: typer.Context,
    label: Annotated[str, typer.Argument(metavar="YEAR", help="Such as 2026-27.")],
    file: Annotated[Path | None, typer.Option("--file", help="The year's file; else HOME/years/YEAR.toml.")] = None,
    user: Annotated[str, typer.Option("--as", help="Who opens it.")] = "program",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "the year is opened",
) -> int:
    """Put a school year in force and carry partners over as not renewed. Example: consentry year open 2026-27 --as lea."""
    opened = open_year(open_program(context), label, file, user, reason)
    result = {
        "school_year": label,
        "sha256": opened.rules.sha256,
        "new_file": opened.is_new_file,
        "partners_not_renewed": opened.carried_partners,
        "steps_not_renewed": opened.carried,
    }
    tell(context, result, f"{label} is open; {opened.carried_partners} partners carried over as not renewed")
    return DONE


@year.command("show")
def year_show(
    context: typer.Context,
    label: Annotated[str | None, typer.Argument(metavar="YEAR", help="The year that runs if left out.")] = None,
) -> int:
    """A school year's file in force, its blanks, and how far its partners have come."""
    shown = show_year(open_program(context), label)
    tell(context, shown, "\n".join(f"{name}: {value}" for name, value in shown.items()))
    return DONE


@year.command("check")
def year_check(
    context: typer.Context,
    label: Annotated[str, typer.Argument(metavar="YEAR")],
    file: Annotated[Path | None, typer.Option("--file", help="The file to check; else HOME/years/YEAR.toml.")] = None,
    draft: Annotated[
        Path | None, typer.Option("--draft", help="Write the file as drafted here, to begin with.")
    ] = None,
) -> int:
    """Check a school year's file and change nothing; or draft one. Example: consentry year check 2026-27 --draft Y."""
    rules = check_year(open_program(context), label, file, draft)
    tell(context, {"school_year": label, "sha256": rules.sha256}, f"the file of {label} has no fault: {rules.sha256}")
    return DONE
