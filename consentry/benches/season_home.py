"""The home of a season for benches: partners, enrollment, and wave after wave of submissions whose pages are plain ones.

What stands on a page is drawn from the seed: most forms are good; some lack signature, date or row, some name their child so
loosely that a person has to look; what went back unsigned comes again, signed, with its partner's next submission. Every
twentieth partner has no agreement, so that its forms wait to the end.
"""

from __future__ import annotations

import io
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from PIL import Image
from sqlalchemy import func, select

from access import CATEGORIES, AgreementKind, AgreementStatus
from consentry.benches.plain_workers import PlainWorkers
from consentry.errors import CommandError
from consentry.intake.loading_enrollment import load_enrollment
from consentry.intake.receiving import Incoming, IncomingPage, StoredFile, record_submission
from consentry.intake.registering import add_form, add_partner, record_agreement
from consentry.program import Program, make_home
from consentry.program_year.agreement_papers import StepNote
from consentry.settings import Settings
from fixtures.build_forms import FORMS_FOLDER
from fixtures.district import District, Student, make_district
from fixtures.plain_pages import draw_plain_page
from ingest.types import ListRow, MediaType, StudentList
from review_queue import State
from store.tables import Form, Submission

TODAY, YEAR = date(2024, 10, 1), "2024-25"
FORMS_OF_SUBMISSION = 10
_WITHOUT_AGREEMENT = 20
_BLANK = "consent-2024-25-en.pdf"
_UNSIGNED, _UNDATED, _LOOSE, _NO_ROW = 0.05, 0.03, 0.04, 0.02


@dataclass(frozen=True, slots=True)
class SeasonForm:
    """A form of a season: whose it is and what is wrong with it."""

    child: Student
    fault: str = ""


class SeasonHome:
    """A home that forms come to. The children of `make_district`, each at most once."""

    def __init__(self, folder: Path, database_url: str | None, partners: int, students: int, seed: int) -> None:
        settings = Settings(home=folder / "home", today=TODAY, database_url=database_url)
        make_home(settings)
        self.program = Program.open(settings)
        self._rng = random.Random(seed)  # noqa: S311 - sample data, never secrets
        children = make_district(students, seed)
        children.write_enrollment_csv(folder / "enrollment.csv")
        load_enrollment(self.program, folder / "enrollment.csv", date(2024, 9, 15))
        add_form(self.program, FORMS_FOLDER / _BLANK, "C", YEAR, "en", date(2024, 5, 1), None)
        self._partners = [f"p{number:03d}" for number in range(partners)]
        for number, partner_id in enumerate(self._partners):
            add_partner(self.program, partner_id, _name(partner_id), "", ())
            if number % _WITHOUT_AGREEMENT != _WITHOUT_AGREEMENT - 1:
                given = (partner_id, AgreementKind.DSA, YEAR, AgreementStatus.ACTIVE, date(2024, 9, 1))
                record_agreement(self.program, *given, StepNote("lead"))
        self._children = self._shuffle(children)
        self._to_come_again: dict[str, list[SeasonForm]] = defaultdict(list)
        self._sent = 0

    def send_wave(self, forms: int) -> int:
        """Takes in the next submissions, together at least so many new forms; returns how many forms came."""
        came = 0
        for _ in range(-(-forms // FORMS_OF_SUBMISSION)):
            partner_id = self._partners[self._sent % len(self._partners)]
            self._sent += 1
            again = self._to_come_again.pop(partner_id, [])
            chosen = [self._draw_form() for _ in range(FORMS_OF_SUBMISSION)]
            self._to_come_again[partner_id] = [replace(form, fault="") for form in chosen if form.fault == "unsigned"]
            self._send(partner_id, [*chosen, *again])
            came += len(chosen) + len(again)
        return came

    def count_forms(self) -> dict[str, int]:
        """Forms by state."""
        with self.program.installation.reading() as session:
            return {
                str(state): int(count)
                for state, count in session.execute(select(Form.state, func.count()).group_by(Form.state))
            }

    def is_done(self) -> bool:
        """Whether nothing is left for workers to do."""
        with self.program.installation.reading() as session:
            waiting = select(Form.form_id).where(Form.state.in_((State.RECEIVED, State.READ))).limit(1)
            unsettled = select(Submission.submission_id).where(Submission.needs_settling).limit(1)
            return session.scalar(waiting) is None and session.scalar(unsettled) is None

    def work_off(self, workers: PlainWorkers, pause: float = 0.1) -> None:
        """Waits until the workers have done all. `CommandError` if one ended before."""
        while not self.is_done():
            if not workers.all_run:
                raise CommandError("a worker of the bench ended before its work was done")
            time.sleep(pause)

    def _shuffle(self, children: District) -> list[Student]:
        shuffled = list(children)
        self._rng.shuffle(shuffled)
        return shuffled

    def _draw_form(self) -> SeasonForm:
        child, drawn = self._children.pop(), self._rng.random()
        for fault, share in (("unsigned", _UNSIGNED), ("undated", _UNDATED), ("loose", _LOOSE), ("no row", _NO_ROW)):
            if drawn < share:
                return SeasonForm(child, fault)
            drawn -= share
        return SeasonForm(child)

    def _send(self, partner_id: str, forms: Sequence[SeasonForm]) -> None:
        pages, rows = [], []
        for place, form in enumerate(forms):
            content = _draw(form, partner_id)
            digest = self.program.installation.documents.put(content)
            pages.append(IncomingPage(StoredFile(digest, "scan", len(content)), MediaType.PNG, f"{place}.png", 0))
            if form.fault != "no row":
                rows.append(_write_row(place + 2, form, partner_id))
        listed = f"{partner_id} {self._sent}".encode()
        list_document = StoredFile(self.program.installation.documents.put(listed), "list", len(listed))
        incoming = Incoming(tuple(pages), (), StudentList(tuple(rows)), list_document, "list.xlsx")
        record_submission(self.program, partner_id, incoming, TODAY, partner_id)


def _name(partner_id: str) -> str:
    return f"Community Partner {partner_id}"


def _draw(form: SeasonForm, partner_id: str) -> bytes:
    child = form.child
    values = {
        "partner": _name(partner_id),
        "student_first": f"{child.first[0]}." if form.fault == "loose" else child.first,
        "student_last": child.last,
        "student_id": "" if form.fault == "loose" else child.student_id,
        "birth_date": child.birth_date,
        "school": child.school,
        "grade": child.grade,
        "consent_yes": "x",
        "consent_no": "",
        "parent_name": child.guardian or f"Maria {child.last}",
        "parent_signature": "" if form.fault == "unsigned" else "x",
        "parent_date": "" if form.fault == "undated" else "2024-09-12",
        **{f"records_{name}": "x" for name in CATEGORIES},
    }
    packed = io.BytesIO()
    Image.fromarray(draw_plain_page(values)).save(packed, "PNG")
    return packed.getvalue()


def _write_row(number: int, form: SeasonForm, partner_id: str) -> ListRow:
    child, is_loose = form.child, form.fault == "loose"
    return ListRow(
        row_number=number,
        last_name=child.last,
        first_name=f"{child.first[0]}." if is_loose else child.first,
        birth_date=child.birth_date,
        birth_date_readings=(child.birth_date,),
        student_id="" if is_loose else child.student_id,
        school=child.school,
        grade=child.grade,
        school_year=YEAR,
        partner_name=_name(partner_id),
    )
