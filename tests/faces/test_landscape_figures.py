"""Figures of analyses, checked against what the analyses found."""

from typing import Any

import numpy as np
import pytest
from msgspec import structs

from sessions.messages import events
from sessions.reports.analysis_rows import analysis_table
from sessions.views.session_view import SessionView
from widgets.plots import figures
from widgets.plots.figure import Figure, Line, Picture, Points
from widgets.plots.figures import Selection
from widgets.plots.raster import draw as in_cells

PLAN: dict[str, Any] = {
    "trainer": {"name": "evolution", "generations": 10},
    "pruner": {"name": "snr"},
    "rewind": {"name": "initial"},
    "pruning": {"ratio": 0.5, "rounds": 3, "scope": "global"},
}
STEPS = np.array([-1.0, 0.0, 1.0], np.float32)


def blocks(**arrays: Any) -> dict[str, events.Block]:
    return {
        name: events.Block(shape=list(np.shape(array)), data=np.asarray(array, "<f4").tobytes())
        for name, array in arrays.items()
    }


def analysed(kind: str, branch: str, number: int, generation: int = 10, **arrays: Any) -> events.Analysed:
    return events.Analysed(
        id=1, kind=kind, branch=branch, round=number, generation=generation, parameters={}, arrays=blocks(**arrays)
    )


def curved(branch: str, number: int, bend: float, generation: int = 10) -> events.Analysed:
    """Two replicates and two directions; the sharpness of the second replicate is twice that of the first."""
    loss = 1 + bend * np.array([1.0, 2.0])[:, None, None] * STEPS**2 * np.ones((1, 2, 1))
    sharpness = bend * np.array([[1.0, 1.0], [2.0, 2.0]])
    return analysed("curvature", branch, number, generation, steps=STEPS, loss=loss, sharpness=sharpness)


@pytest.fixture
def view() -> SessionView:
    """Branch a with rounds 0 and 1 finished and 2 running; b goes on after a:0 and has finished round 1."""
    folded = SessionView()
    folded.apply(events.BranchAdded(branch="a", plan=PLAN))
    folded.apply(events.BranchAdded(branch="b", parent="a", parent_round=0, plan=PLAN))
    for branch, number in (("a", 0), ("a", 1), ("b", 1), ("a", 2)):
        started = events.RoundStarted(
            branch=branch, round=number, density=0.5**number, kept=8, dimension=8, generations=10
        )
        folded.apply(started)
        if number < 2:
            finished = events.RoundFinished(branch=branch, round=number, generations=10, score=[0.5], fitness=[0.0])
            folded.apply(finished)
    return folded


def lines(figure: Figure) -> dict[str, Line]:
    return {mark.name: mark for mark in figure.marks if isinstance(mark, Line)}


def test_nothing_was_computed_yet(view: SessionView) -> None:
    for draw in (figures.curvature, figures.sharpness, figures.surface, figures.connectivity):
        assert draw(view, Selection()).is_empty
        assert draw(view, Selection()).note.startswith("Nothing was computed here yet: ask for an analysis of")


def test_a_profile_is_the_mean_over_directions_and_replicates(view: SessionView) -> None:
    view.apply(curved("a", 1, 2.0))
    view.apply(curved("b", 1, 4.0))
    figure = figures.curvature(view, Selection("a", 1))
    found = lines(figure)
    np.testing.assert_allclose(found["a"].y, [4.0, 1.0, 4.0])
    np.testing.assert_allclose(found["b"].y, [7.0, 1.0, 7.0])
    assert (found["a"].faint, found["b"].faint) == (False, True)
    assert found["a"].low is not None
    of_replicates = np.std([3.0, 5.0], ddof=1) / np.sqrt(2)  # two directions each, which are not four networks
    np.testing.assert_allclose(found["a"].y - found["a"].low, [of_replicates, 0, of_replicates], rtol=1e-5)
    assert figure.note == "Sharpness 3 ± 1."


def test_live_shows_the_latest_round_that_was_looked_at(view: SessionView) -> None:
    view.apply(curved("a", 0, 1.0))
    assert figures.curvature(view, Selection("a")).title == "Curvature · a, round 0, generation 10"
    assert figures.curvature(view, Selection("b", 1)).is_empty
    view.apply(curved("a", 2, 1.0, generation=4))
    view.apply(curved("a", 2, 2.0, generation=8))
    assert figures.curvature(view, Selection("a")).title == "Curvature · a, round 2, generation 8"
    assert figures.curvature(view, Selection("a", 2, 5)).title == "Curvature · a, round 2, generation 4"


def test_sharpness_goes_through_shared_rounds(view: SessionView) -> None:
    for found in (curved("a", 0, 1.0), curved("a", 1, 2.0), curved("b", 1, 4.0)):
        view.apply(found)
    found = lines(figures.sharpness(view, Selection()))
    np.testing.assert_allclose(found["a"].y, [1.5, 3.0])
    np.testing.assert_allclose(found["b"].y, [1.5, 6.0])


def test_a_surface_is_strong_where_the_loss_is_low(view: SessionView) -> None:
    loss = np.exp(np.arange(9.0)).reshape(1, 3, 3)
    view.apply(analysed("surface", "a", 1, steps=STEPS, loss=loss, score=loss))
    figure = figures.surface(view, Selection("a", 1))
    (picture,) = figure.marks
    assert isinstance(picture, Picture)
    np.testing.assert_allclose(picture.values, 1 - np.arange(9.0).reshape(3, 3) / 8, atol=1e-6)
    assert figure.note == "Loss from 1 to 2.98e+03; 54.6 in the middle. Strong colours are low."


def test_a_way_is_marked_on_its_surface(view: SessionView) -> None:
    """θ₀ at step −1 of both directions, a place outside, and the end in the middle; rows are the first one."""
    loss, way = np.ones((1, 3, 3)), [[[-1.0, -1.0], [3.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]
    found = analysed("surface", "a", 1, steps=STEPS, loss=loss, score=loss, way=way)
    view.apply(structs.replace(found, parameters={"along": "way"}))
    figure = figures.surface(view, Selection("a", 1))
    assert figure.title.endswith("round 1, along its way")
    marked = {mark.name: (mark.x.tolist(), mark.y.tolist()) for mark in figure.marks if isinstance(mark, Points)}
    assert marked == {"θ₀": ([0.5], [0.5]), "way": ([2.5], [1.5]), "end": ([1.5], [1.5])}
    assert in_cells(figure, 40, 12).text().count("●") == 3


def test_connected_rounds_are_strong(view: SessionView) -> None:
    instability = np.array([[[0.0, 0.2], [0.1, 0.0]]])
    view.apply(analysed("connectivity", "a", 1, rounds=[0, 1], other_rounds=[0, 1], instability=instability))
    (picture,) = figures.connectivity(view, Selection("a")).marks
    assert isinstance(picture, Picture)
    np.testing.assert_allclose(picture.values, [[1.0, 0.0], [0.5, 1.0]])


def test_parts_of_an_effect_stand_beside_it(view: SessionView) -> None:
    assert figures.decomposition(view, Selection("a")).is_empty
    contribution = np.array([[0.0, 0.1], [0.0, 0.3], [0.0, 0.4], [0.0, 0.8]])
    share = np.where(contribution[-1] > 0, contribution / 0.8, np.nan)
    arrays = {"contribution": contribution, "standard_error": contribution / 10, "share": share}
    arrays["ticket_score"] = np.ones((3, 2))
    view.apply(analysed("decomposition", "a", 1, densities=[1.0, 0.25], **arrays))
    figure = figures.decomposition(view, Selection("a"))
    found = lines(figure)
    assert list(found) == ["weights", "mask", "layers", "effect"]
    np.testing.assert_allclose(found["mask"].x, [0.25, 1.0])
    np.testing.assert_allclose(found["mask"].y, [0.3, 0.0])
    np.testing.assert_allclose(found["mask"].high, [0.3 + 4.3027 * 0.03, 0.0], rtol=1e-5)
    assert figure.note == "At 25% kept, of an effect of 0.8: weights 12%, mask 38%, layers 50%."


def test_tables_have_every_number() -> None:
    found = curved("a", 1, 2.0)
    rows = [row for row in found.rows() if row["quantity"] == "loss"]
    assert len(rows) == 2 * 2 * 3
    assert (rows[0]["axis_2"], rows[0]["place_2"], rows[0]["value"]) == ("step", -1.0, 3.0)
    holed = analysed("curvature", "a", 1, steps=STEPS, sharpness=[[np.nan, 1.0]])
    assert analysis_table(holed)["results"]["sharpness"] == [[None, 1.0]]
    assert [row["value"] for row in holed.rows()] == [None, 1.0]


def test_a_comparison_is_a_line_for_each_other_branch_and_says_where_it_is_sure(view: SessionView) -> None:
    view.apply(events.BranchAdded(branch="c", plan=PLAN))
    for other, shift in (("b", 0.1), ("c", 0.0), ("b", 0.2)):
        found = analysed(
            "comparison",
            "a",
            1,
            densities=[1.0, 0.5],
            score=np.ones((3, 2)),
            difference=[[0.0, shift]],
            standard_error=[[0.01, 0.02]],
            p_value=[[0.03, 0.01 if shift else 0.8]],
        )
        view.apply(structs.replace(found, parameters={"other": other}))
    figure = figures.comparison(view, Selection("a"))
    lines = {mark.name: mark for mark in figure.marks if isinstance(mark, Line)}
    assert list(lines) == ["less b", "less c"]
    np.testing.assert_allclose(lines["less b"].x, [0.5, 1.0])
    np.testing.assert_allclose(lines["less b"].y, [0.2, 0.0], atol=1e-6)
    np.testing.assert_allclose(lines["less b"].high, [0.2 + 4.3027 * 0.02, 4.3027 * 0.01], rtol=1e-4)
    assert "Beyond chance from b at 2 of 2 densities (Holm; 2 by p alone)." in figure.note
    assert "Beyond chance from c at 0 of 2 densities (Holm; 1 by p alone)." in figure.note
    assert figures.comparison(view, Selection("b")).is_empty


def looked_into(branch: str, number: int, spearman: float, largest: float, sigma: Any = None) -> events.Analysed:
    """Five weights in two replicates; SNR would keep the second, which is the smallest, for its σ."""
    theta, precise = [1.0, 0.1, 0.5, 0.6, 2.0], [1.0, 0.01, 1.0, 1.0, 1.0]
    return analysed(
        "hessian",
        branch,
        number,
        entries=[[3.0, 5.0, 7.0, 8.0, 9.0]] * 2,
        theta=[theta] * 2,
        sigma=[precise if sigma is None else sigma] * 2,
        diagonal=[[1.0, 2.0, -3.0, 4.0, 0.0]] * 2,
        spearman=[[spearman, 0.0], [spearman + 0.2, 0.0]],
        reliability=[[0.5, 0.5]] * 2,
        trace=[[4.0, 4.0]] * 2,
        eigenvalues=[[largest, 1.0], [largest + 2, 1.0]],
    )


def test_sigma_is_shown_against_curvature_weight_by_weight(view: SessionView) -> None:
    """Negative curvature is marked, not dropped; what SNR keeps and magnitude drops is lit."""
    view.apply(looked_into("a", 1, 0.4, 10.0))
    figure = figures.hessian(view, Selection("a", 1))
    groups = {mark.name: mark for mark in figure.marks if isinstance(mark, Points)}
    found = {
        name: (mark.entries.tolist(), mark.x.tolist()) for name, mark in groups.items() if mark.entries is not None
    }
    assert found == {
        "curvature above 0": ([3, 8], [1.0, 4.0]),
        "below 0": ([7], [3.0]),
        "SNR keeps, magnitude drops": ([5], [2.0]),
    }
    np.testing.assert_allclose(groups["SNR keeps, magnitude drops"].y, 1e4, rtol=1e-4)
    assert figure.note == (
        "Rank correlation 0.40. That of the estimate with another one would be 0.50. 1 below 0. 1 at 0 are not shown. "
        "At 50% pruned, SNR keeps 1 that magnitude drops."
    )
    view.apply(looked_into("b", 1, 0.4, 10.0, sigma=[np.nan] * 5))
    assert figures.hessian(view, Selection("b", 1)).note.startswith("This trainer has no σ")


def test_agreement_and_eigenvalues_go_through_shared_rounds(view: SessionView) -> None:
    for found in (looked_into("a", 0, 0.1, 10.0), looked_into("a", 1, 0.3, 20.0), looked_into("b", 1, -0.5, 5.0)):
        view.apply(found)
    agreement = lines(figures.hessian_correlation(view, Selection()))
    np.testing.assert_allclose(agreement["a"].y, [0.2, 0.4], rtol=1e-5)
    np.testing.assert_allclose(agreement["b"].y, [0.2, -0.4], rtol=1e-5)
    assert agreement["a"].high is not None
    np.testing.assert_allclose(agreement["a"].high - agreement["a"].y, 0.1, rtol=1e-5)
    shown = figures.eigenvalues(view, Selection("a"))
    np.testing.assert_allclose(lines(shown)["a"].y, [11.0, 21.0])
    np.testing.assert_allclose(lines(shown)["b"].y, [11.0, 6.0])
    assert [mark.faint for mark in shown.marks if isinstance(mark, Line)] == [False, True, False]
    for draw in (figures.hessian, figures.hessian_correlation, figures.eigenvalues):
        assert draw(SessionView(), Selection()).is_empty
