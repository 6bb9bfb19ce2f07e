"""What changes from round to round: checked against numbers worked out here."""

from itertools import pairwise

import numpy as np
import pytest

from sessions.messages import events
from sessions.views.session_view import SessionView
from tests.faces.made_events import branch, check, finish, marks, start, summaries, view_of
from widgets.plots import figures
from widgets.plots.figure import Bars, Figure, Line, Picture, Rule
from widgets.plots.figures import Selection


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

    def test_scores_of_a_search_are_told_from_tickets(self) -> None:
        view = view_of(branch("a"), branch("search"), start("a"), finish("a"), start("search"), finish("search"))
        view.branches["search"].plan["trainer"] = {"name": "continuous_sparsification"}
        note = figures.ticket_curve(view, Selection()).note
        assert "Scores of search are of the searched weights" in note
        assert "Scores of" not in figures.ticket_curve(view, Selection("a", branches=())).note

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

    def test_the_pixel_that_keeps_most_has_the_strongest_colour(self) -> None:
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
