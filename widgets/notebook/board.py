"""Several widgets in one cell's output: charts side by side as the width allows, the others on rows of their own."""

from itertools import groupby
from typing import Any

import ipywidgets

from ticket_explorer.errors import TicketError
from widgets.notebook.chart import Chart
from widgets.notebook.chart_grid import grid_of
from widgets.notebook.in_marimo import marimo_layout
from widgets.notebook.kept import Kept


class Board(ipywidgets.VBox):
    """Charts and controls together; a saved notebook keeps pictures of the charts.

    An ipywidgets layout works just as well live, but shows nothing in a saved notebook.
    """

    def __init__(self, *parts: ipywidgets.Widget, width: int = 340) -> None:
        """Lay widgets out in their order.

        Args:
            parts: At least one of them a chart.
            width: The least width of a chart in pixels, if there is room.

        Raises:
            TicketError: if none is a chart.
        """
        self._charts = charts = [part for part in parts if isinstance(part, Chart)]
        if not charts:
            raise TicketError("A board needs a chart, such as tx.widgets.Fitness(session).")
        rows = []
        for _, group in groupby(parts, lambda part: isinstance(part, Chart)):
            beside = list(group)
            together = [part for part in beside if isinstance(part, Chart)]
            rows += [grid_of(together, width)] if together else beside
        super().__init__(rows)
        self._kept = Kept(self, lambda: [chart.figure for chart in charts], charts[0].attachment)

    def _ipython_display_(self) -> None:
        self._kept.display()

    def _display_(self) -> Any:
        return marimo_layout(self._charts, self._charts[0].attachment)
