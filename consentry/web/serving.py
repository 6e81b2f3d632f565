"""Runs the server until it is interrupted. One process: enrollment and its matcher are in its memory once."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from datetime import date

import uvicorn

from consentry.accounts import NewAccount, Role, add_account
from consentry.program import Program
from consentry.settings import Settings
from consentry.web.app import make_app

_SWITCH_S = 0.001
"""How long a thread keeps the interpreter while others wait: a page that is being made isn't to hold up those that are done."""


def serve_pages(program: Program, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serves until interrupted; no access log, which would keep addresses and ids."""
    sys.setswitchinterval(_SWITCH_S)
    say(f"serving on http://{host}:{port} - stop with Ctrl-C")
    uvicorn.run(make_app(program), host=host, port=port, access_log=False, log_level="warning", server_header=False)


def serve_demo(settings: Settings, today: date, say: Callable[[str], None]) -> None:
    """Serves the demo's home on its own day, with an account of each role; says their names and one password made for now."""
    program = Program.open(settings.model_copy(update={"today": today}))
    password = secrets.token_urlsafe(12)
    for role in Role:
        partner = "rainier" if role is Role.PARTNER else None
        add_account(program, NewAccount(role.value, role, partner, password), "program")
    say(f"log in as {', '.join(Role)}; the password is {password}")
    serve_pages(program, "127.0.0.1", 8000, say)
