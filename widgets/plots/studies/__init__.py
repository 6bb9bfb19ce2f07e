"""The figures of Lange & Sprekeler (2023) from any study, a sheet of panels each. What is missing is said.

A study's own `[[figure]]` tables say which cells a figure is drawn from; without any, all are. Imports no JAX.
"""

from collections.abc import Callable
from typing import NamedTuple

from sessions.studies.study import Study
from ticket_explorer.errors import UnknownName
from widgets.plots.sheet import Sheet
from widgets.plots.studies.aggregate import aggregate
from widgets.plots.studies.choices import choices, permutations
from widgets.plots.studies.criteria import criteria
from widgets.plots.studies.layers import layers
from widgets.plots.studies.optima import optima, surfaces
from widgets.plots.studies.searches import Found, found_in
from widgets.plots.studies.settings import paradigms, settings
from widgets.plots.studies.transfers import to_evolution, to_gradients


class PaperKind(NamedTuple):
    """One figure of the paper."""

    title: str
    draw: Callable[[Found], Sheet]


PAPER: dict[int, PaperKind] = {
    1: PaperKind("All tasks on one scale", aggregate),
    2: PaperKind("Each task and strategy", settings),
    3: PaperKind("Evolution against gradient descent", paradigms),
    4: PaperKind("Transfer between tasks and strategies", to_evolution),
    5: PaperKind("Transfer to gradient descent", to_gradients),
    6: PaperKind("Barriers and curvature", optima),
    7: PaperKind("When SNR is better than magnitude", criteria),
    8: PaperKind("Gradient descent: parts of the ticket effect", permutations),
    9: PaperKind("Initialisations and pruning heuristics", choices),
    10: PaperKind("Loss surfaces", surfaces),
    11: PaperKind("Layers' shares and weights", layers),
}
"""By their numbers in the paper; 8 to 11 are those of its appendix."""


def study_figure(study: Study, number: int) -> Sheet:
    """One of the paper's figures, from a study as it is now.

    Raises:
        TicketError: if there is no such figure, or a session can't be read.
    """
    if number not in PAPER:
        raise UnknownName("figure of a study", str(number), map(str, PAPER))
    return PAPER[number].draw(found_in(study, number, PAPER[number].title))
