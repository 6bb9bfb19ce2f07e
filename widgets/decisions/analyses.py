"""Which analyses to ask for."""

from sessions.messages import commands
from sessions.plans.twins import noisy
from sessions.views.session_view import SessionView
from ticket_explorer.analysis import ANALYSES


def analyses_of(view: SessionView, kind: str, branch: str, number: int | None) -> list[commands.Analyse]:
    """The analyses to request to show a landscape of a kind; none if there is nothing to compare with.

    Args:
        view: The session's view.
        kind: The kind of analysis. `comparison` is made with each other branch that has a finished round; `instability`
            is that of every branch with noise of its own.
        branch: The branch whose weights are analysed.
        number: A finished round; None is the running one, or else the last finished one.
    """
    beside = ANALYSES[kind].beside
    if beside == "twin":
        return [commands.Analyse(kind=kind, branch=name) for name in noisy(view)]
    if beside != "another":
        return [commands.Analyse(kind=kind, branch=branch, round=number)]
    others = [name for name in view.branches if name != branch and any(r.finished for r in view.lineage(name))]
    return [commands.Analyse(kind=kind, branch=branch, parameters={"other": other}) for other in others]
