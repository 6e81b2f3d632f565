#!/usr/bin/env python3
"""Draws the pictures of pages that README and docs show, from a copy of a demo's home, in the tests' browser.

consentry --home consentry-demo demo && python tools/draw_screens.py consentry-demo
"""

from __future__ import annotations

import io
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from consentry.accounts import NewAccount, Role, add_account
from consentry.program import Program
from consentry.settings import Settings
from consentry.telling.telling_partners import release_by_hand
from consentry.web.app import make_app
from store.tables import Case, Form, Grant, Submission

SCREENS = Path(__file__).parents[1] / "docs" / "screens"
TODAY = date(2024, 10, 1)
PASSWORD = "of the pictures alone"  # noqa: S105 - of a copy that is thrown away
WIDTH, COLOURS = 1000, 96


def draw(home: Path) -> None:
    """Draws all of them."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "home"
        shutil.copytree(home, copy)
        program = Program.open(Settings(home=copy, today=TODAY))
        for role in (Role.STAFF, Role.AUDITOR, Role.PARTNER):
            partner = "rainier" if role is Role.PARTNER else None
            add_account(program, NewAccount(f"{role}-of-pictures", role, partner, PASSWORD), "program")
        release_by_hand(program, "pictures", "program")
        with program.installation.reading() as session:
            twins = session.scalars(
                select(Case.case_id).join(Form, Form.form_id == Case.form_id).where(Case.state == "open")
            ).all()
            case = next(each for each in twins if "TWIN_OR_SIBLING" in session.get_one(Case, each).reasons)
            submission = session.scalars(select(Submission.submission_id)).first()
            grant = session.scalars(select(Grant.grant_id).order_by(Grant.grant_id)).first()
        with _serve(program) as url, sync_playwright() as engine:
            browser = engine.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            staff = _enter(browser, url, Role.STAFF)
            _take(staff, f"{url}/queue", "queue")
            _take(staff, f"{url}/cases/{case}", "case", opened="details >> nth=0")
            partner = _enter(browser, url, Role.PARTNER)
            _take(partner, f"{url}/submissions/{submission}", "partner")
            partner.goto(f"{url}/students")
            student = partner.locator("main td a").first.get_attribute("href")
            _take(partner, f"{url}{student}", "glance")
            _take(_enter(browser, url, Role.AUDITOR), f"{url}/trace/grant/{grant}", "trace")
            browser.close()


def _take(page: Page, address: str, name: str, opened: str = "") -> None:
    page.goto(address, wait_until="networkidle")
    if opened:
        page.locator(opened).evaluate("details => (details.open = true)")
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        small = shot.convert("RGB").resize((WIDTH, shot.height * WIDTH // shot.width), Image.Resampling.LANCZOS)
        small.quantize(COLOURS, dither=Image.Dither.NONE).save(SCREENS / f"{name}.png", optimize=True)


def _enter(browser: Browser, url: str, role: Role) -> Page:
    page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}/login")
    page.fill("#username", f"{role}-of-pictures")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address)
    return page


@contextmanager
def _serve(program: Program) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(make_app(program), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
