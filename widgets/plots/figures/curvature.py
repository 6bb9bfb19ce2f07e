"""Curvature: how the loss rises around what a round found (Lange & Sprekeler 2023, figure 6).

The paper's figure looks at paths between optima; profiles and sharpness show the same landscape
around one of them.
"""

from sessions.view import SessionView
from widgets.plots.figure import Axis, Figure
from widgets.plots.figures.names import KINDS
from widgets.plots.figures.selection import Selection


def curvature(view: SessionView, selection: Selection) -> Figure:
    """Loss along random directions through the current mean, and sharpness across rounds.

    Empty until a session journals such analyses.
    """
    return Figure(
        f"{KINDS['curvature'].title} · {selection.place_in(view)}",
        Axis("step along a random direction"),
        Axis("loss"),
        note=(
            "Here will be the loss along random directions through the current mean, a line each, and how "
            "sharp it is from round to round. This version does not compute curvature."
        ),
    )
