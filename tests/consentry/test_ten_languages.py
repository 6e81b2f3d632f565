"""A form in each language becomes a grant of its child; a refusal and another district's form go back with their reasons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, LANGUAGES, PLANS
from fixtures.filling import fill_form
from fixtures.scanning import ScanKind, degrade
from fixtures.student_lists import StudentRow, write_student_list
from tests.consentry.conftest import CLEAR_HAND, PARTNER_NAME, District

CHILDREN = {
    "en": ("3000001", "Marisol", "Bergstrom", "2012-03-04"),
    "es": ("3000002", "Ximena", "Quintero", "2013-07-21"),
    "so": ("3000003", "Hodan", "Warsame", "2011-11-30"),
    "vi": ("3000004", "Linh", "Truong", "2010-08-17"),
    "zh": ("3000005", "Jiahui", "Zheng", "2014-05-08"),
    "zh-Hant": ("3000006", "Weiting", "Hsieh", "2012-09-25"),
    "am": ("3000007", "Selam", "Tadesse", "2013-02-11"),
    "ti": ("3000008", "Yonas", "Ghebremariam", "2011-06-19"),
    "om": ("3000009", "Chaltu", "Bekele", "2012-12-23"),
    "ar": ("3000010", "Noor", "Al-Khatib", "2014-10-14"),
    "tl": ("3000011", "Dalisay", "Macaraeg", "2010-04-26"),
}
SCHOOL = "Cedar Grove Elementary"


def fill(file: str, language: str, consents: bool = True) -> np.ndarray:
    number, first, last, born = CHILDREN[language]
    year, month, day = born.split("-")
    blank = BlankForm.load(FORMS_FOLDER / file)
    values = {
        "partner": PARTNER_NAME,
        "student_first": first,
        "student_last": last,
        "student_id": number,
        "birth_date": f"{month}/{day}/{year}",
        "school": SCHOOL,
        "grade": "5",
        "records_attendance": True,
        "consent_yes": consents,
        "consent_no": not consents,
        "parent_name": f"Maria {last}",
        "parent_signature": f"Maria {last}",
        "parent_date": "09/12/2024",
    }
    known = {name: value for name, value in values.items() if name in blank.boxes}
    return fill_form(blank, known, CLEAR_HAND, np.random.default_rng(int(number)))


def set_up(folder: Path, languages: tuple[str, ...]) -> District:
    district = District(folder)
    lines = ["student_id,first,last,birth_date,school,grade"]
    lines += [f"{number},{first},{last},{born},{SCHOOL},5" for number, first, last, born in CHILDREN.values()]
    (folder / "enrollment.csv").write_text("\n".join(lines), encoding="utf-8")
    district.expect("init")
    district.expect("enrollment", "load", str(folder / "enrollment.csv"), "--as-of", "2024-09-15")
    for plan in PLANS:
        if plan.template == "consent_a" and plan.school_year == "2024-25" and plan.language in languages:
            told = ("--code", plan.code, "--school-year", "2024-25", "--language", plan.language)
            district.expect("form", "add", str(FORMS_FOLDER / plan.file), *told, "--published", plan.published)
    district.expect("partner", "add", PARTNER_NAME, "--id", "rainier")
    district.sign_agreement()
    return district


@pytest.mark.parametrize(
    "languages",
    [("ar", "zh-Hant", "ti"), pytest.param(LANGUAGES, marks=pytest.mark.soak)],
    ids=["three scripts", "all"],
)
def test_each_language_is_granted(languages: tuple[str, ...], tmp_path: Path) -> None:
    district = set_up(tmp_path, languages)
    kinds = (ScanKind.SKEWED, ScanKind.UPSIDE_DOWN, ScanKind.PHOTO)
    for number, language in enumerate(languages):
        page = fill(f"consent-2024-25-{language.lower()}.pdf", language)
        scan = degrade(page, kinds[number % len(kinds)], np.random.default_rng(number))
        district.save(scan.pixels, f"{language}.png")
    declined = fill(f"consent-2024-25-{languages[0].lower()}.pdf", "en", consents=False)
    district.save(declined, "declined.png")
    district.save(fill("other-district.pdf", "es"), "other-district.png")

    listed = {CHILDREN[language] for language in (*languages, "en", "es")}
    rows = [StudentRow(last=last, first=first, birth_date=born, school=SCHOOL, student_id=number)
            for number, first, last, born in sorted(listed)]  # fmt: skip
    write_student_list(district.folder / "list.xlsx", rows)
    status = district.take_in(district.folder / "list.xlsx")

    told = {Path(form["source"]["file"]).stem: form for form in status["forms"]}
    for language in languages:
        form = told[language]
        assert (form["state"], form["reasons"]) == ("granted", []), language
        assert form["match"]["student_id"] == CHILDREN[language][0]
        assert form["template"]["language"] == language
    assert (told["declined"]["state"], told["declined"]["reasons"]) == ("returned", ["DECLINED"])
    assert (told["other-district"]["state"], told["other-district"]["reasons"]) == ("returned", ["NOT_DISTRICT_FORM"])
    assert len(district.expect("access", "rainier")) == len(languages)
