"""The controls of a decomposition in a session: what they train, and when they can be compared."""

from typing import Any

import numpy as np
import pytest

from sessions.messages import commands
from sessions.plans.controls import controls_of
from sessions.plans.problems import Problems
from sessions.store import SessionDirectory
from sessions.store.round_file import decode_round
from sessions.views.reading import read_view
from ticket_explorer.analysis.decomposition import RANDOM
from ticket_explorer.errors import InvalidValue, TicketError

pytestmark = pytest.mark.thorough

NAMES = ["snr-permuted-weights", "snr-permuted-mask", "snr-random"]


def test_controls_train_permuted_and_random_tickets(lab: Any) -> None:
    with lab.create() as session:
        session.run()
        assert session.perform(commands.Decompose(branch="snr")) == NAMES
        with pytest.raises(TicketError, match="snr-random have no finished round yet; run them first"):
            session.analyse("decomposition", "snr")
        session.run()
        found = session.analyse("decomposition", "snr")
        layout = Problems().of(session.spec.branches[0].plan).layout
    directory, view = SessionDirectory(session.path), read_view(session.path)
    for number in range(3):
        ticket, weights, mask, random = (
            decode_round(directory.read_round(name, number), directory.round_path(name, number)).mask[0]
            for name in ("snr", *NAMES)
        )
        np.testing.assert_array_equal(ticket, weights)
        assert random.sum() == ticket.sum()
        assert bool((mask != ticket).any()) == bool(number)
        assert all(mask[leaf.slice].sum() == ticket[leaf.slice].sum() for leaf in layout)
    scores = {name: [view.branches[name].rounds[t].finished.score[0] for t in range(3)] for name in ("snr", *NAMES)}
    expected = np.subtract(scores["snr"], scores["snr-random"])
    np.testing.assert_allclose(found.array("contribution")[-1], expected, atol=1e-6)
    lab.assert_whole(session.path)


def test_killed_and_resumed_controls_come_out_the_same(lab: Any) -> None:
    branches = [{"name": "snr"}, {"name": "permuted", "transfer": {"branch": "snr", "rewind": "permuted_mask"}}]
    session = lab.create("killed", branch=branches)
    while not session.view.branches["permuted"].rounds.get(1):
        session.pulse(25)
    path = lab.go_on(lab.kill(session))
    lab.assert_same(path, lab.finished("in one go", branch=branches), rounds=6)


def test_a_ladder_of_controls_takes_one_thing_after_another_away(lab: Any) -> None:
    """As in the preset `fashion-ladder`; what starts afresh is neither a ticket nor a control with its weights."""
    rungs = [
        {"name": "snr"},
        {"name": "fresh-weights", "transfer": {"branch": "snr", "start": "fresh"}},
        {"name": "layer-shares", "transfer": {"branch": "snr", "start": "fresh", "rewind": "permuted_mask"}},
        {"name": "random", "transfer": {"branch": "snr", "control": True}},
    ]
    with lab.create(branch=rungs) as session:
        session.run()
        lineage = session._engine.lineage
        ticket, fresh, shares, random = (lineage.trained(branch.name, 2) for branch in session.spec.branches)
        layout = Problems().of(session.spec.branches[0].plan).layout
        assert controls_of(session.view, "snr") == {RANDOM: "random"}
    np.testing.assert_array_equal(ticket.mask, fresh.mask)
    np.testing.assert_array_equal(fresh.start, random.start)
    assert not np.isin(np.asarray(fresh.start)[0, layout.prunable], np.asarray(ticket.start)[0]).any()
    assert (np.asarray(shares.mask) != np.asarray(ticket.mask)).any()
    kept = {name: [np.asarray(one.mask)[0, leaf.slice].sum() for leaf in layout]
            for name, one in (("ticket", ticket), ("shares", shares), ("random", random))}  # fmt: skip
    assert kept["shares"] == kept["ticket"] != kept["random"]
    assert sum(kept["random"]) == sum(kept["ticket"])


def test_only_missing_controls_are_begun(lab: Any) -> None:
    with lab.create() as session:
        session.transfer("snr", overrides={"trainer": {"std_init": 0.3}}, name="elsewhere")
        assert session.decompose("snr", [1, 2]) == NAMES  # the random control of another plan doesn't count
        with pytest.raises(TicketError, match="already has its controls: snr-permuted-weights, snr-perm"):
            session.decompose("snr")
        with pytest.raises(TicketError, match="unknown branch 'sn'; did you mean snr"):
            session.decompose("sn")


def test_a_spec_names_what_can_be_permuted(lab: Any) -> None:
    with pytest.raises(InvalidValue, match=r"\$.branch\[1\].transfer.rewind: 'early'"):
        lab.spec(branch=[{"name": "snr"}, {"name": "b", "transfer": {"branch": "snr", "rewind": "early"}}])
