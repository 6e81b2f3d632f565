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

from consentry.commands.console import Options
from consentry.commands.places import add_commands
from consentry.errors import CommandError
from consentry.logs import find_place
from store import StoreError

COULD_NOT_RUN = 2


def root(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option("--home", help="Folder of all state.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Consentry: reads consent forms, finds the child, proves the access."""
    context.obj = Options(home, as_json)


@cache
def put_together(word: str | None = None) -> Callable[..., int | None]:
    """The command line with the commands that begin with `word`, else with all. Made once a process: reading the signatures of
    commands takes longer than many a command.
    """
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
    app.callback()(root)
    add_commands(app, word)
    return get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Runs one call; returns its exit code."""
    options, words = _part_global_options(arguments)
    try:
        return int(put_together(words[0] if words else None)([*options, *words], standalone_mode=False) or 0)
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


def _part_global_options(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    front: list[str] = []
    rest = list(arguments)
    place = 0
    while place < len(rest) and rest[place] != "--":
        taken = 1 if rest[place] == "--json" or rest[place].startswith("--home=") else 2 * (rest[place] == "--home")
        front += rest[place : place + taken]
        del rest[place : place + taken]
        place += not taken
    return front, rest
