"""Continuous sparsification: weights and a mask σ(βs) descend together while β anneals to a step.

Savarese, Silva & Maire (2020), Winning the Lottery with Continuous Sparsification, NeurIPS, Algorithm 3.
The objective is L(w ⊙ σ(βs)) + λ Σ σ(βs); β rises exponentially from 1 to β_T in a round, which ends
with the mask b(s) = [s > 0]. Between rounds s ← min(β_T · s, s₀): what was kept starts again at s₀, and
what was dropped starts so far below that it seldom returns, though it may.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.trainers.gradient_settings import ContinuousSparsification
from ticket_explorer.trainers.mask_learning import MaskLearning, Relaxation


def build(settings: ContinuousSparsification, kept: int) -> MaskLearning:
    """The trainer of `settings`; no shape depends on `kept`."""

    def soft(scores: Float[Array, "..."], generation: Int[Array, ""]) -> Float[Array, "..."]:
        return jax.nn.sigmoid(beta(settings, generation) * scores)

    def after(scores: Float[Array, "..."], generation: Int[Array, ""]) -> Float[Array, "..."]:
        return jnp.minimum(beta(settings, generation - 1) * scores, settings.score_init)

    return MaskLearning(
        settings,
        Relaxation(
            soft=lambda key, scores, generation: soft(scores, generation),
            density=soft,
            hard=lambda key, scores: hard(scores),
            after=after,
        ),
    )


def beta(settings: ContinuousSparsification, generation: Int[Array, ""]) -> Float[Array, ""]:
    """β_T^(t/T): 1 in the first generation, β_T in the last."""
    share = generation / max(settings.generations - 1, 1)
    return jnp.asarray(settings.beta_final ** jnp.minimum(share, 1.0), jnp.float32)


def hard(scores: Float[Array, "..."]) -> Bool[Array, "..."]:
    """b(s), the limit of σ(βs) for β → ∞."""
    return scores > 0
