"""A person's own account: language, single-letter keys, password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from consentry.accounts import SHORT_PASSWORD, change_account, check_password
from consentry.errors import CommandError
from consentry.web.doors import AtDesk
from consentry.web.people import COOKIE, end_other_sessions_of
from consentry.web.speaking import LANGUAGES

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/me", name="me")
def show_me(desk: AtDesk) -> Response:
    """The account of whoever asks."""
    return desk.show("me.html", languages=LANGUAGES, shortest=SHORT_PASSWORD)


@router.post("/me/settings", name="my_settings")
def set_settings(
    desk: AtDesk, chosen: Annotated[str, Form(alias="language")], letter_keys: bool = Form(False)
) -> Response:
    """Language of the pages, and whether single letters are keys."""
    if chosen not in LANGUAGES:
        return desk.refuse(CommandError("the pages do not speak that language"))
    person = desk.person
    change_account(desk.program, person.account_id, person.name, language=chosen, letter_keys=letter_keys)
    return RedirectResponse("/me", 303)


@router.post("/me/password", name="my_password")
def set_password(desk: AtDesk, current: Text, new: Text) -> Response:
    """Another password; every other session of the account ends."""
    person = desk.person
    if check_password(desk.program, person.name, current) is None:
        return desk.refuse(CommandError("the current password is not right"))
    try:
        change_account(desk.program, person.account_id, person.name, password=new)
    except CommandError as error:
        return desk.refuse(error)
    end_other_sessions_of(desk.program, person.account_id, desk.request.cookies.get(COOKIE))
    return RedirectResponse("/me", 303)
