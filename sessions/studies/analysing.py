"""Analyses of a cell that is finished: those that its study asks for and its session doesn't have yet."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sessions.messages.events import Analysed
from sessions.studies.records import AnalysisOf
from sessions.views.session_view import SessionView

if TYPE_CHECKING:
    from sessions.session.session import Session


class One(NamedTuple):
    """One analysis of one branch."""

    kind: str
    branch: str
    round: int | None
    settings: dict[str, Any]


def left_to_analyse(view: SessionView, wanted: Sequence[AnalysisOf]) -> list[One]:
    """What a session has not been asked yet.

    Args:
        view: The session's view.
        wanted: What its study asks of it.
    """
    each = [
        One(one.name, branch, number, one.settings)
        for one in wanted
        for branch in one.branches or view.branches
        for number in one.rounds or (None,)
    ]
    return [one for one in each if not any(_answers(known, one) for known in view.analyses)]


def analyse(session: "Session", wanted: Sequence[AnalysisOf], is_stopping: Callable[[], bool]) -> None:
    """Do what is left, one analysis after another, until it is done or the worker is to stop.

    Raises:
        TicketError: if one can't be done.
    """
    for one in left_to_analyse(session.view, wanted):
        if is_stopping():
            return
        session.analyse(one.kind, one.branch, one.round, one.settings)


def _answers(known: Analysed, one: One) -> bool:
    """Whether a result is what was asked for; without a round, that of any round is."""
    same = (known.kind, known.branch) == (one.kind, one.branch) and one.round in (None, known.round)
    return same and all(known.parameters.get(name) == value for name, value in one.settings.items())
