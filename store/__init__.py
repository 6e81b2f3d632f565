"""What lies under all: typed ids, documents by hash, tables, and the one ledger that every write goes through."""

from store.canonical import JsonValue, hash_value, write_canonical_json
from store.desk_tables import DESK_TABLES
from store.door_tables import DOOR_TABLES
from store.errors import StoreError, UnknownRecordError
from store.installation import Installation, describe_document
from store.leaving_tables import LEAVING_TABLES
from store.ledger import Clock, Entry, Event, lock_ledger, record
from store.packet_tables import PACKET_TABLES
from store.risk_tables import RISK_TABLES
from store.safety_tables import SAFETY_TABLES
from store.year_tables import YEAR_TABLES

__all__ = [
    "DESK_TABLES",
    "DOOR_TABLES",
    "LEAVING_TABLES",
    "PACKET_TABLES",
    "RISK_TABLES",
    "SAFETY_TABLES",
    "YEAR_TABLES",
    "Clock",
    "Entry",
    "Event",
    "Installation",
    "JsonValue",
    "StoreError",
    "UnknownRecordError",
    "describe_document",
    "hash_value",
    "lock_ledger",
    "record",
    "write_canonical_json",
]
