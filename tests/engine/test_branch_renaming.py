"""A branch is called otherwise: everything goes by its new name, its files stay where they are, and no bit changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessions.messages import commands, events
from sessions.saved.session import SavedSession
from sessions.session.session import Session
from sessions.specs.breakpoint import parse_breakpoint
from sessions.views.reading import read_view
from tests.siege.story import give
from ticket_explorer.errors import TicketError, UnknownName

BRANCHES = [{"name": "snr"}, {"name": "random", "pruner": "random"}]
SHORT = {"trainer": {"generations": 3}, "pruning": {"rounds": 3}}


def renamed(lab: Any) -> Path:
    """A finished session, whose branches got other names half way."""
    with lab.create(branch=BRANCHES, **SHORT) as session:
        for _ in range(3):
            session.run_round()
        session.rename_branch("random", "chance")
        session.rename_branch("snr", "signal")
    with Session.open(lab.path()) as session:
        session.run()
        assert session.is_finished
    return Path(session.path)


def test_everything_goes_by_the_new_name_and_no_bit_changes(lab: Any) -> None:
    path = renamed(lab)
    expected = lab.finished("undisturbed", branch=BRANCHES, **SHORT)
    view = read_view(path)
    assert list(view.branches) == ["signal", "chance"]
    assert view.branches["chance"].parent == "signal"
    assert {round_.branch for round_ in view.lineage("chance")} == {"signal", "chance"}
    lab.assert_whole(path)
    assert sorted(place.name for place in (path / "rounds").iterdir()) == ["random", "snr"]
    for before, after in (("snr", "signal"), ("random", "chance")):
        for number in range(3):
            one, other = (
                SavedSession.read(expected).ticket(before, number),
                SavedSession.read(path).ticket(after, number),
            )
            assert one.arrays.keys() == other.arrays.keys()
            for what, array in one.arrays.items():
                np.testing.assert_array_equal(array, other.arrays[what], err_msg=what)


def test_tickets_of_a_renamed_branch_are_transferred_adopted_and_analysed(lab: Any) -> None:
    path = renamed(lab)
    with Session.open(path) as session:
        session.transfer("signal", [1], {"trainer": {"generations": 2}}, name="carried", control=False)
        session.rename_branch("signal", "again")
        assert session.view.branches["carried"].borrowed.branch == "again"
        session.run()
        session.analyse("snr", "again", 1)
        session.rename_branch("again", "snr")  # its own first name
        assert session.view.analysis("snr", "snr") is not None
    with lab.create("other", branch=[{"name": "a"}], **SHORT) as other:
        assert other.adopt(path, "chance", "theirs") == "theirs"
        assert other.ticket("theirs", 2).mask.shape
    lab.assert_whole(path)


def test_names_of_old_stay_taken(lab: Any) -> None:
    with Session.open(renamed(lab)) as session:
        for name, said in (("random", "was called 'random'"), ("chance", "already exists"), ("signal", "that already")):
            with pytest.raises(TicketError, match=said):
                session.rename_branch("signal", name)
        with pytest.raises(TicketError):
            session.rename_branch("signal", "../signal")
        session.rename_branch("signal", "Signal")  # upper and lower case are its own
        session.rename_branch("Signal", "signal")
        with pytest.raises(UnknownName):
            session.rename_branch("snr", "another")
        assert list(session.view.branches) == ["signal", "chance"]


def test_a_branch_keeps_its_name_while_it_is_computed(lab: Any) -> None:
    with lab.create(branch=BRANCHES, **SHORT) as session:
        session.step(1)
        with pytest.raises(TicketError, match="a round of it has begun"):
            session.rename_branch("snr", "signal")
        assert give(session, commands.RenameBranch("random", "chance")) is None


def test_breakpoints_go_with_their_branch(lab: Any) -> None:
    with lab.create(branch=BRANCHES, **SHORT) as session:
        session.pause_at(branch="random", round=2)
        session.rename_branch("random", "chance")
        (known,) = session.view.breakpoints.known.values()
        assert known.at == parse_breakpoint({"branch": "chance", "round": 2})
        session.run()
        assert session.view.message.startswith("Breakpoint 1")
        assert any(isinstance(event, events.BranchRenamed) for event in session.view.history)
