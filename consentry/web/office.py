"""What all pages of a running server share: the opened home, enrollment in memory, drawn pages, templates, the log-in brake."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from pathlib import Path

from fastapi.templating import Jinja2Templates

from consentry.intake.held_enrollment import HeldEnrollment
from consentry.intake.uploads import resume_uploads
from consentry.program import Program
from consentry.risk.risk_control import RiskAssessment, assess_risk
from consentry.second_factor import UsedCodes
from consentry.web import trace_words, words
from consentry.web.case_fields import draw_pieces
from consentry.web.district_login import DistrictLogin, refuse_plain_issuer
from consentry.web.pictures import PagePictures
from consentry.web.speaking import Voices
from ingest import Cell

_FREE_TRIES = 5
_LONGEST_WAIT = 60.0
_REMEMBERED = 10_000
_ASSESSED_FOR = 600.0


class LoginBrake:
    """Slows log-ins that fail: after five, each doubles the wait of that name from that address, up to a minute.

    Counted by name and address together, so nobody else can lock a person out. Forgotten when the server starts anew.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def seconds_to_wait(self, name: str, address: str) -> float:
        """How long this name has to wait at this address; 0 if it may try now."""
        with self._lock:
            count, last = self._failures.get((name, address), (0, 0.0))
        if count < _FREE_TRIES:
            return 0.0
        return float(max(0.0, last + min(2.0 ** (count - _FREE_TRIES), _LONGEST_WAIT) - time.monotonic()))

    def note(self, name: str, address: str, succeeded: bool) -> None:
        """Counts a failure, or forgets them all after a success."""
        with self._lock:
            count, _ = self._failures.pop((name, address), (0, 0.0))
            if not succeeded:
                self._failures[name, address] = (count + 1, time.monotonic())
                if len(self._failures) > _REMEMBERED:
                    self._failures.popitem(last=False)


class LateAssessment:
    """What the past says of thresholds, weighed anew at most every ten minutes: a year's forms take a while."""

    def __init__(self, program: Program) -> None:
        self._program, self._lock = program, threading.Lock()
        self._found: RiskAssessment | None = None
        self._until = 0.0

    def find(self) -> RiskAssessment:
        """The last one, or a new one where it is older than that."""
        with self._lock:
            if self._found is None or time.monotonic() > self._until:
                with self._program.installation.reading() as session:
                    self._found = assess_risk(session, self._program, self._program.rulebook)
                self._until = time.monotonic() + _ASSESSED_FOR
            return self._found


class Office:
    """The shared state of one server."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.enrollment = HeldEnrollment(program.installation)
        self.cell = Cell(program.limits)
        self.pictures = PagePictures(program, self.cell)
        self.brake = LoginBrake()
        self.used_codes = UsedCodes()
        refuse_plain_issuer(program.settings)
        self.district = DistrictLogin(program.settings)
        self.voices = Voices()
        self.templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
        self.templates.env.auto_reload = False
        self.templates.env.trim_blocks = self.templates.env.lstrip_blocks = True
        self.templates.env.globals["words"] = words
        self.templates.env.globals["trace_words"] = trace_words
        self.templates.env.globals["pieces"] = draw_pieces
        self.assessment = LateAssessment(program)
        resume_uploads(program)
        self.build = secrets.token_hex(4)

    def close(self) -> None:
        """Ends the parsers' process."""
        self.cell.close()
