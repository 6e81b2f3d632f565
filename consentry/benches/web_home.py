"""A home for the bench of the pages: a district, one form that was read and matched, thousands of cases made from it.

Each case has five candidates of the district, all of the form's evidence under each, and one of `PAGES` pages. Only the bench
knows it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import select

from access import AgreementKind, AgreementStatus
from consentry.accounts import NewAccount, Role, add_account
from consentry.benches.match_children import draw_roll, invent_district
from consentry.intake.loading_enrollment import load_enrollment
from consentry.intake.receiving import receive_submission
from consentry.intake.registering import add_form, add_partner, record_agreement
from consentry.pipeline.working import run_workers
from consentry.program import Program
from consentry.settings import Settings
from ingest.types import EnrolledStudent
from review_queue import Reason, State
from store import Clock, Entry, Event, Installation, JsonValue, describe_document, record
from store.ids import Sha256
from store.tables import Case, Form, ListedStudent, Submission, Tracked

TODAY = date(2024, 10, 1)
PASSWORD = "of the bench alone"  # noqa: S105 - its home is thrown away
PAGES = 60
_CASES_A_SUBMISSION, _CANDIDATES = 50, 5
_PARTNERS = ("rainier", "harbor", "green", "cedar")


@dataclass(frozen=True, slots=True)
class BenchHome:
    """A home with open cases, and the names of its accounts, all of one password."""

    home: Path
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Model:
    """What all cases are made from: the form that was read, its list row, and the ids of the district."""

    form: Form
    row: ListedStudent
    ids: tuple[str, ...]
    pages: tuple[Sha256, ...]


def make_bench_home(folder: Path, students: int, cases: int, people: int, seed: int) -> BenchHome:
    """Makes it in an empty folder."""
    settings = Settings(home=folder / "home", today=TODAY)
    Installation.create(settings.home, None, Clock.read(TODAY.isoformat())).engine.dispose()
    program = Program.open(settings)
    roll = draw_roll(invent_district(students, seed), seed, 0)
    roll.to_frame().to_csv(folder / "enrollment.csv", index=False)
    load_enrollment(program, folder / "enrollment.csv", date(2024, 9, 15))
    _register(program)
    rng = np.random.default_rng(seed)
    ids = tuple(child.record.student_id for child in roll.enrolled)
    model = _read_one_form(program, folder, roll.enrolled[0].record, ids, rng)
    for number in range(0, cases, _CASES_A_SUBMISSION):
        _add_cases(program, model, number, min(_CASES_A_SUBMISSION, cases - number), rng)
    names = tuple(f"person{number}" for number in range(people))
    for name in names:
        add_account(program, NewAccount(name, Role.LEAD, None, PASSWORD), "bench")
    program.installation.engine.dispose()
    return BenchHome(settings.home, names)


def _register(program: Program) -> None:
    from fixtures.build_forms import FORMS_FOLDER  # only benches and the demo know the fixtures

    blank = FORMS_FOLDER / "consent-2024-25-en.pdf"
    add_form(program, blank, "SPS-CONSENT-2024-25-EN", "2024-25", "en", date(2024, 5, 1), None)
    for partner_id in _PARTNERS:
        add_partner(program, partner_id, f"{partner_id.title()} Youth Partners", "", ())
        for kind in (AgreementKind.DSA, AgreementKind.TRAINING):
            record_agreement(program, partner_id, kind, "2024-25", AgreementStatus.ACTIVE, date(2024, 9, 1))


def _read_one_form(
    program: Program, folder: Path, child: EnrolledStudent, ids: tuple[str, ...], rng: np.random.Generator
) -> _Model:
    """Takes one form without a birth date through the whole job."""
    from fixtures.blank_forms import BlankForm
    from fixtures.build_forms import FORMS_FOLDER
    from fixtures.filling import Value, fill_form
    from fixtures.hands import Hand
    from fixtures.student_lists import StudentRow, write_student_list

    values: dict[str, Value] = {
        "partner": "Rainier Youth Partners",
        "student_first": child.first,
        "student_last": child.last,
        "student_id": child.student_id,
        "school": child.school,
        "records_attendance": True,
        "consent_yes": True,
        "parent_name": "Maria Example",
        "parent_signature": "Maria Example",
        "parent_date": "09/12/2024",
    }
    hand = Hand.pick(rng)
    page = fill_form(BlankForm.load(FORMS_FOLDER / "consent-2024-25-en.pdf"), values, hand, rng)
    Image.fromarray(page).save(folder / "form.png")
    row = StudentRow(
        last=child.last,
        first=child.first,
        birth_date=child.birth_date,
        school=child.school,
        student_id=child.student_id,
    )
    write_student_list(folder / "list.xlsx", [row])
    receive_submission(program, "rainier", [folder / "form.png"], folder / "list.xlsx", TODAY, "bench")
    run_workers(program, 1, True, lambda progress: None)
    pages = tuple(_keep_pages(program, page, rng))
    with program.installation.reading() as session:
        form = session.scalars(select(Form).where(Form.template_id.is_not(None))).one()
        return _Model(form, session.scalars(select(ListedStudent)).one(), ids, pages)


def _keep_pages(program: Program, page: np.ndarray, rng: np.random.Generator) -> Iterator[Sha256]:
    """The page, each time with other specks, so that each has to be drawn by itself."""
    clock = program.read_clock()
    for _ in range(PAGES):
        specked = page.copy()
        specked[rng.integers(0, page.shape[0], 400), rng.integers(0, page.shape[1], 400)] = 90
        stream = io.BytesIO()
        Image.fromarray(specked).save(stream, "PNG")
        digest = program.installation.documents.put(stream.getvalue())
        with program.installation.writing() as session:
            rows = describe_document(session, digest, "scan", stream.tell(), clock)
            record(session, clock, Entry(Event.SUBMISSION_RECEIVED, "bench", "bench", rows))
        yield digest


def _add_cases(program: Program, model: _Model, first: int, count: int, rng: np.random.Generator) -> None:
    """One submission with so many open cases, received between today and three weeks ago."""
    clock, name = program.read_clock(), f"sub-bench{first:06}"
    submission = Submission(
        submission_id=name,
        partner_id=_PARTNERS[(first // _CASES_A_SUBMISSION) % len(_PARTNERS)],
        basis="CONSENT",
        received_on=TODAY - timedelta(days=int(rng.integers(0, 22))),
        created_at=clock.now,
        needs_settling=False,
    )
    rows: list[Tracked] = [submission]
    for place in range(count):
        form = _copy_form(model, submission, first + place, place, rng)
        reasons = [Reason.ILLEGIBLE, Reason.LOW_PROBABILITY]
        case_id = f"case-{first + place:016x}"
        case = Case(case_id=case_id, form_id=form.form_id, reasons=reasons, opened_on=TODAY, state="open")
        listed = ListedStudent(
            row_id=f"{name}/{place}",
            submission_id=name,
            row_number=place,
            cells=model.row.cells,
            state=State.IN_REVIEW,
            reasons=reasons,
            form_id=form.form_id,
        )
        rows += [form, case, listed]
    with program.installation.writing() as session:
        record(session, clock, Entry(Event.SUBMISSION_SETTLED, name, "bench", rows))


def _copy_form(model: _Model, submission: Submission, number: int, place: int, rng: np.random.Generator) -> Form:
    copied = {column.key: getattr(model.form, column.key) for column in Form.__table__.columns if column.key != "salt"}
    chosen = [str(student_id) for student_id in rng.choice(model.ids, _CANDIDATES, replace=False)]
    copied |= {
        "form_id": f"form-{number:016x}",
        "submission_id": submission.submission_id,
        "partner_id": submission.partner_id,
        "position": place,
        "document_sha256": model.pages[number % PAGES],
        "state": State.IN_REVIEW,
        "row_number": place,
        "student_id": chosen[0],
        "match": _copy_match(model.form.match, chosen),
    }
    return Form(**copied)


def _copy_match(match: dict[str, JsonValue], chosen: list[str]) -> dict[str, JsonValue]:
    """The match of the form, its evidence under each of the chosen children, the first by far the most probable."""
    candidates = match["candidates"]
    best = candidates[0] if isinstance(candidates, list) else None
    evidence = best["evidence"] if isinstance(best, dict) else []
    shares = [0.99999, *[0.000002] * (len(chosen) - 1)]
    listed: list[JsonValue] = [
        {"student_id": student_id, "probability": share, "evidence": evidence}
        for student_id, share in zip(chosen, shares, strict=True)
    ]
    return {**match, "student_id": chosen[0], "probability": shares[0], "candidates": listed}
