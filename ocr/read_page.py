"""Reads a page: finds the template that fits, cuts its fields, reads them. None where no template fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.alterations import find_alterations
from ocr.crops import cut_field, locate_box
from ocr.reading import FieldReading, FormReading
from ocr.reading_fields import CutField, read_cut_fields
from ocr.registration import Registration, register_page
from ocr.template import Template
from ocr.types import FIELD_KINDS, FieldKind, Mark

_RUNS_OUT = (FieldKind.CHECKBOX, FieldKind.SIGNATURE)


def read_page(image: NDArray[np.uint8], templates: Sequence[Template]) -> FormReading | None:
    """Reads a page (H x W or H x W x 3 uint8, RGB) by the template that fits it; None if none does.

    `ValueError` for an image of another shape or type.
    """
    page = to_grey(image)
    registration = register_page(page, templates)
    if registration is None:
        return None
    cuts = _cut_fields(page, registration)
    cut_off = tuple(_find_cut_off(page, registration))
    readings = _read_fields(cuts, cut_off)
    return FormReading(
        template_identity=registration.template.identity,
        fields=readings,
        corners=_find_corners(registration),
        altered=tuple(find_alterations(cuts, readings)),
        cut_off=cut_off,
        inliers=registration.inliers,
        agreement=registration.agreement,
    )


def to_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey copy of an image; `ValueError` for what is no picture."""
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or 0 in image.shape:
        raise ValueError("a page is an H x W or H x W x 3 array of uint8")
    if image.ndim == 2:
        return np.ascontiguousarray(image)
    if image.shape[2] != 3:
        raise ValueError("a page is an H x W or H x W x 3 array of uint8")
    grey: NDArray[np.uint8] = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return grey


def _cut_fields(page: NDArray[np.uint8], registration: Registration) -> dict[str, CutField]:
    template, homography = registration.template, registration.homography
    return {
        name: CutField(
            FIELD_KINDS[name],
            cut_field(page, homography, template, box, keep_outside=FIELD_KINDS[name] in _RUNS_OUT),
            locate_box(homography, box, page),
        )
        for name, box in template.boxes.items()
    }


def _read_fields(cuts: Mapping[str, CutField], cut_off: Sequence[str]) -> dict[str, FieldReading]:
    readings = read_cut_fields(cuts)
    for name in cut_off:
        readings[name] = replace(readings[name], text="", value="", confidence=0.0, mark=Mark.UNSURE, views=())
    return readings


def _find_cut_off(page: NDArray[np.uint8], registration: Registration) -> Iterator[str]:
    """Fields of which a part lies outside the picture: nothing can be said of them."""
    height, width = page.shape
    for name, box in registration.template.boxes.items():
        corners = np.array([[[box.x0, box.y0]], [[box.x1, box.y0]], [[box.x1, box.y1]], [[box.x0, box.y1]]], np.float64)
        x, y = cv2.perspectiveTransform(corners, registration.homography).reshape(4, 2).T
        slack = 0.15 * (box.y1 - box.y0)
        if x.min() < -slack or y.min() < -slack or x.max() > width + slack or y.max() > height + slack:
            yield name


def _find_corners(registration: Registration) -> tuple[tuple[float, float], ...]:
    height, width = registration.template.page.shape
    corners = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], np.float64)
    quad = cv2.perspectiveTransform(corners, registration.homography).reshape(4, 2)
    return tuple((float(x), float(y)) for x, y in quad)
