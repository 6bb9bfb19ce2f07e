"""What a person names by paths: single values, and what follows from naming another strategy."""

from pathlib import Path
from typing import Any

import pytest

from sessions.specs.sources import assign, load_table, put, spec_of
from ticket_explorer import presets
from ticket_explorer.errors import TicketError


def trainer_of(*assignments: str, preset: str = "fashion") -> Any:
    return spec_of(preset, list(assignments)).branches[0].plan.trainer


def test_another_strategy_drops_what_was_tuned_for_the_one_before() -> None:
    tuned, other = trainer_of(preset="mnist-snes"), trainer_of("trainer.strategy=pgpe", preset="mnist-snes")
    assert tuned.temperature is not None
    assert (other.temperature, other.generations, other.population) == (None, tuned.generations, tuned.population)
    assert other.std_init == tuned.std_init
    assert spec_of("mnist-snes", ["trainer.strategy=pgpe"]).remarks == (
        f"With pgpe in place of snes, temperature = {tuned.temperature} is dropped.",
    )


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_given_beside_another_strategy_counts(order: int) -> None:
    given = ["trainer.std_init=0.3", "trainer.strategy=pgpe", "trainer.generations=7"][::order]
    assert (trainer_of(*given).std_init, trainer_of(*given).generations) == (0.3, 7)


def test_the_same_strategy_changes_nothing() -> None:
    assert trainer_of("trainer.strategy=snes", preset="mnist-snes") == trainer_of(preset="mnist-snes")


def test_another_trainer_replaces_the_table() -> None:
    spec = spec_of(None, ["trainer.generations=9", "trainer.name=gradient_descent", "branch=[{name='a'}]"])
    assert (type(spec.branches[0].plan.trainer).__name__, spec.branches[0].plan.trainer.generations) == (
        "GradientDescent",
        9,
    )


def test_a_branch_is_named_by_name_or_number() -> None:
    table = presets.load("fashion")
    assign(table, ["branch.snr.pruner=movement"])
    put(table, {"branch.1.rewind": "fresh"})
    assert (table["branch"][0]["pruner"], table["branch"][1]["rewind"]) == ("movement", "fresh")


def test_generations_and_rounds_hold_for_branches_with_their_own() -> None:
    plans = [branch.plan for branch in spec_of("cs-vs-imp", [], rounds=2, generations=7).branches]
    assert {(plan.trainer.generations, plan.pruning.rounds) for plan in plans} == {(7, 2)}
    assert {plan.trainer.generations for plan in (b.plan for b in spec_of("cs-vs-imp", []).branches)} == {470}


def test_a_file_begins_from_a_preset_and_takes_single_values(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('preset = "mnist-snes"\npruning = { rounds = 3 }\n', encoding="utf-8")
    spec = spec_of(str(path), ["branch.random.rewind=initial", "trainer.std_init=0.5"], generations=7)
    plans = {branch.name: branch.plan for branch in spec.branches}
    assert list(plans) == ["snr", "magnitude", "random"]
    assert (plans["random"].rewind, plans["random"].pruning.rounds) == (plans["snr"].rewind, 3)
    assert (plans["snr"].trainer.std_init, plans["snr"].trainer.generations) == (0.5, 7)


def test_a_preset_is_no_single_value() -> None:
    with pytest.raises(TicketError, match="--set: preset=ant, expected a field; give the preset"):
        assign(load_table("fashion"), ["preset=ant"])


def test_another_task_or_network_drops_what_was_set_for_the_one_before() -> None:
    spec = spec_of("mnist-snes", ["task.batch=9", "task.name=kmnist", "network.name=lenet_300_100"])
    plan = spec.branches[0].plan
    assert (plan.task.batch, plan.task.standardise) == (9, "dataset")
    assert type(plan.network).__name__ == "LeNet300100"
    before = presets.load("mnist-snes")
    for family, name in (("task", "kmnist"), ("network", "lenet_300_100")):
        said = next(said for said in spec.remarks if said.startswith(f"With {name} in place of"))
        assert all(field in said for field in before[family] if field != "name")
    assert spec_of("mnist-snes", ["task.name=mnist"]).remarks == ()
