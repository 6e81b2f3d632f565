"""Bench of a year: partners, forms and right-to-view lists played day by day by the year's own calendar, every gate checked.

On each day the access sets of all partners to whom something happened, and of some others in turn, are held against what the
script says of agreements, training, lists, birthdays, revocations and enrollment, and so is who may log in; each grant is held
against whose form it is in truth. Readings are recorded ones: this measures the program's rules and records, not its eyes.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from access import CONSENT, IS_LIST
from consentry.benches.year_paper import find_18th_birthday
from consentry.benches.year_play import Player
from consentry.benches.year_script import ENDS, FIRST_DAY, LABEL, LAST_DAY, NEXT_LABEL, YearScript, write_script
from consentry.desk.showing import find_enrolled, select_access
from consentry.disclosing.staag_people import find_people
from consentry.intake.registering import add_form, add_partner
from consentry.program import Program, make_home
from consentry.program_year.school_years import join_calendars
from consentry.program_year.waits import find_waits
from consentry.program_year.year_opening import open_year
from consentry.settings import Settings
from fixtures.build_forms import FORMS_FOLDER
from fixtures.district import make_district
from review_queue import Reason, State
from store.tables import Case, Form, LedgerHead
from store.verification import verify_ledger

_BLANKS = (("consent-2023-24-en.pdf", "2023-24", date(2023, 5, 1)), ("consent-2024-25-en.pdf", LABEL, date(2024, 5, 1)))
_ROUND = 14
"""Every partner's access set is checked at least once in so many days."""


def run(partners: int, forms: int, lists: int, students: int, seed: int) -> dict[str, Any]:
    """Plays the year in a new home; returns what it came to, and what differed from the script (nothing, if all is well)."""
    begun, worked = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        program = _open_home(Path(folder))
        calendar = join_calendars([program.rulebook.find_year_rules(LABEL)])
        script = write_script(list(make_district(students, seed)), partners, forms, lists, calendar, seed)
        for partner in script.partners:
            add_partner(program, partner.partner_id, partner.name, "", ())
        player, checks = Player(program, script, Path(folder)), Checks(script)
        days = (LAST_DAY - FIRST_DAY).days + 1
        for number in range(days):
            day = FIRST_DAY + timedelta(days=number)
            if day in (date(2024, 5, 1), date(2025, 5, 1)):
                open_year(player.on(day), LABEL if day.year == 2024 else NEXT_LABEL, None, "lea", "opened")
            touched = player.play(day)
            began = time.process_time()
            checks.check(player, day, touched, number)
            player.played.seconds["checking"] += time.process_time() - began
        figures = _sum_up(program, player, checks, days)
        figures["seconds"] = round(time.perf_counter() - begun, 1)
        figures["processor_seconds"] = round(time.process_time() - worked, 1)
        figures["machine_load"] = os.getloadavg()[0]
        program.installation.engine.dispose()
    return {"partners": partners, "forms": forms, "lists": lists, "students": students, "seed": seed, **figures}


class Checks:
    """Holds what the program says against the script."""

    def __init__(self, script: YearScript) -> None:
        self._script = script
        self._partners = {partner.partner_id: partner for partner in script.partners}
        self._by_id = {student.student_id: student for student in script.students}
        self.access_checks = self.log_in_checks = self.wait_checks = 0
        self.breaks: list[str] = []

    def check(self, player: Player, day: date, touched: set[str], number: int) -> None:
        """Checks the access sets of a day, and once in a while what waits on what."""
        ids = [partner.partner_id for partner in self._script.partners]
        asked = touched | {mine for place, mine in enumerate(ids) if place % _ROUND == number % _ROUND}
        program = player.on(day)
        with program.installation.reading() as session:
            enrolled = find_enrolled(session, player.enrollment, day)
            told = {mine: select_access(session, mine, enrolled, day) for mine in sorted(asked)}
            people = {mine: find_people(session, program.rulebook, day, mine) for mine in sorted(asked)}
        for mine, rows in told.items():
            self.access_checks += 1
            if {(row.student_id, row.basis) for row in rows} != self._expect(player, mine, day):
                self.breaks.append(f"{day}: access of {mine}")
        for mine, found in people.items():
            self.log_in_checks += 1
            if bool(found) is not self._partners[mine].may_log_in(day):
                self.breaks.append(f"{day}: who may log in for {mine}")
        if number % 30 == 0:
            self._check_waits(player, program, day)

    def _expect(self, player: Player, partner_id: str, day: date) -> set[tuple[str, str]]:
        """Who may be seen by the script: grants that were given, each under every gate of its ground."""
        partner = self._partners[partner_id]
        if not partner.has_agreement(day) or not partner.is_trained(day):
            return set()
        found = set()
        for grant in player.grants_of(partner_id):
            student = self._by_id[grant.student_id]
            school = self._script.find_school(student, day)
            if not grant.from_date <= day <= ENDS or school is None:
                continue
            if grant.basis == CONSENT and not self._is_held_back(player, partner_id, student.student_id, day):
                found.add((student.student_id, CONSENT))
            if grant.basis == IS_LIST and partner.is_designated(day):
                listed = player.played.list_of_row[str(grant.form_id)][0]
                if listed.school == school and player.stands(listed, day):
                    found.add((student.student_id, IS_LIST))
        return found

    def _is_held_back(self, player: Player, partner_id: str, student_id: str, day: date) -> bool:
        """Whether a parent's consent has lapsed on the 18th birthday, or was taken back."""
        revoked = player.played.revoked.get((partner_id, student_id))
        return find_18th_birthday(self._by_id[student_id]) <= day or (revoked is not None and revoked <= day)

    def _check_waits(self, player: Player, program: Program, day: date) -> None:
        """A partner that never had an agreement waits with all that it has sent, and is told so."""
        for waits in find_waits(program):
            partner = self._partners[waits.partner_id]
            if waits.school_year != LABEL or partner.agreement[0].first <= day:
                continue
            self.wait_checks += 1
            mine = (each for each in self._script.submissions if each.partner_id == waits.partner_id)
            sent = sum(len(each.forms) for each in mine if each.on <= day)
            if next(step.waiting.forms for step in waits.steps if step.standing.kind == "dsa") != sent:
                self.breaks.append(f"{day}: forms that wait for {waits.partner_id}")

    def find_wrong_grants(self, player: Player) -> list[str]:
        """Grants of another child than the form's, of what may not be granted, or through a closed gate."""
        wrong = []
        for grant in player.played.grants.values():
            partner, day = self._partners[grant.partner_id], grant.from_date
            true = player.find_true_student(str(grant.form_id), day)
            if true is None or true.student_id != grant.student_id:
                wrong.append(f"{grant.grant_id}: another child")
            if not partner.has_agreement(day) or not partner.is_trained(day):
                wrong.append(f"{grant.grant_id}: through a closed gate")
            if grant.basis == IS_LIST and not partner.is_designated(day):
                wrong.append(f"{grant.grant_id}: without a designation")
        return wrong


def _open_home(folder: Path) -> Program:
    settings = Settings(home=folder / "home", today=FIRST_DAY)
    make_home(settings)
    program = Program.open(settings)
    for name, year, published in _BLANKS:
        add_form(program, FORMS_FOLDER / name, f"CONSENT-{year}", year, "en", published, None)
    return program


def _sum_up(program: Program, player: Player, checks: Checks, days: int) -> dict[str, Any]:
    with program.installation.reading() as session:
        states = dict(session.execute(select(Form.state, func.count()).group_by(Form.state)).all())
        forms = session.scalars(select(Form)).all()
        cases = session.scalar(select(func.count()).select_from(Case)) or 0
        size = session.get_one(LedgerHead, 1).size
        verdict = verify_ledger(session, program.installation.documents)
    granted = {str(grant.form_id) for grant in player.played.grants.values()}
    lost, returned = [], Counter[str]()
    for form in forms:
        true = player.find_true_student(form.form_id, form.decided_on or LAST_DAY)
        if form.state == State.RETURNED:
            returned[form.reasons[0]] += 1
        is_owed = true is not None and form.form_id not in granted
        if true is not None and form.reasons == [Reason.DUPLICATE]:
            # Two lists of one school name one student: the first gave the right.
            is_owed = true.student_id not in {each.student_id for each in player.grants_of(form.partner_id)}
        if form.state not in (State.GRANTED, State.RETURNED) or is_owed:
            lost.append(f"{form.state} {','.join(form.reasons)}")
    wrong = checks.find_wrong_grants(player)
    automatic = sum(form.state == State.GRANTED and form.decided_by == "rules" for form in forms)
    return {
        "days": days,
        "states": states,
        "wrong_grants": len(wrong),
        "wrong": wrong[:5],
        "lost": len(lost),
        "lost_by_reason": dict(Counter(lost).most_common(8)),
        "granted_without_a_person": round(automatic / max(len(granted), 1), 4),
        "cases": cases,
        "decided_by_people": player.played.decided_by_people,
        "refused_to_people": dict(player.played.refused_decisions.most_common(5)),
        "returned_share": round(sum(returned.values()) / max(len(forms), 1), 4),
        "returned_by_reason": dict(returned.most_common()),
        "access_checks": checks.access_checks,
        "log_in_checks": checks.log_in_checks,
        "wait_checks": checks.wait_checks,
        "differences": len(checks.breaks),
        "first_differences": checks.breaks[:5],
        "ledger_entries": size,
        "ledger_breaks": len(verdict.breaks),
        "processor_seconds_by_step": {name: round(spent, 1) for name, spent in sorted(player.played.seconds.items())},
    }
