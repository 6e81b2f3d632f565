"""P18: in a walk at random through the pages, each one that shows a student is in the ledger, and nothing else is.

A page is recorded each time; a picture or crop where no page showed its form to the same person on the day; a student at a
glance as the disclosure that it is. Pages without a student leave no trace.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest
from sqlalchemy import func, select

from store.desk_tables import PageView
from store.ledger import Event
from store.tables import Case, Disclosure, Form, Grant, LedgerLeaf
from tests.consentry.granting import open_to_glance, write_data
from tests.consentry.web.conftest import Site

_FIELDS = ("student_first", "birth_date", "parent_signature", "no_such_field")
_DESK, _TRACERS, _PARTNER = ("ana", "lea", "aud"), ("lea", "aud"), ("par",)


@dataclass
class Walker:
    """Everybody at the pages of one site, and what the ledger should have of it."""

    site: Site
    rng: random.Random
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    seen: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    expected: int = 0
    shown: set[str] = field(default_factory=set)
    steps: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        with self.site.program.installation.reading() as session:
            self.forms = list(session.scalars(select(Form.form_id)))
            self.of_case = {case.case_id: case.form_id for case in session.scalars(select(Case))}
            self.grants = {grant.grant_id: grant.student_id for grant in session.scalars(select(Grant))}
        self.task = self.site.find_task()
        self.ways: dict[str, tuple[tuple[str, ...], Callable[[str], None]]] = {
            "case": (_DESK, self.open_case),
            "picture": (_DESK, self.open_picture),
            "crop": (_DESK, self.open_crop),
            "chain": (_TRACERS, self.open_chain),
            "search": (_TRACERS, self.search),
            "crops to key": (("ben",), self.key),
            "students": (_PARTNER, self.list_students),
            "glance": (_PARTNER, self.glance),
            "no student": ((*_TRACERS,), self.look_elsewhere),
        }

    def step(self) -> None:
        way = self.rng.choice(list(self.ways))
        people, go = self.ways[way]
        self.steps[way] += 1
        go(self.rng.choice(people))

    def get(self, who: str, path: str) -> httpx.Response:
        if who not in self.clients:
            self.clients[who] = self.site.log_in(who)
        return self.clients[who].get(path)

    def open_case(self, who: str) -> None:
        case_id, form_id = self.rng.choice(sorted(self.of_case.items()))
        assert self.get(who, f"/cases/{case_id}").status_code == 200
        self.expected += 1
        self.seen[who].add(form_id)

    def open_picture(self, who: str) -> None:
        self._open_paper(who, form := self.rng.choice(self.forms), f"/forms/{form}/page")

    def open_crop(self, who: str) -> None:
        self._open_paper(who, form := self.rng.choice(self.forms), f"/forms/{form}/crops/{self.rng.choice(_FIELDS)}")

    def _open_paper(self, who: str, form_id: str, path: str) -> None:
        assert self.get(who, path).status_code in (200, 404)
        self.expected += form_id not in self.seen[who]
        self.seen[who].add(form_id)

    def open_chain(self, who: str) -> None:
        grant_id, student_id = self.rng.choice(sorted(self.grants.items()))
        kind, subject = self.rng.choice((("grant", grant_id), ("student", student_id)))
        assert self.get(who, f"/trace/{kind}/{subject}").status_code == 200
        self.expected += 1

    def search(self, who: str) -> None:
        text = self.rng.choice(("1000001", "1000005", "Nobody at all"))
        assert self.get(who, f"/trace?kind=student&text={text}").status_code == 200
        self.expected += text != "Nobody at all"

    def key(self, who: str) -> None:
        self._open_paper(who, self.task.form_id, f"/keying/{self.task.task_id}")

    def list_students(self, who: str) -> None:
        assert self.get(who, "/students").status_code == 200
        self.expected += 1

    def glance(self, who: str) -> None:
        (grant_id,) = [name for name, student in self.grants.items() if student == "1000005"]
        assert self.get(who, f"/students/{grant_id}").status_code == 200
        self.shown.add("1000005")

    def look_elsewhere(self, who: str) -> None:
        path = self.rng.choice(("/me", "/partners", "/policy", "/week", "/healthz", "/cases/none", "/nowhere"))
        assert self.get(who, path).status_code in (200, 404)


def walk(site: Site, steps: int, seed: int) -> Counter[str]:
    open_to_glance(site.district, "1000005")
    site.district.expect("staag", "load", "--data", str(write_data(site.district.folder / "data")))
    walker = Walker(site, random.Random(seed))
    before = count(site)
    for _ in range(steps):
        walker.step()
    views, entries = (after - first for after, first in zip(count(site), before, strict=True))
    assert (views, entries) == (walker.expected, walker.expected)
    with site.program.installation.reading() as session:
        told = select(Disclosure.student_id).where(Disclosure.kind == "staag-view")
        assert set(session.scalars(told)) == walker.shown
    assert site.district.expect("ledger", "verify")["whole"]
    return walker.steps


def count(site: Site) -> tuple[int, int]:
    """Views that are kept, and entries of the ledger that tell of one."""
    with site.program.installation.reading() as session:
        views = session.scalar(select(func.count()).select_from(PageView)) or 0
        bodies = session.scalars(select(LedgerLeaf.body)).all()
    return views, sum(f'"event":"{Event.PAGE_SHOWN}"' in bytes(body).decode() for body in bodies)


def test_each_page_with_a_student_is_in_the_ledger_once(site: Site) -> None:
    assert len(walk(site, 60, 1)) > 6


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_walk_of_a_thousand_steps(site: Site, note_figure: Callable[[str], None]) -> None:
    steps = walk(site, 1000, 2)
    note_figure(f"P18: a walk of 1000 steps ({dict(steps)}): every page with a student recorded, nothing else")
