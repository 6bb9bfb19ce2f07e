"""Breakpoints in the faces: what a person fills in becomes the command, and what can't be gets a sentence."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sessions.messages import commands, events
from tests.faces.conftest import GOLDEN, Tell
from tests.faces.dialog_stage import FakeLink, keys, returned, says, then
from tests.faces.form_stage import Stage, button, field, words
from ticket_explorer.errors import InvalidValue
from widgets.decisions.breakpoints import KINDS, VALUES, wanted_breakpoint
from widgets.shared.wording import sentence
from widgets.terminal.dialogs.breakpoint import BreakpointDialog


@pytest.mark.parametrize(
    ("kind", "value", "command"),
    [
        ("round", " 3 ", commands.PauseAt(round=3)),
        ("density", "0.1", commands.PauseAt(density=0.1)),
        ("generation", "17", commands.PauseAt(generation=17)),
        ("generation", "3:17", commands.PauseAt(round=3, generation=17)),
        ("score_drop", "0.05", commands.PauseAt(score_drop=0.05)),
        ("correlation_below", "-0.2", commands.PauseAt(correlation_below=-0.2)),
        ("collapse", "", commands.PauseAt(collapse=True)),
    ],
)
def test_what_is_typed_becomes_the_command(kind: str, value: str, command: commands.PauseAt) -> None:
    assert wanted_breakpoint(kind, value, None) == command


@pytest.mark.parametrize(
    ("kind", "value"),
    [("round", ""), ("round", "1.5"), ("density", "10%"), ("density", "7"), ("generation", "a:3"), ("score_drop", "x")],
)
def test_what_is_no_such_number_is_said(kind: str, value: str) -> None:
    with pytest.raises(InvalidValue):
        wanted_breakpoint(kind, value, None)


def test_every_kind_says_which_number_it_takes() -> None:
    assert KINDS.keys() == VALUES.keys()


def test_the_dialog_sets_one(link: Any) -> None:
    dialog = BreakpointDialog(link, "snr", 4)
    assert returned(dialog, then(says("counted from 0"), keys("enter"))) == commands.PauseAt(round=4)
    dialog = BreakpointDialog(link, "snr", None)
    turned = then(keys("right", "tab", *"7", "enter"), says("expected a number between 0 and 1"), keys("escape"))
    assert returned(dialog, turned) is None
    dialog = BreakpointDialog(link, "snr", None)
    of = keys("right", "tab", "0", "full_stop", "1", "tab", "right", "enter")
    assert returned(dialog, of) == commands.PauseAt(branch="snr", density=0.1)


def test_the_dialog_lists_those_that_are_set_and_removes_one() -> None:
    link: Any = FakeLink()
    link.view.apply(events.BreakpointSet(number=3, when={"round": 9}))
    told = then(says("none: set this one"), keys("tab", "tab", "tab", "right"), says("3: before round 9 of any branch"))
    assert returned(BreakpointDialog(link, "snr", None), then(told, keys("enter"))) == commands.RemoveBreakpoint(3)


def test_the_command_line_sets_lists_and_removes(tell: Tell, tmp_path: Path) -> None:
    path = str(shutil.copytree(GOLDEN, tmp_path / "golden.session"))
    assert "There are no breakpoints" in tell("pause-at", path).stderr
    told = tell("pause-at", path, "--round", "2", "--generation", "4", "--branch", "again")
    assert told.stdout == "1: after generation 4 of round 2 of again\n", told.stderr
    tell("pause-at", path, "--collapse")
    table = json.loads(tell("pause-at", path, "--remove", "2", "--json").stdout)
    assert table == [{"number": 1, "branch": "again", "round": 2, "generation": 4}]
    for wrong in (["--remove", "7"], ["--density", "3"], ["--round", "1", "--density", "0.5"], ["--branch", "snr"]):
        refused = tell("pause-at", path, *wrong)
        assert (refused.exit_code, refused.stdout) == (2, ""), refused.stderr
    assert (
        "either a breakpoint to remove, or one to set" in tell("pause-at", path, "--remove", "1", "--collapse").stderr
    )


def test_the_journal_tells_of_them() -> None:
    set_ = events.BreakpointSet(number=2, when={"score_drop": 0.05, "branch": "snr"})
    assert sentence(set_) == ("Breakpoint 2 was set: pause after a round whose score drops by more than 0.05 of snr")
    met = events.BreakpointMet(number=2, branch="snr", round=3, said="Breakpoint 2, …: round 3 of snr.")
    assert sentence(met) == "Breakpoint 2, …: round 3 of snr."


def test_the_notebooks_form_sets_and_removes() -> None:
    stage = Stage()
    stage.view.apply(events.BreakpointSet(number=3, when={"round": 9}))
    form = stage.form("Pause at")
    form.renew()
    field(form, "pause").value = "generation"
    field(form, "at").value = "x"
    button(form, "Set").click()
    assert stage.asked == []
    assert "17: of each round" in words(form)
    field(form, "at").value = "2:17"
    field(form, "of").value = "this"
    button(form, "Set").click()
    field(form, "those set").value = "3"
    button(form, "Remove").click()
    assert stage.asked == [commands.PauseAt(branch="snr", round=2, generation=17), commands.RemoveBreakpoint(3)]
