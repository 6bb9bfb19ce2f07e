"""Whether a branch can be removed or called otherwise, and which names are free; no JAX is imported."""

from collections.abc import Sequence

from sessions.store import check_branch_name
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


def check_new_names(names: Sequence[str], view: SessionView) -> None:
    """Refuse names that no branch can have, or that are taken.

    Raises:
        TicketError: with the name.
    """
    for name in names:
        check_branch_name(name)
        if name.lower() in map(str.lower, view.branches):
            raise TicketError(f"A branch {name!r} already exists; give the new one another name.")
        if name.lower() in map(str.lower, view.former_names):
            said = f"Files here are of a branch that was called {name!r}; give the new one another name."
            raise TicketError(said)


def check_renaming(view: SessionView, branch: str, name: str) -> None:
    """Refuse to call a branch otherwise while it is computed, or by a name that is taken.

    Raises:
        TicketError: with what is in the way.
    """
    if branch not in view.branches:
        raise UnknownName("branch", branch, view.branches)
    if name == branch:
        raise TicketError(f"Branch {branch!r} is called that already.")
    if name.lower() not in (branch.lower(), view.ledger.first_names.get(branch, branch).lower()):  # those are its own
        check_new_names([name], view)
    else:
        check_branch_name(name)
    if view.running is not None and view.running.branch == branch:
        said = f"Branch {branch!r} keeps its name for now: a round of it has begun."
        raise TicketError(said, remedy="Rename it when that round is done.")
