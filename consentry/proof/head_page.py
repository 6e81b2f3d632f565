"""A head of the ledger as a page to print and file, with a code that a phone reads: what an auditor keeps outside the house.

The code holds the signed note word for word, so that a head on paper can be held against the ledger years later.
"""

from __future__ import annotations

from html import escape

import segno

from store import JsonValue


def write_head_html(head: dict[str, JsonValue], made_on: str) -> bytes:
    """The page as HTML without script or outside parts. `head` as `proving.make_head` gives it."""
    code = segno.make(str(head["note"]), error="m", boost_error=False)
    rows = (
        ("Ledger", head["origin"]),
        ("Entries", head["size"]),
        ("Root (SHA-256)", head["root"]),
        ("Public key (Ed25519)", head["public_key"]),
    )
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows)
    return _PAGE.format(
        day=escape(made_on), table=table, code=code.svg_inline(scale=4, dark="#000"), note=escape(str(head["note"]))
    ).encode()


def write_head_pdf(head: dict[str, JsonValue], made_on: str) -> bytes:
    """The same page as PDF."""
    from weasyprint import HTML  # loads for seconds, and only a printed page needs it

    return bytes(HTML(string=write_head_html(head, made_on).decode()).write_pdf())


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Head of the ledger, {day}</title>
<style>
@page {{ size: letter; margin: 2cm; }}
body {{ font: 11pt/1.45 "Noto Sans", sans-serif; color: #1b2430; }}
h1 {{ font-size: 20pt; margin: 0 0 .4em; }}
table {{ border-collapse: collapse; margin: 1em 0; }}
th {{ text-align: left; padding: .3em 1.2em .3em 0; vertical-align: top; white-space: nowrap; }}
td, pre {{ font-family: "Noto Sans Mono", monospace; font-size: 9pt; overflow-wrap: anywhere; }}
pre {{ background: #f2f4f7; padding: .8em; white-space: pre-wrap; }}
svg {{ display: block; margin: 1.2em 0; }}
</style>
<h1>Head of the ledger, {day}</h1>
<p>Keep this page outside the district's machines. With it, anybody can show later whether the ledger still begins with
these entries: <code>consentry ledger verify --against HEAD.json</code>, or <code>verify_bundle.py</code> on a trace bundle.</p>
<table>{table}</table>
{code}
<pre>{note}</pre>
</html>
"""
