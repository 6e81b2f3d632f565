"""The command line: puts the commands together, turns errors into the exit codes of the contract, in one table.

0 done; 1 done, but some inputs were refused or the ledger isn't whole; 2 the command could not run: one line on standard
error, never a traceback. `--home` and `--json` may stand anywhere in a call.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError
from typer.exceptions import TyperException
from typer.main import get_command

from consentry.commands import (
    agreements,
    auditing,
    benches,
    disclosing,
    doors,
    glancing,
    lists,
    policy,
    printing,
    processing,
    proving,
    releasing_answers,
    retention,
    safety,
    serving,
    setting_up,
    years,
)
from consentry.commands.console import Options
from consentry.errors import CommandError
from consentry.logs import find_place
from store import StoreError

COULD_NOT_RUN = 2

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.command()(setting_up.init)
app.add_typer(setting_up.enrollment, name="enrollment")
app.add_typer(setting_up.form, name="form")
app.add_typer(setting_up.partner, name="partner")
app.command()(processing.submit)
app.command()(doors.watch)
app.add_typer(doors.doors, name="doors")
app.add_typer(doors.cover, name="cover")
app.add_typer(doors.sendings, name="sendings")
app.command()(processing.work)
app.command()(processing.status)
app.add_typer(processing.queue, name="queue")
app.command()(processing.report)
app.command()(proving.access)
app.add_typer(proving.grants, name="grants")
app.command()(proving.revoke)
app.add_typer(retention.retention, name="retention")
app.add_typer(safety.exports, name="exports")
app.command()(safety.backup)
app.command()(safety.restore)
app.command("trace")(proving.trace_command)
app.add_typer(proving.ledger, name="ledger")
app.command()(disclosing.adr)
app.command()(disclosing.disclosures)
app.command()(disclosing.incident)
app.add_typer(glancing.staag, name="staag")
setting_up.partner.command("terms")(disclosing.partner_terms)
setting_up.form.command("terms")(disclosing.form_terms)
setting_up.form.command("print")(printing.form_print)
setting_up.form.command("batches")(printing.form_batches)
setting_up.partner.command("verdict")(agreements.partner_verdict)
setting_up.partner.command("name")(agreements.partner_name)
setting_up.partner.command("waits")(agreements.partner_waits)
setting_up.partner.command("designee")(agreements.partner_designee)
setting_up.partner.command("confirm-term")(agreements.partner_confirm_term)
app.add_typer(years.year, name="year")
app.add_typer(lists.student_list, name="list")
app.command()(lists.left_to_do)
app.command()(lists.answer)
app.add_typer(serving.user, name="user")
app.command()(serving.serve)
app.command()(benches.demo)
app.command()(benches.doctor)
app.add_typer(policy.policy, name="policy")
app.add_typer(auditing.audit, name="audit")
app.command()(releasing_answers.release)
app.add_typer(benches.bench, name="bench")


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option("--home", help="Folder of all state.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Consentry: reads consent forms, finds the child, proves the access."""
    context.obj = Options(home, as_json)


@cache
def put_together() -> Callable[..., int | None]:
    """All commands as one. Made once a process: reading their signatures takes longer than many a command."""
    return get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Runs one call; returns its exit code."""
    try:
        return int(put_together()(_move_global_options(arguments), standalone_mode=False) or 0)
    except TyperException as error:
        return _complain(error.format_message())
    except (CommandError, StoreError) as error:
        return _complain(str(error))
    except SQLAlchemyError as error:
        return _complain(f"the database refused ({type(error).__name__}): is it reachable, and is there space left?")
    except OSError as error:
        return _complain(f"the system refused: {error.strerror}")
    except KeyboardInterrupt:
        return _complain("interrupted; what was acknowledged is kept")
    except Exception as error:
        if os.environ.get("CONSENTRY_TRACEBACK"):
            raise
        where = find_place(error)
        return _complain(f"a bug in the program ({type(error).__name__} at {where}); nothing was changed half-way")


def main() -> None:
    """The program `consentry`."""
    sys.exit(run(sys.argv[1:]))


def _complain(words: str) -> int:
    sys.stderr.write(f"consentry: {' '.join(words.split())}\n")
    return COULD_NOT_RUN


def _move_global_options(arguments: Sequence[str]) -> list[str]:
    front: list[str] = []
    rest = list(arguments)
    place = 0
    while place < len(rest) and rest[place] != "--":
        taken = 1 if rest[place] == "--json" or rest[place].startswith("--home=") else 2 * (rest[place] == "--home")
        front += rest[place : place + taken]
        del rest[place : place + taken]
        place += not taken
    return front + rest
