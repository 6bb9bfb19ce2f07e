"""Figure 7: where SNR pruning is better than magnitude pruning, both thresholds, and how far the criteria agree.

A column for each task and strategy that has both. Differences are paired by seed and replicate, with 95% intervals:
SNR less magnitude, in the task's own unit.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from sessions.messages.events import RoundFinished
from sessions.reports.statistics import mean, standard_error
from sessions.views.branch_view import RoundView
from widgets.plots.figure import Axis, Figure, Line, Rule
from widgets.plots.sheet import Sheet
from widgets.plots.studies.curves import KEPT, NOTHING
from widgets.plots.studies.differences import difference_rows, of_pruner, paired
from widgets.plots.studies.searches import Found, Search, Setting
from widgets.plots.studies.settings import noted, own

_PAIRED = "Differences: 95% intervals."
Values = Callable[[RoundView], Sequence[float | None]]


def criteria(found: Found) -> Sheet:
    """Differences, thresholds and correlations of SNR and magnitude (figure 7)."""
    known = found.settings(own(found.searches))
    chosen = [one for one in known if of_pruner(one, "snr") and of_pruner(one, "magnitude")]
    panels = [draw(one) for draw in (_difference, _thresholds, _correlation) for one in chosen]
    none = "" if chosen else "No task of this study has tickets by SNR and by magnitude."
    rows = tuple(row for row in difference_rows(chosen) if (row["better"], row["than"]) == ("snr", "magnitude"))
    return Sheet(found.title, tuple(panels), max(len(chosen), 1), noted(found, _PAIRED if chosen else none), rows)


def by_density(searches: Sequence[Search], values: Values) -> dict[float, list[float | None]]:
    """A quantity of finished rounds by density, of all replicates of several searches together."""
    found: dict[float, list[float | None]] = {}
    for search in searches:
        for density, round_ in search.rounds().items():
            found.setdefault(density, []).extend(values(round_))
    return {density: given for density, given in sorted(found.items()) if mean(given) is not None}


def line(name: str, found: Mapping[float, Sequence[float | None]], colour: int) -> Line:
    """Means with standard errors against density, or against whatever else the keys are."""
    x, y = np.array(list(found), float), np.array([mean(given) for given in found.values()], float)
    errors = [standard_error(given) for given in found.values()]
    half = None if all(error is None for error in errors) else np.array([error or 0.0 for error in errors])
    low, high = (None, None) if half is None else (y - half, y + half)
    return Line(name, x, y, low=low, high=high, colour=colour, markers=True)


def _difference(setting: Setting) -> Figure:
    y = Axis("score of SNR − magnitude")
    known = paired(of_pruner(setting, "snr"), of_pruner(setting, "magnitude"))[::-1]
    if not known:
        return Figure(setting.title, KEPT, y, note=NOTHING)
    x, value = (np.array([getattr(one, name) for one in known], float) for name in ("density", "value"))
    half = np.array([np.nan if one.half is None else one.half for one in known], float)
    low, high = (value - half, value + half) if np.isfinite(half).all() else (None, None)
    marks = Line("SNR − magnitude", x, value, low=low, high=high, colour=2, markers=True), Rule("none", 0.0, "y")
    pairs = sorted({one.pairs for one in known})
    return Figure(setting.title, KEPT, y, marks, f"{'–'.join(map(str, pairs))} pairs")


def _thresholds(setting: Setting) -> Figure:
    """What is pruned next, by each criterion in the branch that prunes by it."""
    lines = []
    for colour, name in enumerate(("snr", "magnitude")):
        found = by_density(of_pruner(setting, name), partial(_threshold, name))
        if found:
            lines.append(line(f"threshold of {name}", found, colour))
    y = Axis("threshold", scale="log" if all((one.y > 0).all() for one in lines) else "linear")
    return Figure(setting.title, KEPT, y, tuple(lines), "" if lines else NOTHING)


def _correlation(setting: Setting) -> Figure:
    lines = []
    for colour, name in enumerate(("snr", "magnitude")):
        found = by_density(of_pruner(setting, name), lambda one: _finished(one).pearson)
        if found:
            lines.append(line(f"pruned by {name}", found, colour))
    y = Axis("correlation of SNR and magnitude")
    return Figure(setting.title, KEPT, y, tuple(lines), "" if lines else "No σ for each weight: no correlation.")


def _finished(round_: RoundView) -> RoundFinished:
    assert round_.finished is not None
    return round_.finished


def _threshold(criterion: str, round_: RoundView) -> Sequence[float | None]:
    return _finished(round_).thresholds.get(criterion, ())
