"""P11: good pages in odd but legal containers are read, and come out as the picture that they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest import Cell, IncomingFile, Limits, PageImage, UploadPath, draw_page, take_in_scans
from tests.ingest.odd_containers import PAGE, Odd, make_odd_containers

_DIFFERENT = 0.01
_QUICK = 4


def find_unread(odd: Sequence[Odd], cell: Cell, limits: Limits, folder: Path) -> list[str]:
    """What was refused, or came out as another picture."""
    wrong = []
    for each in odd:
        place = folder / each.name
        place.write_bytes(each.content)
        (taken,) = take_in_scans([UploadPath(place, each.name)], cell, limits)
        if not isinstance(taken, IncomingFile):
            wrong.append(f"{each.what}: {taken.words}")
            continue
        page = draw_page(taken.content, taken.media_type, 0, cell, limits)
        if not isinstance(page, PageImage):
            wrong.append(f"{each.what}: {page.words}")
        elif (far := compare(page)) > _DIFFERENT:
            wrong.append(f"{each.what}: another picture, by {far:.2f}")
    return wrong


def compare(page: PageImage) -> float:
    """How far a drawn page is from the true one: mean difference of grey, 0 to 1."""
    grey = page.pixels if page.pixels.ndim == 2 else page.pixels.mean(axis=2).astype(np.uint8)
    same_shape = (grey.shape[0] > grey.shape[1]) == (PAGE.size[1] > PAGE.size[0])
    shrunk = np.asarray(Image.fromarray(grey).resize((85, 110), Image.Resampling.BOX), float)
    true = np.asarray(PAGE.resize((85, 110), Image.Resampling.BOX), float)
    return float(np.abs(shrunk - true).mean()) / 255 if same_shape else 1.0


def test_another_picture_is_told_from_the_page() -> None:
    upright = np.asarray(PAGE)
    assert compare(PageImage(upright.copy(), None)) < 0.001
    for other in (upright[::-1], upright[:, ::-1], 255 - upright, upright.T, np.full_like(upright, 255)):
        assert compare(PageImage(np.ascontiguousarray(other), None)) > _DIFFERENT


def test_a_share_of_the_odd_containers_is_read(cell: Cell, limits: Limits, tmp_path: Path) -> None:
    odd = make_odd_containers()
    assert len(odd) >= 200
    assert find_unread(odd[::_QUICK], cell, limits, tmp_path) == []


@pytest.mark.soak
def test_all_odd_containers_are_read(
    cell: Cell, limits: Limits, tmp_path: Path, note_figure: Callable[[str], None]
) -> None:
    odd = make_odd_containers()
    wrong = find_unread(odd, cell, limits, tmp_path)
    note_figure(f"P11: {len(odd) - len(wrong)} of {len(odd)} odd but legal containers read; not: {wrong}")
    assert len(wrong) <= 0.02 * len(odd)
