from .agreements import find_gates, has_active_agreement, has_lapsed_training, status_on
from .endings import Ending, EndKind, list_endings
from .grants import Signer, find_access, make_grant, make_list_grant
from .known_time import KnownTime, recall_agreements, recall_grants
from .list_rights import load_standing_rights
from .report import write_report_csv, write_report_html, write_report_xlsx
from .running_grants import load_running_grants
from .types import CATEGORIES, CONSENT, IS_LIST, AccessRow, AgreementKind, AgreementStatus, ReportLine, Result
from .withdrawals import withdraw

__all__ = [
    "CATEGORIES",
    "CONSENT",
    "IS_LIST",
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
    "has_lapsed_training",
    "list_endings",
    "load_running_grants",
    "load_standing_rights",
    "make_grant",
    "make_list_grant",
    "recall_agreements",
    "recall_grants",
    "status_on",
    "withdraw",
    "write_report_csv",
    "write_report_html",
    "write_report_xlsx",
]
