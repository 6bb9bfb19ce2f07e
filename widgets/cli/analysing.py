"""`analyse`: analyses of a session's weights, as a chart and a table, or as JSON."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from sessions.messages import commands
from sessions.plans.twins import noisy
from sessions.serving.ask import analysed
from sessions.specs.own_code import analysis_called, with_own_analysis
from sessions.specs.sources import assign
from sessions.views.reading import read_view
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.settings import AnalysisSettings
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.trainers import TRAINERS
from widgets.cli import completion
from widgets.cli.app import CLIENT, session_path, told
from widgets.cli.branching import parse_round
from widgets.cli.options import GivenSession
from widgets.cli.output import narration, print_json, say


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(analyse)


@told
def analyse(
    session: GivenSession,
    kind: Annotated[
        str,
        typer.Argument(
            help="One that `ticket-explorer analyses` lists, or FILE.py:FUNCTION.", autocompletion=completion.analyses
        ),
    ],
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="BRANCH[:ROUND]",
            autocompletion=completion.all_or_branches,
            help="BRANCH is its last finished round, `all` every round; by default, the last of each branch.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter: directions=10")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the results as JSON on stdout.")] = False,
) -> None:
    """Look at the weights that finished rounds have found.

    snr and layers compare rounds; curvature, hessian, surface and connectivity look at the loss around and between
    them, instability between trainings of the same ticket under different noise;
    comparison and decomposition compare branches. Decompose a branch first for the latter.
    Results are kept in the session's journal: the app, exports and reports show them.
    """
    path = session_path(session)
    settings, view = analysis_called(kind), read_view(path)
    given: dict[str, Any] = {}
    assign(given, set_ or [])
    name, parameters = with_own_analysis(kind, given, Path.cwd())
    wanted = [
        commands.Analyse(kind=name, branch=branch, round=number, parameters=parameters)
        for branch, number in _wanted(view, settings, from_)
    ]
    with narration.status("analysing; loading JAX takes a few seconds"):
        found = analysed(path, wanted, CLIENT)
    if json:
        from sessions.reports.analysis_rows import analysis_table

        print_json([analysis_table(one) for one in found])
    else:
        from widgets.cli.analyses_shown import show

        show(read_view(path), kind, found)


def _wanted(view: SessionView, settings: type[AnalysisSettings], given: str | None) -> Iterator[tuple[str, int | None]]:
    """Branches and rounds, each round that branches share once."""
    if given not in (None, "all"):
        assert given is not None
        branch, number = parse_round(given) if ":" in given else (given, _last(view, given))
        if branch not in view.branches:
            raise InvalidValue("--from", given, f"a branch among {', '.join(view.branches)}")
        yield branch, number
        return
    finished = [(name, round_) for name in view.branches for round_ in view.lineage(name) if round_.finished]
    if not finished:
        raise TicketError("The session has no finished round to analyse yet; resume it first.")
    if given == "all" and settings.looks_at in ("state", "round"):
        yield from ((name, round_.number) for name, round_ in finished if round_.branch == name)
    else:
        names = list(dict.fromkeys(name for name, _ in finished))
        yield from ((name, _last(view, name)) for name in _able(view, settings, names))


def _able(view: SessionView, settings: type[AnalysisSettings], names: list[str]) -> list[str]:
    """The branches that have what an analysis needs, if any has: the others are left out with a message."""
    lacking = {name: why for name in names if (why := _lacks(settings, view, name)) is not None}
    if 0 < len(lacking) < len(names):
        say(f"Skipped ({next(iter(lacking.values()))}): {', '.join(lacking)}.")
        return [name for name in names if name not in lacking]
    return names


def _lacks(analysis: type[AnalysisSettings], view: SessionView, name: str) -> str | None:
    """What a branch lacks for an analysis; None if it has everything."""
    trainer = TRAINERS.get(view.branches[name].plan["trainer"]["name"])
    if analysis.needs_sigma and trainer is not None and not trainer.has_sigma:
        return "no σ"
    if analysis.looks_at == "controls" and not _is_decomposed(view, name):
        return "no controls"
    if analysis.beside == "twin" and name not in noisy(view):
        return "no second training of their tickets under different noise"
    return None


def _is_decomposed(view: SessionView, name: str) -> bool:
    return any(known.borrowed is not None and known.borrowed.branch == name for known in view.branches.values())


def _last(view: SessionView, branch: str) -> int | None:
    if branch not in view.branches:
        return None
    return max((round_.number for round_ in view.lineage(branch) if round_.finished), default=None)
