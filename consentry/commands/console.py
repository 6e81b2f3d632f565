"""What commands share with the terminal: the global options, and telling results as JSON or in words."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from consentry.errors import CommandError
from consentry.pipeline.working import Progress as Waiting
from consentry.program import Program
from consentry.settings import Settings, read_settings

DONE, SOME_REFUSED = 0, 1


@dataclass(frozen=True, slots=True)
class Options:
    """The options that every command takes."""

    home: Path | None
    as_json: bool


def find_options(context: typer.Context) -> Options:
    """The global options of this call."""
    options = context.find_root().obj
    assert isinstance(options, Options)  # noqa: S101 - set by the root command
    return options


def open_settings(context: typer.Context) -> Settings:
    """The settings of this call."""
    return read_settings(find_options(context).home)


def open_program(context: typer.Context) -> Program:
    """The home of this call, opened; its database is closed as the command ends."""
    program = Program.open(open_settings(context))
    context.call_on_close(program.installation.engine.dispose)
    return program


def tell(context: typer.Context, result: object, words: str) -> None:
    """Prints `result` as one JSON document with --json, else `words`."""
    if find_options(context).as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.write(words.rstrip("\n") + "\n")


def read_day(text: str | None) -> date | None:
    """A day given as YYYY-MM-DD; `CommandError` for anything else."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError("a day is written YYYY-MM-DD") from None


def split_names(text: str) -> tuple[str, ...]:
    """Names given with commas between them."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@contextmanager
def show_progress(words: str) -> Iterator[Callable[[Waiting], None]]:
    """A progress bar on standard error while the block runs, on a terminal alone; call it with what still waits."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(words, total=None)
        most = 0

        def advance(left: Waiting) -> None:
            nonlocal most
            most = max(most, left.pages)
            bar.update(task, completed=most - left.pages, total=most)

        yield advance


@contextmanager
def show_busy(words: str) -> Iterator[None]:
    """Says on standard error, while the block runs, what a long command does and for how long; on a terminal alone."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task(words, total=None)
        yield
