"""The journal's sentences."""

import msgspec
import pytest

from sessions.messages import commands, events
from widgets.shared.wording import sentence


def asked(client: str, command: commands.Command) -> events.CommandReceived:
    return events.CommandReceived(client=client, command=msgspec.to_builtins(command))


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            asked(events.IDLE, commands.Stop()),
            "The engine ended by itself: it had nothing to compute, and no viewer",
        ),
        (asked("SIGTERM", commands.Stop()), "The engine was ended by SIGTERM"),
        (asked("terminal", commands.Stop()), "terminal asked: Stop"),
        (asked("terminal", commands.Step(generations=3)), "terminal asked: Step generations 3"),
    ],
)
def test_who_asked_for_what(event: events.Event, told: str) -> None:
    assert sentence(event) == told


def test_a_note_is_told_once() -> None:
    history = [asked("terminal", commands.Note(text="flat")), events.Remarked(text="flat", author="terminal")]
    assert [told for event in history if (told := sentence(event))] == ["terminal: flat"]
