"""Commands of safety: freezing exports and letting them go on."""

from __future__ import annotations

from typing import Annotated

import typer

from consentry.commands.console import DONE, open_program, tell
from consentry.freezing import freeze_exports, release_exports, show_freezes

exports = typer.Typer(no_args_is_help=True, help="Whether anything may leave the house.")


@exports.command("list")
def exports_list(context: typer.Context) -> int:
    """Every freeze of exports, newest first. Example: exports list."""
    freezes = show_freezes(open_program(context))
    lines = [str(freeze) for freeze in freezes]
    tell(context, freezes, "\n".join(lines) or "exports were never frozen")
    return DONE


@exports.command("freeze")
def exports_freeze(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    user: Annotated[str, typer.Option("--as", help="Who orders it.")],
) -> int:
    """Stop every export until a lead says so. Example: exports freeze --reason "wrong extract" --as lead."""
    freeze_id = freeze_exports(open_program(context), reason, user)
    tell(context, {"freeze_id": freeze_id}, f"exports are frozen ({freeze_id})")
    return DONE


@exports.command("release")
def exports_release(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    user: Annotated[str, typer.Option("--as", help="The lead who orders it.")],
) -> int:
    """Let exports go on. Example: exports release --reason "the head is explained" --as lead."""
    released = release_exports(open_program(context), reason, user)
    tell(context, {"released": released}, "exports go on")
    return DONE
