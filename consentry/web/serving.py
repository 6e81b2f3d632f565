"""Runs the server until it is interrupted. One process: enrollment and its matcher are in its memory once."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from datetime import date

import uvicorn

from access import AgreementKind, AgreementStatus
from consentry.accounts import NewAccount, Role, add_account
from consentry.intake.registering import record_agreement
from consentry.intake.snapshots import find_roll
from consentry.pipeline.list_schools import Designee, DesigneeRole, DesigneeStatus, record_designee
from consentry.program import Program
from consentry.settings import Settings
from consentry.web.app import make_app

_PARTNER_OF_DEMO = "rainier"
_SWITCH_S = 0.001
"""How long a thread keeps the interpreter while others wait: a page that is being made isn't to hold up those that are done."""


def serve_pages(program: Program, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serves until interrupted; no access log, which would keep addresses and ids."""
    sys.setswitchinterval(_SWITCH_S)
    say(f"serving on http://{host}:{port} - stop with Ctrl-C")
    uvicorn.run(make_app(program), host=host, port=port, access_log=False, log_level="warning", server_header=False)


def put_school_on_record(program: Program) -> None:
    """Lets the demo's account of a principal send lists for a school, and its partner be given them."""
    today = program.read_clock().today
    year = program.rulebook.find_running_year(today)
    record_agreement(program, _PARTNER_OF_DEMO, AgreementKind.IS, year, AgreementStatus.ACTIVE, today)
    with program.installation.reading() as session:
        roll = find_roll(program.installation, session, today)
    for school in sorted(set(roll.schools.values()))[:1] if roll else ():
        designee = Designee(Role.SCHOOL.value, DesigneeRole.PRINCIPAL, school, year)
        record_designee(program, designee, DesigneeStatus.ACTIVE, today, "program")


def serve_demo(settings: Settings, today: date, say: Callable[[str], None]) -> None:
    """Serves the demo's home on its own day, with an account of each role; says their names and one password made for now."""
    program = Program.open(settings.model_copy(update={"today": today}))
    password = secrets.token_urlsafe(12)
    put_school_on_record(program)
    for role in Role:
        partner = _PARTNER_OF_DEMO if role is Role.PARTNER else None
        add_account(program, NewAccount(role.value, role, partner, password), "program")
    say(f"log in as {', '.join(Role)}; the password is {password}")
    serve_pages(program, "127.0.0.1", 8000, say)
