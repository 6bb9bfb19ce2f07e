"""The weights that a preset's network starts from."""

from typing import Any

import jax
import numpy as np
import pytest

from sessions.specs.spec import parse_spec
from ticket_explorer import presets
from ticket_explorer.registry import implementation_of, name_of

pytestmark = pytest.mark.thorough


def networks() -> list[Any]:
    """Each network of a preset, with the inputs and outputs it has in one, and the name of that."""
    found: dict[Any, Any] = {}
    for name in presets.names():
        for branch in parse_spec(presets.load(name)).branches:
            found.setdefault(branch.plan.network, (branch.plan.task.input_shape, branch.plan.task.outputs, name))
    deep = ("conv_6", "resnet_18")
    return [
        pytest.param(network, shape, outputs, id=name, marks=[pytest.mark.slow] * (name_of(network) in deep))
        for network, (shape, outputs, name) in found.items()
    ]


@pytest.mark.parametrize(("settings", "shape", "outputs"), networks())
def test_no_prunable_layer_starts_with_equal_weights(settings: Any, shape: tuple[int, ...], outputs: int) -> None:
    """Where they are equal rewinding, fresh draws and permutations change nothing, and scores of θ₀ are ties."""
    network = implementation_of(settings)(settings, shape, outputs)
    theta = np.asarray(network.initialise(jax.random.key(0)))
    for leaf in network.layout.prunable_leaves:
        assert len(np.unique(theta[leaf.slice])) > 0.9 * leaf.size, leaf.name


@pytest.mark.parametrize("name", ["mnist-sep-cma-es", "space-invaders-snes"])
def test_the_output_layer_starts_as_in_the_papers_code(name: str) -> None:
    """`nn.Dense(features=self.out_dim)`: a LeCun-normal kernel and zero biases; biases elsewhere are uniform."""
    plan = parse_spec(presets.load(name)).branches[0].plan
    network = implementation_of(plan.network)(plan.network, plan.task.input_shape, plan.task.outputs)
    theta = np.asarray(network.initialise(jax.random.key(0)))
    start = {leaf.name: (theta[leaf.slice], leaf.shape) for leaf in network.layout}
    *hidden, output = plan.network.layer_names
    kernel, (fan_in, _) = start[f"{output}/kernel"]
    assert kernel.std() == pytest.approx(fan_in**-0.5, rel=0.1)
    assert not start[f"{output}/bias"][0].any()
    biases = np.concatenate([start[f"{layer}/bias"][0] for layer in hidden])
    assert 0 <= biases.min() < biases.max() < 0.05
