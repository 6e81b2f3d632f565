"""Commands that answer who sees what and prove it: access, revoke, trace, ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from access import KnownTime
from consentry.commands.console import DONE, SOME_REFUSED, open_program, read_day, show_busy, tell
from consentry.desk.showing import show_access_row
from consentry.disclosing.access_sets import find_access_as_known, find_endings
from consentry.disclosing.pauses import confirm_grant, list_paused
from consentry.errors import CommandError
from consentry.proof.bundling import write_bundle
from consentry.proof.head_page import write_head_html, write_head_pdf
from consentry.proof.heads import countersign_file, make_head, open_head
from consentry.proof.proving import export_ledger, prove_ledger
from consentry.proof.tracing import Subject, trace
from consentry.withdrawing import revoke_access
from store.verification import Break

grants = typer.Typer(no_args_is_help=True, help="Grants over time.")
ledger = typer.Typer(no_args_is_help=True, help="The ledger.")


def access(
    context: typer.Context,
    partner: str,
    on: Annotated[str | None, typer.Option("--on", help="The day, YYYY-MM-DD; today.")] = None,
    known_on: Annotated[
        str | None, typer.Option("--known-on", help="As it was known then: a day, or a time with its zone; now.")
    ] = None,
) -> int:
    """The access set of a partner on a day, as known now or at a time."""
    rows = find_access_as_known(open_program(context), partner, read_day(on), _read_known_time(known_on))
    shown = [show_access_row(row) for row in rows]
    lines = [f"{row['student_id']}  {row['from']} to {row['to']}  {row['grant_id']}" for row in shown]
    tell(context, shown, "\n".join(lines) or "nobody")
    return DONE


@grants.command("ending")
def grants_ending(
    context: typer.Context,
    within: Annotated[int, typer.Option("--within", min=0, help="Days ahead.")] = 60,
) -> int:
    """Grants that end soon (18th birthday, end of the summer), and those whose student has left. Example: grants ending."""
    found = find_endings(open_program(context), within)
    result = [
        {
            "grant_id": ending.grant_id,
            "partner_id": ending.partner_id,
            "student_id": ending.student_id,
            "kind": ending.kind,
            "on": ending.on_date.isoformat(),
            "days_left": ending.days_left,
        }
        for ending in found
    ]
    lines = [f"{entry['on']}  {entry['kind']}  {entry['student_id']}  {entry['grant_id']}" for entry in result]
    tell(context, result, "\n".join(lines) or "no grant ends that soon")
    return DONE


@grants.command("paused")
def grants_paused(context: typer.Context) -> int:
    """Grants that give nothing: the student's address became confidential and nobody has decided. Example: grants paused."""
    shown = [show_access_row(row) for row in list_paused(open_program(context))]
    lines = [f"{row['student_id']}  {row['partner_id']}  {row['grant_id']}" for row in shown]
    tell(context, shown, "\n".join(lines) or "no grant is paused")
    return DONE


@grants.command("confirm")
def grants_confirm(
    context: typer.Context,
    grant: str,
    reason: Annotated[str, typer.Option("--reason", help="Why it may go on.")],
    user: Annotated[str, typer.Option("--as", help="Who decides.")],
) -> int:
    """Let a paused grant go on; to end it, revoke it. Example: grants confirm GRANT --reason "family asked" --as lea."""
    confirm_grant(open_program(context), grant, reason, user)
    tell(context, {"confirmed": grant}, f"{grant} goes on")
    return DONE


def _read_known_time(text: str | None) -> KnownTime | None:
    if text is None:
        return None
    try:
        if len(text) == len("2024-10-01"):
            return KnownTime(day=date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandError("a known time is a day, YYYY-MM-DD, or a time with its zone, 2024-10-01T12:00:00+00:00")
    return KnownTime(moment=moment)


def revoke(
    context: typer.Context,
    student: Annotated[str, typer.Option("--student")],
    partner: Annotated[str, typer.Option("--partner")],
    on: Annotated[str, typer.Option("--on", help="First day without access, YYYY-MM-DD.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    user: Annotated[str, typer.Option("--as", help="Who decides.")],
) -> int:
    """End a student's grants to a partner. Nothing is erased."""
    day = read_day(on)
    if day is None:
        raise CommandError("--on is needed")
    ended = revoke_access(open_program(context), student, partner, day, reason, user)
    tell(context, {"revoked": ended, "on": on}, f"grants that end on {on}: {len(ended)}")
    return DONE


def trace_command(
    context: typer.Context,
    student: Annotated[str | None, typer.Option("--student")] = None,
    grant: Annotated[str | None, typer.Option("--grant")] = None,
    form: Annotated[str | None, typer.Option("--form")] = None,
    bundle: Annotated[Path | None, typer.Option("--bundle", help="Also write a zip with page, crops, proofs.")] = None,
    against: Annotated[Path | None, typer.Option("--against", help="A head that the bundle shall continue.")] = None,
) -> int:
    """Which form granted which student, back to the pixels. Name one of --student, --grant, --form."""
    if sum(part is not None for part in (student, grant, form)) != 1:
        raise CommandError("name exactly one of --student, --grant, --form")
    program, subject = open_program(context), Subject(student, grant, form)
    chain = trace(program, subject)
    if bundle is not None:
        write_bundle(program, subject, bundle, open_head(program, against) if against else None)
    tell(context, chain, json.dumps(chain, ensure_ascii=False, indent=1))
    return DONE


@ledger.command("verify")
def ledger_verify(
    context: typer.Context,
    against: Annotated[Path | None, typer.Option("--against", help="An earlier head.")] = None,
    witness: Annotated[
        list[str] | None, typer.Option("--witness", help="Verifier key of one who countersigned that head.")
    ] = None,
) -> int:
    """Prove the ledger whole, and a continuation of an earlier head. Exit 1 and the first bad entry if it isn't."""
    with show_busy("proving the ledger"):
        proof = prove_ledger(open_program(context), against, tuple(witness or ()))
    breaks, warnings = _show_breaks(proof.breaks), _show_breaks(proof.warnings)
    result = {
        "whole": not breaks,
        "size": proof.size,
        "root": proof.root,
        "first_bad": breaks[0] if breaks else None,
        "breaks": breaks,
        "warnings": warnings,
        "subjects_erased": proof.erased,
        "countersigned": [{"by": seen.witness.name, "at": seen.at.isoformat()} for seen in proof.cosignatures],
    }
    lines = [_say_break(found) for found in (*breaks, *warnings)]
    lines += [] if breaks else [f"whole: {proof.size} entries, root {proof.root}"]
    tell(context, result, "\n".join(lines))
    return SOME_REFUSED if breaks else DONE


@ledger.command("head")
def ledger_head(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", help="Where to write it.")] = None,
    page: Annotated[Path | None, typer.Option("--page", help="Also a page to print, .html or .pdf.")] = None,
    since: Annotated[Path | None, typer.Option("--since", help="Bring the proof that it continues this head.")] = None,
) -> int:
    """The signed head of the ledger, to mail and to be kept elsewhere. Example: ledger head --out h.json --page h.pdf."""
    program = open_program(context)
    head = make_head(program, open_head(program, since) if since else None)
    if page is not None and page.suffix not in (".html", ".pdf"):
        raise CommandError("the page is .html or .pdf")
    if out is not None:
        _write(out, json.dumps(head, indent=1).encode())
    if page is not None:
        draw = write_head_pdf if page.suffix == ".pdf" else write_head_html
        _write(page, draw(head, program.read_clock().today.isoformat()))
    tell(context, head, str(head["note"]))
    return DONE


@ledger.command("countersign")
def ledger_countersign(
    context: typer.Context,
    head: Path,
    name: Annotated[str, typer.Option("--name", help="The witness's name, such as auditor.example.")],
    key: Annotated[Path, typer.Option("--key", help="The witness's own key file; made if it isn't there.")],
    last: Annotated[
        Path | None, typer.Option("--last", help="The last head countersigned; left out: the first.")
    ] = None,
) -> int:
    """As a witness outside the district: countersign a head that continues the last. Needs no home; HEAD is written anew."""
    signed = countersign_file(head, last, name, key)
    tell(context, {"file": str(head), "verifier_key": signed}, signed)
    return DONE


@ledger.command("export")
def ledger_export(context: typer.Context, file: Path) -> int:
    """Write every entry as a line of JSON."""
    count = export_ledger(open_program(context), file)
    tell(context, {"file": str(file), "entries": count}, f"{count} entries in {file}")
    return DONE


def _show_breaks(breaks: Sequence[Break]) -> list[dict[str, int | str | None]]:
    return [{"entry": found.seq, "subject": found.subject, "words": found.words} for found in breaks]


def _say_break(found: dict[str, int | str | None]) -> str:
    place = "" if found["entry"] is None else f"entry {found['entry']}: "
    return f"{place}{found['subject']}: {found['words']}"


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}") from None
