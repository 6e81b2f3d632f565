"""A principal's pages: a list typed or sent under their own name, for their school alone; confirmed each term, or taken off."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from consentry.accounts import Role, list_accounts
from consentry.pipeline.list_schools import Designee, DesigneeRole, DesigneeStatus, record_designee
from consentry.program import Program
from consentry.settings import Settings
from store.tables import Submission
from tests.consentry.conftest import CHILDREN
from tests.consentry.web.conftest import SCHOOL, Site
from tests.consentry.web.test_pages import enter, find_violations


def type_rows(site: Site, client: httpx.Client, *numbers: str, **changes: str) -> httpx.Response:
    """Types a list of these children."""
    children = [CHILDREN[number] for number in numbers]
    form: dict[str, Any] = {
        "form_token": site.find_token(client, "/lists/send"),
        "partner": "rainier",
        "school": SCHOOL,
        "last": [child[1] for child in children],
        "first": [child[0] for child in children],
        "middle": ["" for _ in children],
        "birth_date": [child[2] for child in children],
        "student_id": list(numbers),
        "grade": ["5" for _ in children],
        **changes,
    }
    return client.post("/lists/typed", data=form, headers={"accept": "text/html"})


def list_rights(site: Site) -> set[str]:
    return {row["student_id"] for row in site.district.expect("access", "rainier") if row["basis"] == "IS_LIST"}


def confirm(site: Site, client: httpx.Client, **more: Any) -> int:
    form = {"partner": "rainier", "school": SCHOOL, "school_year": "2024-25", **more}
    form["form_token"] = site.find_token(client, "/lists")
    return client.post("/lists/confirmations", data=form).status_code


@pytest.fixture
def listed(site: Site) -> Site:
    """A school has listed two of its students, and one of another school."""
    answer = type_rows(site, site.log_in("sch"), "1000002", "1000005", "1000006", as_it_is="true")
    assert answer.status_code == 303, answer.text
    site.district.expect("work", "--drain")
    return site


def test_a_list_is_sent_under_the_persons_own_name_for_their_school_alone(listed: Site) -> None:
    assert list_rights(listed) == {"1000002", "1000005"}
    with listed.program.installation.reading() as session:
        sent = session.scalars(select(Submission).where(Submission.basis == "IS_LIST")).one()
    assert sent.submitted_by == "sch"
    client = listed.log_in("sch")
    page = client.get("/lists").text
    assert "Bruno Castellanos" in page and "Esther Nakamura" in page
    assert "Confirmed for" in page
    assert "Felix" not in page, "of another school"
    assert client.get(f"/lists/sent/{sent.submission_id}").status_code == 200
    partner = listed.log_in("par")
    assert sent.submission_id not in partner.get("/submissions").text
    assert "Felix" not in partner.get("/left-to-do").text, "a school's list names children to no partner"
    assert partner.get(f"/submissions/{sent.submission_id}").status_code == 404
    assert client.get(f"/lists/sent/{listed.mine}").status_code == 404
    assert listed.district.expect("ledger", "verify")["whole"]


def test_people_of_a_school_are_called_by_their_full_names(listed: Site) -> None:
    admin = listed.log_in("adm")
    ids = {account.name: account.account_id for account in list_accounts(listed.program, [Role.SCHOOL])}
    call = {"form_token": listed.find_token(admin, "/accounts"), "step": "call"}
    assert admin.post(f"/accounts/{ids['sch']}", data={**call, "full_name": "x" * 121}).status_code == 409
    assert admin.post(f"/accounts/{ids['sch']}", data={**call, "full_name": "  Dr. Rosa  Delgado "}).status_code == 303
    page = listed.log_in("sch").get("/lists").text
    assert page.count("Dr. Rosa Delgado") == 4, "in the bar, beside both students, and as who confirmed"
    assert "Dr. Rosa Delgado <small>sch</small>" in listed.log_in("lea").get("/schools").text
    assert listed.district.expect("ledger", "verify")["whole"]


def test_a_list_for_another_school_or_partner_is_refused(site: Site) -> None:
    client = site.log_in("sch")
    assert type_rows(site, client, "1000006", school="Harbor View Middle School").status_code == 409
    assert type_rows(site, client, "1000005", partner="green").status_code == 409
    token = site.find_token(client, "/lists/send")
    announced = {"files": [{"name": "a.xlsx", "size": 9, "kind": "list"}], "partner": "rainier"}
    for school, status in {"Harbor View Middle School": 409, SCHOOL: 201}.items():
        body = {**announced, "school": school}
        assert client.post("/lists/uploads", json=body, headers={"x-form-token": token}).status_code == status
    with site.program.installation.reading() as session:
        assert session.scalars(select(Submission).where(Submission.basis == "IS_LIST")).all() == []


def test_faults_are_told_before_anything_is_sent(site: Site) -> None:
    answer = type_rows(site, site.log_in("sch"), "1000005", birth_date="the day before")
    assert answer.status_code == 200
    assert "The birth date in row 2 can&#39;t be read" in answer.text
    assert 'value="Nakamura"' in answer.text, "what was typed stays"
    with site.program.installation.reading() as session:
        assert session.scalars(select(Submission).where(Submission.basis == "IS_LIST")).all() == []


def test_whoever_is_taken_off_leaves_and_the_rest_is_confirmed_for_the_term(listed: Site) -> None:
    client = listed.log_in("sch")
    grants = {row["student_id"]: row["grant_id"] for row in listed.district.expect("access", "rainier")}
    others = next(grant for student, grant in grants.items() if student not in ("1000002", "1000005"))
    assert confirm(listed, client, school="Harbor View Middle School") == 409
    assert confirm(listed, client, taken_off=[grants["1000002"], others]) == 303
    assert list_rights(listed) == {"1000005"}
    assert others in {row["grant_id"] for row in listed.district.expect("access", "rainier")}, "a consent isn't theirs"


def test_a_list_that_nobody_confirms_ends_and_comes_back_once_it_is(listed: Site) -> None:
    later = date(2025, 3, 3)
    shown = listed.district.call("access", "rainier", "--on", later.isoformat()).out
    assert [row for row in shown if row["basis"] == "IS_LIST"] == []
    page = listed.log_in("sch").get("/lists").text
    assert "the partner may view" in page
    program = Program.open(Settings(home=listed.district.home, today=later))
    from consentry.intake.held_enrollment import HeldEnrollment
    from consentry.program_year.school_lists import list_school_lists

    (stale,) = list_school_lists(program, HeldEnrollment(program.installation), [SCHOOL])
    assert (stale.is_for_this_term, [right.stands for right in stale.rights]) == (False, [False, False])
    program.installation.engine.dispose()


def test_who_is_not_on_record_sends_nothing(site: Site) -> None:
    record_designee(
        site.program,
        Designee("sch", DesigneeRole.PRINCIPAL, SCHOOL, "2024-25"),
        DesigneeStatus.ENDED,
        date(2024, 10, 1),
        "lea",
    )
    client = site.log_in("sch")
    assert "You are not on record" in client.get("/lists/send").text
    assert type_rows(site, client, "1000005").status_code == 409


def test_a_lead_puts_somebody_on_record_and_sees_how_lists_stand(listed: Site) -> None:
    lead = listed.log_in("lea")
    form = {
        "name": "ken.li",
        "school": "Harbor View Middle School",
        "school_year": "2024-25",
        "role": "designee",
        "status": "active",
        "on": "2024-10-01",
        "form_token": listed.find_token(lead, "/schools"),
    }
    assert lead.post("/schools/designees", data=form).status_code == 303
    page = lead.get("/schools").text
    assert all(told in page for told in ("ken.li", "Rainier Youth Partners", "sch"))
    assert not any(name in page for name in ("Nakamura", "Castellanos")), "students are counted, not named"


def test_a_file_is_sent_from_the_page_by_a_principal(browser: Browser, site: Site, tmp_path: Path) -> None:
    page = enter(browser, site, "sch")
    page.goto(f"{site.url}/lists/send")
    page.set_input_files("#files", site.district.write_list("1000005", name="ours.xlsx"))
    with page.expect_navigation(url="**/lists/sent/**"):
        page.click("#go")
    assert "Esther Nakamura" in page.content()
    assert find_violations(page, dark=False) == []
    site.district.expect("work", "--drain")
    page.goto(f"{site.url}/lists")
    assert "Esther Nakamura" in page.content()
    assert find_violations(page, dark=False) == []
