"""From events to the ledger: what a journal says about a file, as the ledger's entry."""

from sessions.messages import events
from sessions.store import Entry, FileName, Ledger
from sessions.store.seals import Seal


def record(ledger: Ledger, event: events.Sealed) -> None:
    """Record in the ledger that a file is on disk."""
    origin, whose = event.origin, None
    if origin is not None and origin.session:
        whose = Seal(origin.session, event.kind, origin.branch, origin.number)
    name = ledger.kept_as(FileName(event.kind, event.branch, event.number))
    ledger.files[name] = Entry(event.sha256, whose, is_adopted=origin is not None)


def forget_early(ledger: Ledger, branch: str) -> None:
    """Forget the early weights of a branch whose first round was dropped: they are not those of the one that begins."""
    place = ("early", ledger.first_names.get(branch, branch))
    for name in [name for name in ledger.files if (name.kind, name.branch) == place]:
        del ledger.files[name]
