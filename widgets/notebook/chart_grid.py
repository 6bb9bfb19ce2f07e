"""Charts in as many columns as there is room for, and buttons that say which."""

from collections.abc import Sequence

import ipywidgets

from ticket_explorer.errors import UnknownName
from widgets.notebook.chart import Chart
from widgets.notebook.live_session import LiveSession
from widgets.plots.kinds import CHARTS, PANELS, offered


class ChartGrid(ipywidgets.VBox):
    """The charts of a session that a person wants to see."""

    def __init__(self, session: LiveSession, shown: Sequence[str], width: int = 340) -> None:
        """Show some charts.

        Args:
            session: A live session.
            shown: Which of `CHARTS`, in their order.
            width: The least width of a chart in pixels, if there is room.

        Raises:
            UnknownName: if there is no such chart.
        """
        self._made: dict[str, Chart] = {}  # before anything can fail: one that was not made is closed too
        for kind in shown:
            if kind not in CHARTS:
                raise UnknownName("chart", kind, CHARTS)
        self._session = session
        self._made = {kind: Chart(session, kind) for kind in shown}
        self._grid = grid_of(self.charts, width)
        buttons = [self._button(kind) for kind in dict.fromkeys((*shown, *self._offered))]
        row = ipywidgets.HBox(buttons, layout=ipywidgets.Layout(flex_flow="row wrap"))
        super().__init__([row, self._grid], layout=ipywidgets.Layout(flex=f"1 1 {width}px", min_width="0"))

    @property
    def charts(self) -> list[Chart]:
        """The charts that are shown."""
        return list(self._made.values())

    @property
    def _offered(self) -> list[str]:
        kinds = offered(self._session.view)
        return [kind for kind in CHARTS if kind in kinds]

    def close(self) -> None:
        """Stop updating."""
        for chart in self.charts:
            chart.close()
        super().close()

    def _button(self, kind: str) -> ipywidgets.ToggleButton:
        title = PANELS[kind].title
        made = ipywidgets.ToggleButton(kind in self._made, description=title, tooltip=f"Show or hide: {title}")
        made.layout.width = "auto"
        made.add_class("te-chip")
        made.observe(self._session.attachment.heeding(lambda change: self._turn(kind, bool(change["new"]))), "value")
        return made

    def _turn(self, kind: str, shown: bool) -> None:
        if shown:
            self._made[kind] = Chart(self._session, kind)
        self._grid.children = [chart for name, chart in self._made.items() if shown or name != kind]
        if not shown:
            self._made.pop(kind).close()


def grid_of(charts: Sequence[Chart], width: int = 340) -> ipywidgets.GridBox:
    """Charts in as many columns as there is room for."""
    columns = f"repeat(auto-fit, minmax(min({width}px, 100%), 1fr))"
    layout = ipywidgets.Layout(grid_template_columns=columns, grid_gap="8px", min_width="0")
    return ipywidgets.GridBox(charts, layout=layout)
