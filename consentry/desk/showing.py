"""What the read-only commands tell: status, the queue, the access set. Each is a plain query that gives JSON."""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access import find_access, load_running_grants, load_standing_rights
from access.pausing import find_paused
from access.types import AccessRow, Roll
from consentry.desk.shown_forms import show_form
from consentry.errors import CommandError
from consentry.intake.enrolled_children import EnrollmentCache
from consentry.intake.snapshots import find_roll, find_snapshot
from consentry.partners import find_partner
from consentry.pipeline.reading_pages import SET_ASIDE, read_printed_text
from consentry.program import Program
from review_queue import State
from store import JsonValue
from store.tables import Agreement, Case, Form, ListedStudent, RefusedInput, Submission

_RULED = (State.GRANTED, State.RETURNED, State.REJECTED, State.IN_REVIEW)
_WAITING = (State.RECEIVED, State.HELD, State.READ, State.IN_REVIEW)


def show_status(program: Program) -> dict[str, JsonValue]:
    """Counts of all forms by state, and how old what waits is against the service targets."""
    today = program.read_clock().today
    with program.installation.reading() as session:
        states = session.execute(select(Form.state, func.count()).group_by(Form.state))
        counts: dict[str, JsonValue] = {state: count for state, count in states}
        received = session.scalars(
            select(Submission.received_on)
            .join(Form, Form.submission_id == Submission.submission_id)
            .where(Form.state.in_(_WAITING))
        )
        ages = Counter(_grade_age((today - day).days, program) for day in received)
        submissions = session.scalars(select(Submission.submission_id).order_by(Submission.created_at)).all()
        returned = session.scalars(select(Form.reasons).where(Form.state == State.RETURNED)).all()
    ruled = sum(int(str(counts.get(state, 0))) for state in _RULED)
    by_reason = Counter(reason for reasons in returned for reason in reasons)
    return {
        "forms": counts,
        "returned": {
            "share": round(len(returned) / ruled, 4) if ruled else 0.0,
            "by_reason": {reason: round(count / ruled, 4) for reason, count in by_reason.most_common()},
        },
        "waiting": {grade: ages.get(grade, 0) for grade in ("on_time", "soon_late", "late")},
        "service_target_days": {"soon": program.rulebook.soon_days, "late": program.rulebook.late_days},
        "submissions": list(submissions),
    }


def show_submission(program: Program, submission_id: str) -> dict[str, JsonValue]:
    """One submission: its forms, its rows, what was refused, what was set aside."""
    with program.installation.reading() as session:
        submission = session.get(Submission, submission_id)
        if submission is None:
            raise CommandError(f"no submission {submission_id}")
        of_it = select(Form).where(Form.submission_id == submission_id).order_by(Form.position)
        forms = list(session.scalars(of_it))
        refused = session.scalars(
            select(RefusedInput).where(RefusedInput.submission_id == submission_id).order_by(RefusedInput.position)
        )
        rows = session.scalars(
            select(ListedStudent).where(ListedStudent.submission_id == submission_id).order_by(ListedStudent.row_number)
        )
        shown = [show_form(session, form) for form in forms if form.state != SET_ASIDE]
        return {
            "submission_id": submission_id,
            "partner_id": submission.partner_id,
            "received": submission.received_on.isoformat(),
            "states": dict(Counter(str(form["state"]) for form in shown)),
            "forms": list(shown),
            "rows": [
                {"row": row.row_number, "state": row.state, "reasons": list(row.reasons), "form_id": row.form_id}
                for row in rows
            ],
            "refused": [{"file": entry.file, "reason": entry.reason, "words": entry.words} for entry in refused],
            "set_aside": [
                {"file": form.file_name, "page": form.page_index + 1, "kind": form.page_kind}
                for form in forms
                if form.state == SET_ASIDE
            ],
        }


def list_queue(program: Program) -> list[dict[str, JsonValue]]:
    """Open cases, oldest first."""
    today = program.read_clock().today
    with program.installation.reading() as session:
        cases = session.execute(
            select(Case, Form, Submission.received_on)
            .join(Form, Form.form_id == Case.form_id)
            .join(Submission, Submission.submission_id == Form.submission_id)
            .where(Case.state == "open")
            .order_by(Submission.received_on, Submission.created_at, Form.position)
        )
        return [
            {
                "case_id": case.case_id,
                "form_id": form.form_id,
                "submission_id": form.submission_id,
                "partner_id": form.partner_id,
                "reasons": list(case.reasons),
                "age_days": (today - received).days,
                "candidates": _list_candidates(form),
            }
            for case, form, received in cases
        ]


def show_case(program: Program, case_id: str) -> dict[str, JsonValue]:
    """One case: its form as the contract has it, and why it waits."""
    with program.installation.reading() as session:
        case = session.get(Case, case_id)
        if case is None:
            raise CommandError(f"no case {case_id}")
        form = session.get_one(Form, case.form_id)
        shown = show_form(session, form)
        printed_text = read_printed_text(session, program, form)
        received = session.get_one(Submission, form.submission_id).received_on
    today = program.read_clock().today
    return {
        "case_id": case_id,
        "case_state": case.state,
        "age_days": (today - received).days,
        **shown,
        "printed_text": printed_text,
    }


def find_partner_access(program: Program, partner_id: str, on_date: date | None) -> list[AccessRow]:
    """The access set of a partner on a day, today if none is named."""
    day = on_date or program.read_clock().today
    with program.installation.reading() as session:
        find_partner(session, partner_id)
        return select_access(session, partner_id, find_roll(program.installation, session, day), day)


def select_access(session: Session, partner_id: str, roll: Roll | None, day: date) -> list[AccessRow]:
    """The access set of a partner on a day, as this session sees it; `roll`: who is enrolled, None: nothing was loaded."""
    if roll is None:
        return []
    grants = load_running_grants(session, partner_id, day)
    agreements = session.scalars(select(Agreement).where(Agreement.partner_id == partner_id)).all()
    standing = load_standing_rights(session, partner_id, roll.schools, day)
    flagged = [grant.grant_id for grant in grants if grant.student_id in roll.protected]
    return find_access(grants, agreements, roll.schools, day, standing, find_paused(session, flagged, day))


def find_enrolled(session: Session, cache: EnrollmentCache, day: date) -> Roll | None:
    """Who is enrolled on a day, from what is held in memory; None where no enrollment was ever loaded."""
    return cache.find(session, day).roll if find_snapshot(session, day) is not None else None


def show_access_row(row: AccessRow) -> dict[str, JsonValue]:
    """One row of an access set, keys as in the contract."""
    return {
        "student_id": row.student_id,
        "partner_id": row.partner_id,
        "basis": row.basis,
        "categories": list(row.categories),
        "from": row.from_date.isoformat(),
        "to": row.to_date.isoformat(),
        "grant_id": row.grant_id,
        "form_id": row.form_id,
    }


def _list_candidates(form: Form) -> list[JsonValue]:
    candidates = form.match.get("candidates")
    return candidates if isinstance(candidates, list) else []


def _grade_age(days: int, program: Program) -> str:
    if days <= program.rulebook.soon_days:
        return "on_time"
    return "soon_late" if days <= program.rulebook.late_days else "late"
