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
from tests.faces.test_landscape_figures import analysed
from widgets.plots import figures
from widgets.plots.figure import MUTED, Bars, Line, Points, Rule
from widgets.plots.figures import Selection
from widgets.plots.figures.criterion import _leaf_numbers
from widgets.plots.mask_panel import mask_panel, mask_turns

LATEST = Selection()


def groups_of(view: SessionView, selection: Selection = LATEST) -> dict[str, Points]:
    """The scatter's groups by name, without their counts; every name has the count of its group."""
    found = {}
    for name, points in marks(figures.snr_magnitude(view, selection), Points).items():
        group, _, count = name.rpartition(" ")
        assert not count.isdigit() or int(count) >= points.x.size
        found[group if count.isdigit() else name] = points
    return found


def pruned_by(groups: dict[str, Points], criterion: str) -> np.ndarray:
    """The entries that one criterion prunes."""
    only = {"snr": "only SNR", "magnitude": "only magnitude"}[criterion]
    parts = [groups["both prune"].entries, groups[only].entries]
    return np.concatenate([part for part in parts if part is not None])


def _jaccard(arrays: Arrays, ratio: float) -> float:
    low, small = (scores(arrays, one) <= np.quantile(scores(arrays, one), ratio) for one in ("snr", "magnitude"))
    return float((low & small).sum() / (low | small).sum())


CUTS = {"snr": ("SNR cut", "y"), "magnitude": ("magnitude cut", "x")}


class TestSNRMagnitude:
    @pytest.mark.parametrize("pruner", ["snr", "magnitude", "random"])
    @pytest.mark.parametrize("ratio", [0.1, 0.6])
    @pytest.mark.parametrize("zeros", [0, 300])
    def test_both_cuts_of_a_running_round_are_estimated(self, pruner: str, ratio: float, zeros: int) -> None:
        arrays = weights(zeros=zeros)
        view = view_of(branch("a", pruner=pruner, ratio=ratio), start("a"), frame("a", arrays, 40))
        groups, rules = groups_of(view), marks(figures.snr_magnitude(view, Selection()), Rule)
        for criterion, (name, across) in CUTS.items():
            assert rules[name].across == across
            assert (scores(arrays, criterion) <= rules[name].value).mean() == pytest.approx(ratio, abs=0.01)
            other = "magnitude" if criterion == "snr" else "snr"
            spared = [groups["both keep"], groups[f"only {'SNR' if other == 'snr' else other}"]]
            assert min(getattr(part, across).min() for part in spared if part.x.size) > rules[name].value
        hidden = 512 - sum(points.x.size for points in groups.values())
        assert (hidden > 0) == (zeros > 0), "a logarithmic axis shows no zeros"

    def test_the_groups_look_apart_without_their_colours(self) -> None:
        groups = groups_of(view_of(branch("a"), start("a"), frame("a", weights())))
        assert (groups["both prune"].colour, groups["both keep"].colour) == (MUTED, 0)
        apart = [groups[name] for name in ("only SNR", "only magnitude")]
        assert all(points.marked for points in apart)
        assert len({points.colour for points in groups.values()}) == 4

    def test_the_counts_are_those_of_the_sample(self) -> None:
        arrays = weights()
        shot = frame("a", arrays)
        view = view_of(branch("a", ratio=0.3), start("a"), shot)
        rules = marks(figures.snr_magnitude(view, Selection()), Rule)
        entries = np.frombuffer(shot.indices, "<i4")
        mean, std = arrays.mean[0, entries], arrays.std[0, entries]  # type: ignore[index]
        low, small = np.abs(mean) / std <= rules["SNR cut"].value, np.abs(mean) <= rules["magnitude cut"].value
        counts = [(low & small).sum(), (~low & ~small).sum(), (low & ~small).sum(), (~low & small).sum()]
        names = [*marks(figures.snr_magnitude(view, Selection()), Points)]
        said = ("both prune", "both keep", "only SNR", "only magnitude")
        assert names == [f"{name} {count}" for name, count in zip(said, counts, strict=True)]
        share = 100 * counts[0] / (counts[0] + counts[2] + counts[3])
        assert f"both prune {share:.3g}%" in figures.snr_magnitude(view, Selection()).note

    def test_a_small_sample_that_holds_all_weights_is_exact(self) -> None:
        arrays = weights()
        mask = np.zeros(LAYOUT.size, bool)
        mask[np.flatnonzero(LAYOUT.prunable)[::13]] = True
        kept = int(mask.sum())
        shot = Framer("a", 0, 100, LAYOUT, mask).take(arrays, 5)
        groups = groups_of(view_of(branch("a", ratio=0.2), start("a", density=kept / KEPT), shot))
        assert [pruned_by(groups, criterion).size for criterion in CUTS] == [round(0.2 * kept)] * 2

    def test_a_finished_rounds_cuts_are_the_journals(self) -> None:
        arrays = weights()
        stream = [branch("a"), start("a"), frame("a", arrays, 50), frame("a", arrays, 100)]
        finished = finish("a", thresholds={"snr": [1.25, 9.0], "magnitude": [0.75, 9.0]})
        view = view_of(*stream, finished)

        def cuts(selection: Selection = LATEST) -> list[float]:
            rules = marks(figures.snr_magnitude(view, selection), Rule)
            return [rules[name].value for name, _ in CUTS.values()]

        assert cuts() == [1.25, 0.75]
        earlier = [pytest.approx(np.quantile(scores(arrays, criterion), 0.25), rel=0.1) for criterion in CUTS]
        assert cuts(Selection(generation=60)) == earlier
        view.apply(events.PlanChanged(branch="a", plan=plan("magnitude")))
        assert cuts() == [1.25, 0.75]
        assert "Pruned next by magnitude." in figures.snr_magnitude(view, Selection()).note
        view.apply(events.PlanChanged(branch="a", plan=plan("magnitude", ratio=0.5)))
        assert cuts() == [pytest.approx(np.quantile(scores(arrays, criterion), 0.5), rel=0.1) for criterion in CUTS]

    def test_a_pruned_round_shows_what_was_pruned(self, golden: SessionView) -> None:
        figure, groups = figures.snr_magnitude(golden, Selection("snr", 0)), groups_of(golden, Selection("snr", 0))
        assert pruned_by(groups, "snr").size == 16
        assert sum(points.x.size for points in groups.values()) == 52
        assert marks(figure, Rule)["SNR cut"].value == 3.470015048980713
        assert "Pruned by SNR." in figure.note

    def test_a_round_pruned_anew_shows_the_last_pruning(self) -> None:
        prunings = [
            events.Pruned(branch="a", round=0, pruner=name, rewind="initial", kept=KEPT // 2, threshold=[[value]])
            for name, value in (("snr", 0.5), ("magnitude", 0.25))
        ]
        view = view_of(branch("a"), start("a"), frame("a", weights()), finish("a"), *prunings)
        rules = marks(figures.snr_magnitude(view, Selection()), Rule)
        assert rules["magnitude cut"].value == 0.25
        assert rules["SNR cut"].value == pytest.approx(np.quantile(scores(weights(), "snr"), 0.5), rel=0.1)

    def test_the_weight_at_the_threshold_goes(self) -> None:
        shot = frame("a", weights())
        mean, std = (np.frombuffer(part, "<f4") for part in (shot.mean, shot.std or b""))
        snr = np.abs(mean) / std
        longer = np.abs(mean).astype(float) / std > snr.astype(float)
        value = float(snr[longer][0])
        view = view_of(branch("a"), start("a"), shot, finish("a", thresholds={"snr": [value]}))
        assert pruned_by(groups_of(view), "snr").size == (snr <= value).sum()

    def test_each_branch_prunes_an_inherited_round_its_own_way(self, golden: SessionView) -> None:
        again = figures.snr_magnitude(golden, Selection("again", 1))
        assert marks(again, Rule)["magnitude cut"].value == 0.17931818962097168
        assert "by magnitude" in again.note
        assert pruned_by(groups_of(golden, Selection("again", 1)), "magnitude").size == 36 - 25
        assert groups_of(golden, Selection("again", 0))["both keep"].colour == 2

    def test_pruners_that_rank_by_neither_axis_say_so(self) -> None:
        view = view_of(branch("a", pruner="movement"), start("a"), frame("a", weights()))
        assert "The pruner movement ranks by neither axis." in figures.snr_magnitude(view, Selection()).note
        assert len(groups_of(view)) == 4

    def test_where_nothing_is_pruned_there_is_one_group(self) -> None:
        view = view_of(branch("a", ratio=0.0), start("a"), frame("a", weights()))
        assert [*groups_of(view)] == ["kept"]

    def test_layers_have_their_own_thresholds(self) -> None:
        arrays = weights()
        view = view_of(branch("a", pruner="magnitude", scope="layer"), start("a"), frame("a", arrays))
        figure, groups = figures.snr_magnitude(view, Selection()), groups_of(view)
        assert not marks(figure, Rule)
        gone = pruned_by(groups, "magnitude")
        assert gone.size == pytest.approx(128, abs=1)
        large = np.abs(arrays.mean[0, gone]) > np.quantile(scores(arrays, "magnitude"), 0.5)
        assert large.any(), "the larger leaf loses its quarter too"

    def test_leaves_lose_what_their_own_ratios_say(self) -> None:
        arrays, (first, second) = weights(), LAYOUT.prunable_leaves
        made = branch("a", pruner="magnitude")
        made.plan["pruning"]["ratios"] = {first.name: 0.5}
        shot = frame("a", arrays)
        view = view_of(made, start("a"), shot)
        figure = figures.snr_magnitude(view, Selection())
        assert not marks(figure, Rule)
        assert "Each group of layers of one ratio has its own cuts." in figure.note
        gone = np.isin(np.frombuffer(shot.indices, "<i4"), pruned_by(groups_of(view), "magnitude"))
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


class TestOverlap:
    def test_it_is_the_rounds_own_with_errors_over_replicates(self) -> None:
        view = view_of(branch("a", ratio=0.5), start("a"), finish("a", overlap=[0.4, 0.6]))
        figure = figures.overlap(view, Selection())
        (line,), (rule,) = marks(figure, Line).values(), marks(figure, Rule).values()
        assert line.low is not None
        assert (line.y.tolist(), line.low.tolist()) == ([0.5], [pytest.approx(0.4)])
        assert rule.value == pytest.approx(1 / 3), "by chance, of two halves a quarter is in both, of three quarters"
        assert not figure.note

    def test_without_it_an_analysis_or_a_sample_says_it(self) -> None:
        stream = [branch("a"), start("a"), frame("a", weights()), finish("a")]
        sampled = figures.overlap(view_of(*stream), Selection())
        assert marks(sampled, Line)["a"].y[0] == pytest.approx(_jaccard(weights(), 0.25), abs=0.1)
        assert "sample" in sampled.note
        counted = figures.overlap(
            view_of(*stream, analysed("snr", "a", 0, rounds=[0.0], overlap=[[0.75]])), Selection()
        )
        assert (marks(counted, Line)["a"].y.tolist(), counted.note) == ([0.75], "")
        without = figures.overlap(view_of(branch("a"), start("a"), finish("a")), Selection())
        assert without.is_empty
        assert "analysis of snr" in without.note


class TestLitUpInTheMask:
    class AllKept:
        def mask(self, branch: str, number: int) -> np.ndarray:
            return np.ones((1, LAYOUT.size), bool)

    def test_the_layers_come_again_with_what_the_criteria_disagree_on(self) -> None:
        view = view_of(branch("a"), start("a"), frame("a", weights()), finish("a"))
        groups = groups_of(view)
        assert mask_turns(view, Selection()) == 4
        plain, lit = (mask_panel(view, Selection(), self.AllKept(), turn=turn) for turn in (0, 2))
        assert not marks(plain, Points)
        wanted = LAYOUT.prunable_leaves[0].slice
        for name in ("only SNR", "only magnitude"):
            entries = groups[name].entries
            assert entries is not None
            inside = [entry for entry in entries if wanted.start <= entry < wanted.stop]
            assert sorted(marks(lit, Points)[f"{name} prunes"].entries) == sorted(inside)
            assert marks(lit, Points)[f"{name} prunes"].marked
        assert "Of the 512 sampled weights" in lit.note

    def test_weights_without_sigma_are_shown_once(self) -> None:
        view = view_of(branch("a"), start("a"), frame("a", weights(sigma=False)), finish("a"))
        assert mask_turns(view, Selection()) == 2


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
