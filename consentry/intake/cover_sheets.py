"""Cover sheets for the office's scanner: a page that names the partner of the papers behind it by a signed code.

Printing one for mailed papers logs their receipt: whose, which day, how many sheets. A cover that never came back with a scan
is mail that was never scanned. Decides nothing of the papers themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

import segno
from sqlalchemy import select

from consentry.errors import CommandError
from consentry.paper.paper_codes import PaperKey, draw_cover_id
from consentry.partners import find_partner
from consentry.program import Program
from store import Entry, Event, record
from store.door_tables import CoverSheet

MAIL, SCANNER = "mail", "scanner"


@dataclass(frozen=True, slots=True)
class CoverOrder:
    """A cover to print: for whose papers, by whom. `mailed_on`: the day on which mailed papers came; `pieces`: their sheets."""

    partner_id: str
    user: str
    mailed_on: date | None = None
    pieces: int | None = None


def print_cover(program: Program, order: CoverOrder, out: Path) -> CoverSheet:
    """Prints a cover into the PDF `out`. `CommandError`: no such partner, nobody named, a day to come."""
    clock = program.read_clock()
    if not order.user.strip():
        raise CommandError("a cover is printed under a name: --as USER")
    if order.mailed_on is not None and order.mailed_on > clock.today:
        raise CommandError("papers can't have been received on a day to come")
    cover = CoverSheet(
        cover_id=draw_cover_id(),
        partner_id=order.partner_id,
        way=MAIL if order.mailed_on else SCANNER,
        received_on=order.mailed_on or clock.today,
        pieces=order.pieces,
        made_by=order.user,
        on_date=clock.today,
        at=clock.now,
        arrival_id=None,
        pages_found=None,
    )
    code = PaperKey.load(program.installation.home).write_cover_code(order.partner_id, cover.cover_id)
    with program.installation.writing() as session:
        partner = find_partner(session, order.partner_id)
        page = _set_cover(cover, partner.name, code)
        record(session, clock, Entry(Event.COVER_PRINTED, cover.cover_id, order.user, [cover], {"way": cover.way}))
    out.write_bytes(page)
    return cover


def list_covers(program: Program, missing_alone: bool) -> list[CoverSheet]:
    """All covers, the oldest first, or those alone that never came back."""
    covers = select(CoverSheet).order_by(CoverSheet.at)
    if missing_alone:
        covers = covers.where(CoverSheet.arrival_id.is_(None))
    with program.installation.reading() as session:
        return list(session.scalars(covers))


def _set_cover(cover: CoverSheet, partner_name: str, code: str) -> bytes:
    from weasyprint import HTML  # loads for seconds, and only what prints needs it

    drawn = segno.make(code, error="h", micro=False, boost_error=False).svg_inline(scale=8, border=4)
    received = (
        f"Mailed papers, received {cover.received_on.isoformat()}" if cover.way == MAIL else "Papers for the scanner"
    )
    pieces = f" · {cover.pieces} sheets" if cover.pieces is not None else ""
    html = _COVER.format(
        partner=escape(partner_name), received=escape(received + pieces), code=drawn, id=cover.cover_id
    )
    return bytes(HTML(string=html).write_pdf())


_COVER = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Cover sheet</title>
<style>
@page {{ size: letter; margin: 2.2cm; }}
body {{ font: 14pt/1.4 "Noto Sans", "Noto Sans CJK SC", "Noto Sans Arabic", "Noto Sans Ethiopic", sans-serif; color: #111; }}
h1 {{ font-size: 30pt; line-height: 1.15; margin: .2em 0; }}
svg {{ display: block; margin: 1.5cm auto; width: 9cm; height: 9cm; }}
.how {{ border-top: 1pt solid #444; padding-top: .5em; }}
small {{ color: #444; }}
</style>
<p>Cover sheet of a scan batch</p>
<h1>{partner}</h1>
<p>{received}</p>
{code}
<p class="how">Lay this sheet on top of the papers and scan them together. The next partner's papers begin with the next cover
sheet. Keep nothing on top of it.</p>
<p><small>{id}</small></p>
</html>
"""
