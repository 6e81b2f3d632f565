"""Doors beyond a password: one-time codes that are good once, and a log-in at a real OpenID Connect server; sweeps."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pyotp
import pytest
from sqlalchemy import func, select

from consentry.accounts import NewAccount, Role, add_account
from consentry.errors import CommandError
from consentry.settings import Settings
from consentry.web import rules
from consentry.web.app import make_app
from store.desk_tables import PageView
from tests.consentry.web.conftest import ACCOUNTS, PASSWORD, Site, serve_copy
from tests.consentry.web.test_doors import find_objects, list_routes


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def district_site(site_home: Path, tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Site]:
    named = {"oidc_issuer": provider, "oidc_client_id": "consentry", "oidc_client_secret": "not a secret"}
    with serve_copy(site_home, tmp_path_factory.mktemp("district"), **named) as site:
        add_account(
            site.program, NewAccount("dora", Role.STAFF, None, None, f"{provider} dora@district.example"), "adm"
        )
        yield site


def go_through(site: Site, who: str, client: httpx.Client | None = None) -> httpx.Response:
    """Walks the whole way to the provider and back as a browser would; returns our answer."""
    client = client or httpx.Client(base_url=site.url, timeout=30)
    there = client.get("/login/district").headers["location"]
    answered = httpx.post(there, data={"sub": who}, timeout=30)
    assert answered.status_code in (302, 303), answered.text
    return client.get(answered.headers["location"])


def test_whom_the_district_names_and_an_account_knows_comes_in(district_site: Site) -> None:
    client = httpx.Client(base_url=district_site.url, timeout=30)
    answer = go_through(district_site, "dora@district.example", client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/queue").status_code == 200
    assert "<bdi>dora</bdi> (staff)" in client.get("/queue").text
    page = httpx.get(f"{district_site.url}/login").text
    assert "/login/district" in page


def test_whom_no_account_knows_does_not(district_site: Site) -> None:
    answer = go_through(district_site, "eve@district.example")
    assert answer.status_code == 409
    assert "no account here does" in answer.text
    assert "set-cookie" not in answer.headers


def test_an_answer_is_good_once_in_the_browser_that_asked(district_site: Site) -> None:
    client = httpx.Client(base_url=district_site.url, timeout=30)
    there = client.get("/login/district").headers["location"]
    asked = parse_qs(urlsplit(there).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"][0] and asked["state"][0]
    back = httpx.post(there, data={"sub": "dora@district.example"}).headers["location"]
    stranger = httpx.Client(base_url=district_site.url, timeout=30)
    assert "begin again" in stranger.get(back).text
    assert "begin again" in client.get(back).text, "the state was used up by the stranger's try"
    assert "begin again" in client.get("/login/district/back?state=x&code=y").text


def test_a_forged_code_and_a_token_for_somebody_else_are_refused(district_site: Site, site_home: Path) -> None:
    client = httpx.Client(base_url=district_site.url, timeout=30)
    state = parse_qs(urlsplit(client.get("/login/district").headers["location"]).query)["state"][0]
    assert "could not be checked" in client.get(f"/login/district/back?state={state}&code=forged").text
    there = client.get("/login/district").headers["location"]
    other = re.sub("nonce=[^&]+", "nonce=another", there)
    back = httpx.post(other, data={"sub": "dora@district.example"}).headers["location"]
    assert "could not be checked" in client.get(back).text
    assert client.get("/queue").status_code == 401


def test_a_provider_without_https_is_refused(shared_site: Site) -> None:
    settings = Settings(oidc_issuer="http://idp.example", oidc_client_id="x")
    with pytest.raises(CommandError, match="https"):
        make_app(replace(shared_site.program, settings=settings))


def test_a_second_factor_is_asked_for_and_each_code_is_good_once(site: Site) -> None:
    client = site.log_in("ben")
    page = client.get("/me/code").text
    secret = page.split('name="secret" value="')[1].split('"')[0]
    assert "<svg" in page
    token = site.find_token(client, "/me")
    wrong = client.post("/me/code", data={"form_token": token, "secret": secret, "code": "000000"})
    assert wrong.status_code == 409
    code = pyotp.TOTP(secret).now()
    assert client.post("/me/code", data={"form_token": token, "secret": secret, "code": code}).status_code == 303
    fresh = httpx.Client(base_url=site.url, timeout=30)
    answer = fresh.post("/login", data={"username": "ben", "password": PASSWORD})
    assert answer.headers["location"] == "/login/code"
    assert fresh.get("/queue").status_code == 401, "the password alone opens nothing"
    assert fresh.post("/login/code", data={"code": "123456"}).status_code == 401
    code = pyotp.TOTP(secret).at(time.time())
    assert fresh.post("/login/code", data={"code": code}).headers["location"] == "/"
    assert fresh.get("/queue").status_code == 200
    again = httpx.Client(base_url=site.url, timeout=30)
    again.post("/login", data={"username": "ben", "password": PASSWORD})
    assert again.post("/login/code", data={"code": code}).status_code == 401, "a code is good once"
    admin = site.log_in("adm")
    accounts = admin.get("/accounts").text
    assert "Forget the second factor of ben" in accounts


@pytest.mark.parametrize("who", ACCOUNTS)
def test_every_change_is_refused_without_its_token_or_from_elsewhere(shared_site: Site, who: str) -> None:
    client, objects = shared_site.log_in(who), find_objects(shared_site, who)
    token = shared_site.find_token(client, "/")
    wrong = []
    for route in list_routes(shared_site.url):
        rule = rules.RULES[route.name]
        if route.method == "GET" or rule.is_public or ACCOUNTS[who] not in rule.roles:
            continue
        for headers in ({}, {"x-form-token": "x"}, {"x-form-token": token, "origin": "https://elsewhere.example"}):
            answer = client.request(route.method, route.path.format(**objects), headers=headers)
            wrong += [] if answer.status_code == 403 else [(route.path, answer.status_code)]
    assert wrong == []


def test_every_read_of_student_data_is_recorded_once_in_a_walk(site: Site) -> None:
    walk_and_count(site, 120)


@pytest.mark.soak
def test_every_read_of_student_data_is_recorded_once_in_a_long_walk(site: Site) -> None:
    walk_and_count(site, 1000)


def walk_and_count(site: Site, steps: int) -> None:
    """Random steps over pages; each that shows a form or a student adds one row, a picture only for who saw no page of it."""
    chance = random.Random(5)
    task, form = site.find_task(), site.district.expect("status", site.mine)["forms"][1]["form_id"]
    pages = [f"/cases/{case_id}" for case_id in site.cases]
    pages += ["/trace?kind=student&text=volkov", f"/trace/grant/{task.grant_id}", f"/trace/form/{form}"]
    neither = ["/queue", "/week", "/partners", "/policy", "/me", "/trace", "/static/pages.css"]
    pictures = [f"/forms/{form}/page", f"/forms/{form}/crops/birth_date"]
    clients = {name: site.log_in(name) for name in ("lea", "aud")}
    seen: set[str] = set()
    expected = count_views(site)
    for _ in range(steps):
        name, path = chance.choice(list(clients)), chance.choice([*pages, *neither, *pictures])
        assert clients[name].get(path).status_code == 200
        shows_form = path in pictures or path == f"/trace/form/{form}" or path == f"/cases/{site.cases[1]}"
        expected += (path in pages) or (path in pictures and name not in seen)
        seen |= {name} if shows_form else set()
    assert count_views(site) == expected


def count_views(site: Site) -> int:
    with site.program.installation.reading() as session:
        return session.scalar(select(func.count()).select_from(PageView)) or 0
