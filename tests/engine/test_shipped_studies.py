"""Studies that come with the package: each cell can be and cites its figure, and small ones are small."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from sessions.plans import cost
from sessions.studies import shipped
from sessions.studies.belonging import StudyPlan, study_plan
from sessions.studies.study import Study, open_or_begin
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control.gymnax.settings import GymnaxSettings

PAPERS = re.compile(
    r"(Lange & Sprekeler \(2023\)|Frankle & Carbin \(2019\)|Savarese, Silva & Maire \(2020\)|Conklin)"
    r", (figures?|section) \d"
)
HALF_AN_HOUR = 2 * 1800
"""Seconds of one core."""


@cache
def planned(name: str) -> StudyPlan:
    return study_plan(shipped.spec(name), Path())


@pytest.mark.parametrize("name", shipped.names())
def test_every_cell_can_be_and_cites_its_figure(name: str) -> None:
    plan = planned(name)
    assert len(plan.cells) == shipped.spec(name).most_cells
    cited = {cell for figure in plan.figures for cell in figure.cells}
    assert not [cell.name for cell in plan.cells if cell.name not in cited]
    assert not [figure.cites for figure in plan.figures if not PAPERS.match(figure.cites)]
    assert all(figure.cells for figure in plan.figures)
    assert all(wanted.cells for wanted in plan.analyses)


def test_each_paper_comes_whole_and_small() -> None:
    whole = {name for name in shipped.names() if not name.endswith("-small")}
    assert whole == {"lange-2023", "frankle-2019", "savarese", "conklin"}
    assert set(shipped.names()) == whole | {f"{name}-small" for name in whole}


@pytest.mark.parametrize("name", [name for name in shipped.names() if name.endswith("-small")])
def test_small_ones_need_no_download_and_half_an_hour_of_two_cores(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as the estimates go, at the speed of a slow machine; of environments' steps they know nothing."""
    monkeypatch.setattr(cost, "speed", lambda: cost.SLOW)
    plan = planned(name)
    specs = [cell.spec() for cell in plan.cells]
    for branch in (branch for spec in specs for branch in spec.branches):
        task = branch.plan.task
        assert type(task) is TASKS["fashion"] or isinstance(task, GymnaxSettings)
    assert sum(cell.seconds or 0.0 for cell in plan.cells) < HALF_AN_HOUR
    assert len(plan.cells) <= 20


def test_the_whole_paper_is_there() -> None:
    """540 runs of figure 2 in Lange & Sprekeler (2023): 12 tasks, three strategies, five seeds, three pruners."""
    plan = planned("lange-2023")
    cells = {cell.name: cell for cell in plan.cells}
    (second,) = [figure for figure in plan.figures if figure.number == 2]
    runs = [(cells[name].seed, branch.plan) for name in second.cells for branch in cells[name].spec().branches]
    found = {
        (type(plan.task), plan.trainer.strategy, seed, type(plan.pruner))  # type: ignore[attr-defined]
        for seed, plan in runs
        if type(plan.task) is not TASKS["pendulum"]
    }
    assert len(found) == 540
    assert {figure.number for figure in plan.figures} == set(range(1, 12))
    assert {figure.number for figure in planned("lange-2023-small").figures} == set(range(1, 12))


def test_one_is_begun_by_its_name_and_then_is_the_users_own(home: Path) -> None:
    study = open_or_begin("frankle-2019-small")
    assert study.path == home / "studies" / "frankle-2019-small.study"
    assert (study.path / "study.toml").read_text() == shipped.text("frankle-2019-small")
    assert tomllib.loads(shipped.text("frankle-2019-small"))["title"] == study.title
    assert [cell.name for cell in open_or_begin("frankle-2019-small").cells] == [cell.name for cell in study.cells]
    assert Study.open("frankle-2019-small").cells[0].cites == ("Frankle & Carbin (2019), figures 3 and 4",)
