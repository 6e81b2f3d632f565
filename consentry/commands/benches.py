"""Commands that show and measure: demo, doctor, bench."""

from __future__ import annotations

import typer

from consentry.commands.console import DONE, open_settings, show_progress, tell
from consentry.working import Progress
from ingest import Cell
from ingest.types import Limits

bench = typer.Typer(no_args_is_help=True, help="Benches: each prints its figures as JSON.")


def doctor(context: typer.Context) -> int:
    """Say which protections of the parsers' child processes hold on this machine."""
    cell = Cell(Limits())
    try:
        protections = cell.protections()
    finally:
        cell.close()
    lines = [f"{'holds ' if holds else 'ABSENT'}  {name}" for name, holds in protections.items()]
    tell(context, {"protections": protections}, "\n".join(lines))
    return DONE


def demo(context: typer.Context) -> int:
    """Make a sample district in an empty home, run the whole main job on sample scans, say where the results are."""
    from consentry.demo import run_demo  # fixtures and their drawing are loaded by the demo alone

    with show_progress("reading pages") as show:
        most = 0

        def advance(left: Progress) -> None:
            nonlocal most
            most = max(most, left.pages)
            show(most - left.pages, most)

        result = run_demo(open_settings(context), lambda words: typer.echo(words, err=True), advance)
    tell(context, result.as_json(), result.in_words())
    return DONE
