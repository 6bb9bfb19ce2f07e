"""A network of one's own: any module of flax.linen or flax.nnx; layout, initial weights and forwards follow from it."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

import jax
import jax.numpy as jnp
from flax import errors, nnx
from flax import linen as nn
from jax.custom_batching import sequential_vmap
from jaxtyping import Array, Float, Int
from msgspec import structs

from ticket_explorer.backend import backend
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.layout import Layout
from ticket_explorer.networks.flax_network import FlaxNetwork
from ticket_explorer.networks.forms import Form
from ticket_explorer.networks.kept_products import KeptProducts
from ticket_explorer.networks.mlp import SPARSE_FROM, SPARSE_GROUP
from ticket_explorer.networks.network import Statistics
from ticket_explorer.networks.nnx_module import CHANCE, NnxModule
from ticket_explorer.networks.policies import Policies, is_sparse
from ticket_explorer.networks.population import FormedForward, in_chunks, in_groups, in_groups_of
from ticket_explorer.networks.traced_convolutions import TracedConvolutions
from ticket_explorer.own_code import hashable
from ticket_explorer.own_running import loaded, told

if TYPE_CHECKING:
    from ticket_explorer.networks.own_settings import OwnNetwork

GROUPED = Form(kind="grouped", group=16, sparse=True)
"""Of dense layers; as fast as the network `mlp` in its usual form. Grouped convolutions would be slow on a CPU."""
PRODUCTS = Form(kind="products", group=2, examples=32)
"""Of convolutions on a CPU: matrix products, as the network `cnn` has them."""
TRAINS = ("train", "training", "trains", "is_training")
"""Arguments of a module's call that say whether it is trained."""
RESTS = ("deterministic", "use_running_average", "eval")
"""Arguments of a module's call that say the opposite."""


def build_own(settings: "OwnNetwork", input_shape: tuple[int, ...], outputs: int) -> "OwnFlaxNetwork":
    """The network of a module of one's own, tried once without computing anything.

    Raises:
        TicketError: if its code is not trusted or fails, it is no flax module, or it gives something else than outputs
            [B, outputs].
    """
    module = loaded(settings.place, settings.source, settings.parameters)
    if not (inspect.isclass(module) and issubclass(module, nn.Module | nnx.Module)):
        raise InvalidValue("$.network.name", settings.place, "a class that is a module of flax.linen or flax.nnx")
    network = OwnFlaxNetwork(settings=settings, input_shape=input_shape, outputs=outputs)
    variables = network.variables
    if not any(network.is_prunable(leaf.name) for leaf in network.layout):
        names = ", ".join(leaf.name for leaf in network.layout) or "none"
        raise InvalidValue("$.network.prunable", settings.prunable, f"a pattern of its leaves: {names}")
    if known := set(variables) - {"params", "batch_stats"}:
        raise TicketError(
            f"{settings.place} keeps {', '.join(sorted(known))}; parameters and batch_stats can be carried."
        )
    network.refuse_chance()
    given = network.shape_of_outputs()
    if given != (1, outputs):
        raise TicketError(
            f"{settings.place} gives outputs of shape {given} for one input of shape {input_shape}; "
            f"the task needs {(1, outputs)}. A field `outputs` of the module receives that number."
        )
    return (
        NormalisedOwnNetwork(settings=settings, input_shape=input_shape, outputs=outputs)
        if "batch_stats" in variables
        else network
    )


@dataclass(frozen=True, kw_only=True)
class OwnFlaxNetwork(FlaxNetwork):
    """A module without batch statistics."""

    settings: "OwnNetwork"

    def create_module(self) -> nn.Module:
        """The flax module, of inputs [B, ...].

        Raises:
            TicketError: if the module doesn't take its arguments.
        """
        parameters = dict(self.settings.parameters)
        kind = loaded(self.settings.place, self.settings.source, parameters)
        for name, known in (("outputs", self.outputs), ("input_shape", self.input_shape)):
            if name in inspect.signature(kind.__init__).parameters:
                parameters.setdefault(name, known)
        frozen = {name: hashable(value) for name, value in parameters.items()}
        if issubclass(kind, nnx.Module):
            return cast(nn.Module, NnxModule(lambda rngs: kind(**{**frozen, "rngs": rngs}), self.settings.place))
        with told(self._file, self.settings.source):
            module: nn.Module = kind(**frozen)
        return module

    def is_prunable(self, leaf: str) -> bool:
        """Whether a leaf's weights can be pruned: those whose names the settings' pattern fits."""
        return fnmatchcase(leaf, self.settings.prunable)

    @property
    def usual_form(self) -> Form:
        """On a CPU groups of 16 where all layers are dense: one's products alone are too small for several cores.

        Convolutions that are found are matrix products.
        """
        if backend() != "cpu":
            return super().usual_form
        return GROUPED if self._is_dense else PRODUCTS if self._has_products else super().usual_form

    @property
    def former_form(self) -> Form:
        """One individual after another on a CPU, whatever its layers."""
        return super().usual_form

    def forms(self, individuals: int, examples: int) -> tuple[Form, ...]:
        """Groups; where all layers are dense, few kept weights are gone through one by one."""
        found = super().forms(individuals, examples)
        if self._is_dense:
            return tuple(structs.replace(form, sparse=True) for form in found)
        groups = [group for group in (1, 2, 4) if group <= individuals] if self._has_products else []
        return *found, *(structs.replace(PRODUCTS, group=group) for group in groups)

    @property
    def kinds(self) -> Mapping[str, FormedForward]:
        """`grouped`; `products`, matrix products in place of the convolutions that were found."""
        return {**super().kinds, **({"products": self._by_products} if self._has_products else {})}

    def _by_products(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], form: Form) -> Array:
        def forward(part: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
            found = self._convolutions(part.shape, part.dtype)
            shared = found.shared(part)
            return in_groups(lambda theta, _: found.outputs(theta, part, shared), population, part, form.group)

        return in_chunks(forward, inputs, form.examples)

    def _convolutions(self, inputs: tuple[int, ...], kind: Any = jnp.float32) -> TracedConvolutions:
        """The module's convolutions of inputs of a shape, [B, ...]."""

        def applied(tree: Any, units: Array) -> Array:
            return cast(Array, self._applied({"params": tree}, units))

        return TracedConvolutions.of(applied, self.layout, inputs, kind)

    @property
    def _has_products(self) -> bool:
        """Whether all its convolutions are plain ones, which matrix products can take the place of."""
        return _has_products(self)

    def sparse_apply(
        self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], kept: Int[Array, " n"]
    ) -> Float[Array, "N B O"]:
        """The outputs of N networks; where few weights of dense layers are left, a CPU goes through them one by one."""
        products = self._products(inputs.shape) if self._may_go_through(kept, SPARSE_FROM) else None
        if products is None:
            return self.population_apply(population, inputs)

        def apply(population: Array, inputs: Array, kept: Array) -> Array:
            def group(part: Array, inputs: Array) -> Array:
                return products.outputs(part, inputs, kept, shared=True)

            return in_groups_of(group, population, inputs, SPARSE_GROUP)

        outputs: Array = sequential_vmap(apply)(population, inputs, kept)
        return outputs

    def policies(self, population: Float[Array, "N D"], kept: Int[Array, " n"] | None) -> Policies:
        """N networks, to be applied to inputs [N, B, ...] of their own."""

        def act(inputs: Float[Array, "N B ..."]) -> Float[Array, "N B O"]:
            products = self._products(inputs.shape[1:]) if kept is not None and is_sparse(self, kept) else None
            if products is None or kept is None:
                return jax.vmap(self.apply)(population, inputs)
            return products.outputs(population, inputs, kept, shared=False)

        return act

    def _may_go_through(self, kept: Int[Array, " n"], cost: int) -> bool:
        return self.may_be_sparse and is_sparse(self, kept, cost)

    def _products(self, inputs: tuple[int, ...]) -> KeptProducts | None:
        """The module's products with its kernels; None if it uses some of them otherwise."""
        found = KeptProducts.of(lambda tree, units: self._applied({"params": tree}, units), self.layout, inputs)
        return found if found.are_all else None

    @property
    def _is_dense(self) -> bool:
        return all(len(leaf.shape) <= 2 for leaf in self.layout)

    @property
    def variables(self) -> Any:
        """Shapes of parameters and statistics.

        Raises:
            TicketError: if the module fails.
        """
        return _variables(self)

    def shape_of_outputs(self) -> tuple[int, ...]:
        """For a batch of one input.

        Raises:
            TicketError: if the module fails.
        """
        with told(self._file, self.settings.source):
            shape: tuple[int, ...] = jax.eval_shape(
                lambda: self.module.init_with_output(jax.random.key(0), self._input, **self._mode(False))
            )[0].shape
        return shape

    def refuse_chance(self) -> None:
        """Trace it as it is trained and as it is tested, without keys to draw from.

        Raises:
            TicketError: if it draws random numbers, as dropout does, or fails.
        """
        variables = self.variables
        for trains in (True, False):
            try:
                with told(self._file, self.settings.source):
                    jax.eval_shape(
                        partial(self.module.apply, mutable=["batch_stats"], **self._mode(trains)),
                        variables,
                        self._input,
                    )
            except TicketError as error:
                if isinstance(error.__cause__, errors.InvalidRngError):
                    raise TicketError(CHANCE.format(self.settings.place)) from error.__cause__
                raise

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights."""
        return self.layout.flatten(self.module.init(key, self._input, **self._mode(False))["params"])

    def apply(self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."]) -> Float[Array, "B O"]:
        """The outputs of one network; differentiable in θ."""
        return cast(Array, self._applied({"params": self.layout.unflatten(theta)}, inputs))

    @property
    def layout(self) -> Layout:
        """The leaves of θ; those that fit the settings' pattern are prunable."""
        return _layout_of(self)

    def _applied(self, variables: Any, inputs: Any, trains: bool = False, **how: Any) -> Any:
        """What the module makes of inputs.

        Raises:
            TicketError: if it fails, with its line.
        """
        module: Any = self.module
        with told(self._file, self.settings.source):
            return module.apply(variables, inputs, **self._mode(trains), **how)

    def _mode(self, trains: bool) -> dict[str, Any]:
        """The arguments of a call that say whether it is trained; none where the module takes none."""
        known = inspect.signature(type(self.module).__call__).parameters
        told_so = {name: trains for name in TRAINS if name in known}
        return told_so | {name: not trains for name in RESTS if name in known}

    @property
    def _file(self) -> str:
        return self.settings.place.rpartition(":")[0]

    @property
    def _input(self) -> Array:
        return jnp.zeros((1, *self.input_shape))


@dataclass(frozen=True, kw_only=True)
class NormalisedOwnNetwork(OwnFlaxNetwork):
    """A module with batch statistics, carried as the problem's state."""

    @property
    def may_be_sparse(self) -> bool:
        """No: products alone don't make its statistics."""
        return False

    def apply(self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."]) -> Float[Array, "B O"]:
        """The outputs of one network by the statistics of this batch; differentiable in θ."""
        return self.apply_training(theta, inputs, self.initial_statistics())[0]

    def initial_statistics(self) -> Statistics:
        """What the module begins with."""
        drawn: Statistics = self.module.init(jax.random.key(0), self._input, **self._mode(False))["batch_stats"]
        return drawn

    def apply_training(
        self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."], statistics: Statistics
    ) -> tuple[Float[Array, "B O"], Statistics]:
        """The outputs by the statistics of this batch, and the running ones after it."""
        outputs, changed = self._applied(self._with(theta, statistics), inputs, True, mutable=["batch_stats"])
        return outputs, changed["batch_stats"]

    def apply_testing(
        self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."], statistics: Statistics
    ) -> Float[Array, "B O"]:
        """The outputs by the running statistics."""
        return cast(Array, self._applied(self._with(theta, statistics), inputs))

    def _with(self, theta: Float[Array, " D"], statistics: Statistics) -> dict[str, Any]:
        return {"params": self.layout.unflatten(theta), "batch_stats": statistics}


@cache
def _variables(network: OwnFlaxNetwork) -> Any:
    with told(network._file, network.settings.source):
        return jax.eval_shape(
            partial(network.module.init, **network._mode(False)),
            jax.random.key(0),
            jax.ShapeDtypeStruct((1, *network.input_shape), jnp.float32),
        )


@cache
def _has_products(network: OwnFlaxNetwork) -> bool:
    if isinstance(network, NormalisedOwnNetwork) or len(network.input_shape) != 3:
        return False
    return network._convolutions((2, *network.input_shape)).are_all and _is_image_by_image(network)


def _is_image_by_image(network: OwnFlaxNetwork) -> bool:
    """Whether what a network makes of an image is the same whatever images are beside it: a batch may be cut up."""
    with jax.ensure_compile_time_eval():
        keys = jax.random.split(jax.random.key(0))
        theta = 0.1 * jax.random.normal(keys[0], (network.layout.size,))
        images = jax.random.normal(keys[1], (3, *network.input_shape))
        beside = jax.jit(network.apply)(theta, images)
        alone = jax.lax.map(lambda image: network.apply(theta, image[None])[0], images)
        return bool(jnp.allclose(beside, alone, rtol=1e-3, atol=1e-5))


@cache
def _layout_of(network: OwnFlaxNetwork) -> Layout:
    return Layout.of(_variables(network)["params"], network.is_prunable)
