"""Dialogs that switch the pruner and the trainer: what they return, and what they say about what can't be."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, Static

from sessions.messages import commands
from sessions.specs.spec import parse_plan
from sessions.views.branch_view import RoundView
from tests.faces.dialog_stage import NOTHING, SIZES, FakeLink, fill, keys, returned, row, says, then
from ticket_explorer.errors import TicketError
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.decisions import trainer_fields
from widgets.terminal.dialogs import ask
from widgets.terminal.dialogs.branch import BranchDialog
from widgets.terminal.dialogs.breakpoint import BreakpointDialog
from widgets.terminal.dialogs.decompose import DecomposeDialog
from widgets.terminal.dialogs.export import ExportDialog
from widgets.terminal.dialogs.fields import Choice
from widgets.terminal.dialogs.pruner import PrunerDialog
from widgets.terminal.dialogs.remove import RemoveDialog
from widgets.terminal.dialogs.rename import RenameDialog
from widgets.terminal.dialogs.strategy import StrategyDialog
from widgets.terminal.dialogs.transfer import TransferDialog
from widgets.terminal.dialogs.undo import UndoDialog

DIALOGS = [
    PrunerDialog,
    StrategyDialog,
    BranchDialog,
    TransferDialog,
    DecomposeDialog,
    UndoDialog,
    BreakpointDialog,
    RemoveDialog,
    RenameDialog,
    ExportDialog,
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", DIALOGS)
def test_it_fits_and_escape_leaves(kind: Any, size: tuple[int, int], link: Any) -> None:
    async def fits(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        box = dialog.query_one(".box")
        assert box.max_scroll_y == 0
        assert box.region.bottom <= size[1]
        assert all(button.region.right <= box.region.right for button in dialog.query(Button))

    assert returned(kind(link, "snr", None), then(fits, keys("escape")), size) is None


@pytest.mark.parametrize("kind", [PrunerDialog, StrategyDialog])
def test_what_changes_nothing_is_no_command(kind: Any, link: Any) -> None:
    assert returned(kind(link, "snr", None), keys("enter")) is None


def test_another_pruner(link: Any) -> None:
    link.view.branches["snr"].plan = {**link.view.branches["snr"].plan, "pruner": {"name": "snr"}}
    told = says(
        "Overlap with what snr", "40%", "magnitude would remove 7 of 25", "dense_0/kernel", "can't be used here"
    )
    command = returned(PrunerDialog(link, "snr", None), then(keys("down"), told, keys("enter")))
    assert command == commands.SwitchPruner(branch="snr", pruner="magnitude")
    assert link.asked == [commands.PreviewPruning(branch="snr")]


def test_the_engine_says_why_there_is_no_preview() -> None:
    link: Any = FakeLink(TicketError("Branch [b]snr[/b] has no weights yet."))
    assert returned(PrunerDialog(link, "snr", None), says("Branch [b]snr[/b] has no weights yet.")) == NOTHING


def test_a_rewind_with_its_generation(link: Any) -> None:
    early = keys("tab", "right", "right", "enter")
    wrong = then(early, says("expected a whole number of at least 1"), keys("tab", "x", "enter"), says("expected"))
    command = returned(PrunerDialog(link, "snr", None), then(wrong, keys("backspace", "4", "enter")))
    assert command == commands.SwitchPruner(branch="snr", rewind={"name": "early", "generation": 4})


def test_a_present_rewind_is_shown(link: Any) -> None:
    assert returned(PrunerDialog(link, "random", None), fill(generation="5")) == commands.SwitchPruner(
        branch="random", rewind={"name": "early", "generation": 5}
    )


def test_only_what_changes_of_a_strategy_is_sent(link: Any) -> None:
    command = returned(StrategyDialog(link, "snr", None), fill(population="128", temperature="2", learning_rate="0.5"))
    assert isinstance(command, commands.SwitchTrainer)
    optimizer = command.trainer.pop("optimizer")
    assert command.trainer == {"population": 128, "temperature": 2}
    assert (optimizer["name"], optimizer["learning_rate"]) == ("sgd", 0.5)


def test_another_strategy_is_sent_whole(link: Any) -> None:
    scenario = then(keys("down", "down"), says("PGPE", "std_lr"), fill(std_lr="0.2", generations="7"))
    command = returned(StrategyDialog(link, "again", None), scenario)
    assert isinstance(command, commands.SwitchTrainer)
    trainer = command.trainer
    assert (trainer["strategy"], trainer["generations"], trainer["parameters"]) == ("pgpe", 7, {"std_lr": 0.2})
    assert parse_plan(link.view.branches["again"].plan, {"trainer": trainer}).trainer.generations == 7


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "gradient_descent" else pytest.mark.slow)
        for name, settings in TRAINERS.items()
        if settings.needs_loss
    ],
)
def test_another_trainer_is_sent_whole(name: str, link: Any) -> None:
    async def choose(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        dialog.query_one(OptionList).highlighted = list(trainer_fields.TRAINER_KINDS).index(name)
        await pilot.pause()

    link.view.branches["again"].plan = {**link.view.branches["again"].plan, "pruner": {"name": "magnitude"}}
    command = returned(StrategyDialog(link, "again", None), then(choose, fill(generations="7")))
    assert isinstance(command, commands.SwitchTrainer)
    plan = parse_plan(link.view.branches["again"].plan, {"trainer": command.trainer})
    assert (command.trainer["name"], plan.trainer.generations) == (name, 7)


@pytest.mark.parametrize("name", [name for name, settings in TRAINERS.items() if settings().tunable])
def test_what_can_be_tuned_of_a_trainer_is_offered_with_its_value(name: str) -> None:
    running = FakeLink().view.running
    assert running is not None
    running.plan = {**running.plan, "trainer": trainer_fields.whole_table(name, running.plan["trainer"])}
    offered = {field.name: field.value for field in trainer_fields.live_fields(name, running)}
    assert offered == TRAINERS[name]().tunable


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        ("population", "1", "expected a whole number between 2 and 1000000"),
        ("generations", "many", "expected a whole number"),
        pytest.param("std_init", "", "expected a number above 0", marks=pytest.mark.slow),
        pytest.param("std_decay", "1.5", "expected a number between 0 and 1", marks=pytest.mark.slow),
        pytest.param("lr_std_init", "inf", "expected a finite number", marks=pytest.mark.slow),
    ],
)
def test_an_error_beside_its_field(field: str, text: str, error: str, link: Any) -> None:
    async def beside(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        assert error in str(row(dialog, field).query_one(".note", Static).render())

    assert returned(StrategyDialog(link, "snr", None), then(fill(**{field: text}), beside)) == NOTHING


def test_mirrored_pairs_are_even(link: Any) -> None:
    scenario = then(keys("down", "down"), fill(population="7"), says("expected an even number"))
    assert returned(StrategyDialog(link, "snr", None), scenario) == NOTHING


NOW = keys("shift+tab", "right")


def test_tuning_the_running_round(link: Any) -> None:
    command = returned(StrategyDialog(link, "snr", None), then(NOW, fill(std="0.5", learning_rate="2")))
    assert command == commands.Tune(changes={"std": 0.5, "learning_rate": 2.0})


@pytest.mark.parametrize("text", ["-1", *(pytest.param(text, marks=pytest.mark.slow) for text in ("x", ""))])
def test_tuning_out_of_range(text: str, link: Any) -> None:
    scenario = then(NOW, fill(std=text), says("expected a number above 0"))
    assert returned(StrategyDialog(link, "snr", None), scenario) == NOTHING


def test_nothing_to_tune_where_no_round_runs(link: Any) -> None:
    async def only_later(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        assert dialog.query_one("#when", Choice).value == "later"

    assert returned(StrategyDialog(link, "again", None), then(NOW, only_later)) == NOTHING


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_can_be_tuned_is_what_the_trainer_says(name: str) -> None:
    from ticket_explorer.trainers.evolution import Evolution
    from ticket_explorer.trainers.strategies.settings import Evolution as Settings
    from ticket_explorer.trainers.strategies.strategy import scalars

    trainer = Evolution(Settings(strategy=name, population=8), kept=6)
    known = {"std", *trainer._schedule(), *trainer.strategy.live, *scalars(trainer.strategy.parameters, 0)}
    running: RoundView | None = FakeLink().view.running
    assert running is not None
    running.plan = {**running.plan, "trainer": trainer_fields.whole_table(name, running.plan["trainer"])}
    offered = {field.name for field in trainer_fields.live_fields(name, running)}
    assert {"std", "mean_decay", "weight_decay"} <= offered <= known
    if trainer.decays_std:
        assert "std_decay" in offered


def test_dialogs_need_no_jax() -> None:
    names = ("branch", "export", "fields", "pruner", "strategy", "undo")
    modules = ", ".join(f"widgets.terminal.dialogs.{name}" for name in names)
    code = f"import {modules}, sys; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_branch_that_others_need_is_not_removed(link: Any) -> None:
    told = says("can't be removed: random, again", "set this one aside")
    assert returned(RemoveDialog(link, "snr", None), then(told, keys("enter"))) is None
    told = says("Its finished rounds stay on disk")
    assert returned(RemoveDialog(link, "again", None), then(told, keys("enter"))) == commands.RemoveBranch("again")


def test_a_branch_is_called_otherwise_if_the_name_is_free(link: Any) -> None:
    assert returned(RenameDialog(link, "snr", None), then(keys("enter"), says("is called that already"))) is NOTHING
    told = says("expected a branch name of 1 to 64 letters")
    assert returned(RenameDialog(link, "snr", None), then(keys("end", "slash"), told)) is NOTHING
    other = keys("end", "minus", "2", "enter")
    if link.view.running is not None:
        told = says("a round of it has begun")
        assert returned(RenameDialog(link, link.view.running.branch, None), then(other, told)) is NOTHING
    link.view.running = None
    assert returned(RenameDialog(link, "snr", None), other) == commands.RenameBranch("snr", "snr-2")


def test_a_branch_that_would_be_the_same_with_nothing_to_run_is_not_made(link: Any) -> None:
    plan = link.view.branches["random"].plan
    link.view.branches["random"].plan = {**plan, "pruning": {**plan["pruning"], "rounds": 2}}
    told = says("the same branch, with nothing to run")
    assert returned(BranchDialog(link, "random", 1), then(keys("enter"), told)) is NOTHING
    command = returned(BranchDialog(link, "random", 0), keys("enter"))
    assert command == commands.Branch(parent="random", round=0, name="random-2")


def test_a_dialog_answers_once_and_whoever_asked_may_be_gone() -> None:
    async def story() -> None:
        app: App[None] = App()
        async with app.run_test() as pilot:
            asked = app.run_worker(app.push_screen_wait(ask.line("Who?", "me")))
            await until_shown(app, pilot)
            dialog = app.screen
            dialog.dismiss("me")
            dialog.dismiss(None)  # escape, after enter
            assert await asked.wait() == "me"
            gone = app.run_worker(app.push_screen_wait(ask.line("Who?", "me")))
            await until_shown(app, pilot)
            gone.cancel()
            await pilot.pause()
            app.screen.dismiss("me")
            await pilot.pause()
            assert not isinstance(app.screen, ask.LineDialog)

    asyncio.run(story())


async def until_shown(app: App[None], pilot: Pilot[None]) -> None:
    while not isinstance(app.screen, ask.LineDialog):
        await pilot.pause(0.01)
