"""Leaving the app: what happens to the engine that it is attached to."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.app import App

from sessions.messages import commands
from ticket_explorer.errors import TicketError
from widgets.shared.session_link import Condition
from widgets.terminal.dialogs import ask

if TYPE_CHECKING:
    from widgets.shared.session_link import Link

_CHOICES = {"on": "Leave it running", "pause": "Pause it", "stop": "Stop the engine"}
_COMMANDS: dict[str, commands.Command | None] = {"on": None, "pause": commands.Pause(), "stop": commands.Stop()}


async def leave(app: App[Any]) -> bool:
    """Ask, and do it; returns whether to leave.

    For an engine that computes nothing there is no question: it ends by itself without a viewer.
    """
    link: Link | None = getattr(app.screen, "link", None)
    if link is None or link.condition is not Condition.ATTACHED or not link.is_running:
        return True
    chosen = await app.push_screen_wait(ask.choice(f"{link.path.stem} is running. What should happen to it?", _CHOICES))
    command = _COMMANDS[chosen] if chosen is not None else None
    if command is not None:
        with suppress(TicketError):  # an engine that has just ended needs no command
            await link.ask(command)
    return chosen is not None
