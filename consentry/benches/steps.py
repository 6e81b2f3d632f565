"""The bench of speed: what a page costs, step by step, along the very path by which pages are read.

CPU seconds are those of all threads of a process that is given one for its sums, as a worker is; seconds by the clock grow
with what else the machine does. Decides nothing. Accepted limit: drawing a file's page happens in a child process, so only its
seconds by the clock are known.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np
from PIL import Image

from consentry.benches.blanks import KnownBlank, fill, load_blanks
from consentry.benches.drawn_pages import draw_stranger
from fixtures.scanning import ScanKind, degrade
from ingest import Cell, Limits, MediaType, draw_page
from ocr.features import find_features
from ocr.pictures import to_grey
from ocr.read_page import cut_form, read_cut_form
from ocr.registration import find_plane, lay_over, register_forms
from ocr.template import Template
from ocr.template_index import index_templates

MANY_BLANKS = 30
_CORES = 2
_KINDS = (ScanKind.CLEAN, ScanKind.SKEWED, ScanKind.FAX, ScanKind.PHOTO, ScanKind.HIGH_RESOLUTION, ScanKind.NOISY)


@dataclass(slots=True)
class _Spent:
    """Seconds that each step took, page by page."""

    cpu: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    clock: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def on(self, step: str) -> Iterator[None]:
        """Counts what the block takes as this step."""
        cpu, clock = time.process_time(), time.perf_counter()
        yield
        self.cpu[step].append(time.process_time() - cpu)
        self.clock[step].append(time.perf_counter() - clock)


def measure_apart(pages: int, seed: int) -> dict[str, object]:
    """`measure_steps` for the sample blanks in a process of its own, set as a worker's is: threads that share out small
    products of matrices wait for each other, which costs a twelfth of a page.
    """
    command = [sys.executable, "-m", "consentry.benches.steps", str(pages), str(seed)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own
    figures: dict[str, object] = json.loads(done.stdout)
    return figures


def measure_steps(known: Sequence[KnownBlank], pages: int, seed: int) -> dict[str, object]:
    """What `pages` pages cost with the blanks that there are, and what registration costs with thirty."""
    few = [entry.template for entry in known]
    many = few + [draw_stranger(known, number, seed) for number in range(max(MANY_BLANKS - len(few), 0))]
    steps, parts = _Spent(), _Spent()
    with Cell(Limits()) as cell:
        for number in range(-2, pages):  # the first two load models and blanks
            rng = np.random.default_rng([seed, 55, abs(number)])
            entry = known[int(rng.integers(len(known)))]
            pixels = degrade(fill(entry.blank, rng), _KINDS[number % len(_KINDS)], rng).pixels
            into, into_parts = (steps, parts) if number >= 0 else (_Spent(), _Spent())
            _draw(pixels, cell, into)
            _read(pixels, few, into)
            _look_closer(pixels, entry.template, many, into_parts)
    return _tell(steps, parts)


def _draw(pixels: np.ndarray, cell: Cell, spent: _Spent) -> None:
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    with spent.on("draw"):
        draw_page(packed.getvalue(), MediaType.PNG, 0, cell, Limits())


def _read(pixels: np.ndarray, templates: Sequence[Template], spent: _Spent) -> None:
    with spent.on("register"):
        page = to_grey(pixels)
        found = register_forms(page, templates)
    for registration in found[:1]:
        with spent.on("cut"):
            cuts = cut_form(page, registration)
        with spent.on("read"):
            read_cut_form(page, registration, cuts)


def _look_closer(pixels: np.ndarray, own: Template, many: Sequence[Template], spent: _Spent) -> None:
    page = to_grey(pixels)
    with spent.on(f"register, {len(many)} blanks"):
        register_forms(page, many)
    with spent.on("features"):
        features = find_features(page)
    with spent.on("choosing a blank"):
        index_templates(many).count_votes(features)
    with spent.on("laying it over"):
        plane = find_plane(page, features, own)
        if plane is not None:
            lay_over(page, plane)


def _tell(steps: _Spent, parts: _Spent) -> dict[str, object]:
    cpu = {step: float(np.mean(times)) for step, times in steps.cpu.items() if step != "draw"}
    total = sum(cpu.values())
    return {
        "pages": len(steps.cpu["register"]),
        "cpu_seconds_a_page": {**_round(cpu), "all": round(total, 3)},
        "share_of_cpu": {step: round(seconds / total, 3) for step, seconds in cpu.items()},
        f"pages_a_second_on_{_CORES}_cores_by_cpu": round(_CORES / total, 2),
        "clock_seconds_a_page_median": _round({step: float(np.median(times)) for step, times in steps.clock.items()}),
        "cpu_seconds_within_registration": _round({step: float(np.mean(times)) for step, times in parts.cpu.items()}),
    }


def _round(seconds: dict[str, float]) -> dict[str, float]:
    return {step: round(spent, 3) for step, spent in seconds.items()}


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.stdout.write(json.dumps(measure_steps(load_blanks(), int(sys.argv[1]), int(sys.argv[2]))))
