"""Watching the doors: what rests becomes submissions, once, whatever breaks in between; stacks are parted by their covers."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import segno
from PIL import Image
from sqlalchemy import select

from consentry.doors.folder_door import FolderDoor
from consentry.intake.watching import Watch, WatchedDoor, open_folder
from consentry.paper.paper_codes import PaperKey
from consentry.program import Program
from consentry.settings import Settings
from store.door_tables import Arrival
from store.tables import Form, Submission
from tests.consentry.conftest import District
from tests.consentry.doors.broken_door import BrokenDoor


@pytest.fixture
def shared(district: District) -> Path:
    folder = district.folder / "shared"
    (folder / "rainier" / "inbox").mkdir(parents=True)
    return folder


def draw_paper(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (400, 300), dtype=np.uint8)


def lay_scan(shared: Path, name: str, seed: int = 0) -> Path:
    file = shared / "rainier" / "inbox" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(draw_paper(seed)).save(file)
    return file


def look(district: District, shared: Path, code: int = 0) -> list[dict[str, object]]:
    return list(district.expect("watch", str(shared), "--once", "--rest", "0.1", code=code))


def open_home(district: District) -> Program:
    return Program.open(Settings(home=district.home))


def count(district: District, table: type) -> int:
    with open_home(district).installation.reading() as session:
        return len(session.scalars(select(table)).all())


def test_scans_and_list_become_one_submission_and_leave_the_inbox(district: District, shared: Path) -> None:
    lay_scan(shared, "a.png", 1)
    lay_scan(shared, "b.png", 2)
    district.write_list("1000001", name="list.xlsx").rename(shared / "rainier" / "inbox" / "list.xlsx")
    [taken] = look(district, shared)
    status = district.expect("status", str(taken["submission_ids"][0]))  # type: ignore[index]
    assert len(status["forms"]) == 2 and status["partner_id"] == "rainier"
    assert list((shared / "rainier" / "inbox").iterdir()) == []
    assert {file.name for file in (shared / "rainier" / "taken").iterdir()} == {"a.png", "b.png", "list.xlsx"}
    assert look(district, shared) == []


def test_same_bytes_by_two_doors_are_one_form(district: District, shared: Path) -> None:
    paper = lay_scan(shared, "a.png", 1)
    (district.folder / "scans").mkdir()
    (district.folder / "scans" / "sent.png").write_bytes(paper.read_bytes())
    district.expect("submit", "--partner", "rainier", str(district.folder / "scans"))
    look(district, shared, code=1)
    lay_scan(shared, "again-under-another-name.png", 1)
    [again] = look(district, shared, code=1)
    assert again["refused"][0]["reason"] == "DUPLICATE"  # type: ignore[index]
    assert (count(district, Form), count(district, Submission), count(district, Arrival)) == (1, 1, 2)
    assert list((shared / "rainier" / "inbox").iterdir()) == []


def test_same_list_again_makes_no_second_submission_and_a_changed_one_does(district: District, shared: Path) -> None:
    inbox = shared / "rainier" / "inbox"
    listed = district.write_list("1000001", "1000002")
    for _ in range(2):
        (inbox / "list.xlsx").write_bytes(listed.read_bytes())
        look(district, shared)
    assert count(district, Submission) == 1
    district.write_list("1000001", "1000002", grade="6").rename(inbox / "list.xlsx")
    look(district, shared)
    assert count(district, Submission) == 2


def test_what_cannot_be_taken_stays_and_is_told(district: District, shared: Path) -> None:
    for name in ("list-1.xlsx", "list-2.xlsx"):
        district.write_list("1000001", name=name).rename(shared / "rainier" / "inbox" / name)
    (shared / "stranger").mkdir()
    Image.fromarray(draw_paper(3)).save(shared / "stranger" / "c.png")
    lay_scan(shared, "may/d.png", 4)
    taken = {str(each["files"]): each for each in look(district, shared, code=1)}
    assert "two student lists in one delivery" in str(taken["['list-1.xlsx', 'list-2.xlsx']"]["trouble"])
    assert "no partner stranger" in str(taken["['c.png']"]["trouble"])
    assert taken["['d.png']"]["submission_ids"]
    assert (shared / "stranger" / "c.png").exists() and (shared / "rainier" / "inbox" / "list-1.xlsx").exists()


@pytest.mark.parametrize("breaks", ["put_away", "fetch", "half", "changed", "list_waiting"])
def test_whatever_breaks_the_next_pass_takes_everything_once(district: District, shared: Path, breaks: str) -> None:
    lay_scan(shared, "a.png", 1)
    program = open_home(district)
    door = BrokenDoor(FolderDoor(shared), breaks)
    watch = Watch((WatchedDoor(door),), 0.0)
    first = watch.look_once(program)
    assert any(taken.submission_ids for taken in first) == (breaks == "put_away") or any(t.trouble for t in first)
    door.fails.clear()
    watch.look_once(program)
    assert (count(district, Form), count(district, Submission), count(district, Arrival)) == (1, 1, 1)
    assert list((shared / "rainier" / "inbox").iterdir()) == []


def test_a_folder_over_the_home_is_refused(district: District) -> None:
    for folder, words in ((district.folder, "holds the home"), (district.home, "lies in the home")):
        result = district.call("watch", str(folder), "--once")
        assert result.code == 2 and words in result.err
    assert open_folder(open_home(district), district.home / "inbox")


def draw_cover(file: Path) -> np.ndarray:
    page = pypdfium2.PdfDocument(file)[0].render(scale=200 / 72, grayscale=True)
    return np.asarray(page.to_numpy().squeeze())


def draw_false_cover() -> np.ndarray:
    text = PaperKey(b"f" * 32).write_cover_code("rainier", "cover-0102030405")
    out = io.BytesIO()
    segno.make(text, error="h").save(out, kind="png", scale=8)
    page = np.full((2200, 1700), 255, np.uint8)
    code = np.asarray(Image.open(out).convert("L"))
    page[400 : 400 + code.shape[0], 400 : 400 + code.shape[1]] = code
    return page


def test_stack_is_parted_by_its_covers_and_mail_is_dated(district: District, shared: Path) -> None:
    district.expect("partner", "add", "Harbor Tutoring", "--id", "harbor")
    covers = {}
    for partner, way in (("rainier", ("--mailed", "2024-09-20", "--pieces", "2")), ("harbor", ())):
        out = district.folder / f"{partner}.pdf"
        district.expect("cover", "print", "--partner", partner, "--out", str(out), "--as", "ana", *way)
        covers[partner] = draw_cover(out)
    assert len(district.expect("cover", "list", "--missing")) == 2
    pages = [draw_paper(1), covers["rainier"], draw_paper(2), draw_paper(3), covers["harbor"], draw_paper(4)]
    pages += [draw_false_cover(), draw_paper(5)]
    (shared / "_office" / "inbox").mkdir(parents=True)
    images = [Image.fromarray(page) for page in pages]
    images[0].save(shared / "_office" / "inbox" / "stack.tif", save_all=True, append_images=images[1:])
    [taken] = look(district, shared, code=1)
    words = [each["words"] for each in taken["refused"]]  # type: ignore[attr-defined]
    assert [word.split(" lie")[0] for word in words] == ["pages 1 to 1", "pages 8 to 8"]
    with open_home(district).installation.reading() as session:
        found = {
            submission.partner_id: (submission.received_on.isoformat(), len(pages_of(session, submission)))
            for submission in session.scalars(select(Submission))
        }
    assert found == {"rainier": ("2024-09-20", 2), "harbor": ("2024-10-01", 1)}
    assert (shared / "_office" / "refused" / "stack.tif").exists()
    shown = {cover["partner_id"]: cover for cover in district.expect("cover", "list")}
    assert shown["rainier"]["pages_found"] == 2 and shown["rainier"]["way"] == "mail"
    assert district.expect("cover", "list", "--missing") == []
    (shared / "_office" / "refused" / "stack.tif").rename(shared / "_office" / "inbox" / "stack.tif")
    look(district, shared)
    assert count(district, Submission) == 2, "a stack that comes twice is taken once"


def pages_of(session, submission: Submission) -> list[Form]:  # type: ignore[no-untyped-def]
    return list(session.scalars(select(Form).where(Form.submission_id == submission.submission_id)))


def test_a_future_mail_day_is_refused(district: District) -> None:
    call = ("cover", "print", "--partner", "rainier", "--out", str(district.folder / "c.pdf"), "--as", "ana")
    result = district.call(*call, "--mailed", "2024-12-01")
    assert result.code == 2 and "a day to come" in result.err and not (district.folder / "c.pdf").exists()
