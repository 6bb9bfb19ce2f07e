"""What a study's cells found, branch by branch: the searches that its figures pool.

A search is one branch of one cell. Searches belong to one setting if they differ in their seed alone: the same task,
the same strategy or trainer, the same value on every other axis.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sessions.reports.statistics import mean
from sessions.studies.cell import Cell
from sessions.studies.study import Study
from sessions.studies.study_spec import SEED
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.shared.wording import counted

GRADIENTS = ("gradient_descent", "ppo")
"""Trainers that follow a gradient, all in lower case as in a spec."""
_EQUAL = 6
"""Densities that agree to so many digits count as the same."""


@dataclass(frozen=True)
class Search:
    """One branch of one cell."""

    cell: str
    branch: str
    seed: int
    """The cell's seed."""
    replicates: int
    plan: dict[str, Any]
    """The branch's whole plan."""
    rest: tuple[str, ...]
    """The cell's values on the axes, but for its seed."""
    is_lent: bool
    """Whether it trains tickets of another branch."""
    in_transfer: bool
    """Whether its cell has tickets trained on another task, or in another way, than where they were found."""
    view: SessionView | None = field(default=None, compare=False)
    """The cell's session; None if it hasn't begun."""

    @property
    def task(self) -> str:
        """The name of its task."""
        return str(self.plan["task"]["name"])

    @property
    def method(self) -> str:
        """The evolution strategy, or the trainer."""
        return str(self.plan["trainer"].get("strategy", self.plan["trainer"]["name"]))

    @property
    def pruner(self) -> str:
        """The pruner of its plan."""
        return str(self.plan["pruner"]["name"])

    @property
    def has_gradients(self) -> bool:
        """Whether it is trained by gradients."""
        return self.plan["trainer"]["name"] in GRADIENTS

    @property
    def is_control(self) -> bool:
        """Whether it trains random masks."""
        return self.pruner == "random"

    def rounds(self) -> dict[float, RoundView]:
        """The finished rounds by density."""
        if self.view is None or self.branch not in self.view.branches:
            return {}
        finished = (one for one in self.view.lineage(self.branch) if one.finished is not None and one.density > 0)
        return {round(one.density, _EQUAL): one for one in finished}

    def scores(self) -> dict[float, list[float | None]]:
        """The score of each replicate of finished rounds, by density."""
        return {density: _score(one) for density, one in self.rounds().items()}


def _score(round_: RoundView) -> list[float | None]:
    assert round_.finished is not None
    return list(round_.finished.score)


@dataclass(frozen=True)
class Setting:
    """Searches that differ in their seeds and branches alone."""

    task: str
    method: str
    rest: tuple[str, ...]
    searches: tuple[Search, ...]
    title: str = ""

    @property
    def branches(self) -> list[str]:
        """The names of its branches, in order."""
        return list(dict.fromkeys(search.branch for search in self.searches))

    def of(self, branch: str) -> list[Search]:
        """The searches of a branch."""
        return [search for search in self.searches if search.branch == branch]


@dataclass(frozen=True)
class Found:
    """What a figure is drawn from."""

    title: str
    searches: tuple[Search, ...]
    missing: str
    """A sentence on cells that are not finished; empty if all are."""

    def settings(self, searches: Iterable[Search] | None = None) -> list[Setting]:
        """The settings of some searches, or of all, in the study's order."""
        grouped: dict[tuple[str, str, tuple[str, ...]], list[Search]] = {}
        for search in self.searches if searches is None else searches:
            grouped.setdefault((search.task, search.method, search.rest), []).append(search)
        alike = Counter(key[:2] for key in grouped)
        return [
            Setting(task, method, rest, tuple(members), _title(task, method, rest, alike[task, method] > 1))
            for (task, method, rest), members in grouped.items()
        ]

    def branches(self) -> list[str]:
        """The names of all branches, in order."""
        return list(dict.fromkeys(search.branch for search in self.searches))


def found_in(study: Study, number: int, title: str) -> Found:
    """What the cells of a figure have found so far.

    Args:
        study: Whose cells are read, as they are now.
        number: The figure's number in the paper.
        title: The figure's title.

    Raises:
        TicketError: if a session can't be read.
    """
    chosen = study.cells_of_figure(number)
    searches = _distinct(search for cell in chosen for search in _searches(cell))
    head = f"{study.title}: {title}" if study.title else title
    return Found(head, searches, _missing(chosen))


def pooled(searches: Sequence[Search]) -> dict[float, list[float | None]]:
    """Scores by density, those of all replicates of several searches together."""
    found: dict[float, list[float | None]] = {}
    for search in searches:
        for density, scores in search.scores().items():
            found.setdefault(density, []).extend(scores)
    return {density: scores for density, scores in sorted(found.items(), reverse=True) if mean(scores) is not None}


def _searches(cell: Cell) -> list[Search]:
    table = cell.planned.spec_table()
    rest = tuple(str(value) for axis, value in cell.axes.items() if axis != SEED)
    if cell.has_begun:
        view = cell.read().view
        borrowed = {name: one.borrowed.branch for name, one in view.branches.items() if one.borrowed is not None}
        plans = {name: one.plan for name, one in view.branches.items()}
    else:
        view = None
        plans = {str(branch["name"]): branch for branch in table["branch"]}
        borrowed = {name: str(plan["transfer"]["branch"]) for name, plan in plans.items() if plan.get("transfer")}
    transfers = any(_differ(plans[name], plans[lender]) for name, lender in borrowed.items() if lender in plans)
    return [
        Search(cell.name, name, cell.seed, table["replicates"], plan, rest, name in borrowed, transfers, view)
        for name, plan in plans.items()
    ]


def _distinct(searches: Iterable[Search]) -> tuple[Search, ...]:
    """Each search once: an axis may not touch a branch, which is then the same search in several cells."""
    found: dict[object, Search] = {}
    for search in searches:
        alone = search.cell if search.is_lent else ""
        found.setdefault((repr(search.plan), search.branch, search.seed, search.replicates, alone), search)
    return tuple(found.values())


def _differ(plan: dict[str, Any], lender: dict[str, Any]) -> bool:
    return any(plan[part] != lender[part] for part in ("task", "trainer"))


def _title(task: str, method: str, rest: tuple[str, ...], has_others: bool) -> str:
    more = [value for value in rest if value not in (task, method)] if has_others else []
    return ", ".join((task, method, *more))


def _missing(cells: Sequence[Cell]) -> str:
    states = Counter(_state(cell) for cell in cells)
    del states["finished"]
    if not cells:
        return "No cell of this study belongs to this figure."
    if not states:
        return ""
    parts = ", ".join(f"{count} {state}" for state, count in states.items())
    return f"Missing of {counted(len(cells), 'cell', 'cells')}: {parts}."


def _state(cell: Cell) -> str:
    if not cell.has_begun:
        return "failed" if cell.failure else "not begun"
    now = cell.now
    if now.state == "finished":
        return "finished"
    return "failed" if now.state == "failed" else "unfinished"
