"""What is offered in one go, on either ground: forms of families with a list, or a school's right-to-view list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from consentry.errors import CommandError
from consentry.intake.list_receiving import ListOffer, receive_right_list
from consentry.intake.receiving import Receipt, receive_submission
from consentry.program import Program


class Basis(StrEnum):
    """The ground on which access is asked for."""

    CONSENT = "consent"
    IS = "is"


@dataclass(frozen=True, slots=True)
class Offer:
    """Scans and a list of a partner, or a list alone that a school's principal or designee submits."""

    partner_id: str
    scans: tuple[Path, ...]
    student_list: Path | None
    received_on: date | None = None
    basis: Basis = Basis.CONSENT
    submitted_by: str = ""
    school: str = ""


def receive_offer(program: Program, offer: Offer) -> Receipt:
    """Takes an offer into a submission. `CommandError` for one that mixes the grounds, or that brings nothing."""
    if offer.basis is Basis.IS:
        if offer.scans or offer.student_list is None:
            raise CommandError("a right-to-view list comes as --list alone, without scans")
        listed = ListOffer(offer.partner_id, offer.student_list, offer.submitted_by, offer.school, offer.received_on)
        return receive_right_list(program, listed)
    if not offer.scans and offer.student_list is None:
        raise CommandError("name the scans to take in, or a student list with --list")
    return receive_submission(
        program, offer.partner_id, offer.scans, offer.student_list, offer.received_on, offer.submitted_by
    )
