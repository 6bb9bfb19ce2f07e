"""What all networks share that are flax modules: layout, initial weights and forwards follow from the module."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from itertools import pairwise
from math import prod
from typing import Any, ClassVar, cast

import jax
from flax import linen as nn
from jaxtyping import Array, Bool, Float
from msgspec import structs

from ticket_explorer.backend import backend
from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, kept_indices
from ticket_explorer.networks.forms import Form, Precision
from ticket_explorer.networks.initialisers import bias_initialiser, initial_parameters, kernel_initialiser
from ticket_explorer.networks.network import Narrowing
from ticket_explorer.networks.population import GROUP_ELSEWHERE, FormedForward, in_form, in_groups, in_precision
from ticket_explorer.networks.settings import NetworkSettings

GROUPS = (1, 4, 16, 64)
"""Individuals at once that are worth trying, besides all of them."""
NUMBER = 4
"""Bytes of a float32."""


@dataclass(frozen=True, kw_only=True)
class FlaxNetwork(ABC):
    """A network as pure functions of a flat weight vector; a subclass gives its module, and what it does faster."""

    usual_on_cpu: ClassVar[Form] = Form(kind="grouped")
    """The form where nothing was measured on this CPU."""
    usual_elsewhere: ClassVar[Form] = Form(kind="grouped", group=GROUP_ELSEWHERE, together=True)
    """The same on any other device."""

    settings: NetworkSettings
    """As given; every field reaches the network."""
    input_shape: tuple[int, ...]
    """Height, width and channels of images."""
    outputs: int
    form: Form | None = None
    """How a population is computed; None: in the usual form."""

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
        form = self.form_in_use
        return in_precision(in_form(self.kinds[form.kind], form), self.precision)(population, inputs)

    @property
    def form_in_use(self) -> Form:
        """How a population is computed."""
        return self.form or self.usual_form

    @property
    def may_be_sparse(self) -> bool:
        """Whether kept weights may be gone through one by one: on a CPU, replicate by replicate, in float32."""
        form = self.form_in_use
        return form.sparse and not form.together and backend() == "cpu" and self.precision != "bfloat16"

    @property
    def precision(self) -> Precision:
        """What a population's products are computed in."""
        return self.settings.precision

    @property
    def usual_form(self) -> Form:
        """The form on this backend where nothing was measured."""
        return self.usual_on_cpu if backend() == "cpu" else self.usual_elsewhere

    @property
    def former_form(self) -> Form:
        """The form of rounds that began before forms were journalled."""
        return structs.replace(self.usual_form, sparse=False)

    @property
    def kinds(self) -> Mapping[str, FormedForward]:
        """The kinds of forms that it has; a subclass adds its own."""
        return {"grouped": self._grouped}

    def in_form(self, form: Form) -> "FlaxNetwork":
        """The same network, whose populations are computed in a form of one of its kinds."""
        return replace(self, form=form)

    def forms(self, individuals: int, examples: int) -> tuple[Form, ...]:
        """The forms worth measuring for so many individuals, on a batch of so many examples."""
        groups = sorted({group for group in GROUPS if group < individuals} | {individuals})
        return tuple(Form(kind="grouped", group=group) for group in groups)

    def bytes_of(self, form: Form, examples: int) -> int | None:
        """A bound on what the units of one replicate take in a form, on a batch; None if the layers aren't told."""
        try:
            layers = self.settings.layers(self.input_shape, self.outputs)
        except TicketError:
            return None
        units = [layer.uses * layer.shape[-1] for layer in layers]
        largest = max(before + after for before, after in pairwise([prod(self.input_shape), *units]))
        return NUMBER * form.group * (form.examples or examples) * largest

    def _grouped(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], form: Form) -> Array:
        return in_groups(self.apply, population, inputs, form.group)

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
