"""The page of one student: what is granted and nothing else, for whom may look, recorded before it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from consentry.telling.telling_partners import release_by_hand
from store.tables import Disclosure
from tests.consentry.granting import grant, write_data
from tests.consentry.web.conftest import Site, serve_copy

YEAR = ("--school-year", "2024-25")
CANARIES = {
    "attendance": ("daily_attendance.csv", "CANARYATT"),
    "discipline": ("discipline_actions.csv", "CANARYDIS"),
    "assessment": ("map.csv", "CANARYASM"),
    "demographics": ("demographics.csv", "CANARYDEM"),
}
ROWS = {
    "attendance": "1000005,2024-25,2024-09-17,CANARYATT,N,1,N",
    "discipline": "1000005,2024-25,INC-1,2024-09-18,CANARYDIS,Conference,2024-09-18,2024-09-18,1000001",
    "assessment": "1000005,2024-25,Fall,5,CANARYASM,MAP Growth,201,3.1,55,2024-09-09/2024-10-11",
}
BLOCKED = ("Larkspur", "555-0142", "Asthma", "INC-1")


def plant(folder: Path) -> Path:
    """The sample data, with a word of its own in each category of one student."""
    write_data(folder)
    for category, line in ROWS.items():
        with (folder / CANARIES[category][0]).open("a", encoding="utf-8", newline="") as file:
            file.write(line + "\r\n")
    demographics = folder / "demographics.csv"
    lines = demographics.read_text(encoding="utf-8").splitlines()
    changed = [re.sub(r"^(1000005,\w),[^,]+", r"\1,CANARYDEM", line) for line in lines]
    demographics.write_text("\n".join(changed) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def glance_home(site_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two students open to a partner with two categories each, one open to another partner; data with canaries."""
    with serve_copy(site_home, tmp_path_factory.mktemp("glance")) as site:
        grant(site.district, "1000005", ("attendance", "assessment"))
        grant(site.district, "1000006", ("discipline", "demographics"))
        grant(site.district, "1000003", ("attendance",), partner="green")
        for partner in ("rainier", "green"):
            for kind in ("nua", "dsa"):
                signed = ("--kind", kind, *YEAR, "--status", "active", "--on", "2024-09-01")
                site.district.expect("partner", "agreement", partner, *signed)
        site.district.expect("staag", "load", "--data", str(plant(site.district.folder / "data")))
        release_by_hand(site.program, "test", "lea")
        yield site


def find_links(client: httpx.Client) -> dict[str, str]:
    """The pages that a person may open, by the student's id."""
    found = {}
    for link in re.findall(r'href="(/students/[^"]+)"', client.get("/students").text):
        page = client.get(link).text
        found[re.findall(r"student ID (\d{7})", page)[0]] = link
    return found


def list_views(site: Site) -> list[str]:
    with site.program.installation.reading() as session:
        return list(session.scalars(select(Disclosure.student_id).where(Disclosure.kind == "staag-view")))


def test_nothing_of_a_category_that_is_not_granted_reaches_the_browser(glance_home: Site) -> None:
    client = glance_home.log_in("par")
    links = find_links(client)
    assert {"1000005", "1000006"} <= set(links)
    assert "1000003" not in links
    page = client.get(links["1000005"])
    sent = page.content + str(page.headers).encode()
    told = {category for category, (_, canary) in CANARIES.items() if canary.encode() in sent}
    assert told == {"attendance", "assessment"}
    assert [word for word in BLOCKED if word.encode() in sent] == []
    assert b"Esther" in sent
    other = client.get(links["1000006"]).text
    assert '<h2 id="attendance">' not in other
    assert '<h2 id="discipline">' in other


def test_each_view_is_a_disclosure_with_its_grant(glance_home: Site) -> None:
    client = glance_home.log_in("par")
    links = find_links(client)
    before = list_views(glance_home)
    assert client.get(links["1000005"]).status_code == 200
    assert list_views(glance_home)[len(before) :] == ["1000005"]
    with glance_home.program.installation.reading() as session:
        shown = session.scalars(select(Disclosure).where(Disclosure.kind == "staag-view")).all()[-1]
    assert (shown.recipient, shown.content["people"]) == ("Rainier Youth Partners", ["par"])
    assert set(shown.categories) == {"attendance", "assessment"}
    assert glance_home.district.expect("ledger", "verify")["whole"]


def test_anothers_student_and_no_student_are_the_same_bytes_and_no_view(glance_home: Site) -> None:
    client = glance_home.log_in("par")
    before = list_views(glance_home)
    others = glance_home.district.expect("access", "green")[0]["grant_id"]
    answers = [client.get(f"/students/{name}") for name in (others, "grant-0000000000000000")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert list_views(glance_home) == before
    assert [glance_home.log_in(name).get("/students").status_code for name in ("ana", "lea", "aud", "adm")] == [403] * 4


@pytest.fixture
def own_site(glance_home: Site, tmp_path: Path) -> Iterator[Site]:
    with serve_copy(glance_home.district.folder, tmp_path) as site:
        yield site


def test_a_revocation_the_end_of_the_agreement_and_a_freeze_close_the_page(own_site: Site) -> None:
    client = own_site.log_in("par")
    links = find_links(client)
    own_site.district.expect("exports", "freeze", "--reason", "restored", "--as", "lea")
    assert client.get(links["1000006"]).status_code == 409
    own_site.district.expect("exports", "release", "--reason", "checked", "--as", "lea")
    assert client.get(links["1000006"]).status_code == 200
    revoke = ("revoke", "--student", "1000005", "--partner", "rainier", "--on", "2024-10-01")
    own_site.district.expect(*revoke, "--reason", "asked", "--as", "ana")
    assert client.get(links["1000005"]).status_code == 404
    ended = ("--kind", "nua", *YEAR, "--status", "ended", "--on", "2024-10-01")
    own_site.district.expect("partner", "agreement", "rainier", *ended)
    assert client.get(links["1000006"]).status_code == 404
    page = client.get("/students").text
    assert "network use agreement" in page
    assert "/students/grant-" not in page


def test_a_grant_that_the_partner_was_not_told_of_is_not_there(own_site: Site) -> None:
    client = own_site.log_in("par")
    untold = grant(own_site.district, "1000002")
    assert untold in {row["grant_id"] for row in own_site.district.expect("access", "rainier")}
    assert untold not in client.get("/students").text
    assert client.get(f"/students/{untold}").status_code == 404


def test_the_page_is_readable_by_machines_and_has_nothing_inline(glance_home: Site, browser: Browser) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(base_url=glance_home.url)
    page.goto("/login")
    page.fill("input[name=username]", "par")
    page.fill("input[name=password]", "a long enough password")
    page.click("main button")
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    for link in ["/students", *find_links(glance_home.log_in("par")).values()]:
        page.goto(link)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert trouble == []
    page.close()


def test_a_load_lists_every_fault_and_keeps_nothing(glance_home: Site, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "data")
    (folder / "map.csv").unlink()
    found = glance_home.district.call("staag", "load", "--data", str(folder))
    assert (found.code, "map.csv: no such file" in found.err) == (2, True)
    assert date(2024, 10, 1) == glance_home.program.read_clock().today
