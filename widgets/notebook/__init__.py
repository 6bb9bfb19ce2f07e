"""The notebook's widgets: a session's charts, controls and branches, live in a cell."""

from widgets.notebook.chart import CHARTS, Chart
from widgets.notebook.charts import (
    Correlation,
    Curvature,
    Distribution,
    Fitness,
    Mask,
    SnrMagnitude,
    Sparsity,
    TicketCurve,
)
from widgets.notebook.live_session import LiveSession

__all__ = [
    "CHARTS",
    "Chart",
    "Correlation",
    "Curvature",
    "Distribution",
    "Fitness",
    "LiveSession",
    "Mask",
    "SnrMagnitude",
    "Sparsity",
    "TicketCurve",
]
