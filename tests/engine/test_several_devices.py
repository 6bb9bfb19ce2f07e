"""Rounds over several devices: virtual ones of the CPU, in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessions.engine import spreading
from sessions.engine.spreading import Spread, spread_of
from sessions.plans.problems import Problems
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view
from tests.engine.conftest import TINY

pytestmark = pytest.mark.thorough
ROOT = Path(__file__).parents[2]
EVOLUTION = {**TINY["trainer"], "generations": 20}
PRUNING = {"ratio": 0.3, "rounds": 2}
PENDULUM = {
    "task": {"name": "pendulum", "episodes": 2, "test_episodes": 2, "steps": 20, "normalise": True},
    "network": {"name": "mlp", "hidden": [4], "activation": "tanh"},
    "pruning": PRUNING,
}
SPECS: dict[str, dict[str, Any]] = {
    "replicates": {**TINY, "pruning": PRUNING, "trainer": EVOLUTION, "replicates": 4},
    "both": {**TINY, "pruning": PRUNING, "trainer": EVOLUTION, "replicates": 2},
    "individuals": {**TINY, "pruning": PRUNING, "trainer": EVOLUTION},
    "descent": {
        **TINY,
        "pruning": PRUNING,
        "trainer": {"name": "gradient_descent", "generations": 20},
        "replicates": 2,
        "pruner": "magnitude",
    },
    "pendulum": {**PENDULUM, "trainer": EVOLUTION, "analysis": {"score_every": 10}, "replicates": 4},
    "masks": {
        **PENDULUM,
        "trainer": {"name": "mask_evolution", "population": 8, "elites": 2, "generations": 20},
        "replicates": 2,
        "pruner": "learned",
    },
}
USED = {"replicates": 4, "both": 4, "individuals": 4, "descent": 2, "pendulum": 4, "masks": 2}
"""How many of four devices each uses."""
RUN = """
import json, shutil, sys
from sessions.engine import spreading
from sessions.session.session import Session
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
spreading.dear = lambda: 0.0
used = {}
for name, spec in json.load(sys.stdin).items():
    place = f"{sys.argv[1]}/{name}"
    with Session.create(parse_spec(spec), f"{place}.session") as session:
        session.step(7)
        used[name] = session._engine.running.shape.spread.devices
        session.run()
    with Session.create(parse_spec(spec), f"{place}-again.session") as session:
        session.step(13)
    shutil.copytree(f"{place}-again.session", f"{place}-left.session")
    with Session.open(f"{place}-again.session") as session:
        session.run()
print(json.dumps(used))
"""


def test_replicates_come_first_and_individuals_where_a_generation_is_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = parse_spec({**TINY, "trainer": {**TINY["trainer"], "population": 8}}).branches[0].plan
    problem = Problems().of(plan)

    def spread(replicates: int, devices: int) -> Spread:
        return spread_of(problem, plan.trainer, replicates, devices)

    assert spread(1, 4) == Spread(1)
    assert spread(4, 4) == Spread(4)
    assert spread(5, 8) == Spread(5)
    assert spread(6, 4) == Spread(3)
    assert spread(7, 4) == Spread(1), "nothing is padded, and a CPU's devices share its cores"
    monkeypatch.setattr(spreading, "dear", lambda: 0.0)
    assert spread(1, 4) == Spread(1, 4)
    assert spread(2, 4) == Spread(2, 2)
    assert spread(1, 3) == Spread(1, 2), "2 divides 8"


def run(place: Path, devices: int) -> dict[str, int]:
    """Run every session on so many devices, twice; how many each used."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    command, around = (
        [sys.executable, "-c", RUN, str(place)],
        {**os.environ, "XLA_FLAGS": flags, "PYTHONPATH": str(ROOT)},
    )
    told = subprocess.run(command, env=around, input=json.dumps(SPECS), capture_output=True, text=True, cwd=ROOT)
    assert told.returncode == 0, told.stderr
    found: dict[str, int] = json.loads(told.stdout)
    return found


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Where the sessions of one device are, and those of four."""
    made = {devices: tmp_path_factory.mktemp(f"{devices} devices") for devices in (1, 4)}
    assert set(run(made[1], 1).values()) == {1}
    assert run(made[4], 4) == USED
    return made


@pytest.mark.parametrize("name", SPECS)
def test_a_session_that_is_left_and_resumed_keeps_its_bits(lab: Any, places: dict[int, Path], name: str) -> None:
    lab.assert_same(places[4] / f"{name}.session", places[4] / f"{name}-again.session")


@pytest.mark.parametrize("name", SPECS)
def test_several_devices_find_what_one_finds_but_for_rounding(places: dict[int, Path], name: str) -> None:
    """XLA has the programs of several devices divide where that of one multiplies by an inverse, for one."""
    one, several = (metrics(places[devices] / f"{name}.session") for devices in (1, 4))
    np.testing.assert_allclose(several[:3], one[:3], rtol=1e-4, atol=1e-5)
    assert one.shape == several.shape


@pytest.mark.parametrize("name", ["replicates", "individuals", "pendulum"])
def test_a_session_goes_on_with_another_number_of_devices(lab: Any, places: dict[int, Path], name: str) -> None:
    path = places[4] / f"{name}-left.session"
    with Session.open(path) as session:
        assert session.view.generations_done == 13
        session.run()
    lab.assert_whole(path)
    assert read_view(path).versions["devices"] == "1"


def metrics(path: Path) -> np.ndarray:
    """Of the first branch's dense round, [generations, R, metrics]."""
    branch = next(iter(read_view(path).branches.values()))
    found: np.ndarray = branch.rounds[0].metrics()
    return found


def test_a_session_says_on_how_many_devices_it_was_made(places: dict[int, Path]) -> None:
    for devices, place in places.items():
        path = place / "replicates.session"
        assert read_header(SessionDirectory(path)).versions["devices"] == str(devices)
        assert read_view(path).versions["devices"] == str(devices)
