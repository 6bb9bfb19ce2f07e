"""Fitness against generations: how a round trains, beside the same round of other branches.

Lange & Sprekeler (2023) have no such figure: they show the score at the end of rounds (`ticket_curve`); this shows the
way there.
"""

from dataclasses import replace

import numpy as np

from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.registry import name_of
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies.settings import Evolution
from widgets.plots.figure import Axis, Figure, Line, Mark, Rule
from widgets.plots.figures.metrics_cache import FitnessCurves, MetricsCache
from widgets.plots.figures.selection import Selection, colour_of
from widgets.plots.names import FIGURES
from widgets.shared.wording import bars

_X = Axis("generation")
_Y = Axis("fitness, higher is better")


def fitness(view: SessionView, selection: Selection, cache: MetricsCache | None = None) -> Figure:
    """Mean and best fitness of the selected round, and of the same round of other branches.

    The line is the mean over individuals and replicates. With several replicates its band is ± one
    standard error over them, as in the paper's figures, and shows how certain the mean is. With one
    replicate it is ± one standard deviation over the population, if the trainer has one.
    Lines are decimated to the extremes of 1,000 buckets.

    Args:
        view: The session's view.
        selection: What to show; a selected generation is marked.
        cache: What a face keeps between redraws; without it, all metrics are converted again.
    """
    cache = cache or MetricsCache()
    title = f"{FIGURES['fitness'].title} · {selection.place_in(view)}"
    branch, round_ = selection.branch_in(view), selection.round_in(view)
    if branch is None:
        return Figure(title, _X, _Y, note=selection.missing_in(view))
    number = selection.round if round_ is None else round_.number
    marks = _others(view, selection, number or 0, cache)
    if round_ is None or round_.done == 0:
        note = selection.missing_in(view) if round_ is None else f"Round {number} has no generation yet."
        return Figure(title, _X, _Y, marks, note)
    curves, x = cache.fitness(round_), replace(_X, limits=(0.0, float(round_.generations)))
    own = _own(curves, branch, colour_of(view, branch))
    return Figure(title, x, _Y, (*own, *marks, *_rules(round_, selection.generation)), _note(curves, round_))


def _own(curves: FitnessCurves, branch: str, colour: int) -> tuple[Line, ...]:
    mean, best = curves.mean, curves.best
    line = Line(branch, mean.x, mean.y, low=curves.low, high=curves.high, colour=colour)
    if not np.isfinite(best.y).any():
        return (line,)
    return line, Line(f"{branch}, best", best.x, best.y, colour=colour, faint=True)


def _others(view: SessionView, selection: Selection, number: int, cache: MetricsCache) -> tuple[Mark, ...]:
    """The same round of the other branches; a round that branches share is drawn once."""
    looked_at, drawn, lines = selection.round_in(view), set[int](), []
    for name in selection.shown_in(view):
        round_ = None if name == selection.branch_in(view) else view.round(name, number)
        if round_ is None or round_ is looked_at or round_.done == 0 or id(round_) in drawn:
            continue
        drawn.add(id(round_))
        mean = cache.fitness(round_).mean
        lines.append(Line(name, mean.x, mean.y, colour=colour_of(view, name), faint=True))
    return tuple(lines)


def _rules(round_: RoundView, generation: int | None) -> tuple[Rule, ...]:
    tuned = [
        Rule(", ".join(f"{name} = {value:.3g}" for name, value in event.changes.items()), event.generation, "x")
        for event in round_.tuned
    ]
    looked_at = [] if generation is None else [Rule(f"generation {generation}", generation, "x")]
    return (*tuned, *looked_at)


def _note(curves: FitnessCurves, round_: RoundView) -> str:
    if curves.replicates > 1:
        return bars(curves.replicates, "band")
    name = round_.plan.get("trainer", {}).get("name", name_of(Evolution))
    over = TRAINERS[name].fitness_over if name in TRAINERS else Evolution.fitness_over
    if over is None:
        return "One network, without a population: its fitness on the batch of each generation."
    return f"Mean over the {over}; band: ± one standard deviation over it."
