"""A whole session in one cell."""

from typing import Any

import ipywidgets

from sessions.views.own_code import untrusted_code
from widgets.notebook.branch_tree import BranchTree
from widgets.notebook.chart import Chart
from widgets.notebook.chart_grid import ChartGrid
from widgets.notebook.controls import Controls
from widgets.notebook.decisions import Decisions
from widgets.notebook.in_marimo import marimo_layout
from widgets.notebook.journal import Journal
from widgets.notebook.kept import Kept
from widgets.notebook.live_session import LiveSession
from widgets.notebook.trust import Trust
from widgets.plots.kinds import FIRST


class Explorer(ipywidgets.VBox):
    """A session with its controls, branches, charts, decisions and journal; or only to be looked at."""

    def __init__(self, session: LiveSession, charts: tuple[str, ...] = FIRST, *, controls: bool = True) -> None:
        """Show a session.

        Args:
            session: A live session.
            charts: The charts to show, in order.
            controls: Whether there are buttons and forms that ask the engine for something; without them a person can
                look at everything and change nothing.
        """
        self.session, self._has_controls = session, controls
        self._grid = ChartGrid(session, charts)
        tree = BranchTree(session)
        tree.layout.flex = "0 1 240px"
        middle = ipywidgets.HBox([tree, self._grid], layout=_MIDDLE)
        super().__init__(_around(session, middle) if controls else [middle, Journal(session)])
        self._kept = Kept(self, lambda: [chart.figure for chart in self.charts], session.attachment)

    @property
    def charts(self) -> list[Chart]:
        """The charts that are shown."""
        return self._grid.charts

    def _ipython_display_(self) -> None:
        self._kept.display()

    def _display_(self) -> Any:
        return marimo_layout(self.charts, self.session.attachment, self._has_controls)


def _around(session: LiveSession, middle: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    """The charts between what one can do."""
    below = ipywidgets.Accordion([Decisions(session), Journal(session)], titles=("Decide", "Journal"))
    asked = [Trust(unknown)] if (unknown := untrusted_code(session.view)) else []
    return [*asked, Controls(session), middle, below]


_MIDDLE = ipywidgets.Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="8px")
