"""`export`: tables of metrics and analyses, a ticket, a policy at work, figures, a report, a replay, a summary."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from sessions.store import SessionDirectory
from sessions.store.files import write_atomic
from sessions.views.reading import read_header, read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.cli import completion
from widgets.cli.app import session_path, told
from widgets.cli.branching import parse_round
from widgets.cli.export_format import DIRECTORY, Kind, format_of
from widgets.cli.following import Opening, follow, write_now
from widgets.cli.options import GivenSession
from widgets.cli.output import say
from widgets.cli.paper import CloseUp, Dpi, NoTitle, Paper, Size, Style
from widgets.plots.names import AGAINST, EXPORTED, OF_PANELS


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(export)


@told
def export(
    session: GivenSession,
    kind: Annotated[Kind, typer.Argument(help="What to export.")],
    out: Annotated[
        Path, typer.Option(help="The file to write, whose ending decides the format; a directory for tensorboard.")
    ],
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="The format, if the ending doesn't say it: tensorboard, csv, …",
            autocompletion=completion.formats,
        ),
    ] = None,
    follow_: Annotated[
        bool, typer.Option("--follow", help="Write on while the session runs: metrics, as tensorboard or csv.")
    ] = False,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="BRANCH:ROUND",
            help="The branch and round; by default, the sparsest round.",
            autocompletion=completion.rounds,
        ),
    ] = None,
    show: Annotated[
        str, typer.Option(help=f"A figure's kind: {', '.join(EXPORTED)}.", autocompletion=completion.figures)
    ] = "ticket_curve",
    against: Annotated[
        str | None,
        typer.Option(
            help=f"What to plot the scores during training against: {', '.join(AGAINST)}.",
            autocompletion=completion.costs,
        ),
    ] = None,
    branches: Annotated[
        list[str] | None, typer.Option(help="A figure's branches; may be repeated. By default all.")
    ] = None,
    of: Annotated[
        str | None, typer.Option(help="A mask's layer; a distribution's magnitude, sigma or snr; compare's branch.")
    ] = None,
    size: Size = "4.5x3",
    dpi: Dpi = 200,
    no_title: NoTitle = False,
    style: Style = None,
    close_up: CloseUp = False,
    replicate: Annotated[int, typer.Option(help="A ticket's replicate, counted from 0.")] = 0,
) -> None:
    """Export tables, a ticket, a figure, a report or a replay.

    Tables are every generation's metrics, or all analyses; metrics can be TensorBoard's event files too, and follow a
    session while it runs. A ticket is its mask, the weights it starts from, the trained weights and their σ, leaf by
    leaf; --format flax or torch writes it as these programs load it. A rollout is one episode of a control task's
    policy: a GIF, or for brax its own page of HTML, whose viewer comes from a CDN. A report is one HTML file with
    everything in it; a replay is one that scrubs through rounds and generations, without a network. A summary is what a
    student hands in: see `collect`.
    """
    path, form = session_path(session), format_of(kind, out, format_, follow_)
    if follow_:
        follow(path, out, _growing(form, out))
        return
    if form == DIRECTORY:
        write_now(path, _growing(form, out))
    else:
        paper = Paper(size, dpi, no_title, style, close_up)
        _write(path, kind, form, out, _Wanted(from_, show, against, replicate, branches, of, paper))
    say(f"Wrote {out}.")


class _Wanted(NamedTuple):
    """What of a session."""

    from_: str | None
    show: str
    against: str | None
    replicate: int
    branches: list[str] | None
    of: str | None
    paper: Paper


def _growing(form: str, out: Path) -> Opening:
    from widgets.cli.event_files import EventFiles
    from widgets.cli.table_files import GrowingCsv

    return lambda journal: EventFiles(journal, out) if form == DIRECTORY else GrowingCsv(journal, out)


def _write(path: Path, kind: Kind, form: str, out: Path, wanted: _Wanted) -> None:
    view = read_view(path)
    if kind in (Kind.metrics, Kind.analysis):
        _write_table(view, kind, form, out)
    elif kind is Kind.figure:
        write_atomic(out, _figure(path, view, wanted, form))
    elif kind is Kind.report:
        from widgets.plots.html_report import page

        write_atomic(out, page(path, read_header(SessionDirectory.open_for_reading(path)), view).encode())
    elif kind is Kind.replay:
        from widgets.replay_page.page import page

        write_atomic(out, page(path, read_header(SessionDirectory.open_for_reading(path)), view).encode())
    elif kind is Kind.summary:
        import msgspec

        from sessions.reports.summary import summary_of

        encode = msgspec.json.encode if form == "json" else msgspec.msgpack.encode
        write_atomic(out, encode(summary_of(read_header(SessionDirectory.open_for_reading(path)), view)))
    else:
        branch, number = parse_round(wanted.from_) if wanted.from_ else _sparsest(view)
        if branch not in view.branches:
            raise InvalidValue("--from", wanted.from_, f"a branch among {', '.join(view.branches)}")
        if kind is Kind.rollout:
            if wanted.replicate > 0:
                raise InvalidValue(
                    "--replicate", wanted.replicate, "0: a rollout shows the policy of the first replicate"
                )
            _write_rollout(path, view, branch, number, form, out)
        else:
            from sessions.tickets.found_ticket import found_ticket
            from sessions.tickets.workbench import Workbench

            found_ticket(Workbench.of(path, view), branch, number, wanted.replicate).save(out, form)


def _write_table(view: SessionView, kind: Kind, form: str, out: Path) -> None:
    from sessions.reports.generation_rows import metric_rows
    from widgets.cli.table_files import TABLES

    if kind is Kind.metrics:
        TABLES[form](metric_rows(view), out)
        return
    if not view.analyses:
        raise TicketError("This session has no analysis yet; start with: ticket-explorer analyse SESSION curvature")
    TABLES[form]((row for found in view.analyses for row in found.rows()), out)


def _figure(path: Path, view: SessionView, wanted: _Wanted, form: str) -> bytes:
    from widgets.plots import figures
    from widgets.plots import matplotlib_figure as paper
    from widgets.plots.paper_figure import drawn_panel

    kind, against = wanted.show, wanted.against
    if kind not in EXPORTED:
        raise InvalidValue("--show", kind, f"one of {', '.join(EXPORTED)}")
    branch, number = parse_round(wanted.from_) if wanted.from_ else (None, None)
    for option, asked in (("--from", branch), *(("--branches", one) for one in wanted.branches or ())):
        if asked is not None and asked not in view.branches:
            raise InvalidValue(option, asked, f"a branch among {', '.join(view.branches)}")
    if against is not None and (kind != "learning" or against not in AGAINST):
        raise InvalidValue("--against", against, f"one of {', '.join(AGAINST)}, with --show learning")
    look = wanted.paper.look()
    selection = figures.Selection(branch, number, branches=None if not wanted.branches else tuple(wanted.branches))
    if branch is None and wanted.branches:
        selection = replace(selection, branch=wanted.branches[0])
    if kind in OF_PANELS:
        return paper.drawn(drawn_panel(kind, path, view, selection, wanted.of), form, look)
    if wanted.of is not None:
        raise InvalidValue("--of", wanted.of, f"nothing with --show {kind}: it is for {', '.join(OF_PANELS)}")
    given = {} if against is None else {"against": against}
    return paper.drawn(getattr(figures, kind)(view, selection, **given), form, look)


def _sparsest(view: SessionView) -> tuple[str, int]:
    finished = [r for branch in view.branches.values() for r in branch.rounds.values() if r.finished]
    if not finished:
        raise TicketError("The session has no finished round, so there is no ticket yet.")
    sparsest = min(finished, key=lambda round_: round_.density)
    return sparsest.branch, sparsest.number


def _write_rollout(path: Path, view: SessionView, branch: str, number: int, form: str, out: Path) -> None:
    from sessions.engine.rollouts import exported_rollout
    from widgets.plots.policy.gif import write_gif

    found = exported_rollout(path, view, branch, number)
    if form == "gif":
        write_gif(found.episode, out)
    elif found.page is None:
        raise InvalidValue("--out", out, "a .gif: only brax tasks have a page of their own")
    else:
        write_atomic(out, found.page.encode())
