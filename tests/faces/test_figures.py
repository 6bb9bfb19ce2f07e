"""Figures: what is in them is checked against numbers worked out here, from hand-made and from real sessions."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import widgets.plots.figures.metrics_cache as metrics_cache_module
from sessions import events
from sessions.frames import Framer
from sessions.header import decoded, read_view
from sessions.store import SessionDirectory, read_records
from sessions.summary import Arrays
from sessions.view import RoundView, SessionView, fold
from ticket_explorer.layout import Layout, Leaf
from widgets.plots import figures
from widgets.plots.figure import MUTED, Bars, Figure, Line, Picture, Points, Rule
from widgets.plots.figures import KINDS, QUANTITIES, MetricsCache, Selection
from widgets.plots.figures.criterion import _leaf_numbers
from widgets.plots.figures.decimation import extremes

GOLDEN = Path(__file__).parents[1] / "engine" / "golden" / "schema_1"
LEAVES = [
    events.LeafShape(name="dense_0/bias", shape=[50], prunable=False),
    events.LeafShape(name="dense_0/kernel", shape=[80, 50], prunable=True),
    events.LeafShape(name="dense_1/kernel", shape=[50, 20], prunable=True),
]
LAYOUT = Layout(
    tuple(
        Leaf(leaf.name, tuple(leaf.shape), leaf.prunable, sum(prod(before.shape) for before in LEAVES[:i]))
        for i, leaf in enumerate(LEAVES)
    )
)
KEPT = LAYOUT.prunable_size

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


def plan(pruner: str = "snr", ratio: float = 0.25, scope: str = "global") -> dict[str, Any]:
    return {
        "trainer": {"name": "evolution", "generations": 100},
        "pruner": {"name": pruner},
        "rewind": {"name": "initial"},
        "pruning": {"ratio": ratio, "rounds": 5, "scope": scope},
    }


def branch(name: str, parent: str | None = None, after: int | None = None, **kwargs: Any) -> events.BranchAdded:
    return events.BranchAdded(
        branch=name, parent=parent, parent_round=after, plan=plan(**kwargs), leaves=LEAVES, input_shape=[8, 5, 2]
    )


def start(name: str, number: int = 0, density: float = 1.0, at: float = 1.0) -> events.RoundStarted:
    kept = round(density * KEPT)
    return events.RoundStarted(
        at=at, branch=name, round=number, density=density, kept=kept, dimension=kept + 50, generations=100
    )


def block(name: str, first: int, values: Any, number: int = 0) -> events.Generations:
    """A block of metrics [count, replicates, 4]."""
    array = np.asarray(values, "<f4")
    return events.Generations(branch=name, round=number, first=first, count=len(array), values=array.tobytes())


def finish(name: str, number: int = 0, score: Sequence[float | None] = (0.5,), **kwargs: Any) -> events.RoundFinished:
    return events.RoundFinished(branch=name, round=number, generations=100, score=list(score), fitness=[None], **kwargs)


def summaries(first: float, second: float) -> dict[str, events.LeafSummary]:
    densities = {"dense_0/bias": 1.0, "dense_0/kernel": first, "dense_1/kernel": second}
    return {name: events.LeafSummary(density=density) for name, density in densities.items()}


def weights(sigma: bool = True, zeros: int = 0) -> Arrays:
    """A search distribution whose first prunable leaf is ten times smaller than its second."""
    rng = np.random.default_rng(7)
    mean = rng.normal(size=(1, LAYOUT.size)).astype(np.float32)
    mean[:, LAYOUT.leaves[2].slice] *= 10
    mean[:, 50 : 50 + zeros] = 0
    std = np.exp(rng.normal(size=mean.shape)).astype(np.float32) if sigma else None
    return Arrays(mean, std, np.ones(mean.shape, bool))


def frame(name: str, arrays: Arrays, generation: int = 100, number: int = 0) -> events.Frame:
    return Framer(name, number, 100, LAYOUT, arrays.mask[0]).take(arrays, generation)


def scores(arrays: Arrays, criterion: str) -> np.ndarray:
    magnitude = np.abs(arrays.mean[0, LAYOUT.prunable])
    return magnitude if criterion == "magnitude" else magnitude / arrays.std[0, LAYOUT.prunable]  # type: ignore[index]


def view_of(*stream: events.Event) -> SessionView:
    return fold(iter(stream))


def marks(figure: Figure, kind: type) -> dict[str, Any]:
    return {mark.name: mark for mark in figure.marks if isinstance(mark, kind)}


def check(figure: Figure) -> None:
    """What holds of every figure: shapes agree, axes can show the values, an empty one says why."""
    assert figure.title
    assert figure.note or not figure.is_empty
    for mark in figure.marks:
        match mark:
            case Line():
                assert mark.x.shape == mark.y.shape
                assert (np.diff(mark.x) > 0).all()
                assert mark.x.size <= 2002
                known = np.isfinite(mark.y)
                assert figure.y.scale == "linear" or (mark.y[known] > 0).all()
                if mark.low is not None and mark.high is not None:
                    assert (mark.low[known] <= mark.y[known]).all()
                    assert (mark.high[known] >= mark.y[known]).all()
            case Points():
                assert mark.x.shape == mark.y.shape
                assert (mark.x > 0).all()
                assert (mark.y > 0).all()
            case Bars():
                assert mark.edges.size == mark.heights.size + 1
                assert (np.diff(mark.edges) > 0).all()
            case Rule():
                assert np.isfinite(mark.value)
            case Picture():
                assert mark.values.ndim == 2


@pytest.fixture(scope="module")
def golden() -> SessionView:
    return read_view(GOLDEN)


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
        for name, kind in KINDS.items():
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


class TestFitness:
    def test_several_replicates_have_a_standard_error(self) -> None:
        values = np.zeros((3, 4, 4))
        values[0, :, 0], values[0, :, 1] = [1, 2, 3, 6], [2, 3, 4, 7]
        values[1, :, 0], values[1, :, 1] = [5, np.nan, 7, np.nan], [6, np.nan, 8, np.nan]
        values[2, :, 0], values[2, :, 1] = [9, *[np.nan] * 3], [9, *[np.nan] * 3]
        view = view_of(branch("a"), start("a"), block("a", 0, values))
        lines = marks(figures.fitness(view, Selection()), Line)
        np.testing.assert_allclose(lines["a"].x, [1, 2, 3])
        np.testing.assert_allclose(lines["a"].y, [3, 6, 9])
        np.testing.assert_allclose(lines["a"].high - lines["a"].y, [np.std([1, 2, 3, 6], ddof=1) / 2, 1, 0])
        np.testing.assert_allclose(lines["a, best"].y, [4, 7, 9])
        assert lines["a, best"].faint
        assert not lines["a"].faint

    def test_a_single_one_has_the_deviation_of_its_population(self) -> None:
        view = view_of(branch("a"), start("a"), block("a", 0, [[[1, 2, 0.25, 0]], [[3, 4, 0.5, 0]]]))
        figure = figures.fitness(view, Selection(generation=2))
        line = marks(figure, Line)["a"]
        np.testing.assert_allclose(line.low, [0.75, 2.5])
        np.testing.assert_allclose(line.high, [1.25, 3.5])
        assert "deviation" in figure.note
        assert marks(figure, Rule)["generation 2"].value == 2

    def test_a_gap_stays_a_gap(self) -> None:
        view = view_of(branch("a"), start("a"), block("a", 0, [[[1, 2, 0, 0]], [[np.nan] * 4], [[3, 4, 0, 0]]]))
        assert np.isnan(marks(figures.fitness(view, Selection()), Line)["a"].y).tolist() == [False, True, False]

    def test_other_branches_are_faint_and_shared_rounds_drawn_once(self, golden: SessionView) -> None:
        lines = marks(figures.fitness(golden, Selection("snr", 1)), Line)
        assert list(lines) == ["snr", "snr, best", "random"]
        assert lines["random"].faint
        assert (lines["snr"].colour, lines["random"].colour) == (0, 1)
        metrics = golden.branches["random"].rounds[1].metrics()
        np.testing.assert_allclose(lines["random"].y, metrics[:, :, 0].mean(1), rtol=1e-6)
        assert list(marks(figures.fitness(golden, Selection("snr", 0)), Line)) == ["snr", "snr, best"]
        assert list(marks(figures.fitness(golden, Selection("random", 1)), Line)) == ["random", "random, best", "snr"]

    def test_before_its_first_generation_the_others_are_shown(self) -> None:
        view = view_of(branch("a"), branch("b"), start("b"), block("b", 0, [[[1, 2, 0, 0]]]), start("a", at=9.0))
        figure = figures.fitness(view, Selection())
        assert list(marks(figure, Line)) == ["b"]
        assert "no generation" in figure.note

    def test_what_was_tuned_is_marked(self) -> None:
        tuned = events.Tuned(branch="a", round=0, generation=1, changes={"std_decay": 0.9})
        view = view_of(branch("a"), start("a"), block("a", 0, [[[1, 2, 0, 0]]] * 2), tuned)
        assert marks(figures.fitness(view, Selection()), Rule)["std_decay = 0.9"].value == 1


class TestLongRounds:
    COUNT = 200_000

    def view(self) -> SessionView:
        values = np.random.default_rng(0).normal(size=(self.COUNT, 2, 4)).astype(np.float32)
        values[123_456, :, 0] = 50
        values[77_777, :, 0] = -50
        parts = range(0, self.COUNT, 1000)
        return view_of(branch("a"), start("a"), *(block("a", i, values[i : i + 1000]) for i in parts))

    def test_a_long_line_is_short_and_keeps_its_spikes(self) -> None:
        line = marks(figures.fitness(self.view(), Selection()), Line)["a"]
        assert 1000 < line.x.size <= 2002
        assert (line.x[0], line.x[-1]) == (1, self.COUNT)
        assert line.x[line.y.argmax()] == 123_457
        assert line.x[line.y.argmin()] == 77_778

    def test_only_new_blocks_are_converted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        converted, append = [], metrics_cache_module._append
        monkeypatch.setattr(
            metrics_cache_module,
            "_append",
            lambda entry, blocks: (converted.append(len(blocks)), append(entry, blocks)),
        )
        view, cache = self.view(), MetricsCache()
        drawn = figures.fitness(view, Selection(), cache)
        figures.fitness(view, Selection(), cache)
        assert converted == [200]
        view.apply(block("a", self.COUNT, np.full((10, 2, 4), 99.0)))
        again = figures.fitness(view, Selection(), cache)
        assert converted == [200, 1]
        assert marks(drawn, Line)["a"].x[-1] == self.COUNT
        fresh = figures.fitness(view, Selection())
        for name, line in marks(fresh, Line).items():
            np.testing.assert_array_equal(marks(again, Line)[name].y, line.y)
            np.testing.assert_array_equal(marks(again, Line)[name].x, line.x)
        assert marks(again, Line)["a"].y[-1] == 99

    def test_another_view_of_the_same_round_is_converted_anew(self) -> None:
        cache = MetricsCache()
        long, short = (
            view_of(branch("a"), start("a"), block("a", 0, np.full((count, 1, 4), value)))
            for count, value in ((5, 1.0), (3, 2.0))
        )
        figures.fitness(long, Selection(), cache)
        assert marks(figures.fitness(short, Selection(), cache), Line)["a"].y.tolist() == [2, 2, 2]

    def test_a_finished_round_is_remembered_as_drawn_only(self) -> None:
        cache, view = MetricsCache(), self.view()
        view.apply(finish("a"))
        first = figures.fitness(view, Selection(), cache)
        held = sum(entry.rows.nbytes for entry in cache._entries.values())
        assert held == 0
        second = figures.fitness(view, Selection(), cache)
        np.testing.assert_array_equal(marks(first, Line)["a"].y, marks(second, Line)["a"].y)
        view.apply(block("a", self.COUNT, np.full((10, 2, 4), 99.0)))
        third, fresh = (figures.fitness(view, Selection(), each) for each in (cache, MetricsCache()))
        np.testing.assert_array_equal(marks(third, Line)["a"].y, marks(fresh, Line)["a"].y)

    def test_a_short_line_keeps_the_widest_band(self) -> None:
        values = np.random.default_rng(0).normal(size=(50_000, 1, 4))
        values[:, :, 2] = 1
        values[12_345, :, 0], values[12_345, :, 2] = 0, 80
        view = view_of(branch("a"), start("a"), block("a", 0, values))
        line = marks(figures.fitness(view, Selection()), Line)["a"]
        assert 12_346 not in line.x
        assert (line.low.min(), line.high.max()) == (-80, 80)
        assert (line.high > 40).sum() == 2

    def test_few_rounds_are_remembered(self) -> None:
        cache = MetricsCache(size=3)
        for number in range(10):
            cache.fitness(
                RoundView(branch="a", number=number, density=1, kept=1, dimension=1, generations=1, started=0)
            )
        assert len(cache._entries) == 3

    def test_a_bucket_of_gaps_is_a_gap(self) -> None:
        values = np.arange(10_000.0)
        values[2000:4000] = np.nan
        kept = extremes(values)
        assert np.isnan(values[kept]).any()
        assert kept.size <= 2002
        assert extremes(values[:2000]).tolist() == list(range(2000))


class TestTicketCurve:
    def test_scores_errors_and_the_dense_rule(self) -> None:
        view = view_of(
            branch("other"),
            branch("a"),
            start("a"),
            finish("a", score=[0.8, 0.6]),
            start("a", 1, 0.5),
            finish("a", 1, score=[0.5, 0.7]),
            start("a", 2, 0.25),
        )
        figure = figures.ticket_curve(view, Selection())
        (line,) = marks(figure, Line).values()
        assert (line.name, line.colour, line.markers) == ("a", 1, True)
        np.testing.assert_allclose(line.x, [0.5, 1.0])
        np.testing.assert_allclose(line.y, [0.6, 0.7])
        np.testing.assert_allclose(line.high - line.y, [0.1, 0.1])
        assert marks(figure, Rule)["dense"].value == pytest.approx(0.7)
        assert marks(figure, Rule)["dense"].across == "y"
        assert (figure.x.scale, figure.x.reverse, figure.x.percent) == ("log", True, True)

    def test_the_rule_is_of_the_branch_that_is_looked_at(self) -> None:
        view = view_of(branch("a"), branch("b"), start("a"), finish("a", score=[0.9]), start("b"), finish("b"))
        values = {name: marks(figures.ticket_curve(view, Selection(name)), Rule)["dense"].value for name in "ab"}
        assert values == {"a": 0.9, "b": 0.5}

    def test_a_single_replicate_has_no_error_bars(self) -> None:
        view = view_of(branch("a"), start("a"), finish("a", score=[0.9]))
        assert marks(figures.ticket_curve(view, Selection()), Line)["a"].low is None

    def test_a_real_session(self, golden: SessionView) -> None:
        lines = marks(figures.ticket_curve(golden, Selection()), Line)
        assert {name: line.x.tolist() for name, line in lines.items()} == {
            name: [0.7, 1.0] for name in ("snr", "random", "again")
        }
        np.testing.assert_allclose(lines["random"].y, [0.073, 0.1375], rtol=1e-6)
        assert list(marks(figures.ticket_curve(golden, Selection("snr", branches=())), Line)) == ["snr"]


class TestSparsity:
    def view(self) -> SessionView:
        return view_of(
            branch("a"),
            start("a"),
            finish("a", leaves=summaries(1.0, 1.0)),
            start("a", 1, 0.5),
            finish("a", 1, leaves=summaries(0.625, 0.0)),
        )

    def test_a_line_a_prunable_leaf(self) -> None:
        figure = figures.sparsity(self.view(), Selection())
        lines = marks(figure, Line)
        assert list(lines) == ["dense_0/kernel", "dense_1/kernel", "whole network"]
        assert lines["dense_0/kernel"].y.tolist() == [1.0, 0.625]
        assert lines["whole network"].y.tolist() == [1.0, 0.5]
        assert lines["dense_0/kernel"].x.tolist() == [0, 1]
        np.testing.assert_array_equal(lines["dense_1/kernel"].y, [1.0, np.nan])
        assert figure.note == "Nothing is left of dense_1/kernel."
        assert len({line.colour for line in lines.values()}) == 3

    def test_bars_of_one_round(self) -> None:
        bars = marks(figures.sparsity_now(self.view(), Selection(round=1)), Bars)
        assert {name: bar.heights.tolist() for name, bar in bars.items()} == {
            "dense_0/kernel": [0.625],
            "dense_1/kernel": [0.0],
        }
        edges = [bar.edges for bar in bars.values()]
        assert all(left[-1] < right[0] for left, right in pairwise(edges))

    def test_journals_without_shapes_show_kernels(self, golden: SessionView) -> None:
        lines = marks(figures.sparsity(golden, Selection("again")), Line)
        assert lines["dense_0/kernel"].y.tolist() == [1.0, 0.59375]
        assert "dense_0/bias" not in lines


class TestSNRMagnitude:
    @pytest.mark.parametrize(("criterion", "across"), [("snr", "y"), ("magnitude", "x")])
    @pytest.mark.parametrize("ratio", [0.1, 0.6])
    @pytest.mark.parametrize("zeros", [0, 300])
    def test_a_running_rounds_threshold_is_estimated(
        self, criterion: str, across: str, ratio: float, zeros: int
    ) -> None:
        arrays = weights(zeros=zeros)
        view = view_of(branch("a", pruner=criterion, ratio=ratio), start("a"), frame("a", arrays, 40))
        figure = figures.snr_magnitude(view, Selection())
        rule, points = marks(figure, Rule)["threshold"], marks(figure, Points)
        assert rule.across == across
        share = (scores(arrays, criterion) <= rule.value).mean()
        assert share == pytest.approx(ratio, abs=0.01)
        assert points["pruned next"].colour == MUTED
        assert points["kept"].colour == 0
        axis = {"y": "y", "x": "x"}[across]
        assert getattr(points["pruned next"], axis).max() <= rule.value < getattr(points["kept"], axis).min()
        hidden = 512 - points["pruned next"].x.size - points["kept"].x.size
        assert 1 - points["kept"].x.size / 512 == pytest.approx(ratio, abs=0.06)
        assert (hidden > 0) == (zeros > 0)

    def test_a_small_sample_that_holds_all_weights_is_exact(self) -> None:
        arrays = weights()
        mask = np.zeros(LAYOUT.size, bool)
        mask[np.flatnonzero(LAYOUT.prunable)[::13]] = True
        kept = int(mask.sum())
        shot = Framer("a", 0, 100, LAYOUT, mask).take(arrays, 5)
        view = view_of(branch("a", ratio=0.2), start("a", density=kept / KEPT), shot)
        points = marks(figures.snr_magnitude(view, Selection()), Points)
        assert points["pruned next"].x.size == round(0.2 * kept)

    def test_a_finished_rounds_threshold_is_the_journals(self) -> None:
        arrays = weights()
        stream = [branch("a"), start("a"), frame("a", arrays, 50), frame("a", arrays, 100)]
        finished = finish("a", thresholds={"snr": [1.25, 9.0], "magnitude": [0.75, 9.0]})
        view = view_of(*stream, finished)
        assert marks(figures.snr_magnitude(view, Selection()), Rule)["threshold"].value == 1.25
        earlier = marks(figures.snr_magnitude(view, Selection(generation=60)), Rule)["threshold"].value
        assert earlier == pytest.approx(np.quantile(scores(arrays, "snr"), 0.25), rel=0.1)
        view.apply(events.PlanChanged(branch="a", plan=plan("magnitude")))
        rule = marks(figures.snr_magnitude(view, Selection()), Rule)["threshold"]
        assert (rule.value, rule.across) == (0.75, "x")
        view.apply(events.PlanChanged(branch="a", plan=plan("magnitude", ratio=0.5)))
        other = marks(figures.snr_magnitude(view, Selection()), Rule)["threshold"].value
        assert other == pytest.approx(np.quantile(scores(arrays, "magnitude"), 0.5), rel=0.1)

    def test_a_pruned_round_shows_what_was_pruned(self, golden: SessionView) -> None:
        figure = figures.snr_magnitude(golden, Selection("snr", 0))
        points, rule = marks(figure, Points), marks(figure, Rule)["threshold"]
        assert (points["pruned"].x.size, points["kept"].x.size) == (16, 36)
        assert (rule.value, rule.across) == (3.470015048980713, "y")

    def test_a_round_pruned_anew_shows_the_last_pruning(self) -> None:
        prunings = [
            events.Pruned(branch="a", round=0, pruner=name, rewind="initial", kept=KEPT // 2, threshold=[[value]])
            for name, value in (("snr", 0.5), ("magnitude", 0.25))
        ]
        view = view_of(branch("a"), start("a"), frame("a", weights()), finish("a"), *prunings)
        rule = marks(figures.snr_magnitude(view, Selection()), Rule)["threshold"]
        assert (rule.value, rule.across) == (0.25, "x")

    def test_the_weight_at_the_threshold_goes(self) -> None:
        shot = frame("a", weights())
        mean, std = (np.frombuffer(part, "<f4") for part in (shot.mean, shot.std or b""))
        snr = np.abs(mean) / std
        longer = np.abs(mean).astype(float) / std > snr.astype(float)
        value = float(snr[longer][0])
        view = view_of(branch("a"), start("a"), shot, finish("a", thresholds={"snr": [value]}))
        points = marks(figures.snr_magnitude(view, Selection()), Points)
        assert points["pruned next"].x.size == (snr <= value).sum()
        assert points["pruned next"].y.max() == value

    def test_each_branch_prunes_an_inherited_round_its_own_way(self, golden: SessionView) -> None:
        again = figures.snr_magnitude(golden, Selection("again", 1))
        assert marks(again, Rule)["threshold"].across == "x"
        assert marks(again, Rule)["threshold"].value == 0.17931818962097168
        assert marks(again, Points)["pruned next"].x.size == 36 - 25
        earlier = figures.snr_magnitude(golden, Selection("again", 0))
        assert marks(earlier, Points)["pruned"].x.size == 16
        assert marks(earlier, Points)["kept"].colour == 2
        other = figures.snr_magnitude(golden, Selection("random", 0))
        assert list(marks(other, Points)) == ["kept"]
        assert marks(other, Points)["kept"].x.size == 52

    def test_pruners_that_rank_by_neither_axis_leave_one_group(self) -> None:
        view = view_of(branch("a", pruner="movement"), start("a"), frame("a", weights()))
        figure = figures.snr_magnitude(view, Selection())
        assert list(marks(figure, Points)) == ["kept"]
        assert not marks(figure, Rule)
        assert "movement" in figure.note

    def test_layers_have_their_own_thresholds(self) -> None:
        arrays = weights()
        view = view_of(branch("a", pruner="magnitude", scope="layer"), start("a"), frame("a", arrays))
        figure = figures.snr_magnitude(view, Selection())
        assert not marks(figure, Rule)
        points = marks(figure, Points)
        assert points["pruned next"].x.size == pytest.approx(128, abs=1)
        large = points["pruned next"].x > np.quantile(scores(arrays, "magnitude"), 0.5)
        assert large.any(), "the larger leaf loses its quarter too"

    def test_entries_belong_to_the_leaf_they_lie_in(self) -> None:
        ends = np.array([0, 49, 50, 4049, 4050, 5049], np.int32)
        assert _leaf_numbers(ends, LEAVES).tolist() == [0, 0, 1, 1, 2, 2]

    def test_the_correlation_of_the_sample_is_noted(self) -> None:
        arrays = weights()
        same = Arrays(arrays.mean, np.full_like(arrays.mean, 0.5), arrays.mask)
        notes = [
            figures.snr_magnitude(view_of(branch("a"), start("a"), frame("a", each)), Selection()).note
            for each in (arrays, same)
        ]
        shot = frame("a", arrays)
        mean, std = (np.frombuffer(part, "<f4") for part in (shot.mean, shot.std or b""))
        expected = np.corrcoef(np.abs(mean), np.abs(mean) / std)[0, 1]
        assert notes[0].startswith(f"Pearson {expected:.2f} over 512 weights")
        assert notes[1].startswith("Pearson 1.00")

    def test_without_sigma_it_says_so(self) -> None:
        view = view_of(branch("a"), start("a"), frame("a", weights(sigma=False)))
        figure = figures.snr_magnitude(view, Selection())
        assert figure.is_empty
        assert "no σ" in figure.note


class TestCorrelation:
    def test_a_real_session(self, golden: SessionView) -> None:
        figure = figures.correlation(golden, Selection())
        lines = marks(figure, Line)
        np.testing.assert_allclose(lines["random"].y, [0.980362919, 0.989812365])
        np.testing.assert_allclose(lines["random"].high - lines["random"].y, [0.0095779, 0.0022796], rtol=1e-4)
        assert lines["random"].x.tolist() == [0, 1]
        assert marks(figure, Rule)["SNR pruning = magnitude pruning"].value == 1

    def test_rounds_without_one_are_left_out(self) -> None:
        view = view_of(
            branch("a"), start("a"), finish("a", pearson=[None]), start("a", 1, 0.5), finish("a", 1, pearson=[0.5])
        )
        assert marks(figures.correlation(view, Selection()), Line)["a"].x.tolist() == [1]
        assert "σ" in figures.correlation(view_of(branch("a"), start("a"), finish("a")), Selection()).note


class TestDistribution:
    def test_bars_count_every_weight_at_its_place(self) -> None:
        arrays = weights(zeros=300)
        view = view_of(branch("a"), start("a"), frame("a", arrays))
        for figure, values in zip(
            figures.distributions(view, Selection()),
            (scores(arrays, "magnitude"), arrays.std[0, LAYOUT.prunable], scores(arrays, "snr")),  # type: ignore[index]
            strict=True,
        ):
            (bars,) = marks(figure, Bars).values()
            positive = values[values > 0]
            assert bars.heights.sum() == positive.size
            assert (bars.edges[0], bars.edges[-1]) == pytest.approx((positive.min(), positive.max()), rel=1e-4)
            below = bars.heights[:24].sum()
            assert below == pytest.approx((positive < bars.edges[24]).sum(), abs=2)
            assert ("300" in figure.note) == (positive.size < values.size)

    def test_the_threshold_is_in_the_figure_of_the_pruners_quantity_only(self) -> None:
        view = view_of(branch("a", pruner="magnitude"), start("a"), frame("a", weights()))
        found = [len(marks(figure, Rule)) for figure in figures.distributions(view, Selection())]
        assert found == [1, 0, 0]

    def test_one_sigma_for_all_is_one_bar(self) -> None:
        arrays = weights()
        same = Arrays(arrays.mean, np.full_like(arrays.mean, 0.5), arrays.mask)
        view = view_of(branch("a"), start("a"), frame("a", same))
        (bars,) = marks(figures.distribution(view, Selection(), "sigma"), Bars).values()
        assert bars.heights.tolist() == [KEPT]
        assert bars.edges[0] < 0.5 < bars.edges[1]

    def test_without_sigma_only_magnitudes_are_there(self) -> None:
        view = view_of(branch("a"), start("a"), frame("a", weights(sigma=False)))
        assert [figure.is_empty for figure in figures.distributions(view, Selection())] == [False, True, True]


class TestCurvature:
    def test_it_says_how_to_have_it(self, golden: SessionView) -> None:
        figure = figures.curvature(golden, Selection())
        assert figure.is_empty
        assert "ask for an analysis of curvature" in figure.note


class TestMask:
    def picture(self, figure: Figure) -> np.ndarray:
        (picture,) = marks(figure, Picture).values()
        values: np.ndarray = picture.values
        return values

    def leaf(self, name: str, *shape: int) -> events.LeafShape:
        return events.LeafShape(name=name, shape=list(shape), prunable=True)

    def test_the_first_kernel_is_folded_to_the_input(self) -> None:
        leaves = [self.leaf("dense_0/bias", 2), self.leaf("dense_0/kernel", 12, 2), self.leaf("dense_1/kernel", 2, 3)]
        kernel = np.zeros((2, 3, 2, 2), bool)  # height, width, channels, units
        kernel[0, 1] = True
        kernel[1, 2, 0, 0] = True
        mask = np.concatenate([np.ones(2, bool), kernel.ravel(), np.ones(6, bool)])
        figure = figures.mask(mask, leaves, "dense_0/kernel", (2, 3, 2))
        assert self.picture(figure).tolist() == [[0, 1, 0], [0, 0, 0.25]]
        assert "20.8%" in figure.note
        replicates = np.stack([mask, np.ones_like(mask)])
        folded = self.picture(figures.mask(replicates, leaves, "dense_0/kernel", [2, 3, 2]))
        assert folded.tolist() == [[0.5, 1, 0.5], [0.5, 0.5, 0.625]]
        flat = self.picture(figures.mask(mask, leaves, "dense_0/kernel", [3, 4]))
        assert flat.tolist() == kernel.reshape(3, 4, 2).mean(-1).tolist()

    def test_the_pixel_that_keeps_most_is_the_brightest(self) -> None:
        kernel = np.zeros((4, 2), bool)
        kernel[1, 0] = True
        figure = figures.mask(kernel.ravel(), [self.leaf("dense_0/kernel", 4, 2)], "dense_0/kernel", (2, 2, 1))
        assert self.picture(figure).tolist() == [[0, 1], [0, 0]]
        assert "up to 50%" in figure.note

    def test_later_kernels_are_matrices_even_if_as_wide_as_the_input(self) -> None:
        leaves = [self.leaf("dense_0/kernel", 4, 4), self.leaf("dense_1/kernel", 4, 2)]
        matrix = np.array([[1, 0], [0, 0], [1, 1], [0, 1]], bool)
        mask = np.concatenate([np.zeros(16, bool), matrix.ravel()])
        assert self.picture(figures.mask(mask, leaves, "dense_1/kernel", (2, 2, 1))).tolist() == matrix.tolist()
        assert self.picture(figures.mask(mask, leaves, "dense_0/kernel", (2, 2, 1))).shape == (2, 2)

    def test_after_convolutions_no_dense_kernel_is_folded(self) -> None:
        leaves = [self.leaf("conv_0/kernel", 1, 1, 1, 4), self.leaf("dense_0/kernel", 4, 3)]
        picture = self.picture(figures.mask(np.ones(16, bool), leaves, "dense_0/kernel", (2, 2, 1)))
        assert picture.shape == (4, 3)

    def test_observations_are_not_folded(self) -> None:
        leaves = [self.leaf("dense_0/kernel", 4, 3)]
        assert self.picture(figures.mask(np.ones(12, bool), leaves, "dense_0/kernel", (4,))).shape == (4, 3)

    def test_convolutions_are_tiled(self) -> None:
        kernel = np.zeros((2, 3, 2, 2), bool)  # height, width, in, out
        kernel[:, :, 1, 0] = [[1, 0, 0], [0, 0, 1]]
        kernel[0, 2, 0, 1] = True
        picture = self.picture(
            figures.mask(kernel.ravel(), [self.leaf("conv_0/kernel", 2, 3, 2, 2)], "conv_0/kernel", ())
        )
        gap = np.nan
        np.testing.assert_array_equal(
            picture,
            [
                [0, 0, 0, gap, 0, 0, 1],
                [0, 0, 0, gap, 0, 0, 0],
                [gap] * 7,
                [1, 0, 0, gap, 0, 0, 0],
                [0, 0, 1, gap, 0, 0, 0],
            ],
        )

    def test_other_leaves_are_a_row(self) -> None:
        leaves = [self.leaf("dense_0/bias", 3)]
        assert self.picture(figures.mask(np.array([True, False, True]), leaves, "dense_0/bias", (3,))).tolist() == [
            [1, 0, 1]
        ]

    @pytest.mark.parametrize(
        ("size", "leaves", "said"), [(3, [], "early version"), (3, [4], "another network"), (4, [4], "Layers: dense_0")]
    )
    def test_what_can_not_be_shown_is_said(self, size: int, leaves: list[int], said: str) -> None:
        figure = figures.mask(np.ones(size, bool), [self.leaf("dense_0", n) for n in leaves], "dense_9", (3,))
        check(figure)
        assert figure.is_empty
        assert said in figure.note
