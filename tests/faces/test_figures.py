"""Figures: what holds of all of them, of hand-made and of real sessions."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sessions.engine.round_summary import Arrays
from sessions.messages import events
from sessions.store import SessionDirectory, read_records
from sessions.views.reading import decoded
from sessions.views.session_view import SessionView
from tests.faces.made_events import (
    KEPT,
    block,
    branch,
    check,
    finish,
    frame,
    start,
    summaries,
    view_of,
    weights,
)
from widgets.plots import figures
from widgets.plots.figure import Figure
from widgets.plots.figures import FIGURES, QUANTITIES, Selection

GOLDEN = Path(__file__).parents[1] / "engine" / "golden" / "schema_1"
Builder = Callable[[SessionView, Selection], Figure]
BUILDERS: dict[str, Builder] = {
    "fitness": figures.fitness,
    "ticket_curve": figures.ticket_curve,
    "sparsity": figures.sparsity,
    "sparsity_now": figures.sparsity_now,
    "snr_magnitude": figures.snr_magnitude,
    "correlation": figures.correlation,
    "curvature": figures.curvature,
    **{f"distribution of {name}": lambda v, s, name=name: figures.distribution(v, s, name) for name in QUANTITIES},
}


class TestAlways:
    def selections(self, view: SessionView) -> Iterator[Selection]:
        for name in (None, "nobody", *view.branches):
            for number in (None, 0, 1, 7):
                for generation in (None, 0, 3):
                    yield Selection(name, number, generation, ("snr", "gone") if generation else None)

    @pytest.mark.parametrize("name", BUILDERS)
    def test_nothing_raises_at_any_moment_of_a_real_session(self, name: str) -> None:
        directory = SessionDirectory.open_for_reading(GOLDEN)
        view = SessionView()
        check(BUILDERS[name](view, Selection()))
        for event in decoded(read_records(directory.journal).payloads, directory.journal):
            view.apply(event)
            for selection in self.selections(view):
                check(BUILDERS[name](view, selection))

    @pytest.mark.parametrize("name", BUILDERS)
    def test_nothing_raises_where_things_are_missing(self, name: str) -> None:
        nan = float("nan")
        bare = weights(sigma=False)
        dead = Arrays(np.zeros_like(bare.mean), np.zeros_like(bare.mean), bare.mask)
        stream = [
            branch("a"),
            branch("b", "a", 0),
            events.SetAsideChanged(branch="b", aside=True),
            start("a"),
            block("a", 0, [[[nan] * 4] * 3, [[np.inf] * 4] * 3]),
            frame("a", bare, 1),
            frame("a", dead, 2),
            finish("a", score=[None, None, 0.25], pearson=[None] * 3, thresholds={"snr": [None] * 3}),
            events.Pruned(branch="a", round=0, pruner="snr", rewind="initial", kept=KEPT, threshold=[[None]] * 3),
            start("a", 1, 0.5),
            finish("a", 1, score=[None] * 3, leaves=summaries(0.0, 0.0)),
        ]
        view = SessionView()
        for event in stream:
            view.apply(event)
            for selection in self.selections(view):
                check(BUILDERS[name](view, selection))

    def test_every_kind_has_a_function_and_help(self) -> None:
        for name, kind in FIGURES.items():
            assert callable(getattr(figures, name))
            assert len(kind.help) > 100
            assert "paper" in kind.help or "Sprekeler" in kind.help

    def test_the_public_list_is_what_there_is(self) -> None:
        assert sorted(figures.__all__) == list(dict.fromkeys(sorted(figures.__all__)))
        assert all(hasattr(figures, name) for name in figures.__all__)

    def test_neither_jax_nor_scipy_is_imported(self) -> None:
        script = "import sys, widgets.plots.figures; sys.exit(' '.join({'jax', 'scipy', 'flax'} & {*sys.modules}))"
        assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stderr.strip() == ""


class TestSelection:
    def test_nothing_selected_is_what_runs(self, golden: SessionView) -> None:
        round_ = Selection().round_in(golden)
        assert round_ is golden.running
        assert Selection().branch_in(golden) == "snr"

    def test_what_does_not_run_shows_what_ran_last(self) -> None:
        view = view_of(branch("a"), branch("b"), start("a", at=5.0), finish("a"), start("b", at=3.0), finish("b"))
        assert Selection().branch_in(view) == "a"

    def test_inherited_rounds_are_found(self, golden: SessionView) -> None:
        assert Selection("again").round_in(golden) is golden.branches["snr"].rounds[1]
        assert Selection("again", 0).round_in(golden) is golden.branches["snr"].rounds[0]

    def test_the_frame_is_the_last_at_or_before_the_generation(self, golden: SessionView) -> None:
        found = {g: Selection("snr", 1, g).frame_in(golden) for g in (0, 1, 4, 5, 99, None)}
        assert found[0] is None
        assert [found[g].generation for g in (1, 4, 5, 99, None)] == [1, 3, 5, 6, 6]  # type: ignore[union-attr]

    def test_other_branches_can_be_left_out(self, golden: SessionView) -> None:
        assert Selection("random", branches=("again",)).shown_in(golden) == ["random", "again"]

    def test_what_is_missing_is_said(self, golden: SessionView) -> None:
        assert "'nobody'" in figures.fitness(golden, Selection("nobody")).note
        assert "no round 2" in figures.fitness(golden, Selection("random", 2)).note
        assert "generation 0" in figures.snr_magnitude(golden, Selection("snr", 1, 0)).note
