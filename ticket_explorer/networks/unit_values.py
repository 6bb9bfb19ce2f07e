"""A value of N networks on a batch, in the layout that its maker had: no axes are turned round before they must be."""

from dataclasses import dataclass
from typing import Any, Literal

import jax.numpy as jnp
from jaxtyping import Array

Kind = Literal["shared", "many", "leading"]


@dataclass(frozen=True)
class Value:
    """What a step of a module gives, which one network would give as an array of a shape [B, *units]."""

    array: Any
    kind: Kind
    """`shared`: the same for all networks, as it is; `many`: [N, …]; `leading`: [*units, N or 1, B or 1], so that each
    unit is one stretch of memory."""

    @property
    def is_number(self) -> bool:
        """Whether it is a single number for all."""
        return self.kind == "shared" and jnp.ndim(self.array) == 0

    def leading(self) -> Array:
        """With its units first."""
        if self.kind == "leading":
            return jnp.asarray(self.array)
        if self.kind == "shared":
            return jnp.moveaxis(self.array, 0, -1)[..., None, :]
        return jnp.moveaxis(self.array, (0, 1), (-2, -1))

    def many(self, networks: int, examples: int) -> Array:
        """With the networks first; of a shared one, the array itself."""
        if self.kind != "leading":
            return jnp.asarray(self.array)
        whole = jnp.broadcast_to(self.array, (*self.array.shape[:-2], networks, examples))
        return jnp.moveaxis(whole, (-2, -1), (0, 1))
