"""The queue and a submission's results keep up to date by themselves: in place, if wanted, not beyond the session."""

from __future__ import annotations

from playwright.sync_api import Browser

from consentry.telling.telling_partners import release_by_hand
from tests.consentry.web.conftest import Site
from tests.consentry.web.test_interrupted import end_all_sessions, log_in_again
from tests.consentry.web.test_pages import enter


def test_the_queue_shows_what_others_do_without_being_loaded_again(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.evaluate("window.loaded = true")
    page.select_option("select[name=age]", "late")
    page.focus("text=Begin with the oldest")
    other = site.log_in("lea")
    assert other.get(f"/cases/{site.cases[0]}").status_code == 200
    page.evaluate("refresh()")
    page.wait_for_selector("td:text-is('lea')")
    assert page.evaluate("document.activeElement.textContent").startswith("Begin with the oldest")
    for case_id in site.cases:
        site.district.call("queue", "decide", case_id, "--action", "return", "--reason", "x", "--as", "lea")
    page.uncheck("#fresh")
    page.evaluate("refresh()")
    page.wait_for_timeout(300)
    assert page.locator("#board tbody tr").count() == 3, "who wants it to stay as it is keeps it"
    page.check("#fresh")
    page.wait_for_selector("text=Nothing waits. Well done.")
    assert page.locator("#open").inner_text() == "0 open"
    assert "3 decided today" in page.locator("#counts").inner_text()
    assert page.input_value("select[name=age]") == "late", "what was chosen stays"
    assert page.evaluate("window.loaded")


def test_a_page_that_outlives_its_session_goes_to_the_log_in_and_comes_back(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/queue?partner=rainier")
    end_all_sessions(site)
    with page.expect_navigation(url="**/login"):
        page.evaluate("refresh()")
    log_in_again(page, "ana")
    assert page.url == f"{site.url}/queue?partner=rainier"


def test_a_partner_sees_results_come_in(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "par", width=390)
    page.goto(f"{site.url}/submissions/{site.mine}")
    for case_id in site.cases:
        site.district.call("queue", "decide", case_id, "--action", "return", "--reason", "ILLEGIBLE", "--as", "lea")
    release_by_hand(site.program, "the day's answers", "lea")
    assert page.locator("text=to mend").count() == 0
    page.evaluate("refresh()")
    page.wait_for_selector("#results td span:text-is('to mend')")
