"""Figures that were drawn, kept until something can have changed them.

A page shows thousands of figures, of which a generation changes a few. What a kind of panel is made of says which: see
`PanelKind.made_of`. A decision may change all of them.
"""

from collections.abc import Hashable, Sized
from dataclasses import dataclass, replace
from typing import Protocol

from sessions.messages import events
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.plots.figure import Figure
from widgets.plots.figures import Selection
from widgets.plots.kinds import Look, PanelKind
from widgets.replay_page.thinning import Fineness, thinned

_ROUTINE = (events.RoundStarted, events.RoundFinished, events.Pruned, events.Analysed, events.Tuned, events.FormChosen)
"""Events that change no figure but those of their rounds, of scores and of analyses."""


class Numbering(Protocol):
    """What takes figures, and gives each a number."""

    def number(self, figure: Figure) -> int:
        """The number of a figure; equal ones have the same."""
        ...


@dataclass
class Drawing:
    """A figure that was drawn, or only its number once it has one."""

    stamp: Hashable
    figure: Figure | None
    is_empty: bool
    number: int | None = None


class Drawings:
    """The figures of one session; between `begin` and `end` all that are still wanted are asked for."""

    def __init__(self, charts: Numbering) -> None:
        """`charts` takes the figures."""
        self._charts = charts
        self._known: dict[Hashable, Drawing] = {}
        self._wanted: dict[Hashable, Drawing] = {}
        self._view = SessionView()
        self._fineness = Fineness()
        self._decided: Hashable = ()
        self._turns: dict[Hashable, int] = {}
        """How many things a kind shows in turn of a branch."""

    def begin(self, view: SessionView, fineness: Fineness) -> None:
        """Ask for figures of a view, thinned as `fineness` says."""
        self._view, self._fineness, self._wanted, self._turns = view, fineness, {}, {}
        self._decided = sum(not isinstance(event, _ROUTINE) for event in view.history), fineness

    def end(self) -> None:
        """Forget figures that were not asked for."""
        self._known = self._wanted

    def of(self, kind: PanelKind, look: Look, place: Selection) -> Drawing:
        """What a kind of panel shows at a place, turned as the look says."""
        key = (kind.name, look.turns.get(kind.name, 0), place.branch, place.round, place.generation)
        stamp = self._stamp(kind, look, place)
        drawing = self._known.get(key)
        if drawing is None or drawing.stamp != stamp:
            assert kind.draw is not None
            figure = thinned(kind.draw(replace(look, selection=place)), self._fineness)
            drawing = Drawing(stamp, figure, figure.is_empty)
        self._wanted[key] = drawing
        return drawing

    def number(self, drawing: Drawing) -> int:
        """The number of a drawing's figure."""
        if drawing.figure is not None:
            drawing.number, drawing.figure = self._charts.number(drawing.figure), None
        assert drawing.number is not None
        return drawing.number

    def _stamp(self, kind: PanelKind, look: Look, place: Selection) -> Hashable:
        """Something that is the same as long as the figure must be."""
        if kind.made_of == "session":
            return object()
        here = kind.name, place.branch
        if here not in self._turns:
            self._turns[here] = (
                1 if kind.turns is None else kind.turns(replace(look, selection=Selection(place.branch)))
            )
        return self._decided, self._turns[here], self._made_of(kind, place)

    def _made_of(self, kind: PanelKind, place: Selection) -> Hashable:
        view, own = self._view, place.round_in(self._view)
        match kind.made_of:
            case "rounds":
                same = [view.round(name, place.round or 0) for name in view.branches]
                return tuple(_state(round_) for round_ in same)
            case "scores":
                return sum(1 for branch in view.branches.values() for one in branch.rounds.values() if one.finished)
            case "analyses":
                return len(view.analyses), _state(own)
            case _:
                return _state(own)


def _state(round_: RoundView | None) -> Hashable:
    if round_ is None:
        return None
    parts: tuple[Sized, ...] = (
        round_.frames,
        round_.scored,
        round_.pruned,
        round_.tuned,
        round_.forms,
        round_.diverged,
    )
    return round_.done, round_.generations, round_.finished is not None, *map(len, parts)
