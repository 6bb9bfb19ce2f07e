"""From a session to what a page holds: every panel's figure for every branch, round and place in a round.

The same functions draw them as in the app; a figure that nobody can reach, because it is empty everywhere, is left out.
Who gathers again and again, as a session goes on, keeps a `Gatherer`, which draws only what can have changed.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from sessions.messages import events
from sessions.reports.statistics import mean, standard_error
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.plots.colours import DARK, LIGHT
from widgets.plots.figures import MetricsCache, Selection
from widgets.plots.figures.selection import colour_of
from widgets.plots.kinds import FIRST, PANELS, Look, PanelKind
from widgets.plots.mask_reader import MasksOnDisk
from widgets.replay_page.drawings import Drawings, Numbering
from widgets.replay_page.recording import Branch, Charts, Leaf, Panel, Round, Told, Turn, Words
from widgets.replay_page.thinning import Fineness, fineness_for, spread
from widgets.shared.wording import sentence


def gathered(path: Path, title: str, view: SessionView) -> tuple[Words, bytes]:
    """The words and the numbers of a page.

    Args:
        path: The session's directory, from which masks are read.
        title: The page's title.
        view: The session's view.
    """
    charts = Charts()
    fineness = fineness_for(sum(1 for name in view.branches for _ in view.lineage(name)))
    branches, panels = Gatherer(path, charts).gather(view, fineness)
    words = Words(
        title=title,
        palette={"dark": [*DARK], "light": [*LIGHT]},
        branches=branches,
        panels=panels,
        charts=charts.charts,
        columns=charts.columns,
        journal=[*journal(view.history)],
    )
    return words, charts.block


class Gatherer:
    """Gathers one session, as often as it is asked to."""

    def __init__(self, path: Path, charts: Numbering) -> None:
        """Nothing is drawn yet.

        Args:
            path: The session's directory, from which masks are read.
            charts: Takes the figures.
        """
        self._path, self._drawings, self._metrics = path, Drawings(charts), MetricsCache()

    def gather(self, view: SessionView, fineness: Fineness) -> tuple[list[Branch], list[Panel]]:
        """The branches and panels of a session as it is now, whose figures `charts` then has."""
        branches = [_branch(view, name, fineness) for name in view.branches]
        look = Look(view, MasksOnDisk(self._path, view.ledger), metrics=self._metrics)
        self._drawings.begin(view, fineness)
        kinds = [kind for kind in PANELS.values() if kind.draw is not None and kind.asks is None]
        panels = [panel for kind in kinds if (panel := self._panel(kind, look, branches)).turns]
        self._drawings.end()
        return branches, panels

    def _panel(self, kind: PanelKind, look: Look, branches: list[Branch]) -> Panel:
        looks = [replace(look, selection=Selection(branch.name)) for branch in branches]
        count = 1 if kind.turns is None else max((kind.turns(one) for one in looks), default=1)
        turns = [self._turn(kind, replace(look, turns={kind.name: turn}), branches) for turn in range(count)]
        return Panel(
            name=kind.name,
            title=kind.title,
            help=kind.help,
            shown=kind.name in FIRST,
            lights_up=kind.lights_up,
            picks=kind.picks,
            turns=[turn for turn in turns if turn is not None],
        )

    def _turn(self, kind: PanelKind, look: Look, branches: list[Branch]) -> Turn | None:
        """One of the things that a panel shows, wherever a person may be; None if there is nothing of it anywhere."""
        drawn = [
            [[self._drawings.of(kind, look, place) for place in stops] for stops in _places(kind, branch)]
            for branch in branches
        ]
        if all(drawing.is_empty for rounds in drawn for stops in rounds for drawing in stops):
            return None
        numbers = [[[self._drawings.number(one) for one in stops] for stops in rounds] for rounds in drawn]
        return Turn(cursor=kind.cursor_in(look), charts=numbers)


def journal(history: Iterable[events.Event]) -> Iterator[Told]:
    """What happened, a line for each event that tells a person something."""
    for event in history:
        if text := sentence(event):
            yield Told(at=time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.at)), text=text)


def _branch(view: SessionView, name: str, fineness: Fineness) -> Branch:
    rounds = [_round(view, name, round_, fineness) for round_ in view.lineage(name)]
    return Branch(
        name=name,
        colour=colour_of(view, name),
        rounds=rounds,
        leaves=[Leaf(name=leaf.name, shape=leaf.shape) for leaf in view.branches[name].leaves],
        input_shape=view.branches[name].input_shape,
    )


def _round(view: SessionView, branch: str, round_: RoundView, fineness: Fineness) -> Round:
    scores = round_.finished.score if round_.finished is not None else []
    return Round(
        number=round_.number,
        density=round_.density,
        kept=round_.kept,
        done=round_.done,
        score=mean(scores) if scores else None,
        error=standard_error(scores) if scores else None,
        stops=_stops(view, branch, round_, fineness),
    )


def _stops(view: SessionView, branch: str, round_: RoundView, fineness: Fineness) -> list[int]:
    """Where figures of weights change: at samples of weights, and after analyses, those that are kept."""
    analysed = {found.generation for found in view.analyses if (found.branch, found.round) == (branch, round_.number)}
    known = {frame.generation for frame in round_.frames} | {at for at in analysed if 0 < at <= round_.done}
    return spread(sorted(known | {round_.done}), fineness.stops)


def _places(kind: PanelKind, branch: Branch) -> Iterator[list[Selection]]:
    """The selections of a branch at which a panel shows different things: rounds, and places in each."""
    if "round" not in kind.depends_on:
        yield [Selection(branch.name)]
        return
    for round_ in branch.rounds:
        here = Selection(branch.name, round_.number)
        by_generation = "generation" in kind.depends_on
        yield [replace(here, generation=stop) for stop in round_.stops] if by_generation else [here]
