"""Settles a submission once its pages are read: pairs forms with rows, matches both, and gathers each form's facts.

Planning only reads; what it finds is one stored document, so that a decision can be traced to exactly what it rested on.
Recording it is `consentry.pipeline.recording`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import IS_LIST
from consentry.corrections import is_mended_by_a_row
from consentry.intake.enrolled_children import EnrolledChildren, EnrollmentCache
from consentry.intake.listed_rows import find_birth_dates, find_faults, load_rows, query_row
from consentry.logs import log_failure
from consentry.paper.paper_codes import PaperKey
from consentry.paper.printed_sheets import JudgedSheet, judge_sheet
from consentry.pipeline.joining_pages import ReadPage, join_pages
from consentry.pipeline.list_settling import plan_list
from consentry.pipeline.match_facts import gather_match_facts
from consentry.pipeline.paper_facts import gather_paper_facts, query_form
from consentry.pipeline.plans import AnsweredRow, FormPlan, JoinedForm, SettlementPlan, write_plan
from consentry.pipeline.reading_pages import JOINED_PAGE
from consentry.program import Program
from consentry.risk.policy import Rulebook
from consentry.waiting_forms import find_waiting
from matching import Pairing, Query, pair_rows
from ocr import FieldReading, FormReading
from review_queue import RowFacts, RowFit, State
from store.tables import Form, FormTemplate, ListedStudent, Partner, Submission

ROW_FITS = 0.95
ROW_MARGIN = 2.0
LEGIBLE = 0.7
FEWEST_CONTRADICTIONS = 2
"""One field that differs may be misread, however surely; two send a form back to the partner."""


@dataclass(frozen=True, slots=True)
class _ReadForm:
    form: Form
    template: FormTemplate
    sheet: JudgedSheet
    query: Query

    @property
    def reading(self) -> FormReading:
        """What to go on with: the printed values where the page agrees with them, else as it was read."""
        return self.sheet.reading


@dataclass(frozen=True, slots=True)
class _Known:
    """What every form of a submission is held against."""

    submission: Submission
    children: EnrolledChildren
    partners: Sequence[Partner]
    rulebook: Rulebook


@dataclass(frozen=True, slots=True)
class _Returned:
    """Rows that mean a form which had gone back: answered by it as it stands, or taking it up again."""

    answered: list[AnsweredRow] = field(default_factory=list)
    taken_up: list[FormPlan] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _ReturnedPair:
    """A returned form and the row that it goes with."""

    read: _ReadForm
    pairing: Pairing


class SettlementPlanner:
    """Plans settlements of one home; keeps the newest enrollment in memory."""

    def __init__(self, program: Program, enrollment: EnrollmentCache | None = None) -> None:
        self._program = program
        self._enrollment = enrollment or EnrollmentCache(program.installation)
        self._paper_key = PaperKey.load(program.installation.home)

    def plan(self, submission_id: str) -> str:
        """Plans one submission; returns the hash of the stored plan. A failure is logged by kind and passed on."""
        try:
            return self._plan(submission_id)
        except Exception as error:
            log_failure("settlement", submission_id, error)
            raise

    def _plan(self, submission_id: str) -> str:
        with self._program.installation.reading() as session:
            children = self._enrollment.find(session, self._program.read_clock().today)
            submission = session.get_one(Submission, submission_id)
            if submission.basis == IS_LIST:
                return plan_list(session, self._program, submission, children)
            forms, joined = self._load_forms(session, submission)
            rows = load_rows(session, submission_id)
            partners = session.scalars(select(Partner)).all()
        known = _Known(submission, children, partners, self._program.rulebook)
        plans = [_plan_form(read, paired, known) for read, paired in zip(forms, _pair(forms, rows), strict=True)]
        went_back = {read.form.form_id for read in forms if read.form.state == State.RETURNED}
        standing = {plan.row.row_number for plan in plans if plan.form_id not in went_back}
        unanswered = [row for row in rows if row.row_number not in standing]
        answered = self._find_answers(submission, unanswered) if unanswered else ()
        left = [row for row in unanswered if row.row_number not in {answer.row_number for answer in answered}]
        returned = self._find_returned(left, known) if left else _Returned()
        plan = SettlementPlan(
            submission_id,
            children.snapshot_id,
            tuple(plans),
            (*answered, *returned.answered),
            joined,
            tuple(returned.taken_up),
            submission.settlements,
        )
        return self._program.installation.documents.put(write_plan(plan))

    def _find_answers(self, submission: Submission, rows: Sequence[ListedStudent]) -> tuple[AnsweredRow, ...]:
        """Rows whose form came with another submission of the partner and is granted or in hand."""
        with self._program.installation.reading() as session:
            earlier = session.scalars(
                select(Form)
                .join(Submission, Submission.submission_id == Form.submission_id)
                .where(
                    Form.partner_id == submission.partner_id,
                    Form.submission_id != submission.submission_id,
                    Form.reading_sha256.is_not(None),
                    Form.state.in_((State.GRANTED, State.IN_REVIEW, State.HELD)),
                )
                .order_by(Form.form_id)
            ).all()
        queries = [query_form(self._read(form)) for form in earlier]
        found = pair_rows(queries, [query_row(row) for row in rows])
        return tuple(
            AnsweredRow(rows[pairing.row].row_number, earlier[pairing.form].form_id)
            for pairing in found
            if pairing.form is not None and pairing.row is not None and _fits(pairing)
        )

    def _find_returned(self, rows: Sequence[ListedStudent], known: _Known) -> _Returned:
        """Rows whose form went back: one that went back for its row alone is planned anew with the row that is there now."""
        found, left = _Returned(), list(rows)
        with self._program.installation.reading() as session:
            waiting = find_waiting(session, known.submission)
            copies = {(form.document_sha256, form.page_index): form for form in waiting}
            forms = list(copies.values())  # of the same page sent twice one is enough: two would vie for the row
            mended = [form for form in forms if is_mended_by_a_row(session, form)]
            for pair in self._pair_returned(session, mended, left, known.submission):
                paired = _describe_row(pair.pairing, left, pair.read)
                found.taken_up.append(_plan_form(pair.read, paired, known))
            taken = {plan.row.row_number for plan in found.taken_up}
            left = [row for row in rows if row.row_number not in taken]
            others = [form for form in forms if form not in mended]
            for pair in self._pair_returned(session, others, left, known.submission):
                assert pair.pairing.row is not None  # noqa: S101 - pairs alone come
                found.answered.append(AnsweredRow(left[pair.pairing.row].row_number, pair.read.form.form_id))
        return found

    def _pair_returned(
        self, session: Session, forms: Sequence[Form], rows: Sequence[ListedStudent], submission: Submission
    ) -> list[_ReturnedPair]:
        """The forms that surely go with a row, and how."""
        reads = [self._open_form(session, form, self._read(form), submission) for form in forms]
        found = pair_rows([read.query for read in reads], [query_row(row) for row in rows])
        return [
            _ReturnedPair(reads[pairing.form], pairing)
            for pairing in found
            if pairing.form is not None and pairing.row is not None and _fits(pairing)
        ]

    def _read(self, form: Form) -> FormReading:
        assert form.reading_sha256 is not None  # noqa: S101 - asked of forms that were read
        return FormReading.from_bytes(self._program.installation.documents.get(form.reading_sha256))

    def _load_forms(self, session: Session, submission: Submission) -> tuple[list[_ReadForm], tuple[JoinedForm, ...]]:
        """The forms of a submission, pages joined, and which of them were joined or lack pages."""
        read = select(Form).where(
            Form.submission_id == submission.submission_id,
            Form.reading_sha256.is_not(None),
            Form.page_kind != JOINED_PAGE,
        )
        rows = {row.form_id: row for row in session.scalars(read.order_by(Form.position, Form.form_id))}
        pages = [
            ReadPage(row.form_id, str(row.template_id), row.document_sha256, self._read(row)) for row in rows.values()
        ]
        found: list[_ReadForm] = []
        joined: list[JoinedForm] = []
        for form in join_pages(pages):
            reading = form.pages[0].reading
            if reading.elsewhere:
                reading = form.merge()
                digest = self._program.installation.documents.put(reading.to_bytes())
                joined.append(JoinedForm(form.form_id, digest, tuple(page.form_id for page in form.pages[1:])))
            found.append(self._open_form(session, rows[form.form_id], reading, submission))
        return found, tuple(joined)

    def _open_form(self, session: Session, row: Form, reading: FormReading, submission: Submission) -> _ReadForm:
        template = session.get_one(FormTemplate, row.template_id)
        sheet = judge_sheet(session, self._paper_key, reading, template, submission)
        return _ReadForm(row, template, sheet, query_form(sheet.reading))


@dataclass(frozen=True, slots=True)
class _PairedRow:
    row: ListedStudent | None
    facts: RowFacts


def _plan_form(read: _ReadForm, paired: _PairedRow, known: _Known) -> FormPlan:
    partner_id, matcher = known.submission.partner_id, known.children.matcher
    paper = gather_paper_facts(read.reading, read.template, partner_id, known.partners, known.rulebook)
    found = matcher.match_witnesses(read.query, {} if paired.row is None else query_row(paired.row))
    match = gather_match_facts(found.joint, found.form, found.row, known.children)
    facts = replace(paper, sheet=read.sheet.fit)
    return FormPlan(read.form.form_id, facts, paired.facts, match, tuple(found.joint), read.sheet.sheet_id)


def _fits(pairing: Pairing) -> bool:
    """Whether a row is surely of a form, and nothing in it differs."""
    return pairing.probability >= ROW_FITS and not pairing.contradictions


def _pair(forms: Sequence[_ReadForm], rows: Sequence[ListedStudent]) -> list[_PairedRow]:
    queries = [query_row(row) for row in rows]
    found = pair_rows([read.query for read in forms], queries)
    paired = []
    for number, read in enumerate(forms):
        pairing = found[number]
        if rows and (pairing.row is None or pairing.margin < ROW_MARGIN):
            # A copy of a form vies with the first for its row: alone with the list, it shows which row it means.
            pairing = pair_rows([read.query], queries)[0]
        paired.append(_describe_row(pairing, rows, read))
    return paired


def _describe_row(pairing: Pairing, rows: Sequence[ListedStudent], read: _ReadForm) -> _PairedRow:
    if pairing.row is None:
        return _PairedRow(None, RowFacts(RowFit.NONE))
    row = rows[pairing.row]
    contradictions = tuple(name for name in pairing.contradictions if _is_legible(read.reading.fields.get(name)))
    if len(contradictions) >= FEWEST_CONTRADICTIONS:
        fit = RowFit.CONTRADICTED
    elif contradictions or pairing.probability < ROW_FITS or pairing.margin < ROW_MARGIN or _is_of_other_row(read, row):
        fit = RowFit.UNSURE
    else:
        fit = RowFit.PAIRED
    births = find_birth_dates(row)
    facts = RowFacts(
        fit=fit,
        row_number=row.row_number,
        contradictions=contradictions,
        faults=find_faults(row),
        birth_date=births[0] if births else None,
    )
    return _PairedRow(row, facts)


def _is_of_other_row(read: _ReadForm, row: ListedStudent) -> bool:
    """Whether the page is the sheet that was printed for another row of the very list."""
    return read.sheet.row_number is not None and read.sheet.row_number != row.row_number


def _is_legible(field: FieldReading | None) -> bool:
    """Whether a field is read surely enough to send a form back for it: a poor reading contradicts nobody."""
    return field is not None and field.confidence >= LEGIBLE
