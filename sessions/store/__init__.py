"""The bytes of a session on disk; this room doesn't know what they mean.

Nothing listed imports NumPy. Arrays are in `rounds` and `arrays`, the checks of `verify` in `verify`.
"""

from sessions.store.file_table import FileName
from sessions.store.journal import JournalFile
from sessions.store.journal_records import Records, read_records
from sessions.store.ledger import Entry, Ledger
from sessions.store.lock import SessionLock
from sessions.store.session_dir import (
    SCHEMA,
    SessionDirectory,
    check_branch_name,
    check_schema,
    renamed,
    sessions_in,
)

__all__ = [
    "SCHEMA",
    "Entry",
    "FileName",
    "JournalFile",
    "Ledger",
    "Records",
    "SessionDirectory",
    "SessionLock",
    "check_branch_name",
    "check_schema",
    "read_records",
    "renamed",
    "sessions_in",
]
