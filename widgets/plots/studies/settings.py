"""Figures 2 and 3: a panel for each task and strategy, with branches, or evolution and gradients, over each other."""

from collections.abc import Sequence

from widgets.plots.figure import Figure
from widgets.plots.sheet import Sheet
from widgets.plots.studies.curves import panel
from widgets.plots.studies.differences import difference_rows
from widgets.plots.studies.searches import Found, Search, Setting

ERRORS = "Means; bars: ± 1 standard error over searches, each replicate of each seed being one."
MOST_COLUMNS = 4


def settings(found: Found) -> Sheet:
    """Score against density for each task and strategy, a line a branch (figure 2)."""
    chosen = found.settings(own(found.searches))
    colours = {name: number for number, name in enumerate(found.branches())}
    panels = tuple(panel(one.title, {name: one.of(name) for name in one.branches}, colours) for one in chosen)
    rows = tuple(difference_rows(chosen))
    return Sheet(found.title, panels, columns(len(panels)), noted(found), rows)


def paradigms(found: Found) -> Sheet:
    """The best tickets of evolution and those of gradient descent on the same task (figure 3)."""
    tickets = [search for search in own(found.searches) if not search.is_control]
    evolved = found.settings(search for search in tickets if not search.has_gradients)
    descended = [search for search in tickets if search.has_gradients]
    panels = tuple(
        found_panel
        for setting in evolved
        if (found_panel := _against(setting, [one for one in descended if one.task == setting.task])) is not None
    )
    alone = "" if panels else "No task of this study was trained both by evolution and by gradients."
    return Sheet(found.title, panels, columns(len(panels)), noted(found, alone))


def own(searches: Sequence[Search]) -> list[Search]:
    """Searches that find tickets where they are trained."""
    return [search for search in searches if not search.is_lent and not search.in_transfer]


def columns(panels: int) -> int:
    """Panels of a row."""
    return next((n for n in range(min(MOST_COLUMNS, panels), 1, -1) if panels % n == 0 or panels > MOST_COLUMNS), 1)


def noted(found: Found, *more: str) -> str:
    """A sheet's note: what bars mean, and what is missing."""
    return " ".join(filter(None, (ERRORS, *more, found.missing)))


def _against(setting: Setting, descended: Sequence[Search]) -> Figure | None:
    if not descended:
        return None
    lines = {f"{setting.searches[0].plan['trainer']['name']}: {name}": setting.of(name) for name in setting.branches}
    for one in descended:
        lines.setdefault(f"{one.method.replace('_', ' ')}: {one.branch}", []).append(one)
    return panel(setting.title, lines, {name: number for number, name in enumerate(lines)})
