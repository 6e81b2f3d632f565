"""Where each command stands, and the command line put together from them.

A call loads the modules of its own first word alone: most commands need neither the reading of pages nor the matching of
children, which take seconds to load.
"""

from __future__ import annotations

from importlib import import_module

import typer

PLACES = {
    "init": "setting_up.init",
    "enrollment": "setting_up.enrollment",
    "form": "setting_up.form",
    "partner": "setting_up.partner",
    "submit": "processing.submit",
    "watch": "doors.watch",
    "doors": "doors.doors",
    "cover": "doors.cover",
    "sendings": "doors.sendings",
    "work": "processing.work",
    "status": "processing.status",
    "queue": "processing.queue",
    "report": "processing.report",
    "access": "proving.access",
    "grants": "proving.grants",
    "revoke": "proving.revoke",
    "retention": "retention.retention",
    "exports": "safety.exports",
    "backup": "safety.backup",
    "restore": "safety.restore",
    "trace": "proving.trace_command",
    "ledger": "proving.ledger",
    "adr": "disclosing.adr",
    "disclosures": "disclosing.disclosures",
    "incident": "disclosing.incident",
    "staag": "glancing.staag",
    "partner terms": "disclosing.partner_terms",
    "form terms": "disclosing.form_terms",
    "form print": "printing.form_print",
    "form batches": "printing.form_batches",
    "partner verdict": "agreements.partner_verdict",
    "partner name": "agreements.partner_name",
    "partner waits": "agreements.partner_waits",
    "partner application": "agreements.partner_application",
    "partner history": "agreements.partner_history",
    "partner paper": "agreements.partner_paper",
    "partner designee": "agreements.partner_designee",
    "partner confirm-term": "agreements.partner_confirm_term",
    "year": "years.year",
    "list": "lists.student_list",
    "left-to-do": "lists.left_to_do",
    "answer": "lists.answer",
    "user": "serving.user",
    "serve": "serving.serve",
    "demo": "benches.demo",
    "doctor": "benches.doctor",
    "policy": "policy.policy",
    "audit": "auditing.audit",
    "release": "releasing_answers.release",
    "bench": "benches.bench",
}


def add_commands(app: typer.Typer, word: str | None) -> None:
    """Adds the commands that begin with `word`; all of them where no command does (a call for help, a mistyped word)."""
    groups: dict[str, typer.Typer] = {}
    for path, place in PLACES.items():
        first, _, rest = path.partition(" ")
        if word in PLACES and first != word:
            continue
        module, _, name = place.partition(".")
        found = getattr(import_module(f"consentry.commands.{module}"), name)
        if rest:
            groups[first].command(rest)(found)
        elif isinstance(found, typer.Typer):
            groups[first] = typer.Typer(no_args_is_help=True, help=found.info.help)
            groups[first].add_typer(found)
            app.add_typer(groups[first], name=first)
        else:
            app.command(first)(found)
