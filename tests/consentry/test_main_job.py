"""From a picture to a grant and back from the grant to the picture, through the command line."""

from __future__ import annotations

import os
import uuid
import zipfile
from collections.abc import Callable

import numpy as np
import pikepdf
import pytest
from sqlalchemy import create_engine, text

from tests.consentry.conftest import BLANK, CHILDREN, District


def test_from_scans_to_access_and_back(district: District) -> None:
    for number in ("1000001", "1000002", "1000003"):
        district.save(district.fill(number, seed=int(number)), f"{number}.png")
    status = district.take_in(district.write_list("1000001", "1000002", "1000003"))
    assert {form["source"]["file"]: (form["state"], form["match"]["student_id"]) for form in status["forms"]} == {
        f"scans/{number}.png": ("granted", number) for number in ("1000001", "1000002", "1000003")
    }
    access = district.expect("access", "rainier")
    assert [row["student_id"] for row in access] == ["1000001", "1000002", "1000003"]
    assert access[0]["categories"] == ["attendance"]
    assert (access[0]["from"], access[0]["to"], access[0]["basis"]) == ("2024-10-01", "2025-08-31", "CONSENT")

    bundle = district.folder / "trace.zip"
    trace = district.expect("trace", "--grant", access[0]["grant_id"], "--bundle", str(bundle))
    assert trace["forms"][0]["form_id"] == access[0]["form_id"]
    assert trace["forms"][0]["fields"]["student_id"]["value"] == "1000001"
    assert {"form-read", "form-ruled", "access-granted"} <= {entry["event"] for entry in trace["ledger"]}
    assert f"{access[0]['form_id']}/parent_signature.png" in zipfile.ZipFile(bundle).namelist()
    assert district.expect("ledger", "verify")["whole"]

    head = district.expect("ledger", "head")
    district.expect("work", "--drain", "--processes", "2")
    assert district.expect("ledger", "head")["root"] == head["root"]


@pytest.mark.postgres
def test_the_same_on_postgresql(make_district: Callable[[], District], monkeypatch: pytest.MonkeyPatch) -> None:
    server = os.environ.get("CONSENTRY_TEST_POSTGRES")
    if not server:
        pytest.skip("no PostgreSQL server at $CONSENTRY_TEST_POSTGRES (make test starts one)")
    name = f"t{uuid.uuid4().hex[:16]}"
    with create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    monkeypatch.setenv("CONSENTRY_DATABASE_URL", server.rsplit("/", 1)[0] + f"/{name}")
    district = make_district()
    district.set_up()
    for number in ("1000001", "1000002"):
        district.save(district.fill(number, seed=int(number)), f"{number}.png")
    status = district.take_in(district.write_list("1000001", "1000002"))
    assert [form["state"] for form in status["forms"]] == ["granted", "granted"]
    assert [row["student_id"] for row in district.expect("access", "rainier")] == ["1000001", "1000002"]
    assert district.expect("ledger", "verify")["whole"]
    assert not (district.home / "consentry.sqlite").exists()


def test_forms_wait_for_the_agreement_and_go_on_by_themselves(make_district: Callable[[], District]) -> None:
    district = make_district()
    district.set_up(agreement=False)
    district.save(district.fill("1000004"), "form.png")
    status = district.take_in(district.write_list("1000004"))
    assert (status["forms"][0]["state"], status["forms"][0]["reasons"]) == ("held", ["NO_ACTIVE_DSA"])
    assert status["forms"][0]["fields"] == {}
    district.sign_agreement("submitted")
    district.expect("work", "--drain")
    assert district.expect("access", "rainier") == []
    district.sign_agreement("active")
    district.expect("work", "--drain")
    assert [row["student_id"] for row in district.expect("access", "rainier")] == ["1000004"]
    district.sign_agreement("ended", "2024-12-01")
    assert district.expect("access", "rainier", "--on", "2024-12-01") == []
    assert len(district.expect("access", "rainier", "--on", "2024-11-30")) == 1


def test_faults_of_the_paper_go_back_with_their_reason(district: District) -> None:
    district.save(district.fill("1000001", parent_signature=""), "unsigned.png")
    district.save(district.fill("1000002", consent_yes=False, consent_no=True), "declined.png")
    district.save(district.fill("1000003", records_attendance=False), "nothing.png")
    district.save(district.fill("1000004", parent_date=""), "undated.png")
    district.save(district.fill("1000005", partner="Green Lake Mentors"), "other.png")
    district.save(district.fill("1000006"), "no-row.png")
    status = district.take_in(district.write_list("1000001", "1000002", "1000003", "1000004", "1000005"))
    reasons = {form["source"]["file"][6:]: (form["state"], form["reasons"]) for form in status["forms"]}
    assert reasons == {
        "unsigned.png": ("returned", ["NO_SIGNATURE"]),
        "declined.png": ("returned", ["DECLINED"]),
        "nothing.png": ("returned", ["NO_RECORDS_CHOSEN"]),
        "undated.png": ("returned", ["NO_DATE"]),
        "other.png": ("returned", ["WRONG_PARTNER"]),
        "no-row.png": ("returned", ["FORM_WITHOUT_ROW"]),
    }
    assert district.expect("access", "rainier") == []


def test_form_filled_in_by_a_program_keeps_its_typed_values(district: District) -> None:
    first, last, born, school = CHILDREN["1000005"]
    typed = {
        "student_first": first,
        "student_last": last,
        "student_id": "1000005",
        "birth_date": f"{born[5:7]}/{born[8:]}/{born[:4]}",
        "school": school,
        "partner": "Rainier Youth Partners",
        "parent_date": "09/12/2024",
    }
    (district.folder / "scans").mkdir()
    with pikepdf.open(BLANK) as document:
        for widget in document.pages[0].Annots:
            if str(widget.T) in typed:
                widget.V = typed[str(widget.T)]
            elif str(widget.T) in ("consent_yes", "records_attendance"):
                on = next(name for name in widget.AP.N if name != "/Off")
                widget.V = widget.AS = pikepdf.Name(on)
        document.Root.AcroForm.NeedAppearances = True
        document.save(district.folder / "scans" / "typed.pdf")
    form = district.take_in(district.write_list("1000005"))["forms"][0]
    assert {name: form["fields"][name]["value"] for name in ("student_first", "student_id", "birth_date")} == {
        "student_first": first,
        "student_id": "1000005",
        "birth_date": born,
    }
    assert form["fields"]["student_first"]["engine"] == "typed"
    assert (form["state"], form["reasons"]) == ("returned", ["NO_SIGNATURE"])
    assert form["match"]["candidates"][0]["student_id"] == "1000005"
    assert form["match"]["probability"] > 0.999


def test_page_without_a_template_is_shown_with_its_printed_words(district: District) -> None:
    page = np.full((2200, 1700), 255, np.uint8)
    page[300:330, 200:1500] = 0
    district.save(page, "smudge.png")
    status = district.take_in()
    assert [(form["state"], form["reasons"]) for form in status["forms"]] == [("in_review", ["ILLEGIBLE"])]
    case = district.expect("queue", "list")[0]["case_id"]
    assert "printed_text" in district.expect("queue", "show", case)


def test_two_forms_of_one_child(district: District) -> None:
    district.save(district.fill("1000001", seed=1), "a-first.png")
    district.save(district.fill("1000001", seed=2), "b-copy.png")
    district.save(district.fill("1000002", seed=3), "c-yes.png")
    district.save(district.fill("1000002", seed=4, consent_yes=False, consent_no=True), "d-no.png")
    status = district.take_in(district.write_list("1000001", "1000002"))
    ends = {form["source"]["file"][6:]: (form["state"], form["reasons"]) for form in status["forms"]}
    assert ends == {
        "a-first.png": ("granted", []),
        "b-copy.png": ("returned", ["DUPLICATE"]),
        "c-yes.png": ("in_review", ["CONFLICTING_FORMS"]),
        "d-no.png": ("in_review", ["CONFLICTING_FORMS"]),
    }


def test_person_decides_a_case_once(district: District) -> None:
    district.save(district.fill("1000001", seed=1), "a.png")
    district.save(district.fill("1000001", seed=2, records_attendance=False, records_discipline=True), "b.png")
    district.take_in(district.write_list("1000001"))
    cases = district.expect("queue", "list")
    assert [case["reasons"] for case in cases] == [["CONFLICTING_FORMS"], ["CONFLICTING_FORMS"]]
    case, other = cases[0]["case_id"], cases[1]["case_id"]
    assert district.expect("queue", "show", case)["match"]["candidates"][0]["student_id"] == "1000001"
    decide = ("queue", "decide", case, "--action", "accept", "--student", "1000001", "--reason", "mother called")
    assert district.expect(*decide, "--as", "ana")["state"] == "granted"
    assert district.call(*decide, "--as", "ben").code == 2
    back = ("queue", "decide", other, "--action", "return", "--reason", "the later form counts", "--as", "ana")
    assert district.expect(*back)["state"] == "returned"
    access = district.expect("access", "rainier")
    assert [row["student_id"] for row in access] == ["1000001"]
    revoke = ("revoke", "--student", "1000001", "--partner", "rainier", "--on", "2024-11-01")
    district.expect(*revoke, "--reason", "family asked", "--as", "ana")
    assert district.expect("access", "rainier", "--on", "2024-11-01") == []
    assert len(district.expect("access", "rainier", "--on", "2024-10-31")) == 1


def test_report_never_holds_a_district_value(district: District) -> None:
    district.save(district.fill("1000001", student_first="Zebulon"), "stranger.png")
    rows = district.write_list("1000001", first="Zebulon", student_id="")
    status = district.take_in(rows)
    assert status["forms"][0]["state"] == "in_review"
    case = district.expect("queue", "list")[0]["case_id"]
    district.expect("queue", "decide", case, "--action", "return", "--reason", "not ours", "--as", "ana")
    report = district.folder / "report.csv"
    district.expect("report", status["submission_id"], "--out", str(report))
    told = report.read_text(encoding="utf-8-sig")
    assert "CANNOT_CONFIRM" in told
    assert CHILDREN["1000001"][0] not in told
    assert "NOT_ENROLLED" not in told
    assert "1000001" not in told


def test_a_changed_row_is_found_and_named(district: District) -> None:
    district.save(district.fill("1000001"), "form.png")
    district.take_in(district.write_list("1000001"))
    head = district.folder / "head.json"
    district.expect("ledger", "head", "--out", str(head))
    assert district.expect("ledger", "verify", "--against", str(head))["whole"]
    with create_engine(f"sqlite:///{district.home / 'consentry.sqlite'}").begin() as connection:
        connection.execute(text("UPDATE grants SET student_id = '1000002'"))
    found = district.expect("ledger", "verify", code=1)
    assert found["first_bad"]["subject"].startswith("grants ")
