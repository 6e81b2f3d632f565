"""What the page of a chain shows: grants, forms, pages, boxes, evidence, decisions, policies, ledger, disclosures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.desk.case_steps import ILLEGIBLE, list_keyed
from consentry.errors import CommandError
from consentry.intake.held_enrollment import ShownStudent
from consentry.proof.entry_proofs import ProvenEntries, prove_entries
from consentry.proof.tracing import Subject, find_traced, trace
from consentry.risk.policy_versions import list_versions
from consentry.web.case_fields import ShownLine, show_lines
from consentry.web.case_view import ShownCandidate, ShownPage, show_candidates, show_pages
from consentry.web.office import Office
from store import JsonValue
from store.desk_tables import Account, PageView
from store.tables import Case, Decision, Form, FormTemplate, Grant, Partner

_MOST_VIEWS = 50


@dataclass(frozen=True, slots=True)
class TracedForm:
    """A form of the chain: its pages, its fields beside the child that was granted, the evidence, who decided."""

    form: Form
    template: FormTemplate | None
    pages: tuple[ShownPage, ...]
    lines: tuple[ShownLine, ...]
    candidates: tuple[ShownCandidate, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """The policy under which a decision was taken: the version of that hash, and who had set it."""

    sha256: str
    version: int
    set_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class TraceView:
    """The whole chain of a subject."""

    grants: tuple[Grant, ...]
    partners: dict[str, str]
    students: dict[str, ShownStudent]
    forms: tuple[TracedForm, ...]
    policies: tuple[PolicyInForce, ...]
    disclosures: list[JsonValue]
    entries: list[dict[str, JsonValue]]
    proven: ProvenEntries
    views: tuple[PageView, ...]
    viewers: dict[str, str]

    @property
    def form_ids(self) -> list[str]:
        """The forms whose paper the page shows."""
        return [traced.form.form_id for traced in self.forms]


def describe_trace(office: Office, session: Session, subject: Subject) -> TraceView:
    """The chain of a subject. `CommandError` if nothing is on record for it."""
    chain = trace(office.program, subject)
    grants, forms = find_traced(session, subject)
    today = office.program.read_clock().today
    named = {grant.student_id for grant in grants} | {form.student_id for form in forms if form.student_id}
    try:
        students = office.enrollment.show(session, today, sorted(named))
    except CommandError:  # no enrollment is loaded: ids alone are shown
        students = {}
    traced = tuple(_trace_form(office, session, form) for form in forms)
    ledger = chain["ledger"]
    entries = [entry for entry in ledger if isinstance(entry, dict)] if isinstance(ledger, list) else []
    disclosures = chain["disclosures"]
    of_forms = select(PageView).where(PageView.subject.in_([form.form_id for form in forms]))
    return TraceView(
        grants=tuple(grants),
        partners={partner.partner_id: partner.name for partner in session.scalars(select(Partner))},
        students=students,
        forms=traced,
        policies=_find_policies(session, traced),
        disclosures=disclosures if isinstance(disclosures, list) else [],
        entries=entries,
        proven=prove_entries(session, (int(str(entry["seq"])) for entry in entries)),
        views=tuple(session.scalars(of_forms.order_by(PageView.at.desc()).limit(_MOST_VIEWS))),
        viewers={account.account_id: account.name for account in session.scalars(select(Account))},
    )


def _trace_form(office: Office, session: Session, form: Form) -> TracedForm:
    candidates = show_candidates(office, session, form)
    shown = [found for found in candidates if found.student.student_id == form.student_id] or list(candidates[:1])
    cases = session.scalars(select(Case.case_id).where(Case.form_id == form.form_id)).all()
    keyed = {
        step.field: step.value for case_id in cases for step in list_keyed(session, case_id) if step.kind != ILLEGIBLE
    }
    decisions = session.scalars(select(Decision).where(Decision.form_id == form.form_id).order_by(Decision.at))
    return TracedForm(
        form=form,
        template=session.get(FormTemplate, form.template_id) if form.template_id else None,
        pages=show_pages(office, form),
        lines=show_lines(session, form, keyed, [found.student for found in shown]),
        candidates=tuple(shown),
        decisions=tuple(decisions),
    )


def _find_policies(session: Session, forms: Sequence[TracedForm]) -> tuple[PolicyInForce, ...]:
    used = {decision.policy_sha256 for traced in forms for decision in traced.decisions}
    return tuple(
        PolicyInForce(version.sha256, version.version, version.set_by, version.reason)
        for version in list_versions(session)
        if version.sha256 in used
    )
