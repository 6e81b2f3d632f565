"""Partners, their agreements, and blank forms: what has to be known before anything is taken in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select

from access import CATEGORIES, AgreementKind, AgreementStatus
from consentry.accounts import list_open_accounts
from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from consentry.program_year.agreement_papers import StepNote, describe_note
from consentry.program_year.agreement_reviews import refuse_unfinished_review
from consentry.program_year.named_people import name_by_accounts
from consentry.program_year.year_versions import ensure_year
from ocr import Template, TemplateError, locate_field_map
from store import Entry, Event, JsonValue, describe_document, record
from store.ids import Sha256, derive_id
from store.tables import Agreement, FormTemplate, Partner

_ACTOR = "program"
_SAME_PLACE = 1.0


@dataclass(frozen=True, slots=True)
class BlankPrint:
    """What somebody says that a blank's print does where it has no box: signing it is consenting; which records it releases."""

    signing_is_consent: bool = False
    records: tuple[str, ...] = ()


def add_partner(
    program: Program, partner_id: str, name: str, purpose: str, categories: Sequence[str], user: str = _ACTOR
) -> Partner:
    """Adds a partner; without categories its agreement covers all four. `CommandError` for an id that is taken."""
    chosen = _choose_categories(categories) or list(CATEGORIES)
    if not partner_id.strip() or not name.strip():
        raise CommandError("a partner needs a name and an id")
    clock = program.read_clock()
    with program.installation.writing() as session:
        if session.get(Partner, partner_id) is not None:
            raise CommandError(f"partner {partner_id} is there already")
        partner = Partner(partner_id=partner_id, name=name, purpose=purpose, categories=chosen)
        record(session, clock, Entry(Event.PARTNER_ADDED, partner_id, user, [partner]))
    return partner


def record_agreement(
    program: Program,
    partner_id: str,
    kind: AgreementKind,
    school_year: str,
    status: AgreementStatus,
    on_date: date,
    note: StepNote | None = None,
) -> Agreement:
    """Notes that an agreement reached a status on a day; it holds until its next step. `CommandError`: no such partner, or it
    is to become active while a review that was begun isn't over.
    """
    year = program.rulebook.find_school_year(school_year)
    clock = program.read_clock()
    with program.installation.writing() as session:
        find_partner(session, partner_id)
        ensure_year(session, program.installation, year, clock)
        step = Agreement(
            agreement_id=derive_id("agr", partner_id, kind, school_year, status, str(on_date), clock.now.isoformat()),
            partner_id=partner_id,
            kind=kind,
            school_year=school_year,
            status=status,
            on_date=on_date,
            recorded_at=clock.now,
            recorded_on=clock.today,
        )
        if status is AgreementStatus.ACTIVE:
            refuse_unfinished_review(session, program, partner_id, kind, school_year)
        facts: dict[str, JsonValue] = {"kind": kind, "school_year": school_year, "status": status, "on": str(on_date)}
        rows = [step, *(describe_note(session, program, step, note, clock) if note else ())]
        actor = note.actor if note else _ACTOR
        record(session, clock, Entry(Event.AGREEMENT_RECORDED, step.agreement_id, actor, rows, facts))
        if kind is AgreementKind.NUA and status is AgreementStatus.ACTIVE:
            accounts = [account.name for account in list_open_accounts(session, partner_id)]
            name_by_accounts(session, clock, partner_id, school_year, accounts, on_date, actor)
    return step


def add_form(
    program: Program,
    blank: Path,
    code: str,
    school_year: str,
    language: str,
    published: date,
    partner_id: str | None,
    printed: BlankPrint = BlankPrint(),
) -> FormTemplate:
    """Learns a blank form, its fields from the field map beside it or from its form fields. `CommandError`: no file, no form to
    learn from, another blank, or the same with other fields, under that code and language, or records that it has boxes for.

    A blank without a box for consent: its signature counts as consent only where somebody said so, in the field map or by
    `printed`; else each of its forms goes before a person. A box that is there and wasn't found may say "no". So it is with a
    blank without boxes for records: what its print releases is what somebody said, and nothing until then.
    """
    records = _choose_categories(printed.records) or None
    year = program.rulebook.find_school_year(school_year)
    if not blank.is_file():
        raise CommandError(f"no such file: {blank}")
    try:
        template = Template.from_pdf(blank, code, school_year, language)
    except TemplateError as error:
        raise CommandError(f"cannot learn the form: {error}") from None
    documents = program.installation.documents
    pdf, model = blank.read_bytes(), template.to_bytes()
    blank_sha256, model_sha256 = documents.put(pdf), documents.put(model)
    beside = locate_field_map(blank)
    mapped = beside.read_bytes() if beside.is_file() else None
    map_sha256 = documents.put(mapped) if mapped is not None else None
    names = {name for page in template.pages for name in page.boxes}
    signing_consents = "consent_yes" not in names and (printed.signing_is_consent or mapped is not None)
    if records and _has_record_boxes(names):
        raise CommandError("it has boxes for records, and what a family ticks there counts: leave --records out")
    clock = program.read_clock()
    template_id = derive_id("tpl", code, school_year, language)
    with program.installation.writing() as session:
        if partner_id is not None:
            find_partner(session, partner_id)
        ensure_year(session, program.installation, year, clock)
        known = session.get(FormTemplate, template_id)
        if known is not None and known.blank_sha256 != blank_sha256:
            raise CommandError(
                f"another blank is known as {code} {school_year} {language}: give this one a code of its own"
            )
        if known is not None and not _has_same_fields(documents.get(Sha256(known.model_sha256)), template):
            raise CommandError(
                f"{code} {school_year} {language} is known with other fields: give this one a code of its own"
            )
        row = known or FormTemplate(
            template_id=template_id,
            code=code,
            school_year=school_year,
            language=language,
            published=published,
            partner_id=partner_id,
            signing_consents=signing_consents,
            printed_records=records,
            blank_sha256=blank_sha256,
            model_sha256=model_sha256,
            added_at=clock.now,
        )
        if known is None:
            rows = [
                *describe_document(session, blank_sha256, "blank", len(pdf), clock),
                *describe_document(session, model_sha256, "template", len(model), clock),
                row,
            ]
            facts = _say_print(row)
            if mapped is not None and map_sha256 is not None:
                rows = [*describe_document(session, map_sha256, "field map", len(mapped), clock), *rows]
                facts["field_map"] = map_sha256
            record(session, clock, Entry(Event.TEMPLATE_LEARNED, template_id, _ACTOR, rows, facts))
        elif (signing_consents and not row.signing_consents) or (records and records != row.printed_records):
            row.signing_consents = row.signing_consents or signing_consents
            row.printed_records = records or row.printed_records
            record(session, clock, Entry(Event.TEMPLATE_LEARNED, template_id, _ACTOR, [row], _say_print(row)))
    return row


def find_cautions(program: Program, row: FormTemplate) -> list[str]:
    """What a blank's missing boxes mean for its forms, in sentences: nobody is to be surprised by it."""
    model = Template.from_bytes(program.installation.documents.get(Sha256(row.model_sha256)))
    names = {name for page in model.pages for name in page.boxes}
    said = []
    if "consent_yes" not in names:
        said.append(
            "it has no box for 'I consent': its signature counts as consent"
            if row.signing_consents
            else "it has no box for 'I consent', so each of its forms goes before a person; if its print says that signing is "
            "consenting, add it again with --signing-is-consent"
        )
    if not _has_record_boxes(names):
        said.append(
            f"it has no boxes for records: each of its forms releases {', '.join(row.printed_records)}"
            if row.printed_records
            else "it has no boxes for records, so each of its forms goes before a person and releases nothing; say which its "
            "print names: add it again with --records"
        )
    missing = [name for name in ("parent_signature", "parent_date") if name not in names]
    if missing:
        said.append(f"it has no field for {' and '.join(missing)}: its forms go back as unsigned or undated")
    return said


def _choose_categories(named: Sequence[str]) -> list[str]:
    """The categories named, in their order. `CommandError` for one that there isn't."""
    unknown = sorted(set(named) - set(CATEGORIES))
    if unknown:
        raise CommandError(f"no such category: {', '.join(unknown)}; there are {', '.join(CATEGORIES)}")
    return [category for category in CATEGORIES if category in named]


def _has_record_boxes(names: Iterable[str]) -> bool:
    return any(name.startswith("records_") for name in names)


def _say_print(row: FormTemplate) -> dict[str, JsonValue]:
    said: dict[str, JsonValue] = {"signing_consents": row.signing_consents}
    return said | {"printed_records": [*row.printed_records]} if row.printed_records else said


def _has_same_fields(kept: bytes, template: Template) -> bool:
    pairs = zip(Template.from_bytes(kept).pages, template.pages, strict=False)
    return all(
        one.boxes.keys() == other.boxes.keys()
        and all(
            abs(side - again) < _SAME_PLACE
            for name, box in one.boxes.items()
            for side, again in zip(box, other.boxes[name], strict=True)
        )
        for one, other in pairs
    )


def list_forms(program: Program) -> list[FormTemplate]:
    """All blank forms known, in the order in which they were added."""
    with program.installation.reading() as session:
        return list(session.scalars(select(FormTemplate).order_by(FormTemplate.added_at)))
