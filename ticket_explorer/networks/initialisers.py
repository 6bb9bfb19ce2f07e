"""From the names of initial distributions in the settings to flax initialisers.

Normal distributions are truncated at two standard deviations and rescaled, as in flax.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax.nn import initializers

from ticket_explorer.networks.settings import BiasInit, KernelInit

Initialiser = Callable[..., jax.Array]
"""(key, shape, dtype) -> array, as `jax.nn.initializers` has them."""

UNIFORM_BOUND = 0.05
"""`uniform` kernels are drawn from U[-bound, bound], `uniform` biases from U[0, bound]."""


def _uniform_kernel(key: jax.Array, shape: Any, dtype: Any = jnp.float32) -> jax.Array:
    return jax.random.uniform(key, shape, dtype, -UNIFORM_BOUND, UNIFORM_BOUND)


_KERNELS: dict[KernelInit, Initialiser] = {
    "lecun_normal": initializers.lecun_normal(),
    "lecun_uniform": initializers.lecun_uniform(),
    "kaiming_normal": initializers.kaiming_normal(),
    "kaiming_uniform": initializers.kaiming_uniform(),
    "xavier_normal": initializers.xavier_normal(),
    "xavier_uniform": initializers.xavier_uniform(),
    "orthogonal": initializers.orthogonal(),
    "uniform": _uniform_kernel,
    "zeros": initializers.zeros,
}

_BIASES: dict[BiasInit, Initialiser] = {
    "zeros": initializers.zeros,
    "uniform": initializers.uniform(UNIFORM_BOUND),
}


def kernel_initialiser(name: KernelInit, scale: float = 1.0) -> Initialiser:
    """The distribution of initial kernels called `name`, `scale` times as wide."""
    unscaled = _KERNELS[name]
    return unscaled if scale == 1.0 else lambda *given: scale * unscaled(*given)


def bias_initialiser(name: BiasInit) -> Initialiser:
    """The distribution of initial biases called `name`."""
    return _BIASES[name]


@partial(jax.jit, static_argnums=(0, 1))
def initial_parameters(module: nn.Module, input_shape: tuple[int, ...], key: jax.Array) -> Any:
    """Newly drawn parameters of a flax module; compiled, so that the forward flax runs for it costs nothing."""
    return module.init(key, jnp.zeros((1, *input_shape)))["params"]
