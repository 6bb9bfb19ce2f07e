"""What all networks share that are flax modules: layout, initial weights and forwards follow from the module."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, ClassVar, cast

import jax
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, kept_indices
from ticket_explorer.networks.initialisers import bias_initialiser, initial_parameters, kernel_initialiser
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.networks.population import fastest, in_groups
from ticket_explorer.networks.settings import NetworkSettings


@dataclass(frozen=True, kw_only=True)
class FlaxNetwork(ABC):
    """A network as pure functions of a flat weight vector; a subclass gives its module, and what it does faster."""

    group: ClassVar[int] = 1
    """Individuals at once on a CPU."""

    settings: NetworkSettings
    """As given; every field reaches the network."""
    input_shape: tuple[int, ...]
    """Height, width and channels of images."""
    outputs: int

    @abstractmethod
    def create_module(self) -> nn.Module:
        """The flax module, of inputs [B, ...]; its parameters are θ."""

    def is_prunable(self, leaf: str) -> bool:
        """Whether a leaf's weights can be pruned: kernels'."""
        return leaf.rpartition("/")[-1] == "kernel"

    @cached_property
    def module(self) -> nn.Module:
        """The same network as a flax module, of inputs [B, ...]."""
        return self.create_module()

    @property
    def layout(self) -> Layout:
        """The leaves of θ; kernels are prunable."""
        return _layout(self)

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights."""
        return self.layout.flatten(initial_parameters(self.module, self.input_shape, key))

    def apply(self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."]) -> Float[Array, "B O"]:
        """The outputs of one network; differentiable in θ."""
        return cast(Array, self.module.apply({"params": self.layout.unflatten(theta)}, inputs))

    def population_apply(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
        """The outputs of N networks on one batch."""
        return fastest(self.population_on_cpu, self.apply)(population, inputs)

    def population_on_cpu(
        self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]
    ) -> Float[Array, "N B O"]:
        """`population_apply` in the form that a CPU does best."""
        return in_groups(self.apply, population, inputs, self.group)

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """This network itself: where weights are shared, as in convolutions, every input is seen."""
        return Narrowing(self, kept_indices(mask, kept), None)

    def layer(self, path: str) -> dict[str, Any]:
        """The options of a flax layer: its name, whether it has a bias, and what both start from.

        Args:
            path: One of the settings' `layer_names`.
        """
        settings = self.settings
        return {
            "name": path.rpartition("/")[-1],
            "use_bias": settings.bias,
            "kernel_init": kernel_initialiser(settings.kernel_init_of(path), settings.kernel_scale_of(path)),
            "bias_init": bias_initialiser(settings.bias_init_of(path)),
        }


def require_images(network: str, input_shape: tuple[int, ...], side: int = 1) -> None:
    """See that inputs are images of `side` × `side` pixels or more.

    Raises:
        TicketError: if they are not.
    """
    if len(input_shape) != 3 or min(input_shape[:2]) < side:
        raise TicketError(
            f"$.network.name: {network} needs images with height, width ({side} or more pixels each) and channels, "
            f"and the task's inputs have the shape {input_shape}; use the network 'mlp'."
        )


@cache
def _layout(network: FlaxNetwork) -> Layout:
    parameters = jax.eval_shape(partial(initial_parameters, network.module, network.input_shape), jax.random.key(0))
    return Layout.of(parameters, network.is_prunable)
