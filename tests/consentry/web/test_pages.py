"""The pages in a real browser: by keys alone, seen by axe, light and dark, at a phone's width; few keys, light pages."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from tests.consentry.web.conftest import PASSWORD, Site


class Keyboard:
    """Presses keys and counts them; typing a value counts as nothing."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, key: str, goes_on: bool = False) -> None:
        self.pressed += 1
        if not goes_on:
            self.page.keyboard.press(key)
            return
        with self.page.expect_navigation():
            self.page.keyboard.press(key)


def enter(browser: Browser, site: Site, name: str, width: int = 1280, dark: bool = False, height: int = 900) -> Page:
    """A page of somebody who has logged in; at the first page of their role."""
    cookie = site.log_in(name).cookies["consentry_session"]
    scheme = "dark" if dark else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(90_000)
    context.add_cookies([{"name": "consentry_session", "value": cookie, "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/")
    return page


def find_violations(page: Page, dark: bool) -> list[str]:
    """Barriers that axe sees; in the dark only colours are asked about, all else is as by day."""
    options = {"runOnly": ["color-contrast"]} if dark else None
    return [found["id"] for found in Axe().run(page, options=options).response["violations"]]


def test_the_log_in_page_has_no_barrier_and_lets_in_by_keys(browser: Browser, shared_site: Site) -> None:
    page = browser.new_context().new_page()
    page.set_default_timeout(90_000)
    page.goto(f"{shared_site.url}/login")
    assert find_violations(page, dark=False) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("ana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")


def list_walks(site: Site) -> dict[str, list[str]]:
    """Every page of each role."""
    first, third = site.cases[0], site.cases[2]
    return {
        "ana": [
            "/queue",
            "/queue?mine=true&age=late",
            f"/cases/{first}?find=bruno",
            f"/cases/{third}",
            "/batches",
            "/batches/batch-of-the-test",
            "/keying",
            "/keying/blind-of-the-test",
            "/me",
            "/nowhere",
        ],
        "lea": [
            "/week?days=14",
            "/partners",
            "/partners/rainier",
            "/schools",
            "/policy?accept=0.99",
            "/accounts",
            "/me/code",
        ],
        "aud": [f"/cases/{third}", "/trace?kind=student&text=dmitri", f"/trace/grant/{site.find_task().grant_id}"],
        "par": ["/submissions", f"/submissions/{site.mine}", "/students", "/left-to-do", "/send", "/me"],
        "sch": ["/lists", "/lists/send", "/me"],
        "adm": ["/accounts"],
    }


@pytest.mark.parametrize("dark", [False, True])
def test_no_page_has_a_barrier_or_an_error(browser: Browser, shared_site: Site, dark: bool) -> None:
    troubles: list[str] = []

    def note(error: Error) -> None:
        troubles.append(str(error))

    def note_policy(told: ConsoleMessage) -> None:
        troubles.extend([told.text] if "Security Policy" in told.text else [])

    for name, paths in list_walks(shared_site).items():
        page = enter(browser, shared_site, name, width=390 if name in ("par", "sch") else 1280, dark=dark)
        page.on("pageerror", note)
        page.on("console", note_policy)
        for path in paths:
            page.goto(shared_site.url + path)
            page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
            troubles += [f"{path}: {found}" for found in find_violations(page, dark)]
            wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            troubles += [f"{path}: scrolls sideways"] if wide else []
        page.context.close()
    assert troubles == []


def test_at_double_size_nothing_scrolls_sideways(browser: Browser, shared_site: Site) -> None:
    troubles = []
    for name, paths in list_walks(shared_site).items():
        page = enter(browser, shared_site, name, width=640, height=450)
        for path in paths:
            page.goto(shared_site.url + path)
            wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            troubles += [path] if wide else []
        page.context.close()
    assert troubles == []


def test_a_plain_case_takes_one_key(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[2]}")
    page.keyboard.type("9/25/2012")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("input[name=student]:checked").get_attribute("value") == "1000006"
    keyboard = Keyboard(page)
    keyboard.press("Enter", goes_on=True)
    assert keyboard.pressed == 1
    assert site.access == {"1000006"}


def test_a_field_is_mended_and_the_case_accepted_with_three_keys(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    keyboard = Keyboard(page)
    keyboard.press("k")
    page.keyboard.type("3/4/2012")
    keyboard.press("Enter", goes_on=True)
    assert page.locator("text=keyed: 2012-03-04").count() == 1
    if not page.locator("input[name=student]:checked").count():
        page.keyboard.press("1")
    keyboard.press("Enter", goes_on=True)
    assert keyboard.pressed <= 3
    assert site.cases[0] not in site.open_cases
    assert site.access == {"1000001"}
    with page.expect_navigation():
        page.keyboard.press("u")
    assert site.access == set()
    assert site.cases[0] in site.open_cases
    assert page.url.endswith(site.cases[0])


def test_where_one_field_decides_it_is_keyed_before_any_child_is_named(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[2]}")
    text = page.content()
    assert not any(told in text for told in ("Felix", "Lindqvist", "2012-09-2", "1000006"))
    assert page.locator("img.crop-alone").evaluate("image => image.complete && image.naturalWidth > 100")
    assert page.evaluate("document.activeElement.name") == "value"
    page.keyboard.type("9/25/2012")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Lindqvist" in page.content()
    assert "keyed: 2012-09-25" in page.content()
    second = enter(browser, site, "lea")
    second.goto(f"{site.url}/cases/{site.cases[2]}")
    assert "ana works on this case" in second.content()


def test_letters_that_differ_are_marked_and_evidence_is_drawn(browser: Browser, shared_site: Site) -> None:
    page = enter(browser, shared_site, "aud")
    page.goto(f"{shared_site.url}/cases/{shared_site.cases[2]}")
    born = page.locator("tr[data-field=birth_date] td")
    assert born.nth(1).inner_text() == "2012-09-26"
    assert born.nth(3).locator("mark").all_inner_texts() == ["5"]
    page.locator("summary", has_text="Evidence").first.click()
    assert page.locator(".waterfall .bar.for").count() >= 4
    starts = [float(bar.get_attribute("x") or "") for bar in page.locator(".waterfall .bar.for rect").all()]
    assert starts == sorted(starts)
    assert starts[0] == 0


def test_none_of_these_returns_the_form_with_the_neutral_code(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    page.keyboard.press("0")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    form = site.district.expect("queue", "show", site.cases[0])
    assert (form["state"], form["reasons"]) == ("returned", ["NOT_ENROLLED"])
    assert site.cases[1] in page.url


def test_a_form_is_returned_rejected_and_put_off_by_keys(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    page.keyboard.press("r")
    assert page.locator("input[value=ILLEGIBLE]").is_checked()
    with page.expect_navigation():
        page.click("text=Return and next")
    assert site.district.expect("queue", "show", site.cases[0])["reasons"] == ["ILLEGIBLE"]
    page.goto(f"{site.url}/cases/{site.cases[1]}")
    page.keyboard.press("d")
    page.keyboard.type("the family is asked")
    page.fill("input[name=until]", "2024-10-09")
    with page.expect_navigation():
        page.click("text=Put off and next")
    page.goto(f"{site.url}/queue")
    assert "put off to 2024-10-09" in page.content()
    page.goto(f"{site.url}/cases/{site.cases[1]}")
    page.keyboard.press("x")
    page.keyboard.type("sent by mistake")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert site.district.expect("queue", "show", site.cases[1])["state"] == "rejected"


def test_a_child_that_no_candidate_shows_is_found_and_needs_two(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    page.keyboard.press("/")
    page.keyboard.type("clara oyel")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("input[value='1000003']").check()
    with page.expect_navigation():
        page.click("button[value=accept]")
    assert site.access == set()
    second = enter(browser, site, "lea")
    second.goto(f"{site.url}/queue")
    assert "needs a second person" in second.content()
    second.goto(f"{site.url}/cases/{site.cases[0]}")
    assert not any(told in second.content() for told in ("Oyelaran", "ana (", "by ana", "1000003"))
    assert second.locator("input[name=student]:checked").count() == 0
    second.goto(f"{site.url}/cases/{site.cases[0]}?find=oyelaran")
    second.locator("input[value='1000003']").check()
    with second.expect_navigation():
        second.click("button[value=accept]")
    assert site.access == {"1000003"}


def test_many_are_accepted_at_once_by_two_people(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/batches")
    assert "No open case is so plain" in page.content()
    page.goto(f"{site.url}/cases/{site.cases[2]}")
    page.keyboard.type("9/25/2012")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{site.url}/batches")
    assert "Lindqvist" in page.content()
    assert page.locator("input[name=item]").count() == 1
    page.fill("input[name=reason]", "plain")
    with page.expect_navigation():
        page.click("text=Propose the ticked rows")
    assert "A second person has to confirm" in page.content()
    assert page.locator("text=Confirm all").count() == 0
    assert site.access == set()
    second = enter(browser, site, "lea")
    second.goto(page.url)
    with second.expect_navigation():
        second.click("text=Confirm all of these rows")
    assert site.access == {"1000006"}
    assert site.district.expect("ledger", "verify")["whole"]


def test_a_dropped_proposal_leaves_the_cases_as_they_were(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[2]}")
    page.keyboard.type("9/25/2012")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{site.url}/batches")
    page.fill("input[name=reason]", "plain")
    with page.expect_navigation():
        page.click("text=Propose the ticked rows")
    page.fill("input[name=reason]", "one of them looks odd")
    with page.expect_navigation():
        page.click("button:text('Drop')")
    page.goto(f"{site.url}/queue")
    assert "waits for another person" not in page.content()
    assert site.cases[2] in site.open_cases


def test_nothing_is_accepted_where_no_child_is_chosen(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    page.evaluate("document.querySelectorAll('input[name=student]').forEach((input) => (input.checked = false))")
    page.keyboard.press("Enter")
    told = page.evaluate("document.querySelector('input[name=student]').validationMessage")
    assert told == "choose the child first: keys 1 to 5, or 0 for none of these"
    assert page.url.endswith(site.cases[0])
    client = site.log_in("ana")
    said = {"form_token": site.find_token(client, f"/cases/{site.cases[0]}"), "action": "accept", "seen": "x"}
    assert client.post(f"/cases/{site.cases[0]}/decide", data=said).status_code == 409
    assert site.access == set()
    page.keyboard.press("1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert site.access == {"1000001"}


def test_focusing_a_field_outlines_it_and_the_page_focuses_the_field(browser: Browser, shared_site: Site) -> None:
    page = enter(browser, shared_site, "ana")
    page.goto(f"{shared_site.url}/cases/{shared_site.cases[0]}")
    whole = page.locator(".sheet").get_attribute("viewBox")
    page.locator("tr[data-field=school]").focus()
    assert page.locator(".sheet").get_attribute("viewBox") != whole
    assert page.locator(".looked-at").get_attribute("data-spot") == "school"
    assert page.locator("#field-to-key").input_value() == "school"
    page.locator("[data-zoom='1']").click()
    page.locator("[data-spot=grade]").click()
    assert page.evaluate("document.activeElement.dataset.field") == "grade"


def test_keys_are_listed_and_single_letters_can_be_switched_off(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    page.keyboard.press("?")
    assert page.locator("dialog#keys").is_visible()
    page.keyboard.press("Escape")
    page.goto(f"{site.url}/me")
    page.uncheck("input[name=letter_keys]")
    page.click("text=Save")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    for key in ("?", "r", "1", "/"):
        page.keyboard.press(key)
    assert not page.locator("dialog#keys").is_visible()
    assert page.locator(".answers details[open]").count() == 0
    page.click("text=Keys (?)")
    assert page.locator("dialog#keys").is_visible()


def test_a_case_held_by_somebody_else_says_so_and_is_taken_over(browser: Browser, site: Site) -> None:
    path = f"{site.url}/cases/{site.cases[0]}"
    enter(browser, site, "ana").goto(path)
    page = enter(browser, site, "lea")
    page.goto(path)
    assert "ana works on this case" in page.content()
    assert page.locator("button[value=accept]").count() == 0
    page.fill("form[action$=take-over] input[name=reason]", "ana is ill")
    with page.expect_navigation():
        page.click("text=Take over >> nth=-1")
    assert page.locator("button[value=accept]").count() == 1


def test_an_empty_queue_says_so_with_the_days_count(browser: Browser, site: Site) -> None:
    for case_id in site.cases:
        answer = site.district.call("queue", "decide", case_id, "--action", "return", "--reason", "x", "--as", "ana")
        assert answer.code == 0
    page = enter(browser, site, "ana")
    assert "Nothing waits" in page.content()
    assert "3 cases were decided today, 3 of them by you" in page.content()


def test_a_grant_is_keyed_blindly(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ben")
    page.goto(f"{site.url}/keying")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert not any(told in page.content() for told in ("Dmitri", "Volkov", "1000004", "grant-"))
    values = {"student_first": "Dmitri", "student_last": "Volkov", "student_id": "1000004", "birth_date": "1/17/2010"}
    for name, value in values.items():
        page.fill(f"#{name}", value)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert site.find_task().state == "agrees"


def test_a_page_is_light_without_the_scan(browser: Browser, shared_site: Site) -> None:
    page = enter(browser, shared_site, "ana")
    sizes: list[int] = []
    page.on("response", lambda got: sizes.append(len(got.body())) if "/page" not in got.url and got.ok else None)
    page.goto(f"{shared_site.url}/cases/{shared_site.cases[0]}", wait_until="networkidle")
    assert 5_000 < sum(sizes) < 300_000
