"""Branches of any sessions beside each other, and the paired test of their differences."""

import numpy as np
import pytest

from sessions.messages import events
from sessions.reports.overlay import difference, normalised_series, overlay_rows, picked, series_of
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.significance import holm, p_value
from ticket_explorer.errors import TicketError

Curves = dict[str, dict[float, list[float | None]]]


def session(curves: Curves, task: str = "mnist") -> SessionView:
    view = SessionView()
    for name, curve in curves.items():
        plan = {"pruning": {"rounds": len(curve)}, "task": {"name": task}, "network": {"name": "mlp"}}
        view.apply(events.BranchAdded(branch=name, plan=plan))
        for number, (density, score) in enumerate(curve.items()):
            numbers = {"branch": name, "round": number, "generations": 1}
            view.apply(events.RoundStarted(**numbers, density=density, kept=1, dimension=1))
            view.apply(events.RoundFinished(**numbers, score=score, fitness=[0.0] * len(score)))
    return view


BETTER: Curves = {
    "snr": {1.0: [0.9, 0.8, 0.9], 0.5: [0.8, 0.7, 0.9], 0.25: [0.6, 0.5, 0.9]},
    "random": {1.0: [0.9, 0.8, 0.9], 0.5: [0.7, 0.5, 0.8]},
}


def test_series_are_named_by_session_only_if_there_are_several() -> None:
    one = session(BETTER)
    assert [s.name for s in series_of({"a": (one, 0)})] == ["snr", "random"]
    both = series_of({"a": (one, 0), "b": (one, 0)})
    assert [s.name for s in both] == ["a:snr", "a:random", "b:snr", "b:random"]
    assert [s.name for s in picked(both, ["b:random", "snr"])] == ["a:snr", "b:snr", "b:random"]
    with pytest.raises(TicketError, match=r"nope, expected some of a:snr, a:random"):
        picked(both, ["nope"])


def test_differences_are_tested_pair_by_pair() -> None:
    snr, random = series_of({"a": (session(BETTER), 0)})
    found = difference(snr, random)
    assert found is not None
    assert found.density.tolist() == [1.0, 0.5], "only densities that both have"
    pairs = np.array([0.1, 0.2, 0.1])
    error = pairs.std(ddof=1) / np.sqrt(3)
    assert found.difference == pytest.approx([0.0, pairs.mean()])
    assert found.standard_error == pytest.approx([0.0, error])
    assert np.isnan(found.p_value[0]), "of a round that both share there is nothing to test"
    assert found.p_value[1] == pytest.approx(p_value(pairs.mean() / error, 2))
    np.testing.assert_allclose(found.holm_p_value, holm(found.p_value))


@pytest.mark.parametrize(
    ("seed", "task", "is_paired"),
    [(0, "mnist", True), (1, "mnist", False), (0, "fashion", False), (None, "mnist", False)],
)
def test_replicates_of_two_sessions_pair_if_they_see_the_same(seed: int | None, task: str, is_paired: bool) -> None:
    two = {"a": (session(BETTER), 0), "b": (session(BETTER, task), seed)}
    snr, _, _, random = series_of(two)
    found = difference(snr, random)
    assert found is not None
    assert found.is_paired is is_paired
    assert np.isfinite(found.p_value[1]) == is_paired
    assert found.difference == pytest.approx([0.0, 0.4 / 3])
    assert np.isfinite(found.standard_error).all()


def test_scores_are_scaled_session_by_session() -> None:
    two = {"a": (session({"x": {1.0: [10.0], 0.5: [0.0]}}), 0), "b": (session({"x": {1.0: [1.0], 0.5: [-1.0]}}), 0)}
    assert [list(one.scores.values()) for one in normalised_series(series_of(two))] == [[(1.0,), (0.0,)]] * 2
    with pytest.raises(TicketError, match="All scores of c are 3"):
        normalised_series(series_of({"c": (session({"x": {1.0: [3.0]}}), 0)}))


def test_rows_say_none_where_nothing_is_known() -> None:
    snr, random = series_of({"a": (session(BETTER), 0)})
    rows = overlay_rows([snr, random], random)
    assert [row["difference"] for row in rows] == [0.0, pytest.approx(0.4 / 3), None, None, None]
    assert rows[0]["p_value"] is None
    assert "difference" not in overlay_rows([snr], None)[0]
