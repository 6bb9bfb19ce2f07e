"""What every network offers: initial weights, a forward, a population forward, and its narrowing."""

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import jax
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.layout import Layout
from ticket_explorer.networks.forms import Form
from ticket_explorer.networks.settings import NetworkSettings

Statistics = Any
"""Running means and variances of a network's batch normalisation, a pytree."""


@runtime_checkable
class Network(Protocol):
    """A network as pure functions of a flat weight vector. Static and hashable: it holds no array."""

    @property
    def layout(self) -> Layout:
        """The leaves of θ."""
        ...

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights."""
        ...

    def apply(self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."]) -> Float[Array, "B O"]:
        """The outputs (logits) of one network; differentiable in θ."""
        ...

    def population_apply(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
        """The outputs of N networks on one batch, in the form that is fastest on this backend."""
        ...

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> "Narrowing":
        """The smaller network that computes the same as this one under `mask`, which keeps `kept` entries.

        All shapes follow from `kept` alone, so that a round's executable is known before its mask.
        """
        ...


@runtime_checkable
class FormedNetwork(Network, Protocol):
    """A network whose populations can be computed in several forms, of which a measurement tells the fastest."""

    form: Form | None
    """The form in use; None: the usual one."""

    @property
    def settings(self) -> NetworkSettings:
        """What it was built from."""
        ...

    @property
    def outputs(self) -> int:
        """How many numbers it gives for an input."""
        ...

    @property
    def usual_form(self) -> Form:
        """The form on this backend where nothing was measured."""
        ...

    @property
    def former_form(self) -> Form:
        """The form of rounds that began before forms were journalled."""
        ...

    def in_form(self, form: Form) -> "FormedNetwork":
        """The same network, whose populations are computed in a form."""
        ...

    def forms(self, individuals: int, examples: int) -> tuple[Form, ...]:
        """The forms worth measuring for so many individuals, on a batch of so many examples."""
        ...

    def bytes_of(self, form: Form, examples: int) -> int | None:
        """A bound on what the units of one replicate take in a form, on a batch; None if it isn't known."""
        ...


@runtime_checkable
class SparseNetwork(Network, Protocol):
    """A network whose populations are computed otherwise once few weights are kept."""

    def sparse_apply(
        self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], kept: Int[Array, " n"]
    ) -> Float[Array, "N B O"]:
        """What `population_apply` gives, of N networks that are zero but for the kept entries of θ."""
        ...


@runtime_checkable
class NormalisedNetwork(Network, Protocol):
    """A network with batch normalisation: its statistics are not weights, and are carried separately."""

    def initial_statistics(self) -> Statistics:
        """The statistics before the first batch."""
        ...

    def apply_training(
        self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."], statistics: Statistics
    ) -> tuple[Float[Array, "B O"], Statistics]:
        """The outputs by the statistics of this batch, and the running ones after it."""
        ...

    def apply_testing(
        self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."], statistics: Statistics
    ) -> Float[Array, "B O"]:
        """The outputs by the running statistics."""
        ...


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Narrowing:
    """Where the kept entries of θ are in a smaller network that computes the same.

    An input all of whose weights are pruned can be left out. The narrowed network is an ordinary
    network of the same kind, `positions` gives each kept entry of θ its place in that network's vector.
    """

    network: Network = field(metadata={"static": True})
    positions: Int[Array, "*batch n"]
    """Indices into the narrowed network's vector, ascending, one for each kept entry of θ in order."""
    inputs: Int[Array, "*batch K"] | None
    """Which (flattened) inputs the narrowed network takes; None: all, in their own shape."""
