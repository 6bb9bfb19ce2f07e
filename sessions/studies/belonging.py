"""A study's whole plan: its cells, which of them belong to a figure of a paper, and which are analysed at their end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessions.studies.cells import PlannedCell, planned_cells
from sessions.studies.records import AnalysisOf, FigureOf
from sessions.studies.study_spec import SEED, StudySpec
from ticket_explorer.errors import UnknownName


@dataclass(frozen=True)
class StudyPlan:
    """What a study is to do."""

    cells: list[PlannedCell]
    figures: list[FigureOf]
    analyses: list[AnalysisOf]


def study_plan(study: StudySpec, directory: Path) -> StudyPlan:
    """The plan that follows from a study's spec.

    Args:
        study: What varies, and what cells begin with.
        directory: The directory that relative paths of data and code start from.

    Raises:
        TicketError: if a cell can't be, which is named.
    """
    cells = planned_cells(study, directory)
    figures = [
        FigureOf(cites=one.cites, number=one.number, cells=_chosen(study, one.cells, cells)) for one in study.figure
    ]
    return StudyPlan(cells, figures, _analyses(study, cells))


def _analyses(study: StudySpec, cells: Sequence[PlannedCell]) -> list[AnalysisOf]:
    found = []
    for number, one in enumerate(study.analyse):
        names = _chosen(study, one.cells, cells)
        _check_branches(one.branches, [cell for cell in cells if cell.name in names], f"$.analyse[{number}].branches")
        branches, rounds = list(one.branches), list(one.rounds)
        found.append(AnalysisOf(name=one.name, branches=branches, rounds=rounds, settings=one.settings, cells=names))
    return found


def _chosen(study: StudySpec, combination: Mapping[str, Any], cells: Sequence[PlannedCell]) -> list[str]:
    known = {axis.name: axis for axis in study.axis}

    def fits(cell: PlannedCell, name: str, given: Any) -> bool:
        if name == SEED:
            return cell.seed in (given if isinstance(given, list | tuple) else [given])
        return known[name].number(cell.axes[name]) in known[name].numbers(given)

    return [cell.name for cell in cells if all(fits(cell, *one) for one in combination.items())]


def _check_branches(wanted: Sequence[str], cells: Sequence[PlannedCell], path: str) -> None:
    checked: set[tuple[str, ...]] = set()
    for cell in cells if wanted else ():
        there = tuple(str(branch["name"]) for branch in cell.spec_table()["branch"])
        if there in checked:
            continue
        checked.add(there)
        for name in wanted:
            if name not in there:
                raise UnknownName(f"branch of cell {cell.name}", name, there, path)
