"""What a partner sends: the list is checked before any scan is read, pieces go on where they ended, corrections are linked; and
what it sees is what it was told.
"""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.sync_api import Browser
from sqlalchemy import select

from fixtures.student_lists import StudentRow, write_student_list
from store.desk_tables import SubmissionAnswer, Upload
from tests.consentry.web.conftest import Site
from tests.consentry.web.test_pages import enter


class Sending:
    """A client that sends as the page does."""

    def __init__(self, site: Site, name: str = "par") -> None:
        self.client = site.log_in(name)
        self.headers = {"x-form-token": site.find_token(self.client, "/send")}

    def begin(self, *files: Path, answers: str = "") -> str:
        announced = [
            {"name": file.name, "size": file.stat().st_size, "kind": "list" if file.suffix == ".xlsx" else "scan"}
            for file in files
        ]
        answer = self.post("/uploads", json={"files": announced, "answers": answers})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["upload_id"])

    def post(self, path: str, json: object = None) -> httpx.Response:
        return self.client.post(path, json=json or {}, headers=self.headers)

    def put(self, upload: str, number: int, offset: int, piece: bytes) -> httpx.Response:
        path = f"/uploads/{upload}/files/{number}?offset={offset}"
        return self.client.put(path, content=piece, headers=self.headers)

    def send(self, *files: Path, answers: str = "") -> str:
        upload = self.begin(*files, answers=answers)
        for number, file in enumerate(files):
            content = file.read_bytes()
            for start in range(0, len(content), 400_000):
                assert self.put(upload, number, start, content[start : start + 400_000]).status_code == 200
        return str(self.post(f"/uploads/{upload}/finish").json()["submission_id"])


def write_faulty_list(folder: Path) -> Path:
    rows = [StudentRow(last="Volkov", first="Dmitri", birth_date="2010-01-17", school="Harbor View Middle School")]
    rows.append(StudentRow(last="Nakamura", first="Esther", birth_date="", school="Cedar Grove Elementary"))
    file = folder / "faulty.xlsx"
    write_student_list(file, rows)
    return file


def test_a_list_is_checked_in_the_browser_before_any_scan_is_sent(browser: Browser, site: Site, tmp_path: Path) -> None:
    scan = site.district.save(site.district.fill("1000005", seed=9), "f.png")
    page = enter(browser, site, "par", width=390)
    page.goto(f"{site.url}/send")
    page.set_input_files("#files", [scan, write_faulty_list(tmp_path)])
    page.click("#go")
    page.wait_for_selector("#faults li")
    assert "Row 3" in page.inner_text("#faults")
    assert "birth date" in page.inner_text("#faults").lower()
    with site.program.installation.reading() as session:
        upload = session.scalars(select(Upload)).one().upload_id
    assert not (site.program.installation.home / "uploads" / upload / "1").exists(), "no scan has been sent"
    with page.expect_navigation(url="**/submissions/sub-*"):
        page.click("text=Send as it is")
    assert "f.png" in page.content()
    assert not (site.program.installation.home / "uploads" / upload).exists()


def test_a_dropped_file_is_taken(browser: Browser, shared_site: Site) -> None:
    page = enter(browser, shared_site, "par")
    page.goto(f"{shared_site.url}/send")
    page.evaluate(
        """() => { const all = new DataTransfer(); all.items.add(new File(["x"], "list.xlsx"));
        document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: all, bubbles: true })); }"""
    )
    assert "list.xlsx (student list" in page.inner_text("#chosen")
    assert page.is_enabled("#go")


def test_pieces_go_on_where_the_last_one_ended(site: Site, tmp_path: Path) -> None:
    scan = site.district.save(site.district.fill("1000005", seed=9), "f.png")
    content, sending = scan.read_bytes(), Sending(site)
    upload = sending.begin(scan)
    assert sending.put(upload, 0, 0, content[:1000]).json() == {"received": 1000}
    assert sending.put(upload, 0, 0, content[:1000]).json() == {"received": 1000}, (
        "the same piece again is not appended"
    )
    assert sending.put(upload, 0, 5000, content[5000:]).json() == {"received": 1000}, "a gap is not taken"
    assert sending.post(f"/uploads/{upload}/finish").status_code == 409
    again = Sending(site)
    assert again.client.get(f"/uploads/{upload}").json() == {"received": [1000]}
    assert again.put(upload, 0, 1000, content[1000:] + b"x").status_code == 409, "more than was announced"
    assert again.put(upload, 0, 1000, content[1000:]).json() == {"received": len(content)}
    first = again.post(f"/uploads/{upload}/finish").json()
    assert again.post(f"/uploads/{upload}/finish").json() == first
    form = site.district.expect("status", first["submission_id"])["forms"][0]
    assert site.program.installation.documents.get(form["source"]["sha256"]) == content


def test_names_that_would_leave_the_folder_do_not(site: Site, tmp_path: Path) -> None:
    sending = Sending(site)
    files = [{"name": name, "size": 3, "kind": "scan"} for name in ("../../up.pdf", "..", "a\\b:c\n.pdf")]
    upload = sending.post("/uploads", json={"files": files, "answers": ""}).json()["upload_id"]
    for number in range(3):
        assert sending.put(upload, number, 0, b"abc").status_code == 200
    kept = [file for file in site.program.installation.home.rglob("*") if file.is_file() and file.stat().st_size == 3]
    assert {file.parent.parent.name for file in kept} == {upload}


def test_anothers_upload_and_correction_are_as_what_is_not(site: Site) -> None:
    scan = site.district.save(site.district.fill("1000005", seed=9), "f.png")
    upload, other = Sending(site).begin(scan), Sending(site, "gre")
    form = site.district.expect("status", site.mine)["forms"][0]["form_id"]
    for path in (f"/uploads/{upload}", f"/send?answers={form}", f"/send?answers={site.mine}/2"):
        theirs, nobodys = (
            other.client.get(path),
            other.client.get(path.replace(upload, "upload-0").replace(form, "form-0")),
        )
        assert (theirs.status_code, theirs.content) == (404, nobodys.content)
    assert (
        other.post("/uploads", json={"files": [{"name": "a", "size": 1, "kind": "scan"}], "answers": form}).status_code
        == 409
    )


def test_a_correction_is_linked_to_what_it_answers(site: Site) -> None:
    site.district.expect("queue", "decide", site.cases[0], "--action", "return", "--reason", "ILLEGIBLE", "--as", "ana")
    site.district.expect("release", "--now", "--reason", "test", "--as", "lea")
    sending = Sending(site)
    page = sending.client.get(f"/submissions/{site.mine}", headers={"accept": "text/html"}).text
    target = page.split("/send?answers=")[1].split('"')[0]
    assert target == f"{site.mine}/2"
    scan = site.district.save(site.district.fill("1000001", seed=12), "better.png")
    submission = sending.send(scan, answers=target)
    with site.program.installation.reading() as session:
        link = session.get_one(SubmissionAnswer, submission)
    assert link.answers_row_id == target
    assert "a correction" in sending.client.get("/submissions").text
    assert site.district.expect("ledger", "verify")["whole"]


def test_a_partner_sees_what_it_was_told_and_not_before(site: Site) -> None:
    client = site.log_in("par")
    assert "No student is open to you" in client.get("/students").text
    assert "in progress" in client.get(f"/submissions/{site.mine}").text
    assert "accepted" not in client.get(f"/submissions/{site.mine}").text.lower().replace("accepted.", "")
    site.district.expect("release", "--now", "--reason", "test", "--as", "lea")
    page = client.get("/students").text
    assert "Dmitri Volkov" in page
    assert "1000004" in page
    assert not any(told in page for told in ("1000001", "1000002", "1000006"))


def test_what_is_left_to_do_stands_on_a_page_and_in_a_workbook(site: Site) -> None:
    client = site.log_in("par")
    page = client.get("/left-to-do")
    assert page.status_code == 200 and "What is left to do" in page.text
    assert site.another not in page.text
    for path in ("/left-to-do.xlsx", "/list-template.xlsx"):
        book = client.get(path)
        assert (book.status_code, book.content[:2]) == (200, b"PK")
    assert site.log_in("ana").get("/left-to-do").status_code == 403
