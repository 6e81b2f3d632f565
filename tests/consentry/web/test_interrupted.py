"""When something comes between: a session that ends, another tab or person, a key pressed twice, the way back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import delete

from consentry.accounts import Role, list_accounts
from consentry.desk.claims import take_over_case
from consentry.web.people import find_page_before
from store.desk_tables import WebSession
from tests.consentry.web.conftest import PASSWORD, Site
from tests.consentry.web.test_pages import enter

TWO_PRESSES = """() => {
  for (let n = 0; n < 2; n++) document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
}"""


def end_all_sessions(site: Site) -> None:
    with site.program.installation.sessions.begin() as session:
        session.execute(delete(WebSession))


def log_in_again(page: Page, name: str) -> None:
    page.fill("#username", name)
    page.fill("#password", PASSWORD)
    with page.expect_navigation(url="**/*"):
        page.keyboard.press("Enter")


def test_a_session_that_ends_in_a_decision_comes_back_to_the_case(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}?mine=true")
    end_all_sessions(site)
    page.keyboard.press("1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "your session has ended, and nothing of this was done" in page.content()
    assert site.access == set()
    page.click("main a:text('Log in')")
    log_in_again(page, "ana")
    assert page.url == f"{site.url}/cases/{site.cases[0]}?mine=true"
    end_all_sessions(site)
    page.goto(f"{site.url}/week?days=14")
    log_in_again(page, "ana")
    assert page.url == f"{site.url}/week?days=14"
    page.goto(f"{site.url}/login")
    log_in_again(page, "ana")
    assert page.url == f"{site.url}/queue", "once is enough"


@pytest.mark.parametrize("path", [None, "", "//evil.example/a", "/\\evil.example", "https://evil.example/", "/a\r\nb"])
def test_a_log_in_leads_to_no_other_site(path: str | None) -> None:
    assert find_page_before(path) == "/"


def test_a_page_of_an_earlier_log_in_says_so_and_is_loaded_again(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    end_all_sessions(site)
    other = page.context.new_page()
    other.goto(f"{site.url}/login")
    log_in_again(other, "ana")
    page.evaluate("beat()")
    assert "Your session has ended" in page.locator("#claim").inner_text()
    page.keyboard.press("1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "you have logged in anew since that page was opened" in page.content()
    with page.expect_navigation():
        page.keyboard.press("b")
    page.keyboard.press("1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert site.access == {"1000001"}


def test_a_script_is_told_the_same_in_its_persons_language(site: Site) -> None:
    client = site.log_in("par")
    token = site.find_token(client, "/me")
    client.post("/me/settings", data={"form_token": token, "language": "es"})
    old = client.post("/uploads", json={"files": []}, headers={"x-form-token": "of another session"})
    assert (old.status_code, old.json()["words"][:22]) == (403, "usted ha entrado de nu")
    none = client.post("/uploads", json={"files": []})
    assert (none.status_code, none.json()["words"]) == (403, "esta página no es para su función")


def test_who_loses_a_case_or_decides_it_in_another_tab_is_told_on_the_page(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    page.evaluate("beat()")
    assert not page.locator("#claim").is_visible()
    take_over_case(site.program, site.cases[0], "lea", "ana is ill")
    page.evaluate("beat()")
    assert "Somebody else has taken this case over" in page.locator("#claim").inner_text()
    page.goto(f"{site.url}/cases/{site.cases[1]}")
    other = page.context.new_page()
    other.goto(page.url)
    other.keyboard.press("0")
    with other.expect_navigation():
        other.keyboard.press("Enter")
    page.evaluate("beat()")
    assert "or it is decided" in page.locator("#claim").inner_text()
    page.keyboard.press("1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "is decided already" in page.content() or "has changed since" in page.content()
    assert site.access == set()


def test_people_are_called_by_their_full_names_where_they_work_and_found_by_them(site: Site) -> None:
    admin = site.log_in("adm")
    (account,) = [one for one in list_accounts(site.program, [Role.STAFF]) if one.name == "ana"]
    call = {"form_token": site.find_token(admin, "/accounts"), "step": "call", "full_name": "Ana Lucía Prieto"}
    assert admin.post(f"/accounts/{account.account_id}", data=call).status_code == 303
    assert site.log_in("ana").get(f"/cases/{site.cases[0]}").status_code == 200
    lead = site.log_in("lea")
    assert "<td>Ana Lucía Prieto</td>" in lead.get("/queue").text
    assert "Ana Lucía Prieto works on this case" in lead.get(f"/cases/{site.cases[0]}").text
    done = site.district.call("queue", "decide", site.cases[1], "--action", "return", "--reason", "x", "--as", "ana")
    assert done.code == 0
    assert "Decided by Ana Lucía Prieto" in lead.get(f"/cases/{site.cases[1]}").text
    for text in ("prieto", "ANA", "ana"):
        assert "return by ana on 2024-10-01" in site.log_in("aud").get(f"/trace?kind=person&text={text}").text


def test_a_key_pressed_twice_decides_one_case(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    page.keyboard.press("0")
    with page.expect_navigation():
        page.evaluate(TWO_PRESSES)
    assert "That was not done" not in page.content()
    assert len(site.open_cases) == 2
    page.go_back()
    assert "Decided by ana: returned." in page.content()
    assert page.locator("button[value=accept]").count() == 0


def test_enter_in_blind_keying_goes_from_field_to_field(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ben")
    page.goto(f"{site.url}/keying/blind-of-the-test")
    for value in ("Dmitri", "Volkov", "1000004"):
        page.keyboard.type(value)
        page.keyboard.press("Enter")
    assert page.url.endswith("blind-of-the-test")
    page.keyboard.type("1/17/2010")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert site.find_task().state == "agrees"
