"""Figure 11: the share of each layer that is kept, and how large its weights are."""

from functools import partial

import numpy as np

from sessions.views.branch_view import RoundView
from widgets.plots.figure import Axis, Figure
from widgets.plots.sheet import Sheet
from widgets.plots.studies.criteria import by_density, line
from widgets.plots.studies.curves import KEPT, NOTHING
from widgets.plots.studies.optima import analyses
from widgets.plots.studies.searches import Found, Search, Setting
from widgets.plots.studies.settings import columns, noted

_SHARE = Axis("layer's weights kept", scale="log", percent=True)
_SIZE = Axis("mean |θ| of kept weights", scale="log")


def layers(found: Found) -> Sheet:
    """Layers' densities against that of the whole network, a panel a branch; below, the weights' sizes, if analysed."""
    shares, sizes = [], []
    for setting in found.settings(one for one in found.searches if not one.in_transfer and not one.is_control):
        for name in setting.branches:
            shares.append(_shares(f"{setting.title}: {name}", setting, name))
            size = _sizes(f"{setting.title}: {name}", setting.of(name))
            sizes += [] if size is None else [size]
    why = "" if sizes else 'Sizes of weights need an analysis: give the study [[analyse]] name = "layers".'
    return Sheet(found.title, (*shares, *sizes), columns(len(shares)), noted(found, why))


def _shares(title: str, setting: Setting, branch: str) -> Figure:
    names = _leaves(setting.of(branch))
    lines = []
    for colour, name in enumerate(names):
        found = by_density(setting.of(branch), partial(_density, name))
        if found:
            lines.append(line(name, found, colour))
    return Figure(title, KEPT, _SHARE, tuple(lines), "" if lines else NOTHING)


def _leaves(searches: list[Search]) -> list[str]:
    """The names of prunable layers, as the first session that has begun has them."""
    for search in searches:
        known = None if search.view is None else search.view.branches.get(search.branch)
        if known is not None and known.leaves:
            return [leaf.name for leaf in known.leaves if leaf.prunable]
    return []


def _density(name: str, round_: RoundView) -> list[float | None]:
    assert round_.finished is not None
    leaf = round_.finished.leaves.get(name)
    return [] if leaf is None or leaf.density <= 0 else [leaf.density]


def _sizes(title: str, searches: list[Search]) -> Figure | None:
    names, found = _leaves(searches), analyses(searches, "layers")
    if not found or not names:
        return None
    lines = []
    for place, name in enumerate(names):
        values: dict[float, list[float | None]] = {}
        for one in found:
            of_layer = one.array("magnitude").astype(float)[:, :, place]
            for number, known in zip(one.array("rounds"), of_layer.T, strict=True):
                values.setdefault(float(number), []).extend(float(v) if np.isfinite(v) else None for v in known)
        known_values = {n: values[n] for n in sorted(values) if any(v is not None for v in values[n])}
        if known_values:
            lines.append(line(name, known_values, place))
    return Figure(title, Axis("round"), _SIZE, tuple(lines))
