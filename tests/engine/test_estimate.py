"""What a plan will cost: sizes are those of the real network, time is learnt from sessions that ran."""

import subprocess
import sys
from typing import Any

import pytest

from sessions.messages import events
from sessions.plans.cost import SLOW, estimate, estimate_session, remember_speed, speed
from sessions.plans.layer_sizes import layers_of
from sessions.specs.spec import parse_spec, table_of
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer import masks, presets
from ticket_explorer.errors import TicketError
from ticket_explorer.networks import NETWORKS
from ticket_explorer.places import VARIABLE
from ticket_explorer.problems import bind

DENSITIES = {"ratio": 0.3, "rounds": 9}


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def spec_of(**tables: Any):
    return parse_spec({"trainer": {"name": "evolution", "generations": 100}, **tables})


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("task", [{"name": "fashion"}, {"name": "fashion", "pool": 1}, {"name": "fashion", "pool": 4}])
@pytest.mark.parametrize("scope", ["global", pytest.param("layer", marks=pytest.mark.slow)])
def test_sizes_are_those_of_the_real_network(network, task, scope):
    plan = spec_of(task=task, network={"name": network}, pruning=DENSITIES | {"scope": scope}).branches[0].plan
    try:
        layout = bind(plan.task, plan.network).layout
    except TicketError:
        with pytest.raises(TicketError):
            estimate(plan, 1)
        return
    cost = estimate(plan, 1)
    assert (cost.parameters, cost.prunable) == (layout.size, layout.prunable_size)
    assert cost.kept_last == masks.kept_prunable(layout, 0.7**8, scope)


@pytest.mark.parametrize(
    "network",
    [
        {"name": "mlp", "hidden": []},
        {"name": "mlp", "hidden": [7, 5]},
        {"name": "cnn", "filters": [3, 2]},
        {"name": "cnn", "bias": False},
        {"name": "lenet_300_100", "bias": False},
        {"name": "conv_6", "width": 3},
        {"name": "resnet_18", "width": 3, "blocks": 2},
        {"name": "resnet_18", "prune_skips": True, "prune_last": True},
    ],
)
def test_sizes_follow_the_settings(network):
    plan = spec_of(network=network).branches[0].plan
    cost, layout = estimate(plan, 1), bind(plan.task, plan.network).layout
    assert (cost.parameters, cost.prunable) == (layout.size, layout.prunable_size)


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


@pytest.mark.parametrize("network", NETWORKS)
def test_layers_have_the_names_and_shapes_of_the_real_networks_kernels(network):
    plan = spec_of(task={"name": "fashion", "pool": 1}, network={"name": network}).branches[0].plan
    real = {leaf.name: leaf for leaf in bind(plan.task, plan.network).layout if len(leaf.shape) > 1}
    layers = {layer.name: layer for layer in layers_of(plan)}
    assert layers.keys() == real.keys()
    for name, leaf in real.items():
        assert (tuple(layers[name].shape), layers[name].prunable) == (leaf.shape, leaf.prunable)
