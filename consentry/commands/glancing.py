"""Commands of Student-at-a-Glance: the feed, the data of its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consentry.commands.console import DONE, open_program, read_day, tell
from consentry.disclosing.glance_data import load_student_data
from consentry.disclosing.staag import WrittenFeed, write_staag_feed
from consentry.disclosing.staag_record import Acceptance

staag = typer.Typer(no_args_is_help=True, help="Student-at-a-Glance.")


@staag.command("feed")
def staag_feed(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The csv to write; its manifest is put beside it.")],
    allow_shrink: Annotated[bool, typer.Option("--allow-shrink", help="It may be empty or shrunk.")] = False,
    user: Annotated[str, typer.Option("--as", help="The lead who says so.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
) -> int:
    """Write the row-level security feed of Student-at-a-Glance. Example: consentry staag feed --out feed.csv."""
    acceptance = Acceptance(user, reason) if allow_shrink else None
    feed = write_staag_feed(open_program(context), out, acceptance)
    words = f"{feed.rows} rows for {feed.students} students in {feed.file}"
    without = ", ".join(feed.partners_without_people)
    tell(context, _show_feed(feed), words + (f"; nobody may log in for: {without}" if without else ""))
    return DONE


@staag.command("load")
def staag_load(
    context: typer.Context,
    data: Annotated[Path, typer.Option("--data", help="Folder of the district's student data, csv.")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="The day of the data, YYYY-MM-DD; today.")] = None,
) -> int:
    """Load the data that pages of students are shown from. Example: consentry staag load --data extracts/."""
    loaded = load_student_data(open_program(context), data, read_day(as_of))
    result = {"load_id": loaded.load_id, "students": loaded.students, "files": loaded.files}
    tell(context, result, f"data of {loaded.students} students from {len(loaded.files)} files")
    return DONE


def _show_feed(feed: WrittenFeed) -> dict[str, object]:
    return {
        "delivery_id": feed.delivery_id,
        "file": str(feed.file),
        "manifest": str(feed.manifest),
        "rows": feed.rows,
        "students": feed.students,
        "sha256": feed.sha256,
        "partners_without_people": list(feed.partners_without_people),
    }
