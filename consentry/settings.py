"""Settings: one table, read once at start and passed down; nothing else touches the environment.

| name | default | help |
| --- | --- | --- |
| `--home`, `$CONSENTRY_HOME` | `./consentry-data` | folder of all state |
| `$CONSENTRY_DATABASE_URL` | SQLite in the home | the database, for PostgreSQL |
| `$CONSENTRY_DOCUMENTS_URL` | the home's `documents/` | a bucket for the documents, `s3://BUCKET/FOLDER` |
| `$CONSENTRY_KEY_FILE` | `keys/documents.key` in the home | the key that stored documents and backups are sealed with |
| `$CONSENTRY_LOG` | `failures` | what the log on standard error tells: `failures`, or also `steps` |
| `$CONSENTRY_OIDC_ISSUER` | none | the district's identity provider, for logging in to the web pages |
| `$CONSENTRY_OIDC_CLIENT_ID`, `$CONSENTRY_OIDC_CLIENT_SECRET` | none | what the program is called there |
| `$CONSENTRY_TODAY` | the machine's day | the day that rules take as today (rehearsals) |
"""

from __future__ import annotations

import datetime
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from consentry.errors import CommandError
from consentry.logs import LogDetail
from store import Clock


class Settings(BaseSettings):
    """What the environment says."""

    model_config = SettingsConfigDict(env_prefix="CONSENTRY_", frozen=True)

    home: Path = Path("consentry-data")
    database_url: str | None = None
    documents_url: str | None = None
    key_file: Path | None = None
    log: LogDetail = LogDetail.FAILURES
    today: datetime.date | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None

    def read_clock(self) -> Clock:
        """The time now, and the day that the rules take as today."""
        return Clock.read(self.today.isoformat() if self.today else None)

    def worker_environment(self) -> dict[str, str]:
        """The settings as environment variables, for worker processes."""
        values = {"CONSENTRY_HOME": str(self.home.absolute()), "CONSENTRY_LOG": self.log.value}
        if self.database_url:
            values["CONSENTRY_DATABASE_URL"] = self.database_url
        if self.documents_url:
            values["CONSENTRY_DOCUMENTS_URL"] = self.documents_url
        if self.key_file:
            values["CONSENTRY_KEY_FILE"] = str(self.key_file.absolute())
        if self.today:
            values["CONSENTRY_TODAY"] = self.today.isoformat()
        return values


def read_settings(home: Path | None = None) -> Settings:
    """The settings; `home` overrules the environment. `CommandError` names the setting that can't be read."""
    try:
        return Settings(home=home) if home else Settings()
    except ValidationError as error:
        names = ", ".join(f"CONSENTRY_{str(fault['loc'][0]).upper()}" for fault in error.errors())
        raise CommandError(f"cannot read the setting {names}: see 'consentry --help'") from None
