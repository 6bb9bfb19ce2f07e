"""The four quadrants of two cuts: what SNR and magnitude pruning would each remove, if they removed as many weights."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sessions.messages.events import Frame
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.plots.colours import DARK
from widgets.plots.figure import MUTED
from widgets.plots.figures.criterion import Criterion, criterion_of, goes
from widgets.plots.figures.sample import Quantity, Sample, sample_of
from widgets.plots.figures.selection import colour_of

_APART = (5, 4, 3)
"""Palette indices for weights that only one criterion prunes; those that the branch doesn't have."""


@dataclass(frozen=True)
class Group:
    """The sampled weights of one quadrant."""

    name: str
    """With how many there are: `only SNR 12`."""
    where: npt.NDArray[np.bool_]
    """[n], which weights of the sample are in it."""
    colour: int
    differs: bool
    """Whether the criteria disagree about them."""


@dataclass(frozen=True)
class Quadrants:
    """A sample of a round's weights, divided by both cuts."""

    sample: Sample
    cuts: tuple[Criterion, Criterion]
    """By SNR and by magnitude."""
    groups: tuple[Group, ...]
    """Both prune, both keep, only SNR prunes, only magnitude prunes."""

    @property
    def overlap(self) -> float | None:
        """The Jaccard overlap of what the two would prune of the sample, in [0, 1]; None if nothing is pruned."""
        both, _, one, other = (int(group.where.sum()) for group in self.groups)
        return both / (both + one + other) if both + one + other else None


def quadrants_of(view: SessionView, branch: str, round_: RoundView, frame: Frame) -> Quadrants | None:
    """The quadrants of a round's sample; None if the trainer has no σ, or nothing is pruned by rank."""
    sample, leaves = sample_of(frame), view.branches[branch].leaves
    quantities: tuple[Quantity, Quantity] = ("snr", "magnitude")
    by_snr, by_magnitude = (criterion_of(view, branch, round_, frame, by) for by in quantities)
    snr_goes, magnitude_goes = (goes(cut, sample, leaves, round_.kept) for cut in (by_snr, by_magnitude))
    if snr_goes is None or magnitude_goes is None or by_snr.lost < 1:
        return None
    colour = colour_of(view, branch)
    first, second = [index for index in _APART if index != colour % len(DARK)][:2]
    groups = (
        _group("both prune", snr_goes & magnitude_goes, MUTED),
        _group("both keep", ~snr_goes & ~magnitude_goes, colour),
        _group("only SNR", snr_goes & ~magnitude_goes, first, True),
        _group("only magnitude", magnitude_goes & ~snr_goes, second, True),
    )
    return Quadrants(sample, (by_snr, by_magnitude), groups)


def _group(name: str, where: npt.NDArray[np.bool_], colour: int, differs: bool = False) -> Group:
    return Group(f"{name} {int(where.sum())}", where, colour, differs)
