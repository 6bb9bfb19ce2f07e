"""Stochastic sparsification: masks are drawn with learned probabilities, gradients pass straight through.

Savarese, Silva & Maire (2020), section 5 (`Iterative Stochastic Sparsification`): m ~ Bernoulli(σ(s)), and
entries that end below their start s₀ are removed for good between rounds. One round with frozen
weights is the supermask of Zhou, Lan, Liu & Yosinski (2019), Deconstructing Lottery Tickets: Zeros,
Signs, and the Supermask, NeurIPS, section 5.
"""

import jax
from jaxtyping import Array, Float, Int

from ticket_explorer.trainers.gradient_settings import StochasticSparsification
from ticket_explorer.trainers.mask_learning import MaskLearning, Relaxation


def build(settings: StochasticSparsification, kept: int) -> MaskLearning:
    """The trainer of `settings`; no shape depends on `kept`."""
    return MaskLearning(settings, Relaxation(drawn, probability, lambda scores: scores >= settings.score_init))


def drawn(key: Array, scores: Float[Array, "..."], generation: Int[Array, ""]) -> Float[Array, "..."]:
    """Zeros and ones, one with probability σ(s); the gradient is that of σ(s) (straight-through)."""
    kept = jax.nn.sigmoid(scores)
    sample = jax.random.bernoulli(key, kept).astype(scores.dtype)
    return kept + jax.lax.stop_gradient(sample - kept)


def probability(scores: Float[Array, "..."], generation: Int[Array, ""]) -> Float[Array, "..."]:
    """σ(s)."""
    return jax.nn.sigmoid(scores)
