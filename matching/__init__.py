"""Finds the enrolled child that a form or a list row means: probabilities, evidence, never a decision.

A plain library: it imports nothing of the other folders, no database and no web framework.

Names are loaded on first use, so that whoever needs a type alone loads no model; `__init__.pyi` lists them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
