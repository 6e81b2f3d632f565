"""Reads one page of a form: drawn in the cell, registered to a template, its fields read. One document in, one out.

Nothing here knows a student. What comes out is stored as a document and named by its hash; recording it is a transaction of
its own. A page that breaks its worker three times is parked for a person.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import ocr
from consentry.desk.shown_fields import ShownField, ShownSignature, show_fields, show_signature
from consentry.logs import log_failure
from consentry.pipeline.rulings import RULES_ACTOR, apply_ruling
from consentry.program import Program
from consentry.telling.releasing import rule_parked
from ingest import Cell, draw_page
from ingest.types import MediaType, PageImage, Refusal
from ocr import FormReading, Template
from ocr.types import PageKind
from review_queue import Disposition, Finding, Reason, Ruling, State, rule_on_page
from store import Clock, Entry, Event, JsonValue, describe_document, record
from store.ids import Sha256, derive_id
from store.tables import Decision, Document, Form, FormTemplate, Submission, Tracked
from store.worker_slots import count_attempt

SET_ASIDE = "set_aside"
"""The state of a page that holds no form: a blank back, a cover sheet. It is kept, and waits for nobody."""

FORM_PAGE = "form"
PAGE_WITHOUT_FIELDS = "no fields"
"""A page of a known blank on which nothing is filled in: instructions. It may be missing."""

JOINED_PAGE = "joined"
"""A page whose fields stand in the form that another of its pages stands for."""

JOINED_TO = "joined_to"
"""Key of a joined page's `match`: the form that its fields stand in."""

_MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class PageRecord:
    """What reading a page brought. `page_kind`: "form", a kind of other page, "refused" or "parked". `further`: what else lies
    in the same picture; each becomes a form of its own.
    """

    page_kind: str
    template_id: str | None = None
    reading_sha256: str | None = None
    fields: dict[str, ShownField] | None = None
    signature: ShownSignature | None = None
    printed_text: str = ""
    refusal_words: str = ""
    further: tuple[PageRecord, ...] = ()


_RECORD_JSON = TypeAdapter(PageRecord)


class PageReader:
    """Reads pages of one home; keeps the templates in memory."""

    def __init__(self, program: Program, cell: Cell) -> None:
        self._program = program
        self._cell = cell
        self._load_template = functools.cache(self._read_template)

    def read(self, form_id: str) -> str:
        """Reads the page of a form; returns the hash of the stored `PageRecord`. Trouble with the page is a result."""
        if count_attempt(self._program.installation.sessions, form_id) > _MOST_ATTEMPTS:
            return self._store(PageRecord("parked"))
        with self._program.installation.reading() as session:
            form = session.get_one(Form, form_id)
            templates = list(session.scalars(select(FormTemplate.template_id).order_by(FormTemplate.template_id)))
        try:
            return self._store(self._read_form(form, templates))
        except (OSError, SQLAlchemyError, MemoryError):
            raise  # the machine's trouble, not the page's: the worker ends and the page is taken up again
        except Exception as error:
            log_failure("page", form_id, error)
            return self._store(PageRecord("parked"))

    def _read_form(self, form: Form, templates: list[str]) -> PageRecord:
        content = self._program.installation.documents.get(form.document_sha256)
        page = draw_page(content, MediaType(form.media_type), form.page_index, self._cell, self._program.limits)
        if isinstance(page, Refusal):
            return PageRecord("refused", refusal_words=page.words)
        return self._read_drawn(page, {name: self._load_template(name) for name in templates})

    def _read_drawn(self, page: PageImage, templates: dict[str, Template]) -> PageRecord:
        readings = ocr.read_forms(page.pixels, list(templates.values()))
        if not readings:
            return PageRecord(ocr.classify_page(page.pixels), printed_text=ocr.read_printed_page(page.pixels))
        if len(readings) == 1:
            readings = [readings[0].with_typed_fields(page.typed_fields)]
        records = [self._keep_reading(reading, templates) for reading in readings]
        if ocr.lies_something_beside(page.pixels, [reading.corners for reading in readings]):
            records.append(PageRecord(PageKind.UNREADABLE, printed_text=ocr.read_printed_page(page.pixels)))
        return replace(records[0], further=tuple(records[1:]))

    def _keep_reading(self, reading: FormReading, templates: dict[str, Template]) -> PageRecord:
        if not reading.fields:
            return PageRecord(PAGE_WITHOUT_FIELDS)
        name = next(name for name, template in templates.items() if template.identity == reading.template_identity)
        digest = self._program.installation.documents.put(reading.to_bytes())
        return PageRecord(FORM_PAGE, name, digest, show_fields(reading), show_signature(reading))

    def _read_template(self, template_id: str) -> Template:
        with self._program.installation.reading() as session:
            row = session.get_one(FormTemplate, template_id)
        return Template.from_bytes(self._program.installation.documents.get(row.model_sha256))

    def _store(self, page_record: PageRecord) -> str:
        return self._program.installation.documents.put(_RECORD_JSON.dump_json(page_record))


def read_printed_text(session: Session, program: Program, form: Form) -> str:
    """The printed words of a page that no template fits, for a reviewer's eyes; "" for a form."""
    if form.template_id is not None:
        return ""
    decisions = session.scalars(select(Decision).where(Decision.form_id == form.form_id))
    kept = next((decision.seen["page record"] for decision in decisions if "page record" in decision.seen), None)
    if kept is None:
        return ""
    page_record = _RECORD_JSON.validate_json(program.installation.documents.get(str(kept)))
    return next((part.printed_text for part in (page_record, *page_record.further) if part.printed_text), "")


def record_reading(session: Session, program: Program, form_id: str, record_sha256: str) -> None:
    """Writes what reading a page brought. The session holds the ledger's lock."""
    content = program.installation.documents.get(record_sha256)
    page_record, clock = _RECORD_JSON.validate_json(content), program.read_clock()
    form = session.get_one(Form, form_id)
    if form.state != State.RECEIVED:
        return
    documents = describe_document(session, Sha256(record_sha256), "page record", len(content), clock)
    written: list[Tracked] = []
    forms = [form, *(_make_further_form(form, number) for number in range(2, len(page_record.further) + 2))]
    for each, part in zip(forms, (page_record, *page_record.further), strict=True):
        documents += _describe_reading(session, program, part, clock)
        written += _put_on_form(each, part, program, record_sha256)
    submission = session.get_one(Submission, form.submission_id)
    submission.needs_settling = True
    facts: dict[str, JsonValue] = {"kind": page_record.page_kind, "forms": len(forms)}
    record(session, clock, Entry(Event.FORM_READ, form_id, RULES_ACTOR, [*documents, *written, submission], facts))


def _make_further_form(form: Form, number: int) -> Form:
    """The row of another form in the picture of `form`: the `number`-th there."""
    content = (form.submission_id, form.document_sha256, str(form.page_index))
    return Form(
        form_id=derive_id("form", *content, str(number)),
        submission_id=form.submission_id,
        partner_id=form.partner_id,
        position=form.position,
        document_sha256=form.document_sha256,
        media_type=form.media_type,
        file_name=form.file_name,
        page_index=form.page_index,
        state=State.RECEIVED,
        reasons=[],
        fields={},
        signature={},
        match={},
        findings=[],
        page_kind="",
    )


def _describe_reading(session: Session, program: Program, part: PageRecord, clock: Clock) -> list[Document]:
    if part.reading_sha256 is None:
        return []
    size = len(program.installation.documents.get(Sha256(part.reading_sha256)))
    return describe_document(session, Sha256(part.reading_sha256), "reading", size, clock)


def _put_on_form(form: Form, part: PageRecord, program: Program, record_sha256: str) -> list[Tracked]:
    form.page_kind = part.page_kind
    if part.page_kind != FORM_PAGE or part.reading_sha256 is None:
        return _rule_other_page(form, part, program, record_sha256)
    form.state = State.READ
    form.template_id, form.reading_sha256 = part.template_id, part.reading_sha256
    form.fields = {name: field.as_json() for name, field in (part.fields or {}).items()}
    form.signature = part.signature.as_json() if part.signature else {}
    return [form]


def _rule_other_page(form: Form, page_record: PageRecord, program: Program, record_sha256: str) -> list[Tracked]:
    if page_record.page_kind in (PageKind.BLANK, PageKind.COVER_SHEET, PAGE_WITHOUT_FIELDS):
        form.state = SET_ASIDE
        return [form]
    if page_record.page_kind == "refused":
        finding = Finding(Reason.BAD_FILE, Disposition.RETURN, page_record.refusal_words)
        ruling = Ruling(State.RETURNED, (Reason.BAD_FILE,), (finding,))
    elif page_record.page_kind == "parked":
        ruling = rule_parked()
    else:
        ruling = rule_on_page(PageKind(page_record.page_kind))
    clock = program.read_clock()
    _, written = apply_ruling(form, ruling, clock, program.rulebook.find_rule_set(None), {"page record": record_sha256})
    return written
