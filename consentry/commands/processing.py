"""Commands of the main job: submit, work, status, queue, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consentry.commands.console import (
    DONE,
    SOME_REFUSED,
    open_program,
    read_day,
    show_busy,
    show_progress,
    tell,
)
from consentry.commands.lists import show_faults
from consentry.desk.deciding import decide_case
from consentry.desk.showing import list_queue, show_case, show_status, show_submission
from consentry.intake.offers import Basis, Offer, receive_offer
from consentry.pipeline.working import run_workers
from consentry.telling.reporting import write_report

queue = typer.Typer(no_args_is_help=True, help="The review queue.")


def submit(
    context: typer.Context,
    partner: Annotated[str, typer.Option("--partner", help="Who sends them.")],
    student_list: Annotated[Path | None, typer.Option("--list", help="The student list: xlsx, xls or csv.")] = None,
    received: Annotated[str | None, typer.Option("--received", help="Day of receipt, YYYY-MM-DD; today.")] = None,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH...", help="Scans: files, folders, zips.")] = None,
    basis: Annotated[
        Basis, typer.Option("--basis", help="consent; is: a school's right-to-view list.")
    ] = Basis.CONSENT,
    by: Annotated[str, typer.Option("--by", help="The principal or designee who submits the list.")] = "",
    school: Annotated[str, typer.Option("--school", help="The list's school, if its rows don't say.")] = "",
) -> int:
    """Take scans and a list into a submission. Example: consentry submit --partner harbor --list list.xlsx scans/."""
    offer = Offer(partner, tuple(paths or ()), student_list, read_day(received), basis, by, school)
    with show_busy("taking the files in"):
        receipt = receive_offer(open_program(context), offer)
    refused = [{"file": entry.file, "reason": entry.reason, "words": entry.words} for entry in receipt.refused]
    faults = show_faults(receipt.list_faults)
    lines = [f"submission {receipt.submission_id}", *(f"refused {r['file']}: {r['words']}" for r in refused)]
    result = {"submission_id": receipt.submission_id, "refused": refused, "list_faults": faults}
    tell(context, result, "\n".join([*lines, *(str(fault["words"]) for fault in faults)]))
    return SOME_REFUSED if refused else DONE


def work(
    context: typer.Context,
    drain: Annotated[bool, typer.Option("--drain", help="End when nothing is left to do.")] = False,
    processes: Annotated[int, typer.Option("--processes", min=1, max=64, help="Worker processes.")] = 1,
) -> int:
    """Run the pipeline. Example: consentry work --drain --processes 2."""
    program = open_program(context)
    with show_progress("reading pages") as show:
        deaths = run_workers(program, processes, drain, show)
    tell(context, {"replaced_workers": deaths, **show_status(program)}, "nothing is left to do" if drain else "stopped")
    return DONE


def status(
    context: typer.Context,
    submission: Annotated[str | None, typer.Argument(help="A submission's id; all counts if left out.")] = None,
) -> int:
    """Counts by state, or each form of a submission."""
    program = open_program(context)
    result = show_submission(program, submission) if submission else show_status(program)
    counts = result["states"] if submission else result["forms"]
    words = ", ".join(f"{count} {state}" for state, count in counts.items()) if isinstance(counts, dict) else ""
    tell(context, result, words or "nothing was taken in yet")
    return DONE


@queue.command("list")
def queue_list(context: typer.Context) -> int:
    """Open cases, oldest first."""
    cases = list_queue(open_program(context))
    lines = [f"{case['case_id']}  {case['age_days']} days  {case['reasons']}" for case in cases]
    tell(context, cases, "\n".join(lines) or "the queue is empty")
    return DONE


@queue.command("show")
def queue_show(context: typer.Context, case: str) -> int:
    """One case with its form, candidates and evidence."""
    shown = show_case(open_program(context), case)
    findings = shown["findings"] if isinstance(shown["findings"], list) else []
    lines = [f"{found['reason']}: {found['words']}" for found in findings if isinstance(found, dict)]
    tell(context, shown, "\n".join([f"case {case}, {shown['state']}", *lines]))
    return DONE


@queue.command("decide")
def queue_decide(
    context: typer.Context,
    case: str,
    action: Annotated[str, typer.Option("--action", help="accept, return or reject.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    user: Annotated[str, typer.Option("--as", help="Who decides.")],
    student: Annotated[str | None, typer.Option("--student", help="The student to accept.")] = None,
) -> int:
    """Decide a case. Example: consentry queue decide case-1 --action accept --student 1234567 --reason "..." --as ana."""
    outcome = decide_case(open_program(context), case, action, student, reason, user)
    result = {
        "case_id": outcome.case_id,
        "form_id": outcome.form_id,
        "state": outcome.state,
        "grant_id": outcome.grant_id,
        "second_person_needed": outcome.second_person_needed,
    }
    tell(context, result, "a second person has to confirm" if outcome.second_person_needed else outcome.state)
    return DONE


def report(
    context: typer.Context,
    submission: str,
    out: Annotated[Path, typer.Option("--out", help="Where to: .xlsx, .csv or .html.")],
) -> int:
    """Write the match-error report for the partner. Example: consentry report sub-1 --out report.xlsx."""
    lines = write_report(open_program(context), submission, out)
    tell(context, {"submission_id": submission, "file": str(out), "lines": lines}, f"{lines} lines in {out}")
    return DONE
