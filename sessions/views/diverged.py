"""Replicates that diverged: who is left out of which rounds, and the sentences about it. No JAX is imported here."""

from sessions.messages import events
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError

WORDS = {
    "weights": "its weights became NaN or infinite",
    "sigma": "its σ became NaN or infinite",
    "fitness": "no fitness was a finite number",
    "score": "its score was not a finite number",
}
"""What `events.Diverged.what` means, of one replicate."""


def left_out(view: SessionView, branch: str, number: int) -> set[int]:
    """Replicates of a round that diverged in it, or in a round that it comes from."""
    diverged: set[int] = set()
    for round_ in view.lineage(branch):
        if round_.number <= number:
            diverged |= round_.diverged
            lender = view.branches[round_.branch].borrows(round_.number)
            if lender is not None:
                diverged |= left_out(view, *lender)
    lender = view.branches[branch].borrows(number)
    return diverged | left_out(view, *lender) if lender is not None else diverged


def check_replicate(view: SessionView, branch: str, number: int, replicate: int = 0) -> None:
    """Refuse to read a replicate that has diverged.

    Raises:
        TicketError: if it has, in round `number` of `branch` or before.
    """
    if replicate in left_out(view, branch, number):
        raise TicketError(
            f"Replicate {replicate} of {branch}:{number} has diverged, and its numbers are not finite; "
            "look at an earlier round, or at another branch."
        )


def told(event: events.Diverged) -> str:
    """What happened, in a sentence that names the replicates."""
    words = WORDS.get(event.what, "its numbers became NaN or infinite")
    names = ", ".join(str(replicate) for replicate in event.replicates)
    one = f"Replicate {names} of {event.branch}:{event.round} diverged at generation {event.generation}: {words}."
    if len(event.replicates) > 1:
        many = words.replace("its", "their")
        one = f"Replicates {names} of {event.branch}:{event.round} diverged by generation {event.generation}: {many}."
    if event.left:
        return f"{one} {'It is' if len(event.replicates) == 1 else 'They are'} left out from here on."
    return f"{one} No replicate is left, so the branch has failed. {_remedy(event)}"


def _remedy(event: events.Diverged) -> str:
    smaller = "Use a smaller learning rate or initial σ"
    if event.round == 0:
        return f"{smaller} in a new session."
    return f"{smaller} in a branch from {event.branch}:{event.round - 1} or an earlier round."
