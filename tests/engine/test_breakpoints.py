"""Breakpoints: a session pauses where they say, once in a round, whatever process runs it; and computes the same."""

from pathlib import Path
from typing import Any

import pytest

from sessions.messages import commands, events
from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.session.session import Session
from sessions.specs.breakpoint import parse_breakpoint
from sessions.views.breakpoints import Breakpoints
from sessions.views.reading import read_view
from sessions.views.session_view import SessionView
from tests.faces.made_events import block, branch, finish, start
from tests.folding import fold
from ticket_explorer.errors import InvalidValue, TicketError, UnknownName

Stop = tuple[str, int, int]


def where(view: SessionView) -> Stop:
    """The branch, the round and the generation at which it rests; generation -1 if no round runs."""
    met = [event for event in view.history if isinstance(event, events.BreakpointMet)]
    return met[-1].branch, met[-1].round, -1 if view.running is None else view.running.done


def test_it_pauses_where_it_says_in_every_process_and_computes_the_same(lab: Any, whole: Path) -> None:
    at = [{"round": 0}, {"density": 0.7}, {"round": 1, "generation": 17}, {"branch": "snr", "correlation_below": 1.0}]
    lab.create(pause_at=at).close()
    found: list[Stop] = []
    while True:
        with Session.open(lab.path()) as session:  # each goes on in another process
            session.run()
            if session.is_finished:
                break
            assert session.view.state == "paused"
            assert session.view.message == session.paused_at
            found.append(where(session.view))
    assert found == [
        ("snr", 0, -1),  # before it
        ("snr", 0, -1),  # after it
        ("snr", 1, -1),
        ("snr", 1, 17),
        ("snr", 1, -1),
        ("snr", 2, -1),
    ]
    lab.assert_same(whole, lab.path(), rounds=3)


def test_a_command_sets_it_and_another_removes_it(lab: Any) -> None:
    answers: list[Any] = []
    with lab.create() as session:
        driver = Driver(session, Goal(to_the_end=True))
        for command in (
            commands.PauseAt(round=0, generation=3),
            commands.PauseAt(generation=2),
            commands.RemoveBreakpoint(2),
            commands.PauseAt(branch="nosuch", round=1),
            commands.PauseAt(),
            commands.RemoveBreakpoint(7),
        ):
            driver.ask(command, "test", lambda result, error: answers.append(error or result))
        driver.run(stay=False)
        assert driver.failure is None
        assert (session.view.state, where(session.view)) == ("paused", ("snr", 0, 3))
        assert session.pause_at(density=0.5) == 3
    assert answers[:3] == [{"number": 1}, {"number": 2}, {}]
    assert [type(error) for error in answers[3:]] == [UnknownName, InvalidValue, TicketError]
    assert "The breakpoints are: 1 (after generation 3 of round 0 of any branch)." in str(answers[5])
    view = read_view(lab.path())
    assert [one.at.words for one in view.breakpoints.known.values()] == [
        "after generation 3 of round 0 of any branch",
        "before a round at 50% or less of any branch",
    ]
    assert view.message == ("Breakpoint 1, after generation 3 of round 0 of any branch: round 0 of snr.")


def test_one_set_in_a_round_is_not_met_by_what_has_passed(lab: Any) -> None:
    with lab.create() as session:
        session.step(5)
        session.pause_at(generation=5)
        session.pause_at(generation=8)
        assert session.step(20) == 3
        assert session.step(4) == 4


def test_a_layer_about_to_collapse_pauses_before_anything_is_pruned(lab: Any) -> None:
    pruning = {"ratio": 0.97, "rounds": 3}
    with lab.create(trainer={"generations": 2}, pruning=pruning, pause_at=[{"collapse": True}]) as session:
        session.run()
        assert "snr:2 begins with a collapsed layer" in session.view.message
        assert session.view.branches["snr"].rounds[1].pruned == []
        session.set_pruning("snr", {"ratio": 0.05})
        session.run()
        assert session.is_finished
        assert not any("collapsed" in remark.text for remark in session.view.remarks)


def passed(*stream: events.Event) -> list[int]:
    """The numbers of the breakpoints that the last event meets."""
    view = fold(iter(stream))
    before = view.round("snr", view.breakpoints.finished.number - 1) if view.breakpoints.finished else None
    return [one.number for one, _ in view.breakpoints.after(view.running, before)]


def points(*at: dict[str, Any]) -> list[events.BreakpointSet]:
    return [events.BreakpointSet(number=number, when=one) for number, one in enumerate(at, 1)]


ZEROS = [[[0.0] * 4]] * 100


def test_what_a_round_found_meets_it() -> None:
    set_ = points(
        {"score_drop": 0.1}, {"score_drop": 0.3}, {"branch": "random", "score_drop": 0.0}, {"correlation_below": 0.5}
    )
    first = [branch("snr"), *set_, start("snr"), block("snr", 0, ZEROS), finish("snr", score=[0.8], pearson=[0.6])]
    assert passed(*first) == []
    second = [*first, start("snr", 1), block("snr", 0, ZEROS, 1), finish("snr", 1, score=[0.6], pearson=[0.4])]
    assert passed(*second) == [1, 4]
    assert passed(*second, events.BreakpointMet(number=1, branch="snr", round=1, said="")) == [4]
    assert passed(*second, events.BreakpointRemoved(number=4)) == [1]
    without = [*first, start("snr", 1), block("snr", 0, ZEROS, 1), finish("snr", 1, score=[None], pearson=[None])]
    assert passed(*without) == []


def test_of_several_the_nearest_limits_what_is_asked_for() -> None:
    view = fold(iter([branch("snr"), *points({"generation": 70}, {"generation": 30}, {"round": 5, "generation": 9})]))
    assert Breakpoints().before(("snr", 0), 1.0, False) == []
    running = fold(iter([branch("snr"), start("snr"), block("snr", 0, ZEROS[:20])])).running
    assert running is not None
    assert view.breakpoints.room(running) == 10


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ({}, "$"),
        ({"round": 1, "density": 0.5}, "$"),
        ({"density": 1.5}, "$.density"),
        ({"density": 0.0}, "$.density"),
        ({"round": -1}, "$.round"),
        ({"generation": 0}, "$.generation"),
        ({"score_drop": float("nan")}, "$.score_drop"),
        ({"correlation_below": 2}, "$.correlation_below"),
        ({"rounds": 1}, "$.rounds"),
        ({"collapse": True, "round": 2}, "$"),
    ],
)
def test_what_says_nothing_or_two_things_is_refused(table: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        parse_breakpoint(table)
    assert raised.value.path == path


def test_a_spec_names_a_branch_that_is_there(lab: Any) -> None:
    with pytest.raises(InvalidValue, match=r"\$\.pause_at\[1\]\.branch"):
        lab.spec(pause_at=[{"round": 1}, {"branch": "random", "round": 1}])
    with pytest.raises(InvalidValue, match=r"a list of tables"):
        lab.spec(pause_at={"round": 1})
