"""Figure 1, right: all tasks, strategies and seeds on one scale, with standard errors.

A setting's scores are scaled so that 0 is the lowest and 1 the highest mean of its conditions and densities; then all
searches of all settings are averaged. A setting that lacks a condition can't be scaled as others are: it is left out,
and the sheet says so.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from sessions.reports.statistics import mean, standard_error
from widgets.plots.figure import Axis, Figure, Line
from widgets.plots.sheet import Sheet
from widgets.plots.studies.curves import KEPT, NOTHING
from widgets.plots.studies.differences import of_pruner
from widgets.plots.studies.searches import Found, Search, pooled
from widgets.plots.studies.settings import noted, own
from widgets.shared.wording import counted

_SCORE = Axis("normalised score")
Conditions = dict[str, list[Search]]
_Scaled = dict[float, list[float | None]]


def aggregate(found: Found) -> Sheet:
    """Random, magnitude and SNR pruning of evolution; and evolution against gradient descent."""
    searches = own(found.searches)
    evolved = found.settings(one for one in searches if not one.has_gradients)
    pruned = {one.title: {name: of_pruner(one, name) for name in ("random", "magnitude", "snr")} for one in evolved}
    against = {}
    for one in evolved:
        descended = [other for other in searches if other.has_gradients and other.task == one.task]
        against[one.title] = {
            "evolution: snr": of_pruner(one, "snr"),
            "gradients: magnitude": [other for other in descended if other.pruner == "magnitude"],
            "evolution: random": of_pruner(one, "random"),
        }
    has_both = [one for one in against.values() if one["gradients: magnitude"]]
    panels = [_panel("Tickets of evolution", pruned)]
    if has_both:
        panels.append(_panel("Evolution and gradients", against))
    return Sheet(found.title, tuple(panels), 1, noted(found))


def _panel(title: str, settings: Mapping[str, Conditions]) -> Figure:
    whole = {name: conditions for name, conditions in settings.items() if all(_has_scores(conditions))}
    scaled = [_scaled(conditions) for conditions in whole.values()]
    common = [density for density in _densities(scaled) if all(density in known for known in _curves(scaled))]
    if not common:
        why = NOTHING if not whole else "The settings have no density in common: their pruning differs."
        return Figure(title, KEPT, _SCORE, note=_said(settings, whole, why))
    names = list(next(iter(whole.values())))
    lines = tuple(_line(name, [one[name] for one in scaled], common, colour) for colour, name in enumerate(names))
    note = f"Mean over {counted(len(whole), 'setting', 'settings')}."
    return Figure(title, KEPT, _SCORE, lines, _said(settings, whole, note))


def _has_scores(conditions: Conditions) -> list[bool]:
    return [bool(searches) and bool(pooled(searches)) for searches in conditions.values()]


def _scaled(conditions: Conditions) -> dict[str, _Scaled]:
    """Scores by condition and density, 0 for the lowest mean of a setting and 1 for the highest."""
    scores = {name: pooled(searches) for name, searches in conditions.items()}
    common = set.intersection(*(set(known) for known in scores.values()))
    means = [mean(known[density]) or 0.0 for known in scores.values() for density in common]
    low, high = min(means, default=0.0), max(means, default=0.0)
    if low == high:
        return {name: {} for name in scores}
    return {
        name: {d: [None if v is None else (v - low) / (high - low) for v in known[d]] for d in known if d in common}
        for name, known in scores.items()
    }


def _curves(scaled: Sequence[dict[str, _Scaled]]) -> list[_Scaled]:
    return [known for one in scaled for known in one.values()]


def _densities(scaled: Sequence[dict[str, _Scaled]]) -> list[float]:
    return sorted({density for known in _curves(scaled) for density in known})


def _line(name: str, known: Sequence[_Scaled], densities: Sequence[float], colour: int) -> Line:
    values = [[value for one in known for value in one[density]] for density in densities]
    y = np.array([mean(found) if mean(found) is not None else np.nan for found in values], float)
    errors = [standard_error(found) for found in values]
    half = None if all(error is None for error in errors) else np.array([error or 0.0 for error in errors])
    low, high = (None, None) if half is None else (y - half, y + half)
    return Line(name, np.array(densities), y, low=low, high=high, colour=colour, markers=True)


def _said(settings: Mapping[str, Conditions], whole: Mapping[str, Conditions], what: str) -> str:
    left_out = [name for name in settings if name not in whole]
    return f"{what} Left out, since a condition has no score: {'; '.join(left_out)}." if left_out else what
