"""A lead names the people of a partner and adds partners on the pages; the same record as the command line's."""

from __future__ import annotations

import httpx

from tests.consentry.web.conftest import Site

YEAR = {"school_year": "2024-25", "on": "2024-10-01"}


def post(site: Site, client: httpx.Client, path: str, **values: str | list[str]) -> int:
    token = site.find_token(client, "/me")
    return client.post(path, data={"form_token": token, **values}).status_code


def name(site: Site, client: httpx.Client, address: str, **more: str) -> int:
    return post(site, client, "/partners/rainier/people", kind="nua", address=address, **YEAR, **more)


def test_a_lead_names_people_for_accounts_and_as_trained(site: Site) -> None:
    lead = site.log_in("lea")
    assert name(site, lead, "not an address") == 409
    assert name(site, lead, "Paula@rainier.example", full_name="Paula Reyes") == 303
    training = {"kind": "training", "full_name": "Omar Diriye", **YEAR}
    assert post(site, lead, "/partners/rainier/people", **training) == 303
    page = site.log_in("aud").get("/partners/rainier").text
    assert "paula@rainier.example" in page and "Paula Reyes" in page and "Omar Diriye, 2024-10-01" in page
    assert "Name this person" not in page, "an auditor changes nothing"
    (waits,) = site.district.expect("partner", "waits", "rainier")
    assert (waits["people_named"], waits["people_trained"]) == (1, 1)
    assert name(site, lead, "paula@rainier.example", status="ended") == 303
    assert "paula@rainier.example" not in lead.get("/partners/rainier").text
    assert post(site, site.log_in("ana"), "/partners/rainier/people", **training) == 403
    assert site.district.expect("ledger", "verify")["whole"]


def test_a_lead_adds_a_partner(site: Site) -> None:
    lead = site.log_in("lea")
    new: dict[str, str | list[str]] = {"name": "جمعية الشباب", "partner_id": "shabab", "category": ["attendance"]}
    assert post(site, lead, "/partners", **{**new, "partner_id": "../inbox"}) == 422
    assert post(site, lead, "/partners", **new) == 303
    assert post(site, lead, "/partners", **new) == 409
    assert "<bdi>جمعية الشباب</bdi>" in lead.get("/partners").text
    assert lead.get("/partners/shabab").status_code == 200
    assert lead.get("/partners/nobody").status_code == 404
