"""The one place that lets a request in: rule of its route, session, origin and token of a change, objects of its path.

Deny by default: a route without a rule, a person without the role, an object that isn't theirs. There is no switch that turns
it off.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from fastapi import Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from consentry.accounts import Role, find_full_names
from consentry.errors import CommandError
from consentry.program import Program
from consentry.web.office import Office
from consentry.web.people import COOKIE, Person, find_person
from consentry.web.places import PLACES
from consentry.web.rules import RULES, Sees
from consentry.web.speaking import Voice
from store.desk_tables import Account

_SAFE = ("GET", "HEAD")
_FORM_BYTES = 100_000


class Denied(Exception):
    """A request that is not let in: 401, 403 or 404. `is_old`: its page was made in a session that is over."""

    def __init__(self, status: int, is_old: bool = False) -> None:
        super().__init__(str(status))
        self.status, self.is_old = status, is_old


async def admit(request: Request) -> None:
    """Lets a request in or raises `Denied`; leaves the person in `request.state`."""
    rule = RULES.get(getattr(request.scope.get("route"), "name", ""))
    if rule is None:
        raise Denied(403)
    office: Office = request.app.state.office
    if request.method not in _SAFE:
        _check_origin(request)
    person = None if rule.is_public else await run_sync(find_person, office.program, request.cookies.get(COOKIE))
    request.state.person = person
    if rule.is_public:
        return
    if person is None:
        raise Denied(401)
    if person.role not in rule.roles:
        raise Denied(403)
    if request.method not in _SAFE:
        await _check_token(request, person)
    if rule.objects and not await run_sync(_sees_all, office.program, rule.objects, person, request.path_params):
        raise Denied(404)


def _sees_all(program: Program, objects: Mapping[str, Sees], person: Person, path: dict[str, str]) -> bool:
    with program.installation.reading() as session:
        return all(sees(session, person, path[name]) for name, sees in objects.items())


def _check_origin(request: Request) -> None:
    """A change comes from our own pages, or from a program that is no browser and sends neither header."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Denied(403)
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Denied(403)


async def _check_token(request: Request, person: Person) -> None:
    given = request.headers.get("x-form-token")
    if given is None and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        form: FormData = await request.form(max_files=100, max_part_size=_FORM_BYTES)
        given = str(form.get("form_token", ""))
    if not secrets.compare_digest((given or "").encode(), person.form_token.encode()):
        raise Denied(403, is_old=bool(given))


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page works with: the office, and the person where there is one."""

    office: Office
    request: Request

    @property
    def program(self) -> Program:
        """The opened home."""
        return self.office.program

    @property
    def person(self) -> Person:
        """The person whom the door let in."""
        person = self.request.state.person
        if not isinstance(person, Person):
            raise Denied(401)
        return person

    @property
    def partner_id(self) -> str:
        """The partner of a partner's person."""
        if self.person.partner_id is None:
            raise Denied(403)
        return self.person.partner_id

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.request.client.host if self.request.client else ""

    @property
    def is_lead(self) -> bool:
        """Whether the person is a lead."""
        return self.person.role is Role.LEAD

    @property
    def voice(self) -> Voice:
        """The language of the page: the person's own, else what their browser asks for."""
        person = getattr(self.request.state, "person", None)
        voices = self.office.voices
        asked = voices.choose(self.request.headers.get("accept-language", ""))
        return voices.find(person.language if isinstance(person, Person) else asked)

    def list_leads(self) -> frozenset[str]:
        """The names of all leads."""
        with self.program.installation.reading() as session:
            return frozenset(session.scalars(select(Account.name).where(Account.role == Role.LEAD)))

    def find_names(self) -> Callable[[str], str]:
        """What to call people by the name of their account: their full name, where one is on record."""
        with self.program.installation.reading() as session:
            full_names = find_full_names(session)
        return lambda name: full_names.get(name, name)

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        """A page from a template."""
        person, voice = getattr(self.request.state, "person", None), self.voice
        today = self.program.read_clock().today
        shared = {
            "person": person,
            "places": PLACES[person.role] if isinstance(person, Person) else (),
            "_": voice,
            "language": voice.language,
            "build": self.office.build,
            "today": today,
        }
        return self.office.templates.TemplateResponse(self.request, template, {**shared, **values}, status_code=status)

    def refuse(self, error: CommandError) -> Response:
        """A page that says why something could not be done."""
        return self.show("refused.html", 409, words_of_refusal=str(error), back=find_way_back(self.request))

    def answer_refused(self, error: CommandError) -> JSONResponse:
        """The same for a script of ours."""
        return JSONResponse({"status": 409, "words": self.voice.retell(str(error))}, 409)


def find_way_back(request: Request) -> str:
    """The page of ours from which a form was sent, as a path."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host"):
        return ""
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")


def _make_desk(request: Request) -> Desk:
    return Desk(request.app.state.office, request)


AtDesk = Annotated[Desk, Depends(_make_desk)]
