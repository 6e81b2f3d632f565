"""An auditor's pages: what search finds, the chain with its proofs, a bundle verified without the program; the lead's."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from store.desk_tables import PageView
from store.verify_bundle import check_bundle, read_pin
from tests.consentry.web.conftest import Site


@pytest.fixture
def auditor(shared_site: Site) -> httpx.Client:
    return shared_site.log_in("aud")


def list_views(site: Site, page: str) -> list[PageView]:
    with site.program.installation.reading() as session:
        return list(session.scalars(select(PageView).where(PageView.page == page).order_by(PageView.at)))


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("student", "dmitri vol", "/trace/student/1000004"),
        ("student", "1/17/2010", "/trace/student/1000004"),
        ("form", "d.png", "/trace/form/form-"),
        ("grant", "rainier", "/trace/grant/grant-"),
        ("person", "rules", "/trace/form/form-"),
        ("day", "2024-10-01", "/trace/form/form-"),
    ],
)
def test_search_finds_by(shared_site: Site, auditor: httpx.Client, kind: str, text: str, found: str) -> None:
    if kind == "person":
        text = find_actor(shared_site)
    page = auditor.get("/trace", params={"kind": kind, "text": text}).text
    assert found in page


def find_actor(site: Site) -> str:
    form = site.find_task().form_id
    return str(site.district.expect("trace", "--form", form)["forms"][0]["decisions"][0]["actor"])


def test_a_search_that_shows_a_student_is_recorded(shared_site: Site, auditor: httpx.Client) -> None:
    before = len(list_views(shared_site, "trace search"))
    auditor.get("/trace", params={"kind": "student", "text": "volkov"})
    views = list_views(shared_site, "trace search")
    assert len(views) == before + 1
    assert views[-1].student_ids == ["1000004"]


def test_the_chain_goes_from_the_grant_to_ink_and_ledger(shared_site: Site, auditor: httpx.Client) -> None:
    task = shared_site.find_task()
    page = auditor.get(f"/trace/grant/{task.grant_id}").text
    for part in ("Rainier Youth Partners", "Dmitri", task.form_id, "first name agrees", "granted", "holds, "):
        assert part in page
    assert "does not hold" not in page
    policy = shared_site.district.expect("policy", "show")["sha256"]
    assert policy in page
    assert page.count('class="spot boxed"') > 10
    assert list_views(shared_site, "trace")[-1].student_ids == ["1000004"]


def test_what_is_not_there_is_not_found(auditor: httpx.Client) -> None:
    for path in ("/trace/grant/grant-0", "/trace/form/form-0", "/trace/student/1000003", "/trace/other/x"):
        answers = [auditor.get(path + suffix) for suffix in ("", "/bundle.zip")]
        assert [answer.status_code for answer in answers] == [404, 404]


def test_the_bundle_is_verified_without_the_program(shared_site: Site, auditor: httpx.Client, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    shared_site.district.expect("ledger", "head", "--out", str(head))
    answer = auditor.get(f"/trace/grant/{shared_site.find_task().grant_id}/bundle.zip")
    assert answer.headers["content-type"] == "application/zip"
    file = tmp_path / "trace.zip"
    file.write_bytes(answer.content)
    findings = check_bundle(str(file), read_pin(str(head), None, None))
    assert findings.wrong == []
    assert findings.proven


def test_a_lead_records_steps_and_verdicts_and_sets_the_policy(site: Site) -> None:
    lead = site.log_in("lea")
    token = site.find_token(lead, "/queue")
    year = {"form_token": token, "school_year": "2024-25", "kind": "nua"}
    step = {**year, "status": "submitted", "on": "2024-09-20", "reason": "came by mail"}
    assert lead.post("/partners/rainier/steps", data=step).status_code == 303
    page = lead.get("/partners").text
    assert "submitted 11 days ago" in page
    assert (
        lead.post("/partners/rainier/verdicts", data={**year, "department": "x", "verdict": "approve"}).status_code
        == 409
    )
    tried = lead.get("/policy", params={"accept": 0.99}).text
    assert "past forms" in tried
    token_of_policy = {"form_token": token, "reason": "to try", "accept": "0.9999999"}
    assert lead.post("/policy", data=token_of_policy).status_code == 303
    assert site.district.expect("policy", "show")["set_by"] == "lea"
    loose = lead.post("/policy", data={**token_of_policy, "accept": "0.6"})
    assert (loose.status_code, "looser than allowed" in loose.text) == (409, True)


def test_the_week_counts_what_came_and_what_was_decided(shared_site: Site) -> None:
    page = shared_site.log_in("lea").get("/week").text
    assert "25.0%" in page, "one of four forms was settled by the rules"
    assert '<rect class="series0"' in page
    assert "1 grants drawn" in page
