"""Leaving: what becomes of an engine that this app is attached to."""

from typing import TYPE_CHECKING

from sessions import commands
from ticket_explorer.errors import TicketError
from widgets.terminal.dialogs import ask

if TYPE_CHECKING:
    from widgets.terminal.app import TicketExplorer
    from widgets.terminal.link import Link

_CHOICES = {"on": "Leave it running", "pause": "Pause it", "stop": "Stop the engine"}
_COMMANDS: dict[str, tuple[commands.Command, ...]] = {
    "on": (),
    "pause": (commands.Pause(),),
    "stop": (commands.Stop(),),
}


async def leave(app: "TicketExplorer") -> bool:
    """Ask, and do it; whether to leave.

    An engine that computes nothing is stopped without a word: it would only hold memory.
    """
    link: Link | None = getattr(app.screen, "link", None)
    if link is None or type(link).__name__ != "EngineLink" or link.condition.value != "attached":
        return True
    chosen: str | None = "stop"
    if link.is_running:
        chosen = await app.push_screen_wait(ask.choice(f"{link.path.stem} is running. What becomes of it?", _CHOICES))
    if chosen is None:
        return False
    try:
        for command in _COMMANDS[chosen]:
            await link.ask(command)
    except TicketError as error:
        app.notify(str(error), severity="error", markup=False)
    return True
