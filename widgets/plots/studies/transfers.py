"""Figures 4 and 5: tickets that are trained on another task, by another strategy, or by gradients.

A panel overlays transferred tickets, their random control, and tickets that were found in the target itself.
"""

from collections.abc import Sequence

from widgets.plots.figure import Figure
from widgets.plots.sheet import Sheet
from widgets.plots.studies.curves import panel
from widgets.plots.studies.searches import Found, Search
from widgets.plots.studies.settings import columns, noted

_NONE = "No cell of this study transfers tickets {}."


def to_evolution(found: Found) -> Sheet:
    """Transfers whose tickets are trained by evolution (figure 4)."""
    return _transfers(found, has_gradients=False)


def to_gradients(found: Found) -> Sheet:
    """Transfers whose tickets are trained by gradients (figure 5)."""
    return _transfers(found, has_gradients=True)


def _transfers(found: Found, has_gradients: bool) -> Sheet:
    cells: dict[tuple[str, ...], list[Search]] = {}
    for search in found.searches:
        if search.in_transfer:
            cells.setdefault(search.rest, []).append(search)
    groups = [one for one in cells.values() if _target(one).has_gradients == has_gradients]
    colours = {name: number for number, name in enumerate(dict.fromkeys(one.branch for g in groups for one in g))}
    panels = tuple(_panel(group, colours) for group in groups)
    why = "" if panels else _NONE.format("to gradient descent" if has_gradients else "to evolution")
    return Sheet(found.title, panels, columns(len(panels)), noted(found, why))


def _target(group: Sequence[Search]) -> Search:
    """A search that trains lent tickets."""
    return next(one for one in group if one.is_lent)


def _panel(group: Sequence[Search], colours: dict[str, int]) -> Figure:
    target = _target(group)
    shown = [one for one in group if all(one.plan[part] == target.plan[part] for part in ("task", "trainer"))]
    source = next((one for one in group if one not in shown), target)
    lines: dict[str, list[Search]] = {}
    for one in shown:
        lines.setdefault(one.branch, []).append(one)
    title = f"{source.task}, {source.method} → {target.task}, {target.method}"
    return panel(title, lines, colours)
