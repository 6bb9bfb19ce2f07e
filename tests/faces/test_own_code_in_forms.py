"""Code of one's own in the dialogs and forms about a branch: the choice, its fields, what is wrong, and its preview."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import OptionList

from sessions.messages import commands
from sessions.session.verbs import with_own_text
from tests.faces import form_stage as stage
from tests.faces.dialog_stage import NOTHING, PREVIEW, FakeLink, Scenario, fill, keys, returned, says, then
from ticket_explorer.errors import TicketError
from widgets.terminal.dialogs.branch import BranchDialog
from widgets.terminal.dialogs.fields import Choice
from widgets.terminal.dialogs.pruner import PrunerDialog
from widgets.terminal.dialogs.strategy import StrategyDialog

RULES = """
def my_score(key, result, ticket, problem, power=1):
    return abs(result.mean) ** power

def my_start(key, origin, result, mask, problem):
    return origin.initial

class Mine:
    pass
"""
MINE = {"name": "own", "place": "./rules.py:my_score"}
TOLD = {
    **PREVIEW,
    "pruners": [*PREVIEW["pruners"][:4], "rules.py:my_score"],
    "layers": {**PREVIEW["layers"], "rules.py:my_score": {"dense_0/kernel": 6, "dense_1/kernel": 1}},
    "present": "snr",
    "asked": "rules.py:my_score",
}


@pytest.fixture(autouse=True)
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("rules.py").write_text(RULES)


def last_pruner() -> Scenario:
    async def choose(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        options = dialog.query_one(OptionList)
        options.highlighted = options.option_count - 1
        await pilot.pause()

    return choose


def put(name: str, value: str) -> Scenario:
    async def choose(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        choice = dialog.query_one(name, Choice)
        choice.put(value)
        choice.post_message(Choice.Changed(choice))
        await pilot.pause()

    return choose


def waits(scenario: Scenario) -> Scenario:
    async def acts(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        await dialog.workers.wait_for_complete()
        await pilot.pause()
        await scenario(dialog, pilot)

    return acts


def typed(**texts: str) -> Scenario:
    """Type without enter."""

    async def types(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        for field, text in texts.items():
            rows = [row for row in dialog.query("#own-pruner Row, #own-rewind Row, #own-trainer Row") if row.region]
            row = next(row for row in rows if row.field == field)  # type: ignore[attr-defined]
            row.query_one("Input").value = text  # type: ignore[attr-defined]
        await pilot.pause()

    return types


def test_a_pruner_of_ones_own_is_previewed_tried_and_sent() -> None:
    link: Any = FakeLink(TOLD)
    scenario = then(
        last_pruner(),
        says("your own", "nothing yet, expected FILE.py:OBJECT"),
        typed(place="./nosuch.py:f"),
        says("nosuch.py (no such file or directory), expected FILE.py:OBJECT of a file that can be read"),
        typed(place="./rules.py:my_score", parameters="power = 2"),
        waits(says("rules.py:my_score would remove 7 of 25", "dense_0/kernel")),
        keys("enter"),
    )
    mine = {**MINE, "parameters": {"power": 2}}
    assert returned(PrunerDialog(link, "snr", None), scenario) == commands.SwitchPruner(branch="snr", pruner=mine)
    assert link.asked == [
        commands.PreviewPruning(branch="snr"),
        commands.PreviewPruning(branch="snr", pruner=mine),
        commands.TryOut(branch="snr", overrides={"pruner": mine}),
    ]
    sent = with_own_text(commands.SwitchPruner(branch="snr", pruner=mine))
    assert isinstance(sent.pruner, dict)
    assert (sent.pruner["place"], sent.pruner["source"]) == ("rules.py:my_score", RULES)


def test_code_that_fails_says_so_in_the_dialog() -> None:
    why = "rules.py, line 3: TypeError: it is wrong."
    told = waits(says(why))
    scenario = then(last_pruner(), typed(place="./rules.py:my_score"), told, keys("enter"), told)
    assert returned(PrunerDialog(FakeLink(TicketError(why)), "snr", None), scenario) == NOTHING  # type: ignore[arg-type]


def test_arguments_that_are_none_are_told_beside_them(link: Any) -> None:
    scenario = then(last_pruner(), typed(place="./rules.py:my_score", parameters="power 2"), says("a table of keyword"))
    assert returned(PrunerDialog(link, "snr", None), scenario) == NOTHING


def test_a_present_one_goes_on_with_other_arguments() -> None:
    link: Any = FakeLink({**TOLD, "asked": ""})
    kept = {"name": "own", "place": "rules.py:my_score", "source": RULES, "file": "", "parameters": {"power": 2}}
    link.view.branches["snr"].plan = {**link.view.branches["snr"].plan, "pruner": kept}
    shown = says("Overlap with what rules.py:my_score would remove")
    assert returned(PrunerDialog(link, "snr", None), then(shown, keys("enter"))) is None
    command = returned(PrunerDialog(link, "snr", None), then(typed(parameters="power = 3"), keys("enter")))
    assert command == commands.SwitchPruner(branch="snr", pruner={"parameters": {"power": 3}})


def test_a_rewind_of_ones_own(link: Any) -> None:
    scenario = then(put("RewindForm Choice", "own"), typed(place="rules.py:my_start"), keys("enter"))
    wanted = {"name": "own", "place": "rules.py:my_start"}
    assert returned(PrunerDialog(link, "snr", None), scenario) == commands.SwitchPruner(branch="snr", rewind=wanted)


def test_a_branch_with_a_pruner_and_a_trainer_of_ones_own(link: Any) -> None:
    def type_in(key: str, place: str) -> Scenario:
        async def types(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
            dialog.query_one(f"#own-{key}").query("Input").first().value = place  # type: ignore[attr-defined]
            await pilot.pause()

        return types

    scenario = then(
        put("#pruner", "own"),
        says("nothing yet"),
        type_in("pruner", "./rules.py:my_score"),
        put("#trainer", "own"),
        type_in("trainer", "./rules.py:Mine"),
        fill(name="mine"),
    )
    overrides = {"pruner": MINE, "trainer": {"name": "own", "place": "./rules.py:Mine"}}
    expected = commands.Branch(parent="snr", round=1, name="mine", overrides=overrides)
    assert returned(BranchDialog(link, "snr", 1), scenario, (100, 40)) == expected
    assert link.asked == [commands.TryOut(branch="snr", overrides=overrides)]


def test_a_trainer_of_ones_own_in_the_dialog_of_strategies(link: Any) -> None:
    async def types(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        options = dialog.query_one(OptionList)
        options.highlighted = options.option_count - 1
        await pilot.pause()

    link.view.branches["snr"].plan = {**link.view.branches["snr"].plan, "pruner": {"name": "magnitude"}}
    command = returned(StrategyDialog(link, "snr", None), then(types, fill(place="rules.py:Mine", generations="7")))
    assert command == commands.SwitchTrainer(
        branch="snr", trainer={"name": "own", "place": "rules.py:Mine", "generations": 7}
    )


def test_a_present_trainer_of_ones_own_is_shown(link: Any) -> None:
    kept = {"name": "own", "place": "rules.py:Mine", "source": RULES, "file": "", "parameters": {}, "generations": 5}
    plan = {**link.view.branches["snr"].plan, "trainer": kept, "pruner": {"name": "magnitude"}}
    link.view.branches["snr"].plan = plan
    assert returned(StrategyDialog(link, "snr", None), then(says("your own"), keys("enter"))) is None
    command = returned(StrategyDialog(link, "snr", None), fill(generations="9"))
    assert command == commands.SwitchTrainer(branch="snr", trainer={"generations": 9})


def test_forms_of_a_notebook_take_code_of_ones_own() -> None:
    session = stage.Stage({**TOLD, "overlap": TOLD["overlap"]})
    form = session.form("Pruner")
    stage.field(form, "pruner").value = "own"
    assert "the directory that the notebook runs in" in stage.words(form)
    assert stage.button(form, "Switch").disabled
    assert "nothing yet, expected FILE.py:OBJECT" in stage.words(form)
    stage.field(form, "place").value = "./nosuch.py:f"
    assert "no such file or directory" in stage.words(form)
    stage.field(form, "place").value = "./rules.py:my_score"
    stage.button(form, "Compare").click()
    assert session.asked == [commands.PreviewPruning(branch="snr", pruner=MINE)]
    assert "rules.py:my_score 40%" in stage.words(form)
    stage.button(form, "Switch").click()
    assert session.asked[-1] == commands.SwitchPruner(branch="snr", pruner=MINE)


def test_rewind_branch_and_trainer_of_a_notebook() -> None:
    session = stage.Stage()
    form = session.form("Branch")
    stage.field(form, "rewind").value = "own"
    stage.field(form, "place").value = "./rules.py:my_start"
    stage.field(form, "trainer").value = "own"
    stage.parts(form, stage.ipywidgets.Text)[-3].value = "./rules.py:Mine"
    stage.field(form, "pruner").value = "magnitude"
    stage.button(form, "Branch").click()
    assert isinstance(session.asked[0], commands.Branch)
    assert session.asked[0].overrides == {
        "pruner": "magnitude",
        "rewind": {"name": "own", "place": "./rules.py:my_start"},
        "trainer": {"name": "own", "place": "./rules.py:Mine"},
    }
    form = session.form("Trainer", "again")
    stage.field(form, "trainer").value = "own"
    stage.field(form, "place").value = "./rules.py:Mine"
    stage.button(form, "Change").click()
    wanted = {"name": "own", "place": "./rules.py:Mine"}
    assert session.asked[-1] == commands.SwitchTrainer(branch="again", trainer=wanted)
