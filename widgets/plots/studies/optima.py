"""Figures 6 and 10: whether optima are connected, and how sharp they are, by evolution and by gradient descent.

They draw what analyses found. A panel for each branch, or pair of branches, of each setting: means over all cells and
replicates. Cells that lack an analysis are counted, never guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sessions.messages.events import Analysed
from widgets.plots.figure import Axis, Figure, Line, Picture, Values
from widgets.plots.sheet import Sheet
from widgets.plots.studies.criteria import line
from widgets.plots.studies.searches import Found, Search, Setting
from widgets.plots.studies.settings import noted
from widgets.shared.wording import counted

_ROUND = Axis("round")
_ASK = 'No cell has an analysis of {0}: give the study [[analyse]] name = "{0}".'
_BEST = "Pictures: the best score on the straight line between two rounds; light is high."
_LOW = "Light is a low loss."
_MOST = 4
"""Rounds of a branch whose surface is shown."""


@dataclass(frozen=True)
class _Of:
    """An analysis of one kind of one branch, in several cells."""

    title: str
    branch: str
    found: tuple[Analysed, ...]
    lacking: int
    """Cells without it."""


def optima(found: Found) -> Sheet:
    """The best score on straight lines between rounds, and the sharpness of each round's optimum (figure 6)."""
    settings = found.settings(one for one in found.searches if not one.in_transfer)
    barriers = [_barrier(one) for setting in settings for one in _of_pairs(setting)]
    sharp = [panel for panel in [_sharpness(settings)] if panel is not None]
    why = [_ASK.format(kind) for kind, has in (("connectivity", barriers), ("curvature", sharp)) if not has]
    panels = (*barriers, *sharp)
    return Sheet(found.title, panels, max(min(len(panels), 3), 1), noted(found, *([_BEST] if barriers else []), *why))


def surfaces(found: Found) -> Sheet:
    """The loss over a plane of two directions, dense and sparse, a row a branch (figure 10)."""
    panels: list[Figure] = []
    for setting in found.settings(one for one in found.searches if not one.in_transfer):
        for name in setting.branches:
            panels += _surfaces(f"{setting.title}: {name}", setting.of(name))
    why = _LOW if panels else _ASK.format("surface")
    return Sheet(found.title, tuple(panels), max(min(len(panels), _MOST), 1), noted(found, why))


def analyses(searches: Iterable[Search], kind: str) -> list[Analysed]:
    """All results of a kind of these searches, the latest of each round and pair of branches."""
    found: list[Analysed] = []
    for search in searches:
        known = [] if search.view is None else search.view.analyses
        latest = {
            (one.round, one.generation, str(one.parameters.get("other"))): one
            for one in known
            if one.kind == kind and one.branch == search.branch
        }
        found += latest.values()
    return found


def _of_pairs(setting: Setting) -> list[_Of]:
    panels = []
    for name in setting.branches:
        by_other: dict[str, list[Analysed]] = {}
        for one in analyses(setting.of(name), "connectivity"):
            by_other.setdefault(str(one.parameters.get("other") or name), []).append(one)
        for other, found in by_other.items():
            pair = name if other == name else f"{name} – {other}"
            panels.append(_Of(f"{setting.title}: {pair}", other, tuple(found), len(setting.of(name)) - len(found)))
    return panels


def _barrier(of: _Of) -> Figure:
    alike = _alike(of.found, "best_score")
    values, lacking = np.concatenate(alike).mean(0), of.lacking + len(of.found) - len(alike)
    note = _span(values) + (f"; {counted(lacking, 'cell lacks', 'cells lack')} it" if lacking else "")
    return Figure(of.title, Axis(f"round of {of.branch}"), _ROUND, (Picture("best score", scaled(values)),), note)


def _sharpness(settings: Sequence[Setting]) -> Figure | None:
    lines: list[Line] = []
    for setting in settings:
        for name in setting.branches:
            found: dict[float, list[float | None]] = {}
            for one in analyses(setting.of(name), "curvature"):
                values = one.array("sharpness").astype(float).mean(-1)
                found.setdefault(float(one.round), []).extend(float(v) if np.isfinite(v) else None for v in values)
            known = {number: found[number] for number in sorted(found) if any(v is not None for v in found[number])}
            if known:
                label = name if len(settings) == 1 else f"{setting.title}: {name}"
                lines.append(line(label, known, len(lines)))
    if not lines:
        return None
    y = Axis("sharpness", scale="log" if all((one.y > 0).all() for one in lines) else "linear")
    return Figure("Sharpness", _ROUND, y, tuple(lines))


def _surfaces(title: str, searches: Sequence[Search]) -> list[Figure]:
    by_round: dict[int, list[Analysed]] = {}
    for one in analyses(searches, "surface"):
        by_round.setdefault(one.round, []).append(one)
    numbers = sorted(by_round)
    shown = [numbers[i] for i in np.unique(np.linspace(0, len(numbers) - 1, _MOST).astype(int))] if numbers else []
    return [_surface(title, number, by_round[number]) for number in shown]


def _surface(title: str, number: int, found: Sequence[Analysed]) -> Figure:
    values = np.concatenate(_alike(found, "loss")).mean(0)
    picture = Picture("loss", 1.0 - scaled(np.log(np.maximum(values, 1e-9))))
    note = f"{_span(values)}; {counted(len(found), 'cell', 'cells')}"
    return Figure(f"{title}, round {number}", Axis("second direction"), Axis("first direction"), (picture,), note)


def _alike(found: Sequence[Analysed], array: str) -> list[Values]:
    """An array of several results, [replicates, …] each; those that were asked for the largest shape."""
    shape = max(one.array(array).shape[1:] for one in found)
    return [one.array(array).astype(float) for one in found if one.array(array).shape[1:] == shape]


def scaled(values: Values) -> Values:
    """Values scaled to [0, 1]; NaN where one is not finite."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.full_like(values, np.nan)
    low, high = finite.min(), finite.max()
    return np.where(np.isfinite(values), (values - low) / (high - low if high > low else 1.0), np.nan)


def _span(values: Values) -> str:
    finite = values[np.isfinite(values)]
    return f"{finite.min():.3g} to {finite.max():.3g}" if finite.size else "nowhere finite"
