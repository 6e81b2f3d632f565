"""The tasks that a cell's child can do, by name, and how it answers.

Runs inside the child only. A task gets the open document and its arguments and yields frames; it says no with a `refused`
code and numbers, never with words or with anything read from the document. Words are made outside, in `refusals`.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from ingest.cell_frames import Frame, Json, read_frame, write_frame

Task = Callable[[BinaryIO, Mapping[str, Json]], Iterator[Frame]]

_TASKS: dict[str, Task] = {}


def preload() -> None:
    """Import every reader and list its task; done once, before the forks."""
    from PIL import Image

    from ingest import document_pages, enrollment_rows, examine, headers, list_rows, zip_members

    Image.preinit()
    Image.init()
    headers.load_synonyms()
    warnings.simplefilter("ignore")
    _TASKS.update(examine.TASKS)
    _TASKS.update(zip_members.TASKS)
    _TASKS.update(document_pages.TASKS)
    _TASKS.update(list_rows.TASKS)
    _TASKS.update(enrollment_rows.TASKS)


def answer_task(answer: int, document: int, protections: Mapping[str, bool]) -> int:
    """Do the one task asked for on the socket `answer` and send its frames; gives the exit code."""
    request = read_frame(lambda count: os.read(answer, count))
    if request is None:
        return 1
    name, arguments = request.header["task"], request.header["arguments"]
    if name == "report_protections":
        write_frame(answer, protections)
        return 0
    task = _TASKS[str(name)]
    try:
        with os.fdopen(document, "rb") as opened:
            opened.seek(0)
            for frame in task(opened, arguments if isinstance(arguments, dict) else {}):
                write_frame(answer, frame.header, frame.blobs)
    except MemoryError:
        write_frame(answer, {"stopped": "memory"})
    except Exception as error:  # one document: whatever a reader raises on it is an answer, and names no content
        with contextlib.suppress(OSError):
            write_frame(answer, {"stopped": "error", "kind": type(error).__name__})
    return 0
