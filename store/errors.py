"""What can go wrong in the store: a broken set-up or a bug, never trouble with one form."""

from __future__ import annotations


class StoreError(Exception):
    """The store could not do what was asked; the message names what happened and what to do, without personal data."""


class UnknownRecordError(StoreError):
    """No record of that id."""


class OutsideTheDoorError(StoreError):
    """A tracked row was written without a ledger entry: a bug in the caller."""
