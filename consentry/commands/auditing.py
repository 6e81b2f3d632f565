"""Commands of the blind sample: list, crops, key, results."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from consentry.commands.console import DONE, open_program, tell
from consentry.errors import CommandError
from consentry.risk.blind_crops import write_blind_crops
from consentry.risk.blind_results import measure_blind_sample
from consentry.risk.blind_sample import key_task, list_tasks

audit = typer.Typer(no_args_is_help=True, help="The blind sample: grants keyed anew from the crops alone.")


@audit.command("list")
def audit_list(
    context: typer.Context,
    user: Annotated[str | None, typer.Option("--as", help="Only what this person may key.")] = None,
) -> int:
    """Open tasks, oldest first."""
    tasks = list_tasks(open_program(context), user)
    lines = [f"{task.task_id}  {', '.join(field.name for field in task.fields)}" for task in tasks]
    tell(context, [asdict(task) for task in tasks], "\n".join(lines) or "nothing waits to be keyed")
    return DONE


@audit.command("crops")
def audit_crops(
    context: typer.Context,
    task: str,
    out: Annotated[Path, typer.Option("--out", help="Folder for the pictures.")],
    user: Annotated[str, typer.Option("--as", help="Who looks at them.")],
) -> int:
    """Write the crops of a task as pictures. Example: consentry audit crops TASK --out crops --as ben."""
    files = write_blind_crops(open_program(context), task, out, user)
    tell(context, {"task_id": task, "files": [str(file) for file in files]}, "\n".join(map(str, files)))
    return DONE


@audit.command("key")
def audit_key(
    context: typer.Context,
    task: str,
    field: Annotated[
        list[str], typer.Option("--field", help="NAME=VALUE as it stands there; '' if empty, ? if illegible.")
    ],
    user: Annotated[str, typer.Option("--as", help="Who keys.")],
) -> int:
    """Key what stands in the fields. Example: consentry audit key TASK --field student_id=1234567 ... --as ben."""
    parts = [given.partition("=") for given in field]
    if any(not equals for _, equals, _ in parts) or len({name for name, _, _ in parts}) != len(parts):
        raise CommandError("give each field once, as --field NAME=VALUE")
    keyed = key_task(open_program(context), task, {name.strip(): value for name, _, value in parts}, user)
    result = {"task_id": task, "state": keyed.state, "case_id": keyed.case_id}
    tell(context, result, "thank you; a case was opened" if keyed.case_id else "thank you")
    return DONE


@audit.command("results")
def audit_results(context: typer.Context) -> int:
    """The measured error rates with their intervals."""
    results = measure_blind_sample(open_program(context))
    rates = {"automatic grants": results.automatic_grants, "people's grants": results.peoples_grants, **results.fields}
    lines = [f"{results.tasks} drawn, {results.waiting} wait, {results.illegible} illegible"]
    lines += [
        f"{name}: {rate.wrong} wrong of {rate.keyed}, 95% interval {rate.interval.low:.2%} to {rate.interval.high:.2%}"
        for name, rate in rates.items()
    ]
    tell(context, asdict(results), "\n".join(lines))
    return DONE
