"""The door and the ledger: what is written through it verifies, what is changed behind it is found."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from store import Clock, Entry, Event, Installation, record
from store.errors import OutsideTheDoorError
from store.tables import Agreement, LedgerLeaf, Partner
from store.verification import verify_ledger

CLOCK = Clock.read("2024-10-01")


def add_partner(installation: Installation, partner_id: str) -> None:
    with installation.writing() as session:
        partner = Partner(partner_id=partner_id, name=f"Partner {partner_id}", purpose="", categories=["attendance"])
        record(session, CLOCK, Entry(Event.PARTNER_ADDED, partner_id, "lead", [partner]))


def breaks(installation: Installation) -> list[str]:
    with installation.reading() as session:
        return [f"{found.subject}: {found.words}" for found in verify_ledger(session, installation.documents).breaks]


def test_honest_installation_verifies(installation: Installation) -> None:
    for number in range(9):
        add_partner(installation, f"p{number}")
    assert breaks(installation) == []


def test_row_outside_the_door_is_refused(installation: Installation) -> None:
    with pytest.raises(OutsideTheDoorError), installation.writing() as session:
        session.add(Partner(partner_id="x", name="X", purpose="", categories=[]))
    add_partner(installation, "p")
    with pytest.raises(OutsideTheDoorError), installation.writing() as session:
        session.get_one(Partner, "p").name = "changed"
    assert breaks(installation) == []


def test_changed_removed_and_inserted_rows_are_named(installation: Installation) -> None:
    for number in range(3):
        add_partner(installation, f"p{number}")
    with installation.engine.begin() as connection:
        connection.execute(text("UPDATE partners SET name = 'other' WHERE partner_id = 'p0'"))
        connection.execute(text("DELETE FROM partners WHERE partner_id = 'p1'"))
        connection.execute(
            text("INSERT INTO partners (partner_id, name, purpose, categories, salt) VALUES ('p9', 'n', '', '[]', 's')")
        )
    assert breaks(installation) == [
        "partners p0: the row was changed after this entry wrote it",
        "partners p1: the row that this entry wrote is gone",
        "partners p9: a row that no entry wrote",
    ]


def test_ledger_refuses_update_and_delete(installation: Installation) -> None:
    add_partner(installation, "p")
    for statement in ("UPDATE ledger SET body = '' WHERE seq = 1", "DELETE FROM ledger WHERE seq = 1"):
        with pytest.raises(DBAPIError, match="only grows"), installation.engine.begin() as connection:
            connection.execute(text(statement))


def test_no_leaf_holds_a_name(installation: Installation) -> None:
    add_partner(installation, "p")
    with installation.reading() as session:
        for leaf in session.scalars(select(LedgerLeaf)):
            assert b"Partner p" not in leaf.body


def test_row_written_twice_has_its_last_digest(installation: Installation) -> None:
    add_partner(installation, "p")
    for status in ("submitted", "active"):
        with installation.writing() as session:
            row = session.get(Agreement, "a") or Agreement(
                agreement_id="a", partner_id="p", kind="dsa", school_year="2024-25", recorded_at=CLOCK.now
            )
            row.status, row.on_date = status, date(2024, 9, 1)
            record(session, CLOCK, Entry(Event.AGREEMENT_RECORDED, "a", "lead", [row]))
    assert breaks(installation) == []


def test_replaced_document_is_named(installation: Installation) -> None:
    from store import describe_document

    digest = installation.documents.put(b"a scan")
    with installation.writing() as session:
        rows = describe_document(session, digest, "scan", 6, CLOCK)
        record(session, CLOCK, Entry(Event.SUBMISSION_RECEIVED, "s", "partner", rows))
    place = installation.home / "documents" / digest[:2] / digest[2:]
    place.chmod(0o600)
    place.write_bytes(b"another")
    assert breaks(installation) == [f"document {digest}: the file is gone or was changed"]
