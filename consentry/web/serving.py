"""Runs the server until it is interrupted. One process: enrollment and its matcher are in its memory once."""

from __future__ import annotations

from collections.abc import Callable

import uvicorn

from consentry.program import Program
from consentry.web.app import make_app


def serve_pages(program: Program, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serves until interrupted; no access log, which would keep addresses and ids."""
    say(f"serving on http://{host}:{port} - stop with Ctrl-C")
    uvicorn.run(make_app(program), host=host, port=port, access_log=False, log_level="warning", server_header=False)
