"""An administrator's page: accounts, and no student."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from consentry.accounts import SHORT_PASSWORD, NewAccount, Role, add_account, list_accounts
from consentry.errors import CommandError
from consentry.web.doors import AtDesk

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/accounts", name="accounts")
def show_accounts(desk: AtDesk) -> Response:
    """All accounts."""
    return desk.show("accounts.html", accounts=list_accounts(desk.program), roles=list(Role), shortest=SHORT_PASSWORD)


@router.post("/accounts", name="add_account")
def add(desk: AtDesk, name: Text, role: Annotated[Role, Form()], password: Text, partner: Text = "") -> Response:
    """Adds an account."""
    try:
        if len(password) < SHORT_PASSWORD:
            raise CommandError(f"a password has at least {SHORT_PASSWORD} characters")
        add_account(desk.program, NewAccount(name, role, partner or None, password), desk.person.name)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/accounts", 303)
