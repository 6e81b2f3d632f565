"""What the code of a sheet comes to: it has to belong to the page, the partner, the blank and this home, or a person looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.paper.paper_codes import PaperKey, draw_batch_id
from consentry.paper.printed_sheets import JudgedSheet, judge_sheet
from consentry.program import Program
from consentry.settings import Settings
from ocr import FIELD_KINDS, FieldReading, FormReading, TemplateIdentity
from review_queue import SheetFit
from store.packet_tables import PrintBatch, PrintedSheet
from store.tables import FormTemplate, Submission
from tests.consentry.conftest import District

PRINTED = {
    "student_first": "Amina",
    "student_last": "Warsame",
    "birth_date": "03/04/2012",
    "school": "Cedar Grove Elementary",
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> District:
    made = District(tmp_path_factory.mktemp("printed"))
    made.set_up()
    listed = made.write_list("1000001", "1000002")
    made.expect("form", "print", "--partner", "rainier", "--list", str(listed), "--out", str(made.folder / "packet"))
    return made


@pytest.fixture
def session(printed: District) -> Iterator[Session]:
    with Program.open(Settings(home=printed.home)).installation.reading() as opened:
        yield opened


def read_page(code: str, **changes: str) -> FormReading:
    fields = {name: FieldReading.from_text(FIELD_KINDS[name], text) for name, text in {**PRINTED, **changes}.items()}
    return FormReading(TemplateIdentity("C", "2024-25", "en"), fields, (), (), (), 99, 0.9, sheet_code=code)


def judge(
    printed: District,
    session: Session,
    change_code: Mapping[str, object] | None = None,
    partner: str = "rainier",
    other_list: bool = False,
    **changes: str,
) -> JudgedSheet:
    key = PaperKey.load(printed.home)
    sheet = session.scalars(select(PrintedSheet).order_by(PrintedSheet.row_number)).first()
    batch = session.scalars(select(PrintBatch)).one()
    assert sheet is not None
    template = session.get_one(FormTemplate, sheet.template_id)
    named = {
        "template_id": template.template_id,
        "partner_id": "rainier",
        "batch_id": batch.batch_id,
        "row_number": sheet.row_number,
    }
    code = key.write_sheet_code(**{**named, **(change_code or {})})  # type: ignore[arg-type]  # as the test has it
    submission = Submission(partner_id=partner, list_sha256="another" if other_list else batch.list_sha256)
    return judge_sheet(session, key, read_page(code, **changes), template, submission)


def test_page_that_reads_as_printed_goes_on_with_the_printed_values(printed: District, session: Session) -> None:
    judged = judge(printed, session)
    assert judged.fit is SheetFit.AGREES and judged.sheet_id is not None and judged.row_number == 2
    assert judged.reading.fields["birth_date"].value == "2012-03-04"
    assert judge(printed, session, other_list=True).row_number is None


@pytest.mark.parametrize(
    ("changes", "fit"),
    [
        ({"student_first": "Bruno", "student_last": "Castellanos"}, SheetFit.DIFFERS),
        ({"student_first": "Amira"}, SheetFit.UNREAD),
        ({"student_first": "Halima"}, SheetFit.DIFFERS),
        ({"birth_date": "03/05/2012"}, SheetFit.DIFFERS),
        ({"student_last": ""}, SheetFit.UNREAD),
        ({"birth_date": ""}, SheetFit.UNREAD),
    ],
)
def test_name_and_birth_date_on_the_page_decide(
    printed: District, session: Session, changes: dict[str, str], fit: SheetFit
) -> None:
    judged = judge(printed, session, **changes)
    assert judged.fit is fit and judged.sheet_id is None
    read = {name: judged.reading.fields[name].text for name in PRINTED}
    assert read == {**PRINTED, **changes}, "what the page says stays what the page says"


def test_a_field_that_reads_otherwise_keeps_its_own_reading(printed: District, session: Session) -> None:
    judged = judge(printed, session, school="Harbor View Middle School")
    assert judged.fit is SheetFit.AGREES
    assert judged.reading.fields["school"].text == "Harbor View Middle School"


@pytest.mark.parametrize(
    ("change", "fit"),
    [
        ({"template_id": "tpl-of-last-year"}, SheetFit.OTHER_BLANK),
        ({"partner_id": "harbor"}, SheetFit.OTHER_PARTNER),
        ({"batch_id": draw_batch_id()}, SheetFit.FORGED),
        ({"row_number": 900}, SheetFit.FORGED),
        ({"row_number": 3}, SheetFit.DIFFERS),
    ],
)
def test_a_code_that_names_something_else_is_for_a_person(
    printed: District, session: Session, change: dict[str, object], fit: SheetFit
) -> None:
    assert judge(printed, session, change).fit is fit


def test_another_partner_cannot_hand_the_sheet_in(printed: District, session: Session) -> None:
    assert judge(printed, session, partner="harbor").fit is SheetFit.OTHER_PARTNER


def test_codes_of_others_are_no_codes_of_ours(printed: District, session: Session) -> None:
    key = PaperKey.load(printed.home)
    template = session.scalars(select(FormTemplate)).one()
    submission = Submission(partner_id="rainier", list_sha256=None)
    for text in ("", "PATCH T", "https://scanner.example/page/1"):
        assert judge_sheet(session, key, read_page(text), template, submission).fit is SheetFit.NONE
    assert judge_sheet(session, key, read_page("S" + "A" * 37), template, submission).fit is SheetFit.FORGED
