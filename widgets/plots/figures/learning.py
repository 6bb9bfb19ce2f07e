"""Score while training: test score against generations, environment steps or forward passes, within a round.

The form of Conklin's figures 2 and 3 (test reward against environment steps) and of the left of figure 2
of Savarese et al. (2020; test accuracy while training).
"""

import numpy as np

from sessions.reports.learning import Point, learning_curve, solved_at
from sessions.reports.statistics import mean, standard_error
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.plots.figure import Axis, Figure, Line, Rule
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import AGAINST, FIGURES, Against
from widgets.shared.wording import bars

_Y = Axis("test score")


def learning(view: SessionView, selection: Selection, against: Against | None = None) -> Figure:
    """Every score of the selected round, and of the same round of other branches.

    The mean over replicates with its standard error. A round that branches share is drawn once.

    Args:
        view: The session's view.
        selection: What to show.
        against: The x axis; None is the cost: environment steps, or else forward passes.
    """
    title, round_ = f"{FIGURES['learning'].title} · {selection.place_in(view)}", selection.round_in(view)
    number = selection.round if round_ is None else round_.number
    rounds = {} if number is None else _rounds(view, selection, number)
    against = against or spent(list(rounds.values()))
    lines = [_line(view, name, learning_curve(known), against) for name, known in rounds.items()]
    x, drawn = Axis(AGAINST[against]), tuple(line for line in lines if line is not None)
    if not drawn:
        told = "No scores were taken during this round: set analysis.score_every, in generations, for a new session."
        return Figure(title, x, _Y, note=selection.missing_in(view) if round_ is None else told)
    solved = solved_at(view)
    rules = () if solved is None else (Rule(f"solved: {solved:g}", solved, "y"),)
    return Figure(title, x, _Y, (*drawn, *rules), _note(list(rounds.values())))


def spent(rounds: list[RoundView]) -> Against:
    """What the rounds cost: environment steps for control tasks, otherwise forward passes if they are known."""
    if any(round_.steps for round_ in rounds):
        return "environment_steps"
    points = [point for round_ in rounds for point in learning_curve(round_)]
    return "forward_passes" if points and all(p.forward_passes is not None for p in points) else "generations"


def _rounds(view: SessionView, selection: Selection, number: int) -> dict[str, RoundView]:
    """The round of each branch that has scores during it, the selected branch first."""
    looked_at, found = selection.branch_in(view), dict[str, RoundView]()
    for name in sorted(selection.shown_in(view), key=lambda name: name != looked_at):
        round_ = view.round(name, number)
        if round_ is not None and round_.scored and all(round_ is not known for known in found.values()):
            found[name] = round_
    return found


def _line(view: SessionView, branch: str, curve: list[Point], against: Against) -> Line | None:
    rows = [
        (x, mean(point.score), standard_error(point.score))
        for point in curve
        if (x := _place(point, against)) is not None
    ]
    if not rows:
        return None
    places, y, error = (np.array([np.nan if v is None else v for v in column]) for column in zip(*rows, strict=True))
    has_error = bool(np.isfinite(error).any())
    low, high = (y - np.nan_to_num(error), y + np.nan_to_num(error)) if has_error else (None, None)
    return Line(branch, places, y, low=low, high=high, colour=colour_of(view, branch), markers=True)


def _place(point: Point, against: Against) -> float | None:
    if against == "generations":
        return float(point.generation)
    if against == "forward_passes":
        return None if point.forward_passes is None else float(point.forward_passes)
    return None if point.environment_steps is None else float(np.mean(point.environment_steps))


def _note(rounds: list[RoundView]) -> str:
    replicates = max(len(event.score) for round_ in rounds for event in round_.scored)
    if replicates > 1:
        return bars(replicates)
    return "One replicate: no error bars."
