"""Accounts: all of them for an administrator, who sees no student; the partners' for a lead."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from consentry.accounts import (
    ACCOUNTS_KEPT_BY,
    CLOSED,
    OPEN,
    SHORT_PASSWORD,
    NewAccount,
    Role,
    add_account,
    change_account,
    list_accounts,
)
from consentry.errors import CommandError
from consentry.web.doors import AtDesk, Desk
from consentry.web.people import end_other_sessions_of
from store.tables import Partner

router = APIRouter()
Text = Annotated[str, Form()]


class AccountStep(StrEnum):
    """What is done to an account."""

    OPEN = "open"
    CLOSE = "close"
    FORGET_CODE = "forget_code"
    CALL = "call"


_CHANGES: dict[AccountStep, dict[str, str | bool | None]] = {
    AccountStep.OPEN: {"state": OPEN},
    AccountStep.CLOSE: {"state": CLOSED},
    AccountStep.FORGET_CODE: {"totp_secret": None},
}


@router.get("/accounts", name="accounts")
def show_accounts(desk: AtDesk) -> Response:
    """The accounts that this person keeps."""
    kept = ACCOUNTS_KEPT_BY[desk.person.role]
    shown = list_accounts(desk.program, kept)
    roles = [role for role in Role if role in kept]
    with desk.program.installation.reading() as session:
        partners = {one.partner_id: one.name for one in session.scalars(select(Partner).order_by(Partner.name))}
    return desk.show("accounts.html", accounts=shown, roles=roles, partners=partners, shortest=SHORT_PASSWORD)


@router.post("/accounts", name="add_account")
def add(
    desk: AtDesk,
    name: Text,
    role: Annotated[Role, Form()],
    password: Text = "",
    partner: Text = "",
    subject: Text = "",
    full_name: Text = "",
) -> Response:
    """Adds an account, with a password, a subject at the district's log-in, or both."""
    if role not in ACCOUNTS_KEPT_BY[desk.person.role]:
        return desk.refuse(CommandError("an administrator adds accounts of people who decide"))
    new = NewAccount(name, role, partner or None, password or None, subject.strip() or None, full_name)
    try:
        if (password or not new.subject) and len(password) < SHORT_PASSWORD:
            raise CommandError(f"a password has at least {SHORT_PASSWORD} characters")
        add_account(desk.program, new, desk.person.name)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/accounts", 303)


@router.post("/accounts/{account_id}", name="change_account")
def change(desk: AtDesk, account_id: str, step: Annotated[AccountStep, Form()], full_name: Text = "") -> Response:
    """Says what its person is called; or closes or opens an account, or takes its second factor off: its sessions end."""
    if step is AccountStep.CALL:
        return _call(desk, account_id, full_name)
    if account_id == desk.person.account_id:
        return desk.refuse(CommandError("somebody else changes your own account"))
    change_account(desk.program, account_id, desk.person.name, **_CHANGES[step])
    end_other_sessions_of(desk.program, account_id)
    return RedirectResponse("/accounts", 303)


def _call(desk: Desk, account_id: str, full_name: str) -> Response:
    try:
        change_account(desk.program, account_id, desk.person.name, full_name=full_name)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/accounts", 303)
