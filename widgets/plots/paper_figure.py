"""A figure for a paper, shown in a cell and saved as PNG, SVG or PDF (extra `figures`)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sessions.saved.session import SavedSession
from sessions.store.files import write_atomic
from sessions.studies.study import Study
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError, UnknownName
from widgets.plots import figures
from widgets.plots.figure import Figure
from widgets.plots.figures import Selection
from widgets.plots.figures.pooled import pooled_ticket_curve
from widgets.plots.kinds import PANELS, Look
from widgets.plots.matplotlib_figure import canvas_of, drawn, usual_size
from widgets.plots.sheet import Sheet
from widgets.plots.studies import PAPER, study_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from sessions.session.session import Session

FORMS = ("png", "svg", "pdf")


class PaperFigure:
    """One figure, or a sheet of several, drawn by matplotlib."""

    def __init__(self, figure: Figure | Sheet, size: tuple[float, float] | None = None) -> None:
        """Keep a figure.

        Args:
            figure: What to draw.
            size: Width and height, inches; None is 4.5 × 3, or what a sheet's panels need.
        """
        self.figure, self._size = figure, size or usual_size(figure)

    def save(self, path: str | Path) -> None:
        """Write it to a file that ends in .png, .svg or .pdf.

        Raises:
            TicketError: if it ends otherwise, can't be written, or matplotlib is not installed.
        """
        form = Path(path).suffix.removeprefix(".")
        if form not in FORMS:
            raise InvalidValue("path", path, "a file name that ends in .png, .svg or .pdf")
        write_atomic(Path(path), drawn(self.figure, form, self._size))

    def to_matplotlib(self) -> "Canvas":
        """The same as matplotlib's figure, whose axes you may change.

        Raises:
            TicketError: if matplotlib is not installed.
        """
        return canvas_of(self.figure, self._size)

    def _repr_png_(self) -> bytes:
        return drawn(self.figure, "png", self._size)


def panel_figure(kind: str, look: Look, size: tuple[float, float] | None = None) -> PaperFigure:
    """The figure that a panel shows.

    Raises:
        TicketError: if there is no such kind.
    """
    known = {name: found.draw for name, found in PANELS.items() if found.draw is not None}
    if kind not in known:
        raise UnknownName("figure", kind, known)
    return PaperFigure(known[kind](look), size)


def figure(
    kind: str | int,
    sessions: "Session | SavedSession | Study | str | Path | Sequence[SavedSession]",
    *,
    by: str | None = None,
    branches: Sequence[str] | None = None,
    branch: str | None = None,
    round: int | None = None,
    size: tuple[float, float] | None = None,
) -> PaperFigure:
    """A figure of one session, the ticket curves of many, or a paper's figure from a study.

    It needs matplotlib (extra `figures`) to be drawn.

    Args:
        kind: The kind, as for charts: `ticket_curve`, `correlation` …; for many sessions `ticket_curve`; for a study
            the number of the figure in Lange & Sprekeler (2023), 1 to 11.
        sessions: A session, its path or name; several saved ones, as `read_all` returns them; or a study.
        by: For ticket curves, a field of the spec by path, `trainer.strategy`: a line for each of its values, pooled
            over sessions and replicates.
        branches: The branches to draw; None is all.
        branch: The branch to show, if the figure shows only one.
        round: The round to show; None is the last.
        size: Width and height, inches; None is 4.5 × 3, or what a sheet's panels need.

    Raises:
        TicketError: if there is no such kind, session, branch or field.
    """
    if isinstance(sessions, Study) or isinstance(kind, int):
        return _of_study(kind, sessions, size)
    one = SavedSession.read(sessions) if isinstance(sessions, str | Path) else sessions
    if isinstance(one, Sequence) or by is not None:
        several = one if isinstance(one, Sequence) else [SavedSession.read(one.path)]
        if kind != "ticket_curve":
            raise TicketError(f"A figure of many sessions is a ticket_curve; draw {kind} of each by itself.")
        return PaperFigure(pooled_ticket_curve(several, by, branches), size)
    shown = None if branches is None else tuple(branches)
    if kind not in figures.SHOWN:
        raise UnknownName("figure", kind, figures.SHOWN)
    draw: Callable[[SessionView, Selection], Figure] = getattr(figures, kind)
    return PaperFigure(draw(one.view, Selection(branch, round, branches=shown)), size)


def _of_study(kind: str | int, study: object, size: tuple[float, float] | None) -> PaperFigure:
    if isinstance(study, str | Path):
        study = Study.open(study)
    if not isinstance(study, Study):
        raise TicketError(f"Figure {kind} of the paper needs a study; a session has {', '.join(figures.SHOWN)}.")
    if not isinstance(kind, int):
        raise UnknownName("figure of a study", kind, map(str, PAPER))
    return PaperFigure(study_figure(study, kind), size)
