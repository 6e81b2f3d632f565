"""Commands of safety: backup, restore, freezing exports and letting them go on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from consentry.commands.console import DONE, SOME_REFUSED, open_program, open_settings, show_busy, tell
from consentry.disclosing.freezing import freeze_exports, release_exports, show_freezes
from consentry.safekeeping import back_up
from consentry.safekeeping import restore as restore_home

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


def backup(context: typer.Context, file: Path) -> int:
    """Take the whole home, while it runs, into one sealed file. Example: backup /mnt/safe/consentry-2024-10-01.backup."""
    with show_busy("taking the home into the backup"):
        taken = back_up(open_program(context), file)
    beside = " - beside the backup: keep it apart from it" if taken["key_lies_beside"] else ""
    words = f"{taken['files']} files and the database in {file}\nits key is in {taken['key_file']}{beside}"
    tell(context, taken, words)
    return DONE


def restore(
    context: typer.Context,
    file: Path,
    against: Annotated[Path | None, typer.Option("--against", help="The last head that was kept elsewhere.")] = None,
) -> int:
    """Make an empty home what a backup holds, and prove it. Example: --home /srv/new restore FILE --against head.json."""
    with show_busy("restoring and proving"):
        restored = restore_home(open_settings(context), file, against)
    tell(context, asdict(restored), restored.in_words())
    return SOME_REFUSED if restored.differences or restored.frozen_why else DONE
