"""The contract of every network, and what the narrowed network computes."""

import dataclasses
import re
from typing import Any

import jax
import jax.numpy as jnp
import msgspec
import numpy as np
import pytest

from tests.science.network_stage import (
    BATCH,
    IMAGE,
    INDIVIDUALS,
    OUTPUTS,
    REPLICATES,
    SMALL,
    UNBIASED,
    built,
    drawn,
    every_network,
    images,
)
from ticket_explorer import masks
from ticket_explorer.errors import TicketError
from ticket_explorer.layout import kept_indices, scatter
from ticket_explorer.networks import NETWORKS
from ticket_explorer.networks.cnn import build_cnn
from ticket_explorer.networks.convolution import convolved
from ticket_explorer.networks.initialisers import initial_parameters, kernel_initialiser
from ticket_explorer.networks.mlp import build_mlp
from ticket_explorer.networks.settings import CNN, MLP
from ticket_explorer.registry import implementation_of

pytestmark = pytest.mark.thorough


@every_network
def test_initial_weights_depend_on_the_key_alone(network: Any) -> None:
    theta = network.initialise(jax.random.key(0))
    assert theta.shape == (network.layout.size,)
    assert theta.dtype == jnp.float32
    np.testing.assert_array_equal(theta, network.initialise(jax.random.key(0)))
    assert (theta != network.initialise(jax.random.key(1))).any()


@every_network
def test_layout_is_that_of_the_module(network: Any) -> None:
    parameters = initial_parameters(network.module, IMAGE, jax.random.key(0))
    again = network.layout.unflatten(network.layout.flatten(parameters))
    jax.tree.map(np.testing.assert_array_equal, again, parameters)
    np.testing.assert_allclose(network.initialise(jax.random.key(0)), network.layout.flatten(parameters), rtol=1e-6)


@every_network
def test_population_apply_is_apply_of_each(network: Any) -> None:
    population, inputs = drawn(network), images()
    together = jax.jit(network.population_apply)(population, inputs)
    assert together.shape == (INDIVIDUALS, BATCH, OUTPUTS)
    assert together.dtype == jnp.float32
    apply = jax.jit(network.apply)
    alone = jnp.stack([apply(theta, inputs) for theta in population])
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


@every_network
def test_replicates_apply_as_if_alone(network: Any) -> None:
    populations = jnp.stack([drawn(network, seed=r) for r in range(REPLICATES)])
    batches = jnp.stack([images(seed=r) for r in range(REPLICATES)])
    together = jax.jit(jax.vmap(network.population_apply))(populations, batches)
    shared = jax.jit(jax.vmap(network.population_apply, (0, None)))(populations, batches[0])
    alone = jax.jit(network.population_apply)
    for r in range(REPLICATES):
        np.testing.assert_allclose(together[r], alone(populations[r], batches[r]), atol=1e-5)
        np.testing.assert_allclose(shared[r], alone(populations[r], batches[0]), atol=1e-5)


@every_network
def test_a_gradient_reaches_every_leaf(network: Any) -> None:
    gradient = jax.jit(jax.grad(lambda theta: jnp.sum(network.apply(theta, images()) ** 2)))(drawn(network)[0])
    assert jnp.isfinite(gradient).all()
    assert all((gradient[leaf.slice] != 0).any() for leaf in network.layout)


@every_network
def test_equal_networks_share_an_executable(network: Any) -> None:
    traces = []

    def outputs(same: Any, theta: Any) -> Any:
        traces.append(same)
        return same.apply(theta, images())

    jitted = jax.jit(outputs, static_argnums=0)
    again = dataclasses.replace(network)
    for each in (network, again):
        jitted(each, drawn(network)[0])
    assert len(traces) == 1


@pytest.mark.parametrize(
    ("hidden", "activation"), [((), "relu"), ((6,), "tanh"), ((5, 4), "swish"), ((6, 5, 4), "relu")]
)
def test_mlp_of_any_depth(hidden: tuple[int, ...], activation: Any) -> None:
    network = build_mlp(MLP(hidden=hidden, activation=activation), (7,), 2)
    theta, inputs = drawn(network)[0], images(image=(7,))
    functions = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh, "swish": lambda x: x / (1 + np.exp(-x))}
    layers, units = jax.tree.map(np.asarray, (network.layout.unflatten(theta), inputs))
    for depth in range(len(hidden) + 1):
        layer = layers[f"dense_{depth}"]
        units = (functions[activation](units) if depth else units) @ layer["kernel"] + layer["bias"]
    np.testing.assert_allclose(jax.jit(network.apply)(theta, inputs), units, rtol=1e-4, atol=1e-5)


def test_sizes_are_those_of_the_paper() -> None:
    paper, small = build_cnn(CNN(), (28, 28, 1), 10).layout, build_mlp(MLP(hidden=(32,)), (14, 14, 1), 10).layout
    lenet = implementation_of(NETWORKS["lenet_300_100"]())(NETWORKS["lenet_300_100"](), (28, 28, 1), 10).layout
    assert (paper.size, paper.prunable_size) == (11_274, 11_240)
    assert (small.size, small.prunable_size) == (6_634, 6_592)
    assert (lenet.size, lenet.prunable_size) == (266_610, 266_200)


def test_a_cnn_of_what_is_no_image_says_what_to_use() -> None:
    with pytest.raises(TicketError, match="'mlp'"):
        build_cnn(CNN(), (17,), 10)


@pytest.mark.parametrize(
    ("init", "std", "bound"),
    [
        ("lecun_normal", 1 / np.sqrt(600), None),
        ("kaiming_normal", np.sqrt(2 / 600), None),
        ("xavier_normal", np.sqrt(2 / 1000), None),
        ("lecun_uniform", 1 / np.sqrt(600), np.sqrt(3 / 600)),
        ("kaiming_uniform", np.sqrt(2 / 600), np.sqrt(6 / 600)),
        ("xavier_uniform", np.sqrt(2 / 1000), np.sqrt(6 / 1000)),
        ("uniform", 0.05 / np.sqrt(3), 0.05),
    ],
)
def test_distribution_of_initial_kernels(init: Any, std: float, bound: float | None) -> None:
    kernel = np.asarray(kernel_initialiser(init)(jax.random.key(0), (600, 400), jnp.float32))
    assert abs(kernel.mean()) < 4 * std / np.sqrt(kernel.size)
    assert kernel.std() == pytest.approx(std, rel=0.01)
    if bound is not None:
        assert 0.99 * bound < np.abs(kernel).max() <= bound


@every_network
def test_the_last_layer_may_start_otherwise(network: Any) -> None:
    def start(**changes: Any) -> dict[str, Any]:
        changed = dataclasses.replace(network, settings=msgspec.structs.replace(network.settings, **changes))
        theta = changed.initialise(jax.random.key(0))
        return {leaf.name: theta[leaf.slice] for leaf in changed.layout if "norm" not in leaf.name}

    output = network.settings.layer_names[-1]
    kernels = start(last_kernel_init="zeros", bias_init="uniform")
    assert [name for name, found in kernels.items() if not (found != 0).any()] == [f"{output}/kernel"]
    biases = [found for name, found in kernels.items() if name.endswith("bias")]
    assert not biases or 0 <= jnp.concatenate(biases).min() < jnp.concatenate(biases).max() < 0.05
    last = start(bias_init="uniform", last_bias_init="zeros")
    assert {name for name, found in last.items() if not (found != 0).any()} == {f"{output}/bias"} & set(last)


@every_network
def test_kernels_start_as_large_as_asked(network: Any) -> None:
    layers, kernels = network.settings.layer_names, {leaf.name: leaf for leaf in network.layout}

    def start(**changes: Any) -> Any:
        settings = msgspec.structs.replace(network.settings, **changes)
        settings.check()
        return dataclasses.replace(network, settings=settings).initialise(jax.random.key(0))

    def ratios(theta: Any) -> list[float]:
        places = [kernels[f"{layer}/kernel"].slice for layer in layers]
        return [float((theta[place] / plain[place]).mean()) for place in places]

    plain, each = start(), tuple(1.0 + number for number in range(len(layers)))
    assert ratios(start(kernel_scale=2.5)) == pytest.approx([2.5] * len(layers))
    assert ratios(start(last_kernel_scale=6.0)) == pytest.approx([1.0] * (len(layers) - 1) + [6.0])
    assert ratios(start(kernel_scale=each)) == pytest.approx(each)
    assert {f"{layer}/kernel" for layer in layers} == {name for name in kernels if name.endswith("kernel")}


SETTINGS: list[dict[str, Any]] = [
    *({"name": name} for name in NETWORKS),
    {"name": "mlp", "hidden": []},
    {"name": "mlp", "hidden": [7, 5]},
    {"name": "cnn", "filters": [3, 2]},
    {"name": "cnn", "bias": False},
    {"name": "lenet_300_100", "bias": False},
    {"name": "minatar_cnn", "bias": False},
    {"name": "conv_6", "width": 3, "bias": False},
    {"name": "resnet_18", "width": 3, "blocks": 2, "prune_skips": True, "prune_last": True},
]


@pytest.mark.parametrize("inputs", [(28, 28, 1), (9, 8, 2), (7, 9, 1), (3, 3, 1), (5,)])
def test_settings_tell_the_layers_of_the_real_networks(inputs: tuple[int, ...]) -> None:
    """Only shapes are worked out here, nothing is compiled."""
    for given in SETTINGS:
        settings = msgspec.convert({k: v for k, v in given.items() if k != "name"}, NETWORKS[given["name"]])
        try:
            layout = implementation_of(settings)(settings, inputs, OUTPUTS).layout
        except TicketError:
            with pytest.raises(TicketError, match="network"):
                settings.layers(inputs, OUTPUTS)
            continue
        layers = settings.layers(inputs, OUTPUTS)
        real = {leaf.name: (leaf.shape, leaf.prunable) for leaf in layout if len(leaf.shape) > 1}
        assert {layer.name: (layer.shape, layer.prunable) for layer in layers} == real, given
        assert sum(layer.size for layer in layers) == layout.size, given
        assert sum(layer.kernel for layer in layers) == layout.prunable_size, given
        assert tuple(layer.module for layer in layers) == settings.layer_names, given


ANOTHER: dict[str, Any] = {
    "kernel_init": "uniform",
    "last_kernel_init": "uniform",
    "bias_init": "uniform",
    "last_bias_init": "uniform",
    "kernel_scale": 2.0,
    "last_kernel_scale": 2.0,
    "bias": False,
    "hidden": 7,
    "activation": "tanh",
    "filters": 5,
    "kernel_size": 2,
    "width": 4,
    "blocks": 2,
    "prune_first": True,
    "prune_skips": True,
    "prune_last": True,
}
"""For each field of any network a value that is not its default; for lists one of their items."""


@pytest.mark.parametrize("name", NETWORKS)
def test_every_field_of_the_settings_reaches_the_network(name: str) -> None:
    """A network is its layout, its initial weights and its outputs: each field changes what is computed of one."""

    def written(function: Any, *arguments: Any) -> str:
        """As a program, without addresses and what nothing reads; nothing is compiled."""
        return re.sub(r"0x[0-9a-f]+|\n *_:[^\n]*", "", str(jax.make_jaxpr(function)(*arguments)))

    def seen(**changes: Any) -> tuple[Any, str, str]:
        network = built(name, **{**SMALL.get(name, {}), **changes})
        theta = jax.ShapeDtypeStruct((network.layout.size,), jnp.float32)
        return network.layout, written(network.initialise, jax.random.key(0)), written(network.apply, theta, images())

    plain, unchanged = NETWORKS[name](**SMALL.get(name, {})), seen()
    assert seen() == unchanged
    for field in plain.__struct_fields__:
        if (field == "bias" and name not in UNBIASED) or field == "precision":  # a population's, tested apart
            continue
        was, value = getattr(plain, field), ANOTHER[field]
        assert seen(**{field: (value,) * len(was) if isinstance(was, tuple) else value}) != unchanged, field


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("mlp", {"kernel_scale": (1.0, 2.0, 3.0)}, "kernel_scale: .* one number, or a list of 2: of dense_0, dense_1"),
        ("mlp", {"kernel_scale": (1.0, 2.0), "last_kernel_scale": 2.0}, "last_kernel_scale: 2.0, expected nothing"),
        ("resnet_18", {"bias": False}, "bias: False, expected true: normalisation"),
    ],
)
def test_scales_and_biases_that_can_not_be_are_refused(name: str, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TicketError, match=rf"\$\.network\.{said}"):
        NETWORKS[name](**changes).check()


def test_orthogonal_kernels() -> None:
    kernel = kernel_initialiser("orthogonal")(jax.random.key(0), (50, 20), jnp.float32)
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(20), atol=1e-5)


@every_network
@pytest.mark.parametrize("density", [0.01, pytest.param(0.0, marks=pytest.mark.slow)])
def test_the_narrowed_network_computes_the_same(network: Any, density: float) -> None:
    layout, inputs = network.layout, images()
    kept = masks.dimension(layout, masks.kept_prunable(layout, density))

    def both(key: Any) -> tuple[Any, Any, Any]:
        score, theta = 0.2 * jax.random.normal(key, (2, layout.size))
        mask = masks.prune(jnp.ones(layout.size, bool), score, layout, masks.counts(layout, density)).mask
        narrowing, indices = network.narrow(mask, kept), kept_indices(mask, kept)
        small = scatter(theta[None, indices], narrowing.positions, narrowing.network.layout.size)
        taken = inputs if narrowing.inputs is None else inputs.reshape(BATCH, -1)[:, narrowing.inputs]
        narrow = narrowing.network.population_apply(small, taken)
        return narrow, network.apply(jnp.where(mask, theta, 0.0), inputs)[None], narrowing

    narrow, full, narrowing = jax.jit(jax.vmap(both))(jax.random.split(jax.random.key(3), REPLICATES))
    np.testing.assert_allclose(narrow, full, rtol=1e-5, atol=1e-5)
    assert (np.diff(narrowing.positions) > 0).all()
    assert (narrowing.positions < narrowing.network.layout.size).all()
    assert narrowing.inputs is None or (np.diff(narrowing.inputs) > 0).all()


@pytest.mark.parametrize(("weights", "capacity"), [(7, 6), (4, 4), (0, 1)])
def test_the_inputs_of_a_narrowed_mlp_follow_from_how_many_weights_are_kept(weights: int, capacity: int) -> None:
    network = build_mlp(MLP(hidden=(3,)), (6,), 2)
    score = jnp.zeros(network.layout.size).at[network.layout.leaves[1].offset + 3 * 4].set(1.0)
    density = weights / network.layout.prunable_size
    counts = masks.counts(network.layout, density)
    mask = masks.prune(jnp.ones(network.layout.size, bool), score, network.layout, counts).mask
    narrowing = network.narrow(mask, masks.dimension(network.layout, masks.kept_prunable(network.layout, density)))
    assert narrowing.network.inputs == capacity
    if capacity < network.inputs:
        assert narrowing.inputs.shape == (capacity,)
        assert weights == 0 or 4 in narrowing.inputs
        assert len(set(narrowing.inputs.tolist())) == capacity
    else:
        assert narrowing.inputs is None


def test_the_papers_sizes() -> None:
    """Counted by hand, layer by layer."""
    conv, residual = built("conv_6", (32, 32, 3)), built("resnet_18", (32, 32, 3), prune_first=True, prune_skips=True)
    pairs = 9 * (3 * 64 + 64 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 256 * 256)
    assert conv.layout.prunable_size == pairs + 4 * 4 * 256 * 256 + 256 * 256 + 256 * OUTPUTS
    stages = [9 * (wide // 2 * wide + 5 * wide * wide) + wide // 2 * wide for wide in (32, 64)]
    assert residual.layout.prunable_size == 9 * 3 * 16 + 6 * 9 * 16 * 16 + sum(stages)


@pytest.mark.parametrize(
    ("changes", "unpruned"),
    [
        ({}, {"first/kernel", "dense_0/kernel", "stage_1_block_0/skip/kernel", "stage_2_block_0/skip/kernel"}),
        ({"prune_first": True, "prune_last": True}, {"stage_1_block_0/skip/kernel", "stage_2_block_0/skip/kernel"}),
        ({"prune_first": True, "prune_skips": True, "prune_last": True}, set()),
    ],
)
def test_what_of_a_resnet_is_prunable(changes: dict[str, bool], unpruned: set[str]) -> None:
    layout = built("resnet_18", **SMALL["resnet_18"], **changes).layout
    assert {leaf.name for leaf in layout if leaf.name.endswith("kernel") and not leaf.prunable} == unpruned
    assert not [leaf.name for leaf in layout if leaf.prunable and not leaf.name.endswith("kernel")]


@pytest.mark.slow
def test_running_statistics_become_those_of_the_batches() -> None:
    network = built("resnet_18", **SMALL["resnet_18"])
    theta, batch = network.initialise(jax.random.key(0)), images(64)
    statistics, train = network.initial_statistics(), jax.jit(network.apply_training)
    before = network.apply_testing(theta, batch, statistics)
    for _ in range(100):
        outputs, statistics = train(theta, batch, statistics)
    np.testing.assert_allclose(network.apply_testing(theta, batch, statistics), outputs, atol=1e-3)
    assert not np.allclose(before, outputs, atol=1e-2)
    np.testing.assert_allclose(network.apply(theta, batch), outputs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "image"), [("conv_6", (7, 32, 3)), ("conv_6", (784,)), ("resnet_18", (784,))])
def test_images_that_are_none_are_refused(name: str, image: tuple[int, ...]) -> None:
    with pytest.raises(TicketError, match=rf"\$\.network\.name: {name} needs images"):
        built(name, image)


@pytest.mark.parametrize(
    ("strides", "side", "padding"), [((1, 1), 3, "SAME"), ((2, 2), 3, "SAME"), ((2, 1), 2, [(0, 2), (1, 0)])]
)
def test_convolutions_are_those_of_the_library(strides: tuple[int, int], side: int, padding: Any) -> None:
    kernel, batch = images(side, 2, (side, 2, 5)), images(3)
    axes = {"dimension_numbers": ("NHWC", "HWIO", "NHWC")}

    def gradients(convolution: Any) -> Any:
        return jax.grad(lambda *given: (convolution(*given, strides, padding, **axes) ** 2).sum(), (0, 1))(
            batch, kernel
        )

    expected = jax.lax.conv_general_dilated(batch, kernel, strides, padding, **axes)
    np.testing.assert_allclose(convolved(batch, kernel, strides, padding, **axes), expected, rtol=1e-4, atol=1e-5)
    for found, wanted in zip(gradients(convolved), gradients(jax.lax.conv_general_dilated), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)
