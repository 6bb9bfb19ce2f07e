"""Samples and distributions of weights: checked against numbers worked out here."""

import numpy as np
import pytest

from sessions.engine.round_summary import Arrays
from sessions.engine.weight_samples import Framer
from sessions.messages import events
from sessions.views.session_view import SessionView
from tests.faces.made_events import (
    KEPT,
    LAYOUT,
    LEAVES,
    branch,
    finish,
    frame,
    marks,
    plan,
    scores,
    start,
    view_of,
    weights,
)
from widgets.plots import figures
from widgets.plots.figure import MUTED, Bars, Points, Rule
from widgets.plots.figures import Selection
from widgets.plots.figures.criterion import _leaf_numbers


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

    def test_leaves_lose_what_their_own_ratios_say(self) -> None:
        arrays, (first, second) = weights(), LAYOUT.prunable_leaves
        made = branch("a", pruner="magnitude")
        made.plan["pruning"]["ratios"] = {first.name: 0.5}
        shot = frame("a", arrays)
        figure = figures.snr_magnitude(view_of(made, start("a"), shot), Selection())
        assert not marks(figure, Rule)
        assert "Each group of layers of one ratio has its own threshold." in figure.note
        gone = np.isin(np.frombuffer(shot.indices, "<i4"), marks(figure, Points)["pruned next"].entries)
        inside = [np.isin(np.frombuffer(shot.indices, "<i4"), np.r_[leaf.slice]) for leaf in (first, second)]
        assert [gone[part].sum() for part in inside] == [round(0.5 * inside[0].sum()), round(0.25 * inside[1].sum())]

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
