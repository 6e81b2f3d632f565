"""ShareFile's calls at the web pages: signed ones have the door looked at, all others are refused and change nothing."""

from __future__ import annotations

import hmac

from fastapi.testclient import TestClient

from consentry.doors.door_calls import is_called
from consentry.program import Program
from consentry.settings import Settings
from consentry.web.app import make_app
from tests.consentry.conftest import District

SECONDARY = "SF-WEBHOOK-SECONDARY-SIGNATURE"


def test_signed_calls_are_noted_and_unsigned_ones_refused(district: District) -> None:
    (district.home / "doors.toml").write_text('[sharefile]\nsubdomain = "d"\nroot_folder = "f"\nclient_id = "i"\n')
    secrets = district.home / "keys" / "doors.toml"
    secrets.write_text('webhook_keys = ["new", "old"]\n')
    secrets.chmod(0o600)
    program = Program.open(Settings(home=district.home))
    with TestClient(make_app(program)) as client:
        body = b'{"Event": {"OperationName": "Upload"}}'
        signed = {SECONDARY: hmac.digest(b"old", body, "sha256").hex()}
        for headers in (
            {},
            {"SF-WEBHOOK-PRIMARY-SIGNATURE": "00" * 32},
            {"x-signature": signed[SECONDARY]},
            {SECONDARY: ""},
        ):
            assert client.post("/calls/sharefile", content=body, headers=headers).status_code == 403
        assert client.post("/calls/sharefile", content=body + b" ", headers=signed).status_code == 403
        assert not is_called(program, "sharefile")
        for _ in range(2):
            assert client.post("/calls/sharefile", content=body, headers=signed).status_code == 204
        assert is_called(program, "sharefile")
        secrets.write_text("")
        assert client.post("/calls/sharefile", content=body, headers=signed).status_code == 403
