"""`plan` and `tune`: what a session would cost here, and what is measured of its populations."""

import json
from pathlib import Path
from typing import Any

import pytest

from ticket_explorer.networks import form_table


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    return tmp_path


def test_plan_says_what_a_session_costs_and_computes_nothing(tell: Any, empty_home: Path) -> None:
    done = tell("plan", "fashion", "--rounds", "2", "--generations", "10", "--replicates", "3")
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert list(told) == ["device", "network", "generations", "time", "memory", "disk"]
    assert told["network"] == "6,634 parameters, 6,592 prunable, 5,274 left at the end"
    assert told["generations"] == "40 in 3 branches × 3 replicates"
    assert "cores" in told["device"]
    assert not list(empty_home.iterdir())


def test_tune_measures_every_form_and_keeps_them(tell: Any, empty_home: Path) -> None:
    few = ("--set", "task.batch=32", "--set", "trainer.population=6", "--set", "network.hidden=[4]")
    done = tell("tune", "fashion", *few)
    assert "grouped, 6 individuals at once" in done.stderr
    assert "New rounds take the fastest form" in done.stderr
    (kept,) = json.loads((empty_home / "forms.json").read_text("utf-8"))
    assert (kept["device"], kept["work"]["individuals"], kept["work"]["examples"]) == ("cpu", 6, 32)
    times = [one["milliseconds"] for one in kept["timed"]]
    assert times == sorted(times)
    assert len(times) == 6
    assert form_table.table()[-1].fastest.kind == kept["timed"][0]["form"]["kind"]


def test_tune_ends_in_time_and_says_what_it_left_out(tell: Any, empty_home: Path) -> None:
    done = tell("tune", "fashion", "--within", "1", "--set", "task.batch=32", "--replicates", "2")
    assert "of 14 forms were not tried: the 1 s are up." in done.stderr
    (kept,) = json.loads((empty_home / "forms.json").read_text("utf-8"))
    assert 1 <= len(kept["timed"]) < 14


def test_tune_of_a_trainer_without_a_population(tell: Any, empty_home: Path) -> None:
    done = tell("tune", "fashion-mnist-sgd", "--set", "task.name=fashion")
    assert done.exit_code == 2
    assert "There is nothing to measure: only populations" in done.stderr


@pytest.mark.parametrize("command", ["plan", "tune", "run", "resume", "open"])
def test_a_device_that_is_not_there_is_refused_before_anything_else(tell: Any, empty_home: Path, command: str) -> None:
    done = tell(command, "fashion", "--device", "gpu:7")
    assert done.exit_code == 2
    assert "--device: gpu:7, expected cpu" in done.stderr
    assert not list(empty_home.iterdir())


def test_a_branch_without_a_population_has_no_precision(tell: Any, empty_home: Path) -> None:
    from sessions.specs.spec import parse_spec
    from ticket_explorer import presets

    table = presets.load("es-vs-gd")
    table["network"] = {**table["network"], "precision": "bfloat16"}
    spec = parse_spec(table)
    told = {branch.name: branch.plan.network.precision for branch in spec.branches}
    populations = {branch.name: branch.plan.trainer.has_population for branch in spec.branches}
    assert {name for name, precision in told.items() if precision == "bfloat16"} == {
        n for n, has in populations.items() if has
    }
    assert 0 < sum(populations.values()) < len(populations)
    said = [remark for remark in spec.remarks if "precision is float32 in place of bfloat16" in remark]
    assert len(said) == len(populations) - sum(populations.values())
