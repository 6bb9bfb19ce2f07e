"""Several cells of a study in one ticket curve: a line for each branch of each cell."""

from collections.abc import Sequence
from dataclasses import replace

from sessions.studies.study import Study
from widgets.plots.curve_data import ticket_curves
from widgets.plots.figure import Axis, Figure
from widgets.plots.figures.ticket_curve import figure_of
from widgets.plots.studies.curves import KEPT
from widgets.shared.wording import counted

MOST = 12
"""Lines that can be told apart."""


def overlay(study: Study, names: Sequence[str]) -> Figure:
    """Score against density of some cells, the first ones if there are too many lines.

    Lines of several cells begin with the cell's place among them: `2 snr`.

    Args:
        study: Whose cells are drawn, as they are now.
        names: The cells' names.

    Raises:
        TicketError: if there is no such cell, or a session can't be read.
    """
    title = "Ticket curve" if len(names) == 1 else f"Ticket curves of {len(names)} cells"
    cells = [study.cell(name) for name in names]
    begun = [(n, ticket_curves(cell.read().view)) for n, cell in enumerate(cells, 1) if cell.has_begun]
    known = [
        replace(curve, branch=curve.branch if len(cells) == 1 else f"{number} {curve.branch}")
        for number, curves in begun
        for curve in curves
    ]
    if not known:
        return Figure(title, KEPT, Axis("score"), note="No round of these cells is finished yet.")
    shown = known[:MOST]
    missing = len(cells) - len(begun)
    notes = [f"{len(known) - MOST} more lines are not shown."] if len(known) > MOST else []
    notes += [f"{counted(missing, 'cell has', 'cells have')} not begun."] if missing else []
    sparsest = min(curve.density[-1] for curve in shown)
    return figure_of(title, shown, list(range(len(shown))), min(sparsest, 0.9), " ".join(notes))
