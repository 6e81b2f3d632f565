"""Who may see what, since when and why: agreements, grants, the access set, what partners are told."""

from access.agreements import find_gates, has_active_agreement, status_on
from access.endings import Ending, EndKind, list_endings
from access.grants import Signer, find_access, make_grant
from access.held_grants import load_held_grants
from access.known_time import KnownTime, recall_agreements, recall_grants
from access.report import write_report_csv, write_report_html, write_report_xlsx
from access.types import CATEGORIES, AccessRow, AgreementKind, AgreementStatus, ReportLine, Result
from access.withdrawals import withdraw

__all__ = [
    "CATEGORIES",
    "AccessRow",
    "AgreementKind",
    "AgreementStatus",
    "EndKind",
    "Ending",
    "KnownTime",
    "ReportLine",
    "Result",
    "Signer",
    "find_access",
    "find_gates",
    "has_active_agreement",
    "list_endings",
    "load_held_grants",
    "make_grant",
    "recall_agreements",
    "recall_grants",
    "status_on",
    "withdraw",
    "write_report_csv",
    "write_report_html",
    "write_report_xlsx",
]
