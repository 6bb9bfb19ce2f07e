"""Modules of any make, whose convolutions are matrix products, give what their author's own code gives."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx

from ticket_explorer.layout import Layout
from ticket_explorer.networks.nnx_module import NnxModule
from ticket_explorer.networks.traced_convolutions import TracedConvolutions

pytestmark = pytest.mark.thorough

SHAPE = (9, 8, 2)
"""Of an image: its sides are odd and even."""


class Plain(nn.Module):
    @nn.compact
    def __call__(self, x: Any) -> Any:
        for filters in (3, 4):
            x = nn.max_pool(nn.relu(nn.Conv(filters, (3, 3))(x)), (2, 2), strides=(2, 2))
        return nn.Dense(3)(x.reshape(x.shape[0], -1))


class Sizes(nn.Module):
    """Kernels and windows of several sizes, without padding or with some of one's own; a mean at the end."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        x = nn.max_pool(nn.tanh(nn.Conv(3, (2, 3), padding="VALID")(x)), (3, 2), strides=(1, 1), padding="SAME")
        x = nn.avg_pool(nn.Conv(2, (4, 2), padding=((1, 0), (2, 1)), use_bias=False)(x), (2, 2), strides=(1, 2))
        return nn.Dense(3)(nn.Conv(3, (1, 1))(x).mean((1, 2)))


class Branched(nn.Module):
    """Images turned round and scaled, a skip, a layer in a function that is compiled, a norm."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        x = 2.0 * x[:, ::-1] - 1.0
        one = nn.Conv(3, (3, 3))(x)
        two = nn.LayerNorm()(nn.Conv(3, (3, 3), name="again")(nn.gelu(one)) + one)
        kernel = self.param("kernel", nn.initializers.normal(), (2, 2, 3, 3))
        numbers = ("NHWC", "HWIO", "NHWC")
        convolve = jax.jit(lambda a, b: jax.lax.conv_general_dilated(a, b, (1, 1), "SAME", dimension_numbers=numbers))
        return nn.Dense(3)(convolve(two, kernel).sum((1, 2)))


class Newer(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs) -> None:
        self.first, self.last = nnx.Conv(2, 4, (3, 3), rngs=rngs), nnx.Linear(4 * 4 * 4, 3, rngs=rngs)

    def __call__(self, x: Any) -> Any:
        x = nnx.max_pool(nnx.relu(self.first(x)), (2, 2), strides=(2, 2))
        return self.last(x.reshape(x.shape[0], -1))


class Strided(nn.Module):
    @nn.compact
    def __call__(self, x: Any) -> Any:
        return nn.Conv(3, (3, 3), strides=(2, 2))(x).mean((1, 2))


class Grouped(nn.Module):
    @nn.compact
    def __call__(self, x: Any) -> Any:
        return nn.Conv(4, (3, 3), feature_group_count=2)(x).mean((1, 2))


class Dilated(nn.Module):
    @nn.compact
    def __call__(self, x: Any) -> Any:
        return nn.Conv(3, (3, 3), kernel_dilation=(2, 2))(x).mean((1, 2))


class Lines(nn.Module):
    """A convolution of one axis."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        return nn.Conv(3, (3,))(x.reshape(x.shape[0], 9, -1)).mean(1)


class Dense(nn.Module):
    @nn.compact
    def __call__(self, x: Any) -> Any:
        return nn.Dense(3)(x.reshape(x.shape[0], -1))


class Loops(nn.Module):
    """A convolution that a loop hides."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        kernel = self.param("kernel", nn.initializers.normal(), (3, 3, 2, 2))
        numbers = ("NHWC", "HWIO", "NHWC")

        def again(_: int, images: Any) -> Any:
            return jax.lax.conv_general_dilated(images, kernel, (1, 1), "SAME", dimension_numbers=numbers)

        return nn.Dense(3)(jax.lax.fori_loop(0, 2, again, x).mean((1, 2)))


def traced(given: Any, examples: int = 5) -> tuple[Any, Layout, TracedConvolutions]:
    module = NnxModule(lambda rngs: given(rngs=rngs), "net.py:Newer") if isinstance(given, type) else given
    parameters = jax.eval_shape(module.init, jax.random.key(0), jnp.zeros((1, *SHAPE)))["params"]
    layout = Layout.of(parameters, lambda leaf: leaf.endswith("kernel"))

    def apply(tree: Any, images: Any) -> Any:
        return module.apply({"params": tree}, images)

    return apply, layout, TracedConvolutions.of(apply, layout, (examples, *SHAPE))


@pytest.mark.parametrize("module", [Plain(), Sizes(), Branched(), Newer], ids=["plain", "sizes", "branched", "nnx"])
def test_products_give_what_convolutions_give(module: Any) -> None:
    apply, layout, found = traced(module)
    assert found.are_all
    population = jax.random.normal(jax.random.key(1), (4, layout.size))
    images = jax.random.normal(jax.random.key(2), (5, *SHAPE))
    expected = jax.vmap(lambda theta: apply(layout.unflatten(theta), images))(population)
    shared = found.shared(images)
    given = jax.jit(jax.vmap(lambda theta: found.outputs(theta, images, shared)))(population)
    np.testing.assert_allclose(given, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("module", [Strided(), Grouped(), Dilated(), Lines(), Dense(), Loops()])
def test_what_is_no_plain_convolution_is_left_alone(module: Any) -> None:
    assert not traced(module)[2].are_all
