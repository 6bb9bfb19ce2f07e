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
from widgets.plots.compare_panel import Company
from widgets.plots.figure import Figure
from widgets.plots.figures import Selection
from widgets.plots.figures.pooled import pooled_ticket_curve
from widgets.plots.kinds import PANELS, Look
from widgets.plots.mask_reader import MasksOnDisk
from widgets.plots.matplotlib_figure import DOTS_PER_INCH, canvas_of, drawn, styled
from widgets.plots.matplotlib_figure import Look as PaperLook
from widgets.plots.names import EXPORTED, OF_PANELS
from widgets.plots.sheet import Sheet
from widgets.plots.studies import PAPER, study_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from sessions.session.session import Session

FORMS = ("png", "svg", "pdf")
WIDTHS = {
    "neurips": 5.5,
    "iclr": 5.5,
    "icml": 3.25,
    "icml-wide": 6.75,
    "acl": 3.03,
    "acl-wide": 6.3,
    "ieee": 3.5,
    "ieee-wide": 7.16,
    "nature": 3.5,
    "nature-wide": 7.2,
    "jmlr": 6.0,
}
"""Inches of a column, or of the whole text, of venues."""
_HEIGHT = 0.65
"""The height of a figure of a venue's width, as a share of it."""


def size_of(given: str | tuple[float, float] | None) -> tuple[float, float] | None:
    """Width and height in inches: `4.5x3`, or the name of a venue, `icml`; None stays None.

    Raises:
        InvalidValue: if it is neither.
    """
    if not isinstance(given, str):
        return given
    if given in WIDTHS:
        return WIDTHS[given], _HEIGHT * WIDTHS[given]
    try:
        width, height = (float(part) for part in given.replace("×", "x").split("x"))
        assert 0.5 <= width <= 100
        assert 0.5 <= height <= 100
    except (ValueError, AssertionError):
        known = ", ".join(WIDTHS)
        raise InvalidValue("size", given, f"width x height in inches, such as 4.5x3, or one of {known}") from None
    return width, height


class PaperFigure:
    """One figure, or a sheet of several, drawn by matplotlib."""

    def __init__(self, figure: Figure | Sheet, look: PaperLook | None = None) -> None:
        """Keep a figure.

        Args:
            figure: What to draw.
            look: Its size and style.
        """
        self.figure, self.look = figure, look or PaperLook()

    def save(self, path: str | Path) -> None:
        """Write it to a file that ends in .png, .svg or .pdf.

        Raises:
            TicketError: if it ends otherwise, can't be written, or matplotlib is not installed.
        """
        form = Path(path).suffix.removeprefix(".")
        if form not in FORMS:
            raise InvalidValue("path", path, "a file name that ends in .png, .svg or .pdf")
        write_atomic(Path(path), drawn(self.figure, form, self.look))

    def to_matplotlib(self) -> "Canvas":
        """The same as matplotlib's figure, in its style, whose axes you may change.

        Raises:
            TicketError: if matplotlib is not installed, or can't read the style.
        """
        with styled(self.look.style):
            return canvas_of(self.figure, self.look)

    def _repr_png_(self) -> bytes:
        return drawn(self.figure, "png", self.look)


def panel_figure(kind: str, look: Look, size: str | tuple[float, float] | None = None) -> PaperFigure:
    """The figure that a panel shows.

    Raises:
        TicketError: if there is no such kind.
    """
    known = {name: found.draw for name, found in PANELS.items() if found.draw is not None}
    if kind not in known:
        raise UnknownName("figure", kind, known)
    return PaperFigure(known[kind](look), PaperLook(size_of(size)))


def drawn_panel(kind: str, path: Path, view: SessionView, selection: Selection, of: str | None) -> Figure:
    """The figure of a panel that reads masks, or shows one of several things.

    Args:
        kind: `mask`, `distribution` or `compare`.
        path: The session's directory.
        view: The session as its events tell it.
        selection: What is looked at.
        of: Which layer, which quantity, or the branch to compare with; None is the first.

    Raises:
        InvalidValue: if there is no such layer, quantity or branch.
    """
    branch = selection.branch_in(view)
    leaves = view.branches[branch].leaves if branch is not None else []
    known: dict[str, list[str]] = {
        "mask": [leaf.name for leaf in leaves if leaf.prunable],
        "distribution": [*figures.QUANTITIES],
        "compare": [name for name in view.branches if name != branch],
    }
    choices = known[kind]
    if of is not None and of not in choices:
        raise InvalidValue("of", of, f"one of {', '.join(choices)}")
    turn = choices.index(of) if of is not None and kind != "compare" else 0
    masks = MasksOnDisk(path, view.ledger)
    draw = PANELS[kind].draw
    assert draw is not None
    return draw(Look(view, masks, selection, turns={kind: turn}, company=Company(pinned=of)))


def figure(
    kind: str | int,
    sessions: "Session | SavedSession | Study | str | Path | Sequence[SavedSession]",
    *,
    by: str | None = None,
    branches: Sequence[str] | None = None,
    branch: str | None = None,
    round: int | None = None,
    of: str | None = None,
    size: str | tuple[float, float] | None = None,
    dpi: int = DOTS_PER_INCH,
    title: bool = True,
    style: str | None = None,
    close_up: bool = False,
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
        of: For `mask` a layer, for `distribution` one of `magnitude`, `sigma` and `snr`, for `compare` a branch.
        size: Width and height, inches, or a venue whose column it fills: `neurips`, `icml` …; None is
            4.5 × 3, or what a sheet's panels need.
        dpi: Dots per inch of a PNG.
        title: Whether the title is written above it.
        style: A matplotlib style file, or the name of one of its styles.
        close_up: Whether y goes from the lowest value to the highest, so that lines that lie close part.

    Raises:
        TicketError: if there is no such kind, session, branch or field.
    """
    look = PaperLook(size_of(size), dpi, title, style, close_up)
    if isinstance(sessions, Study) or isinstance(kind, int):
        return _of_study(kind, sessions, look)
    one = SavedSession.read(sessions) if isinstance(sessions, str | Path) else sessions
    if isinstance(one, Sequence) or by is not None:
        several = one if isinstance(one, Sequence) else [SavedSession.read(one.path)]
        if kind != "ticket_curve":
            raise TicketError(f"A figure of many sessions is a ticket_curve; draw {kind} of each by itself.")
        return PaperFigure(pooled_ticket_curve(several, by, branches), look)
    shown = None if branches is None else tuple(branches)
    if kind not in EXPORTED:
        raise UnknownName("figure", kind, EXPORTED)
    selection = Selection(branch, round, branches=shown)
    if kind in OF_PANELS:
        return PaperFigure(drawn_panel(kind, one.path, one.view, selection, of), look)
    draw: Callable[[SessionView, Selection], Figure] = getattr(figures, kind)
    return PaperFigure(draw(one.view, selection), look)


def _of_study(kind: str | int, study: object, look: PaperLook) -> PaperFigure:
    if isinstance(study, str | Path):
        study = Study.open(study)
    if not isinstance(study, Study):
        raise TicketError(f"Figure {kind} of the paper needs a study; a session has {', '.join(figures.SHOWN)}.")
    if not isinstance(kind, int):
        raise UnknownName("figure of a study", kind, map(str, PAPER))
    return PaperFigure(study_figure(study, kind), look)
