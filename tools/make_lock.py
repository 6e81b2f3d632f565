"""Writes the lock from pip's report, with what builds the program too: first
`pip install --dry-run --ignore-installed --report FILE '.[s3]' hatchling`, then this with FILE.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from packaging.utils import canonicalize_name

_HEAD = """\
# What the program was proven with, on Python 3.11 and Linux on x86-64: pip install --require-hashes -r tools/lock.txt
# Made anew by tools/make_lock.py.
"""


def main() -> int:
    """Writes a pin with its hash for each package that pip would install, but for the project itself."""
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    pins = []
    for entry in report["install"]:
        name = canonicalize_name(entry["metadata"]["name"])
        digest = entry["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
        if name != "consentry":
            pins.append(f"{name}=={entry['metadata']['version']} \\\n    --hash=sha256:{digest}\n")
    lock = Path(__file__).with_name("lock.txt")
    lock.write_text(_HEAD + "".join(sorted(pins)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
