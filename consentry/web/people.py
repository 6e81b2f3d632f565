"""Who is at the other end: sessions kept on the server, named by a random token of which only the hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, update
from starlette.responses import Response

from consentry.accounts import OPEN, Role
from consentry.program import Program
from store.desk_tables import Account, WebSession

COOKIE = "consentry_session"
BACK = "consentry_back"
"""The cookie that names the page to go back to after logging in: a path of ours, for ten minutes."""
IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
_SEEN_EVERY = timedelta(seconds=60)
_BACK_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Person:
    """A person who has logged in. `form_token` stands in each form of theirs and in no other's."""

    account_id: str
    name: str
    full_name: str
    role: Role
    partner_id: str | None
    letter_keys: bool
    form_token: str
    language: str

    @property
    def called(self) -> str:
        """What pages call them."""
        return self.full_name or self.name

    @property
    def as_viewer(self) -> tuple[str, str]:
        """Account and name, as page views are recorded."""
        return self.account_id, self.name


def begin_session(program: Program, account: Account, awaits_code: bool) -> str:
    """A new session of an account; returns the token for its cookie."""
    token, now = secrets.token_urlsafe(32), program.read_clock().now
    kept = WebSession(
        token_sha256=_hash(token),
        account_id=account.account_id,
        form_token=secrets.token_urlsafe(24),
        awaits_code=awaits_code,
        created_at=now,
        seen_at=now,
        ends_at=now + LONGEST,
    )
    with program.installation.sessions.begin() as session:
        session.execute(delete(WebSession).where(WebSession.ends_at < now))
        session.add(kept)
    return token


def come_back_to(response: Response, path: str) -> Response:
    """The same answer, after which a log-in goes on with the page of that path."""
    if path and path != "/":
        response.set_cookie(BACK, path, max_age=_BACK_SECONDS, httponly=True, samesite="lax")
    return response


def find_page_before(path: str | None) -> str:
    """The path that a browser gave back, "/" for anything that isn't one of ours."""
    parts = urlsplit(path or "")
    is_ours = parts.path.startswith("/") and not parts.path.startswith(("//", "/\\")) and not parts.netloc
    return path if path and is_ours and path.isprintable() else "/"


def find_person(program: Program, token: str | None, awaits_code: bool = False) -> Person | None:
    """Whose token it is, None where it holds no more. `awaits_code`: one that still has to give its one-time code."""
    if not token:
        return None
    now = program.read_clock().now
    with program.installation.reading() as session:
        kept = session.get(WebSession, _hash(token))
        if kept is None or kept.ends_at < now or kept.seen_at + IDLE < now or kept.awaits_code != awaits_code:
            return None
        account = session.get(Account, kept.account_id)
    if account is None or account.state != OPEN:
        return None
    if kept.seen_at + _SEEN_EVERY < now:
        with program.installation.sessions.begin() as session:
            session.execute(update(WebSession).where(WebSession.token_sha256 == _hash(token)).values(seen_at=now))
    role = Role(account.role)
    return Person(
        account_id=account.account_id,
        name=account.name,
        full_name=account.full_name,
        role=role,
        partner_id=account.partner_id,
        letter_keys=account.letter_keys,
        form_token=kept.form_token,
        language=account.language,
    )


def end_session(program: Program, token: str | None) -> None:
    """Ends a session."""
    with program.installation.sessions.begin() as session:
        session.execute(delete(WebSession).where(WebSession.token_sha256 == _hash(token or "")))


def end_other_sessions_of(program: Program, account_id: str, kept: str | None = None) -> None:
    """Ends all sessions of an account but one: its password, role or state has changed."""
    others = WebSession.account_id == account_id, WebSession.token_sha256 != _hash(kept or "")
    with program.installation.sessions.begin() as session:
        session.execute(delete(WebSession).where(*others))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
