"""What leaves: receipts, reports, packages, mails, events; with the other side there, down, and coming back."""

from __future__ import annotations

import hmac
import io
import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from consentry.paper.paper_codes import PaperKey
from store.door_tables import SendingAttempts
from store.erasure import collect_dependents
from store.tables import Submission
from tests.consentry.conftest import CHILDREN, District
from tests.consentry.granting import grant, open_program, write_data
from tests.consentry.settling_here import settle

NAMES = [part for first, last, *_ in CHILDREN.values() for part in (first, last)]


class Mailbox:
    """A mail server's memory. `refuses`: what it says to every mail; `refuses_address`: whom it doesn't know."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.people: list[list[str]] = []
        self.refuses = self.refuses_address = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.refuses_address:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuses:
            return self.refuses
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        self.people.append(list(envelope.rcpt_tos))
        return "250 OK"


def find_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def run_mail_server(box: Mailbox, port: int) -> Iterator[None]:
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def run_listener(answers: list[int]) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Takes events; answers with the given statuses first, then with 200."""
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = answers.pop(0) if answers else 200
            if status == 200:
                got.append((self.headers["consentry-signature"], body))
            self.send_response(status)
            self.send_header("retry-after", "90")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/events", got
    finally:
        server.shutdown()
        server.server_close()


def set_up_doors(district: District, mail_port: int = 0, events: str = "", root: Path | None = None) -> Path:
    root = root or district.folder / "shared"
    root.mkdir(exist_ok=True)
    lines = [f'[folder]\nroot = "{root}"']
    if mail_port:
        lines.append(
            f'[mail]\nhost = "127.0.0.1"\nport = {mail_port}\nstarttls = false\nsender = "consent@district.example"'
        )
        lines.append('staff = ["desk@district.example"]\n[mail.partners]\nrainier = ["lead@partner.example"]')
    if events:
        lines.append(f'[webhooks]\nrainier = "{events}"')
    (district.home / "doors.toml").write_text("\n".join(lines) + "\n")
    secrets = district.home / "keys" / "doors.toml"
    secrets.write_text('[event_keys]\nrainier = "shared secret"\n')
    secrets.chmod(0o600)
    return root


def submit(district: District) -> str:
    listed = district.write_list("1000001", "1000002")
    receipt = district.expect("submit", "--partner", "rainier", "--list", str(listed))
    return str(receipt["submission_id"])


def send(district: District, code: int = 0) -> dict[str, Any]:
    return dict(district.expect("sendings", "now", code=code))


def list_waiting(district: District) -> list[tuple[str, str, int]]:
    return [(s["kind"], s["trouble"], s["attempts"]) for s in district.expect("sendings", "list", "--waiting")]


def let_time_pass(district: District) -> None:
    """What waits for another try may be tried now."""
    program = open_program(district)
    with program.installation.sessions.begin() as session:
        for tried in session.query(SendingAttempts):
            tried.next_at = program.read_clock().now


def test_receipt_notice_event_and_digest_leave_once_and_name_no_student(district: District) -> None:
    box, port = Mailbox(), find_port()
    with run_mail_server(box, port), run_listener([]) as (address, got):
        root = set_up_doors(district, port, address)
        submission = submit(district)
        assert send(district) == {"left": 4, "waiting": 0}
        assert send(district) == {"left": 0, "waiting": 0}
    receipt = (root / "rainier" / "outbox" / f"receipt-{submission}.txt").read_text()
    assert submission in receipt and "Student list: list.xlsx" in receipt and "\n— consentry/" in receipt
    mails = {str(people[0]): message_from_bytes(mail) for people, mail in zip(box.people, box.mails, strict=True)}
    assert "0 cases, 0 past target" in str(mails["desk@district.example"].get_payload())
    assert submission in str(mails["lead@partner.example"].get_payload())
    [(signature, body)] = got
    at, signed = (part.partition("=")[2] for part in signature.split(","))
    assert hmac.digest(b"shared secret", f"{at}.".encode() + body, "sha256").hex() == signed
    assert json.loads(body)["event"] == "receipt-delivered" and json.loads(body)["subject"] == submission
    assert not any(name.encode() in content for name in NAMES for content in (*box.mails, body))


def test_reminders_go_to_partner_and_staff_once_an_occasion(district: District) -> None:
    box, port = Mailbox(), find_port()
    year = ("partner", "agreement", "rainier", "--kind", "nua", "--school-year", "2024-25", "--status")
    district.expect(*year, "submitted", "--on", "2024-09-25")
    with run_mail_server(box, port):
        set_up_doors(district, port)
        told = []
        for day in ("2024-10-01", "2024-10-02", "2024-10-03", "2024-10-04", "2024-10-07"):
            district.today = day
            send(district)
            told.append([str(one[0]) for one in box.people].count("lead@partner.example"))
        district.expect(*year, "active", "--on", "2024-10-07")
        district.today = "2024-10-08"
        send(district)
    assert told == [1, 1, 2, 2, 2], "five business days from the 25th are up on the 2nd: near it once, past it once"
    mails = [message_from_bytes(mail) for mail in box.mails]
    mine = [bytes(mail.get_payload(decode=True)).decode() for mail in mails if mail["To"] == "lead@partner.example"]
    assert "submitted 6 days ago; due on 2024-10-02." in mine[0] and "nua: due in 1 business day." in mine[0]
    assert "past its target" in mine[1] and "Nothing about any student" in mine[1]
    desk = [str(mail.get_payload()) for mail in mails if mail["To"] == "desk@district.example"]
    assert [("Rainier Youth Partners, 2024-25: nua:" in text) for text in desk] == [True] * 5 + [False]


def test_a_school_is_reminded_of_its_list_and_no_student_is_named(full_district: District) -> None:
    district, box, port = full_district, Mailbox(), find_port()
    told = ("--kind", "is", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-01")
    district.expect("partner", "agreement", "rainier", *told)
    listed = district.write_rows([district.make_row("1000001")])
    district.expect("submit", "--partner", "rainier", "--basis", "is", "--list", str(listed), "--by", "Pia Alvarez")
    settle(district)
    set_up_doors(district, port)
    with (district.home / "doors.toml").open("a") as doors:
        doors.write('[mail.schools]\n"Cedar Grove" = ["pia@school.example"]\n')
    with run_mail_server(box, port):
        for day in ("2025-01-31", "2025-02-03", "2025-02-04", "2025-02-18", "2025-02-24"):
            district.today = day
            send(district)
    mails = [message_from_bytes(mail) for mail in box.mails]
    mine = [bytes(m.get_payload(decode=True)).decode() for m in mails if m["To"] == "pia@school.example"]
    assert len(mine) == 3, "once when the term has begun, once near its day, once past it"
    assert mine[0].startswith("Rainier Youth Partners, 2024-25: The list of Cedar Grove Elementary waits")
    assert "by 2025-02-20" in mine[1] and "not confirmed for the second semester" in mine[2]
    subjects = {m["Subject"] for m in mails if m["To"] == "pia@school.example"}
    assert subjects == {"Consentry: a right-to-view list to confirm"}
    assert not any(name.encode() in mail for name in ("Warsame", *CHILDREN["1000001"][:2]) for mail in box.mails)


def test_a_mail_of_which_one_address_is_refused_goes_to_nobody(district: District) -> None:
    """`smtplib` would send it to the others and call it sent."""
    box, port = Mailbox(), find_port()
    box.refuses_address = "gone@partner.example"
    set_up_doors(district, port)
    doors = district.home / "doors.toml"
    doors.write_text(
        doors.read_text().replace('"lead@partner.example"', '"lead@partner.example", "gone@partner.example"')
    )
    submit(district)
    with run_mail_server(box, port):
        assert send(district, code=1) == {"left": 2, "waiting": 1}
        assert list_waiting(district) == [("notice", "mail", 1)] and len(box.mails) == 1
        box.refuses_address = ""
        let_time_pass(district)
        assert send(district) == {"left": 1, "waiting": 0}
    assert box.people[1] == ["lead@partner.example", "gone@partner.example"]


def test_a_mail_server_that_is_down_loses_nothing(district: District) -> None:
    box, port = Mailbox(), find_port()
    set_up_doors(district, port)
    submit(district)
    assert send(district, code=1) == {"left": 1, "waiting": 2}
    assert send(district) == {"left": 0, "waiting": 0}, "no try before its time"
    assert sorted(list_waiting(district)) == [("digest", "unreachable", 1), ("notice", "unreachable", 1)]
    box.refuses = "451 later"
    with run_mail_server(box, port):
        let_time_pass(district)
        assert send(district, code=1) == {"left": 0, "waiting": 2}
        assert sorted(list_waiting(district)) == [("digest", "mail", 2), ("notice", "mail", 2)]
        box.refuses = ""
        let_time_pass(district)
        assert send(district) == {"left": 2, "waiting": 0}
        let_time_pass(district)
        assert send(district) == {"left": 0, "waiting": 0}
    assert len(box.mails) == 2 and len({message_from_bytes(mail)["Message-ID"] for mail in box.mails}) == 2


def test_reports_tell_what_a_release_told_and_wait_for_it(full_district: District) -> None:
    root = set_up_doors(full_district)
    submission = submit(full_district)
    outbox = root / "rainier" / "outbox"
    send(full_district)
    assert [file.name for file in outbox.iterdir()] == [f"receipt-{submission}.txt"]
    settle(full_district)
    send(full_district)
    assert len(list(outbox.iterdir())) == 1, "settled, but not released"
    full_district.expect("release", "--now", "--reason", "a test", "--as", "ana")
    assert send(full_district)["left"] == 1
    [report] = outbox.glob("report-*.xlsx")
    full_district.expect("release", "--now", "--reason", "nothing new", "--as", "ana")
    assert send(full_district)["left"] == 0
    assert zipfile.is_zipfile(report)


def test_what_was_sent_of_a_submission_is_erased_with_it(district: District) -> None:
    set_up_doors(district)
    submission = submit(district)
    send(district)
    program = open_program(district)
    with program.installation.writing() as session:
        found = collect_dependents(session, [session.get_one(Submission, submission)])
        assert {row.__tablename__ for row in found} >= {"submissions", "sendings", "listed_students"}


def test_an_outbox_out_of_reach_gets_it_when_it_is_back(district: District, tmp_path: Path) -> None:
    root = set_up_doors(district, root=tmp_path / "mount")
    (root / "rainier").write_text("a file where a folder has to be")
    submit(district)
    assert send(district, code=1) == {"left": 0, "waiting": 1}
    assert list_waiting(district) == [("receipt", "unwritable", 1)]
    (root / "rainier").unlink()
    let_time_pass(district)
    assert send(district) == {"left": 1, "waiting": 0}
    assert len(list((root / "rainier" / "outbox").iterdir())) == 1


def test_an_event_that_is_refused_waits_as_long_as_asked(district: District) -> None:
    with run_listener([429]) as (address, got):
        set_up_doors(district, events=address)
        submit(district)
        assert send(district, code=1) == {"left": 1, "waiting": 1}
        program = open_program(district)
        with program.installation.reading() as session:
            [tried] = session.query(SendingAttempts)
        assert 80 < (tried.next_at - program.read_clock().now).total_seconds() <= 90 and got == []
        let_time_pass(district)
        assert send(district)["left"] == 1 and len(got) == 1


@pytest.fixture
def packaged(full_district: District) -> District:
    grant(full_district, "1000001")
    data = write_data(full_district.folder / "data")
    full_district.expect("adr", "rainier", "--data", str(data), "--out", str(full_district.folder / "package"))
    return full_district


def test_a_package_leaves_whole(packaged: District) -> None:
    root = set_up_doors(packaged)
    assert send(packaged) == {"left": 3, "waiting": 0}, "receipt, package, and the report on what the package told"
    [package] = (root / "rainier" / "outbox").glob("adr-*.zip")
    held = zipfile.ZipFile(io.BytesIO(package.read_bytes()))
    made = {file.name: file.read_bytes() for file in (packaged.folder / "package").rglob("*") if file.is_file()}
    assert {name: held.read(name) for name in held.namelist()} == made


def test_a_package_whose_grant_has_ended_never_leaves(packaged: District) -> None:
    ended = ("--on", packaged.today, "--reason", "the family asked", "--as", "ana")
    packaged.expect("revoke", "--student", "1000001", "--partner", "rainier", *ended)
    root = set_up_doors(packaged)
    send(packaged)
    states = {line["kind"]: line["state"] for line in packaged.expect("sendings", "list")}
    assert states == {"receipt": "sent", "report": "sent", "adr": "withdrawn"}
    assert not list((root / "rainier" / "outbox").glob("adr-*"))


def test_a_package_waits_while_exports_are_frozen(packaged: District) -> None:
    root = set_up_doors(packaged)
    packaged.expect("exports", "freeze", "--reason", "a test", "--as", "ana")
    send(packaged, code=1)
    assert list_waiting(packaged) == [("adr", "frozen", 1)]
    assert not list((root / "rainier" / "outbox").glob("adr-*"))


def test_without_doors_nothing_is_made_ready(district: District) -> None:
    submit(district)
    assert send(district) == {"left": 0, "waiting": 0} and district.expect("sendings", "list") == []


def test_workers_send_what_is_due_and_go_on_without_a_mail_server(full_district: District) -> None:
    root = set_up_doors(full_district, find_port())
    submit(full_district)
    full_district.expect("work", "--drain")
    assert len(list((root / "rainier" / "outbox").iterdir())) == 1
    assert sorted(list_waiting(full_district)) == [("digest", "unreachable", 1), ("notice", "unreachable", 1)]
    assert full_district.expect("ledger", "verify")["whole"]
    assert PaperKey.load(full_district.home)
