"""`compare --overlay`: branches of any sessions as lines of one ticket curve, and how they differ from one of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.table import Table

from sessions.store import SessionDirectory
from sessions.store.files import write_atomic
from sessions.views.reading import read_header
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.cli.output import PrintableConsole, print_json, say, write
from widgets.cli.paper import Paper
from widgets.shared.wording import share

if TYPE_CHECKING:
    from widgets.plots.figure import Figure

HEIGHT = 22


class Overlaid(NamedTuple):
    """What is asked for."""

    normalised: bool = False
    baseline: str | None = None
    branches: list[str] | None = None


def seed_of(path: Path) -> int | None:
    """A session's seed, which says whether its replicates pair with those of another one."""
    return read_header(SessionDirectory.open_for_reading(path)).spec.get("seed")


def show_overlay(
    sessions: Mapping[str, tuple[SessionView, int | None]],
    wanted: Overlaid,
    out: Path | None,
    paper: Paper,
    json: bool,
) -> None:
    """Print the curve and a table, or JSON; write the figure if that is asked for.

    Raises:
        TicketError: if there is no such branch, or nothing is finished.
    """
    from sessions.reports.overlay import normalised_series, overlay_rows, picked, series_of
    from widgets.plots.figures.compare import compare
    from widgets.plots.raster.drawing import draw

    known = series_of(sessions)
    if not known:
        raise TicketError(f"No round of {', '.join(sessions)} is finished yet; resume the sessions first.")
    base = next((one for one in known if one.name == wanted.baseline), None)
    if wanted.baseline is not None and base is None:
        raise InvalidValue("--baseline", wanted.baseline, f"one of {', '.join(one.name for one in known)}")
    shown = picked(known, wanted.branches)
    figure = compare(shown, normalised=wanted.normalised, baseline=base)
    if out is not None:
        write_figure(figure, out, paper)
    scaled = {one.name: one for one in normalised_series(known)} if wanted.normalised else {}
    rows = overlay_rows([scaled.get(one.name, one) for one in shown], scaled.get(base.name, base) if base else None)
    if json:
        print_json(rows)
        return
    console = PrintableConsole()
    write(draw(figure, min(console.width, 120), HEIGHT).text() + "\n")
    console.print(_table(rows))


def show_pooled(paths: Sequence[Path], branches: Sequence[str] | None, out: Path | None, paper: Paper) -> None:
    """Print the curves of each branch name over all sessions' replicates; write the figure if that is asked for.

    Raises:
        TicketError: if there is no such branch.
    """
    from sessions.saved.session import SavedSession
    from widgets.plots.figures.pooled import pooled_ticket_curve
    from widgets.plots.raster.drawing import draw

    figure = pooled_ticket_curve([SavedSession.read(path) for path in paths], branches=branches)
    if out is not None:
        write_figure(figure, out, paper)
    write(draw(figure, min(PrintableConsole().width, 120), HEIGHT).text() + "\n")


def write_figure(figure: "Figure", out: Path, paper: Paper) -> None:
    """Write a figure, and say so."""
    from widgets.plots.matplotlib_figure import drawn

    write_atomic(out, drawn(figure, out.suffix.removeprefix("."), paper.look()))
    say(f"Wrote {out}.")


def _table(rows: list[dict[str, Any]]) -> Table:
    numbers = {
        "score": "score",
        "error": "error",
        "difference": "difference",
        "standard_error": "± error",
        "p_value": "p",
        "holm_p_value": "p (Holm)",
    }
    known = {name: head for name, head in numbers.items() if name in rows[0]}
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for head in ("branch", "kept", *known.values()):
        table.add_column(head, justify="left" if head == "branch" else "right", overflow="fold")
    for row in rows:
        told = ("" if row[name] is None else f"{row[name]:.3g}" for name in known)
        table.add_row(row["series"], share(row["density"]), *told)
    return table
