"""Between files and events: what a journal says of a file, and what a ledger has of it."""

from sessions.messages import events
from sessions.store import Entry, FileName, Ledger
from sessions.store.seals import Seal


def record(ledger: Ledger, event: events.Sealed) -> None:
    """Take in that a file is on disk."""
    origin, whose = event.origin, None
    if origin is not None and origin.session:
        whose = Seal(origin.session, event.kind, origin.branch, origin.number)
    name = FileName(event.kind, event.branch, event.number)
    ledger.files[name] = Entry(event.sha256, whose, is_adopted=origin is not None)
