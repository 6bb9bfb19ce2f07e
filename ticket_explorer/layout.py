"""A network's parameters as one flat float32 vector θ, and back.

The layout names each leaf, its shape and whether it is prunable. It is static: two problems with
equal layouts can exchange weights and masks. This is the only module that flattens, and the only
one that reads or writes a vector through a mask.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Shaped


@dataclass(frozen=True)
class Leaf:
    """One named array of a network, as a slice of θ."""

    name: str
    """Path joined by slashes, `dense_0/kernel`."""
    shape: tuple[int, ...]
    prunable: bool
    offset: int

    @property
    def size(self) -> int:
        """How many entries it has."""
        return prod(self.shape)

    @property
    def slice(self) -> slice:
        """Its entries' positions in θ."""
        return slice(self.offset, self.offset + self.size)


@dataclass(frozen=True)
class Layout:
    """The named leaves of a parameter vector of `size` entries, in order."""

    leaves: tuple[Leaf, ...]

    @classmethod
    def of(cls, parameters: Any, prunable: Callable[[str], bool] | None = None) -> "Layout":
        """The layout of a nested dict of arrays, leaves in sorted path order.

        Args:
            parameters: Nested dict of arrays (or of `jax.ShapeDtypeStruct`).
            prunable: Says of a leaf's name whether it is prunable; by default kernels are.
        """
        is_prunable = prunable or _is_kernel
        leaves, offset = [], 0
        for path, array in jax.tree_util.tree_flatten_with_path(parameters)[0]:
            name = "/".join(str(key.key) for key in path)
            leaf = Leaf(name, tuple(array.shape), is_prunable(name), offset)
            leaves.append(leaf)
            offset += leaf.size
        return cls(tuple(leaves))

    @property
    def size(self) -> int:
        """D, the number of entries of θ."""
        return sum(leaf.size for leaf in self.leaves)

    @property
    def prunable_leaves(self) -> tuple[Leaf, ...]:
        """The leaves that may be pruned, in order."""
        return tuple(leaf for leaf in self.leaves if leaf.prunable)

    @property
    def prunable_size(self) -> int:
        """The number of prunable entries; densities are shares of it."""
        return sum(leaf.size for leaf in self.prunable_leaves)

    @cached_property
    def prunable(self) -> Bool[np.ndarray, " D"]:
        """True where an entry of θ is prunable."""
        return np.concatenate([np.full(leaf.size, leaf.prunable) for leaf in self.leaves])

    def __iter__(self) -> Iterator[Leaf]:
        return iter(self.leaves)

    def flatten(self, parameters: Any) -> Float[Array, " D"]:
        """θ of a nested dict of arrays."""
        return flat(parameters)

    def unflatten(self, theta: Shaped[Array, "*batch D"]) -> dict[str, Any]:
        """The nested dict of arrays of θ, or of any vector of its entries; leading axes of `theta` lead every leaf."""
        nested: dict[str, Any] = {}
        # A gradient goes back through `split` as one concatenation, through slices as a padded sum of D entries each.
        parts = jax.lax.split(jnp.asarray(theta), [leaf.size for leaf in self.leaves], axis=theta.ndim - 1)
        for leaf, part in zip(self.leaves, parts, strict=True):
            *parents, last = leaf.name.split("/")
            place = nested
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = part.reshape(*theta.shape[:-1], *leaf.shape)
        return nested


def flat(parameters: Any) -> Float[Array, " D"]:
    """A nested dict of arrays as one vector: θ, or whatever else there is one of for each entry."""
    leaves = jax.tree_util.tree_leaves(parameters)
    return jnp.concatenate([jnp.ravel(leaf).astype(jnp.float32) for leaf in leaves])


def kept_indices(mask: Bool[Array, " D"], kept: int) -> Int[Array, " n"]:
    """The indices of the `kept` true entries of a mask, ascending.

    Args:
        mask: Which entries are kept.
        kept: How many there are (static: it is the dimension of the search).
    """
    return jnp.nonzero(mask, size=kept)[0].astype(jnp.int32)


def kept_of(leaf: Leaf, kept: Int[Array, " n"]) -> tuple[Int[Array, ""], Int[Array, ""]]:
    """Where a leaf's entries begin, and end, among the kept ones of θ, which are ascending."""
    first, last = jnp.searchsorted(kept, jnp.array([leaf.offset, leaf.slice.stop]))
    return first, last


def scatter(values: Float[Array, "*batch n"], indices: Int[Array, " n"], size: int) -> Float[Array, "*batch D"]:
    """A vector of `size` entries that holds `values` at `indices` and exact zeros elsewhere."""
    zeros = jnp.zeros((*values.shape[:-1], size), values.dtype)
    return zeros.at[..., indices].set(values, unique_indices=True, indices_are_sorted=True)


def _is_kernel(name: str) -> bool:
    return name.rpartition("/")[2] == "kernel"
