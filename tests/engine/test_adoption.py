"""A branch of another session: its rounds and tickets come along, and are used as the session's own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sessions.session.adopt
from sessions.messages import commands
from sessions.session.session import Session
from sessions.store.round_file import RoundArrays, decode_round
from sessions.views.reading import read_view
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="session")
def other(shared_lab: Any) -> Path:
    """A finished session of another seed, whose second branch draws its masks and weights."""
    branches = [{"name": "snr"}, {"name": "drawn", "pruner": "random", "rewind": "fresh"}]
    path: Path = shared_lab.finished("other", seed=9, branch=branches)
    return path


def test_its_tickets_are_those_of_the_other_session(lab: Any, other: Path) -> None:
    with Session.open(other) as session:
        wanted = [session._engine.lineage.trained("drawn", number) for number in range(3)]
    with lab.create() as session:
        made = session.perform(commands.Adopt(session=str(other), branch="drawn"))
        assert made == "drawn-of-other"
        for number, ticket in enumerate(wanted):
            found = session._engine.lineage.trained(made, number)
            np.testing.assert_array_equal(found.mask, ticket.mask)
            np.testing.assert_array_equal(found.start, ticket.start)
        there, here = read_view(other), session.view
        rounds = [[r.density, r.kept, r.finished.score] for r in here.lineage(made)]  # type: ignore[union-attr]
        assert rounds == [[r.density, r.kept, r.finished.score] for r in there.lineage("drawn")]  # type: ignore[union-attr]
        metrics = [[r.metrics() for r in view.lineage(name)] for view, name in ((there, "drawn"), (here, made))]
        np.testing.assert_array_equal(*metrics)


def test_it_is_transferred_compared_and_opened_again(lab: Any, other: Path) -> None:
    with lab.create() as session:
        session.run_round()
        session.step(3)  # a round that runs goes on running
        session.adopt(other, "snr", "theirs")
        session.transfer("theirs", [2], {"trainer": {"std_init": 0.1}}, name="carried", control=False)
        session.run()
        assert [round_.density for round_ in session.view.lineage("carried")] == [session.view.density_of("theirs", 2)]
        assert session.analyse("comparison", "snr", parameters={"other": "theirs"}).array("densities").size == 3
        path = session.path
    lab.assert_whole(path)
    with Session.open(path) as again:
        assert again.is_finished


@pytest.mark.slow
def test_it_is_pruned_further(lab: Any, other: Path) -> None:
    with lab.create() as session:
        session.adopt(other, "snr", "theirs")
        session.set_pruning("theirs", {"rounds": 4})
        session.run()
        assert [round_.number for round_ in session.view.lineage("theirs")] == [0, 1, 2, 3]
    lab.assert_whole(session.path)


def test_weights_that_are_not_finite_are_not_taken_in(lab: Any, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def diverged(data: bytes, path: Path) -> RoundArrays:
        arrays = decode_round(data, path)
        return replace(arrays, mean=np.where(arrays.mask, np.float32("nan"), arrays.mean))

    monkeypatch.setattr(sessions.session.adopt, "decode_round", diverged)
    with lab.create() as session:
        with pytest.raises(TicketError, match=r"has non-finite weights\. Adopt a branch that did not diverge\."):
            session.adopt(other, "snr")
        assert not (session.path / "rounds" / "snr-of-other").exists()


def test_what_can_not_be_taken_in_is_refused(lab: Any, other: Path) -> None:
    with lab.create(replicates=2) as session:
        for branch, name, sentence in (
            ("sn", None, "unknown branch 'sn'; did you mean snr"),
            ("snr", None, "has 1 replicates and this session 2: tickets go from replicate to replicate"),
        ):
            with pytest.raises(TicketError, match=sentence):
                session.adopt(other, branch, name)
    with lab.create("same") as session, pytest.raises(TicketError, match="A branch 'SNR' already exists"):
        session.adopt(other, "snr", "SNR")


def test_a_branch_without_a_finished_round_is_refused(lab: Any) -> None:
    with lab.create("empty") as empty, lab.create() as session:  # noqa: SIM117
        with pytest.raises(TicketError, match="has no finished round yet; run a round there first"):
            session.adopt(empty.path, "snr")
