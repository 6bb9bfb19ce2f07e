"""Panels that ask the engine while somebody looks at them, and cost nothing otherwise."""

import time
from typing import Any, Protocol

from sessions.messages import commands
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError


class Asker(Protocol):
    """What such a panel shows, and what it needs next."""

    refusal: str
    """Why there is nothing to show."""

    def question(self, now: float, view: SessionView) -> commands.Command | None:
        """What to ask the engine, if anything is needed; returned once.

        Args:
            now: The time in seconds, of a clock that only goes forward.
            view: The session's view.
        """
        ...

    def hear(self, reply: dict[str, Any] | None, refusal: str, now: float) -> None:
        """Take the engine's answer, or its sentence on why there is none."""
        ...

    def has_moved(self, now: float) -> bool:
        """Whether it shows something else than at the last call."""
        ...


class Asked(Protocol):
    """What answers: a face's link to a session."""

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        """Send a command and wait for its result; a TicketError says why there is none."""
        ...


async def ask_for(link: Asked, asker: Asker, question: commands.Command) -> None:
    """Give a panel the engine's answer, or a sentence on why there is none."""
    try:
        reply = await link.ask(question)
    except TicketError as error:
        asker.hear(None, str(error), time.monotonic())
    else:
        asker.hear(reply, "", time.monotonic())
