"""Calls of every route that nobody thought of, drawn from /openapi.json, by every role: none breaks the program or tells too
much.

Half of the calls name objects that are there, so that not every one ends at "there is nothing here". Bodies, queries and ids
are drawn by schemathesis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.consentry.conftest import CHILDREN
from tests.consentry.web.conftest import ACCOUNTS, Site
from tests.consentry.web.test_doors import find_objects

_ENDS_THE_SESSION = {"log_out"}
_EXPECTED = {200, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429}
_TELLS_OF_THE_INSIDE = (
    "Traceback",
    "sqlalchemy",
    "sqlite3",
    "/site-packages/",
    "pydantic",
    "consentry.sqlite",
    "/home/",
)
_OF_ANOTHER_PARTNER = CHILDREN["1000003"][:2]
_OF_NO_PARTNER = ("1000005", "Nakamura")


def call_everything(site: Site, who: str, examples: int) -> Counter[int]:
    """Calls each route some times; statuses counted. Fails at the first answer that may not be."""
    client = site.log_in(who) if who else httpx.Client(base_url=site.url)
    headers = {"x-form-token": site.find_token(client, "/")} if who else {}
    objects, statuses = find_objects(site, who), Counter[int]()
    schema = schemathesis.openapi.from_url(f"{site.url}/openapi.json")
    session = requests.Session()
    session.cookies.update(dict(client.cookies))
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.definition.raw["operationId"] in _ENDS_THE_SESSION:
            continue
        drawn = given(
            case=operation.as_strategy(), is_there=st.booleans(), has_token=st.sampled_from([True] * 9 + [False])
        )

        def call(case: Any, is_there: bool, has_token: bool) -> None:
            if is_there:
                case.path_parameters = {name: objects.get(name, value) for name, value in case.path_parameters.items()}
            if isinstance(case.body, dict) and has_token:
                case.body["form_token"] = headers.get("x-form-token", "")
            answer = case.call(session=session, headers=headers, allow_redirects=False, timeout=30)
            statuses[answer.status_code] += 1
            check(case, who, answer)

        bound = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        bound(drawn(call))()
    return statuses


def check(case: Any, who: str, answer: Any) -> None:
    where = f"{case.method} {case.operation.path} as {who or 'nobody'}: {answer.status_code}"
    headers = {name.lower(): " ".join(values) for name, values in answer.headers.items()}
    assert answer.status_code in _EXPECTED, where
    assert "default-src 'none'" in headers["content-security-policy"], where
    is_text = any(kind in headers.get("content-type", "") for kind in ("text", "json"))
    text = answer.text if is_text else ""
    assert not [word for word in _TELLS_OF_THE_INSIDE if word in text], where
    is_partner = ACCOUNTS.get(who) == "partner"
    if not who or is_partner or who == "adm":
        hidden = (*_OF_ANOTHER_PARTNER, *_OF_NO_PARTNER)
        assert not [word for word in hidden if word in text], where


@pytest.mark.parametrize("who", ["par", "ana", "sch"])
def test_no_call_breaks_the_program_or_tells_too_much(site: Site, who: str) -> None:
    statuses = call_everything(site, who, examples=2)
    assert statuses.total() > 60
    assert site.district.expect("ledger", "verify")["whole"]


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("who", ["", *ACCOUNTS])
def test_thousands_of_calls_break_nothing(site: Site, who: str, note_figure: Callable[[str], None]) -> None:
    statuses = call_everything(site, who, examples=60)
    assert site.district.expect("ledger", "verify")["whole"]
    told = dict(sorted(statuses.items()))
    note_figure(f"any call, {who or 'nobody'}: {statuses.total()} calls of /openapi.json, by status {told}: no 5xx")
