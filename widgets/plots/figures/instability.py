"""Instability against noise (Frankle et al. 2020), as the survey of 2021 shows it: the way between two trainings
of one ticket (its figure 2), against the step they part at (figure 3), and against density."""

from dataclasses import replace

import numpy as np

from sessions.messages.events import Analysed
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.settings import STABLE
from widgets.plots.figure import Axis, Figure, Line, Rule, Values
from widgets.plots.figures.curvature import nothing_yet
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES
from widgets.shared.wording import bars


def instability(view: SessionView, selection: Selection) -> Figure:
    """Instability of every ticket against its density, a line for each branch with noise of its own."""
    x = Axis("weights kept", scale="log", reverse=True, percent=True)
    title, found = FIGURES["instability"].title, _found(view, selection)
    several = {name: one for name, one in found.items() if len(one.array("densities")) > 1}
    lines = [_against_density(view, name, one) for name, one in (several or found).items()]
    return _figure(title, x, lines, found)


def instability_from(view: SessionView, selection: Selection) -> Figure:
    """Instability of the dense network against the step k from which the noise differs; a line for each trainer."""
    title, x, found = (
        FIGURES["instability_from"].title,
        Axis("step k: noise is shared until then"),
        _found(view, selection),
    )
    rows: dict[str, dict[int, tuple[Values, int]]] = {}
    for name, one in found.items():
        plan, dense = view.branches[name].plan, np.flatnonzero(one.array("densities") == 1.0)
        if len(dense):
            of_trainer = rows.setdefault(str(plan["trainer"]["name"]), {})
            values = one.array("instability").astype(float)[:, dense[0]]
            of_trainer.setdefault(int(plan.get("noise_from") or 0), (values, colour_of(view, name)))
    lines = [
        _line(trainer, sorted(known), [known[k][0] for k in sorted(known)], known[min(known)][1])
        for trainer, known in rows.items()
    ]
    return _figure(title, x, lines, found)


def instability_profile(view: SessionView, selection: Selection) -> Figure:
    """The score along the line between the two trainings of the selected round, or of the first one.

    Branches that trained alike have one line.
    """
    title, found = FIGURES["instability_profile"].title, _found(view, selection)
    x, lines = Axis("α, from the other branch to this one"), dict[bytes, Line]()
    for name, one in found.items():
        places = np.flatnonzero(one.array("rounds") == (selection.round or 0))
        if len(places):
            values = one.array("score").astype(float)[:, places[0]]
            line = _line(name, one.array("alphas").astype(float), list(values.T), colour_of(view, name))
            lines.setdefault(values.tobytes(), replace(line, markers=False))
    return _figure(f"{title} · round {selection.round or 0}", x, [*lines.values()], found, "test score")


def _found(view: SessionView, selection: Selection) -> dict[str, Analysed]:
    """The latest instability of each shown branch that was analysed."""
    shown = selection.shown_in(view)
    return {one.branch: one for one in view.analyses if one.kind == "instability" and one.branch in shown}


def _against_density(view: SessionView, name: str, one: Analysed) -> Line:
    order = np.argsort(one.array("densities"))
    values = one.array("instability").astype(float)[:, order]
    return _line(name, one.array("densities").astype(float)[order], list(values.T), colour_of(view, name))


def _line(name: str, x: "Values | list[int]", values: list[Values], colour: int) -> Line:
    """Mean over replicates, with its standard error."""
    rows = np.stack(values)
    centre, replicates = rows.mean(-1), rows.shape[-1]
    half = rows.std(-1, ddof=1) / np.sqrt(replicates) if replicates > 1 else None
    low, high = (None, None) if half is None else (centre - half, centre + half)
    return Line(name, np.asarray(x, float), centre, low=low, high=high, colour=colour, markers=True)


def _figure(title: str, x: Axis, lines: list[Line], found: dict[str, Analysed], y: str = "instability") -> Figure:
    if not lines:
        return Figure(title, x, Axis(y), note=nothing_yet("instability"))
    rules = (Rule(f"stable: below {STABLE:g}", STABLE, "y"),) if y == "instability" and _are_shares(found) else ()
    replicates = max(len(one.array("instability")) for one in found.values())
    what = "bars" if lines[0].markers else "bands"
    note = bars(replicates, what) if replicates > 1 else f"One replicate: no error {what}."
    return Figure(title, x, Axis(y), (*lines, *rules), note)


def _are_shares(found: dict[str, Analysed]) -> bool:
    """Whether scores are accuracies, which have a known threshold; returns have none."""
    return all(np.all((score := one.array("score")) >= 0) and np.all(score <= 1) for one in found.values())
