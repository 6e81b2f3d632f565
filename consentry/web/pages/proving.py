"""Other proofs at the door than a password: a one-time code after it, the district's own log-in in its place."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response

from consentry.accounts import find_account_of_subject
from consentry.errors import CommandError
from consentry.second_factor import check_code_once, draw_code, find_waiting_account, make_secret, set_code
from consentry.web.doors import AtDesk
from consentry.web.pages.entering import let_in
from consentry.web.people import COOKIE, find_person

router = APIRouter()
Text = Annotated[str, Form()]
_BROWSER = "consentry_login"


@router.get("/login/code", name="code_page")
def show_code(desk: AtDesk) -> Response:
    """Asks for the one-time code of who has given their password."""
    return desk.show("login_code.html")


@router.post("/login/code", name="log_in_with_code")
def log_in_with_code(desk: AtDesk, code: Text) -> Response:
    """Lets in whose code is right; slowly for who fails often."""
    token = desk.request.cookies.get(COOKIE)
    waiting = find_person(desk.program, token, awaits_code=True)
    if waiting is None:
        return RedirectResponse("/login", 303)
    brake, address = desk.office.brake, desk.address
    if brake.seconds_to_wait(waiting.name, address) > 0:
        return desk.show("login_code.html", 429, trouble=desk.voice("Too many tries. Wait a minute and try again."))
    account = find_waiting_account(desk.program, waiting.account_id)
    is_right = account is not None and check_code_once(desk.office.used_codes, account, code)
    brake.note(waiting.name, address, is_right)
    if account is None or not is_right:
        return desk.show("login_code.html", 401, trouble=desk.voice("That code is not right, or was used already."))
    return let_in(desk, account, awaits_code=False)


@router.get("/login/district", name="district_login")
def go_to_district(desk: AtDesk) -> Response:
    """Sends the browser to the district's identity provider."""
    browser = secrets.token_urlsafe(24)
    try:
        if not desk.office.district.is_there:
            raise CommandError("no log-in of the district is set up here")
        address = desk.office.district.begin(browser, str(desk.request.url_for("district_back")))
    except CommandError as error:
        return desk.refuse(error)
    response = RedirectResponse(address, 303)
    is_secure = desk.request.url.scheme == "https"
    response.set_cookie(_BROWSER, browser, max_age=600, httponly=True, samesite="lax", secure=is_secure, path="/login")
    return response


@router.get("/login/district/back", name="district_back")
def come_back(
    desk: AtDesk, state: Annotated[str, Query(max_length=200)] = "", code: Annotated[str, Query(max_length=4000)] = ""
) -> Response:
    """Lets in whom the provider names and an account knows."""
    try:
        subject = desk.office.district.finish(state, desk.request.cookies.get(_BROWSER, ""), code)
        account = find_account_of_subject(desk.program, subject)
        if account is None:
            raise CommandError("the district knows you, but no account here does: ask an administrator")
    except CommandError as error:
        return desk.refuse(error)
    return let_in(desk, account, awaits_code=False)


@router.get("/me/code", name="my_code")
def show_my_code(desk: AtDesk) -> Response:
    """A new secret for an authenticator, as a picture and in letters."""
    secret = make_secret()
    return desk.show("my_code.html", secret=secret, picture=draw_code(secret, desk.person.name))


@router.post("/me/code", name="set_my_code")
def set_my_code(desk: AtDesk, secret: Text, code: Text) -> Response:
    """Keeps the secret once its first code was given."""
    try:
        set_code(desk.program, desk.person.account_id, secret, code, desk.person.name)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/me", 303)
