"""The ticket curve: score against density (Lange & Sprekeler 2023, figure 2)."""

from dataclasses import replace

import numpy as np

from sessions.views.session_view import SessionView
from widgets.plots.curve_data import TicketCurve, ticket_curves
from widgets.plots.figure import Axis, Figure, Line, Points, Rule, Values
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES
from widgets.shared.guesses import score_guesses
from widgets.shared.wording import bars, of_searches

NARROWEST = 0.2
_X = Axis("weights kept", scale="log", reverse=True, percent=True)
_Y = Axis("score")


def ticket_curve(view: SessionView, selection: Selection) -> Figure:
    """Score of every finished round against its density, a line a branch, the dense score as a rule.

    Each value is the mean over replicates with its standard error (figure 2 of the paper: mean ±
    standard error of five seeds). Sparser is to the right. The rule is the dense round of the
    selected branch, or of the first branch that has one.
    """
    title, shown = FIGURES["ticket_curve"].title, selection.shown_in(view)
    curves = [curve for curve in ticket_curves(view) if curve.branch in shown]
    if not curves:
        return Figure(title, _X, _Y, note="The first point comes when the first round is finished.")
    looked_at = selection.branch_in(view)
    ordered = sorted(curves, key=lambda curve: curve.branch != looked_at)
    colours = [colour_of(view, curve.branch) for curve in curves]
    figure = figure_of(title, curves, colours, _sparsest(view, shown), _note(curves, view), _dense(ordered))
    return _with_guesses(figure, view, shown)


def _with_guesses(figure: Figure, view: SessionView, shown: list[str]) -> Figure:
    """What people guessed of rounds, as dots in the colours of the branches."""
    marks = []
    for branch in shown:
        known = [guess for guess in score_guesses(view) if guess.branch == branch]
        if known:
            x = np.array([view.density_of(branch, guess.round) for guess in known])
            y = np.array([guess.score for guess in known])
            marks.append(Points(f"{branch}, guessed", x, y, colour_of(view, branch), marked=True))
    if not marks:
        return figure
    low, high = figure.y.limits or (None, None)
    values = np.concatenate([mark.y for mark in marks])
    limits = None if low is None or high is None else (min(low, values.min() - 0.02), max(high, values.max() + 0.02))
    return replace(figure, y=replace(figure.y, limits=limits), marks=(*figure.marks, *marks))


def figure_of(
    title: str, curves: list[TicketCurve], colours: list[int], sparsest: float, note: str, rules: tuple[Rule, ...] = ()
) -> Figure:
    """Ticket curves as a figure, sparser to the right.

    Args:
        title: The figure's title.
        curves: The curves, one for each line.
        colours: The palette index of each line.
        sparsest: The density at the axis's end.
        note: What the error bars mean.
        rules: Scores to compare with.
    """
    lines = [_line(curve, colour) for curve, colour in zip(curves, colours, strict=True)]
    heights = _heights(curves) if curves else None
    return Figure(title, replace(_X, limits=(sparsest, 1.0)), replace(_Y, limits=heights), (*lines, *rules), note)


def _sparsest(view: SessionView, shown: list[str]) -> float:
    """The lowest density that any branch has or is planned to have, so that the axis stays while they run."""
    last = [view.density_of(name, view.branches[name].planned_rounds - 1) for name in shown]
    known = [round_.density for name in shown for round_ in view.lineage(name)]
    return min([*last, *known, 0.9])


def _heights(curves: list[TicketCurve]) -> tuple[float, float] | None:
    """Shares get an axis of a fifth at least, so that the noise of a thousand test images looks small."""
    scores = [score for curve in curves for score in curve.score]
    errors = [error or 0.0 for curve in curves for error in curve.error]
    low, high = min(scores) - max(errors), max(scores) + max(errors)
    if low < 0.0 or high > 1.0 or high - low >= NARROWEST:
        return None
    return max(high + 0.02 - NARROWEST, 0.0), high + 0.02


def _line(curve: TicketCurve, colour: int) -> Line:
    order = np.argsort(curve.density, kind="stable")
    density, score = np.array(curve.density)[order], np.array(curve.score)[order]
    error = _error(curve, order)
    low, high = (None, None) if error is None else (score - error, score + error)
    return Line(curve.branch, density, score, low=low, high=high, colour=colour, markers=True)


def _error(curve: TicketCurve, order: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> Values | None:
    """None if no round has one; zero, which draws no bar, for rounds without one."""
    if all(error is None for error in curve.error):
        return None
    return np.array([error or 0.0 for error in curve.error])[order]


def _dense(curves: list[TicketCurve]) -> tuple[Rule, ...]:
    dense = [
        score for curve in curves for density, score in zip(curve.density, curve.score, strict=True) if density == 1.0
    ]
    return (Rule("dense", dense[0], "y"),) if dense else ()


def _note(curves: list[TicketCurve], view: SessionView) -> str:
    has_errors = any(error is not None for curve in curves for error in curve.error)
    errors = bars(curves[0].replicates) if has_errors else "One replicate: no error bars."
    return " ".join(filter(None, (errors, of_searches(view, (curve.branch for curve in curves)))))
