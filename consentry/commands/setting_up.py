"""Commands that set a home up: init, enrollment, form, partner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from access.types import AgreementKind, AgreementStatus
from consentry.commands.console import (
    DONE,
    SOME_REFUSED,
    open_program,
    open_settings,
    read_day,
    show_busy,
    split_names,
    tell,
)
from consentry.errors import CommandError
from consentry.intake.drafting_maps import draft_map
from consentry.intake.loading_enrollment import ExtractWord, load_enrollment
from consentry.intake.registering import (
    BlankPrint,
    add_form,
    add_partner,
    find_cautions,
    list_forms,
    record_agreement,
)
from consentry.program import make_home
from consentry.program_year.agreement_papers import StepNote
from store.key_place import find_key_place
from store.tables import FormTemplate

enrollment = typer.Typer(no_args_is_help=True, help="Enrollment snapshots.")
form = typer.Typer(no_args_is_help=True, help="Blank forms.")
partner = typer.Typer(no_args_is_help=True, help="Partners and their agreements.")


def init(context: typer.Context) -> int:
    """Make an empty home. Example: consentry --home /srv/consentry init."""
    settings = open_settings(context)
    make_home(settings)
    place = find_key_place(settings.home, settings.key_file)
    result = {"home": str(settings.home), "key_file": str(place.file), "key_is_outside": place.is_outside}
    tell(context, result, f"made the home {settings.home}\n{place.in_words()}")
    return DONE


@enrollment.command("load")
def enrollment_load(
    context: typer.Context,
    file: Path,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Day of the extract, YYYY-MM-DD; today.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why an extract that differs much is right.")] = None,
    user: Annotated[str | None, typer.Option("--as", help="The lead who stands by it.")] = None,
) -> int:
    """Load enrollment: CSV or OneRoster zip. Example: consentry enrollment load students.csv --as-of 2024-09-30."""
    word = ExtractWord(user or "", reason or "") if user is not None or reason is not None else None
    with show_busy("loading enrollment"):
        loaded = load_enrollment(open_program(context), file, read_day(as_of), word)
    faults = [{"row": fault.row_number, "column": fault.column, "words": fault.words} for fault in loaded.faults]
    result = {"snapshot_id": loaded.snapshot_id, "students": loaded.students, "refused": faults}
    tell(context, result, f"{loaded.students} students loaded, {len(faults)} rows refused")
    return SOME_REFUSED if faults else DONE


@form.command("add")
def form_add(
    context: typer.Context,
    blank: Path,
    code: Annotated[str, typer.Option("--code", help="The form's code.")] = "",
    school_year: Annotated[str, typer.Option("--school-year", help="Such as 2024-25.")] = "",
    language: Annotated[str, typer.Option("--language", help="Such as en.")] = "",
    published: Annotated[str | None, typer.Option("--published", help="Day of publication, YYYY-MM-DD.")] = None,
    partner: Annotated[str | None, typer.Option("--partner", help="Partner that is printed on the form.")] = None,
    signing: Annotated[
        bool, typer.Option("--signing-is-consent", help="It has no box for consent, and its print says so.")
    ] = False,
    records: Annotated[
        str, typer.Option("--records", help="It has no boxes for records, and its print releases these, with commas.")
    ] = "",
    draft: Annotated[
        bool, typer.Option("--draft-map", help="Learn nothing: propose a field map beside the blank.")
    ] = False,
) -> int:
    """Learn a blank form from its PDF. Example: consentry form add es.pdf --code C --school-year 2024-25 --language es ..."""
    if draft:
        written = draft_map(blank)
        tell(context, written.as_json(), written.in_words())
        return DONE
    day = read_day(published)
    if day is None or not (code and school_year and language):
        raise CommandError("--code, --school-year, --language and --published are needed")
    program = open_program(context)
    printed = BlankPrint(signing, split_names(records))
    added = add_form(program, blank, code, school_year, language, day, partner, printed)
    cautions = find_cautions(program, added)
    words = "\n".join([f"learned {added.code} ({added.school_year}, {added.language})", *cautions])
    tell(context, {**_show_form(added), "cautions": cautions}, words)
    return DONE


@form.command("list")
def form_list(context: typer.Context) -> int:
    """The blank forms known."""
    forms = [_show_form(row) for row in list_forms(open_program(context))]
    lines = [f"{row['code']}  {row['school_year']}  {row['language']}  published {row['published']}" for row in forms]
    tell(context, forms, "\n".join(lines) or "no form is known yet: run 'consentry form add'")
    return DONE


@partner.command("add")
def partner_add(
    context: typer.Context,
    name: str,
    partner_id: Annotated[str, typer.Option("--id", help="Short id.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What the data is for.")] = "",
    categories: Annotated[str, typer.Option("--categories", help="Comma-separated; all if left out.")] = "",
) -> int:
    """Add a partner. Example: consentry partner add "Harbor Tutoring" --id harbor --categories attendance,assessment."""
    added = add_partner(open_program(context), partner_id, name, purpose, split_names(categories))
    result = {"partner_id": added.partner_id, "name": added.name, "categories": added.categories}
    tell(context, result, f"added partner {added.partner_id}")
    return DONE


@partner.command("agreement")
def partner_agreement(
    context: typer.Context,
    partner_id: Annotated[str, typer.Argument(metavar="PARTNER")],
    kind: Annotated[AgreementKind, typer.Option("--kind")],
    school_year: Annotated[str, typer.Option("--school-year", help="Such as 2024-25.")],
    status: Annotated[AgreementStatus, typer.Option("--status")],
    on: Annotated[str, typer.Option("--on", help="First day of that status, YYYY-MM-DD.")],
    user: Annotated[str, typer.Option("--as", help="Who takes the step.")] = "program",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    paper: Annotated[Path | None, typer.Option("--paper", help="The document of the step; kept by its hash.")] = None,
) -> int:
    """Note an agreement's step. Example: consentry partner agreement harbor --kind dsa --school-year 2024-25 ..."""
    day = read_day(on)
    if day is None:
        raise CommandError("--on is needed")
    note = StepNote(user, reason, paper)
    step = record_agreement(open_program(context), partner_id, kind, school_year, status, day, note)
    result = {"partner_id": partner_id, "kind": step.kind, "school_year": school_year, "status": step.status, "on": on}
    tell(context, result, f"{kind} of {partner_id} for {school_year}: {status} from {on}")
    return DONE


def _show_form(row: FormTemplate) -> dict[str, object]:
    return {
        "template_id": row.template_id,
        "code": row.code,
        "school_year": row.school_year,
        "language": row.language,
        "published": row.published.isoformat(),
        "partner_id": row.partner_id,
    }
