"""Asks the engine for what panels show that need it, while they can be seen; nothing otherwise."""

from textual.screen import Screen

from sessions.messages import commands
from widgets.plots.kinds import Look
from widgets.plots.policy.asking import Asker, ask_for
from widgets.shared.session_link import Condition, Link
from widgets.terminal.panels.panel_grid import PanelGrid
from widgets.terminal.screens.explorer_requests import NOT_PLAYED


class Asking:
    """What the panels of an explorer ask."""

    def __init__(self, screen: Screen[None], link: Link, look: Look, grid: PanelGrid) -> None:
        """Make it.

        Args:
            screen: Runs the requests.
            link: The way to the engine.
            look: What is selected.
            grid: The panels that are shown.
        """
        self._screen, self._link, self._look, self._grid = screen, link, look, grid

    def watch(self, now: float) -> None:
        """Do what is due at a time of a clock that only goes forward."""
        for kind in self._grid.asking:
            assert kind.asks is not None
            asker = kind.asks(self._look)
            if self._link.condition is Condition.RESTING:
                asker.refusal = NOT_PLAYED
            elif self._link.condition not in (Condition.ATTACHED, Condition.REPLAY):
                continue  # it is asked as soon as somebody answers
            elif (question := asker.question(now, self._look.view)) is not None:
                self._screen.run_worker(self._ask(asker, question), group=kind.name, exclusive=True)
            if asker.has_moved(now):
                self._grid.renew(kind.__eq__)

    async def _ask(self, asker: Asker, question: commands.Command) -> None:
        await ask_for(self._link, asker, question)
        if self._screen.is_attached:
            self._grid.renew(lambda shown: shown.asks is not None)
