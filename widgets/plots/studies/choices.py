"""Figures 8 and 9 of the appendix: parts of the ticket effect of gradient descent, and choices that may matter."""

from collections.abc import Callable, Sequence

from widgets.plots.sheet import Sheet
from widgets.plots.studies.curves import panel
from widgets.plots.studies.searches import Found, Search, Setting
from widgets.plots.studies.settings import columns, noted

_FEWEST = 3
"""Heuristics that are worth a panel of their own: SNR, magnitude and random pruning are figure 2."""


def permutations(found: Found) -> Sheet:
    """Tickets of gradient descent and their permuted controls (figure 8)."""
    searches = [one for one in found.searches if one.has_gradients and not one.in_transfer]
    return _sheet(found, found.settings(searches), "No cell of this study is trained by gradients.")


def choices(found: Found) -> Sheet:
    """Initialisations, then pruning heuristics, a panel a task and strategy (figure 9)."""
    searches = [one for one in found.searches if not one.in_transfer and not one.is_lent]
    known = found.settings(searches)
    chosen = [one for wanted in (_initialisations, _heuristics) for one in known if wanted(one.searches)]
    return _sheet(found, chosen, "No cell of this study compares initialisations or pruning heuristics.")


def _sheet(found: Found, chosen: Sequence[Setting], none: str) -> Sheet:
    colours = {name: number for number, name in enumerate(dict.fromkeys(b for one in chosen for b in one.branches))}
    panels = tuple(panel(one.title, {name: one.of(name) for name in one.branches}, colours) for one in chosen)
    return Sheet(found.title, panels, columns(len(panels)), noted(found, "" if panels else none))


def _several(of: Callable[[Search], object], fewest: int) -> Callable[[Sequence[Search]], bool]:
    return lambda searches: len({of(one) for one in searches}) >= fewest


_initialisations = _several(lambda one: str(one.plan["network"].get("kernel_init")), 2)
_heuristics = _several(lambda one: None if one.is_control or one.pruner == "snr" else one.pruner, _FEWEST)
