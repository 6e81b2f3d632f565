"""What can go wrong outside a single page: a blank form that can't be learned."""

from __future__ import annotations


class TemplateError(Exception):
    """A blank form cannot be learned from this file; the message says why in one sentence."""
