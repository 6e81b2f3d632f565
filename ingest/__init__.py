"""Intake: what uploaded files are, what their pages and rows hold. Other folders use only the names listed here.

Scans, student lists and enrollment extracts come in; pages and rows, or a Refusal in words, go out. Nothing uploaded is
parsed outside a `Cell`.

Names are loaded on first use; `__init__.pyi` lists them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
