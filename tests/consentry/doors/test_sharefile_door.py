"""ShareFile as a door, against a server that keeps to its published API and breaks in every way that it may."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from consentry.doors.door_calls import is_called, is_signed, note_call, note_look
from consentry.doors.door_settings import open_sharefile, read_door_settings
from consentry.doors.sharefile_api import ShareFileAccount, ShareFileApi
from consentry.doors.sharefile_door import ShareFileDoor
from consentry.doors.types import DoorTrouble, Outcome
from consentry.errors import CommandError
from consentry.intake.watching import Watch, WatchedDoor
from consentry.program import Program
from consentry.settings import Settings
from tests.consentry.conftest import District
from tests.consentry.doors.sharefile_server import ShareFileServer, run_sharefile

CALL = {
    "WebhookSubscriptionId": "w1",
    "AccountInfo": {"AccountId": "a1", "Subdomain": "district"},
    "Event": {"Timestamp": "2024-09-20T20:20:20Z", "OperationName": "Upload", "ResourceType": "File"},
}


@pytest.fixture
def server() -> Iterator[ShareFileServer]:
    with run_sharefile() as running:
        yield running


class Waits(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


def open_door(server: ShareFileServer, waits: Waits, **changes: str) -> ShareFileDoor:
    known = {"client_id": "id", "client_secret": "client secret", "username": "office", "password": "secret", **changes}
    account = ShareFileAccount(f"{server.url}/oauth/token", f"{server.url}/sf/v3", **known)
    return ShareFileDoor(ShareFileApi(account, waits), "root")


def fill(server: ShareFileServer) -> None:
    server.put("rainier/inbox/a.pdf", b"one paper")
    server.put("rainier/inbox/may/b.pdf", b"two papers")
    server.put("rainier/inbox/list.xlsx", b"a list")
    server.put("rainier/outbox/report.xlsx", b"ours")
    server.put("harbor/inbox/c.pdf", b"three papers")
    server.put("loose.pdf", b"nobody's")


def test_inboxes_are_listed_over_pages_and_files_fetched_without_giving_the_token_away(
    server: ShareFileServer, waits: Waits, tmp_path: Path
) -> None:
    fill(server)
    door = open_door(server, waits)
    found = door.list_waiting()
    assert [(file.partner_id, file.bundle, file.name) for file in found] == [
        ("harbor", "", "c.pdf"),
        ("rainier", "", "a.pdf"),
        ("rainier", "", "list.xlsx"),
        ("rainier", "may", "b.pdf"),
    ]
    door.fetch(found[0], tmp_path / "c.pdf")
    assert (tmp_path / "c.pdf").read_bytes() == b"three papers"
    assert server.leaked == [] and server.grants == ["password"]


def test_pages_are_counted_where_no_link_leads_on_and_what_is_no_file_is_left(
    server: ShareFileServer, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(server)
    server.link("rainier/inbox/elsewhere")
    for number in range(5):
        server.put(f"rainier/inbox/page-{number}.pdf", b"%d" % number)
    server.tells_next = False
    assert len(open_door(server, waits).list_waiting()) == 9
    monkeypatch.setattr("consentry.doors.sharefile_api._PAGE", 2)
    assert len(open_door(server, waits).list_waiting()) == 9
    server.skips = False
    with pytest.raises(DoorTrouble, match="the same page again"):
        open_door(server, waits).list_waiting()


def test_a_list_of_the_same_name_is_put_away_too(server: ShareFileServer, waits: Waits, district: District) -> None:
    """Every list is called alike: the second must not lie in the inbox for ever, nor hold up what comes after it."""
    door, program = open_door(server, waits), Program.open(Settings(home=district.home))
    watch = Watch((WatchedDoor(door),), 0.0)
    for student in ("1000001", "1000002", "1000003"):
        server.put("rainier/inbox/list.xlsx", district.write_list(student).read_bytes())
        taken = watch.look_once(program)
        assert [(bool(each.submission_ids), each.trouble) for each in taken] == [(True, "")]
    left = sorted(server.list_paths())
    assert len(left) == 3 and all(path.startswith("rainier/taken/list") for path in left)


def test_a_file_that_cannot_be_put_away_holds_up_nobody_else(
    server: ShareFileServer, waits: Waits, district: District
) -> None:
    door, program = open_door(server, waits), Program.open(Settings(home=district.home))
    watch = Watch((WatchedDoor(door),), 0.0)
    district.expect("partner", "add", "Harbor", "--id", "harbor")
    server.put("harbor/inbox/list.xlsx", district.write_list("1000001").read_bytes())
    server.faults["/Folder"] = [403] * 9
    assert any("refused a call (403)" in each.trouble for each in watch.look_once(program))
    server.put("rainier/inbox/list.xlsx", district.write_list("1000002").read_bytes())
    server.faults["/Folder"] = [403] * 9
    taken = [each for each in watch.look_once(program) if each.partner_id == "rainier" and each.submission_ids]
    assert len(taken) == 1


@pytest.mark.parametrize("answer", [b"", b"OK", b'{"error": false, "errorCode": 0, "value": []}'])
def test_an_upload_was_taken_by_any_of_its_published_answers(
    server: ShareFileServer, waits: Waits, answer: bytes
) -> None:
    server.upload_answer = answer
    open_door(server, waits).deliver("rainier", "report.xlsx", b"report")
    server.upload_answer = b"ERROR:no room"
    with pytest.raises(DoorTrouble, match="not taken"):
        open_door(server, waits).deliver("rainier", "other.xlsx", b"report")
    assert list(server.list_paths()) == ["rainier/outbox/report.xlsx"]


def test_when_to_come_again_may_be_told_as_a_time(server: ShareFileServer, waits: Waits) -> None:
    server.wait = format_datetime(datetime.now(UTC) + timedelta(seconds=12), usegmt=True)
    server.faults["Children"] = [429]
    open_door(server, waits).list_waiting()
    assert 9.0 < waits[0] <= 12.0
    server.wait = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    server.faults["Children"] = [429]
    with pytest.raises(DoorTrouble) as told:
        open_door(server, waits).list_waiting()
    assert told.value.retry_after is not None and 3500 < told.value.retry_after <= 3600


def test_what_is_put_away_is_moved_and_only_once(server: ShareFileServer, waits: Waits) -> None:
    fill(server)
    door = open_door(server, waits)
    first, second, *_ = door.list_waiting()
    for _ in range(2):
        door.put_away(first, Outcome.TAKEN)
        door.put_away(second, Outcome.REFUSED)
    assert {"harbor/taken/c.pdf", "rainier/refused/a.pdf"} <= set(server.list_paths())
    assert len(door.list_waiting()) == 2


@pytest.mark.parametrize("fault", [401, 429, 500, 503, "cut"])
def test_a_call_that_fails_once_is_made_again(server: ShareFileServer, waits: Waits, fault: int | str) -> None:
    fill(server)
    door = open_door(server, waits)
    door.list_waiting()
    server.faults["Children"] = [fault]
    assert len(door.list_waiting()) == 4
    assert waits == ([7.0] if fault == 429 else [] if fault == 401 else [1.0])


def test_a_refused_token_is_renewed_by_the_refresh_token(server: ShareFileServer, waits: Waits) -> None:
    door = open_door(server, waits)
    door.list_waiting()
    server.faults["Children"] = [401]
    door.list_waiting()
    assert server.grants == ["password", "refresh_token"]
    server.faults["Children"] = [401, 401]
    with pytest.raises(DoorTrouble, match="refuses this account's token"):
        door.list_waiting()


def test_a_wrong_password_is_told_without_it(server: ShareFileServer, waits: Waits) -> None:
    with pytest.raises(DoorTrouble) as told:
        open_door(server, waits, password="wrong horse").list_waiting()  # noqa: S106 - a test's
    assert "refuses the log-in (401)" in str(told.value) and "wrong horse" not in str(told.value)


@pytest.mark.parametrize(("fault", "code"), [(429, "busy"), (500, "busy"), ("cut", "unreachable")])
def test_what_goes_on_failing_is_trouble_and_never_nothing(
    server: ShareFileServer, waits: Waits, fault: int | str, code: str
) -> None:
    server.faults["Children"] = [fault] * 9
    with pytest.raises(DoorTrouble) as told:
        open_door(server, waits).list_waiting()
    assert told.value.code == code
    assert told.value.retry_after == (7.0 if fault == 429 else None)


def test_a_download_that_breaks_off_is_not_taken(server: ShareFileServer, waits: Waits, tmp_path: Path) -> None:
    fill(server)
    door = open_door(server, waits)
    file = door.list_waiting()[0]
    for fault in ("half", 500, "cut"):
        server.faults["signed=1"] = [fault]
        with pytest.raises(DoorTrouble):
            door.fetch(file, tmp_path / "c.pdf")
    door.fetch(file, tmp_path / "c.pdf")
    assert (tmp_path / "c.pdf").read_bytes() == b"three papers"


def test_an_upload_that_is_cut_and_made_again_leaves_one_file(server: ShareFileServer, waits: Waits) -> None:
    door = open_door(server, waits)
    for fault in (500, "cut", "half"):
        server.faults["/upload/"] = [fault]
        with pytest.raises(DoorTrouble):
            door.deliver("rainier", f"report-{fault}.xlsx", b"report")
        door.deliver("rainier", f"report-{fault}.xlsx", b"report")
        door.deliver("rainier", f"report-{fault}.xlsx", b"report")
    assert sorted(server.list_paths()) == [f"rainier/outbox/report-{fault}.xlsx" for fault in (500, "cut", "half")]
    door.deliver("rainier", "report-cut.xlsx", b"another")
    assert sorted(content for content in server.list_paths().values()) == [b"another", *[b"report"] * 3]


def test_an_answer_that_names_another_server_gets_no_token(server: ShareFileServer, waits: Waits) -> None:
    fill(server)
    door = open_door(server, waits)
    server.url = "http://elsewhere.example"
    with pytest.raises(DoorTrouble, match="names another place"):
        door.list_waiting()


def test_calls_are_believed_only_when_signed_and_kept_once(district: District) -> None:
    program = Program.open(Settings(home=district.home))
    body = json.dumps(CALL).encode()
    digest = hmac.digest(b"second", body, "sha256")
    for signature in (digest.hex(), base64.b64encode(digest).decode(), f"sha256={digest.hex()}"):
        assert is_signed(body, ["", signature], ["first", "second"])
        assert not is_signed(body + b" ", [signature], ["first", "second"])
        assert not is_signed(body, [signature], ["first", ""])
        assert not is_signed(body, [], ["first", "second"])
    assert not any(is_signed(body, [signature], ["first"]) for signature in ("", "zz", "00", "Bearer x"))
    assert note_call(program, "sharefile", body) and not note_call(program, "sharefile", body)
    assert is_called(program, "sharefile") and not is_called(program, "folder")
    note_look(program, "sharefile")
    assert not is_called(program, "sharefile")
    assert not note_call(program, "sharefile", body), "the same call late is the same call"
    assert not is_called(program, "sharefile")


def test_watch_takes_from_sharefile_what_it_holds(
    server: ShareFileServer, waits: Waits, district: District, tmp_path: Path
) -> None:
    listed = district.write_list("1000001")
    server.put("rainier/inbox/list.xlsx", listed.read_bytes())
    program = Program.open(Settings(home=district.home))
    watch = Watch((WatchedDoor(open_door(server, waits)),), 0.0)
    server.faults["/storage/"] = [500]
    first, second = watch.look_once(program)
    assert "cannot be fetched" in first.trouble and second.submission_ids
    assert watch.look_once(program) == []
    assert set(server.list_paths()) == {"rainier/taken/list.xlsx"}


def test_settings_are_checked_whole_and_secrets_kept_from_others(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    file = tmp_path / "doors.toml"
    assert read_door_settings(tmp_path).sharefile is None
    file.write_text('[sharefile]\nsubdomain = "A B"\nclient_id = "i"\npolls = 3\n')
    with pytest.raises(CommandError) as told:
        read_door_settings(tmp_path)
    assert all(part in str(told.value) for part in ("sharefile.subdomain", "sharefile.root_folder", "sharefile.polls"))
    file.write_text('[sharefile]\nsubdomain = "district"\nroot_folder = "fo1"\nclient_id = "i"\n')
    settings = read_door_settings(tmp_path).sharefile
    assert settings is not None and open_sharefile(tmp_path, settings)
    secrets = tmp_path / "keys" / "doors.toml"
    secrets.write_text('password = "x"\n')
    secrets.chmod(0o644)
    with pytest.raises(CommandError, match="may be read by others"):
        open_sharefile(tmp_path, settings)
    file.chmod(0o666)
    with pytest.raises(CommandError, match="may be written by others"):
        read_door_settings(tmp_path)


def test_doors_are_checked_and_calls_asked_for(server: ShareFileServer, district: District) -> None:
    fill(server)
    shared = district.folder / "shared"
    urls = f'login_url = "{server.url}/oauth/token"\napi_url = "{server.url}/sf/v3"'
    lines = (
        f'[folder]\nroot = "{shared}"\n[sharefile]\nsubdomain = "d"\nroot_folder = "root"\nclient_id = "i"\n{urls}\n'
    )
    (district.home / "doors.toml").write_text(lines + '[mail]\nhost = "127.0.0.1"\nport = 1\nsender = "a@b.example"\n')
    secrets = district.home / "keys" / "doors.toml"
    secrets.write_text('client_secret = "client secret"\nusername = "office"\npassword = "secret"\n')
    secrets.chmod(0o600)
    checks = {check["door"]: check for check in district.expect("doors", "check", code=1)}
    assert checks["sharefile"] == {"door": "sharefile", "waiting": 4, "trouble": ""}
    assert "cannot be read" in checks["folder"]["trouble"] and "cannot be reached" in checks["mail"]["trouble"]
    district.expect("doors", "subscribe", "https://consent.example/calls/sharefile")
    [asked] = server.subscriptions
    assert asked["SubscriptionContext"] == {"ResourceType": "Folder", "ResourceId": "root"}
    assert [event["OperationName"] for event in asked["Events"]] == ["Upload", "Update"]
    assert district.call("doors", "subscribe", "http://consent.example/").code == 2
