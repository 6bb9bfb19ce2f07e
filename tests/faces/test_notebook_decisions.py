"""The notebook's forms on a session that was read from disk; an engine answers what it is told to."""

from dataclasses import replace
from html import escape

import pytest

from sessions.messages import commands
from sessions.specs.spec import parse_plan
from tests.faces.form_stage import PREVIEW, Stage, button, field, words
from ticket_explorer.errors import TicketError
from ticket_explorer.registry import name_of
from ticket_explorer.tasks import TASKS
from widgets.decisions.trainer_fields import TRAINER_KINDS
from widgets.plots.figures import Selection


def test_a_branch_is_trained_by_what_is_no_strategy() -> None:
    stage = Stage()
    plan = {**stage.view.branches["again"].plan, "pruner": {"name": "magnitude"}}
    stage.view.branches["again"].plan = plan
    form = stage.form("Trainer", "again")
    field(form, "trainer").value = "gradient_descent"
    assert escape(TRAINER_KINDS["gradient_descent"]) in words(form)
    field(form, "generations").value = "7"
    button(form, "Change").click()
    (command,) = stage.asked
    assert isinstance(command, commands.SwitchTrainer)
    assert parse_plan(plan, {"trainer": command.trainer}).trainer.generations == 7
    assert "follows from its next round on" in words(form)


def test_the_running_round_is_tuned_within_its_ranges() -> None:
    stage = Stage()
    form = stage.form("Trainer")
    field(form, "takes effect").value = "now"
    assert field(form, "trainer").disabled
    field(form, "std").value = "-1"
    assert "expected a number above 0" in words(form)
    assert button(form, "Change").disabled
    field(form, "std").value = "0.5"
    button(form, "Change").click()
    assert stage.asked == [commands.Tune(changes={"std": 0.5})]


def test_what_was_typed_stays_with_another_strategy_but_not_with_another_branch() -> None:
    stage = Stage()
    form = stage.form("Trainer")
    field(form, "generations").value = "7"
    field(form, "trainer").value = "pgpe"
    assert field(form, "generations").value == "7"
    stage.subject.choice.value = "again"
    form.renew()
    assert field(form, "generations").value == str(stage.view.branches["again"].plan["trainer"]["generations"])
    assert field(form, "takes effect").options == (("from the next round on", "later"),)


def test_a_value_that_is_none_is_refused_beside_its_field() -> None:
    form = Stage().form("Trainer")
    field(form, "population").value = "1"
    assert "expected a whole number between 2 and 1000000" in words(form)
    assert button(form, "Change").disabled


def test_a_rewind_has_its_fields() -> None:
    stage = Stage(PREVIEW)
    form = stage.form("Pruner")
    field(form, "rewind").value = "early"
    assert button(form, "Switch").disabled, "it needs a generation"
    field(form, "generation").value = "3"
    button(form, "Switch").click()
    assert stage.asked == [commands.SwitchPruner(branch="snr", rewind={"name": "early", "generation": 3})]
    button(form, "Compare").click()
    assert "7 of 25 kept weights go next" in words(form)


def test_a_branch_that_differs() -> None:
    stage = Stage({"branch": "other"})
    form = stage.form("Branch")
    assert field(form, "after round").value == "1", "the last finished one"
    field(form, "after round").value = "0"
    field(form, "name").value = "other"
    field(form, "pruner").value = "random"
    field(form, "trainer").value = "sep_cma_es"
    field(form, "ratio").value = "0.5"
    button(form, "Branch").click()
    (command,) = stage.asked
    assert isinstance(command, commands.Branch)
    assert (command.parent, command.round, command.name) == ("snr", 0, "other")
    assert (command.overrides["pruner"], command.overrides["pruning"]) == ("random", {"ratio": 0.5})
    assert parse_plan(stage.view.branches["snr"].plan, command.overrides)
    assert "Branch other begins." in words(form)


def test_a_name_that_is_taken_is_refused() -> None:
    form = Stage().form("Branch")
    field(form, "name").value = "RANDOM"
    assert "a name that no other branch has" in words(form)
    assert button(form, "Branch").disabled


def test_one_ticket_goes_to_another_trainer_with_native_ones_beside() -> None:
    stage = Stage({"branches": ["there", "there-random"]})
    form = stage.form("Transfer")
    field(form, "tickets").value = "1"
    field(form, "trainer").value = "gradient_descent"
    field(form, "beside").value = "both"
    button(form, "Transfer").click()
    (command,) = stage.asked
    assert isinstance(command, commands.Transfer)
    assert (command.rounds, command.control, command.native) == ([1], True, True)
    plan = parse_plan(stage.view.branches["snr"].plan, command.overrides)
    assert (command.overrides, name_of(plan.pruner)) == ({"trainer": {"name": "gradient_descent"}}, "movement")
    assert "there, there-random begin." in words(form)


def test_all_tickets_go_to_another_task() -> None:
    stage = Stage()
    form = stage.form("Transfer")
    field(form, "task").value = next(iter(TASKS))
    button(form, "Transfer").click()
    assert stage.asked == [commands.Transfer(branch="snr", overrides={"task": {"name": next(iter(TASKS))}})]


def test_a_branch_goes_back_and_is_set_aside() -> None:
    stage = Stage({"branch": "snr-2"})
    form = stage.form("Undo")
    field(form, "to round").value = "0"
    button(form, "Go back").click()
    button(form, "Set aside").click()
    assert stage.asked == [commands.GoBack(branch="snr", round=0), commands.SetAside(branch="snr")]
    assert "snr runs no more rounds" in words(form)


def test_an_analysis_is_of_the_round_that_is_looked_at() -> None:
    stage = Stage()
    form = stage.form("Analyse")
    button(form, "Analyse").click()
    stage.look.selection = Selection("snr", 0)
    button(form, "Analyse").click()
    assert [getattr(command, "round", None) for command in stage.asked] == [None, 0]


@pytest.mark.parametrize(
    ("title", "label", "sentence"),
    [
        ("Pruner", "Switch", "Nothing would change"),
        ("Trainer", "Change", "Nothing would change"),
        ("Transfer", "Transfer", "Choose another task"),
        ("Remark", "Write", "Type a remark"),
    ],
)
def test_what_asks_for_nothing_is_said(title: str, label: str, sentence: str) -> None:
    stage = Stage()
    form = stage.form(title)
    button(form, label).click()
    assert sentence in words(form)
    assert not stage.asked


def test_what_the_engine_refuses_stands_in_the_form() -> None:
    form = Stage(TicketError("No <b>such</b> round.")).form("Undo")
    button(form, "Go back").click()
    assert "No &lt;b&gt;such&lt;/b&gt; round." in words(form)
    assert not button(form, "Go back").disabled


def test_forms_stay_with_their_branch_while_branches_take_turns() -> None:
    stage = Stage()
    stage.subject.choice.value = "again"
    stage.subject.renew()
    assert stage.subject.branch == "again", "nobody chose another one"
    stage.look.selection = replace(stage.look.selection, branch="random")
    stage.subject.renew()
    assert stage.subject.branch == "random"


def test_the_controls_of_a_ticket_are_asked_for() -> None:
    stage = Stage({"branches": ["one", "two", "three"]})
    form = stage.form("Transfer")
    field(form, "tickets").value = "1"
    button(form, "Decompose").click()
    assert stage.asked == [commands.Decompose(branch="snr", rounds=[1])]
    assert "one, two, three begin" in words(form)


def test_a_comparison_is_one_with_each_other_branch() -> None:
    stage = Stage()
    form = stage.form("Analyse")
    field(form, "analysis").value = "comparison"
    button(form, "Analyse").click()
    others = [command.parameters["other"] for command in stage.asked if isinstance(command, commands.Analyse)]
    assert others
    assert "snr" not in others


def test_what_is_not_under_way_can_not_be_given_up() -> None:
    form = Stage().form("Analyse")
    button(form, "Cancel").click()
    assert "No analysis is running." in words(form)
