"""What a plan will cost: sizes are those of the real network, time is learnt from sessions that ran."""

import math
import subprocess
import sys
from typing import Any

import pytest
from msgspec import structs

from sessions.messages import events
from sessions.plans.cost import BASE_BYTES, SLOW, estimate, estimate_session, remember_speed, speed
from sessions.specs.spec import parse_spec, table_of
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer import masks, presets
from ticket_explorer.errors import TicketError
from ticket_explorer.networks.layers import Layer
from ticket_explorer.networks.settings import NetworkSettings
from ticket_explorer.places import VARIABLE
from ticket_explorer.registry import implementation_of
from ticket_explorer.tasks.settings import TaskSettings


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def spec_of(**tables: Any):
    return parse_spec({"trainer": {"name": "evolution", "generations": 100}, **tables})


@pytest.mark.parametrize("scope", ["global", "layer"])
def test_as_many_weights_are_left_as_the_engine_leaves(scope):
    spec = spec_of(network={"name": "mlp", "hidden": [13]}, pruning={"ratio": 0.3, "rounds": 9, "scope": scope})
    plan = spec.branches[0].plan
    layout = implementation_of(plan.network)(plan.network, plan.task.input_shape, plan.task.outputs).layout
    cost = estimate(plan, 1)
    assert (cost.parameters, cost.prunable) == (layout.size, layout.prunable_size)
    assert cost.kept_last == masks.kept_prunable(layout, 0.7**8, scope)


class Perceptron(NetworkSettings, frozen=True, kw_only=True, tag="perceptron"):
    """A network of another distribution: one layer."""

    def layers(self, inputs, outputs):
        return [Layer("dense_0", (math.prod(inputs), outputs), outputs)]


class Silent(NetworkSettings, frozen=True, kw_only=True, tag="silent"):
    """One that tells nothing of its layers."""


class Sorting(TaskSettings, frozen=True, kw_only=True, tag="sorting"):
    """A task of another distribution, with data of its own."""

    input_shape = (5,)
    outputs = 2
    device_bytes = 7


def test_what_other_distributions_add_is_estimated_as_far_as_it_tells():
    plan = spec_of().branches[0].plan
    cost = estimate(structs.replace(plan, task=Sorting(), network=Perceptron()), 1)
    assert (cost.parameters, cost.prunable, cost.seconds) == (12, 10, None)
    assert cost.memory_bytes == BASE_BYTES + 7 + 4 * plan.trainer.numbers_held(12)
    with pytest.raises(TicketError, match="network 'silent' are known only after it is built"):
        estimate(structs.replace(plan, network=Silent()), 1)


def test_branches_share_the_dense_round():
    spec = parse_spec(presets.load("fashion"))
    cost = estimate_session(spec)
    assert cost.generations == (18 + 17 + 17) * 200
    alone = [estimate(branch.plan, 1).seconds for branch in spec.branches]
    assert 0 < cost.seconds < sum(alone) + 10


@pytest.mark.parametrize(
    "changes",
    [
        {"replicates": 3},
        {"pruning": {"rounds": 20}},
        {"trainer": {"name": "evolution", "generations": 100, "population": 128}},
        {"task": {"name": "fashion", "batch": 1024}},
        {"network": {"name": "mlp", "hidden": [64]}},
        {"network": {"name": "cnn"}},
    ],
)
def test_more_work_takes_longer(changes):
    assert estimate_session(spec_of(**changes)).seconds > estimate_session(spec_of()).seconds


def test_memory_grows_with_what_is_held():
    small, large = estimate_session(spec_of()), estimate_session(spec_of(replicates=10))
    assert 5e8 < small.memory_bytes < large.memory_bytes
    full = estimate_session(spec_of(trainer={"name": "evolution", "strategy": "cma_es"}))
    assert full.memory_bytes > small.memory_bytes + 4 * small.parameters**2


def test_the_speed_is_learnt_from_finished_rounds_and_remembered():
    before = estimate_session(spec_of()).seconds
    assert speed() == SLOW
    remember_speed(SessionView())
    assert speed() == SLOW
    remember_speed(view_of(spec_of().branches[0].plan, seconds=0.01))
    assert speed() > SLOW
    assert estimate_session(spec_of()).seconds < before


def test_a_damaged_memory_of_the_speed_is_none(tmp_path):
    remember_speed(view_of(spec_of().branches[0].plan, seconds=0.01))
    (file,) = tmp_path.rglob("speed.msgpack")
    file.write_bytes(b"\xc1")
    assert speed() == SLOW


@pytest.mark.parametrize(
    ("tables", "place"),
    [
        ({"pruning": {"ratio": 0.5, "rounds": 60}}, "$.pruning.rounds"),
        ({"task": {"name": "fashion", "pool": 3}}, "$.task.pool"),
        ({"rewind": {"name": "early", "generation": 101}}, "$.branch[0].rewind.generation"),
    ],
)
def test_what_the_engine_would_refuse(tables, place):
    with pytest.raises(TicketError) as error:
        estimate_session(spec_of(**tables))
    assert str(error.value).startswith(f"{place}: ")


def test_no_jax_is_imported():
    code = "import sys, sessions.plans.cost; assert not {'jax', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def view_of(plan: Any, seconds: float) -> SessionView:
    """A session whose dense round took `seconds`."""
    view = SessionView()
    view.apply(events.BranchAdded(branch="snr", plan=table_of(plan)))
    view.branches["snr"].rounds[0] = RoundView(
        branch="snr",
        number=0,
        trained_density=1.0,
        trained_kept=1,
        dimension=1,
        generations=100,
        started=0.0,
        plan=table_of(plan),
    )
    finished = events.RoundFinished(branch="snr", round=0, generations=100, score=[0.5], fitness=[0.5], seconds=seconds)
    view.apply(finished)
    return view
