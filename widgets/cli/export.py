"""`export`: metrics and analyses as tables, a ticket as arrays, a policy at work, figures for papers, a report."""

import csv
from collections.abc import Callable, Iterable
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from sessions.reports.analysis_rows import analysis_rows
from sessions.reports.generation_rows import Row, metric_rows
from sessions.store import SessionDirectory, errors
from sessions.store.files import write_atomic
from sessions.views.reading import read_header, read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.cli.app import session_path, told
from widgets.cli.branching import parse_round
from widgets.cli.output import say
from widgets.plots.figures import AGAINST, SHOWN
from widgets.plots.policy.gif import write_gif

if TYPE_CHECKING:
    import numpy as np

    from sessions.tickets.found_ticket import FoundTicket


class Kind(StrEnum):
    """What can be exported."""

    metrics = "metrics"
    analysis = "analysis"
    ticket = "ticket"
    rollout = "rollout"
    figure = "figure"
    report = "report"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(export)


@told
def export(
    session: Annotated[str, typer.Argument(help="A session's path, or its name.")],
    kind: Annotated[Kind, typer.Argument(help="What to export.")],
    out: Annotated[Path, typer.Option(help="The file to write; its ending decides the format.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="BRANCH:ROUND", help="The branch and round; by default, the sparsest round."),
    ] = None,
    show: Annotated[str, typer.Option(help=f"A figure's kind: {', '.join(SHOWN)}.")] = "ticket_curve",
    against: Annotated[
        str | None, typer.Option(help=f"What to plot the scores during training against: {', '.join(AGAINST)}.")
    ] = None,
    replicate: Annotated[int, typer.Option(help="A ticket's replicate, counted from 0.")] = 0,
) -> None:
    """Export tables, a ticket, a rollout, a figure, or a report.

    Tables are every generation's metrics, or all analyses. A ticket is its mask, the weights it starts from, the
    trained weights and their σ, leaf by leaf. A rollout is one episode of a control task's policy: a GIF, or for brax
    its own page of HTML, whose viewer comes from a CDN. A report is one HTML file with everything in it.
    """
    path = session_path(session)
    view = read_view(path)
    endings = _ENDINGS[kind]
    if out.suffix not in endings:
        raise InvalidValue("--out", out, f"a file name that ends in {' or '.join(endings)} for {kind}")
    if kind is Kind.metrics:
        _TABLES[out.suffix](metric_rows(view), out)
    elif kind is Kind.analysis:
        _TABLES[out.suffix](_analysis_rows(view), out)
    elif kind is Kind.figure:
        write_atomic(out, _figure(view, show, from_, against, out.suffix))
    elif kind is Kind.report:
        from widgets.plots.html_report import page

        write_atomic(out, page(path, read_header(SessionDirectory.open_for_reading(path)), view).encode())
    else:
        branch, number = parse_round(from_) if from_ else _sparsest(view)
        if branch not in view.branches:
            raise InvalidValue("--from", from_, f"a branch among {', '.join(view.branches)}")
        if kind is Kind.rollout:
            if replicate > 0:
                raise InvalidValue("--replicate", replicate, "0: a rollout shows the policy of the first replicate")
            _write_rollout(path, view, branch, number, out)
        else:
            from sessions.tickets.found_ticket import found_ticket
            from sessions.tickets.workbench import Workbench

            _TICKETS[out.suffix](found_ticket(Workbench.of(path, view), branch, number, replicate), out)
    say(f"Wrote {out}.")


def _analysis_rows(view: SessionView) -> Iterable[Row]:
    if not view.analyses:
        raise TicketError("This session has no analysis yet; start with: ticket-explorer analyse SESSION curvature")
    return (row for found in view.analyses for row in analysis_rows(found))


def _figure(view: SessionView, kind: str, from_: str | None, against: str | None, suffix: str) -> bytes:
    from widgets.plots import figures
    from widgets.plots import matplotlib_figure as paper

    if kind not in SHOWN:
        raise InvalidValue("--show", kind, f"one of {', '.join(SHOWN)}")
    branch, number = parse_round(from_) if from_ else (None, None)
    if branch is not None and branch not in view.branches:
        raise InvalidValue("--from", from_, f"a branch among {', '.join(view.branches)}")
    if against is not None and (kind != "learning" or against not in AGAINST):
        raise InvalidValue("--against", against, f"one of {', '.join(AGAINST)}, with --show learning")
    given = {} if against is None else {"against": against}
    figure = getattr(figures, kind)(view, figures.Selection(branch, number), **given)
    return paper.drawn(figure, suffix.removeprefix("."))


def _sparsest(view: SessionView) -> tuple[str, int]:
    finished = [r for branch in view.branches.values() for r in branch.rounds.values() if r.finished]
    if not finished:
        raise TicketError("The session has no finished round, so there is no ticket yet.")
    sparsest = min(finished, key=lambda round_: round_.density)
    return sparsest.branch, sparsest.number


def _write_rollout(path: Path, view: SessionView, branch: str, number: int, out: Path) -> None:
    from sessions.engine.rollouts import exported_rollout

    found = exported_rollout(path, view, branch, number)
    if out.suffix == ".gif":
        write_gif(found.episode, out)
    elif found.page is None:
        raise InvalidValue("--out", out, "a .gif: only brax tasks have a page of their own")
    else:
        write_atomic(out, found.page.encode())


def _write_csv(rows: Iterable[Row], out: Path) -> None:
    with errors.told(out), out.open("w", newline="", encoding="utf-8") as file:
        writer: csv.DictWriter[str] | None = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(file, row)
                writer.writeheader()
            writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: object) -> object:
    """A cell that spreadsheets take as text: one that begins like a formula is quoted, as spreadsheets do it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_json(rows: Iterable[Row], out: Path) -> None:
    write_atomic(out, msgspec.json.encode(list(rows)))


def _write_parquet(rows: Iterable[Row], out: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise TicketError("Parquet needs pyarrow; install it with: pip install 'ticket-explorer[data]'") from None
    with errors.told(out):
        parquet.write_table(pyarrow.Table.from_pylist(list(rows)), out)


def _write_safetensors(ticket: "FoundTicket", out: Path) -> None:
    from safetensors.numpy import save

    origin = {key: msgspec.json.encode(value).decode() for key, value in ticket.origin.items()}
    write_atomic(out, save(ticket.arrays, metadata=origin))


def _write_msgpack(ticket: "FoundTicket", out: Path) -> None:
    arrays = {name: _packed(array) for name, array in ticket.arrays.items()}
    write_atomic(out, msgspec.msgpack.encode({"schema": 1, "origin": ticket.origin, "arrays": arrays}))


def _write_npz(ticket: "FoundTicket", out: Path) -> None:
    import numpy

    content = BytesIO()
    numpy.savez_compressed(content, **ticket.arrays)  # type: ignore[arg-type]
    write_atomic(out, content.getvalue())


def _packed(array: "np.ndarray") -> dict[str, object]:
    return {"dtype": array.dtype.str, "shape": array.shape, "data": array.tobytes()}


_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_TABLES: dict[str, Callable[[Iterable[Row], Path], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".json": _write_json,
}
_TICKETS: dict[str, Callable[["FoundTicket", Path], None]] = {
    ".safetensors": _write_safetensors,
    ".msgpack": _write_msgpack,
    ".npz": _write_npz,
}
_ENDINGS: dict[Kind, tuple[str, ...]] = {
    Kind.metrics: tuple(_TABLES),
    Kind.analysis: tuple(_TABLES),
    Kind.ticket: tuple(_TICKETS),
    Kind.rollout: (".gif", ".html"),
    Kind.figure: (".png", ".svg", ".pdf"),
    Kind.report: (".html",),
}
