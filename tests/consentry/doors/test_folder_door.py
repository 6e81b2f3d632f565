"""The folder tree as a door: what waits, what rests, what is fetched whole, and that nothing is destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from consentry.doors.folder_door import FolderDoor
from consentry.doors.rest import RestWatch
from consentry.doors.types import ClosedDoor, DoorTrouble, FileChanged, Outcome, WaitingFile


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("rainier/inbox/may", "rainier/outbox", "_office/inbox", "harbor"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def lay(root: Path, place: str, content: bytes = b"paper") -> Path:
    file = root / place
    file.write_bytes(content)
    return file


def test_inboxes_bundles_and_loose_files_are_seen_and_the_rest_is_not(root: Path) -> None:
    for place in ("rainier/inbox/a.pdf", "rainier/inbox/may/b.pdf", "harbor/c.pdf", "_office/inbox/d.pdf"):
        lay(root, place)
    for place in (
        "rainier/outbox/r.xlsx",
        "rainier/inbox/.hidden",
        "rainier/inbox/~$l.xlsx",
        "harbor/e.pdf.part",
        "f.pdf",
    ):
        lay(root, place)
    (root / "harbor" / "link.pdf").symlink_to(root / "f.pdf")
    (root / "elsewhere").symlink_to(root / "rainier")
    found = [(file.partner_id, file.bundle, file.name) for file in FolderDoor(root).list_waiting()]
    assert found == [
        ("_office", "", "d.pdf"),
        ("harbor", "", "c.pdf"),
        ("rainier", "", "a.pdf"),
        ("rainier", "may", "b.pdf"),
    ]


def test_file_rests_only_when_it_was_seen_twice_unchanged(root: Path) -> None:
    door, watch = FolderDoor(root), RestWatch(5.0)
    growing, still = lay(root, "harbor/growing.pdf", b"1"), lay(root, "rainier/inbox/still.pdf")
    assert watch.find_resting(door.list_waiting(), 0.0) == []
    growing.write_bytes(b"12")
    assert [d.files[0].name for d in watch.find_resting(door.list_waiting(), 5.0)] == [still.name]
    assert watch.find_resting(door.list_waiting(), 9.9)[0].files[0].name == still.name
    assert {d.files[0].name for d in watch.find_resting(door.list_waiting(), 10.0)} == {growing.name, still.name}


def test_delivery_rests_when_all_its_files_do(root: Path) -> None:
    door, watch = FolderDoor(root), RestWatch(5.0)
    lay(root, "rainier/inbox/may/a.pdf")
    watch.find_resting(door.list_waiting(), 0.0)
    lay(root, "rainier/inbox/may/b.pdf")
    assert watch.find_resting(door.list_waiting(), 5.0) == []
    [delivery] = watch.find_resting(door.list_waiting(), 10.0)
    assert [file.name for file in delivery.files] == ["a.pdf", "b.pdf"]


def test_a_file_that_changed_is_neither_fetched_nor_put_away(root: Path) -> None:
    door, paper = FolderDoor(root), lay(root, "harbor/a.pdf")
    [file] = door.list_waiting()
    paper.write_bytes(b"other paper")
    with pytest.raises(FileChanged):
        door.fetch(file, root / "copy")
    door.put_away(file, Outcome.TAKEN)
    assert paper.read_bytes() == b"other paper"
    paper.unlink()
    door.put_away(file, Outcome.TAKEN)
    with pytest.raises(FileChanged):
        door.fetch(file, root / "copy")


def test_a_file_that_became_a_link_is_not_followed(root: Path) -> None:
    door, paper = FolderDoor(root), lay(root, "harbor/a.pdf")
    [file] = door.list_waiting()
    paper.unlink()
    paper.symlink_to("/etc/hostname")
    with pytest.raises((FileChanged, DoorTrouble)):
        door.fetch(file, root / "copy")


def test_what_is_put_away_is_kept_under_every_name(root: Path) -> None:
    door = FolderDoor(root)
    for content in (b"first", b"second"):
        lay(root, "rainier/inbox/may/a.pdf", content)
        [file] = door.list_waiting()
        door.put_away(file, Outcome.TAKEN)
        (root / "rainier/inbox/may").mkdir(exist_ok=True)
    assert sorted(path.read_bytes() for path in (root / "rainier/taken/may").iterdir()) == [b"first", b"second"]
    lay(root, "harbor/bad.pdf")
    door.put_away(door.list_waiting()[0], Outcome.REFUSED)
    assert (root / "harbor/refused/bad.pdf").exists() and not door.list_waiting()


def test_delivering_twice_is_once_and_another_of_that_name_stays(root: Path) -> None:
    door = FolderDoor(root)
    for content in (b"one", b"one", b"two", b"two"):
        door.deliver("rainier", "report.xlsx", content)
    assert sorted(path.read_bytes() for path in (root / "rainier/outbox").iterdir()) == [b"one", b"two"]
    door.deliver("new-partner", "report.xlsx", b"one")
    assert (root / "new-partner/outbox/report.xlsx").exists()


def test_a_tree_out_of_reach_is_trouble_and_never_nothing(root: Path) -> None:
    with pytest.raises(DoorTrouble, match="cannot be read"):
        FolderDoor(root / "unmounted").list_waiting()
    lay(root, "harbor/outbox", b"a file where a folder has to be")
    with pytest.raises(DoorTrouble, match="cannot be written"):
        FolderDoor(root).deliver("harbor", "report.xlsx", b"one")


def test_closed_door_keeps_what_is_to_go_out(tmp_path: Path) -> None:
    door = ClosedDoor()
    assert door.list_waiting() == ()
    with pytest.raises(FileChanged):
        door.fetch(WaitingFile("p", "x", "x", 1, "1"), tmp_path / "x")
    with pytest.raises(DoorTrouble):
        door.deliver("p", "x", b"x")
    assert not any(tmp_path.iterdir())
