"""Every route of /openapi.json for every role and object; sessions, tokens, origins and headers; another's is as what isn't."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import func, select

from consentry.accounts import Role, list_accounts
from consentry.intake.offers import Basis, Offer, receive_offer
from consentry.intake.uploads import SCAN, AnnouncedFile, Sender, begin_upload
from consentry.telling.telling_partners import release_by_hand
from consentry.web import rules
from store.desk_tables import Account, Batch, PageView
from tests.consentry.web.conftest import ACCOUNTS, PASSWORD, Site


@dataclass(frozen=True)
class Route:
    name: str
    method: str
    path: str


def list_routes(url: str) -> list[Route]:
    """Every route, as an outsider finds them; a route's id is the name that its rule stands under."""
    described = httpx.get(f"{url}/openapi.json").json()["paths"]
    return [
        Route(operation["operationId"], method.upper(), path)
        for path, methods in described.items()
        for method, operation in methods.items()
    ]


OBJECTS = (
    "case_id",
    "form_id",
    "submission_id",
    "account_id",
    "batch_id",
    "task_id",
    "partner_id",
    "grant_id",
    "upload_id",
)


def find_objects(site: Site, who: str) -> dict[str, str]:
    """One of each kind of object that stands in a path, and the values that are none."""
    with site.program.installation.reading() as session:
        batch = session.scalars(select(Batch)).one()
        mine = session.scalars(select(Account).where(Account.name == (who or "par"))).one()
        account = session.scalars(select(Account).where(Account.name == ("gre" if who == "lea" else "ben"))).one()
    return {
        "case_id": site.cases[0],
        "form_id": site.district.expect("status", site.mine)["forms"][0]["form_id"],
        "submission_id": site.mine,
        "account_id": account.account_id,
        "batch_id": batch.batch_id,
        "task_id": site.find_task().task_id,
        "grant_id": site.district.expect("access", "rainier")[0]["grant_id"],
        "partner_id": "rainier",
        "upload_id": begin_upload(
            site.program, Sender("rainier", mine.account_id, who), [AnnouncedFile("a.pdf", 10, SCAN)]
        ),
        "number": "0",
        "kind": "form",
        "subject_id": site.district.expect("status", site.mine)["forms"][0]["form_id"],
        "field": "birth_date",
        "name": "pages.css",
    }


def find_own_list(site: Site) -> str:
    """A right-to-view list that "sch" has sent under their own name."""
    offer = Offer("rainier", (), site.district.write_list("1000005", name="own.xlsx"), None, Basis.IS, "sch")
    return receive_offer(site.program, offer).submission_id


@pytest.mark.parametrize("who", ["", *ACCOUNTS])
def test_every_route_has_a_rule_and_every_role_is_held_to_it(shared_site: Site, who: str) -> None:
    release_by_hand(shared_site.program, "so that the partner was told of its student", "lea")
    routes = list_routes(shared_site.url)
    assert {route.name for route in routes} == set(rules.RULES)
    own = find_objects(shared_site, who)
    other = {**own, **dict.fromkeys(OBJECTS, "no-such-thing"), "submission_id": shared_site.another}
    if who == "sch":
        own |= {"submission_id": find_own_list(shared_site)}
    client = shared_site.log_in(who) if who else httpx.Client(base_url=shared_site.url)
    token = shared_site.find_token(client, "/") if who else ""
    wrong = []
    for route in routes:
        rule = rules.RULES[route.name]
        if rule.is_public or route.name == "log_out":
            continue
        allowed = bool(who) and ACCOUNTS[who] in rule.roles
        for objects, found in ((own, True), (other, not rule.objects)):
            form = {"form_token": token, "birth_date": "a day of no calendar"} if route.method == "POST" else None
            headers = {"x-form-token": token} if route.method == "PUT" else {}
            answer = client.request(route.method, route.path.format(**objects), data=form, headers=headers)
            refused = 401 if not who else 403 if not allowed else 404 if not found else None
            fits = answer.status_code == refused if refused else answer.status_code in (200, 204, 303, 409, 422)
            wrong += [] if fits else [(route.path, route.method, objects is own, answer.status_code)]
    assert wrong == []


def test_a_route_without_a_rule_opens_for_nobody(shared_site: Site) -> None:
    client = shared_site.log_in("lea")
    kept = rules.RULES.pop("queue")
    try:
        assert client.get("/queue").status_code == 403
    finally:
        rules.RULES["queue"] = kept
    assert client.get("/queue").status_code == 200


def test_anothers_and_what_does_not_exist_are_the_same_bytes(shared_site: Site) -> None:
    client = shared_site.log_in("par")
    for suffix in ("", "/report.xlsx"):
        own = client.get(f"/submissions/{shared_site.mine}{suffix}")
        answers = [client.get(f"/submissions/{name}{suffix}") for name in (shared_site.another, "sub-0000000000000000")]
        assert own.status_code == 200
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        one, two = ({k: v for k, v in answer.headers.items() if k != "date"} for answer in answers)
        assert one == two


def test_a_partner_sees_no_value_of_the_district(shared_site: Site) -> None:
    page = shared_site.log_in("par").get(f"/submissions/{shared_site.mine}").text
    assert "1000001" not in page
    assert "Amina" in page, "the partner's own row holds it"
    assert "NOT_ENROLLED" not in page


def test_a_change_needs_the_sessions_own_token_and_our_own_origin(shared_site: Site) -> None:
    client = shared_site.log_in("ana")
    token = shared_site.find_token(client, "/queue")
    path, form = f"/cases/{shared_site.cases[0]}/beat", {"form_token": token}
    assert client.post(path, data=form).status_code == 204
    assert client.post(path).status_code == 403
    assert client.post(path, data={"form_token": "x"}).status_code == 403
    assert client.post(path, data=form, headers={"origin": "https://elsewhere.example"}).status_code == 403
    assert client.post(path, data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    other = shared_site.log_in("lea")
    assert other.post(path, data=form).status_code == 403
    login = {"username": "ana", "password": PASSWORD}
    assert httpx.post(f"{shared_site.url}/login", data=login, headers={"origin": "null"}).status_code == 403


def test_every_unsafe_route_refuses_without_the_token_or_from_elsewhere(shared_site: Site) -> None:
    """P17: the roles of each rule that may open a route, and nothing that they send changes anything."""
    objects, tried = find_objects(shared_site, "par"), 0
    for who in ("lea", "par", "adm"):
        client = shared_site.log_in(who)
        token = shared_site.find_token(client, "/")
        elsewhere = {"x-form-token": token, "origin": "https://elsewhere.example"}
        across = {"x-form-token": token, "sec-fetch-site": "cross-site"}
        for route in list_routes(shared_site.url):
            rule = rules.RULES[route.name]
            if route.method == "GET" or rule.is_public or ACCOUNTS[who] not in rule.roles:
                continue
            for headers in ({}, {"x-form-token": "x"}, elsewhere, across):
                answer = client.request(route.method, route.path.format(**objects), headers=headers)
                assert answer.status_code == 403, (who, route, headers.keys())
                tried += 1
    assert tried > 100


def test_a_session_is_new_at_each_log_in_and_ends_on_the_server(shared_site: Site) -> None:
    client = shared_site.log_in("ana")
    before = client.cookies["consentry_session"]
    client.post("/login", data={"username": "ana", "password": PASSWORD})
    assert client.cookies["consentry_session"] != before
    old = httpx.Client(base_url=shared_site.url, cookies={"consentry_session": before})
    assert old.get("/queue").status_code == 401
    kept = dict(client.cookies)
    client.post("/logout", data={"form_token": shared_site.find_token(client, "/queue")})
    assert httpx.Client(base_url=shared_site.url, cookies=kept).get("/queue").status_code == 401


def test_failing_log_ins_are_slowed_and_lock_nobody_else_out(shared_site: Site) -> None:
    wrong = {"username": "par", "password": "wrong"}
    statuses = [httpx.post(f"{shared_site.url}/login", data=wrong).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert shared_site.log_in("lea").get("/queue").status_code == 200
    unknown = httpx.post(f"{shared_site.url}/login", data={**wrong, "username": "nobody"})
    assert (unknown.status_code, "not right" in unknown.text) == (401, True)


def test_headers_of_every_answer_allow_nothing_inline(shared_site: Site) -> None:
    client = shared_site.log_in("ana")
    for path in ("/queue", f"/cases/{shared_site.cases[0]}", "/nowhere", "/healthz", "/static/keys.js"):
        headers = client.get(path).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
    assert client.get("/queue").headers["cache-control"] == "no-store"
    assert client.post("/logout", content=b"x" * 1_000_001).status_code == 413


def test_every_page_that_shows_a_student_is_recorded(site: Site) -> None:
    client, before = site.log_in("aud"), count_views(site)
    for case_id in site.cases:
        client.get(f"/cases/{case_id}")
    form_id = site.district.expect("queue", "list")[0]["form_id"]
    client.get(f"/forms/{form_id}/page")
    assert count_views(site) == before + len(site.cases)
    site.log_in("lea").get(f"/forms/{form_id}/page")
    assert count_views(site) == before + len(site.cases) + 1
    assert site.district.expect("ledger", "verify")["whole"]


def count_views(shared_site: Site) -> int:
    with shared_site.program.installation.reading() as session:
        return session.scalar(select(func.count()).select_from(PageView)) or 0


def test_a_lead_keeps_the_partners_accounts_and_no_others(site: Site) -> None:
    lead = site.log_in("lea")
    token, page = site.find_token(lead, "/accounts"), lead.get("/accounts").text
    assert ("gre" in page, "ben" in page) == (True, False)
    new = {"form_token": token, "password": "a long enough password"}
    assert lead.post("/accounts", data={**new, "name": "neu", "role": "staff"}).status_code == 409
    assert lead.post("/accounts", data={**new, "name": "neu", "role": "partner", "partner": "green"}).status_code == 303
    roles = {account.name: account.role for account in list_accounts(site.program, list(Role))}
    assert (roles["neu"], roles["ben"]) == ("partner", "staff")
    ids = {account.name: account.account_id for account in list_accounts(site.program, list(Role))}
    close = {"form_token": token, "step": "close"}
    assert lead.post(f"/accounts/{ids['ben']}", data=close).status_code == 404
    assert lead.post(f"/accounts/{ids['neu']}", data=close).status_code == 303


def test_an_administrator_sees_no_student_and_an_auditor_changes_nothing(shared_site: Site) -> None:
    own = {"home", "log_out", "me", "my_settings", "my_password", "my_code", "set_my_code"}
    of_admin = {name for name, rule in rules.RULES.items() if Role.ADMIN in rule.roles}
    assert of_admin == own | {"accounts", "add_account", "change_account", "metrics"}
    changes = {route.name for route in list_routes(shared_site.url) if route.method != "GET"}
    assert {name for name in changes if Role.AUDITOR in rules.RULES[name].roles} == own - {"home", "me", "my_code"}
