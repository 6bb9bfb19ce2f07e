"""The paper's figures from a study: what is pooled, what is paired, and what is missing is said."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessions.messages.events import Analysed, Block, Event
from sessions.studies.study import Study
from sessions.views.session_view import SessionView
from tests.faces.made_events import branch as branch_event
from tests.faces.made_events import check, finish, marks, start, view_of
from ticket_explorer.errors import TicketError
from widgets.plots.figure import Line, Picture
from widgets.plots.matplotlib_figure import drawn
from widgets.plots.sheet import Sheet
from widgets.plots.studies import PAPER, study_figure
from widgets.plots.studies.searches import Found, Search

DENSITIES = (1.0, 0.5, 0.25)
PRUNERS = ("snr", "magnitude", "random")


def plan(task: str, trainer: dict[str, Any], pruner: str, **network: Any) -> dict[str, Any]:
    return {"task": {"name": task}, "trainer": trainer, "pruner": {"name": pruner}, "network": network}


EVOLUTION = {"name": "evolution", "strategy": "snes"}
GRADIENTS = {"name": "gradient_descent"}


def view(scores: dict[str, Any], more: tuple[Event, ...] = ()) -> SessionView:
    """A session whose branches have these scores, one list of replicates a round."""
    stream: list[Event] = []
    for name, rounds in scores.items():
        stream.append(branch_event(name, pruner=name if name in PRUNERS else "magnitude"))
        for number, found in enumerate(rounds):
            stream.append(start(name, number, DENSITIES[number]))
            kwargs = {"pearson": [0.9 - 0.1 * number] * len(found), "thresholds": {"snr": [1.0], "magnitude": [0.1]}}
            stream.append(finish(name, number, found, **kwargs))
    return view_of(*stream, *more)


def searches(
    task: str, scores: dict[str, Any], seed: int = 0, trainer: Any = EVOLUTION, more: tuple[Event, ...] = ()
) -> list[Search]:
    seen, cell = view(scores, more), f"{task},seed-{seed}"
    plans = {name: plan(task, trainer, name if name in PRUNERS else "magnitude") for name in scores}
    return [Search(cell, name, seed, 1, one, (task,), False, False, seen) for name, one in plans.items()]


def falling(top: float, step: float) -> list[list[float]]:
    return [[top - step * number] for number in range(3)]


def three(task: str, seed: int, shift: float = 0.0, scale: float = 1.0) -> list[Search]:
    steps = {"snr": 0.1, "magnitude": 0.2, "random": 0.3}
    return searches(task, {n: falling(scale * (0.9 + shift), scale * step) for n, step in steps.items()}, seed)


def draw(number: int, *found: list[Search], missing: str = "") -> Sheet:
    sheet = PAPER[number].draw(Found("Mine", tuple(one for some in found for one in some), missing))
    for panel in sheet.panels:
        check(panel)
    return sheet


def test_a_panel_for_each_task_and_strategy_pools_its_seeds() -> None:
    sheet = draw(2, three("fashion", 0), three("fashion", 1, 0.02), three("pendulum", 0), missing="Missing: 2.")
    assert [panel.title for panel in sheet.panels] == ["fashion, snes", "pendulum, snes"]
    lines = marks(sheet.panels[0], Line)
    assert list(lines) == ["snr", "magnitude", "random"]
    assert lines["random"].x.tolist() == [0.25, 0.5, 1.0]
    np.testing.assert_allclose(lines["random"].y, [0.31, 0.61, 0.91])
    np.testing.assert_allclose(lines["random"].high - lines["random"].y, 0.01)  # s/√n of two seeds 0.02 apart
    assert marks(sheet.panels[1], Line)["snr"].low is None, "one search has no error"
    assert sheet.note.endswith("Missing: 2.")


def test_differences_are_paired_by_seed() -> None:
    """Seeds that differ by far more than branches do: unpaired, nothing could be told."""
    rows = draw(2, three("fashion", 0), three("fashion", 1, -0.5)).rows
    (last,) = [row for row in rows if (row["better"], row["than"], row["density"]) == ("snr", "random", 0.25)]
    assert last["difference"] == pytest.approx(0.4)
    assert (last["low"], last["high"]) == (pytest.approx(0.4), pytest.approx(0.4))
    assert last["pairs"] == 2
    assert {row["density"] for row in rows} == {0.5, 0.25}, "of the dense round there is nothing to compare"
    assert all(row["low"] is None for row in draw(2, three("fashion", 0)).rows), "one pair has no interval"


def test_tasks_of_other_units_count_alike_on_one_scale() -> None:
    sheet = draw(1, three("fashion", 0), three("pendulum", 0, scale=1000.0))
    lines = marks(sheet.panels[0], Line)
    np.testing.assert_allclose(lines["random"].y, [0.0, 0.5, 1.0], atol=1e-9)
    np.testing.assert_allclose(lines["snr"].y, [2 / 3, 5 / 6, 1.0])
    np.testing.assert_allclose(lines["snr"].high, lines["snr"].y, atol=1e-9)
    assert sheet.panels[0].note == "Mean over 2 settings."


def test_a_setting_that_lacks_a_condition_is_left_out_and_said() -> None:
    lacking = [one for one in three("pendulum", 0) if one.branch != "magnitude"]
    sheet = draw(1, three("fashion", 0), lacking)
    assert sheet.panels[0].note == "Mean over 1 setting. Left out, since a condition has no score: pendulum, snes."
    only = draw(1, lacking)
    assert only.is_empty
    assert "Left out" in only.panels[0].note


def test_evolution_against_gradients_on_the_same_task() -> None:
    gradient = searches("fashion", {"gradient": falling(0.95, 0.3)}, trainer=GRADIENTS)
    sheet = draw(3, three("fashion", 0), three("pendulum", 0), gradient)
    (panel,) = sheet.panels
    assert list(marks(panel, Line)) == ["evolution: snr", "evolution: magnitude", "gradient descent: gradient"]
    assert [one.title for one in draw(1, three("fashion", 0), gradient).panels][1] == "Evolution and gradients"
    assert "No task" in draw(3, three("fashion", 0)).note


def test_a_search_that_an_axis_does_not_touch_counts_once() -> None:
    """Two cells whose gradient branch is the same search: its error must not shrink."""
    study = FakeStudy(
        [
            FakeCell("snes", {"gradient": GRADIENTS, "snr": EVOLUTION}),
            FakeCell("pgpe", {"gradient": GRADIENTS, "snr": {**EVOLUTION, "strategy": "pgpe"}}),
        ]
    )
    sheet = study_figure(study, 2)  # type: ignore[arg-type]
    assert [panel.title for panel in sheet.panels] == ["fashion, gradient_descent", "fashion, snes", "fashion, pgpe"]
    assert "Missing of 2 cells: 2 not begun." in sheet.note


class FakeCell:
    """A cell that hasn't begun."""

    has_begun, failure, seed = False, None, 0

    def __init__(self, name: str, trainers: dict[str, Any]) -> None:
        self.name, self.axes, self.planned = name, {"strategy": name}, self
        self._branches = [{"name": n, **plan("fashion", t, "magnitude"), "transfer": None} for n, t in trainers.items()]

    def spec_table(self) -> dict[str, Any]:
        return {"branch": self._branches, "replicates": 1}


class FakeStudy:
    title = "Mine"

    def __init__(self, cells: list[FakeCell]) -> None:
        self._cells = cells

    def cells_of_figure(self, number: int) -> list[FakeCell]:
        return self._cells


@pytest.mark.parametrize(("number", "trainer"), [(4, {**EVOLUTION, "strategy": "pgpe"}), (5, GRADIENTS)])
def test_transferred_tickets_their_control_and_native_ones(number: int, trainer: dict[str, Any]) -> None:
    seen = view({name: falling(0.9, 0.1) for name in ("source", "transferred", "random", "native")})
    plans = {name: plan("fashion", trainer, "magnitude") for name in ("transferred", "random", "native")}
    plans["source"] = plan("mnist", EVOLUTION, "snr")
    cell = [Search("a", n, 0, 1, p, (), n in ("transferred", "random"), True, seen) for n, p in plans.items()]
    sheet = draw(number, cell)
    (panel,) = sheet.panels
    assert panel.title == f"mnist, snes → fashion, {trainer.get('strategy', trainer['name'])}"
    assert set(marks(panel, Line)) == {"transferred", "random", "native"}
    assert not draw(9 - number, cell).panels
    assert not draw(2, cell).panels, "a transfer's cell is no setting of figure 2"


def test_where_snr_is_better_its_thresholds_and_correlation() -> None:
    sheet = draw(7, three("fashion", 0), three("fashion", 1), three("pendulum", 0))
    assert sheet.columns == 2
    assert len(sheet.panels) == 6
    np.testing.assert_allclose(marks(sheet.panels[0], Line)["SNR − magnitude"].y, [0.2, 0.1])
    assert list(marks(sheet.panels[2], Line)) == ["threshold of snr", "threshold of magnitude"]
    np.testing.assert_allclose(marks(sheet.panels[4], Line)["pruned by snr"].y, [0.7, 0.8, 0.9])
    assert {(row["better"], row["than"]) for row in sheet.rows} == {("snr", "magnitude")}


def test_heuristics_and_initialisations_have_panels_of_their_own() -> None:
    def search(branch: str, one: dict[str, Any]) -> Search:
        return Search("a", branch, 0, 1, one, (), False, False, view({branch: falling(1, 0.1)}))

    names = ("magnitude", "movement", "initial_magnitude")
    heuristics = [search(name, plan("fashion", EVOLUTION, name)) for name in names]
    inits = [search(n, plan("mnist", EVOLUTION, "snr", kernel_init=n)) for n in ("lecun_normal", "orthogonal")]
    sheet = draw(9, heuristics, three("pendulum", 0), inits)
    assert [panel.title for panel in sheet.panels] == ["mnist, snes", "fashion, snes"]
    assert "No cell" in draw(9, three("pendulum", 0)).note
    assert "No cell" in draw(8, three("pendulum", 0)).note


def analysed(kind: str, branch: str, number: int, parameters: Any = None, **arrays: Any) -> Analysed:
    blocks = {}
    for name, array in arrays.items():
        array = np.asarray(array, "<f4")
        blocks[name] = Block(shape=list(array.shape), data=array.tobytes())
    return Analysed(
        id=1, kind=kind, branch=branch, round=number, generation=100, parameters=parameters or {}, arrays=blocks
    )


def test_barriers_and_curvature_are_means_over_cells() -> None:
    def cell(seed: int, best: float) -> list[Search]:
        more = (
            analysed("connectivity", "snr", 2, best_score=np.full((1, 3, 3), best)),
            analysed("curvature", "snr", 0, sharpness=[[best, best]]),
            analysed("curvature", "snr", 1, sharpness=[[best * 2, best * 2]]),
        )
        return searches("fashion", {"snr": falling(0.9, 0.1)}, seed, more=more)

    sheet = draw(6, cell(0, 0.2), cell(1, 0.4), searches("fashion", {"snr": falling(0.9, 0.1)}, 2))
    picture, sharpness = sheet.panels
    assert marks(picture, Picture)["best score"].values.shape == (3, 3)
    assert picture.note == "0.3 to 0.3; 1 cell lacks it"
    np.testing.assert_allclose(marks(sharpness, Line)["snr"].y, [0.3, 0.6], rtol=1e-6)
    none = draw(6, three("fashion", 0))
    assert 'No cell has an analysis of connectivity: give the study [[analyse]] name = "connectivity".' in none.note
    assert "curvature" in none.note


def test_surfaces_and_layers() -> None:
    surface = analysed("surface", "snr", 0, loss=np.ones((1, 5, 5)))
    sheet = draw(10, searches("fashion", {"snr": falling(0.9, 0.1)}, more=(surface,)))
    assert [panel.title for panel in sheet.panels] == ["fashion, snes: snr, round 0"]
    assert "No cell has an analysis of surface" in draw(10, three("fashion", 0)).note
    layers = analysed("layers", "snr", 2, rounds=[0, 1, 2], magnitude=np.ones((1, 3, 2)))
    shares, sizes = draw(11, searches("fashion", {"snr": falling(0.9, 0.1)}, more=(layers,))).panels
    assert shares.note
    assert list(marks(sizes, Line)) == ["dense_0/kernel", "dense_1/kernel"]


@pytest.mark.parametrize("number", PAPER)
def test_every_figure_is_drawn_whatever_there_is(number: int) -> None:
    pytest.importorskip("matplotlib")
    for found in ([], three("fashion", 0)):
        assert drawn(draw(number, found), "svg").startswith(b"<?xml")


def test_names_and_notes_of_a_sheet_lie_over_nothing() -> None:
    pytest.importorskip("matplotlib")
    from tests.faces.test_paper_figures import laid_out
    from widgets.plots.matplotlib_figure import usual_size

    sheet = draw(2, three("fashion", 0), three("pendulum", 0), three("cartpole", 0), missing="Missing: 2 cells.")
    canvas, renderer = laid_out(sheet, usual_size(sheet))
    legend = canvas.legends[0].get_window_extent(renderer)
    assert all(legend.y1 <= axes.get_tightbbox(renderer).y0 + 1 for axes in canvas.axes)


TEXT = """
title = "Tiny"
seeds = 2
preset = "fashion"
[[axis]]
name = "strategy"
path = "trainer.strategy"
values = ["snes", "pgpe"]
[[figure]]
cites = "Lange & Sprekeler (2023), figure 2"
number = 2
cells = { strategy = "snes" }
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (file := tmp_path / "mine.toml").write_text(TEXT)
    return Study.create(file, tmp_path / "mine.study")


def test_a_study_says_which_cells_a_figure_is_drawn_from(study: Study) -> None:
    assert [cell.name for cell in study.cells_of_figure(2)] == ["snes,seed-0", "snes,seed-1"]
    assert study.cells_of_figure(3) == ()
    assert study.cell("snes,seed-1").cites == ("Lange & Sprekeler (2023), figure 2",)
    assert study.cell("pgpe,seed-1").cites == ()
    sheet = study_figure(study, 2)
    assert [panel.title for panel in sheet.panels] == ["fashion, snes"]
    assert "Missing of 2 cells: 2 not begun." in sheet.note
    assert study_figure(study, 3).note.endswith("No cell of this study belongs to this figure.")
    with pytest.raises(TicketError, match=r"12.*1, 2, 3"):
        study_figure(study, 12)


def test_figure_and_export_on_the_command_line(study: Study, tell: Any, tmp_path: Path) -> None:
    told = tell("study", "figure", str(study.path), "2")
    assert told.exit_code == 0
    assert "fashion, snes" in told.stdout
    assert "2 not begun" in told.stderr
    assert json.loads(tell("study", "figure", str(study.path), "2", "--json").stdout) == []
    assert tell("study", "figure", str(study.path), "2", "--out", str(tmp_path / "a.txt")).exit_code == 2
    assert tell("study", "figure", str(study.path), "2", "--out", str(tmp_path / "a.svg")).exit_code == 0
    assert (tmp_path / "a.svg").exists()
    assert tell("study", "figure", str(study.path), "99").exit_code == 2
    told = tell("study", "export", str(study.path), "--out", str(tmp_path / "a.csv"))
    assert "No cell of this study has begun yet" in told.stderr
    assert tell("study", "export", str(study.path), "--out", str(tmp_path / "a.xyz")).exit_code == 2
