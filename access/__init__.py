"""Who may see what, since when and why: agreements, grants, the access set, what partners are told."""

from access.agreements import find_gates, has_active_agreement, status_on
from access.grants import Signer, find_access, make_grant
from access.report import write_report_csv, write_report_html, write_report_xlsx
from access.types import CATEGORIES, AccessRow, AgreementKind, AgreementStatus, ReportLine, Result

__all__ = [
    "CATEGORIES",
    "AccessRow",
    "AgreementKind",
    "AgreementStatus",
    "ReportLine",
    "Result",
    "Signer",
    "find_access",
    "find_gates",
    "has_active_agreement",
    "make_grant",
    "status_on",
    "write_report_csv",
    "write_report_html",
    "write_report_xlsx",
]
