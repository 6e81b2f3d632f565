"""Agreements step by step: papers, verdicts of departments, people named, due days in business days, what waits on what."""

from __future__ import annotations

from typing import Any

import pytest

from consentry.program import Program
from consentry.settings import Settings
from store.year_tables import AgreementPaper, DepartmentVerdict
from tests.consentry.conftest import District

YEAR = ("--school-year", "2024-25")


@pytest.fixture
def waiting(make_district: Any) -> District:
    """A district whose partner has sent a form and no agreement yet."""
    district: District = make_district()
    district.set_up(agreement=False)
    district.save(district.fill("1000001"), "one.png")
    district.expect("submit", "--partner", "rainier", "--list", str(district.write_list("1000001")),
                    str(district.folder / "scans"))  # fmt: skip
    return district


def step(district: District, kind: str, status: str, on: str, *more: str) -> None:
    district.expect("partner", "agreement", "rainier", "--kind", kind, *YEAR, "--status", status, "--on", on, *more)


def judge(district: District, kind: str, department: str, verdict: str = "approve", reason: str = "") -> None:
    given = ("--department", department, "--verdict", verdict, "--reason", reason, "--as", "lea")
    district.expect("partner", "verdict", "rainier", "--kind", kind, *YEAR, *given)


def find_step(district: District, kind: str) -> dict[str, Any]:
    [waits] = district.expect("partner", "waits", "rainier")
    found: dict[str, Any] = next(step for step in waits["steps"] if step["kind"] == kind)
    return found


def test_forms_wait_for_the_agreement_and_it_is_said_plainly(waiting: District) -> None:
    assert find_step(waiting, "dsa")["words"] == (
        "1 form waits for your data sharing agreement, which was not submitted yet."
    )
    paper = waiting.folder / "dsa.pdf"
    paper.write_bytes(b"%PDF-1.4 the signed paper")
    waiting.today = "2024-11-04"
    step(waiting, "dsa", "submitted", "2024-11-04", "--as", "ana", "--paper", str(paper))
    waiting.today = "2024-11-13"
    dsa = find_step(waiting, "dsa")
    assert dsa["words"] == (
        "1 form waits for your data sharing agreement, submitted 9 days ago; due on 2024-11-26."
    )  # 15 business days; the 11th is Veterans Day
    assert (dsa["business_days_left"], dsa["late"], dsa["reminder"]) == (9, False, "")
    judge(waiting, "dsa", "scp")
    assert find_step(waiting, "dsa")["missing_departments"] == ["Legal"]
    active = ("--kind", "dsa", *YEAR, "--status", "active", "--on", "2024-11-13")
    early = waiting.call("partner", "agreement", "rainier", *active)
    assert (early.code, early.err) == (2, "consentry: the review isn't over: Legal did not approve yet\n")
    judge(waiting, "dsa", "Legal", "changes", "the appendix is missing")
    assert find_step(waiting, "dsa")["status"] == "returned"
    step(waiting, "dsa", "submitted", "2024-11-13")
    judge(waiting, "dsa", "Legal")
    assert "approved by all and to be signed" in find_step(waiting, "dsa")["words"]
    waiting.today = "2024-12-20"
    late = find_step(waiting, "dsa")
    assert late["late"] and late["reminder"] == "dsa: 10 business days past its target"
    step(waiting, "dsa", "signed", "2024-12-20")
    step(waiting, "dsa", "active", "2024-12-20")
    assert find_step(waiting, "dsa")["words"] == "Your data sharing agreement is active since 2024-12-20."
    told = waiting.expect("partner", "history", "rainier")
    assert [(one["what"], one["who"], one["by"], one["reason"]) for one in told] == [
        ("submitted", "", "ana", ""),
        ("approve", "SCP", "lea", ""),
        ("in_review", "", "", ""),
        ("changes", "Legal", "lea", "the appendix is missing"),
        ("returned", "", "", ""),
        ("submitted", "", "program", ""),
        ("approve", "Legal", "lea", ""),
        ("in_review", "", "", ""),
        ("signed", "", "program", ""),
        ("active", "", "program", ""),
    ]
    out = waiting.folder / "again.pdf"
    waiting.expect("partner", "paper", "rainier", told[0]["paper_sha256"], "--out", str(out))
    assert out.read_bytes() == paper.read_bytes()
    waiting.expect("partner", "add", "Another", "--id", "another")
    assert waiting.call("partner", "paper", "another", told[0]["paper_sha256"], "--out", str(out)).code == 2
    assert waiting.call("partner", "history", "nobody").code == 2
    program = Program.open(Settings(home=waiting.home))
    with program.installation.reading() as session:
        kept = [row for row in session.query(AgreementPaper) if row.document_sha256]
        verdicts = [(row.department, row.verdict) for row in session.query(DepartmentVerdict)]
    assert [row.actor for row in kept] == ["ana"]
    assert program.installation.documents.get(str(kept[0].document_sha256)) == paper.read_bytes()
    assert sorted(verdicts) == [("Legal", "approve"), ("Legal", "changes"), ("SCP", "approve")]
    program.installation.engine.dispose()
    assert waiting.call("ledger", "verify").code == 0


def test_designation_needs_all_five_departments_once_one_has_spoken(make_district: Any) -> None:
    district: District = make_district()
    district.set_up(forms=False)
    early = district.call("partner", "verdict", "rainier", "--kind", "is", *YEAR, "--department", "Legal",
                          "--verdict", "approve", "--as", "lea")  # fmt: skip
    assert early.code == 2 and "note it as submitted first" in early.err
    step(district, "is", "submitted", "2024-10-01")
    departments = ("SCP", "Legal", "Research and Evaluation", "Technology Services", "Student Support")
    for name in departments[:-1]:
        judge(district, "is", name)
    active = ("--kind", "is", *YEAR, "--status", "active", "--on", "2024-10-01")
    assert "Student Support did not approve yet" in district.call("partner", "agreement", "rainier", *active).err
    judge(district, "is", departments[-1])
    step(district, "is", "active", "2024-10-01")
    unknown = district.call("partner", "verdict", "rainier", "--kind", "nua", *YEAR, "--department", "Legal",
                            "--verdict", "approve", "--as", "lea")  # fmt: skip
    assert unknown.code == 2


def test_people_are_named_for_accounts_and_training(make_district: Any) -> None:
    district: District = make_district()
    district.set_up(forms=False)
    named = ("--name", "Ana Lopez", "--address", "Ana@rainier.example")
    district.expect("partner", "name", "rainier", "--kind", "nua", *YEAR, *named)
    district.expect("partner", "name", "rainier", "--kind", "training", *YEAR, "--name", "Ana Lopez")
    [waits] = district.expect("partner", "waits", "rainier")
    assert (waits["people_named"], waits["people_trained"]) == (1, 1)
    nua = next(step for step in waits["steps"] if step["kind"] == "nua")
    assert nua["words"] == "1 person's account waits for your network use agreement, which was not submitted yet."
    refused = district.call("partner", "name", "rainier", "--kind", "nua", *YEAR, "--name", "Bo")
    assert refused.code == 2


def test_an_application_answers_every_question_of_the_year(bare_district: District) -> None:
    district, file = bare_district, bare_district.folder / "application.toml"
    apply = ("partner", "application", "rainier", *YEAR)
    assert district.expect(*apply, "--draft", str(file)) == {"questions": 5}
    told = district.call(*apply, "--file", str(file))
    assert (told.code, told.err.count("has no answer"), told.err.count("\n")) == (2, 5, 1)
    answered = file.read_text("utf-8").replace('"""\n"""', '"We tutor in schools."')
    file.write_text(answered + '\n[[answers]]\nquestion = "And what else?"\nanswer = "Nothing"\n', "utf-8")
    assert "doesn't ask: And what else?" in district.call(*apply, "--file", str(file)).err
    file.write_text(answered, "utf-8")
    district.expect(*apply, "--file", str(file), "--on", "2024-09-30", "--as", "pat")
    assert find_step(district, "is")["submitted_on"] == "2024-09-30"
    [step] = [one for one in district.expect("partner", "history", "rainier") if one["kind"] == "is"]
    out = district.folder / "again.toml"
    district.expect("partner", "paper", "rainier", step["paper_sha256"], "--out", str(out))
    assert (step["by"], out.read_text("utf-8")) == ("pat", answered)
    for department in ("SCP", "Legal", "Research and Evaluation", "Technology Services", "Student Support"):
        judge(district, "is", department)
    assert "approved by all" in find_step(district, "is")["words"]
