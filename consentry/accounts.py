"""Accounts of the web pages: adding, checking a password, changing and closing them.

Passwords are kept as Argon2 hashes alone. Who gives a name that isn't there, or an account that is closed, waits as long as
for a wrong password and hears the same. An account is never deleted: what it decided keeps its name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from consentry.program_year.named_people import name_new_account
from store import Entry, Event, record
from store.desk_tables import Account
from store.ids import derive_id
from store.ledger import Clock

OPEN, CLOSED = "open", "closed"
SHORT_PASSWORD = 12
"""Fewer characters than this are refused on the pages, and warned of on the command line."""

_LONGEST_NAME = 120
_NAME = re.compile(r"[\w.@+-]{1,80}")
_HASHER = PasswordHasher()


class Role(StrEnum):
    """What a person may do; which pages that opens is one table, `consentry.web.rules`."""

    STAFF = "staff"
    LEAD = "lead"
    AUDITOR = "auditor"
    PARTNER = "partner"
    SCHOOL = "school"
    ADMIN = "admin"


ACCOUNTS_KEPT_BY = {Role.ADMIN: frozenset(Role), Role.LEAD: frozenset({Role.PARTNER})}
"""Whose accounts who makes, closes and sees on the pages. A lead keeps the partners', which decide nothing and send no list
that opens a student's data: nobody is to make their own second person.
"""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made of. A partner's account names its partner; nobody else's does."""

    name: str
    role: Role
    partner_id: str | None
    password: str | None
    subject: str | None = None
    full_name: str = ""


def add_account(program: Program, new: NewAccount, actor: str) -> Account:
    """Adds an account. `CommandError`: a name that is taken or odd, no such partner, neither password nor subject."""
    if not _NAME.fullmatch(new.name):
        raise CommandError("an account's name has up to 80 letters, digits and . @ + - _")
    if (new.role is Role.PARTNER) != (new.partner_id is not None):
        raise CommandError("a partner's account needs --partner, and no other account has one")
    if not new.password and not new.subject:
        raise CommandError("an account needs a password: give --password-stdin")
    clock = program.read_clock()
    hashed = _HASHER.hash(new.password) if new.password else None
    with program.installation.writing() as session:
        if new.partner_id is not None:
            find_partner(session, new.partner_id)
        if find_account(session, new.name) is not None:
            raise CommandError("an account of that name is there already")
        account = Account(
            account_id=derive_id("acc", new.name, clock.now.isoformat()),
            name=new.name,
            full_name=_tidy(new.full_name),
            role=new.role.value,
            partner_id=new.partner_id,
            password_hash=hashed,
            totp_secret=None,
            subject=new.subject,
            state=OPEN,
            language="en",
            letter_keys=True,
            created_at=clock.now,
        )
        facts = {"role": new.role.value}
        record(session, clock, Entry(Event.ACCOUNT_ADDED, account.account_id, actor, [account], dict(facts)))
        if new.partner_id is not None:
            name_new_account(session, clock, new.partner_id, new.name, actor)
    return account


def list_open_accounts(session: Session, partner_id: str) -> list[Account]:
    """A partner's accounts that are open."""
    mine = select(Account).where(Account.partner_id == partner_id, Account.role == Role.PARTNER, Account.state == OPEN)
    return list(session.scalars(mine))


def find_account(session: Session, name: str) -> Account | None:
    """The account of a name, open or closed."""
    return session.scalars(select(Account).where(Account.name == name)).first()


def check_lead(session: Session, user: str, what: str) -> None:
    """`CommandError` unless `user` is an open lead account; any name does where the home has no lead accounts yet."""
    leads = set(session.scalars(select(Account.name).where(Account.role == Role.LEAD, Account.state == OPEN)))
    if leads and user not in leads:
        raise CommandError(f"only a lead {what}: name one of them with --as")


def find_full_names(session: Session) -> dict[str, str]:
    """What people are called who have a full name on record, by the name of their account."""
    named = select(Account.name, Account.full_name).where(Account.full_name != "")
    return {name: full_name for name, full_name in session.execute(named)}


def list_accounts(program: Program, roles: Collection[Role]) -> list[Account]:
    """The accounts of these roles by name."""
    with program.installation.reading() as session:
        return list(session.scalars(select(Account).where(Account.role.in_(roles)).order_by(Account.name)))


def check_password(program: Program, name: str, password: str) -> Account | None:
    """The open account of that name and password, None for anything else, after the same work."""
    with program.installation.reading() as session:
        account = find_account(session, name)
    is_usable = account is not None and account.state == OPEN and account.password_hash is not None
    kept = account.password_hash if account is not None and is_usable else None
    try:
        _HASHER.verify(kept or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return None
    return account if is_usable else None


def find_account_of_subject(program: Program, subject: str) -> Account | None:
    """The open account that an identity provider's "ISSUER SUBJECT" stands for."""
    with program.installation.reading() as session:
        account = session.scalars(select(Account).where(Account.subject == subject)).first()
    return account if account is not None and account.state == OPEN else None


def change_account(program: Program, account_id: str, actor: str, **changes: str | bool | None) -> Account:
    """Changes columns of an account and records who did. `CommandError`: no such account.

    `password` is hashed into `password_hash`; the others are columns by name.
    """
    clock = program.read_clock()
    if "full_name" in changes:
        changes["full_name"] = _tidy(str(changes["full_name"]))
    password = changes.pop("password", None)
    if password is not None:
        if len(str(password)) < SHORT_PASSWORD:
            raise CommandError(f"a password has at least {SHORT_PASSWORD} characters")
        changes["password_hash"] = _HASHER.hash(str(password))
    with program.installation.writing() as session:
        account = session.get(Account, account_id)
        if account is None:
            raise CommandError("no such account")
        for column, value in changes.items():
            setattr(account, column, value)
        _record_change(session, clock, account, actor, sorted(changes))
    return account


def _record_change(session: Session, clock: Clock, account: Account, actor: str, columns: list[str]) -> None:
    facts = {"changed": ", ".join(columns)}
    record(session, clock, Entry(Event.ACCOUNT_CHANGED, account.account_id, actor, [account], dict(facts)))


def _tidy(full_name: str) -> str:
    name = " ".join(full_name.split())
    if len(name) > _LONGEST_NAME:
        raise CommandError(f"a full name has up to {_LONGEST_NAME} letters")
    return name


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash("nobody has this password")
