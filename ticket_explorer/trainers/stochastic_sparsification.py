"""Stochastic sparsification: masks are drawn with learned probabilities, gradients pass straight through.

Savarese, Silva & Maire (2020), Algorithm 2 (Iterative Stochastic Sparsification): m ~ Bernoulli(σ(s)) in
training and for the mask that a round ends with, so that s₀ decides how sparse a mask comes out. Between
rounds entries with s < s₀ are removed for good, the others keep their s. One round with frozen weights
is the supermask of Zhou, Lan, Liu & Yosinski (2019), Deconstructing Lottery Tickets: Zeros, Signs, and
the Supermask, NeurIPS, section 5.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.trainers.gradient_settings import StochasticSparsification
from ticket_explorer.trainers.mask_learning import MaskLearning, Relaxation


def build(settings: StochasticSparsification, kept: int) -> MaskLearning:
    """The trainer of `settings`; no shape depends on `kept`."""
    s0 = settings.score_init

    def risen(key: Array, scores: Float[Array, "..."]) -> Bool[Array, "..."]:
        return scores >= s0

    def after(scores: Float[Array, "..."], generation: Int[Array, ""]) -> Float[Array, "..."]:
        return jnp.where(scores < s0, -jnp.inf, scores)

    is_drawn = settings.final_mask == "drawn"
    hard = sampled if is_drawn else risen
    return MaskLearning(settings, Relaxation(drawn, probability, hard, after, is_drawn))


def drawn(key: Array, scores: Float[Array, "..."], generation: Int[Array, ""]) -> Float[Array, "..."]:
    """Zeros and ones, one with probability σ(s); the gradient is that of σ(s) (straight-through)."""
    kept = jax.nn.sigmoid(scores)
    return kept + jax.lax.stop_gradient(sampled(key, scores).astype(scores.dtype) - kept)


def sampled(key: Array, scores: Float[Array, "..."]) -> Bool[Array, "..."]:
    """True with probability σ(s)."""
    return jax.random.bernoulli(key, jax.nn.sigmoid(scores))


def probability(scores: Float[Array, "..."], generation: Int[Array, ""]) -> Float[Array, "..."]:
    """How probably each weight is in the mask, σ(s), whatever the generation."""
    return jax.nn.sigmoid(scores)
