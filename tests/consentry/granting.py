"""A home with grants made without paper: what disclosures need, without the time that reading takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from access import Signer, make_grant
from consentry.program import Program
from consentry.settings import Settings
from consentry.telling.telling_partners import tell_of_package
from fixtures.district import Student
from fixtures.granted_rows import make_decision, make_form, make_submission
from fixtures.student_data import write_student_data
from store import Clock, Entry, Event, record
from store.ids import derive_id
from store.tables import Document, FormTemplate
from tests.consentry.conftest import CHILDREN, District

DATA_DAY = "2025-02-03"
UPN = "ana@rainier.example"
CATEGORIES = ("attendance", "discipline", "assessment", "demographics")


def list_children() -> list[Student]:
    """The district's children as student data needs them; two are of high school."""
    grades = {"1000003": "11", "1000004": "12"}
    return [
        Student(number, first, last, born, school, grade=grades.get(number, "5"))
        for number, (first, last, born, school) in CHILDREN.items()
    ]


def write_data(folder: Path) -> Path:
    """The data of all children."""
    write_student_data(folder, list_children(), 1)
    return folder


def open_program(district: District) -> Program:
    """The district's home, on its day."""
    return Program.open(Settings(home=district.home, today=date.fromisoformat(district.today)))


def grant(district: District, student_id: str, categories: Sequence[str] = CATEGORIES, partner: str = "rainier") -> str:
    """Grants a student on a form that a person accepted; returns the grant's id."""
    program = open_program(district)
    clock = Clock.read(district.today)
    born = date.fromisoformat(CHILDREN[student_id][2])
    with program.installation.writing() as session:
        template = session.query(FormTemplate).one()
        sha256 = program.installation.documents.put(f"{partner} {student_id}".encode())
        rows: list[Any] = []
        if session.get(Document, sha256) is None:
            rows.append(Document(sha256=sha256, kind="scan", size=1, stored_at=clock.now))
        submission = make_submission(derive_id("sub", partner, student_id), partner, clock)
        form_id = derive_id("form", partner, student_id)
        form = make_form(form_id, submission, sha256, student_id, template_id=template.template_id)
        decision = make_decision(form, "ana", program.rulebook.policy.sha256, clock)
        year = program.rulebook.find_school_year("2024-25")
        made = make_grant(form, student_id, categories, decision, year, Signer(False, born), clock.now)
        record(
            session, clock, Entry(Event.ACCESS_GRANTED, made.grant_id, "ana", [*rows, submission, form, decision, made])
        )
        grant_id = made.grant_id
    program.installation.engine.dispose()
    return grant_id


def open_to_glance(district: District, student_id: str, partner: str = "rainier") -> str:
    """Grants a student and lets the partner's accounts open its page: told, and under a network use agreement."""
    grant_id = grant(district, student_id, partner=partner)
    signed = ("--kind", "nua", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-01")
    district.expect("partner", "agreement", partner, *signed)
    program = open_program(district)
    with program.installation.writing() as session:
        tell_of_package(session, Clock.read(district.today), grant_id, [grant_id])
    program.installation.engine.dispose()
    return grant_id


def name_person(district: District, address: str = UPN, status: str = "active", partner: str = "rainier") -> None:
    """Lets a partner's network use agreement of the year name a person, or name them no more."""
    who = ("--kind", "nua", "--address", address, "--status", status, "--on", "2024-09-02")
    district.expect("partner", "name", partner, "--school-year", "2024-25", *who)


def send_out_two(district: District) -> tuple[str, str]:
    """Amina's data of all kinds and Bruno's attendance, in a package and in a feed; returns their grants' ids."""
    name_person(district)
    amina = open_to_glance(district, "1000001")
    bruno = grant(district, "1000002", ("attendance",))
    data, package = write_data(district.folder / "data"), district.folder / "package"
    district.expect("adr", "rainier", "--data", str(data), "--out", str(package))
    district.expect("staag", "feed", "--out", str(district.folder / "feed.csv"))
    return amina, bruno
