"""A partner's people, for a lead: whom its network use agreement names for an account, who was trained; new partners."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from access import CATEGORIES, AgreementKind, AgreementStatus
from consentry.errors import CommandError
from consentry.intake.registering import add_partner
from consentry.program_year.agreement_papers import StepNote
from consentry.program_year.named_people import NamedStep, list_people, name_person
from consentry.program_year.waits import find_waits
from consentry.web.doors import AtDesk

router = APIRouter()
Text = Annotated[str, Form()]
_ID = r"^[a-z0-9-]{2,40}$"


@router.get("/partners/{partner_id}", name="partner_people")
def show_people(desk: AtDesk, partner_id: str) -> Response:
    """Who stands on record for the partner, year by year."""
    years = find_waits(desk.program, partner_id)
    people = {year.school_year: list_people(desk.program, partner_id, year.school_year) for year in years}
    return desk.show(
        "partner_people.html", name=years[0].name, partner_id=partner_id, people=people, called=desk.find_names()
    )


@router.post("/partners/{partner_id}/people", name="name_person")
def note_person(
    desk: AtDesk,
    partner_id: str,
    kind: Annotated[AgreementKind, Form()],
    school_year: Text,
    on: Annotated[date, Form()],
    full_name: Text = "",
    address: Text = "",
    status: Annotated[AgreementStatus, Form()] = AgreementStatus.ACTIVE,
) -> Response:
    """Notes a person for an account, or no longer, or as trained."""
    named = NamedStep(partner_id, address, school_year, status, on, full_name)
    try:
        name_person(desk.program, kind, named, StepNote(desk.person.name))
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse(f"/partners/{partner_id}", 303)


@router.post("/partners", name="add_partner")
def add(
    desk: AtDesk,
    name: Annotated[str, Form(max_length=200)],
    partner_id: Annotated[str, Form(pattern=_ID)],
    purpose: Text = "",
    category: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Adds a partner; without a category its agreement covers all of them."""
    chosen = [each for each in CATEGORIES if each in (category or [])]
    try:
        add_partner(desk.program, partner_id, name.strip(), purpose.strip(), chosen, desk.person.name)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/partners", 303)
