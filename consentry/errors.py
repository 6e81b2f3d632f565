"""Errors of a command: one line on standard error and exit code 2, never a traceback."""

from __future__ import annotations


class CommandError(Exception):
    """The command could not run as asked; the message says what happened and what to do, without personal data."""
