"""`transfer`: what it adds to a session, and what it refuses."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from sessions.views.reading import read_view


@pytest.fixture
def mine(tiny: Any, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny.path, tmp_path / "mine.session"))


def test_all_tickets_go_to_another_strategy(tell: Any, mine: Path) -> None:
    told = tell("transfer", str(mine), "--from", "snr", "--trainer", "pgpe", "--native", COLUMNS="200")
    assert told.exit_code == 0, told.output
    assert told.stdout.split() == ["snr-with-pgpe", "snr-with-pgpe-random", "snr-with-pgpe-native"]
    assert "Run them with" in told.stderr
    branches = read_view(mine).branches
    carried, control, native = (branches[name] for name in told.stdout.split())
    assert (carried.borrowed.branch, carried.borrowed.rounds) == ("snr", [0, 1])
    assert (control.borrowed.control, native.borrowed) == (True, None)
    assert carried.plan["trainer"]["strategy"] == "pgpe"
    assert carried.plan["trainer"]["population"] == branches["snr"].plan["trainer"]["population"]


def test_one_ticket_goes_to_gradient_descent(tell: Any, mine: Path) -> None:
    told = tell(
        "transfer", str(mine), "--from", "snr:1", "--trainer", "gradient_descent", "--no-control", "--name", "g"
    )
    assert told.exit_code == 0, told.output
    assert told.stdout.split() == ["g"]
    branch = read_view(mine).branches["g"]
    assert (branch.borrowed.rounds, branch.plan["pruner"]["name"], branch.planned_rounds) == ([1], "magnitude", 1)


def test_a_branch_is_decomposed_run_and_analysed(tell: Any, mine: Path) -> None:
    told = tell("decompose", str(mine), "--from", "snr:1", COLUMNS="200")
    assert told.exit_code == 0, told.output
    assert told.stdout.split() == ["snr-permuted-weights", "snr-permuted-mask", "snr-random"]
    early = tell("analyse", str(mine), "decomposition", "--from", "snr", COLUMNS="200")
    assert (early.exit_code, early.stdout) == (2, "")
    assert "have no finished round yet; run them first." in early.stderr
    assert tell("resume", str(mine)).exit_code == 0
    told = tell("analyse", str(mine), "decomposition", "--from", "snr", COLUMNS="100")
    assert told.exit_code == 0, told.output
    words = ["Parts of the ticket effect · snr", "weights", "mask", "layers", "effect", "80%"]
    assert [word for word in words if word not in told.stdout] == []
    again = tell("decompose", str(mine), "--from", "sn", COLUMNS="200")
    assert again.exit_code == 2
    assert "--from: sn, expected a branch among snr" in again.stderr


def test_a_branch_of_another_session_is_taken_in(tell: Any, mine: Path, tiny: Any) -> None:
    told = tell("adopt", str(mine), str(tiny.path), "--from", "random", "--name", "theirs", COLUMNS="200")
    assert told.exit_code == 0, told.output
    assert told.stdout.split() == ["theirs"]
    rounds = list(read_view(mine).lineage("theirs"))
    assert [round_.finished is not None for round_ in rounds] == [True, True]
    assert tell("analyse", str(mine), "layers", "--from", "theirs:1").exit_code == 0
    again = tell("adopt", str(mine), str(tiny.path), "--from", "rando", COLUMNS="200")
    assert (again.exit_code, "--from: rando, expected a branch among snr" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--from", "sn", "--trainer", "pgpe"), "--from: sn, expected a branch among snr, magnitude, random"),
        (("--from", "snr"), "--to: nothing that would differ, expected a preset, --trainer or --set"),
        (("--from", "snr", "--trainer", "pgp"), "unknown trainer 'pgp'; did you mean pgpe?"),
        (("--from", "snr:7", "--trainer", "pgpe"), "has no round 7; its rounds are 0 to 1"),
        (("--from", "snr", "--set", "network.hidden=[9]"), "dense_0/kernel is 196×8 in the source and 196×9"),
    ],
)
def test_bad_input_is_a_sentence(tell: Any, mine: Path, arguments: tuple[str, ...], sentence: str) -> None:
    told = tell("transfer", str(mine), *arguments, COLUMNS="400")
    assert (told.exit_code, told.stdout) == (2, "")
    assert sentence in told.stderr
    assert len(read_view(mine).branches) == 3
