"""Scores while training, and instability: checked against numbers worked out here."""

from pathlib import Path
from typing import Any

import numpy as np
from msgspec import structs

from sessions.messages import events
from sessions.store import Ledger
from sessions.views.session_view import SessionView
from tests.faces.made_events import block, branch, check, finish, marks, start, view_of
from tests.faces.test_landscape_figures import analysed
from widgets.plots import figures
from widgets.plots.figure import Line, Rule
from widgets.plots.figures import Selection
from widgets.plots.kinds import PANELS, Look
from widgets.plots.mask_reader import MaskReader


def scored(name: str, generation: int, score: list[float | None]) -> events.Scored:
    return events.Scored(branch=name, round=0, generation=generation, score=score)


def acting(name: str, plan: dict[str, Any]) -> events.BranchAdded:
    return structs.replace(branch(name), plan={**branch(name).plan, **plan})


def learned(task: str = "lunar_lander") -> SessionView:
    """Two replicates of four generations; the second takes twice the steps of the first."""
    told = structs.replace(block("a", 0, np.zeros((4, 2, 4))), steps=np.full((4, 2), [10, 20], "<i4").tobytes())
    stream = [acting("a", {"task": {"name": task}}), start("a"), told, scored("a", 2, [1.0, 3.0])]
    view = view_of(*stream, scored("a", 3, [None, 5.0]))
    view.apply(events.RoundEnded(branch="a", round=0, generations=4))
    view.apply(structs.replace(finish("a", score=[8.0, 10.0]), generations=4))
    return view


class TestLearning:
    def test_scores_stand_at_what_was_spent(self) -> None:
        figure = figures.learning(learned(), Selection())
        line = marks(figure, Line)["a"]
        assert figure.x.label == "environment steps"
        np.testing.assert_allclose(line.x, [30, 45, 60])
        np.testing.assert_allclose(line.y, [2, 5, 9])
        np.testing.assert_allclose(line.high - line.y, [1, 0, 1])
        assert marks(figure, Rule)["solved: 200"].value == 200
        against = marks(figures.learning(learned(), Selection(), "generations"), Line)["a"]
        np.testing.assert_allclose(against.x, [2, 3, 4])
        check(figure)

    def test_images_count_forward_passes(self) -> None:
        evolution = {"task": {"name": "fashion"}, "trainer": {"name": "evolution", "population": 8, "generations": 100}}
        view = view_of(acting("a", evolution), start("a"), block("a", 0, np.zeros((4, 1, 4))), scored("a", 4, [0.5]))
        figure = figures.learning(view, Selection())
        assert figure.x.label == "forward passes of a batch"
        assert marks(figure, Line)["a"].x.tolist() == [32]
        assert marks(figure, Rule) == {}

    def test_without_scores_it_says_how_to_have_them(self) -> None:
        view = view_of(branch("a"), start("a"), block("a", 0, np.zeros((4, 1, 4))), finish("a"))
        figure = figures.learning(view, Selection())
        assert figure.is_empty
        assert "analysis.score_every" in figure.note

    def test_the_fitness_panel_shows_them_in_turn(self) -> None:
        look, panel = Look(learned(), MaskReader(Path(), Ledger, print)), PANELS["fitness"]
        assert panel.draw is not None
        told = []
        for turn in range(4):
            look.turns["fitness"] = turn
            told.append((panel.draw(look).x.label, panel.cursor_in(look)))
        axes = [("generation", "generation"), ("generation", "generation"), ("environment steps", None)]
        assert told == [*axes, axes[0]]


def unstable(name: str, values: list[list[float]], densities: list[float], **kwargs: Any) -> events.Analysed:
    score = np.array(values)[..., None] * [0.0, -1.0, 0.0] + 0.5
    found = analysed(
        "instability",
        name,
        0,
        alphas=[0.0, 0.5, 1.0],
        rounds=list(range(len(densities))),
        densities=densities,
        instability=values,
        score=score + kwargs.get("shift", 0.0),
    )
    return structs.replace(found, parameters={"other": "base"})


class TestInstability:
    def view(self) -> SessionView:
        late = {"noise_seed": 1, "noise_from": 30}
        view = view_of(branch("base"), acting("early", {"noise_seed": 1}), acting("late", late), branch("again"))
        view.apply(unstable("early", [[0.3], [0.1]], [1.0]))
        view.apply(unstable("late", [[0.01], [0.03]], [1.0]))
        view.apply(unstable("again", [[0.2, 0.1], [0.4, 0.1]], [1.0, 0.5]))
        return view

    def test_against_density(self) -> None:
        figure = figures.instability(self.view(), Selection("base"))
        assert list(marks(figure, Line)) == ["again"]
        np.testing.assert_allclose(marks(figure, Line)["again"].x, [0.5, 1.0])
        np.testing.assert_allclose(marks(figure, Line)["again"].y, [0.1, 0.3], atol=1e-6)
        assert marks(figure, Rule)["stable: below 0.02"].value == 0.02
        check(figure)

    def test_against_the_step_they_part_at(self) -> None:
        line = marks(figures.instability_from(self.view(), Selection("base")), Line)["evolution"]
        np.testing.assert_allclose(line.x, [0, 30])
        np.testing.assert_allclose(line.y, [0.2, 0.02], atol=1e-6)
        np.testing.assert_allclose(line.high - line.y, [0.1, 0.01], atol=1e-6)

    def test_along_the_line(self) -> None:
        lines = marks(figures.instability_profile(self.view(), Selection("base")), Line)
        assert list(lines) == ["early", "late", "again"]
        view = self.view()
        view.apply(structs.replace(unstable("late", [[0.3], [0.1]], [1.0]), id=9))
        alike = marks(figures.instability_profile(view, Selection("base")), Line)
        assert list(alike) == ["early", "again"], "trained alike"
        np.testing.assert_allclose(lines["early"].y, [0.5, 0.3, 0.5], atol=1e-6)
        sparse = marks(figures.instability_profile(self.view(), Selection("again", 1)), Line)
        np.testing.assert_allclose(sparse["again"].y, [0.5, 0.4, 0.5], atol=1e-6)

    def test_returns_have_no_threshold(self) -> None:
        view = view_of(branch("base"), branch("again"))
        view.apply(unstable("again", [[50.0]], [1.0], shift=200.0))
        assert marks(figures.instability(view, Selection()), Rule) == {}
