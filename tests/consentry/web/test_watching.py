"""For who watches: readiness without a session, measures for few roles, and nothing of a child, a partner or a file in them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from consentry.measuring import serve_measures
from tests.consentry.conftest import CHILDREN, PARTNER_NAME
from tests.consentry.web.conftest import Site


def read(text: str) -> dict[str, dict[str, float]]:
    return {
        family.name: {"".join(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }


def test_measures_tell_what_there_is_and_nothing_of_anybody(shared_site: Site) -> None:
    told = shared_site.log_in("adm").get("/metrics").text
    measures = read(told)
    assert measures["consentry_queue_open_cases"][""] == len(shared_site.open_cases)
    assert measures["consentry_forms"]["in_review"] >= len(shared_site.open_cases)
    assert measures["consentry_queue_age_days"].keys() == {"0.5", "0.9", "1.0"}
    assert 0 <= measures["consentry_automation_share"][""] <= 1
    assert measures["consentry_ledger_entries"][""] > 10
    assert measures["consentry_exports_frozen"][""] == 0
    words = [PARTNER_NAME, "rainier", *CHILDREN, *(name for child in CHILDREN.values() for name in child[:3])]
    assert [word for word in words if word in told] == []


@pytest.mark.parametrize(("who", "status"), [("", 401), ("par", 403), ("ana", 403), ("aud", 200), ("adm", 200)])
def test_measures_are_not_for_partners(shared_site: Site, who: str, status: int) -> None:
    client = shared_site.log_in(who) if who else httpx.Client(base_url=shared_site.url)
    assert client.get("/metrics").status_code == status


def test_the_port_for_measures_listens_on_this_machine_alone(shared_site: Site) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve_measures(shared_site.program, port)
    assert "consentry_forms" in read(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
    heard = Path("/proc/net/tcp").read_text(encoding="ascii") + Path("/proc/net/tcp6").read_text(encoding="ascii")
    assert re.findall(rf"(\w+):{port:04X} \w+:0000 0A", heard) == ["0100007F"]


def test_readiness_needs_no_session_and_sees_what_is_gone(site: Site) -> None:
    assert httpx.get(f"{site.url}/readyz").json() == {"ready": True, "database": True, "documents": True}
    documents = site.district.home / "documents"
    documents.rename(documents.with_name("elsewhere"))
    answer = httpx.get(f"{site.url}/readyz")
    documents.with_name("elsewhere").rename(documents)
    assert (answer.status_code, answer.json()["documents"]) == (503, False)


def test_the_log_has_ids_codes_and_numbers_alone() -> None:
    script = (
        "from consentry.logs import *\n"
        "set_log_detail(LogDetail.STEPS)\n"
        "log_step('page-read', 'form-1', seconds=0.5)\n"
        "log_failure('page', 'form-1', ValueError('Amina Warsame'))\n"
        "set_log_detail(LogDetail.FAILURES)\n"
        "log_step('page-read', 'form-2')\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={**os.environ})
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [(line["event"], line["id"]) for line in lines] == [("page-read", "form-1"), ("failed", "form-1")]
    assert lines[0]["seconds"] == 0.5
    assert "Amina" not in ran.stderr
