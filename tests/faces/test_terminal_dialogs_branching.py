"""Dialogs that branch, transfer and go back in time."""

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen

from sessions.messages import commands
from sessions.specs.spec import parse_plan
from tests.faces.dialog_stage import NOTHING, fill, keys, returned, says, then
from ticket_explorer.registry import name_of
from ticket_explorer.tasks import TASKS
from widgets.decisions import trainer_fields
from widgets.decisions.transfers import under_masks
from widgets.terminal.dialogs.branch import BranchDialog
from widgets.terminal.dialogs.decompose import DecomposeDialog
from widgets.terminal.dialogs.fields import Choice
from widgets.terminal.dialogs.pruner import PrunerDialog
from widgets.terminal.dialogs.transfer import TransferDialog
from widgets.terminal.dialogs.undo import RoundList, UndoDialog


def test_a_branch_as_before(link: Any) -> None:
    dialog = BranchDialog(link, "snr", 0)
    assert returned(dialog, keys("enter")) == commands.Branch(parent="snr", round=0, name="snr-2", overrides={})


def test_a_branch_that_differs(link: Any) -> None:
    turns = keys("tab", "tab", "right", "down", "right", "right")
    scenario = then(turns, fill(name="other", ratio="0.5"))
    assert returned(BranchDialog(link, "snr", None), scenario) == commands.Branch(
        parent="snr",
        round=1,
        name="other",
        overrides={"pruner": "snr", "rewind": "fresh", "pruning": {"ratio": 0.5}},
    )


def test_a_branch_whose_layers_have_ratios_of_their_own(link: Any) -> None:
    link.view.branches["snr"].plan["pruning"]["ratios"] = {"output": 0.1}
    assert returned(BranchDialog(link, "snr", None), keys("enter")).overrides == {}
    changed = returned(BranchDialog(link, "snr", None), fill(ratios="output = 0.2, dense = 0.3"))
    assert changed.overrides["pruning"] == {"ratios": {"output": 0.2, "dense": 0.3}}
    assert returned(BranchDialog(link, "snr", None), fill(ratios="")).overrides["pruning"] == {"ratios": {}}
    wrong = then(fill(ratios="output = 2"), says("expected a number between 0 and 1"))
    assert returned(BranchDialog(link, "snr", None), wrong) == NOTHING


def test_a_branch_with_another_strategy(link: Any) -> None:
    command = returned(BranchDialog(link, "snr", None), keys("shift+tab", "right", "right", "enter"))
    assert command.overrides["trainer"]["strategy"] == "sep_cma_es"
    assert parse_plan(link.view.branches["snr"].plan, command.overrides)


def test_all_tickets_go_to_another_task(link: Any) -> None:
    command = returned(TransferDialog(link, "snr", None), keys("tab", "right", "enter"))
    assert command == commands.Transfer(branch="snr", overrides={"task": {"name": next(iter(TASKS))}})


def test_one_ticket_goes_to_another_trainer_with_native_ones_beside(link: Any) -> None:
    scenario = then(keys("tab", "tab", "left", "left", "tab", "right", "tab", "right"), fill(name="mine"))
    command = returned(TransferDialog(link, "snr", 1), scenario)
    assert (command.rounds, command.name, command.control, command.native) == ([1], "mine", True, True)
    assert command.start == "initial"
    assert command.overrides["trainer"]["name"] == list(trainer_fields.TRAINER_KINDS)[-2]
    assert name_of(parse_plan(link.view.branches["snr"].plan, command.overrides).pruner) == "learned"


def test_a_transfer_that_changes_nothing_is_none(link: Any) -> None:
    assert returned(TransferDialog(link, "snr", None), then(keys("enter"), says("Choose another task"))) == NOTHING


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        ({"name": "RANDOM"}, "a name that no other branch has"),
        ({"name": "a/b"}, "beginning with a letter or digit"),
        ({"name": ""}, "beginning with a letter or digit"),
        ({"ratio": "1"}, "expected a number between 0 and 1"),
    ],
)
def test_a_branch_that_can_not_be(texts: dict[str, str], error: str, link: Any) -> None:
    assert returned(BranchDialog(link, "snr", None), then(fill(**texts), says(error))) == NOTHING


def test_a_branch_needs_a_finished_round(link: Any) -> None:
    link.view.branches["snr"].rounds[0].finished = link.view.branches["snr"].rounds[1].finished = None
    scenario = then(keys("enter"), says("no finished round"))
    assert returned(BranchDialog(link, "snr", None), scenario) == NOTHING
    assert returned(UndoDialog(link, "snr", None), scenario) == NOTHING


def test_going_back(link: Any) -> None:
    scenario = then(says("set aside", "nothing is deleted", "round 1", "0.099"), keys("up", "enter"))
    assert returned(UndoDialog(link, "snr", None), scenario) == commands.GoBack(branch="snr", round=0)


def test_inherited_rounds_are_there_too(link: Any) -> None:
    scenario = then(says("trained by snr"), keys("enter"))
    assert returned(UndoDialog(link, "random", 0), scenario) == commands.GoBack(branch="random", round=0)


def test_by_mouse(link: Any) -> None:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        await pilot.click(RoundList, offset=(5, 0))
        await pilot.click("Button.-accept")
        await pilot.pause()

    assert returned(UndoDialog(link, "snr", None), scenario) == commands.GoBack(branch="snr", round=0)


def test_a_choice_by_mouse(link: Any) -> None:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        choice = dialog.query_one("RewindForm Choice", Choice)
        await pilot.click(choice, offset=(8, 0))
        assert choice.value == "fresh"
        await pilot.click(choice, offset=(0, 0))
        assert choice.value == "initial"

    assert returned(PrunerDialog(link, "snr", None), scenario) == NOTHING


@pytest.mark.parametrize(("presses", "rounds"), [(("enter",), None), (("right", "right", "enter"), [1])])
def test_the_controls_of_tickets(presses: tuple[str, ...], rounds: list[int] | None, link: Any) -> None:
    command = returned(DecomposeDialog(link, "snr", None), keys(*presses))
    assert command == commands.Decompose(branch="snr", rounds=rounds)


def test_learned_masks_are_decomposed_under_a_trainer_that_leaves_them_alone(link: Any) -> None:
    plan = link.view.branches["snr"].plan
    plan["trainer"] = {"name": "continuous_sparsification", "generations": 5}
    assert returned(DecomposeDialog(link, "snr", None), keys("enter")).trainer is None
    plan["trainer"] = {"name": "mask_evolution", "generations": 5}
    trainers = list(under_masks(plan))
    assert "" not in trainers, "it has no settings of its own that would train weights"
    presses = keys("tab", *["right"] * trainers.index("gradient_descent"), "enter")
    trainer = returned(DecomposeDialog(link, "snr", None), presses).trainer
    assert trainer["name"] == "gradient_descent"
