"""Running mean and variance of observations over all training roll-outs of all individuals.

As in the reference code of Lange & Sprekeler (2023): restarted in every round, normalised observations
clipped to ±5, variances to [1e-6, 1e6]. Sums are merged by Chan, Golub & LeVeque (1983), equation 1.5.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

CLIP = 5.0
LEAST_VARIANCE, MOST_VARIANCE = 1e-6, 1e6


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Statistics:
    """Of all observations so far."""

    count: Float[Array, "*batch"]
    mean: Float[Array, "..."]
    squares: Float[Array, "..."]
    """Σ (x − mean)²."""

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> "Statistics":
        """Before the first observation."""
        return cls(jnp.zeros(()), jnp.zeros(shape), jnp.zeros(shape))

    @property
    def variance(self) -> Float[Array, "..."]:
        """As it normalises: clipped, and 1 before the first observation."""
        count = self.count.reshape(*self.count.shape, *[1] * (self.squares.ndim - 1)) if self.count.ndim else self.count
        variance = self.squares / jnp.maximum(count, 1)
        return jnp.where(count > 0, jnp.clip(variance, LEAST_VARIANCE, MOST_VARIANCE), 1.0)

    def normalised(self, observations: Float[Array, "N E ..."]) -> Float[Array, "N E ..."]:
        """Observations with mean 0 and variance 1, clipped; statistics may be each individual's, on a leading axis."""
        mean, variance = self.mean, self.variance
        if self.count.ndim:
            mean, variance = mean[:, None], variance[:, None]
        return jnp.clip((observations - mean) / jnp.sqrt(variance), -CLIP, CLIP)

    def merged(self, sums: "Sums") -> "Statistics":
        """With the observations of a generation."""
        count = jnp.maximum(sums.count, 1)
        mean, squares = sums.shift + sums.first / count, sums.second - sums.first**2 / count
        total = self.count + sums.count
        gap, share = mean - self.mean, sums.count / jnp.maximum(total, 1)
        return Statistics(
            count=total,
            mean=self.mean + gap * share,
            squares=self.squares + jnp.maximum(squares, 0) + gap**2 * self.count * share,
        )


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Sums:
    """Sums over the observations of one generation, taken from a value near them."""

    shift: Float[Array, "..."]
    count: Float[Array, "*batch"]
    first: Float[Array, "..."]
    """Σ (x − shift)."""
    second: Float[Array, "..."]
    """Σ (x − shift)²."""

    @classmethod
    def around(cls, observations: Float[Array, "E ..."]) -> "Sums":
        """Nothing yet; sums will be taken from the mean of these observations."""
        shift = observations.mean(0)
        return cls(shift, jnp.zeros(()), jnp.zeros_like(shift), jnp.zeros_like(shift))

    def add(self, observations: Float[Array, "N E ..."], counted: Bool[Array, "N E"]) -> "Sums":
        """With one observation of each episode that counts."""
        weights = counted.reshape(*counted.shape, *[1] * (observations.ndim - 2))
        away = jnp.where(weights, observations - self.shift, 0.0)
        return Sums(
            shift=self.shift,
            count=self.count + counted.sum(),
            first=self.first + away.sum((0, 1)),
            second=self.second + (away**2).sum((0, 1)),
        )
