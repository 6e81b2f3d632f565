"""Logging in with the district's identity provider: OpenID Connect, code flow with PKCE, state and nonce kept on the server.

Says who somebody is, never what they may do: that is the account whose subject is "ISSUER SUBJECT", made by an administrator.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from httpx2 import HTTPError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from consentry.errors import CommandError
from consentry.settings import Settings

_SECONDS = 600.0
_MOST_BEGUN = 1000
_ALGORITHMS = ["RS256", "ES256", "PS256"]
_LEEWAY = 60


@dataclass(frozen=True, slots=True)
class BegunLogin:
    """A log-in that was sent to the provider: what its answer has to bring, and from which browser."""

    browser: str
    nonce: str
    verifier: str
    back: str
    ends_at: float


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider as its discovery document describes it."""

    issuer: str
    authorization: str
    token: str
    keys: str


class DistrictLogin:
    """Begins log-ins at the provider and checks what comes back. Each begun log-in is good for one answer, ten minutes long."""

    def __init__(self, settings: Settings) -> None:
        self._issuer, self._client_id = settings.oidc_issuer or "", settings.oidc_client_id or ""
        self._secret = settings.oidc_client_secret
        self._begun: OrderedDict[str, BegunLogin] = OrderedDict()
        self._lock = threading.Lock()
        self._provider: Provider | None = None

    @property
    def is_there(self) -> bool:
        """Whether a provider was set."""
        return bool(self._issuer and self._client_id)

    def begin(self, browser: str, back: str) -> str:
        """Where to send a browser. `browser`: a random token in its cookie; `back`: our address for the answer."""
        provider, nonce, verifier = self._find_provider(), secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        with self._open_client(back) as client:
            address, state = client.create_authorization_url(
                provider.authorization, code_verifier=verifier, nonce=nonce
            )
        with self._lock:
            self._begun[state] = BegunLogin(browser, nonce, verifier, back, time.monotonic() + _SECONDS)
            while len(self._begun) > _MOST_BEGUN:
                self._begun.popitem(last=False)
        return str(address)

    def finish(self, state: str, browser: str, code: str) -> str:
        """The subject "ISSUER SUBJECT" of an answer. `CommandError` for one that wasn't asked for, or that doesn't hold."""
        with self._lock:
            begun = self._begun.pop(state, None)
        if begun is None or begun.ends_at < time.monotonic() or not secrets.compare_digest(begun.browser, browser):
            raise CommandError("that log-in was not begun here, or too long ago: begin again")
        provider = self._find_provider()
        try:
            with self._open_client(begun.back) as client:
                token = client.fetch_token(provider.token, code=code, code_verifier=begun.verifier)
                keys = KeySet.import_key_set(client.request("GET", provider.keys, withhold_token=True).json())
            claims = jwt.decode(str(token["id_token"]), keys, algorithms=_ALGORITHMS).claims
            self._check(claims, provider, begun)
        except (OAuthError, JoseError, HTTPError, KeyError, ValueError):
            raise CommandError("the district's log-in could not be checked: begin again") from None
        return f"{provider.issuer} {claims['sub']}"

    def _check(self, claims: dict[str, Any], provider: Provider, begun: BegunLogin) -> None:
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": begun.nonce},
        )
        registry.validate(claims)
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._client_id:
            raise ValueError("for somebody else")

    def _find_provider(self) -> Provider:
        if self._provider is None:
            issuer = self._issuer.rstrip("/")
            try:
                with self._open_client("") as client:
                    address = f"{issuer}/.well-known/openid-configuration"
                    told = client.request("GET", address, withhold_token=True).json()
                found = Provider(
                    issuer=str(told["issuer"]),
                    authorization=str(told["authorization_endpoint"]),
                    token=str(told["token_endpoint"]),
                    keys=str(told["jwks_uri"]),
                )
            except (HTTPError, KeyError, ValueError):
                raise CommandError("the district's log-in does not answer: try again later") from None
            if found.issuer.rstrip("/") != issuer:
                raise CommandError("the district's log-in calls itself by another name than the settings do")
            self._provider = found
        return self._provider

    def _open_client(self, back: str) -> OAuth2Client:
        return OAuth2Client(
            client_id=self._client_id,
            client_secret=self._secret,
            scope="openid",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=10.0,
        )


def refuse_plain_issuer(settings: Settings) -> None:
    """`CommandError` for a provider that isn't reached by https, unless it is on this machine."""
    if not settings.oidc_issuer:
        return
    parts = urlsplit(settings.oidc_issuer)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise CommandError("CONSENTRY_OIDC_ISSUER has to be an https address")
    if not settings.oidc_client_id:
        raise CommandError("CONSENTRY_OIDC_ISSUER needs CONSENTRY_OIDC_CLIENT_ID beside it")
