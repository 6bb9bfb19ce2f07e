"""Modules of any make, whose kept weights are gone through one by one, give what their author's own code gives."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx

from ticket_explorer.layout import Layout
from ticket_explorer.networks.kept_products import KeptProducts
from ticket_explorer.networks.nnx_module import NnxModule

pytestmark = pytest.mark.thorough

SHAPE = (3, 4, 2)
"""Of an input."""


class Plain(nn.Module):
    @nn.compact
    def __call__(self, x: Any) -> Any:
        x = x.reshape(x.shape[0], -1)
        for width, activation in ((6, nn.relu), (5, jnp.tanh), (7, nn.gelu)):
            x = activation(nn.Dense(width)(x))
        return nn.Dense(3, use_bias=False)(x)


class Branched(nn.Module):
    """Skips, a product of two, a constant, a mean over units and a layer norm."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        x = 2.0 * x.reshape(x.shape[0], -1) - jnp.arange(24.0)
        one, other = nn.Dense(5)(x), nn.Dense(5)(x)
        y = nn.LayerNorm()(one * nn.sigmoid(other)) + one.mean(-1, keepdims=True)
        return nn.Dense(4)(y) + nn.Dense(4)(x)


class Tokens(nn.Module):
    """Dense layers over the last of several axes, and over all."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        x = nn.relu(nn.Dense(5)(x))
        return nn.Dense(3)(x.mean(2).reshape(x.shape[0], -1))


class Ties(nn.Module):
    """A kernel that is used twice."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        dense = nn.Dense(24)
        return dense(dense(x.reshape(x.shape[0], -1)))


class Looks(nn.Module):
    """A kernel that is used otherwise."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        kernel = self.param("kernel", nn.initializers.normal(), (24, 3))
        return x.reshape(x.shape[0], -1) @ kernel + jnp.linalg.norm(kernel)


class Newer(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.layers = nnx.List([nnx.Linear(24, 5, rngs=rngs), nnx.Linear(5, 3, rngs=rngs)])

    def __call__(self, x: Any) -> Any:
        first, last = self.layers
        return last(nnx.relu(first(x.reshape(x.shape[0], -1))))


def found(module: Any, examples: int) -> tuple[KeptProducts, Any]:
    parameters = module.init(jax.random.key(0), jnp.zeros((1, *SHAPE)))["params"]

    def apply(tree: Any, inputs: Any) -> Any:
        return module.apply({"params": tree}, inputs)

    return KeptProducts.of(apply, Layout.of(parameters), (examples, *SHAPE)), apply


MODULES = {
    "plain": Plain(),
    "branched": Branched(),
    "tokens": Tokens(),
    "nnx": NnxModule(Newer, "Newer"),
}


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("name", MODULES)
def test_it_gives_what_the_module_gives(name: str, shared: bool) -> None:
    networks, examples = 4, 5
    products, apply = found(MODULES[name], examples)
    layout = products.layout
    assert products.are_all
    mask = ~layout.prunable | (np.random.default_rng(0).random(layout.size) < 0.4)
    population = jnp.where(mask, jax.random.normal(jax.random.key(1), (networks, layout.size)), 0.0)
    inputs = jax.random.normal(jax.random.key(2), (*(() if shared else (networks,)), examples, *SHAPE))
    kept = jnp.flatnonzero(jnp.asarray(mask)).astype(jnp.int32)
    run = jax.jit(products.outputs, static_argnames="shared")
    expected = jax.vmap(apply, (0, None if shared else 0))(layout.unflatten(population), inputs)
    assert np.allclose(run(population, inputs, kept, shared=shared), expected, atol=1e-4)


@pytest.mark.parametrize("module", [Ties(), Looks()], ids=["ties", "looks"])
def test_kernels_that_are_used_otherwise_are_left_alone(module: Any) -> None:
    products, _ = found(module, 2)
    assert not products.are_all


def test_only_kept_weights_count() -> None:
    """What is not kept is not looked at, so that it must be zero: the proof that kept ones alone are gone through."""
    products, _ = found(Plain(), 3)
    layout = products.layout
    theta = jnp.ones((1, layout.size))
    few = jnp.flatnonzero(jnp.asarray(~layout.prunable)).astype(jnp.int32)
    outputs = products.outputs(theta, jnp.ones((3, *SHAPE)), few, shared=True)
    assert np.array_equal(outputs, np.zeros((1, 3, 3))), "without a kept kernel entry, and without a last bias"
