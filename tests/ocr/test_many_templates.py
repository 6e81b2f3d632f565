"""Blanks of several years and languages in one layout, told apart by their code, and by their looks where it is torn off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import LANGUAGES, build_form, plan_consent
from fixtures.scanning import ScanKind, degrade
from ocr import FormReading, Template, read_page
from ocr.pictures import to_grey
from ocr.registration import register_forms

FEW = (("2022-23", "2023-24"), ("en", "ar"))
MANY = (("2022-23", "2023-24", "2024-25"), LANGUAGES[:10])


def hide_year(page: np.ndarray) -> np.ndarray:
    """Without codes, the year below the title and the period's last day: years look alike then."""
    hidden = tear_off_codes(page)
    hidden[150:205, 80:700] = 255
    hidden[1120:1250, 850:] = 255
    hidden[1990:] = 255
    return hidden


def tear_off_codes(page: np.ndarray) -> np.ndarray:
    """Without its upper right and upper left corners and its foot: no code is left, for machines or for eyes."""
    torn = page.copy()
    torn[:250, 1350:] = 255
    torn[:250, :350] = 255
    torn[2040:] = 255
    return torn


@pytest.mark.parametrize("versions", [FEW, pytest.param(MANY, marks=pytest.mark.soak)], ids=["few", "thirty"])
def test_versions_are_told_by_code_and_by_looks(
    versions: tuple[tuple[str, ...], tuple[str, ...]], tmp_path: Path
) -> None:
    years, languages = versions
    plans = [plan_consent(year, language) for year in years for language in languages]
    templates, pages = [], []
    for plan in plans:
        file = tmp_path / plan.file
        file.write_bytes(build_form(plan))
        templates.append(Template.from_pdf(file, plan.code, plan.school_year, plan.language))
        pages.append(BlankForm.load(file).draw())
    mistaken, asked = [], 0
    for number, (plan, page) in enumerate(zip(plans, pages, strict=True)):
        for torn in (False, True):
            rng = np.random.default_rng([number, torn])
            shown = tear_off_codes(page) if torn else page
            kind = (ScanKind.SKEWED, ScanKind.FAX, ScanKind.PHOTO)[number % 3]
            found = register_forms(to_grey(degrade(shown, kind, rng).pixels), templates)
            told = [(entry.template.identity.school_year, entry.template.identity.language) for entry in found]
            if torn and any(entry.version_unsure for entry in found):
                asked += 1  # a person is asked
            elif told != [(plan.school_year, plan.language)] or found[0].version_unsure:
                mistaken.append((plan.file, kind.value, "torn" if torn else "whole", told))
    assert mistaken == []
    assert asked <= len(plans) // 10


def test_where_nothing_tells_the_year_it_is_said(tmp_path: Path) -> None:
    templates = []
    for year in FEW[0]:
        plan = plan_consent(year, "en")
        file = tmp_path / plan.file
        file.write_bytes(build_form(plan))
        templates.append(Template.from_pdf(file, plan.code, year, "en"))
    scan = degrade(hide_year(BlankForm.load(file).draw()), ScanKind.SKEWED, np.random.default_rng(1))
    assert [entry.version_unsure for entry in register_forms(to_grey(scan.pixels), templates)] == [True]
    reading = read_page(scan.pixels, templates)
    assert reading is not None
    assert FormReading.from_bytes(reading.to_bytes()).version_unsure
    assert [entry.version_unsure for entry in register_forms(to_grey(scan.pixels), templates[:1])] == [False]
