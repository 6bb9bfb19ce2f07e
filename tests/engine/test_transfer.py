"""Transfers in a session: whose tickets are trained, in which order, by what, and what is refused."""

from typing import Any

import numpy as np
import pytest

from sessions.messages import commands
from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.session.session import Session
from sessions.store import SessionDirectory
from sessions.store.round_file import decode_round
from sessions.views.reading import read_view
from ticket_explorer.errors import InvalidValue, TicketError

BRANCHES = [
    {"name": "snr"},
    {"name": "carried", "trainer": {"std_init": 0.1}, "transfer": {"branch": "snr"}},
    {"name": "control", "trainer": {"std_init": 0.1}, "transfer": {"branch": "snr", "control": True}},
]


def arrays(session: Any, branch: str, number: int) -> Any:
    directory = SessionDirectory(session)
    return decode_round(directory.read_round(branch, number), directory.round_path(branch, number))


@pytest.mark.slow
def test_a_spec_transfers_tickets_as_they_are_found(lab: Any) -> None:
    path = lab.finished("transferred", branch=BRANCHES)
    view = read_view(path)
    for number in range(3):
        found, carried, control = (arrays(path, name, number) for name in ("snr", "carried", "control"))
        np.testing.assert_array_equal(found.mask, carried.mask)
        assert (found.mask.sum(), bool(number)) == (control.mask.sum(), bool((found.mask != control.mask).any()))
        rounds = [view.branches[name].rounds[number] for name in ("snr", "carried", "control")]
        assert len({round_.density for round_ in rounds}) == 1
    assert [round_.pruned for round_ in view.branches["carried"].rounds.values()] == [[], [], []]
    lab.assert_whole(path)


def test_a_transferred_ticket_starts_from_the_weights_it_was_found_with(lab: Any) -> None:
    with lab.create(branch=BRANCHES) as session:
        session.run()
        lineage, plans = session._engine.lineage, {branch.name: branch.plan for branch in session.spec.branches}
        ticket, carried, control = (lineage.trained(name, 2) for name in plans)
        np.testing.assert_array_equal(ticket.start, carried.start)
        assert not np.allclose(ticket.start, control.start)


def test_killed_and_resumed_it_comes_out_the_same(lab: Any) -> None:
    session = lab.create("killed", branch=BRANCHES)
    while not session.view.branches["carried"].rounds.get(1):
        session.pulse(25)
    path = lab.go_on(lab.kill(session))
    lab.assert_same(path, lab.finished("in one go", branch=BRANCHES), rounds=9)


def test_one_ticket_goes_on_being_pruned_if_rounds_are_added(lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        names = session.transfer("snr", [1], {"trainer": {"std_init": 0.1}})
        assert names == ["snr-with-std-init-0.1", "snr-with-std-init-0.1-random"]
        session.set_pruning(names[0], {"rounds": 2})
        session.run()
        carried = session.view.branches[names[0]].rounds
        assert [round(round_.density, 6) for round_ in carried.values()] == [0.7, 0.49]
        assert [len(round_.pruned) for round_ in carried.values()] == [1, 0]
    lab.assert_whole(session.path)


def test_a_transfer_waits_for_tickets_that_are_not_there_yet(lab: Any) -> None:
    with lab.create() as session:
        carried, control, native = session.transfer("snr", None, {"pruner": "magnitude"}, native=True, name="mine")
        assert (carried, control, native) == ("mine", "mine-random", "mine-native")
        session.run()
        assert [len(branch.rounds) for branch in session.view.branches.values()] == [3, 3, 3, 3]


def test_the_command_answers_with_the_names(lab: Any) -> None:
    with lab.create() as session:
        driver = Driver(session, Goal())
        said: list[Any] = []
        command = commands.Transfer(branch="snr", overrides={"trainer": {"std_init": 0.1}}, control=False)
        driver.ask(command, "test", lambda *answer: said.append(answer))
        driver.ask(commands.Stop(), "test")
        driver.run(stay=True)
        assert said == [({"branches": ["snr-with-std-init-0.1"]}, None)]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"branch": "sn"}, "unknown branch 'sn'; did you mean snr"),
        ({"rounds": [3]}, "has no round 3; its rounds are 0 to 2"),
        ({"rounds": []}, "nothing to transfer"),
        (
            {"overrides": {"network": {"hidden": [9]}}},
            r"dense_0/kernel is 196×8 in the source and 196×9 in the target.*or ask for the overlap",
        ),
        ({"name": "SNR"}, "A branch 'SNR' already exists"),
        ({"overrides": {"trainer": {"strategy": "pgp"}}}, "unknown strategy 'pgp'"),
    ],
)
def test_what_can_not_be_transferred_is_refused(lab: Any, given: dict[str, Any], sentence: str) -> None:
    with lab.create() as session:
        with pytest.raises(TicketError, match=sentence):
            session.transfer(**{"branch": "snr", **given})
        assert list(session.view.branches) == ["snr"]


@pytest.mark.parametrize(
    ("transfer", "sentence"),
    [
        ({"branch": "later"}, r"\$.branch\[1\].transfer.branch: 'later', expected an earlier branch: snr"),
        ({"branch": "snr", "rounds": [9]}, r"\$.branch\[1\].transfer.rounds: 9, expected at most 2"),
        ({"branch": "snr", "round": 1}, r"\$.branch\[1\].transfer.round: unknown field"),
    ],
)
def test_a_spec_that_transfers_nothing_is_refused(lab: Any, transfer: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        lab.spec(branch=[{"name": "snr"}, {"name": "b", "transfer": transfer}, {"name": "later"}])


def test_a_spec_whose_tickets_do_not_fit_makes_no_session(lab: Any) -> None:
    wider = {"name": "b", "network": {"name": "mlp", "hidden": [9]}, "transfer": {"branch": "snr"}}
    with pytest.raises(TicketError, match="dense_0/kernel is 196×8 in the source and 196×9 in the target"):
        lab.create(branch=[{"name": "snr"}, wider])
    assert not lab.path().exists()


def test_sessions_open_again_with_their_transfers(lab: Any) -> None:
    with lab.create(branch=BRANCHES) as session:
        path = session.path
    with Session.open(path) as again:
        assert again.spec.branches[1].transfer is not None
        assert again.view.branches["control"].borrowed.control  # type: ignore[union-attr]
