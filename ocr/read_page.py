"""Reads a page: finds the template that fits, cuts its fields, reads them. None where no template fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ocr.alterations import find_alterations
from ocr.crops import cut_field
from ocr.page_map import PageMap
from ocr.pictures import to_grey
from ocr.reading import FieldReading, FormReading
from ocr.reading_fields import CutField, read_cut_fields
from ocr.registration import Registration, register_forms, register_page
from ocr.sheet_codes import read_sheet_code
from ocr.template import Template, TemplateBox
from ocr.types import FIELD_KINDS, FieldKind, Mark, PixelBox

_RUNS_OUT = (FieldKind.CHECKBOX, FieldKind.SIGNATURE)


def read_page(image: NDArray[np.uint8], templates: Sequence[Template]) -> FormReading | None:
    """Reads a page (H x W or H x W x 3 uint8, RGB) by the template that fits it; None if none does.

    `ValueError` for an image of another shape or type.
    """
    page = to_grey(image)
    registration = register_page(page, templates)
    return None if registration is None else _read_form(page, registration)


def read_forms(image: NDArray[np.uint8], templates: Sequence[Template]) -> list[FormReading]:
    """Reads every form in a picture (H x W or H x W x 3 uint8, RGB), from the upper left; empty if no template fits.

    `ValueError` for an image of another shape or type.
    """
    page = to_grey(image)
    return [_read_form(page, registration) for registration in register_forms(page, templates)]


def _read_form(page: NDArray[np.uint8], registration: Registration) -> FormReading:
    return read_cut_form(page, registration, cut_form(page, registration))


def read_cut_form(page: NDArray[np.uint8], registration: Registration, cuts: Mapping[str, CutField]) -> FormReading:
    """Reads the cut fields of a form that lies on a grey page (H x W uint8)."""
    cut_off = tuple(_find_cut_off(page, registration))
    readings = _read_fields(cuts, cut_off)
    return FormReading(
        template_identity=registration.template.identity,
        fields=readings,
        corners=registration.corners,
        altered=tuple(find_alterations(cuts, readings)),
        cut_off=cut_off,
        inliers=registration.inliers,
        agreement=registration.agreement,
        page_number=registration.template.page_number,
        elsewhere=registration.template.elsewhere,
        version_unsure=registration.version_unsure,
        sheet_code=read_sheet_code(page, registration.page_map, registration.template),
    )


def cut_form(page: NDArray[np.uint8], registration: Registration) -> dict[str, CutField]:
    """Cuts of all fields of a form on a grey page (H x W uint8), out of the page straightened where its paper didn't lie flat;
    boxes are those on the page itself.
    """
    template, page_map = registration.template, registration.page_map
    straight = page_map.straighten(page)
    return {
        name: CutField(
            FIELD_KINDS[name],
            cut_field(straight, page_map.homography, template, box, keep_outside=FIELD_KINDS[name] in _RUNS_OUT),
            _locate_box(page_map, box, page),
        )
        for name, box in template.boxes.items()
    }


def _locate_box(page_map: PageMap, box: TemplateBox, page: NDArray[np.uint8]) -> PixelBox:
    """The upright box on the page that holds a field's box, cut to the page."""
    outline = _outline(page_map, box)
    height, width = page.shape
    low, high = np.floor(outline.min(axis=0)).astype(int), np.ceil(outline.max(axis=0)).astype(int)
    return PixelBox(
        *(int(np.clip(edge, 0, room)) for edge, room in zip((*low, *high), (width, height) * 2, strict=True))
    )


def _outline(page_map: PageMap, box: TemplateBox) -> NDArray[np.float64]:
    """Page points along the upper and lower edge of a box: 2 x 5 of them."""
    across = np.linspace(box.x0, box.x1, 5)
    return page_map.locate(np.array([(x, y) for y in (box.y0, box.y1) for x in across]))


def _read_fields(cuts: Mapping[str, CutField], cut_off: Sequence[str]) -> dict[str, FieldReading]:
    readings = read_cut_fields(cuts)
    for name in cut_off:
        readings[name] = replace(readings[name], text="", value="", confidence=0.0, mark=Mark.UNSURE, views=())
    return readings


def _find_cut_off(page: NDArray[np.uint8], registration: Registration) -> Iterator[str]:
    """Fields of which a part lies outside the picture: nothing can be said of them."""
    height, width = page.shape
    for name, box in registration.template.boxes.items():
        x, y = _outline(registration.page_map, box).T
        slack = 0.15 * (box.y1 - box.y0)
        if x.min() < -slack or y.min() < -slack or x.max() > width + slack or y.max() > height + slack:
            yield name
