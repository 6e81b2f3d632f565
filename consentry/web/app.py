"""Puts the pages together: routes behind the one door, the headers of every answer, one shape for what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute

from consentry.logs import log_failure
from consentry.program import Program
from consentry.web.doors import Denied, Desk, admit, find_way_back
from consentry.web.office import Office
from consentry.web.pages import (
    accounts,
    answering,
    batches,
    calls,
    cases,
    entering,
    glance,
    keying,
    leading,
    me,
    partner_people,
    partners,
    proving,
    schools,
    tracing,
    watching,
)
from consentry.web.people import come_back_to
from consentry.web.words import mark

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer a browser sends "null" as the origin of our own forms
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_WORDS = {
    401: mark("log in first"),
    403: mark("this page is not for your role"),
    404: mark("there is nothing here"),
    413: mark("that is too much at once"),
    422: mark("something is missing or is not of the right kind"),
    500: mark("the program failed; nothing was changed half-way"),
}
_ENDED = mark("your session has ended, and nothing of this was done: log in, and you come back to the page")
_OLD = mark("you have logged in anew since that page was opened, and nothing of this was done: go back, load it again")
_MOST_BYTES = 1_000_000


def make_app(program: Program) -> FastAPI:
    """The web application of one home."""

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.office.close()

    app = FastAPI(
        title="Consentry", docs_url=None, redoc_url=None, lifespan=live, generate_unique_id_function=_name_route
    )
    app.state.office = Office(program)
    for pages in (
        answering,
        entering,
        proving,
        cases,
        batches,
        keying,
        partners,
        glance,
        schools,
        tracing,
        leading,
        partner_people,
        accounts,
        me,
        watching,
        calls,
    ):
        app.include_router(pages.router, dependencies=[Depends(admit)])
    app.add_exception_handler(Denied, _deny)
    app.add_exception_handler(404, _find_nothing)
    app.add_exception_handler(405, _find_nothing)
    app.add_exception_handler(RequestValidationError, _refuse_values)
    app.middleware("http")(_guard)
    return app


def _name_route(route: APIRoute) -> str:
    """A route's id in `/openapi.json` is the name that its rule stands under."""
    return route.name


async def _guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _MOST_BYTES or "transfer-encoding" in request.headers:
        response = _tell(request, 413)
    else:
        try:
            response = await go_on(request)
        except Exception as error:
            log_failure("page", getattr(request.scope.get("route"), "name", "unknown"), error)
            response = _tell(request, 500)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("cache-control", "no-store")
    return response


async def _deny(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, Denied) else 403
    if status == 401 and "hx-request" in request.headers:
        return come_back_to(_lead_to_log_in(), _find_address(request))
    if "text/html" not in request.headers.get("accept", ""):
        return _tell_script(request, status, _OLD if isinstance(error, Denied) and error.is_old else _WORDS[status])
    desk, came_from = Desk(request.app.state.office, request), find_way_back(request)
    if isinstance(error, Denied) and error.is_old:
        return desk.show("refused.html", status, words_of_refusal=_OLD, back=came_from)
    if status != 401:
        return _tell(request, status)
    if request.method == "GET":
        return come_back_to(RedirectResponse("/login", 303), _find_address(request))
    return come_back_to(desk.show("refused.html", status, words_of_refusal=_ENDED, back="/login"), came_from)


def _lead_to_log_in() -> Response:
    """For a part of a page that is asked for anew: the whole page goes to the log-in."""
    return JSONResponse({"status": 401, "words": _WORDS[401]}, 401, headers={"hx-redirect": "/login"})


def _find_address(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


async def _find_nothing(request: Request, error: Exception) -> Response:
    return _tell(request, 404)


async def _refuse_values(request: Request, error: Exception) -> Response:
    return _tell(request, 422)


def _tell_script(request: Request, status: int, words: str) -> Response:
    return JSONResponse({"status": status, "words": Desk(request.app.state.office, request).voice(words)}, status)


def _tell(request: Request, status: int) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return _tell_script(request, status, _WORDS[status])
    return Desk(request.app.state.office, request).show("refused.html", status, words_of_refusal=_WORDS[status])
