"""What a person compares a session's branches with, in the explorer: the pinned one, hidden ones, other sessions."""

from dataclasses import replace

from textual.screen import Screen

from ticket_explorer.errors import TicketError
from widgets.plots.compare_panel import series_names
from widgets.plots.kinds import Look
from widgets.shared.companions import Companions
from widgets.terminal.dialogs import ask
from widgets.terminal.panels.panel_grid import PanelGrid


class Comparing:
    """Pins, hides and adds."""

    def __init__(self, screen: Screen[None], look: Look, grid: PanelGrid) -> None:
        """Make it.

        Args:
            screen: Shows notifications and dialogs.
            look: What all panels show.
            grid: The panels that are shown.
        """
        self._screen, self._look, self._grid = screen, look, grid
        self._companions = Companions()

    def catch_up(self) -> None:
        """Draw anew what the other sessions have told since."""
        if self._companions.catch_up():
            self._grid.renew(lambda kind: kind.has_company)

    async def do(self, how: str) -> None:
        """Do one of `pin`, `hide` and `add`."""
        await {"pin": self._pin, "hide": self._hide, "add": self._add}[how]()

    async def _pin(self) -> None:
        """Take differences from the next series, in a ring that ends with none pinned."""
        look = self._look
        names = [*series_names(look.view, look.selection, look.company), None]
        now = look.company.pinned
        pinned = names[(names.index(now) + 1) % len(names)] if now in names else names[0]
        look.company = replace(look.company, pinned=pinned)
        self._grid.renew()
        said = f"Compared with {pinned}." if pinned else "Compared with the branch's parent, or another branch."
        self._screen.notify(said, markup=False, timeout=3)

    async def _hide(self) -> None:
        """Hide the selected branch's marks in all charts, or show them again."""
        branch = self._look.selection.branch_in(self._look.view)
        if branch is not None:
            self._grid.toggle(branch)
            hidden = branch in self._look.hidden
            said = f"{branch} is {'hidden in' if hidden else 'shown again in'} all charts."
            self._screen.notify(said, markup=False, timeout=3)

    async def _add(self) -> None:
        """Ask for another session, whose branches are compared too; again, and they are not."""
        given = await self._screen.app.push_screen_wait(ask.line("Compare with which session? Its name or path", ""))
        if not given:
            return
        try:
            (self._companions.remove if given in self._companions else self._companions.add)(given)
        except TicketError as error:
            self._screen.notify(str(error), severity="error", markup=False)
            return
        self._look.company = replace(self._look.company, beside=self._companions.beside)
        self._grid.renew()
