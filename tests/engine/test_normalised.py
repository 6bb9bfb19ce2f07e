"""Scores of several tasks on one scale."""

import numpy as np
import pytest

from sessions.messages import events
from sessions.reports.comparison import normalised_rows
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.normalised import normalised
from ticket_explorer.errors import TicketError


def session(**curves: dict[float, float]) -> SessionView:
    view = SessionView()
    for name, curve in curves.items():
        view.apply(events.BranchAdded(branch=name, plan={"pruning": {"rounds": len(curve)}}))
        for number, (density, score) in enumerate(curve.items()):
            numbers = {"branch": name, "round": number, "generations": 1}
            view.apply(events.RoundStarted(**numbers, density=density, kept=1, dimension=1))
            view.apply(events.RoundFinished(**numbers, score=[score - 0.1, score + 0.1], fitness=[0.0, 0.0]))
    return view


def test_each_task_goes_from_its_worst_to_its_best() -> None:
    tasks = [np.array([[0.9, 0.7], [0.9, 0.5]]), np.array([[-100.0, -200.0], [-100.0, -500.0]])]
    found = normalised(tasks)
    np.testing.assert_allclose(found.score[:, 0, 1], [0.5, 0.75])
    np.testing.assert_allclose(found.mean, [[1.0, 0.625], [1.0, 0.0]])
    np.testing.assert_allclose(found.standard_error[0], [0.0, 0.125])
    rescaled = normalised([7 * tasks[0] + 3, tasks[1] / 9])
    np.testing.assert_allclose(rescaled.score, found.score)
    assert np.isnan(normalised(tasks[:1]).standard_error).all()


def test_only_what_all_sessions_have_is_compared() -> None:
    one = session(snr={1.0: 0.9, 0.5: 0.8, 0.25: 0.3}, random={1.0: 0.9, 0.5: 0.4}, mine={1.0: 0.1})
    other = session(snr={1.0: 50.0, 0.501: 40.0}, random={1.0: 50.0, 0.5: 30.0})
    rows = normalised_rows({"one": one, "other": other})
    assert [(row["branch"], row["density"]) for row in rows] == [
        ("snr", 1.0),
        ("snr", 0.5),
        ("random", 1.0),
        ("random", 0.5),
    ]
    assert rows[1]["by_session"] == pytest.approx({"one": 0.8, "other": 0.5})
    assert (rows[1]["score"], rows[1]["standard_error"]) == pytest.approx((0.65, 0.15))
    assert normalised_rows({"one": one})[0]["standard_error"] is None


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (session(magnitude={1.0: 0.9}), "one, other have no finished round in common"),
        (session(snr={0.3: 0.9}), "one, other have no finished round in common"),
        (SessionView(), "one, other have no finished round in common"),
        (session(snr={1.0: 0.5, 0.5: 0.5}), "All scores of other are 0.5"),
        (session(snr={1.0: 0.5, 0.3: 0.4}), "one, other have one share of weights in common"),
    ],
)
def test_what_can_not_be_compared_is_refused(other: SessionView, sentence: str) -> None:
    with pytest.raises(TicketError, match=sentence):
        normalised_rows({"one": session(snr={1.0: 0.9, 0.5: 0.8}), "other": other})
