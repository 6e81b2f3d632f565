"""Commands of the doors: watch, doors check, doors subscribe, cover print, cover list, sendings list, sendings now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from consentry.commands.console import DONE, SOME_REFUSED, open_program, read_day, tell
from consentry.doors.checking import check_doors, subscribe
from consentry.doors.taking_in import Taken
from consentry.intake.cover_sheets import CoverOrder, list_covers, print_cover
from consentry.intake.watching import Watch, list_doors
from consentry.sending.working_off import list_sendings, send_all_due
from store.door_tables import CoverSheet

sendings = typer.Typer(
    no_args_is_help=True, help="What leaves by the doors: receipts, reports, packages, mails, events."
)
doors = typer.Typer(no_args_is_help=True, help="The doors that doors.toml sets up.")
cover = typer.Typer(no_args_is_help=True, help="Cover sheets for the office's scanner; the log of mailed papers.")


def watch(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A tree with a folder for each partner.")],
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
    rest: Annotated[float, typer.Option("--rest", min=0, help="Seconds that a file has to rest.")] = 3.0,
) -> int:
    """Take up what lies in partners' inboxes. Example: consentry watch /srv/shared --once."""
    program = open_program(context)
    watching = Watch(list_doors(program, folder), rest)
    if not once:
        watching.look_until(program, _stop_at_signals(), lambda taken: _tell_taken(context, taken) if taken else None)
        return DONE
    taken = watching.look_once(program)
    _tell_taken(context, taken)
    return SOME_REFUSED if any(each.trouble or each.refused for each in taken) else DONE


@doors.command("check")
def doors_check(context: typer.Context) -> int:
    """Try every door that is set up, changing nothing."""
    checks = check_doors(open_program(context))
    lines = [f"{check.door}: {check.in_words()}" for check in checks]
    tell(context, [asdict(check) for check in checks], "\n".join(lines) or "no door is set up: see docs/doors.md")
    return SOME_REFUSED if any(check.trouble for check in checks) else DONE


@doors.command("subscribe")
def doors_subscribe(context: typer.Context, url: str) -> int:
    """Have ShareFile call when a file comes. Example: consentry doors subscribe https://consent.example/calls/sharefile."""
    subscribe(open_program(context), url)
    tell(context, {"subscribed": url}, f"ShareFile calls {url}")
    return DONE


@cover.command("print")
def cover_print(
    context: typer.Context,
    partner: Annotated[str, typer.Option("--partner", help="Whose papers lie behind it.")],
    out: Annotated[Path, typer.Option("--out", help="The PDF to write.")],
    user: Annotated[str, typer.Option("--as", help="Who prints it.")],
    mailed: Annotated[str | None, typer.Option("--mailed", help="Day mailed papers came, YYYY-MM-DD.")] = None,
    pieces: Annotated[int | None, typer.Option("--pieces", min=1, help="Sheets of paper counted.")] = None,
) -> int:
    """Print a cover sheet. Example: consentry cover print --partner harbor --mailed 2024-09-20 --as ana --out cover.pdf."""
    printed = print_cover(open_program(context), CoverOrder(partner, user, read_day(mailed), pieces), out)
    tell(context, _show_cover(printed), f"cover {printed.cover_id} in {out}")
    return DONE


@cover.command("list")
def cover_list(
    context: typer.Context,
    missing: Annotated[bool, typer.Option("--missing", help="Those alone that never came back.")] = False,
) -> int:
    """Cover sheets, and whether their papers were scanned."""
    covers = list_covers(open_program(context), missing)
    lines = [f"{c.cover_id}  {c.partner_id}  {c.way} {c.received_on}  {_say_scanned(c)}" for c in covers]
    tell(context, [_show_cover(c) for c in covers], "\n".join(lines) or "no cover sheet was printed yet")
    return DONE


def _stop_at_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _tell_taken(context: typer.Context, taken: Sequence[Taken]) -> None:
    shown = [
        {
            **{"door": each.door, "partner_id": each.partner_id, "files": list(each.files)},
            **{"submission_ids": list(each.submission_ids), "trouble": each.trouble},
            "refused": [{"file": r.file, "reason": r.reason, "words": r.words} for r in each.refused],
        }
        for each in taken
    ]
    lines = [
        f"{each.partner_id or each.door}: {each.trouble or ', '.join(each.submission_ids) or 'nothing taken'}"
        for each in taken
    ]
    tell(context, shown, "\n".join(lines) or "nothing new")


def _say_scanned(cover: CoverSheet) -> str:
    return f"scanned, {cover.pages_found} pages" if cover.arrival_id else "not scanned yet"


def _show_cover(cover: CoverSheet) -> dict[str, object]:
    return {
        **{"cover_id": cover.cover_id, "partner_id": cover.partner_id, "way": cover.way},
        **{"received_on": cover.received_on.isoformat(), "pieces": cover.pieces, "made_by": cover.made_by},
        **{"scanned": cover.arrival_id is not None, "pages_found": cover.pages_found},
    }


@sendings.command("list")
def sendings_list(
    context: typer.Context,
    waiting: Annotated[bool, typer.Option("--waiting", help="Those alone that wait to leave.")] = False,
) -> int:
    """What left and what waits to leave, with its last trouble."""
    lines = list_sendings(open_program(context), waiting)
    words = [f"{line.sending_id}  {line.kind} by {line.way}  {line.state} {line.trouble}".rstrip() for line in lines]
    tell(context, [asdict(line) for line in lines], "\n".join(words) or "nothing was to leave yet")
    return DONE


@sendings.command("now")
def sendings_now(context: typer.Context) -> int:
    """Make ready what is due and try once all that waits. `work` does it by itself."""
    left, waiting = send_all_due(open_program(context))
    tell(context, {"left": left, "waiting": waiting}, f"{left} left, {waiting} wait")
    return SOME_REFUSED if waiting else DONE
