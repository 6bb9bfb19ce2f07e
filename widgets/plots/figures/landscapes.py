"""Landscapes as pictures: the loss over a plane (Li et al. 2018), and between any two rounds.

Lange & Sprekeler (2023), figure 10, and figure 6, top.
"""

from typing import Literal

import numpy as np

from sessions.messages.events import Analysed
from sessions.views.session_view import SessionView
from widgets.plots.figure import Axis, Figure, Picture, Points, Values
from widgets.plots.figures.curvature import analysis_of, nothing_yet
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES

Barrier = Literal["best_score", "loss_barrier", "instability"]
BARRIERS: dict[Barrier, str] = {
    "best_score": "best score on the way",
    "loss_barrier": "loss barrier",
    "instability": "instability",
}
"""The quantities that summarise a straight line, as text."""
_ALONG = {"random": "", "eigenvectors": ", along leading eigenvectors", "way": ", along its way"}
_PLANE = Axis("second direction"), Axis("first direction")


def surface(view: SessionView, selection: Selection) -> Figure:
    """The loss over the plane of two directions, on a logarithmic scale, in strong colours where it is low.

    The mean over replicates; the round's own weights are in the middle. Marks show the round's start, its way and its
    end, for replicate 0.
    """
    found, branch = analysis_of(view, selection, "surface"), selection.branch_in(view)
    if found is None or branch is None:
        title = f"{FIGURES['surface'].title} · {selection.place_in(view)}"
        return Figure(title, *_PLANE, note=nothing_yet("the surface"))
    loss = found.array("loss").astype(float).mean(0)
    along = _ALONG[found.parameters.get("along", "random")]
    title = f"{FIGURES['surface'].title} · {branch}, round {found.round}{along}"
    shown = 1.0 - _scaled(np.log(np.maximum(loss, 1e-9)))
    middle = loss[loss.shape[0] // 2, loss.shape[1] // 2]
    note = f"Loss {_span(loss)}; {middle:.3g} in the middle. Strong colours are low."
    picture, way = Picture("loss", shown, colour_of(view, branch)), _way(found)
    if way and not any(mark.name == "θ₀" for mark in way):
        note = f"{note} θ₀ is outside."
    return Figure(title, *_PLANE, (picture, *way), note)


def connectivity(view: SessionView, selection: Selection, barrier: Barrier = "instability") -> Figure:
    """How well any two rounds are connected by a straight line, a cell a pair; means over replicates."""
    branch = selection.branch_in(view)
    known = [one for one in view.analyses if one.kind == "connectivity" and one.branch == branch]
    title = f"{FIGURES['connectivity'].title} · {branch or selection.place_in(view)}"
    if branch is None or not known:
        return Figure(title, Axis("round"), Axis("round"), note=nothing_yet("connectivity"))
    found = known[-1]
    values = found.array(barrier).astype(float).mean(0)
    other = found.parameters.get("other") or branch
    title = f"{title}, {BARRIERS[barrier]}"
    shown = _scaled(values) if barrier == "best_score" else 1.0 - _scaled(values)
    note = f"{_span(values)}. Rows: rounds of {branch}, columns: of {other}. Strong colours are connected."
    axes = Axis(f"round of {other}"), Axis(f"round of {branch}")
    return Figure(title, *axes, (Picture(BARRIERS[barrier], shown, colour_of(view, branch)),), note)


def _way(found: Analysed) -> tuple[Points, ...]:
    """The start, way and end of replicate 0, in cells of the picture; what is outside is left out."""
    if "way" not in found.arrays:
        return ()
    steps, way = found.array("steps").astype(float), found.array("way")[0].astype(float)
    cells = (way - steps[0]) / (steps[-1] - steps[0]) * (steps.size - 1) + 0.5
    inside = ((cells >= 0) & (cells <= steps.size)).all(1)
    last = len(cells) - 1
    parts = (("θ₀", range(min(last, 1))), ("way", range(1, last)), ("end", range(last, last + 1)))
    chosen = ((name, [i for i in places if inside[i]]) for name, places in parts)
    return tuple(Points(name, cells[of, 1], cells[of, 0], 1 + number) for number, (name, of) in enumerate(chosen) if of)


def _scaled(values: Values) -> Values:
    """Values scaled to [0, 1]; NaN where a value is not finite, and 0 if all are equal."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.full_like(values, np.nan)
    low, high = finite.min(), finite.max()
    scaled: Values = (values - low) / (high - low if high > low else 1.0)
    return np.where(np.isfinite(values), scaled, np.nan)


def _span(values: Values) -> str:
    finite = values[np.isfinite(values)]
    return f"from {finite.min():.3g} to {finite.max():.3g}" if finite.size else "nowhere finite"
