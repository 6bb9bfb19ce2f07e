"""Fitness, generation by generation: checked against numbers worked out here."""

import numpy as np
import pytest

import widgets.plots.figures.metrics_cache as metrics_cache_module
from sessions.messages import events
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from tests.faces.made_events import block, branch, finish, marks, start, view_of
from widgets.plots import figures
from widgets.plots.figure import Line, Rule
from widgets.plots.figures import MetricsCache, Selection
from widgets.plots.figures.decimation import extremes


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

    def test_a_trainer_without_a_population_has_neither_band_nor_best(self) -> None:
        values = [[[1, np.nan, np.nan, np.nan]], [[3, np.nan, np.nan, np.nan]]]
        view = view_of(branch("a"), start("a"), block("a", 0, values))
        view.branches["a"].rounds[0].plan = {"trainer": {"name": "gradient_descent"}}
        figure = figures.fitness(view, Selection())
        assert list(marks(figure, Line)) == ["a"]
        assert "without a population" in figure.note

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

    def test_only_new_generations_are_converted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        converted, append = [], metrics_cache_module._append
        monkeypatch.setattr(
            metrics_cache_module,
            "_append",
            lambda entry, values: (converted.append(len(values)), append(entry, values)),
        )
        view, cache = self.view(), MetricsCache()
        drawn = figures.fitness(view, Selection(), cache)
        figures.fitness(view, Selection(), cache)
        assert converted == [self.COUNT]
        view.apply(block("a", self.COUNT, np.full((10, 2, 4), 99.0)))
        again = figures.fitness(view, Selection(), cache)
        assert converted == [self.COUNT, 10]
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
                RoundView(
                    branch="a", number=number, trained_density=1, trained_kept=1, dimension=1, generations=1, started=0
                )
            )
        assert len(cache._entries) == 3

    def test_a_bucket_of_gaps_is_a_gap(self) -> None:
        values = np.arange(10_000.0)
        values[2000:4000] = np.nan
        kept = extremes(values)
        assert np.isnan(values[kept]).any()
        assert kept.size <= 2002
        assert extremes(values[:2000]).tolist() == list(range(2000))
