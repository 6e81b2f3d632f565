"""The command that tells partners what was decided: release."""

from __future__ import annotations

from typing import Annotated

import typer

from consentry.commands.console import DONE, open_program, tell
from consentry.telling.telling_partners import release_by_hand, release_if_due


def release(
    context: typer.Context,
    now: Annotated[bool, typer.Option("--now", help="Also out of time; needs --reason and --as.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why out of time.")] = "",
    user: Annotated[str, typer.Option("--as", help="Who releases.")] = "",
) -> int:
    """Tell partners what was decided, if a time of the policy has come. `work` does it by itself."""
    program = open_program(context)
    told = release_by_hand(program, reason, user) if now else release_if_due(program)
    words = "no time of release has come since the last one" if told is None else f"{told} answers told"
    tell(context, {"released": told is not None, "answers": told or 0}, words)
    return DONE
