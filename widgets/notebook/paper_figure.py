"""A figure for a paper, shown in a cell and saved as PNG, SVG or PDF (extra `figures`)."""

from pathlib import Path

from sessions.store.files import write_atomic
from ticket_explorer.errors import InvalidValue
from widgets.plots.figure import Figure
from widgets.plots.matplotlib_figure import drawn

FORMS = ("png", "svg", "pdf")


class PaperFigure:
    """One figure, drawn by matplotlib."""

    def __init__(self, figure: Figure, size: tuple[float, float] = (4.5, 3.0)) -> None:
        """Keep a figure.

        Args:
            figure: What to draw.
            size: Width and height, inches.
        """
        self.figure, self._size = figure, size

    def save(self, path: str | Path) -> None:
        """Write it to a file that ends in .png, .svg or .pdf.

        Raises:
            TicketError: if it ends otherwise, can't be written, or matplotlib is not installed.
        """
        form = Path(path).suffix.removeprefix(".")
        if form not in FORMS:
            raise InvalidValue("path", path, "a file name that ends in .png, .svg or .pdf")
        write_atomic(Path(path), drawn(self.figure, form, self._size))

    def _repr_png_(self) -> bytes:
        return drawn(self.figure, "png", self._size)
