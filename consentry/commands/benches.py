"""Commands that show and measure: demo, doctor, bench."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from access.adr_package import FileFormat
from consentry.commands.console import DONE, SOME_REFUSED, open_settings, show_progress, tell
from consentry.doctor import examine

HANDS_FOLDER = Path("../shared/handwriting")

bench = typer.Typer(no_args_is_help=True, help="Benches: each prints its figures as JSON.")


def doctor(context: typer.Context) -> int:
    """Say what can be relied on here: parsers' protections, the database, the key, the doors. Example: consentry doctor."""
    found = examine(open_settings(context))
    tell(context, found.as_json(), found.in_words())
    return SOME_REFUSED if found.has_trouble else DONE


def demo(
    context: typer.Context,
    serve: Annotated[
        bool, typer.Option("--serve", help="Then serve the web pages, with an account of each role.")
    ] = False,
) -> int:
    """Make a sample district in an empty home, run the whole main job on sample scans, say where the results are."""
    from consentry.demo import run_demo  # fixtures and their drawing are loaded by the demo alone

    with show_progress("reading pages") as show:
        result = run_demo(open_settings(context), lambda words: typer.echo(words, err=True), show)
    tell(context, result.as_json(), result.in_words())
    if serve:
        from consentry.web.serving import serve_demo

        serve_demo(open_settings(context), result.today, lambda words: typer.echo(words, err=True))
    return DONE


@bench.command("pipeline")
def bench_pipeline(
    context: typer.Context,
    forms: Annotated[int, typer.Option("--forms", min=6, help="Forms to take through the job.")] = 120,
    students: Annotated[int, typer.Option("--students", min=200, help="Enrolled students.")] = 2000,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    hands: Annotated[Path, typer.Option("--hands", help="Folder of real handwriting.")] = HANDS_FOLDER,
    keep: Annotated[Path | None, typer.Option("--keep", help="An empty folder to keep input and home in.")] = None,
    blank: Annotated[Path | None, typer.Option("--blank", help="A blank form of your own to fill in.")] = None,
) -> int:
    """The whole job on real handwriting, through the command line."""
    from consentry.benches.pipeline import run  # fixtures are loaded by the benches alone

    _print_figures(run(forms, students, seed, hands, keep, blank))
    return DONE


@bench.command("match")
def bench_match(
    context: typer.Context,
    students: Annotated[int, typer.Option("--students", min=200, help="Enrolled students.")] = 50_000,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    districts: Annotated[
        int, typer.Option("--districts", min=1, help="Districts, of this seed and the next ones.")
    ] = 1,
    queries: Annotated[int, typer.Option("--queries", min=20, help="Queries a district.")] = 4000,
    peers: Annotated[bool, typer.Option("--peers", help="Splink and rapidfuzz on the same queries.")] = False,
    learn: Annotated[
        bool, typer.Option("--learn", help="Tables learned without labels, beside the shipped ones.")
    ] = False,
    febrl4: Annotated[bool, typer.Option("--febrl4", help="The public FEBRL4 task instead, beside its peers.")] = False,
) -> int:
    """Matching typed queries against synthetic districts."""
    from consentry.benches import match as bench_match
    from consentry.benches import match_febrl as bench_match_febrl
    from consentry.benches import match_learning as bench_match_learning

    seeds = range(seed, seed + districts)
    if febrl4:
        _print_figures(bench_match_febrl.run(seed))
    elif learn:
        _print_figures(bench_match_learning.run(students, seeds, queries))
    else:
        _print_figures(bench_match.run(students, seeds, queries, beside_peers=peers))
    return DONE


@bench.command("ocr")
def bench_ocr(
    context: typer.Context,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    sample: Annotated[int, typer.Option("--sample", min=10, help="Crops and forms a figure.")] = 120,
    hands: Annotated[Path, typer.Option("--hands", help="Folder of real handwriting.")] = HANDS_FOLDER,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="A PNG to draw: how far confidence can be believed.")
    ] = None,
    marks: Annotated[int, typer.Option("--marks", min=6, help="Ticks and signatures, each.")] = 300,
    pages: Annotated[int, typer.Option("--pages", min=1, help="Pages of every kind of scan, to register.")] = 4,
    others: Annotated[int, typer.Option("--others", min=0, help="Pages that are no form of the district.")] = 200,
) -> int:
    """Reading real handwriting, beside Tesseract and the plain recogniser; registering pages; drafting maps; speed."""
    from consentry.benches.ocr import Sizes, run

    _print_figures(run(seed, hands, Sizes(sample, marks, pages, others), plot))
    return DONE


@bench.command("marks")
def bench_marks(
    context: typer.Context,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    count: Annotated[int, typer.Option("--count", min=6, help="Ticks and signatures, each.")] = 300,
    hands: Annotated[Path, typer.Option("--hands", help="Folder of real handwriting.")] = HANDS_FOLDER,
) -> int:
    """Ticks and signatures alone, by writers that rules and recognisers don't know; the part `marks` of `bench ocr`."""
    from consentry.benches.marks import run

    _print_figures(run(seed, hands, count))
    return DONE


@bench.command("ledger")
def bench_ledger(
    context: typer.Context,
    appends: Annotated[int, typer.Option("--appends", min=320, help="Entries to append.")] = 6400,
    leaves: Annotated[int, typer.Option("--leaves", min=0, help="Length of the ledger to verify; 0: none.")] = 100_000,
) -> int:
    """Durable appends alone, together and at once; verifying and proving in a long ledger. With $CONSENTRY_DATABASE_URL: there,
    in an empty database.
    """
    from consentry.benches.ledger import run

    _print_figures(run(appends, leaves, open_settings(context).database_url))
    return DONE


@bench.command("web")
def bench_web(
    context: typer.Context,
    students: Annotated[int, typer.Option("--students", min=200, help="Enrolled students.")] = 50_000,
    cases: Annotated[int, typer.Option("--cases", min=400, help="Open cases.")] = 5_000,
    people: Annotated[int, typer.Option("--people", min=1, help="People at once.")] = 50,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="How long they work.")] = 30.0,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> int:
    """The pages of a real server: a case, the next one by key, many people at once, the weight of a page."""
    from consentry.benches.web import run

    _print_figures(run(students, cases, people, seconds, seed))
    return DONE


@bench.command("policy")
def bench_policy(
    context: typer.Context,
    runs: Annotated[int, typer.Option("--runs", min=20, help="Simulated districts a world.")] = 400,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> int:
    """Whether learned thresholds keep their promise, in worlds whose risk is known."""
    from consentry.benches.policy import run

    _print_figures(run(runs, seed))
    return DONE


@bench.command("lists")
def bench_lists(
    context: typer.Context,
    rows: Annotated[int, typer.Option("--rows", min=100, max=20_000, help="Rows of the list.")] = 20_000,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> int:
    """Checking a student list on arrival: time, and faults planted and found."""
    from consentry.benches.lists import run

    _print_figures(run(rows, seed))
    return DONE


@bench.command("packets")
def bench_packets(
    context: typer.Context,
    sheets: Annotated[int, typer.Option("--sheets", min=1, help="Sheets to print.")] = 500,
    forms: Annotated[int, typer.Option("--forms", min=1, help="How many of them to fill in and take in.")] = 240,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> int:
    """Printing a packet, and what comes of its sheets once families filled them in."""
    from consentry.benches.packets import run

    _print_figures(run(sheets, forms, seed))
    return DONE


@bench.command("year")
def bench_year(
    context: typer.Context,
    partners: Annotated[int, typer.Option("--partners", min=1)] = 200,
    forms: Annotated[int, typer.Option("--forms", min=1)] = 20_000,
    lists: Annotated[int, typer.Option("--is-lists", min=0, help="Right-to-view lists.")] = 60,
    students: Annotated[int, typer.Option("--students", min=300, help="Enrolled students.")] = 30_000,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> int:
    """A year played day by day by its calendar, with recorded readings, every gate checked."""
    from consentry.benches.year import run

    _print_figures(run(partners, forms, lists, students, seed))
    return DONE


@bench.command("season")
def bench_season(
    context: typer.Context,
    forms: Annotated[int, typer.Option("--forms", min=1)] = 20_000,
    partners: Annotated[int, typer.Option("--partners", min=1)] = 200,
    students: Annotated[int, typer.Option("--students", min=300, help="Enrolled students.")] = 30_000,
    wave: Annotated[int, typer.Option("--wave", min=10, help="Forms that come at a time.")] = 1000,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> int:
    """A season's forms through one worker, and whether the last thousand costs what the first did. With
    $CONSENTRY_DATABASE_URL: there, in an empty database.
    """
    from consentry.benches.season import run

    _print_figures(run(forms, partners, students, wave, seed, open_settings(context).database_url))
    return DONE


@bench.command("databases")
def bench_databases(
    context: typer.Context,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Times that each takes its turn.")] = 4,
    wave: Annotated[int, typer.Option("--wave", min=10, help="Forms a turn.")] = 200,
    students: Annotated[int, typer.Option("--students", min=300, help="Enrolled students.")] = 3_000,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> int:
    """Two workers on SQLite beside two on the PostgreSQL of $CONSENTRY_DATABASE_URL, an empty database."""
    from consentry.benches.databases import run

    _print_figures(run(rounds, wave, students, seed, open_settings(context).database_url))
    return DONE


@bench.command("access")
def bench_access(
    context: typer.Context,
    grants: Annotated[int, typer.Option("--grants", min=100, help="Grants of the partner.")] = 10_000,
    students: Annotated[int, typer.Option("--students", min=100, help="Enrolled students.")] = 49_000,
) -> int:
    """The access set of one partner with many grants."""
    from consentry.benches.grants import run_access

    _print_figures(run_access(grants, students))
    return DONE


@bench.command("adr")
def bench_adr(
    context: typer.Context,
    partners: Annotated[int, typer.Option("--partners", min=1)] = 200,
    grants: Annotated[int, typer.Option("--grants", min=1, help="Grants of all partners together.")] = 20_000,
    file_format: Annotated[FileFormat, typer.Option("--format")] = FileFormat.CSV,
) -> int:
    """The twelve reports for all partners, delivered and recorded."""
    from consentry.benches.grants import run_adr

    _print_figures(run_adr(partners, grants, file_format))
    return DONE


@bench.command("incident")
def bench_incident(
    context: typer.Context,
    grants: Annotated[int, typer.Option("--grants", min=1, help="Wrong grants, three disclosures each.")] = 50_000,
) -> int:
    """The report of an incident over many grants."""
    from consentry.benches.grants import run_incident

    _print_figures(run_incident(grants))
    return DONE


@bench.command("revoke")
def bench_revoke(
    context: typer.Context,
    grants: Annotated[int, typer.Option("--grants", min=20, help="Grants of the partner.")] = 1_000,
    students: Annotated[int, typer.Option("--students", min=20, help="Enrolled students.")] = 49_000,
    times: Annotated[int, typer.Option("--times", min=1, max=5, help="Revocations before each kind of export.")] = 5,
) -> int:
    """Seconds from a revocation to the access set, the feed and the package without that student."""
    from consentry.benches.revoking import run_revoke

    _print_figures(run_revoke(grants, students, times))
    return DONE


def _print_figures(figures: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(figures, ensure_ascii=False, indent=1, default=str) + "\n")
