"""Curvature: how the loss rises around a round's result, and how that changes from round to round.

Lange & Sprekeler (2023), figure 6, bottom: profiles along random directions, and the parabola fitted to them.
"""

from dataclasses import replace

import numpy as np

from sessions.messages.events import Analysed
from sessions.reports.statistics import mean, standard_error
from sessions.views.session_view import SessionView
from widgets.plots.figure import Axis, Figure, Line, Mark, Values
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES

_STEP = Axis("step ξ along a direction")
_LOSS = Axis("loss")
_ALONG = {"random": "", "eigenvectors": " along leading eigenvectors", "way": " along the search's way"}
_ROUND = Axis("round")
_SHARPNESS = Axis("sharpness", scale="log")


def curvature(view: SessionView, selection: Selection) -> Figure:
    """Loss along random directions through the weights of the round, and of other branches' same round.

    The strong line is the mean over directions and replicates with its standard error over replicates, or,
    for one, over directions: directions of one network don't count as separate networks. Faint lines of the same
    colour are single directions; faint lines of other colours are the means of other branches. If a round was not
    analysed, the last analysed one before it is shown, unless the round was asked for.
    """
    found, branch = analysis_of(view, selection, "curvature"), selection.branch_in(view)
    title = f"{FIGURES['curvature'].title} · {selection.place_in(view)}"
    if found is None or branch is None:
        return Figure(title, _STEP, _LOSS, note=nothing_yet("curvature", "analysis.curvature = true"))
    marks: list[Mark] = [*_directions(found, colour_of(view, branch))]
    for name in selection.shown_in(view):
        other = view.analysis("curvature", name, found.round)
        if name != branch and other is not None and other is not found:
            marks.append(replace(_average(name, other, colour_of(view, name)), low=None, high=None, faint=True))
    marks.append(_average(branch, found, colour_of(view, branch)))
    title = f"{FIGURES['curvature'].title} · {branch}, round {found.round}, generation {found.generation}"
    return Figure(title, _STEP, _LOSS, tuple(marks), _told(found))


def sharpness(view: SessionView, selection: Selection) -> Figure:
    """The second-order coefficient of the loss at the end of each round, a line a branch; means with errors."""
    title = FIGURES["sharpness"].title
    lines = [line for name in selection.shown_in(view) if (line := _across_rounds(view, name)) is not None]
    if not lines:
        return Figure(title, _ROUND, _SHARPNESS, note=nothing_yet("curvature", "analysis.curvature = true"))
    return Figure(title, _ROUND, _SHARPNESS, tuple(lines))


def analysis_of(view: SessionView, selection: Selection, kind: str) -> Analysed | None:
    """The latest analysis of a kind of the selected round; live, that of the latest round that has one."""
    branch, round_ = selection.branch_in(view), selection.round_in(view)
    if branch is None or round_ is None:
        return None
    numbers = [round_.number] if selection.round is not None else range(round_.number, -1, -1)
    for number in numbers:
        generation = selection.generation if number == round_.number else None
        found = view.analysis(kind, branch, number, generation)
        if found is not None:
            return found
    return None


def nothing_yet(kind: str, switch: str = "") -> str:
    """The sentence if nothing was analysed."""
    always = f", or have it computed after each round with {switch}" if switch else ""
    return f"Nothing was computed here yet: ask for an analysis of {kind}{always}."


def _directions(found: Analysed, colour: int) -> list[Line]:
    steps, loss = _x(found), found.array("loss").astype(float).mean(0)
    return [Line("", steps, profile, colour=colour, faint=True) for profile in loss]


def _average(branch: str, found: Analysed, colour: int) -> Line:
    steps, loss = _x(found), found.array("loss").astype(float)
    profiles = loss.mean(1) if len(loss) > 1 else loss[0]
    centre = profiles.mean(0)
    if len(profiles) < 2:
        return Line(branch, steps, centre, colour=colour)
    half = profiles.std(0, ddof=1) / np.sqrt(len(profiles))
    return Line(branch, steps, centre, low=centre - half, high=centre + half, colour=colour)


def _x(found: Analysed) -> Values:
    return found.array("steps").astype(float)


def _sharpnesses(found: Analysed) -> list[float | None]:
    """One value for each replicate, the mean over directions; None if a loss was not finite."""
    return [float(value) if np.isfinite(value) else None for value in found.array("sharpness").mean(-1)]


def _told(found: Analysed) -> str:
    values = _sharpnesses(found)
    centre, error = mean(values), standard_error(values)
    if centre is None:
        return "The loss is NaN or infinite along some direction."
    spread = "" if error is None else f" ± {error:.2g}"
    along = _ALONG[found.parameters.get("along", "random")]
    if found.parameters.get("normalisation") == "filter":
        along = " along filter-normalised directions"
    return f"Sharpness {centre:.3g}{spread}{along}."


def _across_rounds(view: SessionView, branch: str) -> Line | None:
    rows = []
    for round_ in view.lineage(branch):
        found = None if round_.finished is None else view.analysis("curvature", branch, round_.number)
        values = [] if found is None else _sharpnesses(found)
        if (centre := mean(values)) is not None and centre > 0:
            rows.append((float(round_.number), centre, standard_error(values) or 0.0))
    if not rows:
        return None
    x, y, half = (np.array(column) for column in zip(*rows, strict=True))
    bars = (np.maximum(y - half, y / 10), y + half) if half.any() else (None, None)
    return Line(branch, x, y, low=bars[0], high=bars[1], colour=colour_of(view, branch), markers=True)
