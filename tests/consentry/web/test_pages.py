"""The pages in a real browser: by keys alone, seen by axe, light and dark, at a phone's width; few keys, light pages."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from tests.consentry.web.conftest import PASSWORD, Site


def enter(browser: Browser, site: Site, name: str, width: int = 1280, dark: bool = False) -> Page:
    scheme = "dark" if dark else "light"
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{site.url}/login")
    page.fill("#username", name)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    return page


def find_violations(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("dark", [False, True])
def test_no_page_has_a_barrier_or_an_error(browser: Browser, shared_site: Site, dark: bool) -> None:
    walks = {
        "ana": ["/queue", f"/cases/{shared_site.cases[0]}", "/nowhere"],
        "par": ["/submissions", f"/submissions/{shared_site.mine}"],
        "adm": ["/accounts"],
    }
    troubles: list[str] = []

    def note(error: Error) -> None:
        troubles.append(str(error))

    def note_policy(told: ConsoleMessage) -> None:
        troubles.extend([told.text] if "Security Policy" in told.text else [])

    for name, paths in walks.items():
        page = enter(browser, shared_site, name, width=390 if name == "par" else 1280, dark=dark)
        page.on("pageerror", note)
        page.on("console", note_policy)
        for path in paths:
            page.goto(shared_site.url + path)
            troubles += [f"{path}: {found}" for found in find_violations(page)]
            wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            troubles += [f"{path}: scrolls sideways"] if wide else []
    assert troubles == []


def test_a_field_is_mended_and_the_case_accepted_with_few_keys(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    pressed = 0
    page.keyboard.press("/")
    pressed += 1
    page.keyboard.type("3/4/2012")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    pressed += 1
    assert page.locator("text=keyed: 2012-03-04").count() == 1
    assert page.locator("input[name=student]").first.get_attribute("value") == "1000001"
    if not page.locator("input[name=student]:checked").count():
        page.keyboard.press("1")
        pressed += 1
    with page.expect_navigation():
        page.keyboard.press("Enter")
    pressed += 1
    assert pressed <= 4
    assert site.cases[0] not in [case["case_id"] for case in site.district.expect("queue", "list")]
    assert [row["student_id"] for row in site.district.expect("access", "rainier")] == ["1000001"]
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    with page.expect_navigation():
        page.keyboard.press("u")
    assert site.district.expect("access", "rainier") == []
    assert site.cases[0] in [case["case_id"] for case in site.district.expect("queue", "list")]


def test_nothing_is_accepted_where_no_child_is_chosen(browser: Browser, site: Site) -> None:
    page = enter(browser, site, "ana")
    page.goto(f"{site.url}/cases/{site.cases[0]}")
    page.evaluate("document.querySelectorAll('input[name=student]').forEach((input) => (input.checked = false))")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "choose the child first" in page.content()
    assert site.district.expect("access", "rainier") == []


def test_focusing_a_field_outlines_it_and_zooms_there(browser: Browser, shared_site: Site) -> None:
    page = enter(browser, shared_site, "ana")
    page.goto(f"{shared_site.url}/cases/{shared_site.cases[0]}")
    whole = page.locator("#page").get_attribute("viewBox")
    page.locator("tr[data-box]").first.focus()
    assert page.locator("#page").get_attribute("viewBox") != whole
    assert int(page.locator("#outline").get_attribute("width") or 0) > 20


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


def test_a_page_is_light_without_the_scan(browser: Browser, shared_site: Site) -> None:
    page = enter(browser, shared_site, "ana")
    sizes: list[int] = []
    page.on("response", lambda got: sizes.append(len(got.body())) if "/forms/" not in got.url and got.ok else None)
    page.goto(f"{shared_site.url}/cases/{shared_site.cases[0]}", wait_until="networkidle")
    assert 5_000 < sum(sizes) < 300_000
