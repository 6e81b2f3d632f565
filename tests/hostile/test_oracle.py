"""P14: what a partner gets back doesn't tell who is enrolled: the same paper for either child looks the same.

Before a release nothing that matching found is told. A classifier that sees status, headers, bytes and time of the page
does no better than guessing.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from consentry.accounts import NewAccount, Role, add_account
from consentry.program import Program
from consentry.settings import Settings
from consentry.web.app import make_app
from fixtures.district import make_district
from review_queue import INSIDE_REASONS
from tests.faults.plain_district import PlainDistrict
from tests.faults.processes import WORKER, Step

PASSWORD = "a long enough password"  # noqa: S105 - of the test alone
ENROLLED, UNKNOWN = 0, 1


def prepare(district: PlainDistrict, count: int) -> tuple[list[str], TestClient]:
    """A submission of enrolled children and one of unknown ones, both settled, neither released; and the partner's browser."""
    district.prepare(2 * count, 0, 0)
    enrolled = make_district(2 * count, 7)[:count]
    taken = {one.student_id for one in make_district(2 * count, 7)}
    unknown = [one for one in make_district(3 * count, 99) if one.student_id not in taken][:count]
    for number, children in ((ENROLLED, enrolled), (UNKNOWN, unknown)):
        district.write_submission(number, children)
    submissions = [str(district.submit(number)["submission_id"]) for number in (ENROLLED, UNKNOWN)]
    worker = Step(district.home, WORKER, "--owner", "w", "--drain").go()
    assert worker.end(280) == 0, worker.complaint
    program = Program.open(Settings(home=district.home, today=date.fromisoformat(district.today)))
    add_account(program, NewAccount("par", Role.PARTNER, "rainier", PASSWORD), "program")
    client = TestClient(make_app(program), headers={"accept": "text/html"})
    assert (
        client.post("/login", data={"username": "par", "password": PASSWORD}, follow_redirects=False).status_code == 303
    )
    return submissions, client


def look(client: TestClient, submission: str) -> tuple[float, float, float, float, float]:
    """All that one look tells: status, size of headers and bytes of page and workbook, and how long it took."""
    start = time.perf_counter()
    page = client.get(f"/submissions/{submission}")
    seconds = time.perf_counter() - start
    headers = sum(len(name) + len(value) for name, value in page.headers.items() if name != "content-length")
    return page.status_code, headers, page.text.count("<tr"), page.text.count("class="), seconds


def area_under_curve(ones: Sequence[float], others: Sequence[float]) -> float:
    """How well a threshold tells the two groups apart, either way round: 0.5 is guessing."""
    above = sum((one > other) + 0.5 * (one == other) for one in ones for other in others)
    share = above / (len(ones) * len(others))
    return max(share, 1 - share)


def test_enrolled_and_unknown_children_look_alike_before_a_release(tmp_path: Path) -> None:
    district = PlainDistrict(tmp_path)
    submissions, client = prepare(district, 6)
    states = [{form["state"] for form in district.expect("status", each)["forms"]} for each in submissions]
    assert "granted" in states[ENROLLED]
    assert "granted" not in states[UNKNOWN]
    pages = [client.get(f"/submissions/{each}").text for each in submissions]
    for page in pages:
        assert not [reason for reason in INSIDE_REASONS if reason in page]
        assert "CANNOT_CONFIRM" not in page
    told = [sorted(set(words_of(page))) for page in pages]
    assert told[ENROLLED] == told[UNKNOWN]
    rng = random.Random(1)
    looks = [(group, look(client, submissions[group])) for group in rng.choices((ENROLLED, UNKNOWN), k=40)]
    for feature in range(4):
        groups = [[seen[feature] for group, seen in looks if group == wanted] for wanted in (ENROLLED, UNKNOWN)]
        assert area_under_curve(*groups) == 0.5


def words_of(page: str) -> list[str]:
    """What the page says of results: the text of its marks and advice."""
    return re.findall(r"(?:In progress|Accepted|Sent back|[A-Z]{3,}_[A-Z_]+)", page)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_three_hundred_of_each_cannot_be_told_apart(tmp_path: Path, note_figure: Callable[[str], None]) -> None:
    district = PlainDistrict(tmp_path)
    submissions, client = prepare(district, 300)
    rng = random.Random(2)
    looks = [(group, look(client, submissions[group])) for group in rng.choices((ENROLLED, UNKNOWN), k=600)]
    areas = [
        area_under_curve(
            [seen[feature] for group, seen in looks if group == ENROLLED],
            [seen[feature] for group, seen in looks if group == UNKNOWN],
        )
        for feature in range(5)
    ]
    note_figure(f"P14: AUC of status, headers, rows, marks, seconds: {[round(area, 3) for area in areas]}")
    assert max(areas) <= 0.55
