"""Pages of those who answer for the program: the week, partners with agreements and deadlines, the policy."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response

from access import AgreementKind, AgreementStatus
from consentry.errors import CommandError
from consentry.intake.registering import record_agreement
from consentry.partners import find_partner
from consentry.program_year.agreement_papers import StepNote
from consentry.program_year.agreement_reviews import Verdict, give_verdict
from consentry.program_year.history import list_history
from consentry.program_year.waits import find_waits
from consentry.risk.blind_results import measure_blind_sample
from consentry.risk.policy_setting import Proposal, set_policy, show_policy, simulate_policy
from consentry.risk.risk_control import CurvePoint, assess_risk
from consentry.web.doors import AtDesk
from consentry.web.plots import AxisMark, Plot, place_threshold, plot_bars, plot_lines
from consentry.week import count_week

router = APIRouter()
Text = Annotated[str, Form()]
_THRESHOLDS = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)


@router.get("/week", name="week")
def show_week(desk: AtDesk, days: Annotated[int, Query(ge=7, le=28)] = 7) -> Response:
    """Arrivals, decisions, automation, ages, faults, the risk curve, the blind sample."""
    with desk.program.installation.reading() as session:
        week = count_week(desk.program, session, days)
    assessment = desk.office.assessment.find()
    labels = [f"{each.day:%m-%d}" for each in week.days]
    series = [
        [each.arrived for each in week.days],
        [each.by_rules for each in week.days],
        [each.by_people for each in week.days],
    ]
    return desk.show(
        "week.html",
        week=week,
        bars=plot_bars(labels, series),
        curve=_plot_curve(assessment.curve),
        assessment=assessment,
        blind=measure_blind_sample(desk.program),
        days=days,
    )


@router.get("/partners", name="partners")
def show_partners(desk: AtDesk) -> Response:
    """What waits on what, partner by partner."""
    return desk.show(
        "partners.html",
        waits=find_waits(desk.program),
        kinds=list(AgreementKind),
        statuses=list(AgreementStatus),
        verdicts=list(Verdict),
    )


@router.get("/partners/{partner_id}/history", name="partner_history")
def show_history(desk: AtDesk, partner_id: str) -> Response:
    """What happened to a partner's agreements: who noted it, when, why."""
    steps = list_history(desk.program, partner_id)
    with desk.program.installation.reading() as session:
        name = find_partner(session, partner_id).name
    return desk.show("history.html", name=name, steps=steps, called=desk.find_names())


@router.post("/partners/{partner_id}/steps", name="record_step")
def record_step(
    desk: AtDesk,
    partner_id: str,
    kind: Annotated[AgreementKind, Form()],
    school_year: Text,
    status: Annotated[AgreementStatus, Form()],
    on: Annotated[date, Form()],
    reason: Text = "",
) -> Response:
    """Notes a step of an agreement."""
    note = StepNote(desk.person.name, reason)
    try:
        record_agreement(desk.program, partner_id, kind, school_year, status, on, note)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/partners", 303)


@router.post("/partners/{partner_id}/verdicts", name="record_verdict")
def record_verdict(
    desk: AtDesk,
    partner_id: str,
    kind: Annotated[AgreementKind, Form()],
    school_year: Text,
    department: Text,
    verdict: Annotated[Verdict, Form()],
    reason: Text = "",
) -> Response:
    """Notes what a department says of an agreement."""
    note = StepNote(desk.person.name, reason)
    try:
        give_verdict(desk.program, partner_id, kind, school_year, department, verdict, note)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/partners", 303)


@router.get("/policy", name="policy")
def show_the_policy(
    desk: AtDesk, accept: Annotated[float | None, Query(gt=0.5, le=1)] = None, learned: bool = False
) -> Response:
    """The policy in force with its curve, and what another threshold would have changed."""
    proposal = Proposal(learned=True) if learned else Proposal(accept_probability=accept) if accept else None
    try:
        simulated = simulate_policy(desk.program, proposal) if proposal else None
        policy = show_policy(desk.program)
        with desk.program.installation.reading() as session:
            assessment = assess_risk(session, desk.program, desk.program.rulebook)
    except CommandError as error:
        return desk.refuse(error)
    return desk.show(
        "policy.html",
        accept=accept,
        learned=learned,
        policy=policy,
        simulated=simulated,
        called=desk.find_names(),
        curve=_plot_curve(assessment.curve),
        assessment=assessment,
    )


@router.post("/policy", name="set_policy")
def set_the_policy(
    desk: AtDesk,
    reason: Text,
    accept: Annotated[float | None, Form(gt=0.5, le=1)] = None,
    learned: Annotated[bool, Form()] = False,
    accepted_risk: Text = "",
) -> Response:
    """Puts a threshold in force."""
    proposal = Proposal(learned=True) if learned else Proposal(accept_probability=accept)
    try:
        if not learned and accept is None:
            raise CommandError("name a threshold, or take the learned ones")
        set_policy(desk.program, proposal, reason, desk.person.name, accepted_risk.strip() or None)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/policy", 303)


def _plot_curve(curve: tuple[CurvePoint, ...]) -> Plot:
    points = [place_threshold(point.threshold) for point in curve]
    series = [[point.share_automatic for point in curve], [point.upper_bound for point in curve]]
    return plot_lines(points, series, [AxisMark(place_threshold(each), f"{each:g}") for each in _THRESHOLDS])
