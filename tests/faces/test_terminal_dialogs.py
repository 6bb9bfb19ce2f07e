"""Dialogs: what they return, and what they say about what can't be."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static

import widgets.terminal.app
from sessions import commands, events
from sessions.branch_view import RoundView
from sessions.header import read_header, read_view
from sessions.spec import parse_plan
from sessions.store import Journal, SessionDirectory
from ticket_explorer.errors import TicketError
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.terminal.dialogs import trainer_fields
from widgets.terminal.dialogs.branch import BranchDialog
from widgets.terminal.dialogs.decompose import DecomposeDialog
from widgets.terminal.dialogs.export import ExportDialog
from widgets.terminal.dialogs.fields import Choice, Row
from widgets.terminal.dialogs.pruner import PrunerDialog
from widgets.terminal.dialogs.strategy import StrategyDialog
from widgets.terminal.dialogs.transfer import TransferDialog
from widgets.terminal.dialogs.undo import RoundList, UndoDialog

GOLDEN = Path(__file__).parents[1] / "engine" / "golden" / "schema_1"
NAMES = list(PRUNERS)
PREVIEW = {
    "kept": 25,
    "removed": 7,
    "pruners": NAMES[:5],
    "overlap": [[1.0 if one == other else 0.4 for other in range(5)] for one in range(5)],
    "layers": {name: {"dense_0/kernel": 5, "dense_1/kernel": 2} for name in NAMES[:5]},
}
SIZES = [(80, 24), pytest.param((120, 36), marks=pytest.mark.slow)]
NOTHING = "still open"

Scenario = Callable[[ModalScreen[Any], Pilot[None]], Awaitable[None]]


class FakeLink:
    """A session that was read from disk, and an engine that answers what it is told to."""

    def __init__(self, answer: dict[str, Any] | TicketError = PREVIEW) -> None:
        self.path = GOLDEN
        self.header = read_header(SessionDirectory.open_for_reading(GOLDEN))
        self.view = read_view(GOLDEN)
        self.asked: list[commands.Command] = []
        self.answer = answer

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        self.asked.append(command)
        if isinstance(self.answer, TicketError):
            raise self.answer
        return self.answer


class Host(App[None]):
    CSS_PATH = Path(widgets.terminal.app.__file__).with_name("app.tcss")


def returned(dialog: ModalScreen[Any], scenario: Scenario, size: tuple[int, int] = (80, 24)) -> Any:
    """What a dialog returns after a scenario; NOTHING if it is still open."""
    results: list[Any] = []

    async def main() -> None:
        app = Host()
        async with app.run_test(size=size) as pilot:
            await app.push_screen(dialog, results.append)
            await pilot.pause()
            await scenario(dialog, pilot)
            await app.workers.wait_for_complete()
            await pilot.pause()

    asyncio.run(main())
    return results[0] if results else NOTHING


def keys(*presses: str) -> Scenario:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        await pilot.press(*presses)
        await pilot.pause()

    return scenario


def fill(**texts: str) -> Scenario:
    """Type into fields, then enter."""

    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        for field, text in texts.items():
            row(dialog, field).query_one(Input).value = text
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()

    return scenario


def then(*scenarios: Scenario) -> Scenario:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        for one in scenarios:
            await one(dialog, pilot)

    return scenario


def says(*parts: str) -> Scenario:
    """All of these texts are shown."""

    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        seen = shown(dialog)
        for part in parts:
            assert part in seen, seen

    return scenario


def shown(dialog: ModalScreen[Any]) -> str:
    texts = [str(widget.render()) for widget in dialog.query(Static) if widget.display]
    return "\n".join(texts + [str(o.prompt) for options in dialog.query(OptionList) for o in options.options])


def row(dialog: ModalScreen[Any], field: str) -> Row:
    found = [row for row in dialog.query(Row) if row.field.rpartition(".")[2] == field and row.display]
    assert len(found) == 1, field
    return found[0]


@pytest.fixture
def link() -> Any:
    return FakeLink()


DIALOGS = [PrunerDialog, StrategyDialog, BranchDialog, TransferDialog, DecomposeDialog, UndoDialog, ExportDialog]


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
        dialog.query_one(OptionList).highlighted = list(trainer_fields.KINDS).index(name)
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
    from ticket_explorer.trainers.settings import Evolution as Settings
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


def test_a_branch_with_another_strategy(link: Any) -> None:
    command = returned(BranchDialog(link, "snr", None), keys("shift+tab", "right", "right", "enter"))
    assert command.overrides["trainer"]["strategy"] == "sep_cma_es"
    assert parse_plan(link.view.branches["snr"].plan, command.overrides)


def test_all_tickets_go_to_another_task(link: Any) -> None:
    command = returned(TransferDialog(link, "snr", None), keys("tab", "right", "enter"))
    assert command == commands.Transfer(branch="snr", overrides={"task": {"name": next(iter(TASKS))}})


@pytest.mark.parametrize(("presses", "rounds"), [(("enter",), None), (("right", "right", "enter"), [1])])
def test_the_controls_of_tickets(presses: tuple[str, ...], rounds: list[int] | None, link: Any) -> None:
    command = returned(DecomposeDialog(link, "snr", None), keys(*presses))
    assert command == commands.Decompose(branch="snr", rounds=rounds)


def test_one_ticket_goes_to_another_trainer_with_native_ones_beside(link: Any) -> None:
    scenario = then(keys("tab", "tab", "left", "left", "tab", "right"), fill(name="mine"))
    command = returned(TransferDialog(link, "snr", 1), scenario)
    assert (command.rounds, command.name, command.control, command.native) == ([1], "mine", True, True)
    assert command.overrides["trainer"]["name"] == list(trainer_fields.KINDS)[-2]
    assert command.overrides["pruner"] == "magnitude"


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
    assert returned(UndoDialog(link, "snr", None), scenario) == commands.RewindTo(branch="snr", round=0)


def test_inherited_rounds_are_there_too(link: Any) -> None:
    scenario = then(says("trained by snr"), keys("enter"))
    assert returned(UndoDialog(link, "random", 0), scenario) == commands.RewindTo(branch="random", round=0)


def test_by_mouse(link: Any) -> None:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        await pilot.click(RoundList, offset=(5, 0))
        await pilot.click("Button.-accept")
        await pilot.pause()

    assert returned(UndoDialog(link, "snr", None), scenario) == commands.RewindTo(branch="snr", round=0)


def test_a_choice_by_mouse(link: Any) -> None:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        choice = dialog.query_one("RewindForm Choice", Choice)
        await pilot.click(choice, offset=(8, 0))
        assert choice.value == "fresh"
        await pilot.click(choice, offset=(0, 0))
        assert choice.value == "initial"

    assert returned(PrunerDialog(link, "snr", None), scenario) == NOTHING


def file(path: Path) -> Scenario:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        dialog.query_one("#file", Input).value = str(path)
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()

    return scenario


def test_metrics_are_written(link: Any, tmp_path: Path) -> None:
    out = tmp_path / "metrics [b].json"
    assert returned(ExportDialog(link, "snr", None), file(out)) == f"Wrote {out}."
    assert len(json.loads(out.read_text())) == 2 * (6 + 6 + 2 + 2)


@pytest.mark.slow
def test_a_ticket_is_written(link: Any, tmp_path: Path) -> None:
    out = tmp_path / "ticket.msgpack"
    assert returned(ExportDialog(link, "random", None), then(keys("right"), file(out))) == f"Wrote {out}."
    assert out.stat().st_size > 0


@pytest.mark.parametrize(
    ("turns", "name", "begins"),
    [
        (2, "analysis.csv", b"analysis,kind"),
        pytest.param(3, "figure.svg", b"<?xml", marks=pytest.mark.slow),
        pytest.param(4, "report.html", b"<!doctype html>", marks=pytest.mark.slow),
    ],
)
def test_what_was_found_is_written(turns: int, name: str, begins: bytes, link: Any, tmp_path: Path) -> None:
    link.path, out = tmp_path / "mine.session", tmp_path / name
    shutil.copytree(GOLDEN, link.path)
    with Journal.open(SessionDirectory.open_for_reading(link.path).journal) as journal:
        block = events.Block(shape=[1, 1], data=np.ones((1, 1), "<f4").tobytes())
        found = {"kind": "layers", "branch": "snr", "round": 1, "generation": 1, "parameters": {}}
        analysed = events.Analysed(id=1, arrays={"density": block}, **found)
        journal.append(msgspec.msgpack.encode(analysed))
    link.view.apply(analysed)
    scenario = then(keys(*["right"] * turns), file(out))
    assert returned(ExportDialog(link, "snr", None), scenario) == f"Wrote {out}."
    assert out.read_bytes().startswith(begins)


def test_a_figure_is_of_the_round_and_the_kind_that_are_chosen(link: Any) -> None:
    async def proposed(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        assert dialog.query_one("#file", Input).value == f"{GOLDEN.stem}-sparsity-snr-0.pdf"

    scenario = then(keys(*["right"] * 3, "tab", "right", "right", "tab", "left"), proposed)
    assert returned(ExportDialog(link, "snr", 1), scenario) == NOTHING


def test_what_is_not_there_is_not_written(link: Any) -> None:
    link.view.analyses.clear()
    refused = then(keys("right", "right", "enter"), says("Nothing of this session was analysed yet"))
    assert returned(ExportDialog(link, "snr", None), refused) == NOTHING
    refused = then(keys(*["right"] * 3, "tab", "left", "enter"), says("Nothing was computed here yet"))
    assert returned(ExportDialog(link, "snr", None), refused) == NOTHING


def test_a_file_is_not_overwritten_unasked(link: Any, tmp_path: Path) -> None:
    out = tmp_path / "metrics.csv"
    out.write_text("mine")
    kept = then(file(out), keys("enter"))
    assert returned(ExportDialog(link, "snr", None), kept) == NOTHING
    assert out.read_text() == "mine"
    assert returned(ExportDialog(link, "snr", None), then(file(out), keys("tab", "enter"))) == f"Wrote {out}."
    assert out.read_text().startswith("branch")


@pytest.mark.parametrize(
    ("name", "error"),
    [("metrics.txt", "must end in .csv or"), ("no/metrics.csv", "There is no directory"), ("", "must end in")],
)
def test_a_file_that_can_not_be(name: str, error: str, link: Any, tmp_path: Path) -> None:
    scenario = then(file(tmp_path / name), says(error))
    assert returned(ExportDialog(link, "snr", None), scenario) == NOTHING


def test_what_the_command_line_refuses_is_shown(link: Any, tmp_path: Path) -> None:
    link.path = tmp_path / "gone.session"

    async def told(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        await dialog.app.workers.wait_for_complete()
        assert "gone.session" in shown(dialog)

    assert returned(ExportDialog(link, "snr", None), then(file(tmp_path / "metrics.csv"), told)) == NOTHING


def test_dialogs_need_no_jax() -> None:
    names = ("branch", "export", "fields", "pruner", "strategy", "undo")
    modules = ", ".join(f"widgets.terminal.dialogs.{name}" for name in names)
    code = f"import {modules}, sys; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
