"""The crops of a blind task, cut from the form's page: all that the keyer sees of it. Who had them is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from consentry.errors import CommandError
from consentry.program import Program
from consentry.risk.blind_sample import TaskToKey, find_task
from ingest import draw_page
from ingest.types import MediaType, PageImage
from ocr import write_png
from store import Entry, Event, record
from store.ids import Sha256
from store.tables import Form

_MARGIN = 6
"""Pixels around a field's box, for strokes that run over its edge."""


@dataclass(frozen=True, slots=True)
class BlindCrop:
    """One field's pixels, uint8."""

    field: str
    pixels: np.ndarray


def cut_blind_crops(program: Program, task: TaskToKey) -> list[BlindCrop]:
    """The crops of a task's fields. `CommandError` if the page cannot be drawn any more."""
    with program.installation.reading() as session:
        form = session.get_one(Form, task.form_id)
    content = program.installation.documents.get(Sha256(form.document_sha256))
    with program.open_cell() as cell:
        page = draw_page(content, MediaType(form.media_type), form.page_index, cell, program.limits)
    if not isinstance(page, PageImage):
        raise CommandError(f"the page of form {task.form_id} cannot be drawn")
    crops = []
    for field in task.fields:
        x0, y0, x1, y1 = field.box
        cut = page.pixels[max(y0 - _MARGIN, 0) : y1 + _MARGIN, max(x0 - _MARGIN, 0) : x1 + _MARGIN]
        if cut.size:
            crops.append(BlindCrop(field.name, cut))
    return crops


def write_blind_crops(program: Program, task_id: str, folder: Path, user: str) -> list[Path]:
    """Writes a task's crops as PNG files into a folder, and records who had them."""
    task = find_task(program, task_id)
    crops = cut_blind_crops(program, task)
    clock = program.read_clock()
    with program.installation.writing() as session:
        record(session, clock, Entry(Event.BLIND_CROPS_SHOWN, task_id, user, []))
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for crop in crops:
            files.append(folder / f"{crop.field}.png")
            files[-1].write_bytes(write_png(crop.pixels))
    except OSError as error:
        raise CommandError(f"cannot write into {folder}: {error.strerror}") from None
    return files
