"""Coming in and going out: log-in, log-out, the first page of each role, static files, the sign of life."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy import select

from consentry.accounts import check_password
from consentry.web.doors import AtDesk, Denied, Desk
from consentry.web.people import BACK, COOKIE, LONGEST, begin_session, end_session, find_page_before
from consentry.web.places import PLACES
from store.desk_tables import Account
from store.tables import LedgerHead

router = APIRouter()
_STATIC = Path(__file__).parents[1] / "static"
_FILES = frozenset(file.name for file in _STATIC.iterdir())


@router.get("/healthz", name="healthz")
def tell_health(desk: AtDesk) -> JSONResponse:
    """Whether the database answers."""
    with desk.program.installation.reading() as session:
        session.execute(select(LedgerHead.size)).one()
    return JSONResponse({"status": "up"})


@router.get("/static/{name}", name="static_file")
def send_static_file(name: str) -> Response:
    """A file of ours, out of a fixed list."""
    if name not in _FILES:
        raise Denied(404)
    return FileResponse(_STATIC / name, headers={"cache-control": "max-age=86400"})


@router.get("/", name="home")
def go_home(desk: AtDesk) -> Response:
    """To the first page of the person's role."""
    return RedirectResponse(PLACES[desk.person.role][0].address, 303)


@router.get("/login", name="login_page")
def show_login(desk: AtDesk) -> Response:
    """The log-in page."""
    return desk.show("login.html", provider=desk.office.district.is_there)


@router.post("/login", name="log_in")
def log_in(desk: AtDesk, username: Annotated[str, Form()], password: Annotated[str, Form()]) -> Response:
    """Checks name and password, slowly for who fails often; a new session each time."""
    address = desk.address
    wait = desk.office.brake.seconds_to_wait(username, address)
    if wait > 0:
        seconds = int(wait) + 1
        trouble = desk.voice("Too many tries. Wait {seconds} seconds and try again.", seconds=seconds)
        response = desk.show("login.html", 429, trouble=trouble)
        response.headers["retry-after"] = str(seconds)
        return response
    account = check_password(desk.program, username, password)
    desk.office.brake.note(username, address, account is not None)
    if account is None:
        return desk.show("login.html", 401, trouble=desk.voice("Name or password is not right."))
    return let_in(desk, account, awaits_code=account.totp_secret is not None)


def let_in(desk: Desk, account: Account, awaits_code: bool) -> Response:
    """Begins a new session in place of the browser's old one, and goes on with the page that asked for it. `awaits_code`: it
    opens nothing but the page for the code.
    """
    end_session(desk.program, desk.request.cookies.get(COOKIE))
    before = find_page_before(desk.request.cookies.get(BACK))
    response = RedirectResponse("/login/code" if awaits_code else before, 303)
    if not awaits_code:
        response.delete_cookie(BACK)
    token = begin_session(desk.program, account, awaits_code)
    is_secure = desk.request.url.scheme == "https"
    response.set_cookie(
        COOKIE, token, max_age=int(LONGEST.total_seconds()), httponly=True, samesite="lax", secure=is_secure
    )
    return response


@router.post("/logout", name="log_out")
def log_out(desk: AtDesk) -> Response:
    """Ends the session on the server."""
    end_session(desk.program, desk.request.cookies.get(COOKIE))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response
