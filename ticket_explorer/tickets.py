"""A ticket: a mask, the weights it starts from, and the weights its line began with."""

from dataclasses import dataclass

import jax
from jaxtyping import Array, Bool, Float


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Ticket:
    """What a round trains."""

    mask: Bool[Array, "*batch D"]
    start: Float[Array, "*batch D"]
    """θ₀ of this round, dense: entries that the mask does not keep are there, and are not used."""
    initial: Float[Array, "*batch D"]
    """The initialisation that the line of rounds began with, dense."""
    scores: Float[Array, "*batch D"] | None = None
    """The state from which a trainer that learns masks continues; None: it starts afresh."""
