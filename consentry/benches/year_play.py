"""Plays a scripted year day by day with the program's own functions; only the reading of pixels is replaced by its record.

Each day: what the script has for it happens, what came in is read (a recorded reading a form), held forms are released, what is
due is settled, and people decide the cases, each within its gates. Nothing of what the program decides is computed here.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import select

from access import AgreementKind, AgreementStatus
from consentry.benches.year_paper import find_18th_birthday, list_steps, make_reading, make_row, move_student
from consentry.benches.year_script import (
    LABEL,
    LAST_DAY,
    SNAPSHOTS,
    Fault,
    FormScript,
    ListScript,
    PartnerScript,
    SubmissionScript,
    YearScript,
)
from consentry.desk.deciding import Terms, decide_case, describe_seen
from consentry.desk.shown_fields import show_fields, show_signature
from consentry.errors import CommandError
from consentry.intake.enrolled_children import EnrollmentCache
from consentry.intake.list_receiving import ListOffer, receive_right_list
from consentry.intake.loading_enrollment import load_enrollment
from consentry.intake.receiving import Incoming, IncomingPage, StoredFile, record_submission
from consentry.intake.registering import record_agreement
from consentry.pipeline.list_recording import confirm_term
from consentry.pipeline.reading_pages import FORM_PAGE, PageRecord, record_reading
from consentry.pipeline.recording import record_settlement
from consentry.pipeline.settling import SettlementPlanner
from consentry.program import Program
from consentry.program_year.agreement_papers import StepNote
from consentry.program_year.agreement_reviews import Verdict, give_verdict
from consentry.program_year.named_people import NamedStep, record_person
from consentry.telling.releasing import release_held_forms
from consentry.withdrawing import revoke_access
from fixtures.district import District, Student
from fixtures.student_lists import StudentRow, write_student_list
from ingest.types import MediaType, StudentList
from review_queue import State
from store.ids import derive_id
from store.tables import Case, Form, FormTemplate, Grant, Submission

_RECORD_JSON = TypeAdapter(PageRecord)
_STAFF = ("ana", "bo")
_LEADS = frozenset({"bo"})


@dataclass(slots=True)
class Played:
    """What was seen of the year so far."""

    form_of: dict[str, FormScript] = field(default_factory=dict)
    list_of_row: dict[str, tuple[ListScript, Student | None]] = field(default_factory=dict)
    settled_lists: dict[int, date] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    grant_of_form: dict[str, Grant] = field(default_factory=dict)
    by_partner: dict[str, list[Grant]] = field(default_factory=lambda: defaultdict(list))
    revoked: dict[tuple[str, str], date] = field(default_factory=dict)
    refused_decisions: Counter[str] = field(default_factory=Counter)
    decided_by_people: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))


class Player:
    """Plays one year in one home."""

    def __init__(self, program: Program, script: YearScript, folder: Path) -> None:
        self.script, self.played = script, Played()
        self._program, self._folder = program, folder
        self.enrollment = EnrollmentCache(program.installation)
        self._names = {partner.partner_id: partner.name for partner in script.partners}
        self._to_revoke: dict[date, list[str]] = defaultdict(list)
        self._by_day: dict[date, list[SubmissionScript]] = defaultdict(list)
        for submission in script.submissions:
            self._by_day[submission.on].append(submission)
        with program.installation.reading() as session:
            self._templates = {row.school_year: row for row in session.scalars(select(FormTemplate))}

    def on(self, day: date) -> Program:
        """The program on a day."""
        settings = self._program.settings.model_copy(update={"today": day})
        return Program(settings, self._program.installation, self._program.policies, self._program.limits)

    def play(self, day: date) -> set[str]:
        """Plays a day; returns the partners to whom something happened."""
        program, touched = self.on(day), set[str]()
        if day in SNAPSHOTS:
            with self._timed("enrollment"):
                self._load_enrollment(program, day)
        with self._timed("agreements"):
            for partner in self.script.partners:
                if self._play_partner(program, partner, day):
                    touched.add(partner.partner_id)
        for submission in self._by_day.get(day, ()):
            with self._timed("receiving and recorded readings"):
                self._send(program, submission)
            touched.add(submission.partner_id)
        with self._timed("right-to-view lists"):
            for number, listed in enumerate(self.script.lists):
                if self._play_list(program, number, listed, day):
                    touched.add(listed.partner_id)
        with self._timed("releasing"):
            release_held_forms(program)
        with self._timed("settling"):
            self._settle(program)
        with self._timed("people's decisions"):
            self._decide(program)
        with self._timed("revocations"):
            touched |= self._revoke(program, day)
        return touched | self._note_grants(day)

    def _load_enrollment(self, program: Program, day: date) -> None:
        file = self._folder / f"enrollment-{day.isoformat()}.csv"
        enrolled = []
        for student in self.script.students:
            school = self.script.find_school(student, day)
            if school is not None:
                enrolled.append(student if school == student.school else move_student(student, school))
        District(enrolled).write_enrollment_csv(file)
        load_enrollment(program, file, day)

    def _play_partner(self, program: Program, partner: PartnerScript, day: date) -> bool:
        steps = list(list_steps(partner, day))
        for step in steps:
            if step.status is AgreementStatus.ACTIVE:
                self._review(program, partner, step.kind, step.school_year)
            note = StepNote("lea")
            record_agreement(program, partner.partner_id, step.kind, step.school_year, step.status, day, note)
        if day in (partner.named.first, partner.named.last) and day < LAST_DAY:
            status = AgreementStatus.ACTIVE if day == partner.named.first else AgreementStatus.ENDED
            address = f"pat@{partner.partner_id}.example"
            record_person(
                program, NamedStep(partner.partner_id, address, LABEL, status, day, "Pat Partner"), StepNote("lea")
            )
            return True
        return bool(steps)

    def _review(self, program: Program, partner: PartnerScript, kind: AgreementKind, year: str) -> None:
        """All departments approve."""
        departments = program.rulebook.find_year_rules(year).find_departments(kind)
        for name in departments:
            try:
                give_verdict(program, partner.partner_id, kind, year, name, Verdict.APPROVE, StepNote("lea"))
            except CommandError:
                return  # it was active before, and comes back without a new review

    def _send(self, program: Program, submission: SubmissionScript) -> None:
        name = self._names[submission.partner_id]
        scan = f"{submission.partner_id} {submission.on} {len(self.played.form_of)}".encode()
        stored = StoredFile(program.installation.documents.put(scan), "scan", len(scan))
        pages = [IncomingPage(stored, MediaType.PDF, "scan.pdf", place) for place, _ in enumerate(submission.forms)]
        rows = [row for place, form in enumerate(submission.forms, 2) if (row := make_row(place, form, name))]
        listed = StoredFile(program.installation.documents.put(scan + b" list"), "list", len(scan))
        incoming = Incoming(tuple(pages), (), StudentList(tuple(rows)), listed, "list.xlsx")
        receipt = record_submission(program, submission.partner_id, incoming, submission.on, submission.partner_id)
        for place, form in enumerate(submission.forms):
            form_id = derive_id("form", receipt.submission_id, stored.sha256, str(place))
            self.played.form_of[form_id] = form
            if form.revoked_on is not None:
                self._to_revoke[form.revoked_on].append(form_id)
        self._read(program)

    def _read(self, program: Program) -> None:
        """Gives every received form of the script its recorded reading."""
        with program.installation.reading() as session:
            waiting = session.execute(select(Form.form_id, Form.partner_id).where(Form.state == State.RECEIVED)).all()
        kept = []
        for form_id, partner_id in waiting:
            form = self.played.form_of[form_id]
            template = self._templates["2023-24" if form.fault is Fault.OLD_BLANK else LABEL]
            reading = make_reading(form, self._names[partner_id], template)
            sha256 = program.installation.documents.put(reading.to_bytes())
            page = PageRecord(FORM_PAGE, template.template_id, sha256, show_fields(reading), show_signature(reading))
            kept.append((form_id, program.installation.documents.put(_RECORD_JSON.dump_json(page))))
        if kept:
            with program.installation.writing() as session:
                for form_id, sha256 in kept:
                    record_reading(session, program, form_id, sha256)

    def _play_list(self, program: Program, number: int, listed: ListScript, day: date) -> bool:
        if day == listed.confirmed_on and number in self.played.settled_lists:
            try:
                confirm_term(program, listed.partner_id, LABEL, listed.submitted_by, listed.school)
            except CommandError as error:
                self.played.refused_decisions[f"confirmation: {error}"] += 1
        if day == listed.on:
            file = self._folder / f"list-{number}.xlsx"
            students = [*listed.own, *listed.of_others, self.script.strangers[number % len(self.script.strangers)]]
            rows = [
                StudentRow(each.last, each.first, each.birth_date, listed.school, student_id=each.student_id)
                for each in students
            ]
            write_student_list(file, rows)
            receipt = receive_right_list(program, ListOffer(listed.partner_id, file, listed.submitted_by))
            self.played.settled_lists[number] = day
            with program.installation.reading() as session:
                forms = session.scalars(select(Form).where(Form.submission_id == receipt.submission_id)).all()
            for form in forms:
                student = students[(form.row_number or 2) - 2]
                self.played.list_of_row[form.form_id] = (listed, student if student in listed.own else None)
            return True
        return day == listed.confirmed_on

    def _settle(self, program: Program) -> None:
        self._read(program)  # held forms that were released unread
        with program.installation.reading() as session:
            unread = select(Form.submission_id).where(Form.state == State.RECEIVED)
            due = select(Submission.submission_id).where(
                Submission.needs_settling, Submission.submission_id.not_in(unread)
            )
            waiting = list(session.scalars(due.order_by(Submission.created_at)))
        planner = SettlementPlanner(program, self.enrollment)
        for submission_id in waiting:
            plan = planner.plan(submission_id)
            with program.installation.writing() as session:
                record_settlement(session, program, submission_id, plan)

    def _decide(self, program: Program) -> None:
        """Two people look at every open case and know the truth of the paper: what they may not do is refused to them."""
        with program.installation.reading() as session:
            open_cases = select(Case.case_id, Form).join(Form, Form.form_id == Case.form_id).where(Case.state == "open")
            cases = session.execute(open_cases).all()
        for case_id, form in cases:
            terms = Terms(describe_seen(form), self.enrollment, _LEADS)
            student = self.find_true_student(form.form_id, program.read_clock().today)
            action = "accept" if student else "return"
            chosen = student.student_id if student else None
            try:
                for user in _STAFF:
                    outcome = decide_case(program, case_id, action, chosen, "CANNOT_CONFIRM: seen by eye", user, terms)
                    if not outcome.second_person_needed:
                        break
                self.played.decided_by_people += 1
            except CommandError as error:
                self.played.refused_decisions[str(error)] += 1

    def find_true_student(self, form_id: str, day: date) -> Student | None:
        """Whom a person who has the paper before them accepts; None for what has to go back."""
        if form_id in self.played.list_of_row:
            listed, own = self.played.list_of_row[form_id]
            return own if own is not None and self.script.find_school(own, day) == listed.school else None
        form = self.played.form_of[form_id]
        is_good = form.fault in (Fault.NONE, Fault.UNSURE_SIGNATURE) and find_18th_birthday(form.student) > day
        return form.student if is_good and self.script.find_school(form.student, day) is not None else None

    def grants_of(self, partner_id: str) -> list[Grant]:
        """The grants of a partner so far."""
        return self.played.by_partner[partner_id]

    def stands(self, listed: ListScript, day: date) -> bool:
        """Whether a list of that school for that partner stands on a day."""
        same = (
            (other, since)
            for number, since in self.played.settled_lists.items()
            if (other := self.script.lists[number]).school == listed.school and other.partner_id == listed.partner_id
        )
        return any(other.stands_on(day, since) for other, since in same)

    def _revoke(self, program: Program, day: date) -> set[str]:
        touched = set()
        for form_id in self._to_revoke.get(day, ()):
            grant = self.played.grant_of_form.get(form_id)
            if grant is not None:
                revoke_access(program, grant.student_id, grant.partner_id, day, "the family asked", "ana")
                self.played.revoked[grant.partner_id, grant.student_id] = day
                touched.add(grant.partner_id)
        return touched

    def _note_grants(self, day: date) -> set[str]:
        with self._program.installation.reading() as session:
            fresh = session.scalars(select(Grant).where(Grant.from_date == day)).all()
        self.played.grants.update((grant.grant_id, grant) for grant in fresh)
        self.played.grant_of_form.update((str(grant.form_id), grant) for grant in fresh)
        for grant in fresh:
            self.played.by_partner[grant.partner_id].append(grant)
        return {grant.partner_id for grant in fresh}

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        begun = time.process_time()
        yield
        self.played.seconds[what] += time.process_time() - begun
