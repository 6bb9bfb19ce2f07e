"""Whether a branch can be removed: nothing else may stand on its rounds. No JAX is imported."""

from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError, UnknownName


def check_removal(view: SessionView, branch: str) -> None:
    """Refuse to remove a branch that others need, or the last one.

    Raises:
        TicketError: with the branches that need it.
    """
    if branch not in view.branches:
        raise UnknownName("branch", branch, view.branches)
    needing = [
        other.name
        for other in view.branches.values()
        if other.parent == branch or (other.borrowed is not None and other.borrowed.branch == branch)
    ]
    if needing:
        said = f"Branch {branch!r} can't be removed: {', '.join(needing)} go on from its rounds or train its tickets."
        raise TicketError(said, remedy="Remove those first, or set this one aside.")
    if len(view.branches) == 1:
        raise TicketError(f"Branch {branch!r} is the only one.", remedy="Remove the whole session instead.")
