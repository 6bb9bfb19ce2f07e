"""Settings of a whole spec that branches have for themselves: nothing that a person sets is silently without effect."""

from typing import Any

import pytest

import ticket_explorer as tx
from sessions.specs.sources import load_table, put, with_lengths
from sessions.specs.spec import parse_spec
from ticket_explorer.errors import InvalidValue

BRANCHES = {
    "preset": "fashion",
    "branch": [
        {"name": "own", "pruner": "magnitude", "rewind": "fresh", "pruning": {"ratio": 0.5}},
        {"name": "other", "pruner": "movement"},
    ],
}


def told(values: dict[str, Any]) -> tuple[tx.Spec, list[str]]:
    spec = tx.spec(BRANCHES, values)
    return spec, [said for said in spec.remarks if "is not changed in" in said]


@pytest.mark.parametrize("values", [{"pruner": "snr"}, {"pruner.name": "snr"}, {"pruner": {"name": "snr"}}])
def test_a_value_that_every_branch_overrides_is_refused(values: dict[str, Any]) -> None:
    expected = r"branch\.own\.pruner(\.name)?=snr: every branch has a pruner of its own \(own, other\)"
    with pytest.raises(InvalidValue, match=expected):
        told(values)


@pytest.mark.parametrize("path", ["rewind", "pruning.ratio"])
def test_a_value_that_some_branches_override_is_remarked(path: str) -> None:
    value: Any = {"rewind": "trained", "pruning.ratio": 0.3}[path]
    spec, said = told({path: value})
    key = path.partition(".")[0]
    assert said == [
        f"{path} is not changed in own, which has a {key} of its own; "
        f"write branch.own.{path}={value} to change it there."
    ]
    assert parse_spec(BRANCHES).branches[0].plan == spec.branches[0].plan
    assert parse_spec(BRANCHES).branches[1].plan != spec.branches[1].plan


@pytest.mark.parametrize(
    "values",
    [
        {"pruning.rounds": 3},
        {"trainer.generations": 7},
        {"network": "cnn"},
        {"rewind": "fresh"},
        {"rewind": "trained", "branch.own.rewind": "initial"},
        {"rewind": "trained", "branch.0.rewind": "initial"},
        {"pruner": "snr", "branch.own.pruner": "random", "branch.other.pruner": "random"},
    ],
)
def test_what_branches_take_or_are_told_of_is_not_remarked(values: dict[str, Any]) -> None:
    assert told(values)[1] == []


def test_lengths_of_the_command_line_reach_branches_that_have_their_own() -> None:
    table = with_lengths({**BRANCHES, "branch": [{"name": "a", "pruning": {"rounds": 9}}]}, {}, rounds=2)
    assert parse_spec(table).branches[0].plan.pruning.rounds == 2
    assert not table.get("remarks")


def test_a_preset_without_branches_takes_everything() -> None:
    table = {**load_table("fashion"), "branch": []}
    put(table, {"pruner": "movement"})
    assert parse_spec(table).branches[0].name == "movement"
