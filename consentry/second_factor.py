"""One-time codes of an authenticator as a second proof (RFC 6238). Each code is good once while the server runs."""

from __future__ import annotations

import re
import threading
import time

import pyotp
import segno

from consentry.accounts import OPEN, change_account
from consentry.errors import CommandError
from consentry.program import Program
from store.desk_tables import Account

_SECRET = re.compile(r"[A-Z2-7]{32}")
_STEP = 30


class UsedCodes:
    """The last time step whose code each account has used."""

    def __init__(self) -> None:
        self._steps: dict[str, int] = {}
        self._lock = threading.Lock()

    def use(self, account_id: str, step: int) -> bool:
        """Takes a step; False where it or a later one was used."""
        with self._lock:
            if step <= self._steps.get(account_id, -1):
                return False
            self._steps[account_id] = step
            return True


def make_secret() -> str:
    """A new secret."""
    return pyotp.random_base32()


def draw_code(secret: str, name: str) -> str:
    """The secret as an SVG picture for an authenticator; black on white, without styles."""
    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Consentry")
    return str(segno.make(address, error="m").svg_inline(scale=5, light="#fff", svgclass="qr", lineclass=None))


def set_code(program: Program, account_id: str, secret: str, code: str, actor: str) -> None:
    """Keeps an account's secret. `CommandError`: not a secret of ours, or its first code isn't right."""
    if not _SECRET.fullmatch(secret) or _find_step(secret, code) is None:
        raise CommandError("that code is not right: look at the clock of your phone and try again")
    change_account(program, account_id, actor, totp_secret=secret)


def check_code_once(used: UsedCodes, account: Account, code: str) -> bool:
    """Whether a code is the account's of now, or of the 30 seconds before or after, and wasn't used before."""
    step = _find_step(account.totp_secret, code) if account.totp_secret else None
    return step is not None and used.use(account.account_id, step)


def find_waiting_account(program: Program, account_id: str) -> Account | None:
    """The open account of an id."""
    with program.installation.reading() as session:
        account = session.get(Account, account_id)
    return account if account is not None and account.state == OPEN else None


def _find_step(secret: str, code: str) -> int | None:
    digits, now = "".join(code.split()), int(time.time()) // _STEP
    totp = pyotp.TOTP(secret)
    return next(
        (step for step in (now, now - 1, now + 1) if pyotp.utils.strings_equal(totp.generate_otp(step), digits)), None
    )
