"""How branches stand in lists of branches: one mark and one word for each reason why a branch doesn't go on."""

from typing import Any

import pytest

from sessions.messages import events
from sessions.views.session_view import SessionView
from widgets.notebook import branch_tree as notebook
from widgets.shared.standing import standing
from widgets.terminal import branch_tree as terminal

WHY = "Branch 'snr' needs another rule for round 2: rules.py, line 2: no."


@pytest.fixture
def view(link: Any) -> SessionView:
    """A session of two branches, to be changed."""
    known: SessionView = link.view
    return known


@pytest.mark.parametrize(
    ("event", "stands"),
    [
        (events.Remarked(text=WHY), ("○", "")),
        (events.Remarked(text=WHY, stuck="snr"), ("!", "stuck")),
        (events.Remarked(text=WHY, stuck="removed"), ("○", "")),
        (events.SetAsideChanged(branch="snr", aside=True), ("◌", "set aside")),
        (events.Diverged(branch="snr", round=1, generation=1, what="σ", replicates=[0, 1], left=0), ("✗", "failed")),
    ],
)
def test_lists_show_why_a_branch_does_not_go_on(
    view: SessionView, event: events.Event, stands: tuple[str, str]
) -> None:
    branch = view.branches["snr"]
    branch.plan = {**branch.plan, "pruning": {**branch.plan["pruning"], "rounds": 9}}
    view.apply(event)
    mark, word = stands
    assert standing(view, branch) == stands
    for line in (str(terminal._branch_label(view, branch, False)), notebook._lines(view, branch)[0][0]):
        assert line.startswith(f"{mark} snr")
        assert line.endswith(word or "snr")


def test_a_session_that_is_opened_again_tries_again(view: SessionView) -> None:
    view.apply(events.Remarked(text=WHY, stuck="snr"))
    view.apply(events.Opened(versions={}))
    assert view.branches["snr"].can_go_on
