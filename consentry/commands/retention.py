"""Commands of retention: what is due, legal holds, and erasing what is past both."""

from __future__ import annotations

from typing import Annotated

import typer

from consentry.commands.console import DONE, open_program, tell
from consentry.retaining import DueRecord, erase_due, list_due, place_hold, release_hold

retention = typer.Typer(no_args_is_help=True, help="What is kept, and for how long.")


@retention.command("due")
def retention_due(context: typer.Context) -> int:
    """Records whose retention class lets them go, and the holds that stop it. Example: consentry retention due."""
    due = list_due(open_program(context))
    lines = [f"{one.record_class}  {one.record_id}  since {one.due_since}  {one.hold_id or ''}" for one in due]
    tell(context, [_show_due(one) for one in due], "\n".join(lines) or "nothing is due")
    return DONE


@retention.command("hold")
def retention_hold(
    context: typer.Context,
    scope: Annotated[str, typer.Option("--scope", help="all, partner or student.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    user: Annotated[str, typer.Option("--as", help="Who orders it.")],
    scope_id: Annotated[str | None, typer.Option("--id", help="The partner or student.")] = None,
) -> int:
    """Place a legal hold: nothing under it is destroyed. Example: retention hold --scope student --id 1234567 ..."""
    hold_id = place_hold(open_program(context), scope, scope_id, reason, user)
    tell(context, {"hold_id": hold_id}, hold_id)
    return DONE


@retention.command("release")
def retention_release(
    context: typer.Context,
    hold: str,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    user: Annotated[str, typer.Option("--as", help="Who orders it.")],
) -> int:
    """Release a legal hold. Example: retention release hold-1 --reason "case closed" --as lead."""
    release_hold(open_program(context), hold, reason, user)
    tell(context, {"released": hold}, f"released {hold}")
    return DONE


@retention.command("erase")
def retention_erase(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    user: Annotated[str, typer.Option("--as", help="Who orders it.")],
) -> int:
    """Erase what is due and not held; its entries stay in the ledger. Example: retention erase --reason yearly --as lead."""
    erased = erase_due(open_program(context), user, reason)
    tell(context, {"erased": [_show_due(one) for one in erased]}, f"{len(erased)} records erased")
    return DONE


def _show_due(due: DueRecord) -> dict[str, str | None]:
    return {
        "class": due.record_class,
        "id": due.record_id,
        "due_since": due.due_since.isoformat(),
        "hold_id": due.hold_id,
    }
