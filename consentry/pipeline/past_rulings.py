"""What the rules saw of every form that they ruled on, put together again from the store, so that they can be asked anew.

A form's facts are those of its stored plan; what was known only at the moment of ruling (earlier forms, agreements) is told
by what the ruling found. Only reads. A ruling that does not come out again as it was recorded (an older version's rules) is
left out and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.pipeline.plans import FormPlan, read_plan
from consentry.pipeline.rulings import RULES_ACTOR
from consentry.program import Program
from consentry.risk.policy import read_rulebook
from consentry.risk.strata import find_stratum
from review_queue import EarlierForm, FormFacts, Gates, Policy, Reason, Ruling, State, Stratum, rule_on_form
from store.ids import Sha256
from store.risk_tables import PolicyVersion
from store.tables import Decision, Form, FormTemplate, Submission

FLOOR = 0.5
"""Below this no threshold is learned or tried."""


@dataclass(frozen=True, slots=True)
class PastForm:
    """A form as the rules saw it on the day they last ruled on it."""

    form_id: str
    facts: FormFacts
    gates: Gates
    on_date: date
    state: State
    reasons: tuple[Reason, ...]

    @property
    def stratum(self) -> Stratum:
        """The kind of form."""
        return self.facts.stratum

    @property
    def student_id(self) -> str | None:
        """The best child."""
        return self.facts.match.student_id

    def rule(self, policy: Policy) -> Ruling:
        """The ruling under another policy."""
        return rule_on_form(self.facts, self.gates, policy, self.on_date)

    def find_score(self, policy: Policy) -> float | None:
        """The claimed probability, if nothing but the threshold keeps the form from being granted; None if something does."""
        open_policy = replace(policy, accept_probability=FLOOR, strata=())
        return self.facts.match.probability if self.rule(open_policy).state is State.GRANTED else None


@dataclass(frozen=True, slots=True)
class PastForms:
    """All forms that can be ruled on anew, and how many cannot."""

    forms: tuple[PastForm, ...]
    not_replayable: int


def load_past_forms(session: Session, program: Program) -> PastForms:
    """Every form that the rules ruled on with a plan, by its last such ruling."""
    ruled: dict[str, Decision] = {}
    for decision in session.scalars(select(Decision).where(Decision.actor == RULES_ACTOR).order_by(Decision.at)):
        if "plan" in decision.seen:
            ruled[decision.form_id] = decision
    plans: dict[str, dict[str, FormPlan]] = {}
    policies = _load_policies(session, program)
    found, missed = [], 0
    for form_id, decision in sorted(ruled.items()):
        sha256 = str(decision.seen["plan"])
        if sha256 not in plans:
            stored = read_plan(program.installation.documents.get(Sha256(sha256)))
            plans[sha256] = {plan.form_id: plan for plan in stored.forms}
        form = session.get_one(Form, form_id)
        past = _put_together(session, form, plans[sha256][form_id], decision)
        policy = policies.get(decision.policy_sha256)
        again = past.rule(policy) if policy else None
        if again is None or (again.state, again.reasons) != (past.state, past.reasons):
            missed += 1
        else:
            found.append(past)
    return PastForms(tuple(found), missed)


def _load_policies(session: Session, program: Program) -> dict[str, Policy]:
    documents = program.installation.documents
    return {
        sha256: read_rulebook(documents.get(Sha256(sha256))).policy
        for sha256 in session.scalars(select(PolicyVersion.sha256).distinct())
    }


def _put_together(session: Session, form: Form, plan: FormPlan, decision: Decision) -> PastForm:
    found = {str(finding["reason"]) for finding in form.findings if isinstance(finding, dict)}
    earlier = EarlierForm.NONE
    if Reason.CONFLICTING_FORMS in found:
        earlier = EarlierForm.DIFFERENT
    elif Reason.DUPLICATE in found:
        earlier = EarlierForm.SAME
    template = session.get_one(FormTemplate, form.template_id)
    received_on = session.get_one(Submission, form.submission_id).received_on
    stratum = find_stratum(form, template.language, plan.match)
    return PastForm(
        form_id=form.form_id,
        facts=FormFacts(plan.paper, plan.row, plan.match, earlier, received_on, stratum),
        gates=Gates(Reason.NO_ACTIVE_DSA not in found, Reason.TRAINING_LAPSED in found),
        on_date=decision.on_date,
        state=State(decision.action),
        reasons=tuple(Reason(code) for code in decision.reason.split(", ") if code),
    )
