"""What doctor says of the doors and the database, of a home and without one."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.consentry.conftest import District


def set_doors(district: District, root: Path, more: str = "", secrets: str = "") -> None:
    (district.home / "doors.toml").write_text(f'[folder]\nroot = "{root}"\n{more}', encoding="utf-8")
    kept = district.home / "keys" / "doors.toml"
    kept.write_text(secrets, encoding="utf-8")
    kept.chmod(0o600)


def test_without_a_home_it_tells_of_the_machine_alone(tmp_path: Path) -> None:
    told = District(tmp_path).expect("doctor")
    assert told["database"] is None and told["doors"] == [] and "network_cut" in told["protections"]


def test_it_says_whether_the_database_keeps_what_it_acknowledges(district: District) -> None:
    database = district.expect("doctor")["database"]
    assert database["keeps_what_it_acknowledges"] and database["settings"]["synchronous"] == "FULL"


def test_each_partner_has_an_inbox_to_read_and_an_outbox_to_write_to(district: District) -> None:
    root = district.folder / "shared"
    district.expect("partner", "add", "Green Lake Mentors", "--id", "green")
    set_doors(district, root)
    [tree] = district.expect("doctor", code=1)["doors"]
    assert tree["trouble"] == "the folder cannot be read: No such file or directory"
    (root / "rainier" / "inbox").mkdir(parents=True)
    (root / "green" / "inbox").mkdir(parents=True)
    (root / "green" / "outbox").write_text("a file where the folder should be", encoding="utf-8")
    [tree] = district.expect("doctor", code=1)["doors"]
    assert tree["trouble"] == "the outbox of green cannot be written to"
    (root / "green" / "outbox").unlink()
    (root / "green" / "inbox").rmdir()
    [tree] = district.expect("doctor", code=1)["doors"]
    assert tree["trouble"] == "green has no inbox yet"
    (root / "green" / "inbox").mkdir()
    [tree] = district.expect("doctor")["doors"]
    assert (tree["trouble"], tree["waiting"]) == ("", 0)
    assert sorted(file.name for file in root.rglob("*")) == ["green", "inbox", "inbox", "rainier"], "it left nothing"


def test_mail_and_events_are_reached_for(district: District) -> None:
    root = district.folder / "shared"
    (root / "rainier" / "inbox").mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        more = f'[webhooks]\nrainier = "http://127.0.0.1:{port}/"\n'
        mail = '[mail]\nhost = "127.0.0.1"\nport = 1\nsender = "a@b.example"\n'
        set_doors(district, root, mail + more)
        doors = {check["door"]: check["trouble"] for check in district.expect("doctor", code=1)["doors"]}
        assert doors["mail"] == "the mail server cannot be reached"
        assert doors["events of rainier"].startswith("no key is set up")
        set_doors(district, root, more, '[event_keys]\nrainier = "k"\n')
        assert [check["trouble"] for check in district.expect("doctor")["doors"]] == ["", ""]
    assert district.expect("doctor", code=1)["doors"][1]["trouble"] == "the address for events cannot be reached"


def test_faults_of_the_settings_are_told_and_the_rest_too(district: District) -> None:
    (district.home / "doors.toml").write_text("[mail]\nhost = 3\n", encoding="utf-8")
    told = district.expect("doctor", code=1)
    assert "mail.host" in told["doors_fault"] and told["database"] is not None
