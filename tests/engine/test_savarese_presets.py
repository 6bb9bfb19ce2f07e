"""The experiments of Savarese et al. (2020) run, shortened beyond recognition: what trains what, and what is kept."""

import math
from typing import Any

import pytest

from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from ticket_explorer import presets

SMALL: dict[str, dict[str, Any]] = {
    "savarese-supermasks": {"name": "conv_6", "width": 2},
    "savarese-supermask-sweep": {"name": "conv_6", "width": 2},
    "savarese-conv-6": {"name": "conv_6", "width": 2},
    "savarese-resnet-18": {"name": "resnet_18", "width": 4, "blocks": 1, "prune_first": True},
}
LIKE_OTHERS = ("zero", "plus", "1e-10", "1e-9", "1e-8", "minus-2", "-0", "-2")
"""Branches whose names have these differ from the ones before them by a number alone: not run."""
UPDATES = 4


def shortened(name: str) -> dict[str, Any]:
    """A preset on the embedded images, of few weights, updates and rounds."""
    table = presets.load(name)
    table["task"] = {"name": "fashion", "batch": 16, "augment": table["task"].get("augment", [])}
    table |= {"network": SMALL[name], "replicates": 1}
    table["branch"] = [branch for branch in table["branch"] if not any(part in branch["name"] for part in LIKE_OTHERS)]
    if "analysis" in table:
        table["analysis"] = {"score_every": 2}
    for part in (table, *table["branch"]):
        trainer, pruning = part.get("trainer", {}), part.get("pruning", {})
        trainer.update(
            {key: value for key, value in (("generations", UPDATES), ("milestones", [2, 3])) if key in trainer}
        )
        if trainer.get("score_init", 0) < 0 and trainer["name"] == "continuous_sparsification":
            trainer["score_init"] = -1e-6  # few updates lift no weight from the source's
        if "rounds" in pruning:
            pruning["rounds"] = min(pruning["rounds"], 2)
        for place in (part.get("rewind"), part.get("transfer", {}).get("start")):
            if isinstance(place, dict) and "generation" in place:
                place["generation"] = 2
    return table


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SMALL)
def test_it_runs_and_its_tickets_are_those_that_were_found(name, tmp_path):
    with Session.create(parse_spec(shortened(name)), tmp_path / f"{name}.session") as session:
        session.run()
        view = session.view
        for branch in view.branches.values():
            rounds = list(view.lineage(branch.name))
            assert [round_.number for round_ in rounds] == list(range(branch.planned_rounds))
            assert all(math.isfinite(score) for round_ in rounds for score in round_.finished.score)
            if branch.borrowed is not None:
                searched = {round_.number: round_ for round_ in view.lineage(branch.borrowed.branch)}
                for round_, number in zip(rounds, branch.borrowed.rounds, strict=True):
                    assert round_.finished.kept == searched[number].finished.kept
                assert branch.borrowed.takes == "found"
    if name == "savarese-conv-6":
        layers = rounds_of(view, "magnitude")[1].finished.leaves
        assert layers["conv_5/kernel"].density == pytest.approx(0.85, abs=0.01)
        assert layers["dense_1/kernel"].density == pytest.approx(0.8, abs=0.01)
    if name == "savarese-supermasks":
        assert all(rounds_of(view, branch)[0].scored for branch in view.branches)


def rounds_of(view: Any, branch: str) -> list[Any]:
    return list(view.lineage(branch))
