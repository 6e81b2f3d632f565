"""Trace bundles: what a trace shows, with the proofs by which an outsider checks it without us.

Order matters: the files are made, their manifest's hash is recorded as an entry, and only then is the head taken in which
every entry shown is proven. So the ledger vouches for each byte of the bundle, and that it was given out is on record.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.pipeline.form_pages import PageSource, find_source, list_sources
from consentry.program import Program
from consentry.proof.heads import list_kept_heads
from consentry.proof.tracing import Subject, find_entries, find_traced, trace
from ingest import draw_page
from ingest.types import PageImage
from ocr import write_png
from store import Entry, Event, JsonValue, record, verify_bundle, write_canonical_json
from store.checkpoint import Checkpoint
from store.tables import Agreement, Case, Decision, Form, FormTemplate, Grant, LedgerHead, Partner, Tracked, Withdrawal
from store.tree_reader import TreeReader

_MARGIN_SHARE = 3
"""A picture shows a third of its box's height above and below: pens don't keep within boxes."""


def write_bundle(program: Program, subject: Subject, file: Path, against: Checkpoint | None) -> None:
    """Writes the bundle of a subject. `against`: a head from outside whose continuation is proven too."""
    _write_whole(file, pack_bundle(program, subject, against, "program"))


def pack_bundle(program: Program, subject: Subject, against: Checkpoint | None, actor: str) -> bytes:
    """The bundle of a subject as the bytes of a zip, for whoever asks; recorded."""
    chain = trace(program, subject)
    with program.installation.reading() as session:
        grants, forms = find_traced(session, subject)
        rows = list(_find_rows(session, grants, forms))
    files = {
        "trace.json": json.dumps(chain, indent=1, ensure_ascii=False).encode(),
        "rows.json": json.dumps([_show_row(row) for row in rows], ensure_ascii=False).encode(),
        **_draw_forms(program, forms),
    }
    listed: dict[str, JsonValue] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = write_canonical_json({"version": verify_bundle.BUNDLE_VERSION, "files": listed})
    clock = program.read_clock()
    named = subject.grant_id or subject.form_id or "student"
    facts: dict[str, JsonValue] = {"manifest": hashlib.sha256(manifest).hexdigest()}
    with program.installation.writing() as session:
        exported = record(session, clock, Entry(Event.TRACE_EXPORTED, named, actor, [], facts))
    with program.installation.reading() as session:
        proofs = _prove(program, session, rows, exported, against)
    files |= {"manifest.json": manifest, "verify_bundle.py": Path(verify_bundle.__file__).read_bytes(), **proofs}
    return _zip(files)


def _find_rows(session: Session, grants: Iterable[Grant], forms: Iterable[Form]) -> Iterable[Tracked]:
    grant_ids, form_ids = [grant.grant_id for grant in grants], [form.form_id for form in forms]
    partners = {grant.partner_id for grant in grants} | {form.partner_id for form in forms}
    yield from grants
    yield from forms
    yield from session.scalars(select(Decision).where(Decision.form_id.in_(form_ids)))
    yield from session.scalars(select(Case).where(Case.form_id.in_(form_ids)))
    yield from session.scalars(select(Withdrawal).where(Withdrawal.grant_id.in_(grant_ids)))
    yield from session.scalars(select(Agreement).where(Agreement.partner_id.in_(partners)))
    yield from session.scalars(select(Partner).where(Partner.partner_id.in_(partners)))
    templates = {form.template_id for form in forms if form.template_id}
    yield from session.scalars(select(FormTemplate).where(FormTemplate.template_id.in_(templates)))


def _show_row(row: Tracked) -> dict[str, str]:
    return {
        "table": row.__tablename__,
        "key": row.identify(),
        "row": write_canonical_json(row.describe()).decode(),
    }


def _draw_forms(program: Program, forms: Iterable[Form]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with program.open_cell() as cell:
        for form in forms:
            for number, source in enumerate(list_sources(form), 1):
                original = program.installation.documents.get(source.sha256)
                files[f"{form.form_id}/original-{source.sha256[:12]}"] = original
                page = draw_page(original, source.media_type, source.page_index, cell, program.limits)
                if isinstance(page, PageImage):
                    name = "page.png" if number == 1 else f"page-{number}.png"
                    files[f"{form.form_id}/{name}"] = write_png(page.pixels)
                    files |= _cut_pictures(form, page, source)
    return files


def _cut_pictures(form: Form, page: PageImage, source: PageSource) -> dict[str, bytes]:
    own = list_sources(form)[0]
    files = {}
    for name, field in form.fields.items():
        box = field.get("box") if isinstance(field, dict) else None
        if not isinstance(box, list) or (find_source(field) or own) != source:
            continue
        x0, y0, x1, y1 = (int(str(edge)) for edge in box)
        around = (y1 - y0) // _MARGIN_SHARE
        crop = page.pixels[max(y0 - around, 0) : y1 + around, max(x0, 0) : x1]
        if crop.size:
            files[f"{form.form_id}/{name}.png"] = write_png(crop)
    return files


def _prove(
    program: Program, session: Session, rows: Iterable[Tracked], exported: int, against: Checkpoint | None
) -> dict[str, bytes]:
    """The head, and the proofs of all entries that wrote the rows, in it and from every head that was given out."""
    key = program.installation.load_key()
    head = session.get_one(LedgerHead, 1)
    reader = TreeReader(session)
    wanted = {exported, *find_entries(session, {row.identify() for row in rows})}
    entries = [
        {"seq": seq, "body": reader.read_body(seq).decode(), "proof": _encode(reader.prove_inclusion(seq, head.size))}
        for seq in sorted(wanted)
    ]
    earlier = {kept.size for kept in list_kept_heads(program)} | ({against.size} if against else set())
    consistency = [
        {"size": size, "proof": _encode(reader.prove_consistency(size, head.size))}
        for size in sorted(earlier)
        if 0 < size <= head.size
    ]
    note = key.sign(Checkpoint(key.origin, head.size, head.root))
    told = {"entries": entries, "consistency": consistency}
    return {
        "ledger/checkpoint.txt": note.encode(),
        "ledger/entries.json": json.dumps(told, ensure_ascii=False).encode(),
    }


def _encode(proof: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(node).decode() for node in proof]


def _zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _write_whole(file: Path, content: bytes) -> None:
    aside = file.with_name(f".{file.name}.part")
    try:
        aside.write_bytes(content)
        os.replace(aside, file)  # noqa: PTH105 - whole or not at all
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise CommandError(f"cannot write {file}: {error.strerror}") from None
