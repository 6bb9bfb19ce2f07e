"""Moves a watched policy on, and requests another episode when it is due; nothing while no panel shows one."""

from textual.screen import Screen

from widgets.plots.kinds import Look
from widgets.plots.policy.ask_episode import ask_for_episode
from widgets.shared.session_link import Condition, Link
from widgets.terminal.panels.panel_grid import PanelGrid
from widgets.terminal.screens.explorer_requests import NOT_PLAYED


class PolicyWatch:
    """The policy that an explorer shows."""

    def __init__(self, screen: Screen[None], link: Link, look: Look, grid: PanelGrid) -> None:
        """Make it.

        Args:
            screen: Runs the requests.
            link: The way to the engine.
            look: What is selected, and the player.
            grid: The panels.
        """
        self._screen, self._link, self._look, self._grid = screen, link, look, grid

    def watch(self, now: float) -> None:
        """Do what is due at a time of a clock that only goes forward."""
        if not self._grid.plays:
            return
        player = self._look.player
        if self._link.condition is Condition.RESTING:
            player.refusal = NOT_PLAYED
        elif question := player.next_question(now, self._look.view):
            self._screen.run_worker(self._ask(*question), group="policy", exclusive=True)
        if player.episode is not None and player.has_moved(now):
            self._grid.renew(lambda kind: kind.plays)

    async def _ask(self, branch: str, number: int | None) -> None:
        await ask_for_episode(self._link, self._look.player, branch, number)
        if self._screen.is_attached:
            self._grid.renew(lambda kind: kind.plays)
