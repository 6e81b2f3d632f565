"""A disk whose power can be cut: ext4 in a file behind a loop device, copied while nobody writes.

What a copy holds is what had been handed to the disk: by a flush, or by the kernel in its own time. What only stood in the
machine's memory is lost, and the file system has to mend itself from its journal. A disk that reorders what it was handed
between two flushes, or that lies about a flush, is not covered.
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEGABYTES = 48
_COPIES = 50


@contextmanager
def loop_disk(folder: Path, options: str) -> Iterator[LoopDisk]:
    """An empty disk, mounted with options of ext4. `PermissionError` where none can be mounted."""
    image = folder / "disk.img"
    with image.open("wb") as stream:
        stream.truncate(_MEGABYTES << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True, capture_output=True)
    with _mounted(image, folder / "disk", options) as place:
        yield LoopDisk(image, place)


class LoopDisk:
    """A mounted disk at `place`."""

    def __init__(self, image: Path, place: Path) -> None:
        self._image = image
        self.place = place

    @contextmanager
    def after_a_cut(self, folder: Path) -> Iterator[Path]:
        """What would be on the disk had the power failed now, mounted elsewhere. Its writer SHALL be stopped."""
        copy, again = folder / "cut.img", folder / "cut-again.img"
        shutil.copy(self._image, copy)
        for _ in range(_COPIES):  # the kernel may write in its own time meanwhile: until two copies are the same
            shutil.copy(self._image, again)
            if filecmp.cmp(copy, again, shallow=False):
                break
            again.replace(copy)
        else:
            raise AssertionError("the disk never came to rest")
        again.unlink(missing_ok=True)
        with _mounted(copy, folder / "cut", "rw") as place:
            yield place
        copy.unlink()


@contextmanager
def _mounted(image: Path, place: Path, options: str) -> Iterator[Path]:
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "ext4", "-o", f"loop,{options}", str(image), str(place)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise PermissionError(done.stderr.decode(errors="replace").strip())
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
