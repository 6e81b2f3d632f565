"""Puts a partner's reports together as a package: files, redisclosure notice, manifest with hashes and row counts.

Decides file names and what the manifest says. The same reports give the same bytes: nothing in a package knows the time of
making. Never tells anything of a student without access: of the district's data the manifest holds no count and no hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib import resources

from access.adr_files import write_csv, write_xlsx
from access.adr_reports import ReportSet, ReportTable

MANIFEST_NAME, NOTICE_NAME, SUMS_NAME = "manifest.json", "NOTICE.txt", "SHA256SUMS"
_NO_PURPOSE = "the services that its data sharing agreement names"


class FileFormat(StrEnum):
    """What a report is written as."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file of a package."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class PackageLabel:
    """For whom a package is, of which day, under which registry, and the notice it carries."""

    partner_id: str
    partner_name: str
    purpose: str
    day: date
    file_format: FileFormat
    registry_sha256: str
    notice: str


@dataclass(frozen=True, slots=True)
class Package:
    """A package whole. `files` holds all files, the manifest last; `manifest_sha256` stands for all of it."""

    files: tuple[PackageFile, ...]
    manifest_sha256: str
    row_count: int


def read_own_notice() -> str:
    """The redisclosure notice that comes with the program."""
    return (resources.files("access") / "redisclosure_notice.txt").read_text(encoding="utf-8")


def make_package(label: PackageLabel, reports: ReportSet, students: int) -> Package:
    """The package of these reports."""
    purpose = label.purpose.strip() or _NO_PURPOSE
    notice = label.notice.replace("{partner}", label.partner_name).replace("{purpose}", purpose)
    files = [
        PackageFile(f"{table.spec.slug}.{label.file_format}", _write(label, table, notice)) for table in reports.tables
    ]
    files.append(PackageFile(NOTICE_NAME, notice.encode()))
    manifest = _write_manifest(label, reports, files, students, notice.splitlines())
    files.append(PackageFile(MANIFEST_NAME, manifest))
    sums = "".join(f"{file.sha256}  {file.name}\n" for file in sorted(files, key=lambda file: file.name))
    files.insert(-1, PackageFile(SUMS_NAME, sums.encode()))
    rows = sum(len(table.rows) for table in reports.tables)
    return Package(tuple(files), hashlib.sha256(manifest).hexdigest(), rows)


def _write(label: PackageLabel, table: ReportTable, notice: str) -> bytes:
    if label.file_format is FileFormat.XLSX:
        return write_xlsx(table, notice.splitlines())
    return write_csv(table)


def _write_manifest(
    label: PackageLabel, reports: ReportSet, files: Sequence[PackageFile], students: int, notice: Sequence[str]
) -> bytes:
    manifest = {
        "manifest": "consentry adr 1",
        "partner_id": label.partner_id,
        "partner": label.partner_name,
        "purpose": label.purpose,
        "report_date": label.day.isoformat(),
        "format": label.file_format.value,
        "students": students,
        "files": [
            {
                "file": file.name,
                "report": table.spec.number,
                "name": table.spec.name,
                "category": table.spec.category,
                "rows": len(table.rows),
                "columns": list(table.columns),
                "bytes": len(file.content),
                "sha256": file.sha256,
            }
            for file, table in zip(files, reports.tables, strict=False)  # the notice comes after the reports
        ],
        "left_out": [{"report": out.number, "name": out.name, "why": out.why} for out in reports.left_out],
        "registry_sha256": label.registry_sha256,
        "notice": list(notice),
    }
    return (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
