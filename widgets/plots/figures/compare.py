"""Branches of any sessions in one ticket curve, as they are, on one scale, or as differences from one of them."""

from collections.abc import Sequence

import numpy as np

from sessions.reports.overlay import Difference, Series, difference, normalised_series
from sessions.reports.statistics import mean, standard_error
from ticket_explorer.analysis.significance import LEVEL, quantile
from widgets.plots.curve_data import TicketCurve
from widgets.plots.figure import Axis, Figure, Line, Rule
from widgets.plots.figures.ticket_curve import figure_of
from widgets.shared.wording import bars

_X = Axis("weights kept", scale="log", reverse=True, percent=True)
TITLE = "Compare"


def compare(
    series: Sequence[Series],
    colours: Sequence[int] | None = None,
    normalised: bool = False,
    baseline: Series | None = None,
) -> Figure:
    """Scores against density, a line a series; with a baseline, how much better each is at equal density.

    Args:
        series: The series, as `sessions.reports.overlay.series_of` makes them.
        colours: The palette index of each; None counts them.
        normalised: Whether scores are scaled to 0 for the worst and 1 for the best of each session.
        baseline: The series to take differences from.
    """
    indices = range(len(series)) if colours is None else colours
    numbers = {one.name: colour for one, colour in zip(series, indices, strict=True)}
    shown, base = list(series), baseline
    if normalised:
        scaled = {one.name: one for one in normalised_series([*shown, *([base] if base else [])])}
        shown, base = [scaled[one.name] for one in shown], scaled[base.name] if base else None
    if base is not None:
        return _differences([one for one in shown if one.name != base.name], base, numbers, normalised)
    curves = [_curve(one) for one in shown]
    sparsest = min((curve.density[-1] for curve in curves), default=0.9)
    replicates = {curve.replicates for curve in curves}
    note = "Bars: standard errors over replicates." if len(replicates) > 1 else _told_bars(min(replicates, default=1))
    figure = figure_of(TITLE, curves, [numbers[one.name] for one in shown], sparsest, note)
    if not normalised:
        return figure
    return Figure(TITLE, figure.x, Axis("normalised score", limits=(-0.02, 1.02)), figure.marks, note)


def _told_bars(replicates: int) -> str:
    return "One replicate: no error bars." if replicates == 1 else bars(replicates)


def _curve(one: Series) -> TicketCurve:
    scores = [mean(values) or 0.0 for values in one.scores.values()]
    errors = [standard_error(values) for values in one.scores.values()]
    replicates = max(len(values) for values in one.scores.values())
    return TicketCurve(one.name, tuple(one.scores), tuple(scores), tuple(errors), replicates)


def _differences(shown: list[Series], base: Series, colours: dict[str, int], normalised: bool) -> Figure:
    y = Axis("difference of normalised scores" if normalised else "difference of scores")
    title = f"{TITLE} · less {base.name}"
    found = [one for series in shown if (one := difference(series, base)) is not None]
    if not found:
        note = f"Nothing else has a finished round at a density of {base.name}."
        return Figure(title, _X, y, note=note)
    lines = [_line(one, colours[one.name]) for one in found]
    return Figure(title, _X, y, (*lines, Rule("no difference", 0.0, "y")), " ".join(_told(one) for one in found))


def _line(one: Difference, colour: int) -> Line:
    order = np.argsort(one.density)
    half = np.nan_to_num(one.standard_error[order])
    half = half * quantile(one.replicates - 1) if one.replicates > 1 else half
    y = one.difference[order]
    low, high = (y - half, y + half) if half.any() else (None, None)
    return Line(one.name, one.density[order], y, low=low, high=high, colour=colour, markers=True)


def _told(one: Difference) -> str:
    """`snr: beyond chance at 12 of 17 densities (Holm; 15 by p alone).`"""
    if not one.is_paired:
        return f"{one.name}: not tested, its replicates are no pairs with the other's."
    tested = int(np.isfinite(one.p_value).sum())  # of a round that both share there is nothing to test
    if not tested:
        return f"{one.name}: one replicate can't tell what is chance."
    sure, alone = int((one.holm_p_value < LEVEL).sum()), int((one.p_value < LEVEL).sum())
    return f"{one.name}: beyond chance at {sure} of {tested} densities (Holm; {alone} by p alone)."
