"""The door that is ShareFile: one folder, below it a folder a partner with `inbox`, `outbox`, `taken` and `refused`.

A file's id is its version: a new version has a new one. Uploads appear only when they are whole, but the files of one
delivery come one by one, so that they rest like any other's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from consentry.doors.folder_door import INBOX, OUTBOX, REFUSED, TAKEN
from consentry.doors.sharefile_api import Item, ShareFileApi
from consentry.doors.types import DoorTrouble, FileChanged, Outcome, WaitingFile


class ShareFileDoor:
    """The door at one folder of an account."""

    name = "sharefile"

    def __init__(self, api: ShareFileApi, root_id: str) -> None:
        self._api = api
        self._root_id = root_id

    def list_waiting(self) -> Sequence[WaitingFile]:
        """Files in all inboxes, by partner and name."""
        found = [file for partner in self._list_folders(self._root_id) for file in self._list_partner(partner)]
        return sorted(found, key=lambda file: (file.partner_id, file.bundle, file.name, file.place))

    def fetch(self, file: WaitingFile, target: Path) -> None:
        """Downloads the file; fewer bytes than it has are a cut."""
        got = self._api.download(file.place, target)
        if got != file.size:
            raise DoorTrouble("cut", "a file did not come whole from ShareFile")
        if file.version != file.place and hashlib.md5(target.read_bytes(), usedforsecurity=False).hexdigest() != (
            file.version
        ):
            raise FileChanged(file.place)

    def put_away(self, file: WaitingFile, outcome: Outcome) -> None:
        """Moves the file to the partner's `taken` or `refused`, where its name may be taken: every list is called alike."""
        partner = self._find_child(self._root_id, file.partner_id)
        if partner is None:
            return
        target = self._api.make_folder(partner.id, REFUSED if outcome is Outcome.REFUSED else TAKEN)
        name = Path(file.name)
        self._api.move(file.place, target.id, name.with_stem(f"{name.stem}-{file.place[-8:]}").name)

    def deliver(self, partner_id: str, name: str, content: bytes) -> None:
        """Uploads the file into the partner's outbox unless it lies there."""
        partner = self._api.make_folder(self._root_id, partner_id)
        outbox = self._api.make_folder(partner.id, OUTBOX)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        there = {item.name: item for item in self._api.list_children(outbox.id) if item.is_file}
        other = Path(name).with_stem(f"{Path(name).stem}-{digest[:8]}").name
        if any(_holds(there.get(candidate), len(content), digest) for candidate in (name, other)):
            return
        self._api.upload(outbox.id, other if name in there else name, content)

    def subscribe(self, url: str) -> None:
        """Has this address called when a file is uploaded anywhere below the door's folder."""
        self._api.subscribe(self._root_id, url)

    def _list_folders(self, folder_id: str) -> list[Item]:
        return [item for item in self._api.list_children(folder_id) if item.is_folder]

    def _find_child(self, folder_id: str, name: str) -> Item | None:
        return next((item for item in self._list_folders(folder_id) if item.name == name), None)

    def _list_partner(self, partner: Item) -> Iterator[WaitingFile]:
        inbox = self._find_child(partner.id, INBOX)
        if inbox is not None:
            yield from self._list_inbox(partner.name, inbox.id, "")

    def _list_inbox(self, partner_id: str, folder_id: str, bundle: str) -> Iterator[WaitingFile]:
        for item in self._api.list_children(folder_id):
            if item.is_folder:
                yield from self._list_inbox(partner_id, item.id, bundle or item.name)
            elif item.is_file:
                yield WaitingFile(partner_id, item.id, item.name, item.size or 0, item.md5 or item.id, bundle)


def _holds(item: Item | None, size: int, md5: str) -> bool:
    return item is not None and item.size == size and (item.md5 or md5).lower() == md5
