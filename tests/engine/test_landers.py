"""Masks over random weights land: Conklin's result, shown again. It takes a quarter of an hour of processor time."""

from importlib.util import find_spec
from typing import Any

import pytest

from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from sessions.views.reading import read_view
from ticket_explorer.presets import load

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(find_spec("envpool") is None, reason="the extra `envpool` is not installed"),
]
SOLVED = 200.0


def landed(lab: Any, preset: str, seed: int) -> float:
    """The mean return of the result over 100 fresh episodes."""
    spec = parse_spec({**load(preset), "seed": seed})
    assert spec.branches[0].plan.task.test_episodes == 100
    with Session.create(spec, lab.path(f"{preset}-{seed}")) as session:
        session.run()
    finished = read_view(session.path).branches["masks"].rounds[0].finished
    assert finished is not None
    return float(finished.score[0])


@pytest.mark.parametrize("preset", ["lunar-lander-continuous", "lunar-lander-continuous-sparse"])
def test_two_of_three_seeds_solve_the_continuous_lander(lab: Any, preset: str) -> None:
    found = [landed(lab, preset, seed) for seed in range(3)]
    assert sum(score >= SOLVED for score in found) >= 2, found


def test_a_layer_of_704_units_solves_the_lander_with_a_tenth_of_its_weights(lab: Any) -> None:
    assert landed(lab, "lunar-lander", 0) >= SOLVED
