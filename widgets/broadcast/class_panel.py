"""The class's own panel: sessions that students hand in, as one ticket curve."""

import asyncio
from pathlib import Path

from sessions.reports.collected import Collected
from ticket_explorer.errors import TicketError
from widgets.plots.class_curve import HELP, TITLE, class_curve
from widgets.plots.figure import Axis, Figure


class ClassPanel:
    """A panel of a broadcast, and what takes what is handed in: into one directory, and nowhere else."""

    name = "class"
    title = TITLE
    help = HELP

    def __init__(self, directory: Path) -> None:
        """Collect into a directory, which is made if it is not there; raises a TicketError if it can't be."""
        self._collected = Collected(directory)
        self._taking = asyncio.Lock()

    def draw(self) -> Figure:
        """The class's curve; empty if the directory can't be read, or nothing is in it."""
        try:
            return class_curve(self._collected.read()[0])
        except TicketError as error:
            return Figure(TITLE, Axis(""), Axis(""), note=str(error))

    async def take(self, data: bytes) -> str:
        """Take a file; a sentence on what became of it."""
        async with self._taking:
            try:
                found = await asyncio.to_thread(self._collected.take, data)
            except TicketError as error:
                return str(error)
        return f"Your session with seed {found.seed} has arrived; the class's curve has it in a moment."
