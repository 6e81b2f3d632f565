"""P14: what a partner gets back doesn't tell who is enrolled: the same paper for either child looks the same.

Before a release nothing that matching found is told. A classifier that sees status, headers, bytes and time of the page
does no better than guessing.
"""

from __future__ import annotations

import io
import random
import re
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from consentry.accounts import NewAccount, Role, add_account
from consentry.intake.receiving import Incoming, IncomingPage, StoredFile, record_submission
from consentry.program import Program
from consentry.settings import Settings
from consentry.web.app import make_app
from fixtures.district import District, Student, make_district
from fixtures.plain_pages import draw_plain_page
from ingest.types import ListRow, MediaType, StudentList
from review_queue import INSIDE_REASONS
from tests.consentry.conftest import BLANK, PARTNER_NAME
from tests.faults.plain_district import PlainDistrict, fill
from tests.faults.processes import WORKER, Step

PASSWORD = "a long enough password"  # noqa: S105 - of the test alone
ENROLLED, UNKNOWN = 0, 1
_LOOKS = 4


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
    return submissions, log_in(program)


def log_in(program: Program) -> TestClient:
    """The browser of a new account of the partner."""
    add_account(program, NewAccount("par", Role.PARTNER, "rainier", PASSWORD), "program")
    client = TestClient(make_app(program), headers={"accept": "text/html"})
    told = {"username": "par", "password": PASSWORD}
    assert client.post("/login", data=told, follow_redirects=False).status_code == 303
    return client


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


@dataclass(frozen=True)
class Look:
    """All that one look tells."""

    is_enrolled: bool
    told: tuple[float, ...]


FEATURES = ("status", "headers", "bytes", "rows", "marks", "status of workbook", "bytes of workbook", "seconds")


def send_children(district: PlainDistrict, of_each: int) -> tuple[dict[str, bool], TestClient]:
    """A submission for each child, enrolled and unknown ones in no order, settled and not released: whether its child is
    enrolled. Names and schools are of one length, so that a page's size tells of nothing else.
    """
    rng = random.Random(3)
    children = [
        replace(
            child, first=draw_word(rng, 6), last=draw_word(rng, 9), school="Cedar Grove", guardians=draw_word(rng, 8)
        )
        for child in make_district(2 * of_each, 7)
    ]
    rng.shuffle(children)
    District(children[:of_each]).write_enrollment_csv(district.folder / "enrollment.csv")
    district.expect("init")
    district.expect("enrollment", "load", str(district.folder / "enrollment.csv"), "--as-of", "2024-09-15")
    named = ("--code", "C", "--school-year", "2024-25", "--language", "en", "--published", "2024-05-01")
    district.expect("form", "add", str(BLANK), *named)
    district.expect("partner", "add", PARTNER_NAME, "--id", "rainier")
    district.sign_agreement()
    program = Program.open(Settings(home=district.home, today=date.fromisoformat(district.today)))
    sent: dict[str, bool] = {}
    for child, is_enrolled in rng.sample(
        [(child, place < of_each) for place, child in enumerate(children)], 2 * of_each
    ):
        sent[send_one_child(program, child)] = is_enrolled
    worker = Step(district.home, WORKER, "--owner", "w", "--drain").go()
    assert worker.end(3000) == 0, worker.complaint
    return sent, log_in(program)


def send_one_child(program: Program, child: Student) -> str:
    packed = io.BytesIO()
    Image.fromarray(draw_plain_page(fill(child))).save(packed, "PNG")
    put = program.installation.documents.put
    page = StoredFile(put(packed.getvalue()), "scan", len(packed.getvalue()))
    listed = StoredFile(put(child.student_id.encode()), "list", len(child.student_id))
    row = ListRow(
        2, child.last, child.first, "", "", child.birth_date, (child.birth_date,), child.student_id, child.school
    )
    incoming = Incoming((IncomingPage(page, MediaType.PNG, "1.png", 0),), (), StudentList((row,)), listed, "list.xlsx")
    return record_submission(program, "rainier", incoming, program.read_clock().today, "par").submission_id


def draw_word(rng: random.Random, length: int) -> str:
    return "".join(rng.choices("abcdefghijklmnoprstuvwy", k=length)).capitalize()


def look_closely(client: TestClient, submission: str, is_enrolled: bool) -> Look:
    start = time.perf_counter()
    page = client.get(f"/submissions/{submission}")
    seconds = time.perf_counter() - start
    headers = sum(len(name) + len(value) for name, value in page.headers.items())
    workbook = client.get(f"/submissions/{submission}/report.xlsx")
    with zipfile.ZipFile(io.BytesIO(workbook.content)) as packed:
        inside = sum(member.file_size for member in packed.infolist())
    of_page = (page.status_code, headers, len(page.content), page.text.count("<tr"), page.text.count("class="))
    return Look(is_enrolled, (*of_page, workbook.status_code, inside, seconds))


def measure_areas(looks: Sequence[Look]) -> dict[str, float]:
    groups = [[look.told for look in looks if look.is_enrolled is wanted] for wanted in (True, False)]
    return {
        name: round(area_under_curve(*([told[place] for told in group] for group in groups)), 3)
        for place, name in enumerate(FEATURES)
    }


def test_a_classifier_that_sees_a_difference_finds_it() -> None:
    looks = [Look(bool(n % 2), (n % 2, 1.0, n, 1.0, 1.0, 1.0, 1.0, 0.0)) for n in range(40)]
    areas = measure_areas(looks)
    assert (areas["status"], areas["headers"]) == (1.0, 0.5)
    assert areas["bytes"] < 0.56


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_three_hundred_of_each_cannot_be_told_apart(tmp_path: Path, note_figure: Callable[[str], None]) -> None:
    sent, client = send_children(PlainDistrict(tmp_path), 300)
    assert sum(sent.values()) == 300
    turns = [submission for submission in sent for _ in range(_LOOKS)]
    random.Random(2).shuffle(turns)
    looks = [look_closely(client, submission, sent[submission]) for submission in turns]
    areas = measure_areas(looks)
    note_figure(f"P14: AUC over {len(looks)} looks at 300 enrolled and 300 unknown children: {areas}")
    assert max(areas.values()) <= 0.55
