"""The demo: a sample district, a partner with an active agreement, a folder of scans and a list, taken through the whole job.

Everyone in it is invented. It runs through the same functions as the commands do, in an empty home.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from access import AgreementKind, AgreementStatus
from access.adr_package import FileFormat
from consentry.desk.showing import find_partner_access, list_queue, show_submission
from consentry.disclosing.delivering import DeliveryRequest, deliver_reports
from consentry.disclosing.glance_data import load_student_data
from consentry.intake.loading_enrollment import load_enrollment
from consentry.intake.receiving import receive_submission
from consentry.intake.registering import add_form, add_partner, record_agreement
from consentry.pipeline.working import Progress, run_workers
from consentry.program import Program, make_home
from consentry.settings import Settings
from consentry.telling.reporting import write_report
from fixtures.cases import FORMS_OF_DEMO, PARTNER_ID, PARTNER_NAME, TODAY, build_demo
from fixtures.student_data import write_student_data
from store import JsonValue

SEED = 1
_SCHOOL_YEAR = "2024-25"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo brought, and where to look."""

    home: Path
    today: date
    submission_id: str
    states: dict[str, int]
    refused: int
    open_cases: int
    access: int
    report: Path
    first_grant: str | None
    first_case: str | None

    def as_json(self) -> dict[str, JsonValue]:
        """The result as JSON."""
        return {
            "home": str(self.home),
            "today": self.today.isoformat(),
            "submission_id": self.submission_id,
            "states": dict(self.states),
            "refused": self.refused,
            "open_cases": self.open_cases,
            "access": self.access,
            "report": str(self.report),
            "look": dict(self._list_commands()),
        }

    def in_words(self) -> str:
        """The result for a person at a terminal."""
        counts = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        lines = [
            f"Submission {self.submission_id}: {counts}; {self.refused} files refused.",
            f"{self.access} students are open to the partner, {self.open_cases} forms wait for a person.",
            "",
            "Look at it:",
        ]
        lines += [f"  {what + ':':15}{command}" for what, command in self._list_commands().items()]
        return "\n".join(lines)

    def _list_commands(self) -> dict[str, str]:
        start = f"CONSENTRY_TODAY={self.today} .venv/bin/consentry --home {self.home}"
        commands = {
            "access set": f"{start} access {PARTNER_ID}",
            "review queue": f"{start} queue list",
            "error report": str(self.report),
            "every form": f"{start} status {self.submission_id} --json",
            "the reports": f"{self.home}/demo/package",
            "ledger": f"{start} ledger verify",
        }
        if self.first_case:
            commands["one case"] = f"{start} queue show {self.first_case}"
        if self.first_grant:
            commands["one grant"] = f"{start} trace --grant {self.first_grant} --bundle trace.zip"
        return commands


def run_demo(settings: Settings, say: Callable[[str], None], show: Callable[[Progress], None]) -> DemoResult:
    """Runs the demo in the empty home of the settings, on the demo's own day unless one is set."""
    settings = settings.model_copy(update={"today": settings.today or TODAY})
    make_home(settings)
    program = Program.open(settings)
    folder = settings.home / "demo"
    say("making a sample district of 500 students and filling in their consent forms")
    demo = build_demo(folder, SEED)
    load_enrollment(program, demo.enrollment, date(2024, 9, 15))
    for blank in FORMS_OF_DEMO:
        add_form(program, blank.path, blank.code, blank.school_year, blank.language, blank.published, None)
    add_partner(program, PARTNER_ID, PARTNER_NAME, "tutoring and mentoring", ())
    for kind in (AgreementKind.DSA, AgreementKind.TRAINING, AgreementKind.NUA):
        record_agreement(program, PARTNER_ID, kind, _SCHOOL_YEAR, AgreementStatus.ACTIVE, date(2024, 9, 1))
    receipt = receive_submission(program, PARTNER_ID, [demo.scans], demo.student_list, None, PARTNER_ID)
    say("reading, matching and deciding")
    run_workers(program, 2, True, show)
    write_student_data(folder / "data", demo.district.students, SEED)
    _deliver(program, folder)
    return _sum_up(program, receipt.submission_id)


def _deliver(program: Program, folder: Path) -> None:
    """The reports for whom access is open, in the partner's outbox, and the data of the pages of students."""
    request = DeliveryRequest(folder / "data", folder / "package", FileFormat.CSV)
    deliver_reports(program, PARTNER_ID, request)
    load_student_data(program, folder / "data", None)


def _sum_up(program: Program, submission_id: str) -> DemoResult:
    report = program.settings.home / "demo" / "match-report.xlsx"
    write_report(program, submission_id, report)
    shown = show_submission(program, submission_id)
    states, refused = shown["states"], shown["refused"]
    assert isinstance(states, dict)  # noqa: S101 - narrows the type
    assert isinstance(refused, list)  # noqa: S101 - narrows the type
    access, cases = find_partner_access(program, PARTNER_ID, None), list_queue(program)
    return DemoResult(
        home=program.settings.home,
        today=program.read_clock().today,
        submission_id=submission_id,
        states={state: int(str(count)) for state, count in states.items()},
        refused=len(refused),
        open_cases=len(cases),
        access=len(access),
        report=report,
        first_grant=access[0].grant_id if access else None,
        first_case=str(cases[0]["case_id"]) if cases else None,
    )
