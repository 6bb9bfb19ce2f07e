"""Known results of control: tickets that keep a policy where random masks lose it."""

import pytest

from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from sessions.views.reading import read_view
from ticket_explorer.presets import load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def scores(lab, preset):
    """The last score of each branch, and that of the dense round."""
    table = load(preset)
    with Session.create(parse_spec(table), lab.path(preset)) as session:
        session.run()
    view = read_view(session.path)
    rounds = {name: list(view.lineage(name)) for name in view.branches}
    assert all(line[-1].density <= 0.1 for line in rounds.values())
    last = {name: line[-1].finished.score[0] for name, line in rounds.items()}
    return last, rounds["snr"][0].finished.score[0]


def test_snr_keeps_the_pendulum_up_where_random_pruning_drops_it(lab):
    last, dense = scores(lab, "pendulum")
    assert dense >= -250
    assert last["snr"] >= last["random"] + 200


def test_the_pole_is_balanced_by_few_weights(lab):
    last, dense = scores(lab, "cartpole")
    assert min(last["snr"], dense) >= 475
