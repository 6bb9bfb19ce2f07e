"""A branch is removed: it is gone from every view, its files stay whole, and nothing that needs it loses it."""

from typing import Any

import pytest

from sessions.reports.json_report import report
from sessions.session.session import Session
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view
from ticket_explorer.errors import TicketError, UnknownName

BRANCHES = [{"name": "snr"}, {"name": "random", "pruner": "random"}]
SHORT = {"trainer": {"generations": 3}, "pruning": {"rounds": 2}}


def test_it_is_gone_for_good_and_its_files_stay(lab: Any) -> None:
    with lab.create(branch=BRANCHES, **SHORT) as session:
        session.run()
        with pytest.raises(TicketError, match=r"random go on from its rounds"):
            session.remove_branch("snr")
        with pytest.raises(UnknownName):
            session.remove_branch("nosuch")
        session.remove_branch("random")
        with pytest.raises(TicketError, match="is the only one"):
            session.remove_branch("snr")
        with pytest.raises(TicketError, match="was called"):
            session.branch("snr", 0, "Random", {"pruner": "magnitude"})
    with Session.open(lab.path()) as session:  # the spec names it, and it doesn't come back
        assert list(session.view.branches) == ["snr"]
        assert session.is_finished
    lab.assert_whole(lab.path())
    directory = SessionDirectory(lab.path())
    assert directory.rounds("random") == [1]
    view = read_view(lab.path())
    assert view.former_names == ["random"]
    assert [branch["name"] for branch in report(lab.path(), read_header(directory), view)["branches"]] == ["snr"]


def test_the_round_that_runs_is_dropped_with_it(lab: Any) -> None:
    with lab.create(branch=BRANCHES, **SHORT) as session:
        session.run_round()
        session.run_round()
        session.step(1)
        running = session.view.running
        assert running is not None
        if running.branch == "random":
            session.remove_branch("random")
            assert session.view.running is None
            session.run()
            assert session.is_finished
        lab.assert_whole(session.path)


def test_an_identical_branch_with_nothing_to_run_is_refused(lab: Any) -> None:
    with lab.create(**SHORT) as session:
        session.run()
        with pytest.raises(TicketError, match="with nothing to run: round 1 is its last one"):
            session.branch("snr", 1)
        assert session.branch("snr", 1, overrides={"pruning": {"rounds": 3}}) == "snr-2"
        assert session.branch("snr", 0) == "snr-3"
